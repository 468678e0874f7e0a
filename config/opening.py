"""Opening hours made ready to ask: open or closed at a moment, why, and until when.

No clock and no I/O: the moment comes as a value. The clock on the wall decides: something is open
exactly while the local clock shows a time within a span. So where summer time begins, a span
from 02:30 opens at 03:00, the hour between being none; and where it ends, a span until 02:30 is
open again in the second of the two hours from 02:00.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.clock_times import DAY_MINUTES
from config.hours import Hours
from config.opening_days import DayRule, OpeningDays, Reason

HORIZON_DAYS = 366
"""How far ahead the next change is looked for."""

_DAY_S = 86_400
_DAY_MS = _DAY_S * 1000
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Open:
    """Open; it closes at ``next_change_ms`` (Unix time), None: not within a year."""

    reason: Reason
    next_change_ms: int | None


@dataclass(frozen=True, slots=True)
class Closed:
    """Closed; it opens at ``next_change_ms`` (Unix time), None: not within a year."""

    reason: Reason
    next_change_ms: int | None


class _Stretch(NamedTuple):
    """From ``begin`` on, in seconds (Unix, or of the local clock); until the next one begins."""

    begin: int
    is_open: bool
    reason: Reason


class Opening:
    """One set of opening hours; ``zone`` counts where the hours name none of their own.

    A day is worked out when it is first asked for, and remembered: after that a question costs
    about a microsecond.
    """

    def __init__(self, hours: Hours, zone: str) -> None:
        self.hours = hours
        self.zone = ZoneInfo(hours.zone or zone)
        self._days = OpeningDays(hours)
        self._stretches = lru_cache(HORIZON_DAYS + 2)(self._cut)
        self._answers = lru_cache(64)(self._answer)
        self._begins = lru_cache(64)(self._since_s)

    def __eq__(self, other: object) -> bool:
        if type(self) is not Opening or type(other) is not Opening:
            return NotImplemented  # forced hours are only like themselves
        return (self.hours, self.zone) == (other.hours, other.zone)

    def at(self, now_ms: int) -> Open | Closed:
        """How it stands at ``now_ms`` (Unix time)."""
        day, within_ms = divmod(now_ms, _DAY_MS)
        begins, _ = self._stretches(day)
        return self._answers(day, bisect_right(begins, day * _DAY_S + within_ms // 1000) - 1)

    def since_ms(self, now_ms: int) -> int | None:
        """Since when it has been open, or closed, as at ``now_ms``; None: for more than a year."""
        day, within_ms = divmod(now_ms, _DAY_MS)
        begins, _ = self._stretches(day)
        since_s = self._begins(day, bisect_right(begins, day * _DAY_S + within_ms // 1000) - 1)
        return None if since_s is None else since_s * 1000

    def opens_at(self, now_ms: int) -> datetime | None:
        """When a closed one opens again, on its own clock, for "we are open again on …".

        None while it is open, and when it does not open within a year.
        """
        now = self.at(now_ms)
        if isinstance(now, Open) or now.next_change_ms is None:
            return None
        return datetime.fromtimestamp(now.next_change_ms / 1000, self.zone)

    def on_clock_of(self, zone: str) -> Opening:
        """The same hours by the clock of another zone."""
        return Opening(self.hours.model_copy(update={"zone": zone}), zone)

    def _answer(self, day: int, index: int) -> Open | Closed:
        stretch = self._stretches(day)[1][index]
        change_s = self._next_change_s(day, index, stretch.is_open)
        kind = Open if stretch.is_open else Closed
        return kind(stretch.reason, None if change_s is None else change_s * 1000)

    def _next_change_s(self, day: int, index: int, is_open: bool) -> int | None:
        first = index + 1
        for later in range(day, day + HORIZON_DAYS + 1):
            for stretch in self._stretches(later)[1][first:]:
                if stretch.is_open != is_open:
                    return stretch.begin
            first = 0
        return None

    def _since_s(self, day: int, index: int) -> int | None:
        now = self._stretches(day)[1][index]
        since_s = now.begin
        last: int | None = index
        for earlier in range(day, day - HORIZON_DAYS, -1):
            for stretch in reversed(self._stretches(earlier)[1][:last]):
                if stretch.is_open != now.is_open:
                    return since_s
                since_s = stretch.begin
            last = None
        return None

    def _cut(self, day: int) -> tuple[list[int], list[_Stretch]]:
        """The stretches of a day of UTC (counted from 1970), and where each begins."""
        stretches: list[_Stretch] = []
        for begin_s, end_s, offset_s in self._offsets(day * _DAY_S, (day + 1) * _DAY_S):
            local = self._local(begin_s + offset_s, end_s + offset_s)
            stretches += [each._replace(begin=each.begin - offset_s) for each in local]
        return [stretch.begin for stretch in stretches], stretches

    def _offsets(self, begin_s: int, end_s: int) -> Iterator[tuple[int, int, int]]:
        """The time between in parts of one offset from UTC each, as (begin, end, offset).

        zoneinfo tells an offset but not when it changes, so the change is searched by halves.
        No zone has changed twice within two days since 1970 (tzdata 2026).
        """
        offset_s = self._offset_s(begin_s)
        if self._offset_s(end_s - 1) == offset_s:
            yield begin_s, end_s, offset_s
            return
        same, other = begin_s, end_s - 1
        while other - same > 1:
            middle = (same + other) // 2
            if self._offset_s(middle) == offset_s:
                same = middle
            else:
                other = middle
        yield begin_s, other, offset_s
        yield other, end_s, self._offset_s(other)

    def _offset_s(self, at_s: int) -> int:
        offset = datetime.fromtimestamp(at_s, self.zone).utcoffset()
        return round(offset.total_seconds()) if offset is not None else 0

    def _local(self, begin_s: int, end_s: int) -> Iterator[_Stretch]:
        """The stretches of the local clock from ``begin_s`` to ``end_s``; it runs evenly here."""
        for number in range(begin_s // _DAY_S, (end_s - 1) // _DAY_S + 1):
            midnight_s = number * _DAY_S
            today = self._days.rule(date.fromordinal(_EPOCH + number))
            yesterday = self._days.rule(date.fromordinal(_EPOCH + number - 1))
            for minute, until, stretch in _of_day(today, yesterday):
                starts_s = max(begin_s, midnight_s + minute * 60)
                if starts_s < min(end_s, midnight_s + until * 60):
                    yield stretch._replace(begin=starts_s)


def openings(hours: Mapping[str, Hours], zone: str) -> dict[str, Opening]:
    """Every set of hours by its name; ``zone`` is that of the site."""
    return {name: Opening(each, zone) for name, each in hours.items()}


def _of_day(today: DayRule, yesterday: DayRule) -> Iterator[tuple[int, int, _Stretch]]:
    """A local day from midnight to midnight as (first minute, minute after the last, how)."""
    tails = [(0, span.closes - DAY_MINUTES, yesterday.reason) for span in yesterday.spans]
    spans = [*((span.opens, span.closes, today.reason) for span in today.spans), *tails]
    edges = {0, DAY_MINUTES, *(minute for span in spans for minute in span[:2])}
    cuts = sorted(minute for minute in edges if 0 <= minute <= DAY_MINUTES)
    for minute, until in pairwise(cuts):
        why = next((why for opens, closes, why in spans if opens <= minute < closes), None)
        yield minute, until, _Stretch(0, why is not None, why or today.reason)
