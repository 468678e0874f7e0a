"""Many numbers in their one form: what `config.numbers.e164` says, for most of them by one pattern.

libphonenumber takes some 100 µs for a number, two minutes for a million. A number that is valid as
it stands, in a country that shares its code with no other, is told by that country's own patterns;
all others are asked of `e164`. A test holds the two together.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.phonemetadata import PhoneMetadata
from phonenumbers.tzdata import TIMEZONE_DATA

from config.number_places import UNKNOWN, kind_of
from config.number_zones import zones_of
from config.numbers import country_of, e164
from routing.outbound.leads.place import Place

_SIGNS = re.compile(r"[ ()./\-\u00a0\u2010-\u2013]+")
_UNSEEN = (
    *(0x00AD, *range(0x200B, 0x2010), *range(0x202A, 0x202F)),
    *(*range(0x2060, 0x2065), *range(0x2066, 0x206A), 0xFEFF),
)
_NARROW = (0x00A0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_LEGIBLE = dict.fromkeys(_UNSEEN, "") | dict.fromkeys(_NARROW, " ")
_FLOAT = re.compile(r"(\s*\+?[0-9]{5,15})\.0\s*")
_TRUNK_TOO = re.compile(r"((?:\+|00)[\s.-]?[0-9]{1,3}[\s.-]?)\(0\)")
_TYPES = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number"),
    *("voip", "pager", "uan", "voicemail"),
)
_CODE_DIGITS = 3
_PLACE_SIGNS = 8
"""Plus and seven digits: in North America the code, the area and the exchange."""


class _Plan(NamedTuple):
    """A country's numbers: ``valid`` those that are one without its code or trunk prefix."""

    code: str
    valid: re.Pattern[str]
    trunk: str
    """What is dialled before them within the country."""

    abroad: str
    """What is dialled before a country's code."""


class OneForm:
    """Numbers of a site in ``country``; those without a country code are its own."""

    def __init__(self, country: str | None) -> None:
        self._country = country
        self._home = None if country is None else _plan_of(country)

    def __call__(self, text: str) -> str | None:
        """As `config.numbers.e164` has it, of what is `legible` of a text. A zero in parentheses
        is not dialled from abroad, save in some countries: ``+36 (0)30…``, ``+39 (0)6…``."""
        text = legible(text)
        without = _TRUNK_TOO.sub(r"\1", text.lstrip(), count=1) if "(0)" in text else text
        if without == text:
            return self._read(text)
        found = [number for each in (text, without) if (number := self._read(each)) is not None]
        return next(filter(is_assigned, found), found[-1] if found else None)

    def _read(self, text: str) -> str | None:
        digits = _SIGNS.sub("", text)
        if digits.startswith("+"):
            return self._with_code(digits[1:]) or e164(text, self._country)
        return self._at_home(digits) or e164(text, self._country)

    def _with_code(self, digits: str) -> str | None:
        return f"+{digits}" if _is_in_a_plan(digits) else None

    def _at_home(self, digits: str) -> str | None:
        home = self._home
        if home is None or digits.startswith((home.abroad, home.code)):
            return None
        if home.trunk and not digits.startswith(home.trunk):
            return None
        found = home.valid.fullmatch(digits, len(home.trunk))
        return f"+{home.code}{digits[len(home.trunk) :]}" if found else None


def legible(text: str) -> str:
    """A number as people see it: without signs that have no width, narrow spaces as others, and
    without the fraction that a number of a table has (``36301234567.0``)."""
    if not text.isascii():
        text = text.translate(_LEGIBLE)
    is_float = _FLOAT.fullmatch(text) if text.rstrip().endswith(".0") else None
    return is_float[1] if is_float else text


def is_assigned(number: str) -> bool:
    """Whether its numbering plan gives a number (E.164) to anybody: the kind that the law's rule
    `numbers` asks of is not unknown."""
    return _is_in_a_plan(number[1:]) or kind_of(number) != UNKNOWN


