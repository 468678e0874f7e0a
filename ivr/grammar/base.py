"""What a language must know so that its numbers, money and dates can be spoken."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import NamedTuple, Protocol

Pieces = tuple[str, ...]
"""What is said, in parts that are one audio file each and come from a bounded vocabulary."""

LIMIT = 10**12
"""The first cardinal that has no words: from here on a number is read digit by digit."""
_LONGEST_FRACTION_AS_NUMBER = 3


class Gender(Enum):
    """A noun's gender, where the words for one and two depend on it (Polish)."""

    MASCULINE = "masculine"
    FEMININE = "feminine"
    NEUTER = "neuter"


class Noun(NamedTuple):
    """What is counted, in the forms of its language.

    ``one`` stands after the number one and ``many`` after the others; ``few`` only in Polish,
    after two to four. Hungarian counts in the singular, so all its forms are one.
    """

    one: str
    many: str
    few: str = ""
    gender: Gender = Gender.MASCULINE


class Currency(NamedTuple):
    """A currency's unit and its hundredth; no ``minor``: nobody pays in hundredths of it."""

    major: Noun
    minor: Noun | None


class Grammar(Protocol):
    """One language; each module beside this one is a grammar.

    Values are checked by ``ivr.grammar.speaking``: no negative ones come here, none from
    ``LIMIT`` on, and ordinals are from 1 to 9999.
    """

    ABOUT: str
    """Before an amount that is not exact; it must leave the amount's case alone."""
    AND: str
    """Between a currency's unit and its hundredths; empty where nothing is said."""
    MINUS: str
    POINT: str
    SIGNS: Mapping[str, str]
    """A word for each digit and each other sign of a telephone's keys."""
    MINUTE: Noun
    CURRENCIES: Mapping[str, Currency]
    """By ISO 4217 code."""

    def cardinal(self, value: int) -> Pieces:
        """As it is counted: ``two thousand`` ``and six``."""

    def ordinal(self, value: int) -> Pieces:
        """Nominative, masculine where there is a choice."""

    def fraction(self, digits: str) -> Pieces:
        """The digits behind the decimal point."""

    def counted(self, value: int, noun: Noun) -> Pieces:
        """A cardinal with its noun, each in the form that the other asks for."""

    def date(self, day: datetime.date, *, weekday: bool) -> Pieces:
        """Nominative, with the year."""

    def time(self, at: datetime.time) -> Pieces:
        """Hours and minutes."""


def words(text: str) -> Pieces:
    """``"one two"`` as its words; ``-`` stands for a place that is never said."""
    return tuple("" if word == "-" else word for word in text.split())


def spaced(*parts: str) -> str:
    """What is said of ``parts``, in one piece."""
    return " ".join(filter(None, parts))


def groups(value: int) -> Iterator[tuple[int, int]]:
    """The groups of three digits that are not zero with their power of 1000, highest first."""
    for power in (3, 2, 1, 0):
        group = value // 1000**power % 1000
        if group:
            yield group, power


def fraction_as_number(
    digits: str, signs: Mapping[str, str], cardinal: Callable[[int], Pieces]
) -> Pieces:
    """Zeros one by one, then the rest as a number (``0,05``: zero five) unless it is long."""
    rest = digits.lstrip("0")
    zeros = (signs["0"],) * (len(digits) - len(rest))
    if len(digits) > _LONGEST_FRACTION_AS_NUMBER:
        return zeros + tuple(signs[digit] for digit in rest)
    return zeros + cardinal(int(rest))
