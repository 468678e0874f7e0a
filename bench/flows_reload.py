"""Calls on a real site while version after version of its flows is published.

Every step's name carries its version, and so does a value that a sub-flow returns: each call's
history row must be of one version throughout (`bench.reloads` judges). Every call must hear the
menu and reach the queue that its key stands for; callers think for up to a second, so that many
begin before a new version is in force and go on after it.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from bench import menu
from bench.calls import LATE_S, WrongSound
from bench.command import Unmeasured
from bench.flows_check import flow_text
from bench.reloads import CALLER, IN_PIECES, Published, Reloads, Scale, key_of
from bench.site import BenchSite, Plan, running
from history.database import HistoryDatabase
from history.rows import ContactRow
from phones.loadcall import CallRecord, LoadCall
from phones.rtpload import Load, LoadCaller

OTHERS = 98
"""Flows beside the two that calls run."""

STAY_S = 0.3
THINKS_S = (0.0, 0.25, 0.5, 0.75, 1.0)

FLOWS = {
    "menu": f"""\
flow: menu
version: "%v"
about: A menu before three queues
owner: bench@example.test
languages: [en]
start: main_v%v
vars: {{said: {{type: text}}}}
exits: {{on_timeout: bye_v%v, on_invalid: bye_v%v, on_error: bye_v%v}}
steps:
  main_v%v:
    menu:
      prompt: {{en: "{menu.WORDS}"}}
      options: {{1: bills_v%v, 2: faults_v%v, 3: others_v%v}}
      timeout: 5s
      tries: 1
%queues
  bye_v%v: {{hangup: normal}}
""",
    "part": """\
flow: part
version: "%v"
about: Tells its version
owner: bench@example.test
languages: [en]
start: tell_v%v
vars: {said: {type: text}}
results: [said]
steps:
  tell_v%v: {set: {said: version %v}, next: done_v%v}
  done_v%v: {return: {}}
""",
}
QUEUE = """\
  %q_v%v: {call: {flow: part, take: {said: said}}, next: %q_same_v%v}
  %q_same_v%v: {branch: [{if: said == "version %v", go: %q_queue_v%v}, {else: bye_v%v}]}
  %q_queue_v%v:
    {queue: %q, skills: {work: 1}, answered: bye_v%v, on_timeout: {after: 5m, go: bye_v%v}}
"""


FULL, QUICK = Scale(100, 15, 5, 5, 100), Scale(20, 3, 2, 2, 10)
LONGEST_S = 600
"""After which no call begins any more, published or not."""
AT_ONCE_S = 4
"""No more calls are under way than come in this time, more than twice what one takes. A machine
that was held up must not be met with all that did not begin meanwhile: at 2,000 calls it is no
reload that loses them. Those that begin late lower the rate that is told."""


async def measure_reloads(scale: Scale) -> Reloads:
    """Start a site and call it while its flows are published. Raises Unmeasured."""
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name:
        directory = Path(name)
        async with (
            running(directory, _plan(directory, scale)) as site,
            LoadCaller.open(site.trunk) as caller,
        ):
            made = await _calls_and_versions(site, caller, menu.fingerprint(directory), scale)
            await site.drained()
            history = HistoryDatabase(f"sqlite+aiosqlite:///{site.layout.database}")
            try:
                rows = await history.recent(len(made[0]) + 1000)
            finally:
                await history.close()
    by_caller: dict[str, list[ContactRow]] = {}
    for row in rows:
        by_caller.setdefault(row.caller or "", []).append(row)
    return Reloads(scale, made[0], by_caller, made[1])


async def _calls_and_versions(
    site: BenchSite, caller: LoadCaller, heard: int, scale: Scale
) -> tuple[list[CallRecord], list[Published]]:
    async def call(one: LoadCall) -> None:
        await _go_through(one, heard)

    async with asyncio.TaskGroup() as group:
        versions = group.create_task(_publish(site, scale))
        most = round(scale.rate * LONGEST_S)
        at_once = round(scale.rate * AT_ONCE_S)
        load = Load(menu.OURS, most, scale.rate, at_once, CALLER, versions.done)
        calls = group.create_task(caller.run(call, load))
    return calls.result(), versions.result()


async def _publish(site: BenchSite, scale: Scale) -> list[Published]:
    """One version after the other, as an operator does it."""
    published: list[Published] = []
    await asyncio.sleep(scale.before_s)
    for version in range(2, 2 + scale.versions):
        for name, text in _flows(version).items():
            (site.dialplans / f"{name}.yaml").write_text(text, "utf-8")
        began_ns = time.monotonic_ns()
        told = await site.trunkline("publish")
        if told["version"] != version:
            raise Unmeasured(f"version {told['version']} was published instead of {version}")
        published.append(Published(version, told["at_ms"], began_ns, time.monotonic_ns()))
        await asyncio.sleep(scale.after_s)
    return published


async def _go_through(call: LoadCall, heard: int) -> None:
    key = key_of(call.number)
    await call.dial(LATE_S)
    if (await call.hear(LATE_S)).fingerprint not in (heard, IN_PIECES):
        raise WrongSound("something else than the menu was heard")
    await asyncio.sleep(THINKS_S[call.number % len(THINKS_S)])
    await call.press(key)
    await call.recognise(menu.music(key), LATE_S)
    await asyncio.sleep(STAY_S)
    await call.hang_up()


def _plan(directory: Path, scale: Scale) -> Plan:
    plan = menu.plan(directory)
    support = {"skills": {"work": "1"}, "record": "no"}
    others = {
        name: flow_text(name, ("en",), scale.steps)
        for name in (f"other_{index}" for index in range(OTHERS))
    }
    return replace(
        plan,
        site={**plan.site, "queues": {**plan.site["queues"], "support": support}},
        flows={**others, **_flows(1)},
    )


def _flows(version: int) -> dict[str, str]:
    queues = "".join(QUEUE.replace("%q", name) for name in menu.QUEUES.values())
    return {
        name: text.replace("%queues", queues).replace("%v", str(version))
        for name, text in FLOWS.items()
    }


def show(console: Console, reloads: Reloads) -> None:
    """What became of the calls, in words."""
    prompts = ", ".join(
        f"p{share} {_ms(reloads, share, False)} and {_ms(reloads, share, True)} ms"
        for share in (50, 95, 99)
    )
    console.print(
        f"{len(reloads.records)} calls at {reloads.rate:.1f}/s: {len(reloads.lost)} lost, "
        f"{len(reloads.torn)} torn between versions; {reloads.across()} calls went on when "
        f"another version came, {reloads.torn_menus} menus came in pieces.\n"
        f"{len(reloads.published)} versions of {OTHERS + 2} flows: published by commands of "
        f"{reloads.commands_ms()} ms, run by calls {reloads.swaps_ms()} ms after they were.\n"
        f"First prompt before and while publishing: {prompts}.",
        markup=False,
    )
    for what, whys in (("lost", reloads.lost), ("torn", reloads.torn)):
        for why in sorted(set(whys))[:5]:
            console.print(f"  {what}: {why}", markup=False)


def _ms(reloads: Reloads, share: int, while_published: bool) -> int:
    return round(reloads.first_prompt_ms(share / 100, while_published=while_published))
