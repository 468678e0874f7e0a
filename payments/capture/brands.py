"""Card brands by the first digits of their numbers (issuer identification numbers, ISO/IEC 7812).

The ranges are those that the networks publish: Mastercard's 2-series since 2016; Diners Club to 19
digits since 2018; all of 62 is UnionPay, whichever network carries it abroad.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from payments.capture.digits import LONGEST, Digits

SHORTEST = 12
"""Digits of the shortest card number that any brand issues."""
_CODE = 3
_CODES = (3, 4)


class Brand(StrEnum):
    """The brands that Trunkline knows, as Stripe calls them; and Maestro and Mir, which it does
    not tell apart or take."""

    VISA = "visa"
    MASTERCARD = "mastercard"
    AMEX = "amex"
    DISCOVER = "discover"
    DINERS = "diners"
    JCB = "jcb"
    UNIONPAY = "unionpay"
    MAESTRO = "maestro"
    MIR = "mir"


class _Issued(NamedTuple):
    """How a brand numbers its cards. A prefix is `first-last`, of as many digits as written."""

    prefixes: str
    lengths: tuple[int, ...]
    code: int = _CODE


def _to_longest(first: int) -> tuple[int, ...]:
    return tuple(range(first, LONGEST + 1))


_ISSUED = {
    Brand.VISA: _Issued("4", (13, 16, 19)),
    Brand.MASTERCARD: _Issued("51-55 2221-2720", (16,)),
    Brand.AMEX: _Issued("34 37", (15,), code=4),
    Brand.DISCOVER: _Issued("6011 644-649 65", _to_longest(16)),
    Brand.DINERS: _Issued("300-305 3095 36 38-39", _to_longest(14)),
    Brand.JCB: _Issued("3528-3589", _to_longest(16)),
    Brand.UNIONPAY: _Issued("62 81", _to_longest(16)),
    Brand.MIR: _Issued("2200-2204", _to_longest(16)),
    Brand.MAESTRO: _Issued("500-509 56-58 6304 6390 67", _to_longest(SHORTEST)),
}


class _Range(NamedTuple):
    width: int
    first: int
    last: int
    brand: Brand


def _ranges() -> tuple[_Range, ...]:
    found = []
    for brand, issued in _ISSUED.items():
        for prefix in issued.prefixes.split():
            first, _, last = prefix.partition("-")
            found.append(_Range(len(first), int(first), int(last or first), brand))
    return tuple(found)


_RANGES = _ranges()


def brand_of(number: Digits) -> Brand | None:
    """The brand that a number's first digits tell, as soon as they do; None: none, or not yet."""
    for width, first, last, brand in _RANGES:
        if len(number) >= width and first <= number.read(0, width) <= last:
            return brand
    return None


def number_lengths(brand: Brand | None) -> tuple[int, ...]:
    """How many digits a brand's numbers have; of no known brand, as many as any has."""
    return _to_longest(SHORTEST) if brand is None else _ISSUED[brand].lengths


def code_lengths(brand: Brand | None) -> tuple[int, ...]:
    """How many digits its security code has: four on Amex, else three."""
    return _CODES if brand is None else (_ISSUED[brand].code,)
