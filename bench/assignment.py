"""How soon a free agent's phone rings for the next caller, beside `app_queue`.

    python -m bench.assignment [--quick]

20 agents each for Trunkline and for Asterisk's own `app_queue`, 100 callers waiting in line, no
wrap-up. Measured at the agent's socket: from its BYE leaving to the next INVITE arriving. Both
run on the same Asterisk, in turns.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
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
AGENTS, WAITING = 20, 100
CALLERS_PER_S = 40.0
"""How fast the line is filled, and kept full."""
FILLED_S = (AGENTS + WAITING) / CALLERS_PER_S + 0.5
PATIENCE_S = 110.0

SITE = {
    "site": "bench",
    "title": "Assignment beside app_queue",
    "zone": "UTC",
    "languages": ["en"],
    "numbers": {OURS: {"flow": "straight"}},
    "trunks": {"carrier": {"host": "127.0.0.1", "port": "5062"}},
    "skills": {"calls": {"about": "Calls"}, "none": {"about": "Never asked for"}},
    "agents": {
        f"{side}{number}": {
            "name": f"{side} {number}",
            "extension": f"{first + number}",
            "skills": {skill: "1"},
        }
        for side, first, skill in (("ours", 200, "calls"), ("rival", 300, "none"))
        for number in range(AGENTS)
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
strategy = leastrecent
autofill = yes
timeout = 15
retry = 1
wrapuptime = 0
ringinuse = no
"""
    + "".join(f"member => PJSIP/rival{number}\n" for number in range(AGENTS)),
    "extensions.conf": f"""\
[from-trunk](+)
exten => {RIVAL},1,Goto(rival,s,1)
[rival]
exten => s,1,Answer(,i)
 same => n,Queue(rival)
 same => n,Hangup()
""",
}


@dataclass
class Side:
    """One of the two that are measured: its agents, and the number whose callers they take."""

    name: str
    number: str
    agents: list[LightAgent] = field(default_factory=list)
    gaps_ms: list[float] = field(default_factory=list)
    filled_at: float = 0.0
    """When the line of this round is full (the loop's time): nobody hangs up before."""

    def manner(self) -> Manner:
        """Answers soon, and talks for an uneven time, so that no one's clock ticks with ours."""
        until_filled_s = max(0.0, self.filled_at - asyncio.get_running_loop().time())
        talk_s = until_filled_s + random.uniform(0.3, 0.9)
        return Manner(ring_s=random.uniform(0.02, 0.06), talk_s=talk_s)


async def measure(quick: bool, console: Console) -> Report:
    """Rounds of callers in turns, until each side has its gaps."""
    rounds, calls = (1, WAITING) if quick else (3, 3 * WAITING)
    sides = [Side("Trunkline", OURS), Side("app_queue", RIVAL)]
    with tempfile.TemporaryDirectory(prefix="trunkline-bench-") as directory:
        plan = Plan(SITE, {"straight": FLOW}, ASTERISK, {})
        async with running(Path(directory), plan) as site:
            await _measure(site, sides, rounds, calls, console)
    return _report(sides)


async def _measure(
    site: BenchSite, sides: list[Side], rounds: int, calls: int, console: Console
) -> None:
    async with AsyncExitStack() as phones, LoadCaller.open(site.trunk) as caller:
        for side, name in zip(sides, ("ours", "rival"), strict=True):
            for number in range(AGENTS):
                phone = LightAgent.open(
                    f"{name}{number}", site.password(f"{name}{number}"), site.registrar, side.manner
                )
                side.agents.append(await phones.enter_async_context(phone))
        for number in range(AGENTS):
            await site.agent_is(f"ours{number}", "available")
        with Progress(console=console, transient=True) as progress:
            task = progress.add_task("rounds of both", total=rounds * 2)
            for _ in range(rounds):
                for side in sides:
                    side.gaps_ms.extend(await _round(side, caller, calls))
                    progress.advance(task)
        await site.drained()


async def _round(side: Side, caller: LoadCaller, calls: int) -> list[float]:
    """The line is filled, and stays full until the last of so many callers has come."""
    taken = [len(agent.calls) for agent in side.agents]
    side.filled_at = asyncio.get_running_loop().time() + FILLED_S
    load = Load(side.number, AGENTS + WAITING + calls, CALLERS_PER_S, limit=AGENTS + WAITING)
    records = await caller.run(_wait_and_talk, load)
    if failed := [record.failure for record in records if record.failure]:
        raise Unmeasured(f"{side.name}: {len(failed)} callers failed, the first: {failed[0]}")
    last_came_ns = max(record.invited_ns or 0 for record in records)
    return [
        (after.invited_ns - before.ended_ns) / 1e6
        for agent, first in zip(side.agents, taken, strict=True)
        for before, after in pairwise(agent.calls[first:])
        if before.ended_ns is not None and before.ended_ns < last_came_ns
    ]


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
        f"{AGENTS} agents, {WAITING} callers waiting: from an agent's BYE to the next INVITE "
        f"app_queue takes {ratio:.0f} times as long "
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
