"""Lines of trunks: how many calls each may carry and begin, for one campaign and for all.

Time is told, in ms of a clock that only goes forward. Several nodes have a part each: see
`routing.outbound.sharing`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil, inf

from routing.outbound.pacing.pace import Throttle

UNLIMITED = 1_000_000
TOLD = "the other nodes are being told that this one dials"
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

    def without(self, lines: int) -> Limit:
        """What is left of it when others have so many lines."""
        left = None if self.lines is None else max(0, self.lines - lines)
        return Limit(left, self.calls_per_s)

    def within(self, claim: Limit) -> Limit:
        """No more than was claimed, of what is limited."""
        lines, calls_per_s = self.lines, self.calls_per_s
        return Limit(
            None if lines is None else min(lines, claim.lines or 0),
            None if calls_per_s is None else min(calls_per_s, claim.calls_per_s or 0.0),
        )

    def over(self, other: Limit) -> Limit:
        """The higher of each, as a claim: no limit is 0."""
        return Limit(
            max(self.lines or 0, other.lines or 0),
            max(self.calls_per_s or 0.0, other.calls_per_s or 0.0),
        )

    def _pace(self, position: int, nodes: int) -> float | None:
        if self.calls_per_s is None:
            return None
        at_once = ceil(self.calls_per_s)
        part = _part(at_once, position, nodes) if at_once >= nodes else at_once / nodes
        return self.calls_per_s * part / at_once


def _part(whole: int, position: int, nodes: int) -> int:
    return whole // nodes + (position < whole % nodes)


NO_LIMIT = Limit()
Key = tuple[str, str]
"""A campaign, or `ALL`, and a trunk."""
Shares = Mapping[str, Mapping[str, Limit]]
"""Of each campaign, by trunk in the order in which it uses them, how much it may have."""


class Trunks:
    """The lines of this node. A call has its line from before it is dialed until its channel is
    gone, whoever has answered."""

    def __init__(self) -> None:
        self._shares: Shares = {}
        self._limits: dict[Key, Limit] = {}
        self._until_ms: float = -1
        self._why_less = TOLD
        self._faster: dict[Key, tuple[float, float]] = {}
        self._throttles: dict[Key, Throttle] = {}
        self._held: dict[str, Key] = {}
        self._taken: Counter[Key] = Counter()

    def set_limits(
        self,
        trunks: Mapping[str, Limit],
        shares: Shares,
        now_ms: int = 0,
        until_ms: float = inf,
        why_less: str = "",
    ) -> None:
        """The trunks' own limits, and the campaigns' shares of them; no call is begun after
        ``until_ms`` by them. Calls that are up keep their lines, and what was begun lately
        counts. ``why_less``: why they are less than this node's part."""
        self._shares, self._until_ms, self._why_less = shares, until_ms, why_less
        before = self._limits
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
        for key, old in before.items():
            self._slow_down(key, old.calls_per_s, now_ms)

    def _slow_down(self, key: Key, from_per_s: float | None, now_ms: int) -> None:
        """What was begun at a higher pace is claimed until it counts no more."""
        now_per_s = self._limits.get(key, NO_LIMIT).calls_per_s or 0
        if from_per_s and now_per_s < from_per_s:
            counts_ms = 1000 * ceil(from_per_s) / from_per_s
            faster_per_s, until_ms = self._faster.get(key, (0.0, 0.0))
            still_per_s = faster_per_s if until_ms > now_ms else 0.0
            self._faster[key] = max(from_per_s, still_per_s), max(until_ms, now_ms + counts_ms)

    def claims(self, parts: Mapping[Key, Limit], now_ms: int) -> Mapping[Key, Limit]:
        """What other nodes must leave to this one: ``parts`` that it wants, and what it uses now,
        limits in force, lines of calls that are up, and calls begun lately."""
        return {key: part.over(self._used(key, now_ms)) for key, part in parts.items()}

    def _used(self, key: Key, now_ms: int) -> Limit:
        faster_per_s, until_ms = self._faster.get(key, (0.0, 0.0))
        lately = Limit(self._taken[key], faster_per_s if now_ms < until_ms else 0)
        return lately.over(self._limits.get(key, NO_LIMIT))

    def free(self, campaign: str, now_ms: int) -> int:
        """How many calls the campaign may begin at once."""
        trunks = self._shares.get(campaign, {})
        return sum(self._left(campaign, trunk, now_ms) for trunk in trunks)

    def why_none(self, campaign: str, now_ms: int) -> str:
        """Why the campaign may begin no call; empty: it may."""
        if self.free(campaign, now_ms):
            return ""
        if self._why_less:
            return self._why_less
        if now_ms > self._until_ms:
            return "the other nodes have not heard from this one lately"
        keys = [key for t in self._shares.get(campaign, ()) for key in self._limited(campaign, t)]
        full = [key for key in keys if self._lines(key) <= self._taken[key]]
        if not full:
            return "as many calls were begun in this second as may be"
        if all(self._lines(key) for key in full):
            return "all that this node has are in use"
        return "there are fewer lines than nodes"

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
        """A call has this line already: an earlier run has placed it. A second time is as good as
        once."""
        self.release(call)
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
        if now_ms > self._until_ms:
            return 0
        lefts = [UNLIMITED]
        for key in self._limited(campaign, trunk):
            left = self._lines(key) - self._taken[key]
            lefts.append(self._throttles[key].left(now_ms, left))
        return max(0, min(lefts))

    def _lines(self, key: Key) -> int:
        lines = self._limits[key].lines
        return UNLIMITED if lines is None else lines

    def _limited(self, campaign: str, trunk: str) -> Iterator[Key]:
        return (key for key in ((ALL, trunk), (campaign, trunk)) if key in self._limits)
