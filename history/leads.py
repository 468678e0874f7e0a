"""Lists and their leads as people ask for them: told, exported, begun anew."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select, update
from sqlalchemy.engine import RowMapping

from history.connection import failing, open_engine
from history.lead_hopper import AttemptRow
from history.lead_reading import leads_of, placed
from history.lead_rows import LeadRow, ListRow, NumberRow
from history.lead_tables import attempts, lead_lists, lead_numbers, leads, list_facets
from history.tables import contacts

PIECE = 2_000
_ATTEMPT = tuple(AttemptRow.__dataclass_fields__)


class LeadFilter(NamedTuple):
    """Which leads; None asks for any."""

    list_id: int | None = None
    state: str | None = None
    number: str | None = None


class Again(NamedTuple):
    """A lead that begins anew, and its numbers then."""

    lead_id: int
    values: Mapping[str, Any]
    numbers: Sequence[NumberRow]


class DialedContact(NamedTuple):
    """A call as the history has it, where somebody or something had answered."""

    outcome: str
    ended_ms: int
    talk_ms: int | None


class LeadStore:
    """The leads of one site. Raises DatabaseAway."""

    def __init__(self, url: str, site: str) -> None:
        self._engine = open_engine(url)
        self._site = site

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def lists(self) -> Sequence[ListRow]:
        """Every list by its name, with how many leads are in which state."""
        count = select(leads.c.list_id, leads.c.state, func.count()).group_by(
            leads.c.list_id, leads.c.state
        )
        query = select(lead_lists).where(lead_lists.c.site == self._site)
        with failing():
            async with self._engine.connect() as connection:
                counts: dict[int, dict[str, int]] = {}
                for list_id, state, number in await connection.execute(count):
                    counts.setdefault(list_id, {})[state] = number
                return [
                    ListRow(
                        row.id, row.name, row.created_ms, row.changed_ms, counts.get(row.id, {})
                    )
                    for row in await connection.execute(query.order_by(lead_lists.c.name))
                ]

    async def fields(self, list_id: int) -> Sequence[str]:
        """The names of the fields that the leads of a list have."""
        column = list_facets.c
        query = select(column.value).where(column.list_id == list_id, column.kind == "field")
        with failing():
            async with self._engine.connect() as connection:
                return list(await connection.scalars(query.order_by(column.value)))

    async def newest(self, where: LeadFilter, limit: int) -> Sequence[LeadRow]:
        """The latest that came, the latest first."""
        query = self._ids(where).order_by(leads.c.id.desc()).limit(limit)
        with failing():
            async with self._engine.connect() as connection:
                found = await leads_of(connection, list(await connection.scalars(query)))
        return found[::-1]

    async def lead(self, lead_id: int) -> LeadRow | None:
        """One lead."""
        query = self._ids(LeadFilter()).where(leads.c.id == lead_id)
        with failing():
            async with self._engine.connect() as connection:
                found = await leads_of(connection, list(await connection.scalars(query)))
        return found[0] if found else None

    async def with_number(self, number: str, lists: Collection[str]) -> LeadRow | None:
        """The latest that has this number, of lists with these names."""
        query = self._ids(LeadFilter(number=number)).join(
            lead_lists, lead_lists.c.id == leads.c.list_id
        )
        latest = query.where(lead_lists.c.name.in_(lists)).order_by(leads.c.id.desc()).limit(1)
        with failing():
            async with self._engine.connect() as connection:
                found = await leads_of(connection, list(await connection.scalars(latest)))
        return found[0] if found else None

    async def pieces(self, where: LeadFilter) -> AsyncIterator[Sequence[LeadRow]]:
        """All of them in the order in which they came, some at once: there may be millions."""
        last = 0
        while True:
            query = self._ids(where).where(leads.c.id > last).order_by(leads.c.id).limit(PIECE)
            with failing():
                async with self._engine.connect() as connection:
                    found = await leads_of(connection, list(await connection.scalars(query)))
            if not found:
                return
            last = found[-1].id
            yield found

    async def attempts(self, lead_id: int) -> Sequence[AttemptRow]:
        """A lead's calls, the first at first."""
        query = select(attempts).where(attempts.c.site == self._site, attempts.c.lead_id == lead_id)
        with failing():
            async with self._engine.connect() as connection:
                rows = await connection.execute(query.order_by(attempts.c.begun_ms))
                return [attempt_of(row._mapping) for row in rows]

    async def contacts(self, lead_id: int) -> Mapping[str, DialedContact]:
        """What the history has of a lead's calls, by their attempts."""
        column, call = contacts.c, attempts.c
        query = select(column.id, column.outcome, column.ended_ms, column.talk_ms)
        ours = call.site == self._site, call.lead_id == lead_id
        with failing():
            async with self._engine.connect() as connection:
                found = await connection.execute(
                    query.join(attempts, call.id == column.id).where(*ours)
                )
                return {name: DialedContact(*rest) for name, *rest in found}

    async def attempts_between(
        self, since_ms: int, until_ms: int, campaign: str | None
    ) -> AsyncIterator[AttemptRow]:
        """Calls that were begun in a time, with their evidence, streamed."""
        column = attempts.c
        query = select(attempts).where(
            column.site == self._site, column.begun_ms >= since_ms, column.begun_ms < until_ms
        )
        if campaign is not None:
            query = query.where(column.campaign == campaign)
        with failing():
            async with self._engine.connect() as connection:
                async for row in await connection.stream(query.order_by(column.begun_ms)):
                    yield attempt_of(row._mapping)

    async def given_up(
        self, list_id: int, results: Collection[str], before_ms: int, times: int, after_id: int
    ) -> Sequence[LeadRow]:
        """Leads that were given up before then, whose last call had ended so, and that have begun
        anew fewer ``times``: some of them, behind ``after_id``."""
        column = leads.c
        query = select(column.id).where(
            column.list_id == list_id,
            column.id > after_id,
            column.state == "done",
            column.why == "given_up",
            column.last_result.in_(results),
            column.updated_ms <= before_ms,
            column.recycled < times,
        )
        with failing():
            async with self._engine.connect() as connection:
                some = query.order_by(column.id).limit(PIECE)
                return await leads_of(connection, list(await connection.scalars(some)))

    async def begin_anew(self, changes: Sequence[Again], now_ms: int) -> None:
        """These, all or none; one that is not done any more stays as it is."""
        column, number = leads.c, lead_numbers.c
        with failing():
            async with self._engine.begin() as connection:
                for each in changes:
                    ours = column.id == each.lead_id, column.state == "done"
                    anew = {"tries": 0, "why": None, "recycled": column.recycled + 1}
                    anew |= {**placed(each.values), "updated_ms": now_ms}
                    done = await connection.execute(update(leads).where(*ours).values(anew))
                    for row in each.numbers if done.rowcount else ():
                        one = number.lead_id == each.lead_id, number.position == row.position
                        values = {"tries": row.tries, "results": dict(row.results)}
                        values |= {"due_ms": row.due_ms, "closed": row.closed}
                        await connection.execute(update(lead_numbers).where(*one).values(values))

    def _ids(self, where: LeadFilter) -> Select[tuple[int]]:
        of_site = select(lead_lists.c.id).where(lead_lists.c.site == self._site)
        query = select(leads.c.id).where(leads.c.list_id.in_(of_site))
        if where.list_id is not None:
            query = query.where(leads.c.list_id == where.list_id)
        if where.state is not None:
            query = query.where(leads.c.state == where.state)
        if where.number is not None:
            column = lead_numbers.c
            with_it = select(column.lead_id).where(
                column.list_id.in_(of_site), column.number == where.number
            )
            query = query.where(leads.c.id.in_(with_it))
        return query


def attempt_of(row: RowMapping) -> AttemptRow:
    """A call from its row."""
    return AttemptRow(**{name: row[name] for name in _ATTEMPT})
