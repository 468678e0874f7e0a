"""Reading the event log."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import CTE, Row, Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from history.connection import failure_of, open_engine
from history.events import EventKind, EventRow, Spoke
from history.tables import contacts, events

_PAGE = 2_000
_IN_ORDER = (events.c.at_ms, events.c.number)
_FIELDS = tuple(events.c[each.name] for each in fields(EventRow))


class EventStore:
    """The event log of a site. Every method raises DatabaseAway when it cannot be used now."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def between(
        self, since_ms: int, until_ms: int, *, but_of: str | None = None
    ) -> AsyncIterator[Sequence[EventRow]]:
        """What happened from then until before then, in its order, some rows at a time: a month
        of a busy site is more than should be held at once. Nothing that the node `but_of` told."""
        wanted = select(*_FIELDS).where(events.c.at_ms >= since_ms, events.c.at_ms < until_ms)
        if but_of is not None:
            wanted = wanted.where(events.c.node != but_of)
        async for page in self._pages(wanted.order_by(*_IN_ORDER)):
            yield [_event(row) for row in page]

    async def count(self, since_ms: int, until_ms: int) -> int:
        """How many rows `between` gives."""
        wanted = select(func.count().label("rows"))
        wanted = wanted.where(events.c.at_ms >= since_ms, events.c.at_ms < until_ms)
        rows = [row async for page in self._pages(wanted) for row in page]
        return int(rows[0].rows)

    async def before(self, at_ms: int) -> list[EventRow]:
        """What was told last of each agent before then: the skills, then the state."""
        found: list[EventRow] = []
        for kind in (EventKind.STAFF, EventKind.STATE):
            async for page in self._pages(_last_of_each(kind, at_ms)):
                found += [_event(row) for row in page]
        return found

    async def contacts(self, since_ms: int, until_ms: int) -> AsyncIterator[Sequence[Spoke]]:
        """Contacts whose number is known, that began from then until before then: number by
        number, and the contacts of one by that time."""
        column = contacts.c
        wanted = select(
            *(column.id, column.caller, column.topic, column.queue, column.agent, column.skills),
            *(column.started_ms, column.answered_ms, column.ended_ms),
        )
        wanted = wanted.where(
            column.started_ms >= since_ms, column.started_ms < until_ms, column.caller.is_not(None)
        )
        async for page in self._pages(wanted.order_by(column.caller, column.started_ms, column.id)):
            yield [_spoke(row) for row in page]

    async def _pages(self, query: Select[Any]) -> AsyncIterator[Sequence[Any]]:
        try:
            async with self._engine.connect() as connection:
                rows = await connection.stream(query)
                async for page in rows.partitions(_PAGE):
                    yield page
        except (SQLAlchemyError, OSError) as error:
            raise failure_of(error) from error


def _event(row: Sequence[Any]) -> EventRow:
    """Reports read millions: by place, which takes half of the time by name."""
    at_ms, kind, subject, number, node, *about, skills, serves, by = row
    agent, contact, queue, detail, reason, arrived_ms, attended = about
    return EventRow(
        *(at_ms, EventKind(kind), subject, number, node, agent, contact, queue, detail, reason),
        *(arrived_ms, attended, tuple(skills), tuple(serves), by),
    )


def _spoke(row: Row[Any]) -> Spoke:
    values = {**row._mapping, "number": row.caller, "skills": tuple(row.skills)}
    return Spoke(**{name: values[name] for name in Spoke._fields})


def _last_of_each(kind: EventKind, at_ms: int) -> Select[Any]:
    """The last row of each agent before then; several, where they are of one moment. Every step
    compares the agent, without which SQLite would not use the index (sqlite.org/partialindex.html).
    """
    agents, inner = _agents(kind), events.alias()
    last = (
        select(func.max(inner.c.at_ms))
        .where(inner.c.kind == kind, inner.c.agent == agents.c.agent, inner.c.at_ms < at_ms)
        .scalar_subquery()
    )
    of_each = select(agents.c.agent, last.label("at_ms")).subquery()
    is_last = (events.c.agent == of_each.c.agent) & (events.c.at_ms == of_each.c.at_ms)
    wanted = select(*_FIELDS).join(of_each, is_last)
    return wanted.where(events.c.kind == kind).order_by(*_IN_ORDER)


def _agents(kind: EventKind) -> CTE:
    """Every agent ever told of: from one to the next by the index, however many rows each has."""
    first, following = events.alias(), events.alias()
    agents = (
        select(func.min(first.c.agent).label("agent"))
        .where(first.c.kind == kind, first.c.agent > "")
        .cte("agents", recursive=True)
    )
    next_one = (
        select(func.min(following.c.agent))
        .where(following.c.kind == kind, following.c.agent > agents.c.agent)
        .scalar_subquery()
    )
    return agents.union_all(select(next_one).where(agents.c.agent.is_not(None)))
