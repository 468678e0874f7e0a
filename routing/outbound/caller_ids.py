"""Which of a pool's numbers is shown to who is called.

A local number is answered more often. One that calls too many people is marked as unwanted by
carriers and phones, so each has its most for a day, and those that are alike share the calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolNumber:
    """A number to show. `local_to`: beginnings of numbers that it is near to (`+361`); `per_day`:
    how often it is shown at most."""

    number: str
    local_to: tuple[str, ...] = ()
    per_day: int | None = None

    def nearness(self, callee: str) -> int:
        """How much of the callee's number begins as those that this one is local to; -1: it is
        local to others."""
        near = [len(each) for each in self.local_to if callee.startswith(each)]
        return max(near, default=-1 if self.local_to else 0)


def choose(pool: Sequence[PoolNumber], callee: str, shown: Mapping[str, int]) -> str | None:
    """The number to show: the nearest, of these the one that was shown least today, as `shown`
    tells; None: each was shown as often as it may be, and no call is made."""
    free = [
        each for each in pool if each.per_day is None or shown.get(each.number, 0) < each.per_day
    ]
    best = max(
        free,
        key=lambda each: (each.nearness(callee), -shown.get(each.number, 0)),
        default=None,
    )
    return None if best is None else best.number
