"""The customers of a site by number, and what the history tells of them."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from history.connection import failure_of, open_engine
from history.database import upsert
from history.tables import contacts, customers

_COLUMNS = tuple(column.name for column in customers.columns)


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer. `number` is E.164; `data` has the site's own fields, each as text."""

    number: str = field(repr=False)
    name: str | None = field(default=None, repr=False)
    language: str | None = None
    segment: str | None = None
    data: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class PastContacts:
    """How often a caller has called, and what the latest contact was; it began at `started_ms`."""

    count: int
    started_ms: int
    outcome: str
    queue: str | None
    topic: str | None
    agent: str | None


class CustomerStore:
    """Every method raises DatabaseAway when the database cannot be used now."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self._upsert = upsert(self._engine.dialect.name, customers)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def find(self, number: str) -> CustomerRow | None:
        """The customer with this number (E.164)."""
        found = await self._rows(select(customers).where(customers.c.number == number))
        return _customer(found[0]) if found else None

    async def past(self, numbers: Collection[str]) -> PastContacts | None:
        """The finished contacts of a caller, whose number the trunks may write in these ways."""
        column = contacts.c
        query = (
            select(
                func.count().over(),
                column.started_ms,
                column.outcome,
                column.queue,
                column.topic,
                column.agent,
            )
            .where(column.caller.in_(sorted(numbers)))
            .order_by(column.started_ms.desc(), column.id)
            .limit(1)
        )
        found = await self._rows(query)
        return PastContacts(*found[0]) if found else None

    async def last_agent(self, numbers: Collection[str], since_ms: int) -> str | None:
        """Who talked with a caller last, in a contact that began at `since_ms` or later."""
        column = contacts.c
        query = (
            select(column.agent)
            .where(
                column.caller.in_(sorted(numbers)),
                column.started_ms >= since_ms,
                column.answered_ms.is_not(None),
                column.agent.is_not(None),
            )
            .order_by(column.started_ms.desc(), column.id)
            .limit(1)
        )
        found = await self._rows(query)
        return found[0].agent if found else None

    async def put(self, rows: Sequence[CustomerRow]) -> None:
        """Add these, in place of those with the same numbers: all or none."""
        values = [{name: getattr(row, name) for name in _COLUMNS} for row in rows]
        if not values:
            return
        try:
            async with self._engine.begin() as connection:
                await connection.execute(self._upsert, values)
        except (SQLAlchemyError, OSError) as error:
            raise failure_of(error) from error

    async def remove(self, number: str) -> bool:
        """Forget a customer; False when there is none with this number."""
        try:
            async with self._engine.begin() as connection:
                done = await connection.execute(delete(customers).where(_has(number)))
                return bool(done.rowcount)
        except (SQLAlchemyError, OSError) as error:
            raise failure_of(error) from error

    async def all(self) -> AsyncIterator[CustomerRow]:
        """Every customer in the order of their numbers, streamed: there may be many."""
        try:
            async with self._engine.connect() as connection:
                query = select(customers).order_by(customers.c.number)
                async for row in await connection.stream(query):
                    yield _customer(row)
        except (SQLAlchemyError, OSError) as error:
            raise failure_of(error) from error

    async def _rows(self, query: Select[Any]) -> Sequence[Any]:
        try:
            async with self._engine.connect() as connection:
                found: Sequence[Any] = (await connection.execute(query)).all()
                return found
        except (SQLAlchemyError, OSError) as error:
            raise failure_of(error) from error


def _has(number: str) -> Any:
    return customers.c.number == number


def _customer(row: Any) -> CustomerRow:
    return CustomerRow(**{name: row._mapping[name] for name in _COLUMNS})
