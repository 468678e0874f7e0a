"""Simulates a scenario several times over and tells what comes out, and how surely.

The figures are those of all replications together; their confidence intervals (95 %) come of
leaving out one replication at a time, the jackknife (Tukey, 1958; Miller, "The jackknife: a
review", 1974), which takes care of figures that are quotients.

Much of what differs between replications is told by sums whose mean is known (`control`); each
figure is told for that mean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from routing.simulation.center import Center
from routing.simulation.control import Pooled, known, pool_of
from routing.simulation.distributions import Chance
from routing.simulation.scenario import Expectation, Scenario, calls
from routing.simulation.tally import Sums, Tally, figures

_CONFIDENCE = 0.95
_STEP_MS = 60_000
_LEAST_FREEDOM = 4

Columns = NDArray[np.float64]

Mapper = Callable[[Callable[[int], Sums], Iterable[int]], Iterable[Sums]]
"""How replications are carried out: `map`, or that of a pool of processes."""


@dataclass(frozen=True)
class Estimate:
    """A figure, and how far from it the true one is at most (with a confidence of 95 %)."""

    value: float
    margin: float

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return self.value - self.margin

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return self.value + self.margin


class Verdict(StrEnum):
    """Whether a figure is as expected."""

    MET = "met"  # the whole interval is within what is expected
    OPEN = "open"  # it may be: only a longer simulation would tell
    MISSED = "missed"  # none of the interval is


@dataclass(frozen=True)
class Study:
    """What came out; `sums` are those of all replications."""

    scenario: Scenario
    estimates: dict[str, Estimate]
    sums: Sums

    def verdict(self, name: str) -> Verdict:
        """Of an expected figure; one that did not come out at all is missed."""
        if name not in self.estimates:
            return Verdict.MISSED
        return judge(self.estimates[name], self.scenario.expect[name])

    @property
    def is_missed(self) -> bool:
        """Whether any expectation is."""
        return any(self.verdict(name) is Verdict.MISSED for name in self.scenario.expect)


def judge(found: Estimate, expected: Expectation) -> Verdict:
    """Holds a figure to what is expected of it."""
    allowed = abs(expected.value) * expected.within
    low, high = expected.value - allowed, expected.value + allowed
    if found.high < low or found.low > high:
        return Verdict.MISSED
    return Verdict.MET if low <= found.low and found.high <= high else Verdict.OPEN


def study(scenario: Scenario, mapper: Mapper = map) -> Study:
    """Simulates every replication; the same scenario gives the same study."""
    every = list(mapper(partial(replication, scenario), range(scenario.length.replications)))
    sums = _added(every)
    return Study(scenario, _estimates(sums, every, known(scenario)), sums)


def replication(scenario: Scenario, number: int) -> Sums:
    """One of them, by its number: its chance is its own, whatever the others draw."""
    seed = np.random.SeedSequence(scenario.length.seed, spawn_key=(number,))
    rings, *streams = map(Chance, seed.spawn(1 + len(scenario.queues)))
    tally = Tally(scenario)
    stream, pool = calls(scenario.queues.values(), streams), pool_of(scenario)
    pooled = None if pool is None else Pooled(pool, scenario.length)
    if pooled is not None:
        stream = pooled.watched(stream)
    center = Center(scenario, stream, rings, tally)
    _run(center, scenario)
    return {**tally.close(center), **(pooled.sums() if pooled else {})}


def _run(center: Center, scenario: Scenario) -> None:
    """To the end, and on until nobody waits who called before, for as long again at most."""
    end_ms = scenario.length.end_ms
    center.run(end_ms)
    now_ms = end_ms
    while now_ms < end_ms + scenario.length.duration_ms:
        first = next(iter(center.in_line.values()), None)
        if first is None or first.call.at_ms >= end_ms:
            return
        now_ms += _STEP_MS
        center.run(now_ms)


def _added(every: Iterable[Sums]) -> Sums:
    total: defaultdict[str, float] = defaultdict(float)
    for sums in every:
        for name, value in sums.items():
            total[name] += value
    return total


def _estimates(total: Sums, every: Sequence[Sums], means: Sums) -> dict[str, Estimate]:
    """`means`: of those sums of a replication for which they are known."""
    without = [figures(_less(total, sums)) for sums in every]
    controls = _controls(every, means)
    return {
        name: _estimate(value, [each.get(name, value) for each in without], controls)
        for name, value in figures(total).items()
    }


def _less(total: Sums, sums: Sums) -> dict[str, float]:
    return {name: value - sums.get(name, 0) for name, value in total.items()}


def _controls(every: Sequence[Sums], means: Sums) -> Columns:
    """For each replication 1, and how far each sum was from its mean; no more of them than leave
    the residuals four degrees of freedom, and none that is always the same and tells nothing."""
    n = len(every)
    off = [np.array([sums.get(name, 0) for sums in every]) - mean for name, mean in means.items()]
    telling = [column / np.ptp(column) for column in off if np.ptp(column)]
    return np.column_stack([np.ones(n), *telling[: max(0, n - 1 - _LEAST_FREEDOM)]])


def _estimate(whole: float, without: Sequence[float], controls: Columns) -> Estimate:
    """From the figure of all and those without each one: the plane through the pseudo-values, where
    nothing is off."""
    n, columns = controls.shape
    if n - columns < 1:
        return Estimate(whole, float("inf"))
    pseudo = n * whole - (n - 1) * np.array(without)
    inverse = np.linalg.pinv(controls)
    plane = inverse @ pseudo
    error = np.sum((pseudo - controls @ plane) ** 2) / (n - columns)
    # The estimate is a weighed sum of pseudo-values; its weights are the inverse's first row.
    margin = student(n - columns) * sqrt(error * np.sum(inverse[0] ** 2))
    return Estimate(float(plane[0]), margin)


def student(freedom: int) -> float:
    """How many standard errors the interval reaches to each side: the quantile of Student's t.

    Abramowitz, Stegun, "Handbook of mathematical functions", 26.7.5: three digits from 4 degrees
    of freedom on.
    """
    z = NormalDist().inv_cdf((1 + _CONFIDENCE) / 2)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / float(freedom) ** power for power, term in enumerate(terms, start=1))
