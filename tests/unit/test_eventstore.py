"""The event log in SQL: written once, read from any moment on."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql

from history.codec import dump_record, load_record
from history.database import HistoryDatabase, insert_new
from history.errors import DatabaseAway
from history.events import EventKind, EventRow
from history.eventstore import EventStore
from history.migrations import upgrade_to_head
from history.tables import events
from tests.fakes.history_rows import T0, contact

pytestmark = pytest.mark.unit

TALKING = EventRow(
    at_ms=T0,
    kind=EventKind.STATE,
    subject="anna",
    number=7,
    node="n1",
    agent="anna",
    contact="c1",
    queue="billing",
    detail="talking",
    arrived_ms=T0 - 4_000,
    attended=False,
    skills=("billing", "hu"),
)
STAFF = EventRow(
    *(T0 - 9_000, EventKind.STAFF, "anna", 1, "n1"),
    agent="anna",
    skills=("billing",),
    serves=("billing", "support"),
)


@pytest.fixture
async def url(tmp_path: Path) -> str:
    """A migrated, empty database."""
    url = f"sqlite:///{tmp_path}/history.db"
    await upgrade_to_head(url)
    return url


@pytest.fixture
async def database(url: str) -> AsyncIterator[HistoryDatabase]:
    """For writing."""
    database = HistoryDatabase(url)
    yield database
    await database.close()


@pytest.fixture
async def store(url: str) -> AsyncIterator[EventStore]:
    """For reading."""
    store = EventStore(url)
    yield store
    await store.close()


async def _all(store: EventStore, since_ms: int = 0, until_ms: int = 2 * T0) -> list[EventRow]:
    return [row async for page in store.between(since_ms, until_ms) for row in page]


def _state(agent: str, at_ms: int, detail: str, number: int = 1) -> EventRow:
    return EventRow(at_ms, EventKind.STATE, agent, number, "n1", agent=agent, detail=detail)


async def test_rows_come_back_as_they_were_written_in_their_order(
    database: HistoryDatabase, store: EventStore
) -> None:
    """By time, and by their number within a millisecond; the end of a period is not in it."""
    later = replace(TALKING, number=8, detail="wrap_up")
    await database.write([later, TALKING, STAFF])
    assert await _all(store) == [STAFF, TALKING, later]
    assert await _all(store, T0 - 9_000, T0) == [STAFF]
    assert await store.count(T0 - 9_000, T0) == 1


async def test_a_row_is_never_changed(database: HistoryDatabase, store: EventStore) -> None:
    """The same thing told twice is one row, as it was told first."""
    await database.write([TALKING])
    await database.write([replace(TALKING, queue="another")])
    assert await _all(store) == [TALKING]


def test_a_row_survives_the_spool() -> None:
    """While the database is away a row waits as a line of JSON."""
    assert load_record(dump_record(TALKING)) == TALKING
    assert load_record(dump_record(STAFF)) == STAFF


def test_a_row_that_the_version_before_put_aside_is_read() -> None:
    """It did not say whose doing a state was."""
    before = json.loads(dump_record(TALKING))
    assert "by" in json.dumps(before)
    _without(before, "by")
    assert load_record(json.dumps(before)) == TALKING


def _without(part: object, name: str) -> None:
    """A field left out of a record, wherever it is in it."""
    if isinstance(part, dict):
        part.pop(name, None)
        for inner in part.values():
            _without(inner, name)


async def test_whose_doing_it_was_is_kept(database: HistoryDatabase, store: EventStore) -> None:
    """A supervisor's word, and the state that came of it."""
    order = EventRow(
        *(T0, EventKind.ORDERED, "anna", 1, "n1"),
        agent="anna",
        detail="pause held",
        reason="lunch",
        by="Maria",
    )
    state = replace(_state("anna", T0, "paused", 2), reason="lunch", by="Maria")
    await database.write([order, state])
    assert await _all(store) == [order, state]


async def test_what_was_told_last_of_each_agent(
    database: HistoryDatabase, store: EventStore
) -> None:
    """Skills and state before a moment, however long before; nobody is left out."""
    rows = [_state("bela", T0, "paused"), _state("anna", 5, "offline"), _state("anna", 9, "paused")]
    await database.write([*rows, STAFF, TALKING, _state("cili", T0 + 1, "available")])
    assert await store.before(T0 + 1) == [STAFF, rows[0], TALKING]
    assert await store.before(T0) == [STAFF, rows[2]]
    assert await store.before(1) == []


async def test_contacts_come_customer_by_customer(
    database: HistoryDatabase, store: EventStore
) -> None:
    """As far as it takes to tell who had to come again; who withholds the number is left out."""
    rows = [contact("late", started_ms=T0 + 5), contact("early", topic="bill")]
    other = contact("first", caller="+3611111111", started_ms=T0 + 2)
    later = contact("later", started_ms=T0 + 6)
    await database.write([*rows, other, later, contact("hidden", caller=None)])
    found = [each async for page in store.contacts(T0, T0 + 6) for each in page]
    assert [each.id for each in found] == ["first", "early", "late"]
    assert (found[1].number, found[1].topic) == ("+3612345678", "bill")
    assert found[1].skills == ("billing", "hungarian")


async def test_a_database_that_is_away_says_so(tmp_path: Path) -> None:
    """As every store of the history."""
    away = EventStore(f"sqlite:///{tmp_path}/without_tables.db")
    with pytest.raises(DatabaseAway):
        await away.before(1)
    with pytest.raises(DatabaseAway):
        await _all(away)
    await away.close()


def test_nothing_is_replaced_on_postgresql_either() -> None:
    """ON CONFLICT on the whole key does nothing."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
    sql = str(insert_new("postgresql", events).compile(dialect=dialect))
    assert sql.endswith("ON CONFLICT (at_ms, kind, subject, number) DO NOTHING")
