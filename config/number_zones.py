"""The time zones that a telephone number may be in."""

from __future__ import annotations

import phonenumbers
from phonenumbers import timezone


def zones_of(number: str) -> tuple[str, ...]:
    """By the country code and, where a country has several zones, the area code; a number of a
    service or a mobile phone has all that its country has. Empty: nothing is known.

    Source: the time zone map of libphonenumber, in the package `phonenumbers`.
    """
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return ()
    zones = timezone.time_zones_for_number(parsed)
    return tuple(zone for zone in zones if zone != timezone.UNKNOWN_TIMEZONE)
