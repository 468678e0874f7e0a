"""`trunkline leads import`: rows read, judged and written, a piece at a time."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from config.site import Site
from engine.campaigns.reading.records import Row
from engine.campaigns.reading.rows import Refused, RowReader
from engine.campaigns.reckoning import RECKONING
from engine.campaigns.sources import Source
from engine.clock import now_ms
from history.lead_imports import ImportStore, Piece
from history.lead_rows import ImportRow, Joining, NewLead
from history.migrations import upgrade_to_head

Progress = Callable[[int], None]
"""Told how many rows were read."""


class Tells(Protocol):
    """Where it is told what becomes of rows: in files, or in an answer."""

    def go_on(self, lengths: Mapping[str, int]) -> None:
        """As an interrupted run has left it, or from the beginning."""
        ...

    def refuse(self, refused: Iterable[Refused], rows: Mapping[int, Sequence[str]]) -> None:
        """These rows are no leads."""
        ...

    def tell(self, joinings: Iterable[Joining], leads: Iterable[NewLead]) -> None:
        """What was joined, and what of a lead was left out."""
        ...

    def lengths(self) -> Mapping[str, int]:
        """How long it is now, for `go_on`."""
        ...


class Outcome(NamedTuple):
    """How an import ended: counts of rows; ``went_on_at`` those that an earlier run had done."""

    list: str
    rows: int
    added: int
    joined: int
    refused: int
    went_on_at: int


@dataclass(frozen=True)
class Target:
    """Where leads go: a list of a site's store, by whom."""

    store: ImportStore
    site: Site
    list: str
    by: str


class Judged(NamedTuple):
    """A piece: the leads in it, and the rows that are none."""

    leads: Sequence[NewLead]
    refused: Sequence[Refused]


async def bring_in(source: Source, to: Target, telling: Tells, progress: Progress) -> Outcome:
    """All of a source into a list; behind what an interrupted run of the same has done. Raises
    LeadsRefused, DatabaseAway, RecordRefused."""
    now = now_ms()
    row = await to.store.begin(to.list, source.fingerprint, source.name, to.by, now)
    done, reader = row.rows, RowReader(source.columns, to.site, now)
    telling.go_on(row.told_bytes)
    progress(done)
    async for rows in source.pieces(done):
        row = await _write(to.store, row, rows, reader, telling)
        progress(row.rows)
    await to.store.finish(row, now_ms())
    return Outcome(to.list, row.rows, row.added, row.joined, row.refused, done)


async def _write(
    store: ImportStore, row: ImportRow, rows: Sequence[Row], reader: RowReader, telling: Tells
) -> ImportRow:
    leads, refused = _judged(rows, reader)
    telling.refuse(refused, dict(rows))

    def tell(joinings: Sequence[Joining]) -> Mapping[str, int]:
        telling.tell(joinings, leads)
        return telling.lengths()

    piece = Piece(leads, len(refused), row.rows + len(rows), RECKONING)
    return await store.write(row, piece, now_ms(), tell)


def _judged(rows: Sequence[Row], reader: RowReader) -> Judged:
    read = [reader.read(number, cells) for number, cells in rows]
    leads = [each for each in read if isinstance(each, NewLead)]
    return Judged(leads, [each for each in read if isinstance(each, Refused)])


@asynccontextmanager
async def scratch(over: ImportStore, site: Site) -> AsyncIterator[ImportStore]:
    """A store that forgets: for a dry run, which finds what it would find."""
    with tempfile.TemporaryDirectory(prefix="trunkline-dry-run-") as directory:
        url = f"sqlite:///{Path(directory) / 'scratch.db'}"
        await upgrade_to_head(url)
        store = ImportStore(url, site.site, over)
        try:
            yield store
        finally:
            await store.close()
