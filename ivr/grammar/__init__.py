"""How numbers, amounts, dates and times are said, in pieces that are each one recording."""

from __future__ import annotations

import datetime
from decimal import Decimal


def number(value: Decimal | int, language: str) -> tuple[str, ...]:
    return (format(value, "f"),)


def ordinal(value: int, language: str) -> tuple[str, ...]:
    return (f"{value}.",)


def digits(value: str, language: str) -> tuple[str, ...]:
    return tuple(value)


def money(value: Decimal, currency: str, language: str) -> tuple[str, ...]:
    return (f"{value:f}", currency)


def date(value: datetime.date, language: str) -> tuple[str, ...]:
    return (value.isoformat(),)


def time(value: datetime.time, language: str) -> tuple[str, ...]:
    return (value.isoformat("minutes"),)
