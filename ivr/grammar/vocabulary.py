"""The pieces that values are said in, for who asks how much of them has its audio."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from decimal import Decimal

from ivr.grammar.base import Pieces
from ivr.grammar.speaking import GRAMMARS, date, money, number, ordinal, time

_LEAP_YEAR = 2024
_YEARS = range(1950, 2051)


def vocabulary(language: str) -> dict[str, tuple[str, ...]]:
    """By what is said: ``numbers`` (every one below 10^12 is made of these), ``amounts`` (what the
    currencies add to them), ``dates`` from 1950 to 2050 and ``times`` of a day, each piece once.
    About half a second a language."""
    numbers = _once(_numbers(language))
    return {
        "numbers": numbers,
        "amounts": _without(_once(_amounts(language)), numbers),
        "dates": _once(_dates(language)),
        "times": _once(_times(language)),
    }


def _numbers(language: str) -> Iterator[Pieces]:
    for group in range(1000):
        yield from (number(group * 1000**power, language) for power in range(4))
        yield from (number(place + group, language) for place in (1000, 10**6))
    yield number(Decimal("-0.5"), language)
    yield from (ordinal(value, language) for value in range(1, 101))


def _amounts(language: str) -> Iterator[Pieces]:
    for code in GRAMMARS[language].CURRENCIES:
        yield from (money(Decimal(whole), code, language) for whole in range(-1, 1000))
        yield from (money(Decimal(minor) / 100, code, language) for minor in range(1, 200))


def _dates(language: str) -> Iterator[Pieces]:
    yield from (date(datetime.date(year, 1, 1), language) for year in _YEARS)
    first = datetime.date(_LEAP_YEAR, 1, 1)
    for day in range(366):
        yield date(first + datetime.timedelta(days=day), language)


def _times(language: str) -> Iterator[Pieces]:
    return (time(datetime.time(at // 60, at % 60), language) for at in range(24 * 60))


def _once(said: Iterable[Pieces]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(piece for pieces in said for piece in pieces))


def _without(texts: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    known = frozenset(others)
    return tuple(text for text in texts if text not in known)
