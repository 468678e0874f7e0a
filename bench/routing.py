"""How long a decision of routing takes, with 100 to 100,000 contacts waiting.

    python -m bench.routing [--quick]

10,000 agents, 256 skills. An event is an agent who becomes free, or a contact that comes; measured
is from the event to the moment when the agent's phone is told to ring: the decision, its commit to
Redis, and the confirmation. Beside it the decision alone, and the same one made by scanning. Then
as many assignments as one process makes in a second.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bench import command
from bench.command import Figures, Report, Unmeasured, percentile
from bench.pace import loop_ms, told
from bench.routing_center import AGENTS, SKILLS, Center, Lap, running
from bench.scanning import first_agent, first_contact
from engine.garbage import look_at_what_is_new

WAITING, QUICK_WAITING = (100, 1_000, 10_000, 100_000), (100, 1_000, 10_000)
EVENTS, QUICK_EVENTS = 2_000, 300
SCANS, QUICK_SCANS = 20, 5
LOAD_S, QUICK_LOAD_S = 10, 3
PACE_EVERY = 50
"""So many events."""
LOAD_AT = 10_000
"""Contacts in line while assignments are counted."""
AT_ONCE = 64
"""Agents who become free at the same time meanwhile."""
TARGET_MS, TARGET_PER_S = 1.0, 2_000


@dataclass
class Measured:
    """With so many contacts waiting: both kinds of event, and both decisions by scanning (ms)."""

    waiting: int
    frees: list[Lap] = field(default_factory=list)
    comes: list[Lap] = field(default_factory=list)
    scans_free: list[float] = field(default_factory=list)
    scans_come: list[float] = field(default_factory=list)
    paces: list[float] = field(default_factory=list)
    """Of the processor (ms), taken between events."""

    def whole_ms(self, share: float) -> float:
        """Of both kinds of event together."""
        return percentile([lap.whole_ms for lap in self.frees + self.comes], share)


async def measure(quick: bool, console: Console) -> Report:
    """The line grows; at each length both kinds of event, in turns."""
    look_at_what_is_new()  # as the engine does
    lengths, events = (QUICK_WAITING, QUICK_EVENTS) if quick else (WAITING, EVENTS)
    found, per_s = [], []
    with (
        tempfile.TemporaryDirectory(prefix="trunkline-bench-") as name,
        # By itself it would draw ten times a second, in a thread that keeps events waiting.
        Progress(console=console, transient=True, auto_refresh=False) as progress,
    ):
        task = progress.add_task("events", total=len(lengths) * events)
        async with running(Path(name)) as center:
            await center.warm_up()
            for length in lengths:
                await center.fill(length)
                found.append(await _measured(center, events))
                progress.update(task, advance=events, refresh=True)
                _scan(center, found[-1], QUICK_SCANS if quick else SCANS)
                if length == LOAD_AT:
                    for _ in range(QUICK_LOAD_S if quick else LOAD_S):
                        found[-1].paces.append(loop_ms())
                        per_s.append(await center.assignments_per_s(1.0, AT_ONCE))
    return _report(found, per_s)


async def _measured(center: Center, events: int) -> Measured:
    measured = Measured(len(center.line))
    for number in range(events):
        if number % PACE_EVERY == 0:
            measured.paces.append(loop_ms())
        if (lap := await center.agent_frees()) is not None:
            measured.frees.append(lap)
        if (lap := await center.contact_comes()) is not None:
            measured.comes.append(lap)
    # Of a short line those are left for whom few agents are right: a third finds somebody there.
    if min(len(measured.frees), len(measured.comes)) < events / 10:
        raise Unmeasured(f"of {events} agents only {len(measured.frees)} found somebody in line")
    return measured


def _scan(center: Center, measured: Measured, scans: int) -> None:
    free = list(enumerate(center.free))
    for _ in range(scans):
        agent, contact = center.chance.choice(center.busy), center.one_who_comes()
        begun = time.perf_counter_ns()
        first_contact(center.line.values(), agent)
        between = time.perf_counter_ns()
        first_agent(free, contact)
        measured.scans_free.append((between - begun) / 1e6)
        measured.scans_come.append((time.perf_counter_ns() - between) / 1e6)


def _report(found: Sequence[Measured], seconds: Sequence[float]) -> Report:
    per_s = sum(seconds) / len(seconds)
    paces = [pace for m in found for pace in m.paces]
    met = {m.waiting: m.whole_ms(0.99) < TARGET_MS for m in found}
    figures: Figures = {
        "p99_ms": {str(m.waiting): round(m.whole_ms(0.99), 3) for m in found},
        "p50_ms": {str(m.waiting): round(m.whole_ms(0.5), 3) for m in found},
        "agent_frees_p50_ms": {str(m.waiting): _ms(m.frees, 0.5) for m in found},
        "assignments_per_s": round(per_s),
        "assignments_per_s_best": round(max(seconds)),
        "assignments_per_s_worst": round(min(seconds)),
        "pace_ms": {str(m.waiting): round(percentile(m.paces, 0.5), 1) for m in found},
        "p99_target_met": met[LOAD_AT],
        "rate_target_met": per_s >= TARGET_PER_S,
    }
    title = (
        f"{AGENTS:,} agents, {SKILLS} skills, ms from an event to the agent's ring, Redis's "
        f"confirmation included (target at {LOAD_AT:,} waiting: p99 below {TARGET_MS:.0f}). "
        f"{per_s:,.0f} assignments a second (target: {TARGET_PER_S:,}), "
        f"{min(seconds):,.0f} to {max(seconds):,.0f} in single ones; {told(paces)}"
    )
    columns = ("event", "waiting", "n", "p50", "p99", "decision p50", "p99", "by scanning p50")
    rows = [
        row
        for m in found
        for row in (
            _row("an agent is free", m.waiting, m.frees, m.scans_free),
            _row("a contact comes", m.waiting, m.comes, m.scans_come),
        )
    ]
    return Report(title, columns, rows, figures)


def _row(event: str, waiting: int, laps: Sequence[Lap], scans: list[float]) -> tuple[str, ...]:
    decisions = [lap.decision_ms for lap in laps]
    shown = (
        _ms(laps, 0.5),
        _ms(laps, 0.99),
        percentile(decisions, 0.5),
        percentile(decisions, 0.99),
        percentile(scans, 0.5),
    )
    return (event, f"{waiting:,}", str(len(laps)), *(f"{value:.3f}" for value in shown))


def _ms(laps: Sequence[Lap], share: float) -> float:
    return round(percentile([lap.whole_ms for lap in laps], share), 3)


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
