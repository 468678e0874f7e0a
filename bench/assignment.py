"""How soon a free agent's phone rings for the next caller, beside `app_queue`.

    python -m bench.assignment [--quick]

One agent each for Trunkline and for Asterisk's own `app_queue`, callers waiting in line, no
wrap-up. Measured at the agent's socket: from its BYE leaving to the next INVITE arriving. Both
run on the same Asterisk, in turns.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import Progress

from bench import command
from bench.command import Report, Unmeasured, percentile
from bench.site import BenchSite, Plan, running
from phones.lightagent import LightAgent, Manner
from phones.loadcall import LoadCall
from phones.rtpload import Load, LoadCaller

OURS, RIVAL = "+3615550101", "+3615550102"
TARGET_RATIO, TARGET_P95_MS = 20, 50.0
CALLERS_PER_S = 20.0
PATIENCE_S = 60.0

SITE = {
    "site": "bench",
    "title": "Assignment beside app_queue",
    "zone": "UTC",
    "languages": ["en"],
    "numbers": {OURS: {"flow": "straight"}},
    "trunks": {"carrier": {"host": "127.0.0.1", "port": "5062"}},
    "skills": {"calls": {"about": "Calls"}, "none": {"about": "Never asked for"}},
    "agents": {
        "ours": {"name": "Ours", "extension": "201", "skills": {"calls": "5"}},
        "rival": {"name": "Rival", "extension": "202", "skills": {"none": "1"}},
    },
    "queues": {"calls": {"skills": {"calls": "1"}, "wrap_up": "0s", "record": "no"}},
    "pause_reasons": ["lunch"],
    "fallback": {"number": "+3615550199", "trunk": "carrier"},
}
FLOW = """\
flow: straight
version: "1"
about: Straight into the line
owner: bench@example.test
languages: [en]
start: line
exits: {on_timeout: bye, on_invalid: bye, on_error: bye}
steps:
  line: {queue: calls, skills: {calls: 1}, answered: bye, on_timeout: {after: 10m, go: bye}}
  bye: {hangup: normal}
"""
ASTERISK = {
    "modules.conf": "load = app_queue.so\n",
    # The least that app_queue can wait between two tries: retry is in whole seconds.
    "queues.conf": """\
[general]
[rival]
strategy = linear
timeout = 15
retry = 1
wrapuptime = 0
ringinuse = no
member => PJSIP/rival
""",
    "extensions.conf": f"""\
[from-trunk](+)
exten => {RIVAL},1,Goto(rival,s,1)
[rival]
exten => s,1,Answer(,i)
 same => n,Queue(rival)
 same => n,Hangup()
""",
}


@dataclass(frozen=True)
class Side:
    """One of the two that are measured: the agent, and the number whose callers it takes."""

    name: str
    agent: LightAgent
    number: str
    gaps_ms: list[float]


async def measure(quick: bool, console: Console) -> Report:
    """Rounds of callers in turns, until each side has its gaps."""
    rounds, gaps = (2, 6) if quick else (8, 6)
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as directory:
        plan = Plan(SITE, {"straight": FLOW}, ASTERISK, {})
        async with running(Path(directory), plan) as site:
            sides = await _sides(site, rounds, gaps, console)
    return _report(sides)


async def _sides(site: BenchSite, rounds: int, gaps: int, console: Console) -> list[Side]:
    async with (
        LightAgent.open("ours", site.password("ours"), site.registrar, _manner) as ours,
        LightAgent.open("rival", site.password("rival"), site.registrar, _manner) as rival,
        LoadCaller.open(site.trunk) as caller,
    ):
        await site.agent_is("ours", "available")
        sides = [Side("Trunkline", ours, OURS, []), Side("app_queue", rival, RIVAL, [])]
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("rounds of both", total=rounds * 2)
            for _ in range(rounds):
                for side in sides:
                    side.gaps_ms.extend(await _round(side, caller, gaps))
                    progress.advance(task)
        await site.drained()
    return sides


def _manner() -> Manner:
    """Answers soon, and talks for an uneven time, so that no one's clock ticks with ours."""
    return Manner(ring_s=random.uniform(0.02, 0.06), talk_s=random.uniform(0.3, 0.9))


async def _round(side: Side, caller: LoadCaller, gaps: int) -> list[float]:
    """One more caller than gaps; every caller but the first is in line when it is needed."""
    first = len(side.agent.calls)
    records = await caller.run(_wait_and_talk, Load(side.number, gaps + 1, CALLERS_PER_S))
    if failed := [record.failure for record in records if record.failure]:
        raise Unmeasured(f"{side.name}: {len(failed)} callers failed, the first: {failed[0]}")
    taken = side.agent.calls[first:]
    if len(taken) != gaps + 1:
        raise Unmeasured(f"{side.name}: {len(taken)} rings for {gaps + 1} callers")
    return [(after.invited_ns - (before.ended_ns or 0)) / 1e6 for before, after in pairwise(taken)]


async def _wait_and_talk(call: LoadCall) -> None:
    await call.dial()
    await call.bye(timeout_s=PATIENCE_S)


def _report(sides: list[Side]) -> Report:
    ours, rival = (side.gaps_ms for side in sides)
    ratio = median(rival) / median(ours)
    figures = {
        "ours_p50_ms": round(median(ours), 2),
        "ours_p95_ms": round(percentile(ours, 0.95), 2),
        "app_queue_p50_ms": round(median(rival), 2),
        "app_queue_p95_ms": round(percentile(rival, 0.95), 2),
        "ratio": round(ratio, 1),
        "n": min(len(ours), len(rival)),
        "target_met": ratio >= TARGET_RATIO and percentile(ours, 0.95) < TARGET_P95_MS,
    }
    title = (
        f"From the agent's BYE to the next INVITE: app_queue takes {ratio:.0f} times as long "
        f"(target: {TARGET_RATIO} times, p95 of ours below {TARGET_P95_MS:.0f} ms)"
    )
    columns = ("ms", "gaps", "least", "p50", "p95", "most")
    return Report(title, columns, [_row(side) for side in sides], figures)


def _row(side: Side) -> tuple[str, ...]:
    gaps = side.gaps_ms
    shown = (min(gaps), median(gaps), percentile(gaps, 0.95), max(gaps))
    return (side.name, str(len(gaps)), *(f"{value:.1f}" for value in shown))


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
