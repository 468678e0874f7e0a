"""How long `trunkline check` takes for many long flows: from files on disk to the problems.

Each round is a process of its own: its first check, nothing kept from one before. The command as
an editor runs it, with the start of Python and the import of Trunkline, is told apart from it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from bench.command import Unmeasured
from engine.settings import PROJECT

FLOWS, STEPS = 100, 100
TARGET_S = 1.0

LANGUAGES = ("en", "hu", "pl", "et")
SPOKEN_BY_TURNS = (1, 2, 4)
"""How many languages a flow speaks: a third of the flows one, a third two, a third all four."""

SITE = {
    "site": "bench",
    "title": "Many long flows",
    "zone": "UTC",
    "languages": list(LANGUAGES),
    "numbers": {"+3615550101": {"flow": "flow_0"}},
    "trunks": {"carrier": {"host": "127.0.0.1", "port": "5062"}},
    "skills": {"work": {"about": "Work"}, **{name: {"about": name} for name in LANGUAGES}},
    "agents": {
        "one": {
            "name": "One",
            "extension": "201",
            "skills": {"work": "5", **dict.fromkeys(LANGUAGES, "5")},
        }
    },
    "queues": {"support": {"skills": {"work": "1"}}},
    "pause_reasons": ["lunch"],
    "fallback": {"number": "+3615550199", "trunk": "carrier"},
}

CHOOSE = {
    "en": "For questions about your bill, press one. To report a fault, press two. "
    "For anything else, press three.",
    "hu": "Ha számlájával kapcsolatban érdeklődik, nyomja meg az egyest. Hibabejelentéshez "
    "nyomja meg a kettest. Minden más ügyben nyomja meg a hármast.",
    "pl": "W sprawie rachunku proszę nacisnąć jeden. Aby zgłosić awarię, proszę nacisnąć dwa. "
    "W innych sprawach proszę nacisnąć trzy.",
    "et": "Kui teil on küsimusi arve kohta, vajutage üks. Rikkest teatamiseks vajutage kaks. "
    "Muudes küsimustes vajutage kolm.",
}
ACCOUNT = {
    "en": "Please enter your eight digit account number.",
    "hu": "Kérjük, adja meg nyolcjegyű ügyfélazonosítóját.",
    "pl": "Proszę wprowadzić ośmiocyfrowy numer klienta.",
    "et": "Palun sisestage oma kaheksakohaline kliendinumber.",
}
BUSY = {
    "en": "We are sorry that nobody could take your call. Please try again later.",
    "hu": "Sajnáljuk, hogy most senki sem tudta fogadni hívását. Kérjük, hívjon később.",
    "pl": "Przepraszamy, nikt nie mógł odebrać połączenia. Prosimy zadzwonić później.",
    "et": "Kahjuks ei saanud keegi teie kõnele vastata. Palun helistage hiljem uuesti.",
}
TOLD = {
    "en": "Thank you. Your account is {account}.",
    "hu": "Köszönjük. Az Ön ügyfélazonosítója {account}.",
    "pl": "Dziękujemy. Państwa numer klienta to {account}.",
    "et": "Täname. Teie kliendinumber on {account}.",
}
BODY = """
  main_%n:
    menu:
      prompt:
%choose
      options: {1: bill_%n, 2: fault_%n, 3: other_%n, star: main_%n}
      timeout: 5s
      tries: {timeout: 2, invalid: 3}
    next: other_%n

  bill_%n:
    collect: &account_%n
      into: account
      prompt:
%account
      confirm: true
    next: told_%n

  fault_%n:
    collect: *account_%n
    next: faults_%n               # the account helps whoever mends the fault

  told_%n:
    say:
%told
    next: bills_%n

  bills_%n:
    queue: support
    skills: {work: 2, "{call.language}": 1}
    answered: done_%n
    on_timeout: {after: 15m, go: busy_%n}
    on_error: busy_%n

  faults_%n: {set: {topic: "fault at {account}"}, next: bills_%n, on_error: bills_%n}
  other_%n: {set: {topic: other}, next: bills_%n, on_error: busy_%n}
  done_%n: {goto: %next}

  busy_%n:
    say:
