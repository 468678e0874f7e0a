"""When a number is best called, in the week of who is called: ``mon-fri 18:00-20:00``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = (1 << 7) - 1
_DAY_MINUTES = 24 * 60
_GROUPS = {"daily": EVERY_DAY, "weekdays": 0b0011111, "weekend": 0b1100000}
_WINDOW = re.compile(
    r"(?:(?P<days>[a-z][a-z ,-]*?)\s+)?"
    r"(?P<h1>[0-9]{1,2})(?:[:.](?P<m1>[0-9]{2}))?\s*[-\N{EN DASH}]\s*"
    r"(?P<h2>[0-9]{1,2})(?:[:.](?P<m2>[0-9]{2}))?"
)


class Window(NamedTuple):
    """On these days (bit 0 is Monday), from minute ``opens`` of the day until just before
    ``closes``."""

    days: int
    opens: int
    closes: int

    def holds(self, local: datetime) -> bool:
        """Whether it is now, on the callee's clock."""
        minute = local.hour * 60 + local.minute
        return bool(self.days >> local.weekday() & 1) and self.opens <= minute < self.closes

    def __str__(self) -> str:
        times = f"{_clock(self.opens)}-{_clock(self.closes)}"
        return times if self.days == EVERY_DAY else f"{_days_text(self.days)} {times}"


def parse(text: str) -> tuple[Window, ...]:
    """``18-20``, ``mon-fri 18:00-20:00; sat 9:00-12:00``; none for an empty text. ValueError in
    words for who wrote it."""
    return tuple(_window(part) for each in text.split(";") if (part := each.strip().casefold()))


def written(windows: Iterable[Window]) -> str | None:
    """As `parse` reads it; None where there is none."""
    return "; ".join(map(str, windows)) or None


def next_moment(windows: Sequence[Window], local: datetime) -> datetime:
    """``local`` where a window holds then, or none is given; else the next beginning of one.

    ``local`` has the callee's zone. A beginning that the clock leaves out in spring is an hour
    later.
    """
    if not windows or any(window.holds(local) for window in windows):
        return local
    return min(
        begin
        for window in windows
        for ahead in range(8)
        if window.days >> (local.weekday() + ahead) % 7 & 1
        and (begin := _begin(local, ahead, window)) > local
    )


def _begin(local: datetime, ahead: int, window: Window) -> datetime:
    day = local.date() + timedelta(days=ahead)
    at = datetime(day.year, day.month, day.day, tzinfo=local.tzinfo)
    return at.replace(hour=window.opens // 60, minute=window.opens % 60)


def _window(text: str) -> Window:
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise ValueError("is no best time, write it like mon-fri 18:00-20:00")
    opens = int(found["h1"]) * 60 + int(found["m1"] or 0)
    closes = int(found["h2"]) * 60 + int(found["m2"] or 0)
    if max(int(found["m1"] or 0), int(found["m2"] or 0)) > 59 or closes > _DAY_MINUTES:
        raise ValueError("is no best time: a day has 24 hours of 60 minutes")
    if opens >= closes:
        raise ValueError("is no best time: it ends before it begins")
    return Window(_days(found["days"]), opens, closes)


def _days(text: str | None) -> int:
    if text is None:
        return EVERY_DAY
    days = 0
    for part in re.split(r"[ ,]+", text.strip()):
        if part in _GROUPS:
            days |= _GROUPS[part]
            continue
        first, dash, last = part.partition("-")
        if first not in WEEK or (dash and last not in WEEK):
            raise ValueError(f"is no best time: days are {', '.join(WEEK)}, daily or weekdays")
        begin, end = WEEK.index(first), WEEK.index(last or first)
        for day in range(begin, end + 1 if end >= begin else end + 8):
            days |= 1 << day % 7
    return days


def _days_text(days: int) -> str:
    return ",".join(name for at, name in enumerate(WEEK) if days >> at & 1)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
