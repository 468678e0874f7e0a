"""A campaign's day: what became of its calls, what may still be lost, and when the day is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from config.opening import Open
from history.dialing import DialingStore
from routing.outbound.budget import Budget, Outcome, Tally
from routing.outbound.leads.place import Place
from routing.outbound.rules.clocks import HoursRule
from routing.outbound.rules.law import Law
from routing.outbound.standing import (
    UNDER_WAY,
    Count,
    Day,
    Past,
    Standing,
    day_of,
    of_others,
    parted,
)

AGAIN_MS = 30_000
_MARGIN_MS = 1_000
"""Two machines' ideas of the shared time differ by no more."""


class DayBook:
    """Of one campaign on one node; days are those of the site's clock."""

    def __init__(self, store: DialingStore, campaign: str, node: str, zone: str) -> None:
        self._store, self._campaign, self._node = store, campaign, node
        self.zone = zone
        self.day: Day | None = None
        self.standing = Standing(Budget())
        self._nodes: Sequence[str] = ()
        self._parted_ms = 0
        self._again_ms: int | None = None

    def is_out_of_date(self, now_ms: int, nodes: Sequence[str]) -> bool:
        """Whether the day is over, or others dial than did."""
        return self.day is None or now_ms >= self.day.ends_ms or nodes != self._nodes

    def is_doubtful(self, now_ms: int) -> bool:
        """Whether to look up once more what became of the calls that others had in the air when
        the campaign was parted with them: these count as lost until that is known."""
        return self._again_ms is not None and now_ms >= self._again_ms

    async def look_up(self, now_ms: int, caps: Budget, nodes: Sequence[str]) -> bool:
        """What became of the calls of today and of the 29 days before; whether it is a new day.

        What this engine has counted itself stands, for not all of it is written yet. Raises
        DatabaseAway.
        """
        day = day_of(now_ms, self.zone)
        if nodes != self._nodes:
            self._parted_ms = now_ms + _MARGIN_MS
        counts = await self._counts(day.begins_ms, day.ends_ms)
        today = parted(counts, self._node, nodes)
        window = await self._counts(day.window_begins_ms, day.begins_ms)
        mine, gone = parted(window, self._node, nodes)
        others = of_others(counts, window, self._node, nodes)
        if self.day is None:
            past = Past(today[0], mine)
        elif day == self.day:
            past = self.standing.mine
        else:
            older = await self._counts(day.window_begins_ms, self.day.begins_ms)
            before = parted(older, self._node, nodes)[0]
            past = Past(before=before + self.standing.mine.today)
        alone = set(nodes) <= {self._node}
        self.standing = Standing(caps, past, Past(today[1], gone), alone, others)
        is_new = self.day is not None and day != self.day
        self.day, self._nodes = day, nodes
        theirs = any(c.result == UNDER_WAY and c.node != self._node for c in (*counts, *window))
        self._again_ms = now_ms + AGAIN_MS if theirs else None
        return is_new

    def take_caps(self, caps: Budget) -> None:
        """The law, or what the site makes of it, is another."""
        self.standing = replace(self.standing, caps=caps)

    def count(self, outcome: Outcome, begun_ms: int) -> bool:
        """One call more, on the day that it was begun; whether that is today."""
        today = self.day is None or begun_ms >= self.day.begins_ms
        self.standing = self.standing.after(outcome, today=today)
        return today

    @property
    def today(self) -> Tally:
        """What became of today's calls of this node."""
        return self.standing.mine.today

    async def _counts(self, since_ms: int, until_ms: int) -> list[Count]:
        found = await self._store.results(self._campaign, since_ms, until_ms, self._parted_ms)
        return [Count(*each) for each in found]


def calling_until_ms(
    hours: HoursRule | None, places: Collection[str], law: Law, day: Day, now_ms: int
) -> int:
    """When the campaign's day is over: at midnight, at the end of its own hours, or once it is too
    late everywhere, whichever comes first; `now_ms` where nobody is called now."""
    ends = [day.ends_ms]
    if hours is not None:
        ends.append(_closes_ms(hours, (hours.hours.zone or "UTC",), now_ms))
    if places:
        ends.append(max(_too_late_ms(Place.parse(each), law, day, now_ms) for each in places))
    return max(now_ms, min(ends))


def _too_late_ms(place: Place, law: Law, day: Day, now_ms: int) -> int:
    hours = law.rules(place.country).hours
    return day.ends_ms if hours is None else _closes_ms(hours, place.zones, now_ms)


def _closes_ms(hours: HoursRule, zones: Iterable[str], now_ms: int) -> int:
    """The first of the clocks decides; open for more than a year counts as a year."""
    closes = []
    for zone in zones:
        state = hours.opening(zone).at(now_ms)
        if not isinstance(state, Open):
            return now_ms
        closes.append(state.next_change_ms or now_ms + 366 * 86_400_000)
    return min(closes, default=now_ms)
