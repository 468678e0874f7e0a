"""How a value is said: by its type, or in the form that its author asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from functools import cache, lru_cache

from ivr import grammar
from ivr.commands import Segment
from ivr.keying import is_digits
from ivr.variables import READERS, Value, Variable, written

Say = Callable[[Value, str], Iterable[Segment]]
"""The segments in which a value is said in a language; none for a value that is not set."""

FORMS: Mapping[str, frozenset[str]] = {
    "digits": frozenset({"digits", "text", "number"}),
    "text": frozenset({"text", "digits"}),
    "number": frozenset({"number", "digits", "money"}),
    "ordinal": frozenset({"number", "digits"}),
    "money": frozenset({"money", "number"}),
    "date": frozenset({"date"}),
    "time": frozenset({"time"}),
}
"""The forms a hole can ask for, ``{n:ordinal}``, and the types that can be said so."""


def form_of(variable: Variable, asked: str | None) -> str:
    """The form in which a value of this type is said."""
    if asked is not None:
        return asked
    return "text" if variable.type == "bool" else variable.type


def sayer(form: str, variable: Variable) -> Say | None:
    """How to say values of the type in ``form``; None for text, whose words join those around."""
    match form:
        case "digits":
            return digits
        case "number" | "ordinal":
            return _number if form == "number" else _ordinal
        case "money":
            return _money(variable.currency or "")
        case "date":
            return _date
        case "time":
            return _time
        case _:
            return None


def digits(value: Value, language: str) -> list[Segment]:
    """One segment a digit, each made once; other signs are not said."""
    made, text = _digits(language), written(value)
    if is_digits(text):
        return [*map(made.__getitem__, text)]
    return [made[sign] for sign in text if sign in made]


def _number(value: Value, language: str) -> Iterable[Segment]:
    number = _decimal(value)
    return _pieces(grammar.number(number, language), language) if number is not None else ()


def _ordinal(value: Value, language: str) -> Iterable[Segment]:
    number = _decimal(value)
    if number is None:
        return ()
    if number < 1 or number != number.to_integral_value():
        return _pieces(grammar.number(number, language), language)
    return _pieces(grammar.ordinal(int(number), language), language)


def _money(currency: str) -> Say:
    def say(value: Value, language: str) -> Iterable[Segment]:
        amount = _decimal(value)
        if amount is None:
            return ()
        return _pieces(grammar.money(amount, currency, language), language)

    return say


def _date(value: Value, language: str) -> Iterable[Segment]:
    return _pieces(grammar.date(value, language) if isinstance(value, date) else (), language)


def _time(value: Value, language: str) -> Iterable[Segment]:
    return _pieces(grammar.time(value, language) if isinstance(value, time) else (), language)


def _decimal(value: Value) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    number = READERS["number"](value) if isinstance(value, str) else None
    return number if isinstance(number, Decimal) else None


def _pieces(texts: tuple[str, ...], language: str) -> Iterable[Segment]:
    return [_piece(text, language) for text in texts]


@lru_cache(maxsize=8_192)
def _piece(text: str, language: str) -> Segment:
    """Of the grammar's vocabulary, which has a few thousand pieces a language."""
    return Segment(language, text)


@cache
def _digits(language: str) -> Mapping[str, Segment]:
    return {
        sign: Segment(language, " ".join(grammar.digits(sign, language))) for sign in "0123456789"
    }
