"""Callers' messages: listed, heard, deleted. Their audio lies in files, named by the rows."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, delete, func, select, update

from history.codec import message_from
from history.connection import failing, open_engine
from history.rows import MessageRow
from history.tables import deliveries, messages


class MessageStore:
    """The messages of one database; they are added by `HistoryWriter`. Every method raises
    DatabaseAway when it cannot be used now."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def newest(
        self, mailbox: str | None = None, *, unheard: bool = False, limit: int | None = None
    ) -> Sequence[MessageRow]:
        """The newest first; of every mailbox when None."""
        query = select(messages).order_by(messages.c.at_ms.desc(), messages.c.id).limit(limit)
        if mailbox is not None:
            query = query.where(messages.c.mailbox == mailbox)
        if unheard:
            query = query.where(messages.c.heard_ms.is_(None))
        return await self._messages(query)

    async def get(self, message: str) -> MessageRow | None:
        """One of them."""
        found = await self._messages(select(messages).where(messages.c.id == message))
        return found[0] if found else None

    async def before(self, mailbox: str, at_ms: int) -> Sequence[MessageRow]:
        """Those of a mailbox that were left before then."""
        query = select(messages).where(messages.c.mailbox == mailbox, messages.c.at_ms < at_ms)
        return await self._messages(query)

    async def known(self, ids: Collection[str]) -> frozenset[str]:
        """Those of the ids that are messages."""
        query = select(messages.c.id).where(messages.c.id.in_(ids))
        with failing():
            async with self._engine.connect() as connection:
                return frozenset((await connection.execute(query)).scalars())

    async def mailboxes(self) -> Mapping[str, int]:
        """Each mailbox that has messages, and how many of them nobody has heard."""
        unheard = func.count().filter(messages.c.heard_ms.is_(None))
        query = select(messages.c.mailbox, unheard).group_by(messages.c.mailbox)
        with failing():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(query)).all()
        return {name: count for name, count in rows}  # noqa: C416  rows are no pairs to mypy

    async def hear(self, message: str, at_ms: int) -> None:
        """Somebody has heard it; the first time counts."""
        unheard = messages.c.id == message, messages.c.heard_ms.is_(None)
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(update(messages).where(*unheard).values(heard_ms=at_ms))

    async def delete(self, ids: Collection[str]) -> None:
        """Forget them; their files are the caller's business."""
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(delete(messages).where(messages.c.id.in_(ids)))
                gone = deliveries.c.message_id.in_(ids)
                await connection.execute(delete(deliveries).where(gone))

    async def _messages(self, query: Select[Any]) -> Sequence[MessageRow]:
        with failing():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(query)).all()
        return [message_from(row._mapping) for row in rows]
