"""Writing what is imported: a piece of it in one transaction, with how far the import has come.

So an import that was interrupted goes on behind its last whole piece, and other writers wait for
one piece at most.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from history.connection import failing, open_engine
from history.database import insert_new
from history.lead_joining import Joined, Known, Reckoning, join
from history.lead_pieces import (
    apart,
    change,
    copy,
    facets_of,
    insert_all,
    known_of,
    new_values,
    take_ids,
)
from history.lead_rows import ImportRow, Joining, NewLead
from history.lead_tables import lead_imports, lead_lists, lead_numbers, leads, list_facets

Tell = Callable[[Sequence[Joining]], Mapping[str, int]]
"""Writes down what was joined; the lengths of all files that tell of the import, then."""
_CACHE = "PRAGMA cache_size = -65536"  # 64 MiB: a million numbers in no order are looked for


class Piece(NamedTuple):
    """Some rows of an import: those that are leads; ``refused`` are not. ``rows``: read so far,
    with these."""

    leads: Sequence[NewLead]
    refused: int
    rows: int
    reckoning: Reckoning


class ImportStore:
    """Lists of one site as imports write them. Raises DatabaseAway, RecordRefused.

    With ``over`` it is a scratch: leads of that store count as there too, and are left as they are.
    """

    def __init__(self, url: str, site: str, over: ImportStore | None = None) -> None:
        self._engine = open_engine(url)
        self._site = site
        self._over = over
        self._under: int | None = None
        dialect = self._engine.dialect.name
        self._facets_once = insert_new(dialect, list_facets)
        self._list_once = insert_new(dialect, lead_lists, (lead_lists.c.site, lead_lists.c.name))

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def find_list(self, name: str) -> int | None:
        """The list of this name."""
        with failing():
            async with self._engine.connect() as connection:
                return await self._list_id(connection, name)

    async def begin(
        self, name: str, fingerprint: str, source: str, by: str, now_ms: int
    ) -> ImportRow:
        """The import of this fingerprint into the list ``name``, which is made if there is none:
        the one that was interrupted, or a new one."""
        if self._over is not None:
            self._under = await self._over.find_list(name)
        column = lead_imports.c
        made = {"site": self._site, "name": name, "created_ms": now_ms, "changed_ms": now_ms}
        with failing():
            async with self._engine.begin() as connection:
                if self._over is not None:
                    await apart(connection)
                await connection.execute(self._list_once, made)
                list_id = await self._list_id(connection, name)
                same = column.list_id == list_id, column.fingerprint == fingerprint
                query = select(lead_imports).where(*same, column.done_ms.is_(None))
                found = (await connection.execute(query.order_by(column.id.desc()))).first()
                if found is not None:
                    return _import(found._mapping)
                values: dict[str, Any] = {
                    "list_id": list_id,
                    "fingerprint": fingerprint,
                    "source": source,
                    "by": by,
                    "begun_ms": now_ms,
                    "updated_ms": now_ms,
                    "done_ms": None,
                    "rows": 0,
                    "added": 0,
                    "joined": 0,
                    "refused": 0,
                    "told_bytes": {},
                }
                query_id = insert(lead_imports).values(values).returning(column.id)
                return _import({**values, "id": await connection.scalar(query_id)})

    async def write(self, row: ImportRow, piece: Piece, now_ms: int, tell: Tell) -> ImportRow:
        """A piece and the import's progress, all or nothing; ``tell`` is called before it counts.
        The progress then."""
        with failing():
            async with self._engine.begin() as connection:
                if self._engine.dialect.name == "sqlite":
                    await connection.exec_driver_sql(_CACHE)
                first = await take_ids(connection, len(piece.leads))
                known = await self._known(connection, row.list_id, piece.leads)
                joined = join(piece.leads, known, piece.reckoning, now_ms)
                ids = {home.lead.row: first + at for at, home in enumerate(joined.new)}
                await self._put(connection, row.list_id, joined, ids, now_ms)
                after = row._replace(
                    rows=piece.rows,
                    added=row.added + len(joined.new),
                    joined=row.joined + len(joined.told),
                    refused=row.refused + piece.refused,
                    told_bytes=tell(joined.joinings(ids)),
                )
                await _keep(connection, after, now_ms)
        return after

    async def finish(self, row: ImportRow, now_ms: int) -> None:
        """It has all been brought in."""
        done = update(lead_imports).where(lead_imports.c.id == row.id)
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(done.values(done_ms=now_ms, updated_ms=now_ms))

    async def known(self, list_id: int, batch: Sequence[NewLead]) -> Known:
        """What of a batch is in a list already."""
        with failing():
            async with self._engine.connect() as connection:
                return await known_of(connection, list_id, batch)

    async def _known(
        self, connection: AsyncConnection, list_id: int, batch: Sequence[NewLead]
    ) -> Known:
        found = await known_of(connection, list_id, batch)
        if self._over is None or self._under is None:
            return found
        return (await self._over.known(self._under, batch)).and_also(found)

    async def _put(
        self,
        connection: AsyncConnection,
        list_id: int,
        joined: Joined,
        ids: Mapping[int, int],
        now_ms: int,
    ) -> None:
        rows, numbers = new_values(joined.new, ids, list_id, now_ms)
        await insert_all(connection, insert(leads), rows)
        await insert_all(connection, insert(lead_numbers), numbers)
        put = change if self._over is None else copy
        await put(connection, list_id, joined.changed, now_ms)
        await insert_all(connection, self._facets_once, facets_of(list_id, joined))
        now_there = update(lead_lists).where(lead_lists.c.id == list_id)
        await connection.execute(now_there.values(changed_ms=now_ms))

    async def _list_id(self, connection: AsyncConnection, name: str) -> int | None:
        column = lead_lists.c
        query = select(column.id).where(column.site == self._site, column.name == name)
        found: int | None = await connection.scalar(query)
        return found


async def _keep(connection: AsyncConnection, row: ImportRow, now_ms: int) -> None:
    names = ("rows", "added", "joined", "refused", "told_bytes")
    values = {name: getattr(row, name) for name in names}
    query = update(lead_imports).where(lead_imports.c.id == row.id)
    await connection.execute(query.values(**values, updated_ms=now_ms))


def _import(row: RowMapping | Mapping[str, Any]) -> ImportRow:
    return ImportRow(**{name: row[name] for name in ImportRow._fields})