%busy
    next: leave_%n
    on_error: leave_%n
  leave_%n: {hangup: normal}
"""
STEPS_IN_BODY = 10


@dataclass(frozen=True)
class Checks:
    """Seconds of each round: the check, its processor time, and a command with its start."""

    check_s: list[float]
    processor_s: list[float]
    command_s: list[float]


def measure_check(directory: Path, rounds: int) -> Checks:
    """Write the flows below `directory` and check them in `rounds` fresh processes, and by as many
    commands. Unmeasured if there is anything wrong with them."""
    write_flows(directory)
    checks = Checks([], [], [])
    for _ in range(rounds):
        told = _ran(directory, "bench.check_once")
        checks.check_s.append(told["check_s"])
        checks.processor_s.append(told["processor_s"])
        began = time.perf_counter()
        problems = told["problems"] or _ran(directory, "engine", "check", "--json")
        checks.command_s.append(time.perf_counter() - began)
        if problems:
            raise Unmeasured(f"{len(problems)} problems, the first: {problems[0]}")
    return checks


def _ran(directory: Path, *words: str) -> Any:
    """What a module answers, run for the site below `directory`."""
    environ = {
        "TRUNKLINE_SITE": str(directory / "site.yaml"),
        "TRUNKLINE_DIALPLANS": str(directory / "dialplans"),
        "TRUNKLINE_VAR": str(directory / "var"),
    }
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=PROJECT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Unmeasured(f"the check failed: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def rows_of(checks: Checks) -> list[tuple[str, ...]]:
    """The report's rows, in seconds."""
    return [
        _row("from files to problems", checks.check_s),
        _row("processor time of it", checks.processor_s),
        _row("the command, its start included", checks.command_s),
    ]


def _row(name: str, values: list[float]) -> tuple[str, ...]:
    shown = (max(values), median(values), min(values))
    return (name, str(len(values)), *(f"{value:.3f}" for value in shown))


def write_flows(directory: Path, flows: int = FLOWS, steps: int = STEPS) -> None:
    """A site and as many flows of `steps` steps (a multiple of ten)."""
    dialplans = directory / "dialplans"
    dialplans.mkdir(parents=True, exist_ok=True)
    (directory / "site.yaml").write_text(yaml.safe_dump(SITE), "utf-8")
    for index in range(flows):
        spoken = LANGUAGES[: SPOKEN_BY_TURNS[index % len(SPOKEN_BY_TURNS)]]
        text = flow_text(f"flow_{index}", spoken, steps)
        (dialplans / f"flow_{index}.yaml").write_text(text, "utf-8")


def flow_text(name: str, languages: tuple[str, ...], steps: int) -> str:
    """A flow of so many steps (a multiple of ten), as YAML."""
    bodies = steps // STEPS_IN_BODY
    header = f"""\
flow: {name}
version: "1"
about: Bills and faults, department by department
owner: bench@example.test
languages: [{", ".join(languages)}]
start: main_0

vars:
  account: {{type: digits, length: 8}}
  topic: {{type: text}}

exits: {{on_timeout: busy_0, on_invalid: busy_0, on_error: busy_0}}

steps:
"""
    return header + "".join(_body(number, bodies, languages) for number in range(bodies))


def _body(number: int, bodies: int, languages: tuple[str, ...]) -> str:
    following = f"main_{number + 1}" if number + 1 < bodies else f"leave_{number}"
    text = BODY.replace("%next", following).replace("%n", str(number))
    for name, wording in (
        ("choose", CHOOSE),
        ("account", ACCOUNT),
        ("told", TOLD),
        ("busy", BUSY),
    ):
        lines = (f"        {language}: {wording[language]}" for language in languages)
        text = text.replace(f"%{name}", "\n".join(lines))
    return text
