"""The writer: batches, patience with a database that is away, the spool."""

import asyncio
import errno
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from history.database import HistoryDatabase
from history.errors import RecordRefused
from history.migrations import upgrade_to_head
from history.outcome import Outcome
from history.rows import Record
from history.spool import Entry, Spool
from history.writer import HistoryWriter, WriterSettings
from tests.fakes.history_rows import ANSWERED, RECORDING, contact
from tests.fakes.history_sink import BrokenSink, FakePause, FakeSink

pytestmark = pytest.mark.unit


async def commit(writer: HistoryWriter, record: Record) -> None:
    """Put a record and wait for its commit; raises why it never will be."""
    done: asyncio.Future[RecordRefused | None] = asyncio.Future()
    writer.put(record, done.set_result)
    if (refused := await done) is not None:
        raise refused


@asynccontextmanager
async def writing(
    sink: FakeSink, directory: Path, pause: FakePause | None = None, **settings: float
) -> AsyncIterator[HistoryWriter]:
    """A started writer, stopped at the end."""
    chosen = WriterSettings(**settings)  # type: ignore[arg-type]
    writer = HistoryWriter(sink, Spool(directory), chosen, pause or FakePause())
    await writer.start()
    try:
        yield writer
    finally:
        await writer.stop()


async def test_what_gathers_in_the_window_is_one_transaction(tmp_path: Path) -> None:
    """Records put together are committed together, in their order, after one window of 100 ms."""
    sink, pause = FakeSink(), FakePause()
    async with writing(sink, tmp_path, pause) as writer:
        writer.put(contact("a"))
        writer.put(contact("b"))
        await commit(writer, contact("c"))
    assert sink.batches == [["a", "b", "c"]]
    assert pause.waits == [0.1]


async def test_a_full_batch_does_not_wait_for_the_window(tmp_path: Path) -> None:
    """200 rows make a batch at once; the rest follows in the next."""
    sink, pause = FakeSink(), FakePause()
    async with writing(sink, tmp_path, pause) as writer:
        for number in range(201):
            writer.put(contact(str(number)))
        await commit(writer, RECORDING)
    assert [len(batch) for batch in sink.batches] == [200, 2]
    assert pause.waits == [0.1]


async def test_settled_is_told_only_after_the_commit(tmp_path: Path) -> None:
    """The live record may go from Redis only when the row is committed."""
    sink = FakeSink()
    seen: list[tuple[RecordRefused | None, int]] = []
    async with writing(sink, tmp_path) as writer:
        writer.put(ANSWERED, lambda refusal: seen.append((refusal, len(sink.batches))))
        assert seen == []
        await commit(writer, RECORDING)
    assert seen == [(None, 1)]


async def test_a_database_that_is_away_is_tried_again_with_growing_pauses(tmp_path: Path) -> None:
    """Health falls and comes back, one line in the log each way; nothing is written twice."""
    sink, pause = FakeSink(away=4), FakePause()
    with capture_logs() as logs:
        async with writing(sink, tmp_path, pause, backoff_max_s=0.3) as writer:
            waiter = asyncio.create_task(commit(writer, ANSWERED))
            await sink.went_away.wait()
            await asyncio.sleep(0)
            assert not writer.health.healthy
            await waiter
            assert writer.health.healthy
            assert writer.health.committed == 1
    assert pause.waits == [0.1, 0.1, 0.2, 0.3, 0.3]
    assert sink.batches == [["c1"]]
    assert [line["event"] for line in logs] == ["history_database_away", "history_database_back"]


async def test_a_refused_record_holds_back_no_other(tmp_path: Path) -> None:
    """The bad one is set aside in a file and its owner told; the log names no caller."""
    sink = FakeSink(bad=frozenset({"c"}))
    refused: list[RecordRefused | None] = []
    with capture_logs() as logs:
        async with writing(sink, tmp_path) as writer:
            for name in "abcd":
                writer.put(contact(name), refused.append if name == "c" else None)
            await commit(writer, contact("e"))
            with pytest.raises(RecordRefused):
                await commit(writer, contact("c"))
            assert (writer.health.committed, writer.health.refused) == (4, 2)
    assert sorted(sink.latest) == ["a", "b", "d", "e"]
    assert [type(refusal) for refusal in refused] == [RecordRefused]
    assert (tmp_path / "history-refused.jsonl").read_text().count('"id": "c"') == 2
    assert "3612345678" not in str(logs)


