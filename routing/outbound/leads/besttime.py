"""When a number is best called, in the week of who is called: ``mon-fri 18:00-20:00``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = (1 << 7) - 1
_DAY_MINUTES = 24 * 60
_HALF_DAY = 12
_DAYS = (
    "mon monday hetfo hetfon pn pon poniedzialek poniedzialki esmaspaev esmaspaeviti",
    "tue tues tuesday kedd kedden wt wto wtorek wtorki teisipaev teisipaeviti",
    "wed wednesday szerda szerdan sr sro sroda srode srody kolmapaev kolmapaeviti",
    "thu thurs thursday csut csutortok csutortokon cz czw czwartek neljapaev neljapaeviti",
    "fri friday pent pentek penteken pt pia piatek piatki reede reedeti",
    "sat saturday szo szombat szombaton sb sob sobota sobote soboty laupaev laupaeviti",
    "sun sunday vas vasarnap nd ndz niedz niedziela niedziele puhapaev puhapaeviti",
)
"""English, Hungarian, Polish and Estonian, without accents. Single letters are left out: of two
languages they are two days."""
_DAY_OF = {word: day for day, words in enumerate(_DAYS) for word in words.split()}
_GROUPS = {
    **dict.fromkeys(("daily", "everyday", "naponta", "codziennie", "igapaev"), EVERY_DAY),
    **dict.fromkeys(("weekdays", "weekday", "workdays", "hetkoznap", "hetkoznapokon"), 0b0011111),
    **dict.fromkeys(("munkanap", "munkanapokon", "robocze", "toopaev", "toopaeviti"), 0b0011111),
    **dict.fromkeys(("toopaevadel", "argipaeviti", "argipaevadel"), 0b0011111),
    **dict.fromkeys(("weekend", "weekends", "weekendy", "hetvege", "hetvegen"), 0b1100000),
    **dict.fromkeys(("nadalavahetus", "nadalavahetusel"), 0b1100000),
}
_FILL = {"on", "at", "w", "we", "dni", "godz", "godziny", "kell"}
_NO_MARKS = str.maketrans({"ł": "l", "\N{EN DASH}": "-", "\N{EM DASH}": "-"})
_CLOCK = r"([0-9]{1,2})(?:[:.h]([0-9]{2}))?\s?(am|pm|a\.m\.|p\.m\.|h)?"
_WINDOW = re.compile(
    rf"(?:([a-z][a-z ,.-]*?)[\s:]+)?{_CLOCK}(?:-|\sto\s){_CLOCK}(?:\s(?:ora|kozott))?"
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
    """``18-20``, ``mon-fri 18:00-20:00; sat 9:00-12:00``, ``hétfő-péntek 18h-20h``, ``6-8pm``; none
    for an empty text. ValueError in words for who wrote it."""
    return tuple(_window(part) for each in text.split(";") if (part := each.strip()))


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


@lru_cache(maxsize=1024)
def _window(text: str) -> Window:
    found = _WINDOW.fullmatch(_plain(text))
    if found is None:
        raise ValueError("is no best time, write it like mon-fri 18:00-20:00")
    days, hour, minute, half, last_hour, last_minute, last_half = found.groups()
    opens = _minute(hour, minute, half)
    closes = _minute(last_hour, last_minute, last_half or half)
    if half is None and last_half is not None:  # 6-8pm, and 10-2pm
        afternoon = _minute(hour, minute, last_half)
        opens = afternoon if afternoon < closes else opens
    if opens >= closes:
        raise ValueError("is no best time: it ends before it begins")
    return Window(_days(days), opens, closes)


def _plain(text: str) -> str:
    """Without case and accents, and with dashes of one kind."""
    flat = unicodedata.normalize("NFKD", text.casefold().translate(_NO_MARKS))
    letters = "".join(sign for sign in flat if not unicodedata.combining(sign))
    return re.sub(r"\s*-\s*", "-", letters)


def _minute(hour: str, minute: str | None, half: str | None) -> int:
    """Of the day; ``half``: am or pm."""
    hours, minutes = int(hour), int(minute or 0)
    of_half = (half or "h")[0]
    is_there = minutes < 60 and (of_half == "h" or 1 <= hours <= _HALF_DAY)
    if of_half != "h":
        hours = hours % _HALF_DAY + (_HALF_DAY if of_half == "p" else 0)
    if not is_there or hours * 60 + minutes > _DAY_MINUTES:
        raise ValueError("is no best time: a day has 24 hours of 60 minutes")
    return hours * 60 + minutes


def _days(text: str | None) -> int:
    words = [] if text is None else re.split(r"[ ,]+", text.replace(".", "").strip(" ,"))
    parts = [part for part in words if part not in _FILL]
    if not parts:
        return EVERY_DAY
    days = 0
    for part in parts:
        if part in _GROUPS:
            days |= _GROUPS[part]
            continue
        first, dash, last = part.partition("-")
        if first not in _DAY_OF or (dash and last not in _DAY_OF):
            raise ValueError(f"is no best time: days are {', '.join(WEEK)}, daily or weekdays")
        begin, end = _DAY_OF[first], _DAY_OF[last or first]
        for day in range(begin, end + 1 if end >= begin else end + 8):
            days |= 1 << day % 7
    return days


def _days_text(days: int) -> str:
    return ",".join(name for at, name in enumerate(WEEK) if days >> at & 1)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
