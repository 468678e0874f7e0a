"""History's tables, migrations, upsert and queries, on a real SQLite file."""

import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, func, inspect, select, text
from sqlalchemy.dialects import postgresql

from history.connection import async_url, open_engine
from history.database import ContactFilter, HistoryDatabase, upsert
from history.errors import DatabaseAway, RecordRefused, UnsupportedUrl
from history.lead_tables import metadata
from history.migrations import newest, upgrade_to_head
from history.outcome import Outcome, RecordingState
from history.rows import AnswerRow, PromiseRow, TimelineEntry
from history.tables import contacts, legs, recordings, surveys
from tests.fakes.history_rows import ANSWERED, RECORDING, T0, contact

pytestmark = pytest.mark.unit


@pytest.fixture
async def url(tmp_path: Path) -> str:
    """A migrated, empty database."""
    url = f"sqlite:///{tmp_path}/history.db"
    await upgrade_to_head(url)
    return url


@pytest.fixture
async def database(url: str) -> AsyncIterator[HistoryDatabase]:
    """An open database, closed after the test."""
    database = HistoryDatabase(url)
    yield database
    await database.close()


async def test_a_contact_comes_back_as_it_was_written(database: HistoryDatabase) -> None:
    """Every field, the timeline and the legs survive the way through SQL."""
    await database.write([ANSWERED, RECORDING])
    assert await database.contact("c1") == ANSWERED
    assert await database.recordings("c1") == (RECORDING,)


async def test_promises_of_a_node_or_of_the_site(database: HistoryDatabase) -> None:
    """The earliest first; what is over is there no more."""
    first, second = (PromiseRow(f"c{n}", "site", f"n{n}", 9_000 - n, {"id": n}) for n in (1, 2))
    await database.write([first, second, PromiseRow("c3", "other", "n1", 1, {})])
    assert await database.promised("site") == (second, first)
    assert await database.promised("site", "n1") == (first,)
    await database.write([replace(second, story=None)])
    assert await database.promised("site") == (first,)


async def test_an_unknown_contact_is_none(database: HistoryDatabase) -> None:
    """Asking for a contact that never was is no error."""
    assert await database.contact("nobody") is None
    assert await database.recordings("nobody") == ()


async def test_writing_a_contact_again_leaves_one_row_and_the_last_word(
    database: HistoryDatabase, url: str
) -> None:
    """Within one batch and across batches the last write of a contact replaces the earlier."""
    first = contact("c1", outcome=Outcome.ENGINE_LOST, agent=None)
    second = contact("c1", outcome=Outcome.FAILED)
    await database.write([first, second])
    assert await database.contact("c1") == second
    await database.write([ANSWERED])
    assert await database.contact("c1") == ANSWERED
    engine = open_engine(url)
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(contacts)) == 1
        assert await connection.scalar(select(func.count()).select_from(legs)) == 2
    await engine.dispose()


async def test_a_recording_may_come_before_its_contact(database: HistoryDatabase) -> None:
    """A recording is finalised while the flow still runs, before the contact's own row."""
    await database.write([replace(RECORDING, state=RecordingState.PARTIAL)])
    (found,) = await database.recordings("c1")
    assert found.state is RecordingState.PARTIAL


async def test_answers_come_before_their_contact_and_the_last_counts(
    database: HistoryDatabase,
) -> None:
    """A survey is over before the call is; asked again, its answers replace the first."""
    first = AnswerRow("c1", "after_call", "csat", 2, None, T0)
    comment = AnswerRow("c1", "after_call", "comment", None, "m1", T0 + 2)
    await database.write([first, comment])
    assert await database.answers("c1") == (first, comment)
    second = replace(first, score=5, at_ms=T0 + 1)
    await database.write([second])
    assert await database.answers("c1") == (second, comment)
    assert await database.answers("c2") == ()


async def test_recent_lists_the_latest_first_and_filters(database: HistoryDatabase) -> None:
    """Filters join by `and`; `limit` cuts after ordering; legs belong to their own contact."""
    rows = [
        contact("a", started_ms=T0 + 1, queue="sales"),
        contact("b", started_ms=T0 + 2, agent="bela"),
        contact("c", started_ms=T0 + 3, legs=()),
    ]
    await database.write(rows)
    assert await database.recent(10) == (rows[2], rows[1], rows[0])
    assert [row.id for row in await database.recent(2)] == ["c", "b"]

    async def ids(where: ContactFilter) -> list[str]:
        return [row.id for row in await database.recent(10, where)]

    assert await ids(ContactFilter(queue="sales")) == ["a"]
    assert await ids(ContactFilter(queue="billing", agent="anna")) == ["c"]
    assert await ids(ContactFilter(since_ms=T0 + 2, until_ms=T0 + 3)) == ["b"]
    assert await ids(ContactFilter(outcome=Outcome.REJECTED)) == []


async def test_count_by_outcome_starts_at_the_given_time(database: HistoryDatabase) -> None:
    """A contact that started exactly then counts, an earlier one does not."""
    await database.write(
        [
            contact("a", started_ms=T0 - 1),
            contact("b", started_ms=T0),
            contact("c", outcome=Outcome.ABANDONED),
            contact("d", outcome=Outcome.ABANDONED),
        ]
    )
    assert await database.count_by_outcome(T0) == {Outcome.ANSWERED: 1, Outcome.ABANDONED: 2}


async def test_a_value_that_cannot_be_stored_is_the_records_fault(
    database: HistoryDatabase,
) -> None:
    """The whole batch is rolled back, and the reason holds no value of the row."""
    bad = contact("bad", skills={"billing": object()})
    with pytest.raises(RecordRefused) as refusal:
        await database.write([ANSWERED, bad])
    assert "+3612345678" not in str(refusal.value)
    assert await database.contact("c1") is None