async def test_beyond_its_memory_the_writer_uses_the_disk_and_keeps_the_order(
    tmp_path: Path,
) -> None:
    """While the database is away the third record goes to the spool; the last version wins."""
    sink = FakeSink(away=10**6)
    told: list[RecordRefused | None] = []
    async with writing(sink, tmp_path, memory_records=2) as writer:
        writer.put(contact("a", outcome=Outcome.FAILED), told.append)
        writer.put(contact("b"), told.append)
        writer.put(RECORDING, told.append)
        assert (writer.health.waiting, writer.health.spooled) == (2, 1)
        sink.away = 0
        await commit(writer, ANSWERED)
        assert writer.health.spooled == 0
    assert [id_ for batch in sink.batches for id_ in batch] == ["a", "b", "c1-1", "c1"]
    assert told == [None, None, None]
    assert not (tmp_path / "history.jsonl").exists()


async def test_stopping_while_the_database_is_away_leaves_all_for_the_next_start(
    tmp_path: Path,
) -> None:
    """Memory goes to disk before what overflowed; the next writer commits it in the first order."""
    async with writing(FakeSink(away=10**6), tmp_path, memory_records=2) as writer:
        for version in range(4):
            writer.put(contact("a", hangup_cause=version))
    spooled = tmp_path / "history.jsonl"
    assert stat.S_IMODE(spooled.stat().st_mode) == 0o600
    sink = FakeSink()
    async with writing(sink, tmp_path) as writer:
        await commit(writer, RECORDING)
    assert sink.batches == [["a", "a", "a", "a", "c1-1"]]
    assert sink.latest["a"] == contact("a", hangup_cause=3)
    assert not spooled.exists()


async def test_stopping_commits_what_waits(tmp_path: Path) -> None:
    """Nothing is left behind, in memory or on disk, when the database is well."""
    sink = FakeSink()
    async with writing(sink, tmp_path) as writer:
        writer.put(ANSWERED)
    assert sink.latest == {"c1": ANSWERED}
    assert not (tmp_path / "history.jsonl").exists()
    assert not writer.health.healthy  # it is stopped


async def test_a_torn_line_in_the_spool_costs_only_itself(tmp_path: Path) -> None:
    """A crash in mid-write leaves half a line; the records around it are committed."""
    async with writing(FakeSink(away=10**6), tmp_path) as writer:
        writer.put(ANSWERED)
    with (tmp_path / "history.jsonl").open("a") as file:
        file.write('{"contact": {"id": "torn')
    sink = FakeSink()
    with capture_logs() as logs:
        async with writing(sink, tmp_path) as writer:
            await commit(writer, RECORDING)
    assert sorted(sink.latest) == ["c1", "c1-1"]
    assert [line["event"] for line in logs] == ["history_spool_line_unreadable"]
    assert "torn" in (tmp_path / "history-refused.jsonl").read_text()


async def test_a_record_after_the_stop_is_kept_for_the_next_start(tmp_path: Path) -> None:
    """A call that ends while the engine stops is not lost."""
    async with writing(FakeSink(), tmp_path) as writer:
        pass
    writer.put(ANSWERED)
    sink = FakeSink()
    async with writing(sink, tmp_path) as writer:
        await commit(writer, RECORDING)
    assert sink.batches == [["c1", "c1-1"]]


async def test_a_spool_that_was_emptied_by_hand_is_no_trouble(tmp_path: Path) -> None:
    """The writer does not wait for lines that are gone."""
    sink = FakeSink(away=10**6)
    async with writing(sink, tmp_path, memory_records=1) as writer:
        writer.put(contact("a"))
        writer.put(contact("b"))
        (tmp_path / "history.jsonl").unlink()
        sink.away = 0
        writer.put(contact("a"))
        await sink.wrote.wait()
    assert sink.batches[0] == ["a"]


async def test_a_fault_in_settled_ends_no_writing(tmp_path: Path) -> None:
    """It is reported to the event loop as any callback's fault is."""
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: faults.append(context["exception"])
    )

    def settled(_: RecordRefused | None) -> None:
        raise ArithmeticError

    sink = FakeSink()
    async with writing(sink, tmp_path) as writer:
        writer.put(ANSWERED, settled)
        await commit(writer, RECORDING)
        assert writer.health.healthy
    assert [type(fault) for fault in faults] == [ArithmeticError]


