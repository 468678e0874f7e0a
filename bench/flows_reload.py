"""Calls on a real site while version after version of its flows is published.

Every step's name carries its version, and so does a value that a sub-flow returns: each call's
history row must be of one version throughout. Every call must hear the menu and reach the queue
that its key stands for; callers think for up to two seconds, so that many begin before a new
version is in force and go on after it.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from bench import menu
from bench.calls import LATE_S, WrongSound
from bench.command import Figures, Unmeasured, percentile
from bench.flows_check import flow_text
from bench.site import BenchSite, Plan, running
from history.database import HistoryDatabase
from history.outcome import Outcome
from history.rows import ContactRow
from phones.loadcall import CallRecord, LoadCall
from phones.rtpload import Load, LoadCaller

CALLER = "+3630{:07d}"
OTHERS = 98
"""Flows beside the two that calls run."""

STAY_S = 0.3
THINKS_S = (0.0, 0.5, 1.0, 1.5, 2.0)

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
_TORN = 0
"""A fingerprint of sound that came in pieces."""
_VERSION = re.compile(r"_v(\d+)$")


@dataclass(frozen=True)
class Scale:
    """How much: new calls a second, for how long before the first version and after each (s), how
    many versions, and how many steps each of the other flows has."""

    rate: float
    before_s: float
    after_s: float
    versions: int
    steps: int


FULL, QUICK = Scale(100, 15, 5, 5, 100), Scale(20, 5, 2, 2, 10)
LONGEST_S = 600
"""After which no call begins any more, published or not."""


@dataclass(frozen=True)
class Published:
    """A version: its number, when it was in the database (Unix, ms), and when the command that
    published it began and ended (monotonic, ns)."""

    version: int
    at_ms: int
    began_ns: int
    ended_ns: int


@dataclass(frozen=True)
class Reloads:
    """What became of the calls."""

    scale: Scale
    records: list[CallRecord]
    rows: Mapping[str, Sequence[ContactRow]]
    published: list[Published]

    @property
    def lost(self) -> list[str]:
        """Why, for each call that was not served to its end, or has no row that says so."""
        return [why for record in self.records if (why := self._lost(record))]

    @property
    def torn(self) -> int:
        """Calls whose menu was torn: a busy machine's doing, and no call is lost by it."""
        firsts = (record.spurts[0] for record in self.records if record.spurts)
        return sum(first.fingerprint == _TORN for first in firsts)

    @property
    def mixed(self) -> int:
        """Calls that were not served by one version throughout."""
        return sum(_versions(row) != {row.flow_version} for row in self._all_rows())

    def swaps_ms(self) -> list[int]:
        """For each version, from its publishing to the first call that begins in it."""
        firsts = {
            each.version: min(
                (r.started_ms for r in self._all_rows() if r.flow_version == each.version),
                default=None,
            )
            for each in self.published
        }
        if None in firsts.values():
            raise Unmeasured(f"no call ran some of the versions: {firsts}")
        return [first - each.at_ms for each in self.published if (first := firsts[each.version])]

    def commands_ms(self) -> list[int]:
        """For each version, how long the command took that published it, its start included."""
        return [(each.ended_ns - each.began_ns) // 1_000_000 for each in self.published]

    def first_prompt_ms(self, share: float, *, while_published: bool) -> float:
        """Of the calls before the first version, or of those that began while one was published."""
        times = [
            record.first_prompt_ms
            for record in self.records
            if record.first_prompt_ms is not None and self._while(record) is while_published
        ]
        return percentile(times or [0.0], share)

    def _while(self, record: CallRecord) -> bool | None:
        at_ns = record.invited_ns or 0
        if at_ns < self.published[0].began_ns:
            return False
        return True if any(p.began_ns <= at_ns <= p.ended_ns for p in self.published) else None

    def _lost(self, record: CallRecord) -> str:
        rows = self.rows.get(CALLER.format(record.number), ())
        told = [(row.queue, row.outcome) for row in rows]
        if record.failure or told == [(menu.QUEUES[_key(record.number)], Outcome.ABANDONED)]:
            return record.failure
        return f"history says {told}"

    def _all_rows(self) -> list[ContactRow]:
        return [row for rows in self.rows.values() for row in rows]

    @property
    def figures(self) -> Figures:
        """For the report."""
        swaps = self.swaps_ms()
        figures: Figures = {
            "reload_lost_calls": len(self.lost),
            "reload_mixed_calls": self.mixed,
            "reload_torn_calls": self.torn,
            "reloads": len(self.published),
            "reload_calls": len(self.records),
            "reload_calls_per_s": self.scale.rate,
            "reload_swap_ms_longest": max(swaps),
            "reload_publish_ms_longest": max(self.commands_ms()),
            "reload_target_met": not self.lost and not self.mixed,
        }
        for when, while_published in (("before", False), ("while", True)):
            for share in (95, 99):
                value = self.first_prompt_ms(share / 100, while_published=while_published)
                figures[f"reload_first_prompt_p{share}_ms_{when}"] = round(value, 1)
        return figures


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
        load = Load(menu.OURS, most, scale.rate, 2000, CALLER, versions.done)
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
    key = _key(call.number)
    await call.dial(LATE_S)
    if (await call.hear(LATE_S)).fingerprint not in (heard, _TORN):
        raise WrongSound("something else than the menu was heard")
    await asyncio.sleep(THINKS_S[call.number % len(THINKS_S)])
    await call.press(key)
    await call.recognise(menu.music(key), LATE_S)
    await asyncio.sleep(STAY_S)
    await call.hang_up()


def _key(number: int) -> str:
    return tuple(menu.QUEUES)[number % len(menu.QUEUES)]


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


def _versions(row: ContactRow) -> set[int]:
    """The versions of the steps that a call went through."""
    steps = (str(entry.fields["step"]) for entry in row.timeline if entry.what == "step")
    return {int(found[1]) for step in steps if (found := _VERSION.search(step))}


def show(console: Console, reloads: Reloads) -> None:
    """What became of the calls, in words."""
    prompts = ", ".join(
        f"p{share} {_ms(reloads, share, False)} and {_ms(reloads, share, True)} ms"
        for share in (50, 95, 99)
    )
    console.print(
        f"{len(reloads.records)} calls at {reloads.scale.rate:.0f}/s: {len(reloads.lost)} lost, "
        f"{reloads.mixed} of mixed versions, {reloads.torn} torn.\n"
        f"{len(reloads.published)} versions of {OTHERS + 2} flows: published by commands of "
        f"{reloads.commands_ms()} ms, run by calls {reloads.swaps_ms()} ms after they were.\n"
        f"First prompt before and while publishing: {prompts}.",
        markup=False,
    )
    for why in sorted(set(reloads.lost))[:5]:
        console.print(f"  lost: {why}", markup=False)


def _ms(reloads: Reloads, share: int, while_published: bool) -> int:
    return round(reloads.first_prompt_ms(share / 100, while_published=while_published))