def _is_in_a_plan(digits: str) -> bool:
    """Whether patterns alone tell a number, with its country code, as one that is valid."""
    for length in range(1, _CODE_DIGITS + 1):
        plan = _plan_by_code(digits[:length])
        if plan is not None:
            return plan.valid.fullmatch(digits, length) is not None
    return False


def begins_as_meant(text: str, number: str, country: str) -> bool:
    """Whether ``number`` (E.164) is of ``country`` or shares its code, or ``text``, of which it was
    read, begins as one of another country does."""
    return number.startswith(_home(country)) or begins_abroad(text, country)


def begins_abroad(text: str, country: str | None) -> bool:
    """Whether it begins with a plus, or with what is dialled before a country's code."""
    return _abroad(country).match(_SIGNS.sub("", legible(text))) is not None


@cache
def _home(country: str) -> str:
    """The beginning of a country's own numbers as E.164."""
    return f"+{phonenumbers.country_code_for_region(country)}"


@cache
def _abroad(country: str | None) -> re.Pattern[str]:
    """The beginnings of all others' as they are dialled from there."""
    plan = country and PhoneMetadata.metadata_for_region(country, None)
    return re.compile(rf"\+|00|{plan.international_prefix}" if plan else r"\+|00")


def place_of(number: str) -> Place:
    """Where a number may be: its country, and the time zones of it."""
    code = _code_of(number[1 : 1 + _CODE_DIGITS])
    return _only_place(code) or _place_like(number[:_PLACE_SIGNS], len(number))


@cache
def _plan_by_code(code: str) -> _Plan | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()) if _is_number(code) else ()
    return _plan_of(regions[0]) if len(regions) == 1 else None


@cache
def _plan_of(country: str) -> _Plan | None:
    """None: its numbers are not told by patterns alone."""
    plan = PhoneMetadata.metadata_for_region(country, None)
    if plan is None or plan.national_prefix_transform_rule or plan.general_desc is None:
        return None
    code, trunk, abroad = (
        plan.country_code or 0,
        plan.national_prefix or "",
        plan.international_prefix,
    )
    is_alone = len(COUNTRY_CODE_TO_REGION_CODE[code]) == 1
    if not is_alone or (plan.national_prefix_for_parsing or "") != trunk:
        return None
    if abroad is None or not _is_number(abroad):
        return None
    kinds = (getattr(plan, name) for name in _TYPES)
    patterns = [kind.national_number_pattern for kind in kinds if kind]
    either = "|".join(f"(?:{pattern})" for pattern in patterns if pattern)
    general = plan.general_desc.national_number_pattern
    # What begins like the trunk prefix may be one without it, or with it.
    not_trunk = f"(?!{trunk})" if trunk else ""
    return _Plan(str(code), re.compile(f"{not_trunk}(?=(?:{general})$)(?:{either})"), trunk, abroad)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


@cache
def _code_of(digits: str) -> str:
    """The country code that a number begins with; empty for none."""
    codes = (digits[:length] for length in range(1, len(digits) + 1))
    found = (c for c in codes if _is_number(c) and int(c) in COUNTRY_CODE_TO_REGION_CODE)
    return next(found, "")


@cache
def _only_place(code: str) -> Place | None:
    """Of a code that is one country's, in one time zone."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code or 0), ())
    zones = TIMEZONE_DATA.get(code, ())
    return Place(regions[0], zones) if len(zones) == len(regions) == 1 else None


@lru_cache(maxsize=100_000)
def _place_like(beginning: str, length: int) -> Place:
    """Of the numbers of this length that begin so."""
    number = beginning + "2" * (length - len(beginning))
    zones = zones_of(number) or TIMEZONE_DATA.get(_code_of(number[1 : 1 + _CODE_DIGITS]), ())
    country = phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    return Place(country or country_of(number) or "", tuple(zones))
