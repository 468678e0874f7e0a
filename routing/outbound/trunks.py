"""Lines of trunks: how many calls each may carry and begin, for one campaign and for all.

Time is told (Unix epoch, ms). Several nodes have a part each: see `Limit.part_of`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from routing.outbound.pacing.pace import Throttle

UNLIMITED = 1_000_000
ALL = ""
"""In the place of a campaign's name: the trunk's own limit."""


@dataclass(frozen=True, slots=True)
class Limit:
    """`lines`: calls at once; `calls_per_s`: calls begun in a second. None: no limit."""

    lines: int | None = None
    calls_per_s: float | None = None

    def part_of(self, position: int, nodes: int) -> Limit:
        """What one of several nodes has for itself; all together have no more than the limit.

        `position` is the node's among them, from 0. Of less than one call a second for each node,
        each has its turn in as many seconds as all need.
        """
        if nodes == 1:
            return self
        lines = None if self.lines is None else _part(self.lines, position, nodes)
        return Limit(lines, self._pace(position, nodes))

    def _pace(self, position: int, nodes: int) -> float | None:
        if self.calls_per_s is None:
            return None
        at_once = ceil(self.calls_per_s)
        part = _part(at_once, position, nodes) if at_once >= nodes else at_once / nodes
        return self.calls_per_s * part / at_once


def _part(whole: int, position: int, nodes: int) -> int:
    return whole // nodes + (position < whole % nodes)


NO_LIMIT = Limit()
Shares = Mapping[str, Mapping[str, Limit]]
"""Of each campaign, by trunk in the order in which it uses them, how much it may have."""


class Trunks:
    """The lines of this node. A call has its line from before it is dialed until its channel is
    gone, whoever has answered."""

    def __init__(self) -> None:
        self._shares: Shares = {}
        self._limits: dict[tuple[str, str], Limit] = {}
        self._throttles: dict[tuple[str, str], Throttle] = {}
        self._held: dict[str, tuple[str, str]] = {}
        self._taken: Counter[tuple[str, str]] = Counter()

    def set_limits(self, trunks: Mapping[str, Limit], shares: Shares) -> None:
        """The trunks' own limits, and the campaigns' shares of them. Calls that are up keep their
        lines, and what was begun lately counts."""
        self._shares = shares
        own = {(ALL, trunk): limit for trunk, limit in trunks.items()}
        of_campaigns = {
            (campaign, trunk): limit
            for campaign, limits in shares.items()
            for trunk, limit in limits.items()
        }
        self._limits = {**own, **of_campaigns}
        self._throttles = {
            key: self._throttles.get(key, Throttle(None)).at(limit.calls_per_s)
            for key, limit in self._limits.items()
        }

    def free(self, campaign: str, now_ms: int) -> int:
        """How many calls the campaign may begin at once."""
        trunks = self._shares.get(campaign, {})
        return sum(self._left(campaign, trunk, now_ms) for trunk in trunks)

    def first(self, campaign: str, now_ms: int) -> str | None:
        """The first of the campaign's trunks with a free line."""
        trunks = self._shares.get(campaign, {})
        return next((each for each in trunks if self._left(campaign, each, now_ms) > 0), None)

    def take(self, campaign: str, trunk: str, call: str, now_ms: int) -> bool:
        """A line for a call that is about to begin; False: there is none any more."""
        if self._left(campaign, trunk, now_ms) <= 0:
            return False
        self.hold(campaign, trunk, call)
        for key in self._limited(campaign, trunk):
            self._throttles[key].placed(now_ms)
        return True

    def hold(self, campaign: str, trunk: str, call: str) -> None:
        """A call has this line already: an earlier run has placed it."""
        self._held[call] = campaign, trunk
        self._taken.update([(ALL, trunk), (campaign, trunk)])

    def release(self, call: str) -> None:
        """The call's channel is gone; a second time is as good as once."""
        if (held := self._held.pop(call, None)) is not None:
            self._taken.subtract([(ALL, held[1]), held])

    def in_use(self, campaign: str) -> Mapping[str, int]:
        """How many lines of each trunk the campaign's calls have."""
        return {t: n for (name, t), n in self._taken.items() if name == campaign and n}

    def _left(self, campaign: str, trunk: str, now_ms: int) -> int:
        lefts = [UNLIMITED]
        for key in self._limited(campaign, trunk):
            lines = self._limits[key].lines
            left = UNLIMITED if lines is None else lines - self._taken[key]
            lefts.append(self._throttles[key].left(now_ms, left))
        return max(0, min(lefts))

    def _limited(self, campaign: str, trunk: str) -> Iterator[tuple[str, str]]:
        return (key for key in ((ALL, trunk), (campaign, trunk)) if key in self._limits)
