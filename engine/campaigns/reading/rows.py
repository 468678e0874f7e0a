"""A row of a file as a lead, or why it is none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from config.countries import parts_by_name
from config.site import Site
from config.suggest import did_you_mean, shown
from engine.campaigns.reading.headers import (
    LEFT_OUT,
    PART,
    PHONE,
    SINGLE,
    Columns,
    field_name,
    field_of,
    plain,
)
from engine.campaigns.reading.moments import moment_ms
from engine.campaigns.reading.one_form import place_of
from engine.campaigns.reading.phones import Phones, Written
from engine.campaigns.reading.records import LINES, Torn
from history.lead_rows import HIGHEST_PRIORITY, NewLead, NewNumber
from routing.outbound.leads import besttime
from routing.outbound.leads.place import Place

T = TypeVar("T")
LONGEST = 500
"""Signs of a value."""
MOST_NUMBERS = 10
"""Of a lead; more come from a column that was taken for one."""
_LANGUAGES = {
    "en": "english|eng|angol|angielski|inglise",
    "hu": "hungarian|hun|magyar|wegierski|ungari",
    "pl": "polish|pol|lengyel|polski|poola",
    "et": "estonian|est|eszt|estonski|eesti",
}
_LANGUAGE_OF = {word: code for code, words in _LANGUAGES.items() for word in words.split("|")}
_THE_WORD_LANGUAGE = re.compile(r"^jezyk | (?:language|nyelv|keel)$")
_TORN = (
    "has a quotation mark that begins a value, and none that ends it (before a separator or the "
    f"line's end, within {LINES} lines)"
)


class Refused(NamedTuple):
    """Why a row is no lead, in words for who has the file."""

    row: int
    reasons: tuple[str, ...]


@dataclass
class _Said:
    """What a row says, as far as it was read, and what is wrong with it."""

    values: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    phones: list[Written] = field(default_factory=list)

    wrong: list[str] = field(default_factory=list)
    """For which it is refused."""

    notes: list[str] = field(default_factory=list)
    """What is left out of it."""

    perhaps_part: list[str] = field(default_factory=list)
    """Fields that may tell the part of the country."""

    def read(self, name: str, reader: Callable[[str], T], *, left_out: bool = False) -> T | None:
        """The value under this name, None where there is none that can be read; for that the row is
        refused, or the value alone is ``left_out``."""
        text = self.values.get(name)
        if text is None:
            return None
        try:
            return reader(text)
        except ValueError as wrong:
            told = self.notes if left_out else self.wrong
            told.append(f"{name}: {shown(text)} {wrong}")
            return None


class RowReader:
    """Reads rows with these columns. ``now_ms``: when the import began."""

    def __init__(self, columns: Columns, site: Site, now_ms: int) -> None:
        self._width = len(columns.targets)
        self._columns = [
            _Column(at, target, header)
            for at, (target, header) in enumerate(
                zip(columns.targets, columns.headers, strict=True)
            )
            if target != LEFT_OUT
        ]
        self._perhaps_part = columns.perhaps_part
        self._languages = site.languages
        self._zone = site.zone
        self._now_ms = now_ms
        self._phones = Phones(site)

    def read(self, row: int, cells: Sequence[str]) -> NewLead | Refused:
        """The lead of row ``row``; cells that are missing at its end are empty. A number that is
        none is left out, as long as there is another."""
        if isinstance(cells, Torn):
            return Refused(row, (_TORN,))
        have, need = len(cells), self._width
        if have > need and any(cell.strip() for cell in cells[need:]):
            return Refused(row, (f"has {have} values where the first line has {need}",))
        said = self._said(cells)
        lead = self._lead(row, said)
        if lead is None or said.wrong:
            return Refused(row, (*said.wrong, *(() if lead else said.notes)))
        return lead

    def _said(self, cells: Sequence[str]) -> _Said:
        said = _Said()
        have = len(cells)
        for at, target, header in self._columns:
            text = cells[at].strip() if at < have else ""
            if not text:
                continue
            if (not text.isprintable() and _has_control(text)) or len(text) > LONGEST:
                said.wrong.append(
                    f"{header}: has {LONGEST} signs at most, and no control characters"
                )
            elif target.partition(".")[0] == PHONE:
                said.phones.append(Written(header, target[len(PHONE) + 1 :], text))
            elif target in SINGLE:
                said.values[target] = text
                if target == PART and (name := field_name(header, at)) != PART:
                    said.data[name] = text
            else:
                said.data[field_of(target) or target] = text
                if at in self._perhaps_part:
                    said.perhaps_part.append(text)
        return said

    def _lead(self, row: int, said: _Said) -> NewLead | None:
        zone = said.read("zone", _zone)
        best = said.read("best_time", besttime.parse, left_out=True) or ()
        kinds = self._phones.kinds(said.phones, said.notes)
        if not kinds:
            if not said.phones:
                said.notes.append("has no number")
            return None
        places = [place_of(number) for number in kinds]
        part, written = self._part(said, places[0].country), besttime.written(best)
        numbers = tuple(
            NewNumber(number, kind, _written(place, zone, part), written)
            for (number, kind), place in zip(kinds.items(), places, strict=True)
        )
        local = self._clock(numbers[0].place)
        promised = said.read("call_at", lambda text: moment_ms(text, local))
        return NewLead(
            row,
            numbers[:MOST_NUMBERS],
            external_id=said.values.get("id"),
            name=said.values.get("name") or _whole_name(said.data),
            language=said.read("language", self._language),
            zone=zone,
            part=part,
            priority=said.read("priority", _priority),
            due_ms=self._best_ms(best, local) if promised is None else promised,
            appointment=promised is not None,
            data=said.data,
            notes=tuple(said.notes),
        )

    def _part(self, said: _Said, country: str) -> str | None:
        """The part of the first number's country; what is none is left out, for files call many
        things a region."""
        text = said.values.get(PART)
        if text is None:
            found = (part_named(each, country) for each in said.perhaps_part)
            return next(filter(None, found), None)
        part = part_named(text, country)
        if part is None and parts_by_name(country):
            header = next(each.header for each in self._columns if each.target == PART)
            why = f"is no part of {country} whose rules are known"
            said.notes.append(f"{header}: {shown(text)} {why}")
        return part

    def _clock(self, place: str) -> ZoneInfo:
        """Of who has a number there; the site's, where several are possible."""
        return ZoneInfo(_only_zone(place) or self._zone)

    def _language(self, text: str) -> str:
        code = text[:2].lower() if text[2:3] in ("", "-", "_") else _language_named(text)
        if code not in self._languages:
            hint = did_you_mean(text, self._languages)
            raise ValueError(f"is no language of the site, {hint}")
        return code

    def _best_ms(self, best: Sequence[besttime.Window], zone: ZoneInfo) -> int | None:
        if not best:
            return None
        now = datetime.fromtimestamp(self._now_ms / 1000, zone)
        return round(besttime.next_moment(best, now).timestamp() * 1000)


