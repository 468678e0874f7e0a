"""Telephone numbers in one form, however a trunk, a flow or a person writes them."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat


@lru_cache(maxsize=4096)
def e164(number: str, country: str | None) -> str | None:
    """A number with its country code, ``+36301234567``; None for none that can be dialled.

    ``country`` (two letters) is where numbers without a country code belong: ``06 30 123 4567``.
    Those with one are written in any way: ``+36…``, ``0036…`` or ``36…``. What may be read in both
    ways is what the numbering plans have assigned, of the two the national one.
    """
    found = [*_readings(number, country)]
    best = next((each for each in found if phonenumbers.is_valid_number(each)), None)
    if best is None and found:
        best = found[0]
    return None if best is None else phonenumbers.format_number(best, PhoneNumberFormat.E164)


def one_form(number: str, country: str | None) -> str:
    """What all ways of writing one number have in common: its E.164, or the digits of what is none,
    such as an extension; empty for who withholds it."""
    return e164(number, country) or "".join(sign for sign in number if sign in "0123456789")


def national(number: str, country: str | None) -> str | None:
    """As it is dialled within ``country``, digits only: ``06301234567``; None for a number of
    another country, or none at all."""
    found = e164(number, country)
    if found is None or country_of(found) != country:
        return None
    parsed = phonenumbers.parse(found, None)
    return phonenumbers.normalize_digits_only(
        phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)
    )


def country_of(number: str) -> str | None:
    """The country (two letters) of a number that is E.164; of those that share a code the main
    one."""
    code = phonenumbers.parse(number, None).country_code
    return phonenumbers.region_code_for_country_code(code or 0)


def _readings(number: str, country: str | None) -> list[PhoneNumber]:
    found = []
    for text, region in ((number, country), (f"+{number.removeprefix('00')}", None)):
        try:
            read = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(read):
            found.append(read)
    return found
