"""The time zones that a telephone number may be in.

Sources: the time zone map of libphonenumber, in the package `phonenumbers`; `zone.tab` of the time
zone database, in the package `tzdata`; for area codes of North America that lie over older ones,
the North American Numbering Plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import phonenumbers
from phonenumbers import timezone
from phonenumbers.phonenumberutil import is_number_type_geographical
from phonenumbers.tzdata import TIMEZONE_DATA

_LIES_OVER: Mapping[str, str] = {
    "1236": "1250",
    "1364": "1270",
    "1367": "1418",
    "1448": "1850",
    "1458": "1541",
    "1581": "1418",
    "1672": "1250",
    "1778": "1250",
    "1930": "1812",
}
"""Area codes of which the map has one zone, though they are given out where the older one is, which
has several."""


def zones_of(number: str) -> tuple[str, ...]:
    """By the country code and, where a country has several zones, the area code: all that it lies
    in, unless the map has the exchange alone. A number of a service or a mobile phone has all that
    its country has. Empty: nothing is known."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ()
    only = _only_zones().get(phonenumbers.region_code_for_number(parsed) or "")
    if only is not None:
        return (only,)
    kind = phonenumbers.number_type(parsed)
    if is_number_type_geographical(kind, parsed.country_code or 0):
        zones = _of_area(
            phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)[1:]
        )
    else:
        zones = timezone.time_zones_for_number(parsed)
    return tuple(zone for zone in zones if zone != timezone.UNKNOWN_TIMEZONE)


def _of_area(digits: str) -> tuple[str, ...]:
    lengths = range(len(digits), 0, -1)
    known = next((digits[:n] for n in lengths if digits[:n] in TIMEZONE_DATA), None)
    return () if known is None else _within(known)


@cache
def _within(code: str) -> tuple[str, ...]:
    """What begins with it is where any of its exchanges may be."""
    codes = code, _LIES_OVER.get(code, code)
    found = (zones for each, zones in TIMEZONE_DATA.items() if each.startswith(codes))
    return tuple(sorted({zone for zones in found for zone in zones}))


@cache
def _only_zones() -> Mapping[str, str]:
    """Of the countries that have one: the map may name another country's, which has the same time
    at present, or has in winter."""
    zones = defaultdict(list)
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            zones[country].append(zone)
    return {country: only[0] for country, only in zones.items() if len(only) == 1}
