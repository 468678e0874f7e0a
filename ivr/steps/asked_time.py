"""The time that a caller asks to be called at: a moment, or a window, from what a flow says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from ivr.run import Run
from ivr.values import milliseconds
from ivr.variables import Value

_DURATION = re.compile(r"[0-9]{1,6}(s|m|h)")
LONGEST_MINUTES = 366 * 24 * 60


class Window(NamedTuple):
    """From ``at_ms`` (Unix time; None: at once) until ``until_ms`` (None: whenever)."""

    at_ms: int | None = None
    until_ms: int | None = None


def is_duration(text: str) -> bool:
    """Whether it is a length of time in hours, minutes or seconds, and no expression."""
    return _DURATION.fullmatch(text) is not None


def too_long(text: str) -> bool:
    """Whether a length of time is longer than anybody would wait for a call."""
    return is_duration(text) and milliseconds(text) > LONGEST_MINUTES * 60_000


class Asked:
    """Reads ``at``, ``day``, ``until`` and ``after`` of a step, those that it has."""

    __slots__ = ("_after_ms", "_readers")

    def __init__(self, readers: Mapping[str, Callable[[Run], Value]], after: str | None) -> None:
        self._readers = readers
        fixed = after is not None and is_duration(after)
        self._after_ms = milliseconds(after) if fixed and after is not None else None

    def window(self, run: Run) -> Window | None:
        """What is asked for in this call; None when it is no time that is to come."""
        if self._after_ms is not None:
            return Window(run.now_ms + round(self._after_ms))
        if "after" in self._readers:
            return _after(run.now_ms, self._readers["after"](run))
        if "at" not in self._readers:
            return Window()
        at_ms = _next_ms(run.local, run.now_ms, self._read("at", run), self._read("day", run))
        if at_ms is None or "until" not in self._readers:
            return None if at_ms is None else Window(at_ms)
        until_ms = _next_ms(local(run, at_ms), at_ms, self._read("until", run), None)
        return None if until_ms is None else Window(at_ms, until_ms)

    def _read(self, name: str, run: Run) -> Value:
        reader = self._readers.get(name)
        return reader(run) if reader is not None else None


def local(run: Run, at_ms: int) -> datetime:
    """A moment on the clock of the call's site."""
    return datetime.fromtimestamp(at_ms / 1000, run.local.tzinfo)


def _after(now_ms: int, minutes: Value) -> Window | None:
    if not isinstance(minutes, Decimal) or not 0 < minutes <= LONGEST_MINUTES:
        return None
    return Window(now_ms + round(minutes * 60_000))


def _next_ms(now: datetime, now_ms: int, at: Value, day: Value) -> int | None:
    """The next moment after ``now`` at which the clock shows ``at``, today or tomorrow, or on that
    day; None when it is past.

    Where summer time ends, an hour comes twice, and the first one that is to come counts; where it
    begins, an hour is missing: who asks for half past two is called at half past three.
    """
    if not isinstance(at, time):
        return None
    days = [day] if isinstance(day, date) else [now.date(), now.date() + timedelta(days=1)]
    moments = (moment for each in days for moment in _moments_ms(each, at, now))
    return min((moment for moment in moments if moment > now_ms), default=None)


def _moments_ms(day: date, at: time, now: datetime) -> Iterator[int]:
    """When the clock shows it on a day: once, or twice."""
    first, again = (datetime.combine(day, at.replace(fold=fold), now.tzinfo) for fold in (0, 1))
    yield round(first.timestamp() * 1_000)
    shown = datetime.fromtimestamp(again.timestamp(), now.tzinfo)
    if shown.replace(fold=0, tzinfo=None) == again.replace(fold=0, tzinfo=None):
        yield round(again.timestamp() * 1_000)
