"""Times of the week and days of the year as opening hours are written with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from config.suggest import did_you_mean, shown

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60

_GROUPS = {"daily": range(7), "weekdays": range(5), "weekend": range(5, 7)}
_TIME = r"[0-9]{1,2}:[0-9]{2}"
_SPAN = re.compile(rf"({_TIME})-({_TIME})")
_YEAR_DAY = re.compile(r"(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})")
_LEAP_YEAR = 2000
_YEARS = range(2000, 2101)


class Span(NamedTuple):
    """From ``opens`` until just before ``closes``, in minutes of the day it begins on.

    ``closes`` is above 24 h when the span goes over midnight.
    """

    opens: int
    closes: int

    def __str__(self) -> str:
        closes = self.closes if self.closes <= DAY_MINUTES else self.closes - DAY_MINUTES
        return f"{_shown_time(self.opens)}-{_shown_time(closes)}"


@dataclass(frozen=True, slots=True)
class DayHours:
    """The spans that begin on one day, the earliest first; none: closed."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def parse(cls, value: object) -> DayHours:
        """Read ``closed`` or ``08:00-12:00 13:00-17:30``; ValueError in words for its author."""
        if isinstance(value, cls):
            return value
        if value == "closed":
            return cls()
        texts = value.replace(",", " ").split() if isinstance(value, str) else []
        found = [_SPAN.fullmatch(text) for text in texts]
        if not found or None in found:
            wanted = "write closed or spans like 08:00-12:00 13:00-17:30"
            raise ValueError(f"{shown(value)} is no opening time, {wanted}")
        spans = tuple(sorted(_span(match[1], match[2]) for match in found if match))
        for earlier, later in pairwise(spans):
            if later.opens < earlier.closes:
                raise ValueError(f"{later} overlaps {earlier}")
        return cls(spans)

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, __: GetJsonSchemaHandler) -> Any:
        span = f"{_TIME}-{_TIME}"
        return {
            "type": "string",
            "pattern": f"^(closed|{span}([ ,]+{span})*)$",
            "examples": ["closed", "08:00-12:00 13:00-17:30", "22:00-06:00", "00:00-24:00"],
        }

    def __str__(self) -> str:
        return " ".join(map(str, self.spans)) or "closed"


class YearDay(NamedTuple):
    """A day of one year, or of every year (``year`` None)."""

    year: int | None
    month: int
    day: int

    def before(self, today: date) -> bool:
        """Whether the day will never come again."""
        return self.year is not None and (self.year, self.month, self.day) < (
            today.year,
            today.month,
            today.day,
        )


def weekdays_of(text: str) -> tuple[int, ...]:
    """``fri-mon`` as (4, 5, 6, 0), Monday 0; raises ValueError in words for its author."""
    if text in _GROUPS:
        return tuple(_GROUPS[text])
    first, dash, last = text.partition("-")
    for name in (first, last) if dash else (first,):
        if name not in WEEK:
            raise ValueError(f"unknown day {shown(name)}, {did_you_mean(name, [*WEEK, *_GROUPS])}")
    begin = WEEK.index(first)
    length = (WEEK.index(last) - begin) % 7 if dash else 0
    return tuple((begin + each) % 7 for each in range(length + 1))


def year_day_of(text: str) -> YearDay:
    """``2026-12-24`` or ``12-24`` (every year); raises ValueError in words for its author."""
    found = _YEAR_DAY.fullmatch(text)
    if found is None:
        raise ValueError(f"{shown(text)} is no day, write 2026-12-24, or 12-24 for every year")
    year = int(found[1]) if found[1] else None
    day = YearDay(year, int(found[2]), int(found[3]))
    if year is not None and year not in _YEARS:
        raise ValueError(f"{shown(text)} is in no year from {_YEARS[0]} to {_YEARS[-1]}")
    try:
        date(year or _LEAP_YEAR, day.month, day.day)
    except ValueError:
        raise ValueError(f"{shown(text)} is not in the calendar") from None
    return day


def _span(opens: str, closes: str) -> Span:
    begin, end = _minutes(opens), _minutes(closes)
    if begin == end:
        raise ValueError(f'"{opens}-{closes}" has no length, a whole day is 00:00-24:00')
    if begin == DAY_MINUTES:
        raise ValueError(f'"{opens}-{closes}" begins on the next day, write it there')
    return Span(begin, end if end > begin else end + DAY_MINUTES)


def _minutes(text: str) -> int:
    hour, minute = map(int, text.split(":"))
    minutes = hour * 60 + minute
    if minute > 59 or minutes > DAY_MINUTES:
        raise ValueError(f"{shown(text)} is no time of day, from 00:00 to 24:00 is allowed")
    return minutes


def _shown_time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _kept(parse: Callable[[str], object]) -> AfterValidator:
    """The text itself, once ``parse`` can read it: messages then show what was written."""

    def check(text: str) -> str:
        parse(text)
        return text

    return AfterValidator(check)


_DAY = f"({'|'.join(WEEK)})"

Weekdays = Annotated[
    str,
    _kept(weekdays_of),
    WithJsonSchema({"type": "string", "pattern": f"^({'|'.join(_GROUPS)}|{_DAY}(-{_DAY})?)$"}),
]
"""A day of the week, a range of them, or a word for some: ``mon``, ``fri-mon``, ``weekdays``."""

DayText = Annotated[
    str,
    _kept(year_day_of),
    WithJsonSchema({"type": "string", "pattern": "^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$"}),
]
"""A day of one year, ``2026-12-24``, or of every year, ``12-24``."""
