"""A flow's variables: declared once, typed, alive for one call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from config.currencies import currency, smallest_unit
from config.document import DocumentModel

Value = str | Decimal | bool | date | time | None
"""What a variable holds; None while it is not set."""

Kind = Literal["text", "digits", "number", "money", "date", "time", "bool"]
_AMOUNTS = frozenset({"number", "money"})
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_BEYOND = Decimal(10) ** 18
"""Amounts are below it: with nine decimals all their digits are computed exactly."""

_NINE_DECIMALS = Decimal("0.000000001")
_LONGEST_NUMBER = 64
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


def _currency(value: Any) -> Any:
    return currency(value) if isinstance(value, str) else value


Currency = Annotated[str, BeforeValidator(_currency, json_schema_input_type=str)]
"""A currency's three letters (ISO 4217)."""


class Variable(DocumentModel):
    """A value that a call carries: ``balance: {type: money, currency: EUR}``.

    ``digits`` keep their leading zeros and are read out one by one; a ``number`` and ``money``
    are spoken as amounts, a ``date`` and a ``time`` in words. A ``number`` is kept to nine
    decimals, ``money`` to what can be paid in its currency, rounded half up. ``length`` is for
    digits.
    ``sensitive`` values are never spoken, traced, logged or saved with the call. ``start`` is
    the value at the beginning; without it a variable is not set until a step sets it.
    """

    type: Kind = Field(description="what it holds, and how it is spoken")
    length: int | None = Field(default=None, ge=1, le=64, description="of digits")
    currency: Currency | None = Field(default=None, description="of money, such as EUR")
    sensitive: bool = Field(default=False, description="never spoken, shown, logged or saved")
    start: str | None = Field(default=None, description="the value at the beginning of the call")

    @property
    def initial(self) -> Value:
        """The value at the beginning of the call."""
        return self.read(self.start) if self.start is not None else None

    def read(self, text: str) -> Value:
        """The value that ``text`` stands for; None when it is none of this type and length."""
        return self._fitting(READERS[self.type](text))

    def accept(self, value: object) -> Value:
        """A value of another type as one of this; None when it is none, or no value at all."""
        if type(value) is str:
            return self.read(value)
        if type(value) is bool and self.type == "bool":
            return value
        if type(value) is Decimal:
            if self.type in _AMOUNTS:
                return self._amount(value)
            # An exponent is written out as digits: 1E+999999999 would be a gigabyte of them.
            if not value.is_finite() or abs(value.adjusted()) > _LONGEST_NUMBER:
                return None
        if value is None or not isinstance(value, Value):
            return None
        return self.read(written(value))

    def _amount(self, value: Decimal) -> Decimal | None:
        """It, as exactly as it is kept; None when it is beyond all use."""
        if not (value.is_finite() and -_BEYOND < value < _BEYOND):
            return None
        unit = _NINE_DECIMALS
        if self.currency is not None and self.type == "money":
            unit = smallest_unit(self.currency)
        kept = value.quantize(unit, ROUND_HALF_UP)
        if kept == value:
            return value
        # Of what was rounded up to a whole number no decimals are told, nor the sign of a zero.
        return kept.normalize() + 0 if -_BEYOND < kept < _BEYOND else None

    def _fitting(self, value: Value) -> Value:
        if type(value) is Decimal:
            return self._amount(value)
        if self.length is not None and isinstance(value, str) and len(value) != self.length:
            return None
        return value


def written(value: Value) -> str:
    """A value as text, as URLs and bodies have it; empty for one that is not set."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case date() | time():
            return value.isoformat()
        case None:
            return ""


def _digits(text: str) -> Value:
    return text if text.isascii() and text.isdigit() else None


def _number(text: str) -> Value:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _date(text: str) -> Value:
    return _parsed(date.fromisoformat, text) if _DATE.fullmatch(text) else None


def _time(text: str) -> Value:
    return _parsed(time.fromisoformat, text) if _TIME.fullmatch(text) else None


def _parsed(parse: Callable[[str], date | time], text: str) -> Value:
    try:
        return parse(text)
    except ValueError:
        return None


READERS: Mapping[Kind, Callable[[str], Value]] = {
    "text": lambda text: text,
    "digits": _digits,
    "number": _number,
    "money": _number,
    "date": _date,
    "time": _time,
    "bool": lambda text: _TRUTHS.get(text.lower()),
}
"""For each type, what a text stands for; None when it is none of the type."""

_SAVED: Mapping[str, Callable[[str], Value]] = {
    "number": Decimal,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
}


def save(value: Value) -> Any:
    """A value as JSON has it; `restore` makes it a value again."""
    match value:
        case Decimal():
            return {"number": str(value)}
        case date():
            return {"date": value.isoformat()}
        case time():
            return {"time": value.isoformat()}
        case _:
            return value


def restore(saved: Any) -> Value:
    """The value that `save` saved; ValueError for anything else."""
    match saved:
        case None | str() | bool():
            return saved
        case {**one} if len(one) == 1:
            ((kind, text),) = one.items()
            if isinstance(kind, str) and kind in _SAVED and isinstance(text, str):
                return _SAVED[kind](text)
    raise ValueError("no saved value")
