"""The pieces that values are said in, for who asks how much of them has its audio."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from decimal import Decimal

from ivr.grammar.base import Pieces
from ivr.grammar.speaking import date, number, ordinal, time

_LEAP_YEAR = 2024


def vocabulary(language: str) -> dict[str, tuple[str, ...]]:
    """By what is said: ``numbers`` (every one below 10^12 is made of these), ``dates`` of a year
    and ``times`` of a day, each piece once. About half a second."""
    return {
        "numbers": _once(_numbers(language)),
        "dates": _once(_dates(language)),
        "times": _once(_times(language)),
    }


def _numbers(language: str) -> Iterator[Pieces]:
    for group in range(1000):
        yield from (number(group * 1000**power, language) for power in range(4))
        yield from (number(place + group, language) for place in (1000, 10**6))
    yield number(Decimal("-0.5"), language)
    yield from (ordinal(value, language) for value in range(1, 101))


def _dates(language: str) -> Iterator[Pieces]:
    first = datetime.date(_LEAP_YEAR, 1, 1)
    for day in range(366):
        yield date(first + datetime.timedelta(days=day), language)


def _times(language: str) -> Iterator[Pieces]:
    return (time(datetime.time(at // 60, at % 60), language) for at in range(24 * 60))


def _once(said: Iterable[Pieces]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(piece for pieces in said for piece in pieces))
