"""Values as a caller hears them: what the languages share, and the choice of the language.

Every function gives pieces: joined by spaces they are what is said, and each is one audio file.
Pieces come from a vocabulary of a few thousand a language, so that the store of prompts stays
bounded and no account number becomes the text of one file. Forms are nominative, as in ``Your
balance is {balance}``. All raise LanguageError for a language without grammar.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import NamedTuple

from ivr.errors import LanguageError
from ivr.grammar import en, et, hu, pl
from ivr.grammar.base import LIMIT, Grammar, Noun, Pieces

GRAMMARS: Mapping[str, Grammar] = {"en": en, "hu": hu, "pl": pl, "et": et}

MAX_DECIMALS = 6
"""A third is 0.333333: nobody listens to more."""
_MINOR_DIGITS = 2
_UNITS = {places: Decimal(1).scaleb(-places) for places in (0, _MINOR_DIGITS, MAX_DECIMALS)}
_ROUNDING = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, rounding=ROUND_HALF_UP)
_LAST_ORDINAL = 9999


def number(value: Decimal | int, language: str) -> Pieces:
    """A cardinal, rounded half up to MAX_DECIMALS, without zeros at its end: ``minus`` ``two``
    ``point`` ``five``. From a million million on it is read digit by digit.

    ValueError if it is not finite.
    """
    grammar = _grammar(language)
    parts = _parts(Decimal(value), MAX_DECIMALS)
    said = parts.sign(grammar) + _whole(parts.whole, grammar)
    fraction = parts.fraction.rstrip("0")
    return (*said, grammar.POINT, *grammar.fraction(fraction)) if fraction else said


def ordinal(value: int, language: str) -> Pieces:
    """``first`` to ``9999th``, nominative and masculine; any other number as a cardinal."""
    if 1 <= value <= _LAST_ORDINAL:
        return _grammar(language).ordinal(value)
    return number(value, language)


def digits(value: str, language: str) -> Pieces:
    """One piece for each digit, ``+``, ``*`` and ``#``; what else is written is not said."""
    signs = _grammar(language).SIGNS
    return tuple(signs[sign] for sign in value if sign in signs)


def money(value: Decimal, currency: str, language: str) -> Pieces:
    """An amount in ``currency`` (ISO 4217), rounded half up to what is paid in it.

    ``five`` ``euros`` ``and twenty`` ``cents``; of less than one, the hundredths alone. A
    currency that the language has no word for is spelt after the number. ValueError if the
    value is not finite.
    """
    grammar = _grammar(language)
    code = currency.upper()
    known = grammar.CURRENCIES.get(code)
    if known is None:
        return number(value, language) + tuple(code)
    parts = _parts(value, _MINOR_DIGITS if known.minor else 0)
    minor = int(parts.fraction or 0)
    said = parts.sign(grammar)
    if minor == 0:
        return said + _counted(parts.whole, known.major, grammar)
    if parts.whole == "0":
        return said + _hundredths(minor, code, language)
    said += _counted(parts.whole, known.major, grammar)
    return said + _after_major(_hundredths(minor, code, language), grammar)


def date(value: datetime.date, language: str, *, weekday: bool = False) -> Pieces:
    """The day, month and year, with the day of the week if ``weekday``."""
    return _grammar(language).date(value, weekday=weekday)


def time(value: datetime.time, language: str) -> Pieces:
    """The time of day to the minute: English by a.m. and p.m., the others by 24 hours."""
    return _grammar(language).time(value)


def minutes(value: int, language: str, *, about: bool = False) -> Pieces:
    """A duration, ``five`` ``minutes``; with ``about`` it begins by saying that it is not exact."""
    grammar = _grammar(language)
    parts = _parts(Decimal(value), 0)
    said = (grammar.ABOUT,) if about else ()
    return said + parts.sign(grammar) + _counted(parts.whole, grammar.MINUTE, grammar)


class _Parts(NamedTuple):
    """A rounded number as it is written: digits before and behind the point."""

    is_negative: bool
    whole: str
    fraction: str

    def sign(self, grammar: Grammar) -> Pieces:
        return (grammar.MINUS,) if self.is_negative else ()


def _parts(value: Decimal, places: int) -> _Parts:
    if not value.is_finite():
        raise ValueError(f"only a finite number can be spoken, not {value}")
    text = format(value.copy_abs().quantize(_UNITS[places], context=_ROUNDING), "f")
    whole, _, fraction = text.partition(".")
    return _Parts(value < 0 and text.strip("0.") != "", whole, fraction)


def _whole(whole: str, grammar: Grammar) -> Pieces:
    if len(whole) < len(str(LIMIT)):
        return grammar.cardinal(int(whole))
    return tuple(grammar.SIGNS[digit] for digit in whole)


def _counted(whole: str, noun: Noun, grammar: Grammar) -> Pieces:
    if len(whole) < len(str(LIMIT)):
        return grammar.counted(int(whole), noun)
    return (*_whole(whole, grammar), noun.many)


@cache
def _hundredths(count: int, code: str, language: str) -> Pieces:
    """There are 99 of a currency in a language."""
    grammar = GRAMMARS[language]
    minor = grammar.CURRENCIES[code].minor
    return grammar.counted(count, minor) if minor is not None else ()


def _after_major(minor: Pieces, grammar: Grammar) -> Pieces:
    """``and twenty`` is one piece: a lone ``and`` sounds lost."""
    if not grammar.AND:
        return minor
    first, *rest = minor
    return (f"{grammar.AND} {first}", *rest)


def _grammar(language: str) -> Grammar:
    try:
        return GRAMMARS[language]
    except KeyError:
        raise LanguageError(language) from None
