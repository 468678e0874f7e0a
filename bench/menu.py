"""One menu and three queues, twice on one Asterisk: driven by Trunkline, and as plain dialplan."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.site import Plan
from config.voices import default_voice
from ivr.commands import Segment
from ivr.prompts.g711 import encode_alaw
from ivr.prompts.store import PromptStore
from phones.rtp import fingerprint_of

OURS, PLAIN = "+3615550101", "+3615550102"
WORDS = "Please press one for bills, two for faults, or three for anything else."
QUEUES = {"1": "bills", "2": "faults", "3": "others"}
TONES_HZ = {"1": 400, "2": 600, "3": 1000}
"""Each queue has music of its own, so that a caller hears where the key led. They are periodic in
a frame of 20 ms: their octets are the same wherever it begins."""

FLOW = f"""\
flow: menu
version: "1"
about: A menu before three queues
owner: bench@example.test
languages: [en]
start: main
exits: {{on_timeout: bye, on_invalid: bye, on_error: bye}}
steps:
  main:
    menu:
      prompt: {{en: "{WORDS}"}}
      options: {{1: bills, 2: faults, 3: others}}
      timeout: 5s
      tries: 1
  bills: {{queue: bills, skills: {{work: 1}}, answered: bye, on_timeout: {{after: 5m, go: bye}}}}
  faults: {{queue: faults, skills: {{work: 1}}, answered: bye, on_timeout: {{after: 5m, go: bye}}}}
  others: {{queue: others, skills: {{work: 1}}, answered: bye, on_timeout: {{after: 5m, go: bye}}}}
  bye: {{hangup: normal}}
"""


def plan(directory: Path) -> Plan:
    """What to start below `directory`. The plain side plays the very files of ours."""
    return Plan(
        site=_site(),
        flows={"menu": FLOW},
        asterisk={
            "modules.conf": "load = app_queue.so\n",
            "queues.conf": _queues(),
            "extensions.conf": _extensions(prompt(directory)),
        },
        music={name: tone(TONES_HZ[key]) for key, name in QUEUES.items()},
    )


def prompt(directory: Path) -> Path:
    """The menu's words, as Asterisk wants them: a path without suffix."""
    store = PromptStore(directory / "var/sounds/prompts", {"en": default_voice("en")})
    return store.path(Segment("en", WORDS))


def tone(hertz: int) -> bytes:
    """One second of A-law."""
    time_s = np.arange(8000) / 8000
    samples = (8000 * np.sin(2 * np.pi * hertz * time_s)).astype(np.int16)
    return encode_alaw(samples).tobytes()


def fingerprint(directory: Path) -> int:
    """What a caller hears first of the menu, once the site is up."""
    return fingerprint_of(prompt(directory).with_suffix(".alaw").read_bytes())


def music(key: str) -> bytes:
    """200 ms of what is heard behind a key."""
    return tone(TONES_HZ[key])[:1600]


def _site() -> dict[str, object]:
    queue = {"skills": {"work": "1"}, "record": "no"}
    return {
        "site": "bench",
        "title": "A menu beside a plain dialplan",
        "zone": "UTC",
        "languages": ["en"],
        "numbers": {OURS: {"flow": "menu"}},
        "trunks": {"carrier": {"host": "127.0.0.1", "port": "5062"}},
        "skills": {"work": {"about": "Work"}},
        "agents": {"nobody": {"name": "Nobody", "extension": "201", "skills": {"work": "1"}}},
        "queues": {name: {**queue, "music": name} for name in QUEUES.values()},
        "pause_reasons": ["lunch"],
        "fallback": {"number": "+3615550199", "trunk": "carrier"},
    }


def _queues() -> str:
    return "[general]\n" + "".join(f"[{name}]\nmusicclass = {name}\n" for name in QUEUES.values())


def _extensions(words: Path) -> str:
    keys = "".join(f"exten => {key},1,Queue({name})\n" for key, name in QUEUES.items())
    return (
        f"[from-trunk](+)\nexten => {PLAIN},1,Goto(plain,s,1)\n[plain]\n"
        f"exten => s,1,Answer(,i)\n same => n,Background({words})\n same => n,WaitExten(5)\n"
        f" same => n,Hangup()\n{keys}"
    )
