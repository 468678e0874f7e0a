"""The functions of the language. All are total: an answer that does not exist is unset (None)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import reduce
from typing import Any

from ivr.expression.types import NUMERIC, ORDERED, TEXTUAL, Kind, ValueType, merged
from ivr.expression.unparsing import plain
from ivr.variables import Value

MATH = Context(prec=34, traps=[])
"""Exact to 34 digits (IEEE 754 decimal128); what has no result is NaN or infinite, never raised."""

TODAY = "time.date"
"""The name that ``days_since`` and ``days_until`` read."""

MAX_TEXT = 4096
"""A text that would be longer is unset: a flow that joins in a circle does not fill the memory."""

_MAX_PLACES = 28
_NUMBER = re.compile(r"-?[0-9]{1,28}(\.[0-9]{1,28})?")
_LONGEST_NUMBER = 64
_DIGITS = frozenset("0123456789")

Types = frozenset[ValueType]
_COUNT = frozenset({ValueType.NUMBER})
_DAY = frozenset({ValueType.DATE})


def finite(number: Decimal) -> Decimal | None:
    """A result of ``MATH``; None when there is none."""
    return number if number.is_finite() else None


@dataclass(frozen=True, slots=True)
class Function:
    """``run`` gets values of the types in ``parameters``, none of them unset.

    ``about`` and ``example`` are for the reference; ``gives`` is what the example gives with the
    sample values of ``ivr.expression.reference``. ``optional`` parameters at the end may be left
    out; of ``many``, any number may follow, all comparable. ``reads_today``: ``run`` gets today's
    date first.
    """

    name: str
    about: str
    example: str
    gives: Value
    parameters: tuple[Types, ...]
    result: Callable[[Sequence[Kind]], Kind]
    run: Callable[..., Value]
    optional: int = 0
    many: bool = False
    reads_today: bool = False


def _of(type_: ValueType) -> Callable[[Sequence[Kind]], Kind]:
    return lambda arguments: Kind(type_)


def _like_first(arguments: Sequence[Kind]) -> Kind:
    return arguments[0]


def _like_all(arguments: Sequence[Kind]) -> Kind:
    return reduce(merged, arguments)


def _only_digits(text: str) -> str:
    return "".join(sign for sign in text if sign in _DIGITS)


def _number(value: str | Decimal) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    text = value.strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal) and (
        value.adjusted() > _LONGEST_NUMBER or int(value.as_tuple().exponent) < -_LONGEST_NUMBER
    ):
        return None
    return plain(value)


def _round(number: Decimal, places: Decimal = Decimal(0)) -> Decimal | None:
    count = _whole(places)
    if count is None or count > _MAX_PLACES:
        return None
    return finite(number.quantize(Decimal(1).scaleb(-count), ROUND_HALF_UP, MATH))


def _first(text: str, count: Decimal) -> str | None:
    length = _whole(count)
    return None if length is None else text[:length]


def _last(text: str, count: Decimal) -> str | None:
    length = _whole(count)
    return None if length is None else text[max(len(text) - length, 0) :]


def _whole(number: Decimal) -> int | None:
    """A count: a whole number from 0 to ``MAX_TEXT``."""
    return int(number) if 0 <= number <= MAX_TEXT and number == int(number) else None


def _days_since(today: date, day: date) -> Decimal:
    return Decimal((today - day).days)


def _days_until(today: date, day: date) -> Decimal:
    return Decimal((day - today).days)


_ALL: tuple[Function, ...] = (
    Function(
        "length", "how many signs a text has", "length(account)", Decimal(8),
        (TEXTUAL,), _of(ValueType.NUMBER), lambda text: Decimal(len(text)),
    ),
    Function(
        "lower", "a text in small letters", "lower(caller.name)", "anna kovács",
        (TEXTUAL,), _of(ValueType.TEXT), str.lower,
    ),
    Function(
        "upper", "a text in capital letters", "upper(caller.name)", "ANNA KOVÁCS",
        (TEXTUAL,), _of(ValueType.TEXT), str.upper,
    ),
    Function(
        "digits", "the digits 0 to 9 of a text", 'digits("+36 1 555")', "361555",
        (TEXTUAL,), _of(ValueType.DIGITS), _only_digits,
    ),
    Function(
        "number", "a text or an amount as a number; unset when it is none", 'number("007.5")',
        Decimal("7.5"), (TEXTUAL | NUMERIC,), _of(ValueType.NUMBER), _number,
    ),
    Function(
        "text", "any value as text, a number in full", 'text(balance) + " EUR"', "-12.50 EUR",
        (frozenset(ValueType),), _of(ValueType.TEXT), _text,
    ),
    Function(
        "round", "to so many places (0 when left out), a half away from zero", "round(2.345, 2)",
        Decimal("2.35"), (NUMERIC, _COUNT), _like_first, _round, optional=1,
    ),
    Function(
        "abs", "without its sign", "abs(balance)", Decimal("12.50"),
        (NUMERIC,), _like_first, MATH.abs,
    ),
    Function(
        "min", "the least of two or more", "min(balance, 0)", Decimal("-12.50"),
        (ORDERED, ORDERED), _like_all, min, many=True,
    ),
    Function(
        "max", "the greatest of two or more", "max(balance, 0)", Decimal(0),
        (ORDERED, ORDERED), _like_all, max, many=True,
    ),
    Function(
        "days_since", "days from a date to today, negative when it is to come",
        "days_since(2026-11-20)", Decimal(2),
        (_DAY,), _of(ValueType.NUMBER), _days_since, reads_today=True,
    ),
    Function(
        "days_until", "days from today to a date, negative when it is past",
        "days_until(2026-12-24)", Decimal(32),
        (_DAY,), _of(ValueType.NUMBER), _days_until, reads_today=True,
    ),
    Function(
        "first", "the first so many signs of a text", "first(account, 2)", "12",
        (TEXTUAL, _COUNT), _like_first, _first,
    ),
    Function(
        "last", "the last so many signs of a text", "last(account, 4)", "5678",
        (TEXTUAL, _COUNT), _like_first, _last,
    ),
)  # fmt: skip
FUNCTIONS: Mapping[str, Function] = {function.name: function for function in _ALL}
"""By name, in the order of the reference."""
