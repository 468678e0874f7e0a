"""The numbers of a row: each in its one form, and why a text is none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

from config.number_places import UNKNOWN
from config.site import Site
from config.suggest import shown
from engine.campaigns.law import is_refused_everywhere
from engine.campaigns.reading.one_form import (
    OneForm,
    begins_abroad,
    begins_as_meant,
    is_assigned,
    place_of,
)

_DIGITS_OF_A_NUMBER = 7
"""With fewer it is no number of any country."""
_SPOILT = re.compile(r"[0-9][.,][0-9]+E\+?[0-9]+", re.IGNORECASE)
_OR = r"\s(?:or|and|vagy|és|illetve|lub|albo|oraz|i|või|ja|oder|und)\s"
_BETWEEN = (
    re.compile(rf"[;,|\n]|{_OR}", re.IGNORECASE),
    re.compile(rf"[;,|\n/]|{_OR}", re.IGNORECASE),
)
"""Numbers in one cell; a slash may be within one too."""
_EXTENSION = re.compile(
    r"(?<=[0-9])[\s,;/(]*"
    r"(?:ext(?:n|ension)?|x|mell(?:ék)?|wew(?:n|nętrzny)?|sise(?:number|telefon)?|durchwahl|dw|\#)"
    r"[\s.:=]*[0-9]{1,6}\)?(?=\s|[;,|/]|$)",
    re.IGNORECASE,
)

_EXTENDED = re.compile(r"[a-z#]", re.IGNORECASE)
"""Without any of these there is none."""


class Written(NamedTuple):
    """What a cell has for a number; ``kind`` empty: its column says none."""

    header: str
    kind: str
    text: str


class Phones:
    """Reads the numbers of a site's leads; those without a country code are of its country."""

    def __init__(self, site: Site) -> None:
        self._country = site.country
        self._one_form = OneForm(site.country)
        self._refuses_unknown = cache(partial(is_refused_everywhere, site, UNKNOWN))

    def kinds(self, cells: Sequence[Written], notes: list[str]) -> Mapping[str, str]:
        """The numbers, each with its kind, in their order; what is left out goes to ``notes``."""
        kinds: dict[str, str] = {}
        for header, kind, text in cells:
            numbers, remarks = self._read(text)
            notes.extend(f"{header}: {shown(text)} {remark}" for remark in remarks)
            for number in numbers:
                kinds[number] = kinds.get(number) or kind
        return kinds

    def _read(self, text: str) -> tuple[Sequence[str], Sequence[str]]:
        """The numbers of a cell that may be anybody's, and what is left out of it."""
        bare = _EXTENSION.sub("", text) if _EXTENDED.search(text) else text
        found = self._dialled(bare)
        if not found:
            return (), (_why_no_number(text, self._country),)
        remarks = [] if bare == text else ["has an extension, which is not dialled"]
        nobodys = [number for number in found if self._is_nobodys(number)]
        why = "which its numbering plan gives to nobody"
        remarks.extend(f"is {number}, {why}" for number in nobodys)
        return [number for number in found if number not in nobodys], remarks

    def _is_nobodys(self, number: str) -> bool:
        return not is_assigned(number) and self._refuses_unknown(place_of(number).country)

    def _dialled(self, text: str) -> Sequence[str]:
        """The number of a cell; or several, if each part of it is one."""
        whole = self._meant(text)
        if whole is not None:
            return (whole,)
        for between in _BETWEEN:
            parts = [self._meant(part) for part in between.split(text) if part.strip()]
            if None not in parts:
                return [part for part in parts if part is not None]
        return ()

    def _meant(self, text: str) -> str | None:
        """A number of another country only where it begins as one: `(646) 555-1234` in a Hungarian
        list is somebody in New York, and not +64 6555 1234 in New Zealand."""
        number = self._one_form(text)
        if number is None or self._country is None:
            return number
        return number if begins_as_meant(text, number, self._country) else None


def _why_no_number(text: str, country: str | None) -> str:
    if _SPOILT.search(text):
        return "was a number before a spreadsheet rounded it: format the column as text there"
    why = "is no number that can be dialled"
    if begins_abroad(text, country) or sum(map(str.isdigit, text)) < _DIGITS_OF_A_NUMBER:
        return why
    if country is None:
        return f"{why}: the site has no country, so it begins with + and its country's code"
    return (
        f"{why}: it was read as one of {country}, of another country it begins with + and its code"
    )
