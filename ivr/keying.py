"""What callers key, as values: digits, amounts with a decimal star, days and times of day."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import MAXYEAR, date, time
from decimal import Decimal

from ivr.variables import Value

DECIMALS = 2
"""Digits that may follow the decimal star."""

Read = Callable[[str, date], Value]
"""A value from the keys and today's date; None when they are none."""


def is_digits(keys: str) -> bool:
    """Whether all keys are digits, and there is one."""
    return keys.isascii() and keys.isdigit()


def read_amount(keys: str) -> Value:
    """``12*50`` is 12.50, ``12`` is 12, ``*5`` is 0.5."""
    whole, star, part = keys.partition("*")
    if not is_digits(whole + part) or len(part) > DECIMALS or (star and not part):
        return None
    return Decimal(f"{whole or '0'}.{part or '0'}") if part else Decimal(whole)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _ddmm(keys: str, today: date) -> Value:
    day, month = int(keys[:2]), int(keys[2:])
    # 29 February is at most eight years away (2096 to 2104).
    for year in range(today.year, min(today.year + 9, MAXYEAR + 1)):
        found = _day(year, month, day)
        if found is not None and found >= today:
            return found
    return None


def _mmyy(keys: str, today: date) -> Value:
    month, year = int(keys[:2]), 2000 + int(keys[2:])
    return date(year, month, monthrange(year, month)[1]) if 1 <= month <= 12 else None


DAYS: Mapping[str, Read] = {
    "DDMM": _ddmm,
    "MMYY": _mmyy,
    "DDMMYYYY": lambda keys, today: _day(int(keys[4:]), int(keys[2:4]), int(keys[:2])),
    "YYYYMMDD": lambda keys, today: _day(int(keys[:4]), int(keys[4:6]), int(keys[6:])),
}
"""How a date may be keyed. ``DDMM`` is the next such day, today included; ``MMYY`` the last day
of that month, as on a card."""


def read_time(keys: str) -> Value:
    """``0930`` is half past nine in the morning."""
    hour, minute = int(keys[:2]), int(keys[2:])
    return time(hour, minute) if hour < 24 and minute < 60 else None


def luhn(digits: str) -> bool:
    """The check digit of cards and of many account numbers (ISO/IEC 7812-1, annex B)."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def mod97(digits: str) -> bool:
    """Two check digits at the end (ISO/IEC 7064, MOD 97-10): the whole leaves 1."""
    return int(digits) % 97 == 1


CHECKSUMS: Mapping[str, Callable[[str], bool]] = {"luhn": luhn, "mod97": mod97}
