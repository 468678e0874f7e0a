"""Writing history without keeping a call waiting.

`put` only remembers the record; one task commits what has gathered, at the latest 100 ms after the
first or as soon as 200 wait. A database that is away costs memory, then disk, never a record.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeAlias

import structlog

from history.errors import DatabaseAway, RecordRefused
from history.rows import Record
from history.spool import Entry, Settled, Spool

Pause: TypeAlias = Callable[[asyncio.Event, float], Awaitable[None]]
"""Return when the event is set or so many seconds are over, whichever is first."""

log = structlog.get_logger(__name__)


class RecordSink(Protocol):
    """Where batches go; `HistoryDatabase` is the real one."""

    async def write(self, records: Sequence[Record]) -> None:
        """Write all or none. Raises RecordRefused, DatabaseAway."""


@dataclass(frozen=True, slots=True)
class WriterSettings:
    """Seconds and counts. `memory_records` is how many wait in memory before the disk is used."""

    batch_window_s: float = 0.1
    batch_records: int = 200
    memory_records: int = 20_000
    backoff_min_s: float = 0.1
    backoff_max_s: float = 5.0
    stop_timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class WriterHealth:
    """`healthy` is False while the database is away or the writer's task has died."""

    healthy: bool
    waiting: int
    spooled: int
    committed: int
    refused: int


class HistoryWriter:
    """Owns one task from `start` to `stop`; everything else returns at once."""

    def __init__(
        self,
        sink: RecordSink,
        spool: Spool,
        settings: WriterSettings = WriterSettings(),
        pause: Pause | None = None,
    ) -> None:
        self._sink = sink
        self._spool = spool
        self._settings = settings
        self._pause = pause or _pause
        self._waiting: deque[Entry] = deque()
        self._work, self._full, self._stopping = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._away = False
        self._committed = self._refused = 0

    async def start(self) -> None:
        """Begin writing, with what an earlier process left in the spool first. Raises OSError."""
        self._spool.open()
        if len(self._spool):
            self._work.set()
        self._task = asyncio.create_task(self._run(), name="history-writer")
        self._task.add_done_callback(_note_death)

    async def stop(self) -> None:
        """Commit what waits; what cannot be in time goes to the spool for the next start."""
        for event in (self._stopping, self._full, self._work):
            event.set()
        try:
            if self._task is not None:
                await asyncio.wait_for(self._task, self._settings.stop_timeout_s)
        except TimeoutError:
            log.error("history_stop_timed_out", waiting=len(self._waiting))
        finally:
            self._spool_the_rest()

    def put(self, record: Record, settled: Settled | None = None) -> None:
        """Take a record; never waits. `settled(None)` follows its commit, else `settled(error)`.

        The event loop calls `settled`, `put` never does. It is not called for a record that only
        reached the spool when the writer stopped: the next process commits that one.
        """
        entry = Entry(record, settled)
        # Once one record is on disk the later ones must queue behind it, or an old version of a
        # contact could be written over a newer one.
        over = len(self._spool) > 0 or len(self._waiting) >= self._settings.memory_records
        if not ((over or self._stopping.is_set()) and self._to_spool(entry)):
            self._waiting.append(entry)
        self._work.set()
        if len(self._waiting) >= self._settings.batch_records:
            self._full.set()

    @property
    def health(self) -> WriterHealth:
        """How the writer is doing now."""
        running = self._task is not None and not self._task.done()
        return WriterHealth(
            healthy=running and not self._away,
            waiting=len(self._waiting),
            spooled=len(self._spool),
            committed=self._committed,
            refused=self._refused,
        )

    async def _run(self) -> None:
        while await self._gather():
            try:
                await self._write_batch()
            except OSError as error:
                # The spool's disk: as bad as a database that is away, and no worse.
                self._note_away(type(error).__name__)
                await self._pause(self._stopping, self._settings.backoff_max_s)

    async def _write_batch(self) -> None:
        if self._waiting:
            batch = list(islice(self._waiting, self._settings.batch_records))
            if await self._deliver(batch):
                self._drop_waiting(len(batch))
        elif await self._deliver(self._spool.peek(self._settings.batch_records)):
            self._spool.drop()

    async def _gather(self) -> bool:
        """Wait for a batch worth writing; False when the writer should end."""
        if not (self._waiting or len(self._spool)):
            self._work.clear()
            if self._stopping.is_set():
                return False
            await self._work.wait()
        if self._stopping.is_set():
            return bool(self._waiting) and not self._away
        if not len(self._spool):
            await self._pause(self._full, self._settings.batch_window_s)
        return True

    async def _deliver(self, batch: Sequence[Entry]) -> bool:
        """Write until the database took the batch; False if the writer was stopped before."""
        delay = self._settings.backoff_min_s
        while True:
            try:
                await self._sink.write([entry.record for entry in batch])
            except DatabaseAway as error:
                self._note_away(error.reason)
                if self._stopping.is_set():
                    return False
                await self._pause(self._stopping, delay)
                delay = min(2 * delay, self._settings.backoff_max_s)
            except RecordRefused as refusal:
                return await self._deliver_the_rest(batch, refusal)
            else:
                self._note_committed(batch)
                return True

    async def _deliver_the_rest(self, batch: Sequence[Entry], refusal: RecordRefused) -> bool:
        """One bad record must not hold back the others: halve until it stands alone."""
        if len(batch) > 1:
            middle = len(batch) // 2
            return await self._deliver(batch[:middle]) and await self._deliver(batch[middle:])
        self._refused += 1
        log.error("history_record_refused", id=batch[0].record.id, reason=refusal.reason)
        while not self._set_aside(batch[0].record):
            if self._stopping.is_set():
                return False
            await self._pause(self._stopping, self._settings.backoff_max_s)
        _tell(batch[0], refusal)
        return True

    def _set_aside(self, record: Record) -> bool:
        """False when the disk fails: its owner is not told before a person can find it."""
        try:
            self._spool.refuse(record)
        except OSError as error:
            self._note_away(type(error).__name__)
            return False
        return True

    def _note_committed(self, batch: Sequence[Entry]) -> None:
        if self._away:
            log.info("history_database_back", waiting=len(self._waiting), spooled=len(self._spool))
        self._away = False
        self._committed += len(batch)
        for entry in batch:
            _tell(entry, None)

    def _drop_waiting(self, count: int) -> None:
        for _ in range(count):
            self._waiting.popleft()
        if len(self._waiting) < self._settings.batch_records:
            self._full.clear()

    def _note_away(self, reason: str) -> None:
        if not self._away:
            log.error("history_database_away", reason=reason, waiting=len(self._waiting))
        self._away = True

    def _to_spool(self, entry: Entry) -> bool:
        try:
            self._spool.append(entry)
        except OSError as error:
            # Better to outgrow the bound than to lose the row.
            log.error("history_spool_failed", reason=type(error).__name__, errno=error.errno)
            return False
        return True

    def _spool_the_rest(self) -> None:
        if not self._waiting:
            return
        try:
            self._spool.put_first(self._waiting)
        except OSError as error:
            # Their live records are still in Redis: those go only after a commit.
            log.critical("history_left_unwritten", rows=len(self._waiting), errno=error.errno)
        self._waiting.clear()


def _tell(entry: Entry, refusal: RecordRefused | None) -> None:
    if entry.settled is not None:
        # By the loop, so that a fault in there is reported as its owner's and ends no writing.
        asyncio.get_running_loop().call_soon(entry.settled, refusal)


def _note_death(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("history_writer_died", reason=type(error).__name__)


async def _pause(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
