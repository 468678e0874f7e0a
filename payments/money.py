"""Amounts in a currency's smallest unit, in which gateways count."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from config.currencies import currency, smallest_unit


@dataclass(frozen=True, slots=True)
class Amount:
    """So many of the smallest units of a currency (ISO 4217): 1250 of EUR are 12.50."""

    minor: int
    currency: str

    MOST = 10**12 - 1
    """Twelve digits, as in the messages between banks (ISO 8583, field 4)."""

    @classmethod
    def of(cls, value: Decimal, code: str) -> Amount:
        """Raises ValueError of what is not above zero, more than can be paid, or finer."""
        unit = smallest_unit(currency(code))
        # Not divided first: of 1e999999 that overflows.
        if not value.is_finite() or not 0 < value <= cls.MOST * unit or value % unit:
            raise ValueError(f"no amount of {code} that can be paid")
        return cls(int(value / unit), code)

    @property
    def value(self) -> Decimal:
        """As people write it."""
        return self.minor * smallest_unit(self.currency)

    def __str__(self) -> str:
        return f"{self.value} {self.currency}"
