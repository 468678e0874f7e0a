"""What an agent's audio tells of the digits that a caller keys, and what the masker costs.

python -m bench.masking [--quick]

Four parts, the short ones first: speech, cost, real calls (which are a benchmark of their own,
`bench.masking_calls`, and are left out of `--quick`), and every condition of `masking_conditions`.
A part that fails is named in the result, with why; the others' figures stay.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from typing import Any

from rich.console import Console

from bench import command
from bench.command import Report
from bench.masking_calls import of_calls
from bench.masking_conditions import QUICK, conditions
from bench.masking_cost import captures_per_core
from bench.masking_points import COLUMNS, PRESSES, QUICK_PRESSES, Point, chance_of, point_of, row
from bench.masking_talk import of_speech

_MINUTES, _QUICK_MINUTES = 16, 2


@dataclass
class Findings:
    """What is known so far, and of what was to be measured but was not: why."""

    quick: bool
    console: Console
    points: list[Point] = field(default_factory=list)
    figures: dict[str, Any] = field(
        default_factory=lambda: {"delay_ms": None, "stoi": None, "captures_per_core": None}
    )
    failed: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def trying(self, what: str) -> Iterator[None]:
        """Whatever goes wrong meanwhile is told and kept, and the rest goes on."""
        try:
            yield
        except Exception as error:  # none is worth the figures of the other parts
            why = f"{type(error).__name__}: {error}"
            self.failed[what] = why
            self.console.print(f"{what} failed: {why}", style="red", markup=False)

    def tell(self, figures: Mapping[str, Any]) -> None:
        """Some are known: kept, and those that are a number shown."""
        self.figures |= figures
        for name, figure in figures.items():
            if not isinstance(figure, list):
                self.console.print(f"  {name}: {figure}", markup=False)

    @property
    def report(self) -> Report:
        """All of it."""
        figures = {
            "points": [asdict(point) for point in self.points],
            **self.figures,
            **(chance_of(self.points) if self.points else {}),
            "failed": self.failed,
        }
        rows = [row(point) for point in self.points]
        title = "Digits recovered, of each hundred sent"
        return Report(title, COLUMNS, rows, figures, whole=not self.failed)


async def measure(quick: bool, console: Console) -> Report:
    """Part after part."""
    found = Findings(quick, console)
    for name, part in PARTS.items():
        if not (quick and part is _calls):
            console.print(f"{name} …")
            with found.trying(name):
                await part(found)
    return found.report


async def _speech(found: Findings) -> None:
    minutes = _QUICK_MINUTES if found.quick else _MINUTES
    found.tell(await asyncio.to_thread(of_speech, minutes))


async def _cost(found: Findings) -> None:
    found.tell({"captures_per_core": await asyncio.to_thread(captures_per_core)})


async def _calls(found: Findings) -> None:
    found.tell(await of_calls(found.quick, found.console))


async def _conditions(found: Findings) -> None:
    """Side by side, telling of each."""
    wanted = [each for each in conditions() if not found.quick or each.name in QUICK]
    presses = QUICK_PRESSES if found.quick else PRESSES
    began_s, loop = time.monotonic(), asyncio.get_running_loop()
    pool = ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("forkserver"))
    try:
        work = [(each, loop.run_in_executor(pool, point_of, each, presses)) for each in wanted]
        for number, (condition, awaited) in enumerate(work, 1):
            with found.trying(f"condition {condition.name}"):
                found.points.append(await awaited)
                left_s = (time.monotonic() - began_s) * (len(work) - number) / number
                _told(found, f"{number} of {len(work)}, about {left_s:.0f} s left")
    finally:
        pool.shutdown(cancel_futures=True)


def _told(found: Findings, progress: str) -> None:
    point = found.points[-1]
    right = f"{point.ls}, learnt {point.learnt} of {point.digits}, unmasked {point.ls_unmasked}"
    found.console.print(f"{progress}; {point.condition}: {right}", markup=False)


PARTS: Mapping[str, Callable[[Findings], Awaitable[None]]] = {
    "speech": _speech,
    "cost": _cost,
    "real calls": _calls,
    "conditions": _conditions,
}


if __name__ == "__main__":
    command.run((__doc__ or "").partition("\n")[0], measure)
