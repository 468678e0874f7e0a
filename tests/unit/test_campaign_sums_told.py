"""What is told of a day after its calls were summed, or meanwhile, counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, text
from sqlalchemy.util import await_only

from engine.campaigns.reports import summing
from history import campaign_sums
from history.campaign_counting import DAY_MS, QUARTER_MS, Period
from history.campaign_sums import CallSums
from history.errors import DatabaseAway
from history.outcome import Direction
from tests.unit.summed import (
    BEGAN,
    FIRST_DAY,
    MINUTE,
    NOW,
    SITE,
    Book,
    Call,
    contact,
    some_calls,
)

pytestmark = pytest.mark.unit


@pytest.fixture
async def book(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Book]:
    monkeypatch.setattr(summing, "PAUSE_S", 0)
    book = Book(database_url)
    yield book
    await book.close()


async def test_what_is_told_late_counts(book: Book) -> None:
    """A contact from the spool, a wrap-up: a day's sums are out of use until it is summed anew."""
    silent = Call(uuid4().hex, "renewals", 1, BEGAN + MINUTE, "answered", BEGAN, "anna")
    await book.write([silent, *some_calls(Random(5), 20, BEGAN + DAY_MS, NOW)])
    await book.sum_up()
    for late in (replace(silent, talk_ms=5_000), replace(silent, talk_ms=5_000, wrap_up_ms=700)):
        book.calls[0] = late
        await book.history.write([*book.rows_of(late)])
        await book.check(Period(BEGAN, NOW))
        assert FIRST_DAY in await book.sums.due(NOW)
        await book.sum_up()
        await book.check(Period(BEGAN, NOW))


async def test_a_wrap_up_counts_however_long_it_lasted(book: Book) -> None:
    """Its agent was gone over night, and comes back when the day is summed."""
    begun_ms = BEGAN + DAY_MS - 30 * MINUTE
    call = Call(uuid4().hex, "renewals", 1, begun_ms, "answered", begun_ms, "anna", None, 5_000)
    late = replace(call, wrap_up_ms=14 * 60 * MINUTE)
    told = [*book.rows_of(late)]
    await book.write([call, *some_calls(Random(5), 20, BEGAN, BEGAN + DAY_MS - 60 * MINUTE)])
    await book.history.write(told[:-1])
    await book.sum_up()
    await book.check(Period(BEGAN, NOW))
    book.calls[0] = late
    await book.history.write(told[-1:])
    await book.check(Period(BEGAN, NOW))
    assert await book.sums.due(NOW) == [FIRST_DAY]
    await book.sum_up()
    await book.check(Period(BEGAN, NOW))


async def test_what_agents_do_the_day_after_leaves_sums_in_use(book: Book) -> None:
    """Else a day would be summed again and again."""
    calls = some_calls(Random(5), 20, BEGAN, BEGAN + DAY_MS)
    agent = next(call.agent for call in calls if call.wrap_up_ms)
    today = Call(uuid4().hex, "renewals", 1, NOW, "answered", NOW, agent, None, 5_000, 700)
    await book.write(calls)
    await book.sum_up()
    await book.write([today])
    assert await book.sums.due(NOW) == []


async def test_callers_calls_leave_sums_in_use(book: Book) -> None:
    await book.write(some_calls(Random(5), 20, BEGAN, NOW))
    await book.sum_up()
    caller = replace(contact(book.calls[0]), id="caller", direction=Direction.INBOUND)
    await book.history.write([caller])
    assert await book.sums.due(NOW) == []


async def test_of_two_engines_one_sums_a_day(book: Book) -> None:
    await book.write(some_calls(Random(5), 20, BEGAN, BEGAN + DAY_MS))
    assert [await book.sums.sum_up(FIRST_DAY) for _ in range(2)] == [True, False]
    await book.check(Period(BEGAN, NOW))


async def a_silent_call(book: Book) -> Call:
    """Of a talk of which the history knows nothing yet, among others of its day."""
    silent = Call(uuid4().hex, "renewals", 1, BEGAN + MINUTE, "answered", BEGAN, "anna")
    await book.write([silent, *some_calls(Random(5), 20, BEGAN + QUARTER_MS, BEGAN + DAY_MS)])
    return silent


async def tell_talk(book: Book, call: Call) -> None:
    """By another node, say."""
    book.calls[0] = replace(call, talk_ms=5_000)
    await book.history.write([contact(book.calls[0])])


async def test_what_is_told_while_a_day_is_counted_counts(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its calls were counted, and before their sums are there."""
    silent, counted = await a_silent_call(book), book.sums._counted

    async def counted_then_told(period: Period) -> Any:
        rows = await counted(period)
        await tell_talk(book, silent)
        return rows

    with monkeypatch.context() as patched:
        patched.setattr(book.sums, "_counted", counted_then_told)
        await book.sums.sum_up(FIRST_DAY)
    await book.check(Period(BEGAN, NOW))
    assert FIRST_DAY in await book.sums.due(NOW)
    await book.sum_up()
    await book.check(Period(BEGAN, NOW))


async def test_what_is_committed_only_after_a_day_was_to_be_summed_counts(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that has said all but its commit: the day is not summed as long as it is open."""
    silent = await a_silent_call(book)
    wait_briefly(book, monkeypatch)
    is_told, may_commit = asyncio.Event(), asyncio.Event()

    def hold(_: Any) -> None:
        is_told.set()
        await_only(may_commit.wait())

    event.listen(book.history._engine.sync_engine, "commit", hold)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(tell_talk(book, silent))
        await is_told.wait()
        with suppress(DatabaseAway):
            await book.sums.sum_up(FIRST_DAY)
        may_commit.set()
    await book.check(Period(BEGAN, NOW))
    await book.sum_up()
    await book.check(Period(BEGAN, NOW))


def wait_briefly(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sums waits for who writes no longer than this."""
    brief = text("SET LOCAL lock_timeout = '20ms'")
    monkeypatch.setattr(campaign_sums, "_LOCK_WAIT", brief)
    if book.engine.dialect.name == "sqlite":
        waits = "PRAGMA busy_timeout = 20"
        engine = book.sums._engine.sync_engine
        event.listen(engine, "connect", lambda connection, _: connection.execute(waits))


async def test_a_day_whose_engine_was_lost_while_it_counted_is_summed_by_another(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as not summed until then."""
    await book.write(some_calls(Random(5), 20, BEGAN, BEGAN + DAY_MS))

    async def lost(_: Period) -> Any:
        raise ConnectionResetError

    with monkeypatch.context() as patched:
        patched.setattr(book.sums, "_counted", lost)
        with pytest.raises(DatabaseAway):
            await book.sums.sum_up(FIRST_DAY)
    assert FIRST_DAY in await book.sums.due(NOW)
    await book.check(Period(BEGAN, NOW))
    assert await book.sums.sum_up(FIRST_DAY)
    await book.check(Period(BEGAN, NOW))


async def test_of_two_engines_that_count_a_day_at_once_the_later_sums_it(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has seen all that the earlier one has, and more."""
    silent, counted = await a_silent_call(book), book.sums._counted
    other = CallSums(book.engine.url.render_as_string(hide_password=False), SITE)

    async def counted_late(period: Period) -> Any:
        rows = await counted(period)
        await tell_talk(book, silent)
        assert await other.sum_up(FIRST_DAY)
        return rows

    with monkeypatch.context() as patched:
        patched.setattr(book.sums, "_counted", counted_late)
        assert not await book.sums.sum_up(FIRST_DAY)
    await other.close()
    assert FIRST_DAY not in await book.sums.due(NOW)
    await book.check(Period(BEGAN, NOW))
