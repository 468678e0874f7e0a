"""The units in which money is paid."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

_HUNDREDTHS = 2
# ISO 4217, list one (2024): the currencies whose minor unit is no hundredth, by its decimals.
_OTHERS: Mapping[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DECIMALS = {code: places for places, codes in _OTHERS.items() for code in codes.split()}
_UNITS = {places: Decimal(1).scaleb(-places) for places in (_HUNDREDTHS, *_OTHERS)}


def smallest_unit(currency: str) -> Decimal:
    """The least that can be paid in a currency (ISO 4217): 0.01 of EUR, 1 of JPY."""
    return _UNITS[_DECIMALS.get(currency, _HUNDREDTHS)]
