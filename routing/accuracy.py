"""How wrong expected waits were lately: what they are judged by before anybody is told one."""

from dataclasses import dataclass
from math import sqrt

_COUNT = 100
"""So many of the latest waits count, each the less the longer ago it was."""

SMALL_MS = 30_000
"""So far off is as good as right: waits are told in whole minutes."""


@dataclass(frozen=True, slots=True)
class Trust:
    """When expected waits are told: once `least` of them have come true or not, and while they are
    off by the share `error` of the mean wait at most (the root of the mean squared error), or by
    less than could be told."""

    error: float = 0.5
    least: int = 10


STANDARD = Trust()


@dataclass(slots=True)
class Accuracy:
    """Of one queue: `judged` expectations so far; the sums of waits (ms) and squared errors fade
    with every further one."""

    judged: int = 0
    weight: float = 0.0
    waited_ms: float = 0.0
    error_ms2: float = 0.0

    def note(self, expected_ms: float, came_ms: float) -> None:
        """A wait was expected to be so long, and was."""
        stays = 1 - 1 / _COUNT
        self.judged += 1
        self.weight = self.weight * stays + 1
        self.waited_ms = self.waited_ms * stays + came_ms
        self.error_ms2 = self.error_ms2 * stays + (came_ms - expected_ms) ** 2

    @property
    def error_ms(self) -> float:
        """The root of the mean squared error."""
        return sqrt(self.error_ms2 / self.weight) if self.weight else 0.0

    @property
    def error(self) -> float | None:
        """The same as a share of the mean wait; None where nothing was waited."""
        return self.error_ms * self.weight / self.waited_ms if self.waited_ms else None

    def is_trusted(self, trust: Trust) -> bool:
        """Whether callers may be told."""
        if self.judged < trust.least:
            return False
        error = self.error
        return self.error_ms <= SMALL_MS or (error is not None and error <= trust.error)
