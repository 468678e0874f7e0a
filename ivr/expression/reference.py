"""The language as data, for the reference and its tests: every operator with a live example.

The examples of ``OPERATORS`` and ``FUNCTIONS`` give what they say with the names of ``SAMPLE``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

from ivr.expression.functions import FUNCTIONS
from ivr.expression.types import NameType, ValueType
from ivr.variables import Value

__all__ = ["FUNCTIONS", "LITERALS", "OPERATORS", "SAMPLE", "Operator", "Sample"]


@dataclass(frozen=True, slots=True)
class Operator:
    """One line of the reference; ``gives`` is what ``example`` gives with ``SAMPLE``."""

    sign: str
    about: str
    example: str
    gives: Value


@dataclass(frozen=True, slots=True)
class Sample:
    """A name of the examples: its type and its value in them."""

    type: NameType
    value: Value


_TEXT, _BOOL = NameType(ValueType.TEXT), NameType(ValueType.BOOL)
_LANGUAGES = frozenset({"en", "hu", "pl", "et"})
SAMPLE: Mapping[str, Sample] = {
    "account": Sample(NameType(ValueType.DIGITS, length=8), "12345678"),
    "balance": Sample(NameType(ValueType.MONEY, currency="EUR"), Decimal("-12.50")),
    "tries": Sample(NameType(ValueType.NUMBER), Decimal(2)),
    "topic": Sample(_TEXT, None),
    "paid": Sample(_BOOL, False),
    "caller.name": Sample(_TEXT, "Anna Kovács"),
    "caller.known": Sample(_BOOL, True),
    "call.language": Sample(NameType(ValueType.TEXT, allowed=_LANGUAGES), "hu"),
    "time.clock": Sample(NameType(ValueType.TIME), time(18, 30)),
    "time.date": Sample(NameType(ValueType.DATE), date(2026, 11, 22)),
    "time.weekday": Sample(_TEXT, "sun"),
}
"""``topic`` is not set."""

LITERALS: tuple[Operator, ...] = (
    Operator("number", "digits, with a point before decimals", "-3.5", Decimal("-3.5")),
    Operator("text", "in double or single quotes", "'say \"yes\"'", 'say "yes"'),
    Operator("true, false", "also written yes and no", "yes", True),
    Operator("date", "year, month, day", "2026-12-24", date(2026, 12, 24)),
    Operator("time", "hour and minute, of 24 hours", "18:30", time(18, 30)),
)
"""How values are written."""

OPERATORS: tuple[Operator, ...] = (
    Operator("==", "is the same; capitals count in texts", 'call.language == "hu"', True),
    Operator("!=", "is not the same; true of a value that is not set", 'topic != "fault"', True),
    Operator("<", "is less than, is earlier than", "balance < 0", True),
    Operator("<=", "is less or the same", "time.clock <= 18:30", True),
    Operator(">", "is more than, is later than", "time.date > 2026-12-24", False),
    Operator(">=", "is more or the same", "tries >= 3", False),
    Operator(
        "between", "from the first to the second, both included", "tries between 1 and 3", True
    ),
    Operator("in", "is one of", 'time.weekday in ("sat", "sun")', True),
    Operator("not in", "is none of", 'call.language not in ("en", "pl")', True),
    Operator("is set", "has a value", "account is set", True),
    Operator("is not set", "has no value", "topic is not set", True),
    Operator("starts with", "begins with this text", 'account starts with "12"', True),
    Operator("ends with", "ends with this text", 'account ends with "99"', False),
    Operator("contains", "has this text in it", 'caller.name contains "Kov"', True),
    Operator("matches", "the whole text has this pattern", 'account matches "[0-9]{8}"', True),
    Operator("and", "both are true", "caller.known and balance < 0", True),
    Operator("or", "at least one is true", "paid or balance < 0", True),
    Operator("not", "is not true", "not paid", True),
    Operator("+", "the sum; joins texts", '"Dear " + caller.name', "Dear Anna Kovács"),
    Operator("-", "the difference; before a value, its opposite", "-balance - 2", Decimal("10.50")),
    Operator("*", "the product", "balance * tries", Decimal("-25.00")),
    Operator("/", "the quotient; not set when divided by 0", "tries / 0", None),
    Operator("( )", "first what is inside", "(tries + 1) * 2", Decimal(6)),
    Operator(
        "if … then … else …",
        "one of two values, by a condition",
        "if balance < 0 then -balance else 0",
        Decimal("12.50"),
    ),
)
"""Every operator; what binds tighter is computed first, see ``ivr.expression.parser``."""
