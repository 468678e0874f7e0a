"""Reading leads with their numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from history.lead_rows import LeadRow, NumberRow
from history.lead_tables import lead_numbers, leads

_LEAD = tuple(column.name for column in leads.columns)
_NUMBER = (
    *("position", "number", "kind", "place", "best", "tries"),
    *("last_ms", "results", "due_ms", "closed"),
)
AT_ONCE = 10_000
"""Ids asked for in one query: databases limit how many values one may have."""


async def leads_of(connection: AsyncConnection, ids: Collection[int]) -> Sequence[LeadRow]:
    """The leads of these ids, by id, with their numbers in order."""
    wanted, found = sorted(ids), []
    for begin in range(0, len(wanted), AT_ONCE):
        some = wanted[begin : begin + AT_ONCE]
        query = select(leads).where(leads.c.id.in_(some)).order_by(leads.c.id)
        rows = (await connection.execute(query)).all()
        numbers = await _numbers_of(connection, some)
        found += [lead_from(row._mapping, numbers.get(row.id, ())) for row in rows]
    return found


def placed(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a lead becomes, with where the number that is next may be: as imports say by now."""
    if "position" not in values:
        return values
    number = lead_numbers.c.lead_id == leads.c.id, lead_numbers.c.position == values["position"]
    place = select(lead_numbers.c.place).where(*number).scalar_subquery()
    return {**values, "place": place}


async def _numbers_of(
    connection: AsyncConnection, ids: Sequence[int]
) -> Mapping[int, Sequence[NumberRow]]:
    column = lead_numbers.c
    wanted = (column.lead_id, *(column[name] for name in _NUMBER))
    query = select(*wanted).where(column.lead_id.in_(ids))
    found: dict[int, list[NumberRow]] = {}
    for row in await connection.execute(query.order_by(column.lead_id, column.position)):
        found.setdefault(row[0], []).append(NumberRow(*row[1:]))
    return found


def lead_from(row: RowMapping | Mapping[str, Any], numbers: Sequence[NumberRow] = ()) -> LeadRow:
    """A lead from its row."""
    return LeadRow(**{name: row[name] for name in _LEAD}, numbers=tuple(numbers))
