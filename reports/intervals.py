"""The intervals of a report, in the site's time zone.

Days begin at the zone's midnight, so a day has 23 or 25 hours when the clocks change; shorter
intervals are counted from there in time that really passes, so none is lost or told twice.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from zoneinfo import ZoneInfo


class Step(StrEnum):
    """How long an interval is."""

    QUARTER = "15m"
    HALF = "30m"
    HOUR = "1h"
    DAY = "day"
    WHOLE = "whole"


_LENGTH_MS = {Step.QUARTER: 900_000, Step.HALF: 1_800_000, Step.HOUR: 3_600_000}


def borders(since_ms: int, until_ms: int, step: Step, zone: ZoneInfo) -> list[int]:
    """Where the intervals of this period begin, and where the last ends (epoch, ms). The first
    and the last are shorter where the period begins or ends within one."""
    within = (at_ms for at_ms in _grid(since_ms, until_ms, step, zone) if at_ms > since_ms)
    return [since_ms, *takewhile(lambda at_ms: at_ms < until_ms, within), until_ms]


def day_start(day: date, zone: ZoneInfo) -> int:
    """When a day begins (epoch, ms). Where its midnight is skipped it begins at that moment."""
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def local(at_ms: int, zone: ZoneInfo) -> datetime:
    """A moment on the zone's clock."""
    return datetime.fromtimestamp(at_ms / 1000, zone)


def _grid(since_ms: int, until_ms: int, step: Step, zone: ZoneInfo) -> Iterator[int]:
    if step is Step.WHOLE:
        return
    day = local(since_ms, zone).date()
    begin_ms = day_start(day, zone)
    while begin_ms < until_ms:
        day += timedelta(days=1)
        end_ms = day_start(day, zone)
        if step is Step.DAY:
            yield begin_ms
        else:
            yield from range(begin_ms, end_ms, _LENGTH_MS[step])
        begin_ms = end_ms
