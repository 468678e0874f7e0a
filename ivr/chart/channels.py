"""The level parts of the lines between two ranks: which runs above which.

Every net of a channel has one level track, and upright parts from it to its pins. Two nets that
overlap get the order in which they cross less; those that do not may share a track (the channel
routing problem: Hashimoto and Stevens, Design Automation Workshop, 1971).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_TOO_NEAR = 6.0
_ON_EACH_OTHER = 1_000
_APART = 10.0


class Pins(NamedTuple):
    """Where a net meets the rank above (``tops``) and the rank below (``bottoms``)."""

    tops: tuple[float, ...]
    bottoms: tuple[float, ...]

    @property
    def low(self) -> float:
        return min((*self.tops, *self.bottoms))

    @property
    def high(self) -> float:
        return max((*self.tops, *self.bottoms))

    @property
    def level(self) -> bool:
        """Whether it has a level part; one that goes straight down has none."""
        return self.high - self.low > 0.5


def tracks(nets: Sequence[Pins]) -> list[int]:
    """The track of each net, 0 the highest."""
    order = _ordered(nets)
    found = [0] * len(nets)
    for place, number in enumerate(order):
        above = (found[other] + 1 for other in order[:place] if _meet(nets[other], nets[number]))
        found[number] = max(above, default=0) if nets[number].level else 0
    return found


def _ordered(nets: Sequence[Pins]) -> list[int]:
    """By swaps of neighbours while they help."""
    order = [number for number, net in enumerate(nets) if net.level]
    order.sort(key=lambda number: nets[number].low)
    for _ in range(len(order)):
        swapped = False
        for at in range(len(order) - 1):
            upper, lower = nets[order[at]], nets[order[at + 1]]
            if _cost(lower, upper) < _cost(upper, lower):
                order[at], order[at + 1] = order[at + 1], order[at]
                swapped = True
        if not swapped:
            break
    return order + [number for number, net in enumerate(nets) if not net.level]


def _cost(upper: Pins, lower: Pins) -> int:
    """Crossings if ``upper`` runs above ``lower``; upright parts on each other are far worse."""
    crossed = sum(upper.low < x < upper.high for x in lower.tops)
    crossed += sum(lower.low < x < lower.high for x in upper.bottoms)
    near = sum(abs(x - other) < _TOO_NEAR for x in upper.bottoms for other in lower.tops)
    return crossed + _ON_EACH_OTHER * near


def _meet(one: Pins, other: Pins) -> bool:
    return one.level and one.low < other.high + _APART and other.low < one.high + _APART
