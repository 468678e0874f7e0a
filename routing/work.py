"""How busy each agent was lately and how many contacts each had, for choosing among the free.

Occupancy is a mean over the past in which a moment counts the less the longer it is ago, by
exp(-t/τ). While an agent is free it falls by that factor, for all free agents alike, so their
order does not change: with x the occupancy at the time t, t + τ·ln(x) stays the same until the
agent is busy again. This `mark` can stand in a sorted line, where a quotient of two growing times
(busy by logged in) could not.
"""

from math import exp, expm1, log
from typing import NamedTuple

LATELY_MS = 3_600_000
"""τ: what was an hour ago counts e times less than what is now."""

NEVER_BUSY = -(1 << 62)
"""The mark of an occupancy of nothing, before all others."""


class Work(NamedTuple):
    """What a free agent has done. `busy_mark`: see above, the less the freer; `contacts`: those
    since the log-in; `served`: the same by queue."""

    contacts: int = 0
    busy_mark: int = NEVER_BUSY
    served: tuple[tuple[str, int], ...] = ()


NO_WORK = Work()


def occupancy(busy_mark: int, at_ms: int) -> float:
    """The share of time, from 0 to 1, that this mark stands for at `at_ms`, which may be of another
    node's clock."""
    return 0.0 if busy_mark == NEVER_BUSY else exp(min(busy_mark - at_ms, 0) / LATELY_MS)


class Occupancy(NamedTuple):
    """The share of time that an agent was busy: `share` (0 to 1) at `at_ms` (epoch)."""

    share: float = 0.0
    at_ms: int = 0

    def after_rest(self, now_ms: int) -> "Occupancy":
        """The agent was not busy from `at_ms` on."""
        return Occupancy(self.share * exp((self.at_ms - now_ms) / LATELY_MS), now_ms)

    def after_work(self, now_ms: int) -> "Occupancy":
        """The agent was busy from `at_ms` on."""
        elapsed = (self.at_ms - now_ms) / LATELY_MS
        return Occupancy(self.share * exp(elapsed) - expm1(elapsed), now_ms)

    @property
    def mark(self) -> int:
        """What does not change while the agent rests (ms)."""
        return self.at_ms + round(LATELY_MS * log(self.share)) if self.share > 0 else NEVER_BUSY
