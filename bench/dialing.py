"""How busy agents are and how many people are lost, by the pacer and by others on the same days.

    python -m bench.dialing [--quick]

First the figures that are known for VICIdial and for the optimal policy are found again, then each
team is played: answer rates of 10 and 30 %, conversations of 60, 180 and 300 s, exponential times
(rings without memory, as the optimal policy has them) and lognormal ones (rings as in life), days
that are steady and days on which half as many answer from noon on and agents come and go. A day has
8 hours. Beside what teams of 5 reach stands what the best policy can reach that knows everything
and keeps the cap on every day, however unlucky (`bench.dialing_capped`). All of it takes two hours
or more, and each row is shown as it comes; `--quick` plays two teams for a day or two.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import active_children, get_context
from typing import NamedTuple

from rich.console import Console
from rich.progress import Progress

from bench import command
from bench.command import Figures, Report
from bench.dialing_optimal import Team, busy_share
from bench.dialing_rows import CAP, Row, Setting, measure, tunings

_DAYS = {5: 40, 20: 8, 100: 1, 500: 1}
"""By agents, of conversations of 180 s: fewer of shorter ones, so that as many are answered."""
_QUICK_DAYS = {5: 2, 20: 1}
_REACHED = 0.9
_COLUMNS = (
    "",
    "busy",
    "lost",
    "worst day",
    "progressive",
    "VICIdial",
    "lost",
    "tuned",
    "lost",
    "optimal",
    "reached",
    "at most",
    "decision",
)


class Known(NamedTuple):
    """Busy shares that were computed elsewhere, for conversations of 180 s and rings of 15 s."""

    progressive: float
    vicidial: float
    tuned: float
    optimal: float


KNOWN: Mapping[tuple[int, float], Known] = {
    (5, 0.1): Known(0.545, 0.535, 0.633, 0.757),
    (5, 0.3): Known(0.783, 0.771, 0.790, 0.833),
    (20, 0.1): Known(0.545, 0.545, 0.782, 0.884),
    (20, 0.3): Known(0.783, 0.775, 0.841, 0.897),
    (100, 0.1): Known(0.545, 0.550, 0.915, 0.958),
    (100, 0.3): Known(0.783, 0.780, 0.938, 0.960),
    (500, 0.1): Known(0.545, 0.553, 0.976, 0.987),
    (500, 0.3): Known(0.783, 0.784, 0.982, 0.987),
}


async def bench(quick: bool, console: Console) -> Report:
    """Row by row, on all cores."""
    days = _QUICK_DAYS if quick else _DAYS
    settings = _quick_settings() if quick else list(_all_settings())
    rows: list[Row] = []
    with (
        Progress(console=console, transient=True) as progress,
        ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as workers,
    ):
        task = progress.add_task("rows", total=len(settings))
        found = [
            asyncio.wrap_future(workers.submit(_measure, setting, _days(setting, days), quick))
            for setting in settings
        ]
        try:
            for row in asyncio.as_completed(found):
                rows.append(await row)
                progress.advance(task)
                progress.console.print(_told(rows[-1]), markup=False)
        except BaseException:
            _stop(found)
            raise
    rows.sort(key=lambda row: settings.index(row.setting))
    console.print(_found_again(rows), markup=False)
    return _report(rows)


def _stop(rows: Iterable[asyncio.Future[Row]]) -> None:
    """Also those that are being played, which take minutes."""
    for row in rows:
        row.cancel()
    for worker in active_children():
        worker.terminate()


def _days(setting: Setting, of_180_s: Mapping[int, int]) -> int:
    return max(1, round(of_180_s[setting.agents] * setting.handle_s / 180))


def _measure(setting: Setting, days: int, quick: bool) -> Row:
    return measure(setting, days, tunings(setting.agents, quick=quick or setting.agents > 20))


def _quick_settings() -> list[Setting]:
    return [Setting(5, 0.1, 180.0), Setting(5, 0.1, 180.0, "lognormal"), Setting(20, 0.3, 180.0)]


def _all_settings() -> Iterator[Setting]:
    whole = product(
        _DAYS,
        (0.1, 0.3),
        (60.0, 180.0, 300.0),
        ("exponential", "lognormal"),
        ("steady", "drifting"),
    )
    return (Setting(*each) for each in whole)


def _found_again(rows: Sequence[Row]) -> str:
    """Of what is known, what came out here; the optimal policy at 3 %."""
    lines = ["busy share, found here (known): progressive, VICIdial, tuned, optimal at 3 %"]
    for row in rows:
        known = KNOWN.get((row.setting.agents, row.setting.answer_rate))
        if known is None or row.setting != Setting(*row.setting[:2], 180.0):
            continue
        optimal, _ = busy_share(Team(*row.setting[:3]), CAP)
        here = (row.progressive.busy, row.vicidial.busy, row.tuned.busy, optimal)
        pairs = ", ".join(f"{a:.3f} ({b:.3f})" for a, b in zip(here, known, strict=True))
        lines.append(f"{row.setting.agents} agents, {row.setting.answer_rate:.0%}: {pairs}")
    return "\n".join(lines)


def _report(rows: Sequence[Row]) -> Report:
    worst = max(row.pacer.worst_day for row in rows)
    least = min(row.reached for row in rows)
    days = sum(row.days for row in rows)
    title = (
        f"Busy share of agents over {days} days of 8 hours; the optimal policy at the pacer's "
        f"abandon rate. Worst day {worst:.2%} lost (cap {CAP:.0%}); of the way from progressive to "
        f"optimal {least:.0%} at least (target {_REACHED:.0%})"
    )
    figures: Figures = {
        "rows": [_figures(row) for row in rows],
        "days": days,
        "worst_day": round(worst, 5),
        "least_reached": round(least, 3),
        "cap_target_met": worst <= CAP,
        "reached_target_met": least >= _REACHED,
        "never_under_progressive": all(row.pacer.busy >= row.progressive.busy for row in rows),
    }
    return Report(title, _COLUMNS, [_shown(row) for row in rows], figures)


def _figures(row: Row) -> dict[str, float | str | None]:
    pacer = row.pacer
    return {
        **row.setting._asdict(),
        "days": row.days,
        "busy": round(pacer.busy, 4),
        "abandon": round(pacer.abandon, 5),
        "worst_day": round(pacer.worst_day, 5),
        "progressive": round(row.progressive.busy, 4),
        "vicidial": round(row.vicidial.busy, 4),
        "vicidial_abandon": round(row.vicidial.abandon, 5),
        "vicidial_tuned": round(row.tuned.busy, 4),
        "vicidial_tuned_abandon": round(row.tuned.abandon, 5),
        "vicidial_tuned_worst_day": round(row.tuned.worst_day, 5),
        "optimal": round(row.optimal, 4),
        "reached": round(row.reached, 3),
        "at_most": None if row.at_most is None else round(row.at_most.busy, 4),
        "at_most_reached": None if row.at_most is None else round(row.at_most.reached, 3),
        "decision_ms": round(row.decision_ms, 3),
    }


def _told(row: Row) -> str:
    pacer = row.pacer
    lost = f"{pacer.abandon:.2%} lost, {pacer.worst_day:.2%} on the worst of {row.days} days"
    return f"{_name(row.setting)}: busy {pacer.busy:.3f}, {lost}, {row.reached:.0%} of the way"


def _name(setting: Setting) -> str:
    team = f"{setting.agents}, {setting.answer_rate:.0%}, {setting.handle_s:.0f} s"
    return f"{team}, {setting.service}, {setting.day}"


def _shown(row: Row) -> tuple[str, ...]:
    pacer = row.pacer
    return (
        _name(row.setting),
        f"{pacer.busy:.3f}",
        f"{pacer.abandon:.2%}",
        f"{pacer.worst_day:.2%}",
        f"{row.progressive.busy:.3f}",
        f"{row.vicidial.busy:.3f}",
        f"{row.vicidial.abandon:.1%}",
        f"{row.tuned.busy:.3f}",
        f"{row.tuned.abandon:.1%}",
        f"{row.optimal:.3f}",
        f"{row.reached:.0%}",
        "" if row.at_most is None else f"{row.at_most.reached:.0%}",
        f"{row.decision_ms:.2f} ms",
    )


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], bench)
