"""Where leads come from: a file, a query, what was sent to the API. Rows are texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from config.site import Site
from engine.campaigns.reading.headers import BadMap, Columns, columns_of
from engine.campaigns.reading.parts import LOOKED_AT, with_part
from engine.campaigns.reading.records import Row
from engine.campaigns.reading.table import Found
from engine.errors import LeadsRefused
from history.connection import async_url

PIECE = 2_000
"""Rows that are read, judged and written together."""
_OURS = ("sqlite", "postgresql")


class Source(Protocol):
    """``fingerprint``: the same rows have the same; ``total``: about how many, None: unknown."""

    name: str
    columns: Columns
    fingerprint: str
    total: int | None

    def pieces(self, skip: int) -> AsyncIterator[Sequence[Row]]:
        """All rows but the first ``skip``, at most `PIECE` at once. Raises LeadsRefused."""
        ...

    def told(self) -> str:
        """What was found out about it, for people."""
        ...


class FileSource:
    """A CSV file."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self.name = str(found.path)
        self.columns = found.columns
        read_as = (found.encoding.codec, *found.dialect, *found.columns.targets)
        self.fingerprint = digest((found.encoding.sha256, *read_as))
        self.total: int | None = found.encoding.lines

    async def pieces(self, skip: int) -> AsyncIterator[Sequence[Row]]:
        rows = islice(self._found.rows(), skip, None)
        while piece := list(islice(rows, PIECE)):
            yield piece

    def told(self) -> str:
        found = self._found
        headers = "with headers" if found.first else "without headers"
        if found.first > 1:
            headers += f" below {found.first - 1} other rows"
        return f"{found.encoding.name}, separated by {found.dialect}, {headers}"


class QuerySource:
    """What a query of another database gives."""

    def __init__(self, url: URL, query: str, columns: Columns) -> None:
        self._url, self._query = url, query
        self.name = url.render_as_string(hide_password=True)
        self.columns = columns
        self.fingerprint = digest((self.name, query, *columns.targets))
        self.total: int | None = None

    async def pieces(self, skip: int) -> AsyncIterator[Sequence[Row]]:
        """All of them: a query has no order that could be gone on in, and joins what is there."""
        at = 0
        async for piece in _streamed(self._url, self._query, PIECE):
            yield [(at + n, [_text(v) for v in row]) for n, row in enumerate(piece.rows, 1)]
            at += len(piece.rows)

    def told(self) -> str:
        return "a query"


async def query_source(url: str, query: str, wished: Mapping[str, str], site: Site) -> QuerySource:
    """With the columns that the query gives. Raises LeadsRefused."""
    parsed = _parsed(url)
    async for piece in _streamed(parsed, query, LOOKED_AT):
        rows = [[_text(value) for value in row] for row in piece.rows]
        columns = with_part(_mapped(piece.keys, wished, "the query"), rows, site)
        return QuerySource(parsed, query, columns)
    raise LeadsRefused("the query gives no rows")


class SentSource:
    """Objects that were sent: their keys are the columns."""

    def __init__(
        self, sent: Sequence[Mapping[str, Any]], wished: Mapping[str, str], site: Site
    ) -> None:
        self.name = "API"
        keys = tuple(dict.fromkeys(key for each in sent for key in each))
        self._sent, self._keys = sent, keys
        rows = [cells for _, cells in islice(self._rows(), LOOKED_AT)]
        self.columns = with_part(_mapped(keys, wished, "what was sent"), rows, site)
        self.fingerprint = digest(json.dumps(each, sort_keys=True) for each in sent)
        self.total: int | None = len(sent)

    async def pieces(self, skip: int) -> AsyncIterator[Sequence[Row]]:
        rows = islice(self._rows(), skip, None)
        while piece := list(islice(rows, PIECE)):
            yield piece

    def told(self) -> str:
        return "JSON"

    def _rows(self) -> Iterator[Row]:
        for number, each in enumerate(self._sent, 1):
            yield number, [_text(each.get(key)) for key in self._keys]


class _Streamed(NamedTuple):
    keys: Sequence[str]
    rows: Sequence[Sequence[Any]]


async def _streamed(url: URL, query: str, size: int) -> AsyncIterator[_Streamed]:
    """A query's rows, so many at once. Raises LeadsRefused."""
    stream = (
        _ours(url, query, size) if url.get_backend_name() in _OURS else _other(url, query, size)
    )
    try:
        async for piece in stream:
            yield piece
    except (SQLAlchemyError, OSError) as error:
        # The driver's own words: SQLAlchemy's have the statement in them too.
        raise LeadsRefused(f"the query failed: {getattr(error, 'orig', None) or error}") from None


async def _ours(url: URL, query: str, size: int) -> AsyncIterator[_Streamed]:
    engine = create_async_engine(async_url(url.render_as_string(hide_password=False)))
    try:
        async with engine.connect() as connection:
            result = await connection.stream(text(query))
            async for rows in result.partitions(size):
                yield _Streamed(tuple(result.keys()), rows)
    finally:
        await engine.dispose()


async def _other(url: URL, query: str, size: int) -> AsyncIterator[_Streamed]:
    """By whatever driver the URL names and is installed; they know no asyncio."""
    with create_engine(url).connect() as connection:
        result = connection.execution_options(stream_results=True).execute(text(query))
        for rows in result.partitions(size):
            yield _Streamed(tuple(result.keys()), rows)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() not in _OURS:
            create_engine(parsed)  # says whether its driver is there
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise LeadsRefused(f"--sql: {error}") from None
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise LeadsRefused(f"--sql: there is no file {parsed.database}")
    return parsed


def _mapped(keys: Sequence[str], wished: Mapping[str, str], where: str) -> Columns:
    try:
        columns = columns_of(keys, wished)
    except BadMap as wrong:
        raise LeadsRefused(str(wrong)) from None
    if not columns.phones:
        raise LeadsRefused(f"{where} has no column of numbers (there are {', '.join(keys)})")
    return columns


def digest(parts: Iterable[str]) -> str:
    """Of texts, one after another."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() + b"\0")
    return whole.hexdigest()


def _text(value: Any) -> str:
    return "" if value is None else str(value)
