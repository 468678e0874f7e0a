"""Reading and writing history: one transaction per batch, one row per contact."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Column, Insert, Select, Table, Text, cast, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from history.campaign_sums import out_of_use
from history.codec import (
    Values,
    answer_from,
    answer_values,
    contact_from,
    contact_values,
    event_values,
    leg_values,
    message_values,
    promise_from,
    promise_values,
    recording_from,
    recording_values,
)
from history.connection import failure_of, open_engine
from history.events import EventKind, EventRow
from history.outcome import Direction, Outcome
from history.rows import AnswerRow, ContactRow, MessageRow, PromiseRow, Record, RecordingRow
from history.tables import contacts, events, legs, messages, promises, recordings, surveys


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Which contacts to list; None asks for any. Times bound `started_ms`: since <= t < until."""

    queue: str | None = None
    agent: str | None = None
    outcome: Outcome | None = None
    since_ms: int | None = None
    until_ms: int | None = None


class Timeline(NamedTuple):
    """What happened to a contact, as `contact_values` writes it, and the flow it began with."""

    flow: str | None
    entries: Sequence[Values]


class HistoryDatabase:
    """The history of a site. Reads and writes raise DatabaseAway when it cannot be used now."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._upserts = {
            table: upsert(self._engine.dialect.name, table)
            for table in (contacts, legs, recordings, surveys, messages, promises)
        }
        self._upserts[events] = insert_new(self._engine.dialect.name, events)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def write(self, records: Sequence[Record]) -> None:
        """Write all or none, the last of equal ids winning. Raises RecordRefused, DatabaseAway."""
        latest = {(type(record), record.id): record for record in records}.values()
        written = [record for record in latest if isinstance(record, ContactRow)]
        found = [record for record in latest if isinstance(record, RecordingRow)]
        answers = [record for record in latest if isinstance(record, AnswerRow)]
        left = [record for record in latest if isinstance(record, MessageRow)]
        promised = [record for record in latest if isinstance(record, PromiseRow)]
        happened = [record for record in latest if isinstance(record, EventRow)]
        try:
            async with self._engine.begin() as connection:
                await self._put(connection, contacts, [contact_values(row) for row in written])
                await self._put(
                    connection, legs, [leg for row in written for leg in leg_values(row)]
                )
                await self._put(connection, recordings, [recording_values(row) for row in found])
                await self._put(connection, surveys, [answer_values(row) for row in answers])
                await self._put(connection, messages, [message_values(row) for row in left])
                await self._put_promises(connection, promised)
                await self._put(connection, events, [event_values(row) for row in happened])
                await _out_of_use(connection, written, happened)
        except (SQLAlchemyError, OSError) as error:
            raise failure_of(error) from error

    async def contact(self, contact_id: str) -> ContactRow | None:
        """One contact with its legs in order of their start."""
        found = await self._contacts(select(contacts).where(contacts.c.id == contact_id))
        return found[0] if found else None

    async def recent(
        self, limit: int, where: ContactFilter = ContactFilter()
    ) -> tuple[ContactRow, ...]:
        """The latest contacts first, by their start."""
        query = _filtered(select(contacts), where)
        newest = query.order_by(contacts.c.started_ms.desc(), contacts.c.id).limit(limit)
        return await self._contacts(newest)

    async def timelines(
        self, flow: str, since_ms: int, version: int | None = None
    ) -> AsyncIterator[Timeline]:
        """The timeline of each contact since then that began with a flow or came to it from
        another, one after another; with ``version``, of those that ran this version of the flows.

        They are streamed: a week of a busy site is more than should be held at once. Raises
        DatabaseAway.
        """
        column = contacts.c
        came_to = cast(column.timeline, Text).contains(f'"{flow}/', autoescape=True)
        wanted = select(column.flow, column.timeline).where(
            column.started_ms >= since_ms, or_(column.flow == flow, came_to)
        )
        if version is not None:
            wanted = wanted.where(column.flow_version == version)
        try:
            async with self._engine.connect() as connection:
                async for began_with, entries in await connection.stream(wanted):
                    yield Timeline(began_with, entries)
        except (SQLAlchemyError, OSError) as error:
            raise failure_of(error) from error

    async def count_by_outcome(self, since_ms: int) -> dict[Outcome, int]:
        """How many contacts that started since then came to what; zeros are left out."""
        query = (
            select(contacts.c.outcome, func.count())
            .where(contacts.c.started_ms >= since_ms)
            .group_by(contacts.c.outcome)
        )
        return {Outcome(outcome): count for outcome, count in await self._rows(query)}

    async def recordings(self, contact_id: str) -> tuple[RecordingRow, ...]:
        """The recordings of one contact, the earliest first."""
        query = select(recordings).where(recordings.c.contact_id == contact_id)
        rows = await self._rows(query.order_by(recordings.c.started_ms, recordings.c.id))
        return tuple(recording_from(row._mapping) for row in rows)

    async def answers(self, contact_id: str) -> tuple[AnswerRow, ...]:
        """What a contact answered in surveys, the earliest first."""
        query = select(surveys).where(surveys.c.contact_id == contact_id)
        order = surveys.c.at_ms, surveys.c.survey, surveys.c.question
        rows = await self._rows(query.order_by(*order))
        return tuple(answer_from(row._mapping) for row in rows)

    async def promised(self, site: str, node: str = "") -> tuple[PromiseRow, ...]:
        """The callbacks that a site has still to make, or one node of it; the earliest first."""
        query = select(promises).where(promises.c.site == site)
        if node:
            query = query.where(promises.c.node == node)
        rows = await self._rows(query.order_by(promises.c.due_ms, promises.c.contact_id))
        return tuple(promise_from(row._mapping) for row in rows)

    async def answers_since(self, since_ms: int, survey: str = "") -> tuple[AnswerRow, ...]:
        """What was answered since then, in one survey or in all, the earliest first."""
        query = select(surveys).where(surveys.c.at_ms >= since_ms)
        if survey:
            query = query.where(surveys.c.survey == survey)
        rows = await self._rows(query.order_by(surveys.c.at_ms, surveys.c.contact_id))
        return tuple(answer_from(row._mapping) for row in rows)

    async def _contacts(self, query: Select[Any]) -> tuple[ContactRow, ...]:
        rows = [row._mapping for row in await self._rows(query)]
        wanted = select(legs).where(legs.c.contact_id.in_([row["id"] for row in rows]))
        found = (
            await self._rows(wanted.order_by(legs.c.started_ms, legs.c.uniqueid)) if rows else []
        )
        by_contact: dict[str, list[Any]] = {row["id"]: [] for row in rows}
        for leg in found:
            by_contact[leg.contact_id].append(leg._mapping)
        return tuple(contact_from(row, by_contact[row["id"]]) for row in rows)

    async def _rows(self, query: Select[Any]) -> Sequence[Any]:
        try:
            async with self._engine.connect() as connection:
                found: Sequence[Any] = (await connection.execute(query)).all()
                return found
        except (SQLAlchemyError, OSError) as error:
            raise failure_of(error) from error

    async def _put_promises(self, connection: AsyncConnection, rows: Sequence[PromiseRow]) -> None:
        standing = [promise_values(row) for row in rows if row.story is not None]
        await self._put(connection, promises, standing)
        over = [row.id for row in rows if row.story is None]
        if over:
            await connection.execute(delete(promises).where(promises.c.contact_id.in_(over)))

    async def _put(
        self, connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]
    ) -> None:
        if rows:
            await connection.execute(self._upserts[table], rows)


async def _out_of_use(
    connection: AsyncConnection, written: Sequence[ContactRow], happened: Sequence[EventRow]
) -> None:
    """Sums of campaigns' calls of which something else is told now."""
    called = [row.id for row in written if row.direction is Direction.OUTBOUND]
    states = [row for row in happened if row.kind is EventKind.STATE]
    if called or states:
        await out_of_use(connection, called, states)


def upsert(dialect: str, table: Table) -> Insert:
    """Insert a row, or replace every other column of the one that has its primary key.

    SQLite and PostgreSQL share this clause (sqlite.org/lang_upsert.html).
    """
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = make(table)
    rest = [column.name for column in table.columns if not column.primary_key]
    return statement.on_conflict_do_update(
        index_elements=table.primary_key.columns,
        set_={name: statement.excluded[name] for name in rest},
    )


def insert_new(dialect: str, table: Table, unique: Sequence[Column[Any]] = ()) -> Insert:
    """Insert a row, or leave the one that has its primary key as it is (or the same ``unique``
    columns, of which there is a unique index)."""
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    index = unique or table.primary_key.columns
    return make(table).on_conflict_do_nothing(index_elements=index)


def _filtered(query: Select[Any], where: ContactFilter) -> Select[Any]:
    column = contacts.c
    wanted = (
        (where.queue, column.queue.__eq__),
        (where.agent, column.agent.__eq__),
        (where.outcome, column.outcome.__eq__),
        (where.since_ms, column.started_ms.__ge__),
        (where.until_ms, column.started_ms.__lt__),
    )
    return query.where(*(compare(value) for value, compare in wanted if value is not None))
