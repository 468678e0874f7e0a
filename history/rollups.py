"""Figures of days whose events are kept no longer, and the deletion of those events."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.exc import IntegrityError

from history.connection import failing, open_engine
from history.events import EventKind, EventRow, RolledUp
from history.tables import events, rolled_up

_DAY = "day"
_BATCH = 500
_KEY = (events.c.at_ms, events.c.kind, events.c.subject, events.c.number)

Key = tuple[int, str, str, int]


class Rollups:
    """Every method raises DatabaseAway when the database cannot be used now."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def until(self) -> int | None:
        """Up to when (epoch, ms) figures are rolled up; None: nothing is."""
        return await self._one(select(func.max(rolled_up.c.until_ms)).where(_is_day()))

    async def oldest(self) -> int | None:
        """When the first thing happened that is known."""
        return await self._one(select(func.min(events.c.at_ms)))

    async def _one(self, query: Any) -> int | None:
        with failing():
            async with self._engine.connect() as connection:
                found: int | None = await connection.scalar(query)
        return found

    async def add(self, since_ms: int, until_ms: int, rows: Sequence[RolledUp]) -> bool:
        """A day is rolled up, all of it or nothing; False when another engine has done it."""
        values = [RolledUp(_DAY, "", since_ms, until_ms, {})._asdict()]
        values += [row._asdict() for row in rows]
        with failing():
            async with self._engine.begin() as connection:
                try:
                    await connection.execute(rolled_up.insert(), values)
                except IntegrityError:
                    return False
        return True

    async def between(self, since_ms: int, until_ms: int) -> AsyncIterator[RolledUp]:
        """What is rolled up of any time from then until before then."""
        wanted = select(rolled_up).where(
            ~_is_day(), rolled_up.c.until_ms > since_ms, rolled_up.c.since_ms < until_ms
        )
        with failing():
            async with self._engine.connect() as connection:
                async for row in await connection.stream(wanted.order_by(rolled_up.c.since_ms)):
                    yield RolledUp(**row._mapping)

    async def prune(self, before_ms: int, keep: Sequence[EventRow]) -> AsyncIterator[int]:
        """Delete the events from before then, but for those to `keep`, a batch at each step, so
        that nobody waits for it long; how many each had."""
        kept = {(row.at_ms, row.kind.value, row.subject, row.number) for row in keep}
        last: Key = (-1, "", "", 0)
        while keys := await self._keys(last, before_ms):
            last = keys[-1]
            yield await self._delete([key for key in keys if key not in kept])

    async def _keys(self, after: Key, before_ms: int) -> list[Key]:
        wanted = select(*_KEY).where(events.c.at_ms < before_ms, tuple_(*_KEY) > tuple_(*after))
        with failing():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(wanted.order_by(*_KEY).limit(_BATCH))).all()
        return [(at_ms, EventKind(kind).value, subject, n) for at_ms, kind, subject, n in rows]

    async def _delete(self, keys: Sequence[Key]) -> int:
        if keys:
            with failing():
                async with self._engine.begin() as connection:
                    await connection.execute(delete(events).where(tuple_(*_KEY).in_(keys)))
        return len(keys)


def _is_day() -> Any:
    return rolled_up.c.kind == _DAY