class _Column(NamedTuple):
    at: int
    target: str
    header: str


@cache
def _written(place: Place, zone: str | None, part: str | None) -> str:
    return str(place.within(zone, part))


@cache
def part_named(text: str, country: str) -> str | None:
    """The part of this country that a text names: ``US-FL``, ``FL`` and ``Florida`` are the
    same."""
    codes: dict[str, str] = {}
    for name, code in parts_by_name(country).items():
        codes |= dict.fromkeys(map(plain, (name, code, f"{country}-{code}")), code)
    found = codes.get(plain(text))
    return None if found is None else f"{country}-{found}"


@cache
def _only_zone(place: str) -> str:
    """Of a place in several none."""
    zones = Place.parse(place).zones
    return zones[0] if len(zones) == 1 else ""


def _has_control(text: str) -> bool:
    return any(ord(sign) < 32 and sign not in "\r\n\t" for sign in text)


def _language_named(text: str) -> str:
    """Its code; of a word that is no language the word."""
    return _LANGUAGE_OF.get(_THE_WORD_LANGUAGE.sub("", plain(text)), text)


def _whole_name(data: Mapping[str, str]) -> str | None:
    """In the order of the columns."""
    return " ".join(data[name] for name in data if name in ("first_name", "last_name")) or None


@cache
def _zone(text: str) -> str:
    if text not in available_timezones():
        hint = did_you_mean(text, sorted(available_timezones()))
        raise ValueError(f"is no time zone, {hint}")
    return text


def _priority(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > HIGHEST_PRIORITY:
        raise ValueError(f"is no priority, 0 to {HIGHEST_PRIORITY} is needed")
    return int(text)
