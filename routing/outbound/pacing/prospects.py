"""How many live answers the leads that are left bring at least, in whatever order of calling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Prospects(NamedTuple):
    """So many leads are this pacer's alone, and may be called until then (the pacer's clock)."""

    leads: float
    until_ms: int


def answers_at_least(
    prospects: Sequence[Prospects], placed: int, share: float, per_s: float, now_ms: int
) -> float:
    """The live answers that come by the end, if of each call this share is answered, and a team
    that waits for nobody but leads has so many answers a second.

    `placed` calls were begun since the leads were counted. The worst order calls first who may be
    called last: whoever closes earlier is lost by then. The team runs out of leads at the first
    moment by which it can have called all who may be called after it, and not before.
    """
    groups = sorted(prospects, key=lambda each: each.until_ms)
    closed = 0.0
    for k, group in enumerate(groups):
        closes = per_s * max(0, group.until_ms - now_ms) / 1000
        later = share * max(0.0, sum(each.leads for each in groups[k:]) - placed)
        if (runs_out := max(closed, later)) < closes:
            return runs_out
        closed = closes
    return closed
