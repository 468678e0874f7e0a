"""Dates with a time of day as files have them: ``2026-11-25 18:00``, ``2026.11.25. 18:00``,
``25.11.2026 18:00``."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_YEAR_FIRST = re.compile(r"(\d{4})[-.]\s?(\d{1,2})[-.]\s?(\d{1,2})\.?")
_DAY_FIRST = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\.?")
_SLASHED = re.compile(r"\d{1,4}/\d{1,2}/\d{1,4}")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?::(\d{2}))?\s*(Z|[+-]\d{2}:?\d{2})?")


def moment_ms(text: str, zone: ZoneInfo) -> int:
    """Unix epoch in milliseconds; without an offset it is on the clock of ``zone``. ValueError in
    words for who wrote it.

    An hour that the clock leaves out in spring is the one after it; of one that it has twice in
    autumn the first counts (PEP 495).
    """
    try:
        return round(_moment(text.strip(), zone).timestamp() * 1000)
    except OverflowError:
        raise ValueError("is no time that a computer can hold") from None


def _moment(text: str, zone: ZoneInfo) -> datetime:
    if _SLASHED.match(text):
        raise ValueError("may be read in two ways, write it like 2026-11-25 18:00")
    day = _YEAR_FIRST.match(text) or _DAY_FIRST.match(text)
    clock = _CLOCK.fullmatch(text[day.end() :].strip(" T,")) if day else None
    if day is None or clock is None:
        raise ValueError("is no date with a time, write it like 2026-11-25 18:00")
    first, month, last = map(int, day.groups())
    year, date = (first, last) if day.re is _YEAR_FIRST else (last, first)
    hour, minute, second, offset = clock.groups()
    try:
        local = datetime(year, month, date, int(hour), int(minute), int(second or 0), tzinfo=zone)
    except ValueError:
        raise ValueError("is no day or no time of day that there is") from None
    return local if offset is None else _at_offset(local, offset)


def _at_offset(local: datetime, offset: str) -> datetime:
    if offset == "Z":
        offset = "+00:00"
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    ahead = timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
    return local.replace(tzinfo=ZoneInfo("UTC")) - ahead
