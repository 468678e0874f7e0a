"""The chance that a call placed now finds nobody free when it is answered.

Let A(t) of the calls in the air be answered within t and D(t) of the busy agents become free; with
F agents free now, whoever is answered at t is lost if A(t) - D(t) >= F. Both are sums of
independent events whose chances the ages give (Poisson-binomial). Of few events the distributions
are computed, of many the difference is normal, with a correction for continuity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from math import erfc
from typing import Protocol

import numpy as np

from routing.outbound.pacing.durations import Floats

FEW = 24
"""Events up to which their distribution costs less than it is worth."""

Chances = Sequence[Sequence[float]]
"""Of each call or agent, within each span."""


class Outlook(Protocol):
    """What is in the air and who is busy, seen at some spans from now: those after which a new call
    is answered, each as likely as the next."""

    def lost(self) -> float:
        """The chance that one more call is lost if it is answered."""

    def place(self, calls: int) -> None:
        """So many more are in the air."""

    def within(self, bearable: float, most: int) -> int:
        """How many may be placed, `most` at most, so that the last of them is lost no more often
        than is `bearable`."""


class Few:
    """The distributions of A and D for each span. `answers`, `ends`: the chance of each call to be
    answered and of each busy agent to become free; `new`: of a call placed now."""

    def __init__(self, free: int, answers: Chances, ends: Chances, new: Sequence[float]) -> None:
        self._free = free
        self._new = new
        self._answered = [_sum(chances) for chances in _by_span(answers, len(new))]
        self._ended = [_sum(chances) for chances in _by_span(ends, len(new))]

    def lost(self) -> float:
        """The chance that one more call is lost if it is answered."""
        spans = zip(self._answered, self._ended, strict=True)
        return sum(self._none_free(*span) for span in spans) / len(self._new)

    def place(self, calls: int) -> None:
        """So many more are in the air."""
        for answered, chance in zip(self._answered, self._new, strict=True):
            for _ in range(calls):
                _add(answered, chance)

    def within(self, bearable: float, most: int) -> int:
        """How many may be placed."""
        placed = 0
        while placed < most and self.lost() <= bearable:
            self.place(1)
            placed += 1
        return placed

    def _none_free(self, answered: list[float], ended: list[float]) -> float:
        at_least = list(accumulate(reversed(answered)))
        at_least.reverse()
        return sum(x * y for x, y in zip(at_least[self._free :], ended, strict=False))


class Many:
    """The mean and the variance of A - D for each span; as `Few`, but of the sums of all chances
    and of their variances."""

    def __init__(self, free: int, mean: Floats, variance: Floats, new: Floats) -> None:
        self._least = free - 0.5
        self._new = new
        self._mean = mean
        self._variance = variance + 1e-9

    def lost(self, placed: int = 0) -> float:
        """The chance that one more call is lost if it is answered, after so many more."""
        variance = self._variance + placed * self._new * (1 - self._new)
        over = (self._least - self._mean - placed * self._new) / np.sqrt(2 * variance)
        return sum(erfc(x) for x in over.tolist()) / (2 * len(self._new))

    def place(self, calls: int) -> None:
        """So many more are in the air."""
        self._mean = self._mean + calls * self._new
        self._variance = self._variance + calls * self._new * (1 - self._new)

    def within(self, bearable: float, most: int) -> int:
        """How many may be placed."""
        least = 0
        while least < most:
            middle = (least + most + 1) // 2
            fits = self.lost(middle - 1) <= bearable
            least, most = (middle, most) if fits else (least, middle - 1)
        return least


def _by_span(chances: Chances, spans: int) -> Iterable[Iterable[float]]:
    return zip(*chances, strict=True) if chances else ((),) * spans


def _sum(chances: Iterable[float]) -> list[float]:
    """How likely each number of them is."""
    total = [1.0]
    for chance in chances:
        _add(total, chance)
    return total


def _add(total: list[float], chance: float) -> None:
    total.append(0.0)
    for number in range(len(total) - 1, 0, -1):
        total[number] += chance * (total[number - 1] - total[number])
    total[0] *= 1 - chance
