"""What one piece of an import does in its transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Insert, bindparam, case, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from history.lead_joining import Home, Joined, Known
from history.lead_reading import AT_ONCE, leads_of
from history.lead_rows import APPOINTMENT, NewLead, NumberRow, rank_of
from history.lead_tables import lead_counter, lead_numbers, leads

GIVEN_UP = "given_up"
"""Why a lead is done that a further number opens again."""
UNSAID = "other"
"""The kind of a number of which no row has said one."""
SCRATCH = 1 << 40
"""Ids of leads in a scratch are above it."""
_Values = dict[str, Any]


async def take_ids(connection: AsyncConnection, count: int) -> int:
    """The first of so many ids of leads. It writes, so that from here on nobody else does."""
    column = lead_counter.c
    taken = update(lead_counter).where(column.name == "leads").values(value=column.value + count)
    last: int = (await connection.execute(taken.returning(column.value))).scalar_one()
    return last - count + 1


async def apart(connection: AsyncConnection) -> None:
    """In a scratch ids begin where no store has come to."""
    await connection.execute(update(lead_counter).values(value=SCRATCH))


async def known_of(connection: AsyncConnection, list_id: int, batch: Sequence[NewLead]) -> Known:
    """What of a batch is in a list already."""
    by_id = await _found(
        connection,
        select(leads.c.external_id, leads.c.id).where(leads.c.list_id == list_id),
        leads.c.external_id,
        {lead.external_id for lead in batch if lead.external_id is not None},
    )
    by_number = await _found(
        connection,
        select(lead_numbers.c.number, lead_numbers.c.lead_id).where(
            lead_numbers.c.list_id == list_id
        ),
        lead_numbers.c.number,
        {number.number for lead in batch for number in lead.numbers},
    )
    ids = {*by_id.values(), *by_number.values()}
    return Known(by_id, by_number, {row.id: row for row in await leads_of(connection, ids)})


async def _found(
    connection: AsyncConnection, query: Any, column: Any, wanted: Iterable[str]
) -> dict[str, int]:
    values, found = sorted(wanted), {}
    for begin in range(0, len(values), AT_ONCE):
        some = query.where(column.in_(values[begin : begin + AT_ONCE]))
        found.update({row[0]: row[1] for row in await connection.execute(some)})
    return found


def new_values(
    homes: Sequence[Home], ids: Mapping[int, int], list_id: int, now_ms: int
) -> tuple[list[_Values], list[_Values]]:
    """The rows of new leads, and of their numbers."""
    rows, numbers = [], []
    for home in homes:
        lead_id = ids[home.lead.row]
        rows.append(_lead_values(home.lead, lead_id, list_id, now_ms))
        numbers += _number_values(home.lead, lead_id, list_id, 0)
    return rows, numbers


def _lead_values(lead: NewLead, lead_id: int, list_id: int, now_ms: int) -> _Values:
    priority = lead.priority or 0
    return {
        "id": lead_id,
        "list_id": list_id,
        "external_id": lead.external_id,
        "name": lead.name,
        "language": lead.language,
        "zone": lead.zone,
        "part": lead.part,
        "priority": priority,
        "data": dict(lead.data),
        "state": "ready",
        "place": lead.numbers[lead.position].place,
        "rank": APPOINTMENT if lead.appointment else rank_of(priority),
        "due_ms": now_ms if lead.due_ms is None else lead.due_ms,
        "position": lead.position,
        "tries": 0,
        "recycled": 0,
        "created_ms": now_ms,
        "updated_ms": now_ms,
    }


def _number_values(lead: NewLead, lead_id: int, list_id: int, since: int) -> list[_Values]:
    return [
        {
            "lead_id": lead_id,
            "position": position,
            "list_id": list_id,
            "number": number.number,
            "kind": number.kind or UNSAID,
            "place": number.place,
            "best": number.best,
            "tries": 0,
            "results": {},
            "due_ms": 0,
        }
        for position, number in enumerate(lead.numbers)
        if position >= since
    ]


async def copy(
    connection: AsyncConnection, list_id: int, homes: Sequence[Home], now_ms: int
) -> None:
    """Into a scratch, what leads of the store under it would have, or its own have now."""
    there = [(home.lead, home.id) for home in homes if home.id is not None]
    numbers = [values for each in there for values in _number_values(*each, list_id, 0)]
    await _update(connection, _GONE, [{"of": id_} for _, id_ in there])
    await _update(connection, _WITHOUT, [{"of": id_} for _, id_ in there])
    rows = [_lead_values(*each, list_id, now_ms) for each in there]
    await insert_all(connection, insert(leads), rows)
    await insert_all(connection, insert(lead_numbers), numbers)


async def change(
    connection: AsyncConnection, list_id: int, homes: Sequence[Home], now_ms: int
) -> None:
    """What leads that were there are now. What is being called goes on as it is."""
    await _update(connection, _CHANGED, [_changed(home, now_ms) for home in homes])
    further = [
        values
        for home in homes
        if home.id is not None
        for values in _number_values(home.lead, home.id, list_id, home.had)
    ]
    await insert_all(connection, insert(lead_numbers), further)
    await _update(connection, _SAID, [values for home in homes for values in _said(home)])
    moved = [home for home in homes if _is_moved(home)]
    await _update(connection, _PLACED, [_placed(home) for home in moved])
    await _update(connection, _DUE, [_due(home) for home in moved])
    await _update(connection, _OPENED, [_opened(h, now_ms) for h in homes if _has_more(h)])
    promised = [_promised(home) for home in homes if home.said and home.said.appointment]
    await _update(connection, _PROMISED, promised)


def _said(home: Home) -> list[_Values]:
    """Of the numbers that were there, those of which something else is said now."""
    both = enumerate(zip(_before(home), home.lead.numbers, strict=False))
    return [
        {"of": home.id, "at": at, "kind": now.kind, "place": now.place, "best": now.best}
        for at, (before, now) in both
        if (now.kind, now.place, now.best) != (before.kind, before.place, before.best)
    ]


def _before(home: Home) -> Sequence[NumberRow]:
    return () if home.there is None else home.there.numbers


def _is_moved(home: Home) -> bool:
    """Whether it is to be called by another clock, law or best time."""
    before, lead = home.there, home.lead
    if before is None or (before.zone, before.part) != (lead.zone, lead.part):
        return True
    both = zip(before.numbers, lead.numbers, strict=False)
    return any((now.place, now.best) != (was.place, was.best) for was, now in both)


def _placed(home: Home) -> _Values:
    lead, at = home.lead, home.lead.position
    return {"of": home.id, "at": at, "place": lead.numbers[at].place}


def _due(home: Home) -> _Values:
    return {"of": home.id, "at": home.lead.position, "due_ms": home.lead.due_ms}


def _has_more(home: Home) -> bool:
    return len(home.lead.numbers) > home.had


def _changed(home: Home, now_ms: int) -> _Values:
    lead, priority = home.lead, home.lead.priority or 0
    return {
        "of": home.id,
        "external_id": lead.external_id,
        "name": lead.name,
        "language": lead.language,
        "zone": lead.zone,
        "part": lead.part,
        "priority": priority,
        "ranked": rank_of(priority),
        "data": dict(lead.data),
        "updated_ms": now_ms,
    }


def _opened(home: Home, now_ms: int) -> _Values:
    at = home.had
    return {
        "of": home.id,
        "position": at,
        "place": home.lead.numbers[at].place,
        "due_ms": now_ms,
    }


def _promised(home: Home) -> _Values:
    said = home.said
    return {"of": home.id, "due_ms": None if said is None else said.due_ms}


_ONE = leads.c.id == bindparam("of")
_CHANGED = (
    update(leads)
    .where(_ONE)
    .values(
        rank=case((leads.c.rank == APPOINTMENT, APPOINTMENT), else_=bindparam("ranked")),
        **{
            name: bindparam(name)
            for name in (
                *("external_id", "name", "language", "zone", "part"),
                *("priority", "data", "updated_ms"),
            )
        },
    )
)
_NUMBER = lead_numbers.c
_SAID = (
    update(lead_numbers)
    .where(_NUMBER.lead_id == bindparam("of"), _NUMBER.position == bindparam("at"))
    .values(**{name: bindparam(name) for name in ("kind", "place", "best")})
)
_NEXT = leads.c.position == bindparam("at")
_PLACED = update(leads).where(_ONE, _NEXT).values(place=bindparam("place"))
# Whoever holds it knows it as it was: it goes back, and is claimed as it is.
_DUE = (
    update(leads)
    .where(_ONE, _NEXT, or_(leads.c.state == "ready", leads.c.state == "held"))
    .values(
        state="ready",
        lease_by=None,
        lease_until_ms=None,
        # An agreed time stands; it may have been agreed on since the lead was read.
        due_ms=case((leads.c.rank == APPOINTMENT, leads.c.due_ms), else_=bindparam("due_ms")),
    )
)
_GONE = delete(lead_numbers).where(_NUMBER.lead_id == bindparam("of"))
_WITHOUT = delete(leads).where(_ONE)
_OPENED = (
    update(leads)
    .where(_ONE, leads.c.state == "done", leads.c.why == GIVEN_UP)
    .values(state="ready", why=None, **{n: bindparam(n) for n in ("position", "place", "due_ms")})
)
_PROMISED = (
    update(leads)
    .where(_ONE, or_(leads.c.state == "ready", leads.c.state == "done"))
    .values(state="ready", why=None, agent=None, rank=APPOINTMENT, due_ms=bindparam("due_ms"))
)


async def _update(connection: AsyncConnection, query: Any, values: list[_Values]) -> None:
    if values:
        await connection.execute(query, values)


async def insert_all(connection: AsyncConnection, query: Insert, values: list[_Values]) -> None:
    """Each of the rows, as the driver takes them: what SQLAlchemy does for each row costs more
    than the row."""
    if not values:
        return
    compiled = query.compile(dialect=connection.dialect, column_keys=list(values[0]))
    names = compiled.positiontup or ()
    rows = [tuple([_plain(row[name]) for name in names]) for row in values]
    await connection.exec_driver_sql(str(compiled), rows)


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def facets_of(list_id: int, joined: Joined) -> list[_Values]:
    """The places and the names of fields that a piece has."""
    said = [home.lead for home in (*joined.new, *joined.changed)]
    found = {("place", number.place) for lead in said for number in lead.numbers}
    found |= {("field", name) for lead in said for name in lead.data}
    return [{"list_id": list_id, "kind": kind, "value": value} for kind, value in sorted(found)]
