"""The same stretch of a campaign in the simulator, many times: what a real one should come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bench.dialing_crowd import Crowd
from routing.outbound.budget import Budget
from routing.outbound.pacing import Pace
from routing.outbound.simulation.day import Day, Tally
from routing.outbound.simulation.dialers import Paced

SURE = 0.95
"""Of so many stretches the figures are within the interval."""


class Figures(NamedTuple):
    """Of one stretch. `busy`: the share of their time in which agents talk or write notes."""

    busy: float
    abandon: float
    answer_rate: float
    placed_per_min: float


class Interval(NamedTuple):
    """Between these lie `SURE` of the simulated stretches."""

    least: float
    mean: float
    most: float

    def has(self, value: float) -> bool:
        """Whether a stretch like this one is nothing out of the ordinary."""
        return self.least <= value <= self.most


@dataclass(frozen=True)
class Twin:
    """Who is called, by how many agents, and for how long: then the campaign's day ends, and the
    pacer plans for that."""

    crowd: Crowd
    agents: int
    minutes: float

    def play(self, seed: int) -> Figures:
        """Once, with a pacer that has learned nothing yet."""
        world = self.crowd.world(self.agents, self.minutes)
        dialer = Paced(Pace(), Budget(), world.day_s)
        dialer.next_day()
        return self._figures(Day(world, dialer, seed).run())

    def _figures(self, tally: Tally) -> Figures:
        return Figures(
            tally.busy,
            tally.abandon,
            tally.answered / max(1, tally.placed),
            tally.placed / self.minutes,
        )


def intervals(
    twin: Twin, times: int, tell: Callable[[int], None] = lambda _: None
) -> dict[str, Interval]:
    """Each figure's, of so many stretches; `tell` is given how many have been played."""
    played = []
    for seed in range(times):
        played.append(twin.play(seed))
        tell(seed + 1)
    return {name: _interval([getattr(each, name) for each in played]) for name in Figures._fields}


def _interval(values: Sequence[float]) -> Interval:
    least, most = np.quantile(values, [(1 - SURE) / 2, (1 + SURE) / 2])
    return Interval(float(least), float(np.mean(values)), float(most))
