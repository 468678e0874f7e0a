"""How long things take and when contacts come, drawn from a stream of chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import exp, log, sqrt
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

HOUR_MS = 3_600_000
_BLOCK = 1_024


class Chance:
    """A stream of chance. It is drawn in blocks: one at a time takes numpy ten times as long."""

    def __init__(self, seed: int | np.random.SeedSequence) -> None:
        generator = np.random.default_rng(seed)
        self.exponential = _one_by_one(generator.standard_exponential)
        """The next exponential number, of mean 1."""
        self.normal = _one_by_one(generator.standard_normal)
        """The next normal number, of mean 0 and deviation 1."""
        self.uniform = _one_by_one(generator.random)
        """The next number of those between 0 and 1."""


def _one_by_one(draw: Callable[[int], NDArray[np.float64]]) -> Callable[[], float]:
    def drawn() -> Iterator[float]:
        while True:
            yield from draw(_BLOCK).tolist()

    return drawn().__next__


class Distribution(Protocol):
    """A length of time."""

    @property
    def mean_ms(self) -> float:
        """What it comes to on average."""

    def sample(self, chance: Chance) -> float:
        """One of them, in ms."""


@dataclass(frozen=True)
class Exponential:
    """Without memory: how long it has lasted says nothing of how long it will."""

    mean_ms: float

    def sample(self, chance: Chance) -> float:
        """One of them, in ms."""
        return chance.exponential() * self.mean_ms


@dataclass(frozen=True)
class Constant:
    """Always the same."""

    mean_ms: float

    def sample(self, chance: Chance) -> float:
        """One of them, in ms."""
        return self.mean_ms


@dataclass(frozen=True)
class Lognormal:
    """How long conversations last (Brown et al., "Statistical analysis of a telephone call
    center", 2005)."""

    mean_ms: float
    deviation_ms: float

    def sample(self, chance: Chance) -> float:
        """One of them, in ms."""
        median_ms, spread = self._median_and_spread
        return median_ms * exp(spread * chance.normal())

    @cached_property
    def _median_and_spread(self) -> tuple[float, float]:
        variance = log(1 + (self.deviation_ms / self.mean_ms) ** 2)
        return self.mean_ms * exp(-variance / 2), sqrt(variance)


@dataclass(frozen=True)
class Arrivals:
    """A Poisson process. `per_hour` is its rate; several of them last `every_ms` each, one after
    another, and then nobody comes any more."""

    per_hour: tuple[float, ...]
    every_ms: int | None = None

    @property
    def is_steady(self) -> bool:
        """Whether the rate is always the same."""
        return self.every_ms is None

    def next_ms(self, after_ms: float, chance: Chance) -> float | None:
        """When the next comes, drawn anew at each change of the rate; None: never."""
        if self.every_ms is None:
            return _drawn(after_ms, self.per_hour[0], chance)
        for number in range(int(after_ms // self.every_ms), len(self.per_hour)):
            after_ms = max(after_ms, number * self.every_ms)
            at_ms = _drawn(after_ms, self.per_hour[number], chance)
            if at_ms is not None and at_ms < (number + 1) * self.every_ms:
                return at_ms
        return None

    def expected(self, begin_ms: int, end_ms: int) -> float:
        """How many come between two times on average."""
        if self.every_ms is None:
            return self.per_hour[0] * (end_ms - begin_ms) / HOUR_MS
        pieces = ((rate, n * self.every_ms) for n, rate in enumerate(self.per_hour))
        return sum(
            rate * max(0, min(end_ms, from_ms + self.every_ms) - max(begin_ms, from_ms)) / HOUR_MS
            for rate, from_ms in pieces
        )


def _drawn(after_ms: float, per_hour: float, chance: Chance) -> float | None:
    return after_ms + chance.exponential() * HOUR_MS / per_hour if per_hour else None
