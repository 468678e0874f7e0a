"""Currencies by their three letters (ISO 4217)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from config.suggest import shown

# ISO 4217, list one (2024), without precious metals and codes of no currency.
_LISTED = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP
    BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR
    FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES
    KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR
    MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
    UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XDR XOF XPF YER ZAR ZMW ZWG
"""
_CODES = frozenset(_LISTED.split())
_HUNDREDTHS = 2
# The currencies of the list whose minor unit is no hundredth, by its decimals.
_OTHERS: Mapping[int, str] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DECIMALS = {code: places for places, codes in _OTHERS.items() for code in codes.split()}
_UNITS = {places: Decimal(1).scaleb(-places) for places in (_HUNDREDTHS, *_OTHERS)}


def currency(text: str) -> str:
    """A code as it is; raises ValueError in words for the document's author."""
    if text in _CODES:
        return text
    # The first two letters are the country: more alike than any three are by chance.
    near = next((code for code in sorted(_CODES) if code[:2] == text[:2].upper()), None)
    hint = f'did you mean "{near}"?' if near else "write its three letters like EUR"
    raise ValueError(f"{shown(text)} is no currency of ISO 4217, {hint}")


def smallest_unit(currency: str) -> Decimal:
    """The least that can be paid in a currency (ISO 4217): 0.01 of EUR, 1 of JPY."""
    return _UNITS[_DECIMALS.get(currency, _HUNDREDTHS)]
