"""A database that does as it is told: away, refusing, or well."""

import asyncio
from collections.abc import Sequence

from history.errors import DatabaseAway, RecordRefused
from history.rows import Record


class FakeSink:
    """Keeps what it took. `away` counts the writes that still fail; ids in `bad` are refused."""

    def __init__(self, *, away: int = 0, bad: frozenset[str] = frozenset()) -> None:
        self.away = away
        self.bad = bad
        self.batches: list[list[str]] = []
        self.latest: dict[str, Record] = {}
        self.went_away = asyncio.Event()
        self.wrote = asyncio.Event()

    async def write(self, records: Sequence[Record]) -> None:
        """As RecordSink.write."""
        if self.away > 0:
            self.away -= 1
            self.went_away.set()
            raise DatabaseAway("FakeAway")
        if self.bad.intersection(record.id for record in records):
            raise RecordRefused("FakeRefusal")
        self.wrote.set()
        self.batches.append([record.id for record in records])
        self.latest |= {record.id: record for record in records}


class BrokenSink(FakeSink):
    """A sink with a fault in its program."""

    async def write(self, records: Sequence[Record]) -> None:
        """Raises what no sink may."""
        raise ArithmeticError


class FakePause:
    """Time that passes only in the books: each wait is noted and over at once."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def __call__(self, event: asyncio.Event, seconds: float) -> None:
        """As history.writer.Pause; yields once, so that others run as they would in real time."""
        if not event.is_set():
            self.waits.append(seconds)
        await asyncio.sleep(0)
