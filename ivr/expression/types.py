"""What an expression's values are, and what is known of a name before any call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from ivr.variables import Value

Read = Callable[[str], Value]
"""Gives a name's value in a call."""


class ValueType(StrEnum):
    """The types of the language; ``digits`` is a text of 0 to 9, ``money`` a number's equal."""

    TEXT = "text"
    DIGITS = "digits"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    TIME = "time"
    BOOL = "bool"


TEXTUAL = frozenset({ValueType.TEXT, ValueType.DIGITS})
NUMERIC = frozenset({ValueType.NUMBER, ValueType.MONEY})
ORDERED = NUMERIC | {ValueType.DATE, ValueType.TIME}


@dataclass(frozen=True, slots=True)
class NameType:
    """What is promised of a name's values.

    ``length``: of digits, exactly so many. ``allowed``: the only texts it can be. ``low`` and
    ``high``: bounds of a number, both included. ``always_set``: never unset, like ``time.hour``;
    ``never_set``: a variable that no step sets.
    """

    type: ValueType
    currency: str | None = None
    length: int | None = None
    allowed: frozenset[str] | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    sensitive: bool = False
    always_set: bool = False
    never_set: bool = False


class Kind(NamedTuple):
    """The type of an expression; ``currency`` None: of any, or of none."""

    type: ValueType
    currency: str | None = None

    def __str__(self) -> str:
        return f"{self.type} in {self.currency}" if self.currency else self.type


def comparable(left: Kind, right: Kind) -> bool:
    """Whether ``left == right`` can be asked: alike, and not money of two known currencies."""
    if left.type in NUMERIC and right.type in NUMERIC:
        return None in (left.currency, right.currency) or left.currency == right.currency
    return left.type == right.type or (left.type in TEXTUAL and right.type in TEXTUAL)


def merged(left: Kind, right: Kind) -> Kind:
    """The type that holds values of both of two comparable types."""
    if left.type == right.type:
        return Kind(left.type, left.currency or right.currency)
    if left.type in NUMERIC:
        return left if left.type is ValueType.MONEY else right
    return Kind(ValueType.TEXT)
