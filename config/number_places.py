"""Where a telephone number belongs: its country, the part of it, its time zones, its kind.

Source: libphonenumber's numbering plans and maps, in the package `phonenumbers`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from config.countries import parts_by_name
from config.number_zones import zones_of
from config.numbers import country_of

_KINDS = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed or mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "company",
    PhoneNumberType.VOICEMAIL: "voicemail",
}
UNKNOWN = "unknown"
"""The kind of a number that its numbering plan has assigned to nobody."""


class NumberPlace(NamedTuple):
    """``country`` is empty where none is known; ``zones`` are all in which the number may be."""

    country: str
    zones: tuple[str, ...]
    kind: str


@lru_cache(maxsize=65_536)
def place_of(number: str) -> NumberPlace:
    """Of a number that is E.164. Of countries that share a code the one that has the number, else
    the main one. About 0.1 ms, then remembered."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return NumberPlace("", (), UNKNOWN)
    exact = phonenumbers.region_code_for_number(parsed)
    country = exact if exact not in (None, "001") else country_of(number)
    return NumberPlace(
        "" if country in (None, "001", "ZZ") else str(country), zones_of(number), _kind(parsed)
    )


def kind_of(number: str) -> str:
    """The kind alone of a number that is E.164, as `place_of` tells it."""
    try:
        return _kind(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return UNKNOWN


def _kind(number: PhoneNumber) -> str:
    return _KINDS.get(phonenumbers.number_type(number), UNKNOWN)


@lru_cache(maxsize=65_536)
def part_of(number: str, country: str) -> str | None:
    """The part of its country that a number was given out in, ``US-FL``; None where that is not
    known. It loads the map of places when it is first asked (0.6 s, 70 MB)."""
    from phonenumbers import geocoder

    named = geocoder.description_for_number(phonenumbers.parse(number, None), "en")
    parts = parts_by_name(country)
    last = re.split(r",\s*", named)[-1]
    code = last if last in parts.values() else parts.get(last)
    return None if code is None else f"{country}-{code}"


def countries_of_pattern(pattern: str) -> tuple[str, ...]:
    """The countries of numbers that begin so (``+36*``), the main one first; none for a beginning
    that is shorter than any code, or that of no country."""
    digits = pattern.strip("+*")
    for length in range(1, 4):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length] or 0), ())
        if regions:
            return tuple(region for region in regions if region != "001")
    return ()
