"""What opening hours say of one day: special days, then holidays, then the week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

from config.clock_times import DayHours, Span, YearDay, weekdays_of, year_day_of
from config.countries import public_holidays
from config.hours import Hours


class Reason(NamedTuple):
    """Which rule decided; ``name`` is the holiday's, or that of the list it is in."""

    kind: Literal["week", "holiday", "special"]
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}" if self.name else self.kind


class DayRule(NamedTuple):
    """The spans that begin on a day, and why."""

    spans: tuple[Span, ...]
    reason: Reason


_WEEK = Reason("week")
_SPECIAL = Reason("special")


class OpeningDays:
    """The calendar of one set of opening hours."""

    __slots__ = ("_countries", "_listed", "_special", "_week")

    def __init__(self, hours: Hours) -> None:
        self._week = [DayRule((), _WEEK)] * 7
        for key, day in hours.open.items():
            for weekday in weekdays_of(key):
                self._week[weekday] = DayRule(day.spans, _WEEK)
        self._special = _by_day(hours.special)
        self._countries = hours.holidays
        self._listed = {
            year_day_of(text): name for name, days in hours.lists.items() for text in days
        }

    def rule(self, day: date) -> DayRule:
        """What counts on ``day``."""
        keys = YearDay(day.year, day.month, day.day), YearDay(None, day.month, day.day)
        for key in keys:
            if key in self._special:
                return DayRule(self._special[key].spans, _SPECIAL)
        name = self._holiday(day) or next((n for k in keys if (n := self._listed.get(k))), None)
        return DayRule((), Reason("holiday", name)) if name else self._week[day.weekday()]

    def _holiday(self, day: date) -> str | None:
        names = (public_holidays(country, day.year).get(day) for country in self._countries)
        return next((name for name in names if name), None)


def _by_day(special: Mapping[str, DayHours]) -> dict[YearDay, DayHours]:
    return {year_day_of(text): day for text, day in special.items()}
