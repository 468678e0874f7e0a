"""Which column tells the part of the country: by its header, and by what it says.

Files call many things a state or a region: that of an order is none, and a list may have a `part`
of its own. So a header is believed where its first values bear it out; and where they say nothing,
each later value is believed that is a part of its number's country.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from config.countries import parts_by_name
from config.site import Site
from config.suggest import shown
from engine.campaigns.reading.headers import FIELD, PART, Columns, field_of
from engine.campaigns.reading.rows import RowReader, part_named
from history.lead_rows import NewLead
from routing.outbound.leads.place import Place

LOOKED_AT = 200
"""Rows by whose values a column is told."""
MOSTLY = 0.8
"""A column is what so much of its values are."""
_SHOWN = 3


class _Value(NamedTuple):
    text: str
    country: str
    """Of the row's number."""


def with_part(columns: Columns, rows: Sequence[Sequence[str]], site: Site) -> Columns:
    """With the first of the columns that may tell it as the part of the country, where most of
    their values in ``rows`` are such; others stay fields, and it is said why. Those of which the
    rows tell nothing stay in `perhaps_part`."""
    reader, remarks = RowReader(columns, site, 0), dict(columns.remarks)
    perhaps = []
    for at in columns.perhaps_part:
        header, name = columns.headers[at], field_of(columns.targets[at])
        alone = f"--map {FIELD}{name}={header} takes it for a field alone"
        values = [*_values(rows, at, reader)]
        able = [each for each in values if parts_by_name(each.country)]
        if not able:
            why = _why_unknown(values)
            remarks[header] = f"and the part of the country where it is one, as {why}; {alone}"
            perhaps.append(at)
            continue
        wrong = _why_none(able)
        if wrong is None:
            remarks[header] = f"by its values; {alone}"
            targets = (*columns.targets[:at], PART, *columns.targets[at + 1 :])
            return replace(columns, targets=targets, perhaps_part=(), remarks=remarks)
        remarks[header] = (
            f"no part of the country, as {wrong}: --map {PART}={header} takes it for one"
        )
    return replace(columns, perhaps_part=tuple(perhaps), remarks=remarks)


def _values(rows: Sequence[Sequence[str]], at: int, reader: RowReader) -> Iterator[_Value]:
    for row in rows[:LOOKED_AT]:
        text = row[at].strip() if at < len(row) else ""
        lead = reader.read(0, row) if text else None
        if isinstance(lead, NewLead):
            place = Place.parse(lead.numbers[0].place)
            yield _Value(text, place.country.partition("-")[0])


def _why_unknown(values: Sequence[_Value]) -> str:
    if not values:
        return "no lead in the first rows has a value"
    return f"no parts are known of {_listed(each.country for each in values)}"


def _why_none(able: Sequence[_Value]) -> str | None:
    """None: they are parts of the numbers' countries."""
    others = [each for each in able if part_named(*each) is None]
    if len(others) <= (1 - MOSTLY) * len(able):
        return None
    texts, countries = (shown(each.text) for each in others), (each.country for each in others)
    return f"{_listed(texts)} are no parts of {_listed(countries)}"


def _listed(texts: Iterator[str]) -> str:
    return ", ".join([*dict.fromkeys(texts)][:_SHOWN])