async def test_a_missing_required_value_is_the_records_fault(database: HistoryDatabase) -> None:
    """A NOT NULL column refuses the record, not the database."""
    with pytest.raises(RecordRefused, match="IntegrityError"):
        await database.write([contact("bad", site=None)])


async def test_a_database_without_tables_is_away(tmp_path: Path) -> None:
    """A fault of the schema must be retried, never blamed on a record."""
    database = HistoryDatabase(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(DatabaseAway):
        await database.write([ANSWERED])
    with pytest.raises(DatabaseAway):
        await database.contact("c1")
    await database.close()


async def test_a_directory_that_is_not_there_is_away(tmp_path: Path) -> None:
    """Migrating at start says so with a typed error."""
    with pytest.raises(DatabaseAway):
        await upgrade_to_head(f"sqlite:///{tmp_path}/nowhere/history.db")


async def test_sqlite_is_durable_concurrent_and_checks_foreign_keys(
    database: HistoryDatabase, url: str
) -> None:
    """WAL, a bounded wait for locks, a sync per commit, foreign keys: on each connection."""
    engine = open_engine(url)
    async with engine.connect() as connection:
        pragmas = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "busy_timeout", "synchronous", "foreign_keys")
        ]
    await engine.dispose()
    assert pragmas == ["wal", 5000, 2, 1]


def test_the_newest_migration_is_told_by_its_files_name() -> None:
    """And the chain ends with it: else a database would be taken for up to date."""
    config = Config()
    config.set_main_option("script_location", "history:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [newest()]


async def test_each_migration_can_be_taken_back(url: str) -> None:
    """One after another to nothing, and up again."""
    engine, config = open_engine(url), Config()
    config.set_main_option("script_location", "history:migrations")

    def down_and_up(connection: Connection) -> list[str]:
        config.attributes["connection"] = connection
        for revision in ScriptDirectory.from_config(config).walk_revisions():
            command.downgrade(config, revision.down_revision or "base")  # type: ignore[arg-type]  # one parent each
        left = inspect(connection).get_table_names()
        command.upgrade(config, "head")
        return left

    async with engine.begin() as connection:
        assert await connection.run_sync(down_and_up) == ["alembic_version"]
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


async def test_the_migrations_make_exactly_the_tables(url: str) -> None:
    """A change of tables.py without its migration fails here."""
    engine = open_engine(url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_the_sqlite_file_is_private(database: HistoryDatabase, tmp_path: Path) -> None:
    """It holds callers' numbers, and so does its write-ahead log."""
    await database.write([ANSWERED])
    for name in ("history.db", "history.db-wal"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


async def test_migrating_twice_changes_nothing(database: HistoryDatabase, url: str) -> None:
    """Every start migrates; rows stay."""
    await database.write([ANSWERED])
    await upgrade_to_head(url)
    assert await database.contact("c1") == ANSWERED


@pytest.mark.parametrize(
    "table", [contacts, legs, recordings, surveys], ids=lambda table: table.name
)
def test_the_upsert_is_postgresqls_too(table: Table) -> None:
    """PostgreSQL gets ON CONFLICT on the primary key that replaces every other column."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
    sql = str(upsert("postgresql", table).compile(dialect=dialect))
    keys = ", ".join(column.name for column in table.primary_key)
    rest = [column.name for column in table.columns if not column.primary_key]
    replaced = ", ".join(f"{name} = excluded.{name}" for name in rest)
    assert sql.endswith(f"ON CONFLICT ({keys}) DO UPDATE SET {replaced}")


def test_urls_get_the_asynchronous_driver() -> None:
    """People write the plain URL, or one with another driver; both work."""
    assert async_url("sqlite:///x.db").drivername == "sqlite+aiosqlite"
    assert async_url("postgresql://u@h/d").drivername == "postgresql+asyncpg"
    assert async_url("postgresql+psycopg://u@h/d").drivername == "postgresql+asyncpg"
    with pytest.raises(UnsupportedUrl, match="mysql"):
        async_url("mysql://h/d")


async def test_timelines_are_those_of_callers_who_came_to_a_flow(
    database: HistoryDatabase,
) -> None:
    """From another flow too, and of one published version where that is asked for."""
    step = TimelineEntry(T0, "step", {"step": "who_is_it/ask", "did": "collect"})
    await database.write(
        [
            contact("called", timeline=(step,), flow_version=7),
            contact("own", flow="who_is_it", flow_version=8),
            contact("other", flow="who"),
        ]
    )

    async def flows(version: int | None) -> set[str | None]:
        return {each.flow async for each in database.timelines("who_is_it", T0, version)}

    assert await flows(None) == {"main", "who_is_it"}
    assert await flows(7) == {"main"}
    assert await flows(9) == set()


async def test_timelines_are_those_of_a_flow_since_a_time(
    database: HistoryDatabase, tmp_path: Path
) -> None:
    """Each as it was written; other flows and earlier calls are left out."""
    await database.write(
        [
            contact("late"),
            contact("early", started_ms=T0 - 1),
            contact("other", flow="survey"),
        ]
    )
    found = [timeline async for timeline in database.timelines("main", T0)]
    assert [timeline.flow for timeline in found] == ["main"]
    assert found[0].entries == [
        {"at_ms": T0, "what": "arrived"},
        {"at_ms": T0 + 9_000, "what": "queued", "queue": "billing", "place": 1, "again": False},
    ]
    away = HistoryDatabase(f"sqlite:///{tmp_path}/nowhere/history.db")
    with pytest.raises(DatabaseAway):
        assert [timeline async for timeline in away.timelines("main", T0)] == []
    await away.close()