async def test_a_fault_of_the_writer_itself_is_seen(tmp_path: Path) -> None:
    """Health falls, the log says so, stop raises it, and no record is lost."""
    with capture_logs() as logs:
        writer = HistoryWriter(BrokenSink(), Spool(tmp_path), pause=FakePause())
        await writer.start()
        writer.put(ANSWERED)
        while writer.health.healthy:  # noqa: ASYNC110 - nothing tells of the task's end
            await asyncio.sleep(0)
        with pytest.raises(ArithmeticError):
            await writer.stop()
        assert [line["event"] for line in logs] == ["history_writer_died"]
    assert (tmp_path / "history.jsonl").read_text().count("\n") == 1


async def test_a_cancelled_waiter_does_not_stop_the_write(tmp_path: Path) -> None:
    """Giving up waiting is not giving up the row."""
    sink = FakeSink()
    async with writing(sink, tmp_path) as writer:
        waiter = asyncio.create_task(commit(writer, ANSWERED))
        await asyncio.sleep(0)
        waiter.cancel()
        await commit(writer, RECORDING)
    assert sorted(sink.latest) == ["c1", "c1-1"]


async def test_the_writer_fills_a_real_database(tmp_path: Path) -> None:
    """The same, end to end on SQLite: 300 contacts, each exactly one row."""
    url = f"sqlite:///{tmp_path}/history.db"
    await upgrade_to_head(url)
    database = HistoryDatabase(url)
    writer = HistoryWriter(database, Spool(tmp_path / "spool"), pause=FakePause())
    await writer.start()
    for number in range(300):
        writer.put(contact(str(number)))
        writer.put(contact(str(number), outcome=Outcome.ABANDONED))
    await writer.stop()
    assert await database.count_by_outcome(0) == {Outcome.ABANDONED: 300}
    await database.close()


class FailingSpool(Spool):
    """A disk that fails so many reads, and so many writes of what was refused."""

    def __init__(self, directory: Path, reads: int = 0, refusals: int = 0) -> None:
        super().__init__(directory)
        self.reads, self.refusals = reads, refusals

    def peek(self, limit: int) -> list[Entry]:
        self.reads -= 1
        if self.reads >= 0:
            raise OSError(errno.EIO, "injected")
        return super().peek(limit)

    def refuse(self, record: Record) -> None:
        self.refusals -= 1
        if self.refusals >= 0:
            raise OSError(errno.ENOSPC, "injected")
        super().refuse(record)


async def test_a_disk_that_cannot_be_read_is_tried_again(tmp_path: Path) -> None:
    """The writer outlives it: health falls meanwhile, and nothing of the spool is lost."""
    async with writing(FakeSink(away=10**6), tmp_path) as writer:
        writer.put(contact("a"))
    sink, pause = FakeSink(), FakePause()
    writer = HistoryWriter(sink, FailingSpool(tmp_path, reads=2), pause=pause)
    with capture_logs() as logs:
        await writer.start()
        await sink.wrote.wait()
        await writer.stop()
    assert sink.batches == [["a"]]
    assert pause.waits == [5.0, 5.0]
    assert [line["event"] for line in logs] == ["history_database_away", "history_database_back"]


async def test_a_refused_record_waits_for_the_disk(tmp_path: Path) -> None:
    """Its owner is told when a person can find it; the others are written once."""
    sink = FakeSink(bad=frozenset({"b"}))
    told: list[RecordRefused | None] = []
    spool = FailingSpool(tmp_path, refusals=2)
    writer = HistoryWriter(sink, spool, pause=FakePause())
    await writer.start()
    for name in "abc":
        writer.put(contact(name), told.append)
    all_told = asyncio.Event()
    writer.put(contact("d"), lambda refused: all_told.set())
    await all_told.wait()
    await writer.stop()
    assert sorted(sink.latest) == ["a", "c", "d"]
    assert [type(refusal) for refusal in told] == [type(None), RecordRefused, type(None)]
    assert (tmp_path / "history-refused.jsonl").read_text().count("\n") == 1
