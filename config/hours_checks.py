"""Checks of opening hours beyond their form: days said twice, overlaps, long nights, past days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from config.clock_times import DAY_MINUTES, WEEK, Span, weekdays_of, year_day_of
from config.document import Located, Problem
from config.hours import Hours
from config.problem import Path
from config.suggest import shown

LONGEST_NIGHT = 12 * 60
"""Minutes of a span over midnight that nobody is asked about."""


class _Said(NamedTuple):
    """A span of one day of the week, and the key it was written at."""

    weekday: int
    span: Span
    key: str

    def __str__(self) -> str:
        return f"{self.span} of {WEEK[self.weekday]}"


def check_hours(
    hours: Hours, path: Path, located: Located, today: date | None
) -> Iterator[Problem]:
    """Every problem of the hours written at ``path``; with no ``today`` no day has gone by."""
    twice = [*_days_twice(hours, path, located)]
    # Two sets of hours for one day would seem to overlap, too: tell the cause alone.
    yield from twice or _overlaps(hours, path, located)
    yield from _long_nights(hours, path, located)
    if today is not None:
        yield from _gone_by(hours, path, located, today)
    if not _ever_opens(hours, today):
        yield located.warning(path, "is never open", key=True)


def _days_twice(hours: Hours, path: Path, located: Located) -> Iterator[Problem]:
    taken: dict[int, str] = {}
    for key in hours.open:
        twice = [day for day in weekdays_of(key) if taken.setdefault(day, key) != key]
        if twice:
            names = ", ".join(f"{WEEK[day]} is already in {shown(taken[day])}" for day in twice)
            yield located.problem((*path, "open", key), names, key=True)


def _overlaps(hours: Hours, path: Path, located: Located) -> Iterator[Problem]:
    """Spans over midnight that end after the next day has opened; once for each pair of keys."""
    week = _week(hours)
    told: set[tuple[Span, str, Span, str]] = set()
    for late in (said for day in week for said in day if said.span.closes > DAY_MINUTES):
        for early in week[(late.weekday + 1) % 7]:
            pair = (late.span, late.key, early.span, early.key)
            if early.span.opens < late.span.closes - DAY_MINUTES and pair not in told:
                told.add(pair)
                yield located.problem((*path, "open", early.key), f"{early} overlaps {late}")


def _long_nights(hours: Hours, path: Path, located: Located) -> Iterator[Problem]:
    """Spans over midnight that are so long that their times are more likely turned round."""
    for part, days in (("open", hours.open), ("special", hours.special)):
        for key, day in days.items():
            for span in day.spans:
                if span.closes > DAY_MINUTES and span.closes - span.opens > LONGEST_NIGHT:
                    yield located.warning((*path, part, key), _doubted(span))


def _doubted(span: Span) -> str:
    meant = Span(span.closes - DAY_MINUTES, span.opens)
    evening, morning = Span(span.opens, DAY_MINUTES), Span(0, span.closes - DAY_MINUTES)
    hours = (span.closes - span.opens) // 60
    return (
        f"{span} is open over night, for {hours} hours: is {meant} meant? If not, write two "
        f"spans, {evening} and on the next day {morning}"
    )


def _week(hours: Hours) -> list[list[_Said]]:
    week: list[list[_Said]] = [[] for _ in WEEK]
    for key, day in hours.open.items():
        for weekday in weekdays_of(key):
            week[weekday].extend(_Said(weekday, span, key) for span in day.spans)
    return week


def _gone_by(hours: Hours, path: Path, located: Located, today: date) -> Iterator[Problem]:
    for text in hours.special:
        if year_day_of(text).before(today):
            yield located.warning((*path, "special", text), f"{text} is over", key=True)
    for name, days in hours.lists.items():
        if days and all(year_day_of(text).before(today) for text in days):
            message = "every day of this list is over"
            yield located.warning((*path, "lists", name), message, key=True)


def _ever_opens(hours: Hours, today: date | None) -> bool:
    return any(day.spans for day in hours.open.values()) or any(
        day.spans and not (today and year_day_of(text).before(today))
        for text, day in hours.special.items()
    )
