"""What became of calls is summed for each day that is over, and told as if each call were counted
anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, event, update

from engine.campaigns.reports import summing
from history.campaign_counting import DAY_MS, QUARTER_MS, Period
from history.campaign_sums import OVER_MS, parted
from history.lead_tables import attempts
from tests.unit.summed import (
    BEGAN,
    DAYS,
    FIRST_DAY,
    KEYS,
    NOW,
    Book,
    Call,
    some_calls,
)

pytestmark = pytest.mark.unit


@pytest.fixture
async def book(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Book]:
    monkeypatch.setattr(summing, "PAUSE_S", 0)
    book = Book(database_url)
    yield book
    await book.close()


@pytest.mark.parametrize("seed", range(2))
async def test_sums_tell_what_each_call_tells(book: Book, seed: int) -> None:
    """Of random calls and periods, cut anywhere; whether all days are summed, some, or none."""
    chance = Random(seed)
    await book.write(some_calls(chance, 150, BEGAN, NOW))
    whole = Period(BEGAN, NOW)
    borders = sorted(chance.randrange(BEGAN, NOW) for _ in range(6))
    days = Period(BEGAN + DAY_MS, BEGAN + 3 * DAY_MS, "renewals")
    periods = (whole, days, *(Period(borders[at], borders[at + 1]) for at in (0, 2, 4)))
    await book.check(whole)
    for day in chance.sample(await book.sums.due(NOW), 2):
        assert await book.sums.sum_up(day)
    await book.check(whole)
    assert await book.sum_up() == DAYS - 2
    assert await book.sums.due(NOW) == []
    for period in periods:
        await book.check(period)


async def test_what_is_summed_is_not_counted_again(book: Book) -> None:
    """The calls themselves are not looked at any more: a report of a month reads its sums."""
    await book.write(some_calls(Random(7), 40, BEGAN, BEGAN + 2 * DAY_MS))
    assert await book.sum_up() == DAYS
    period = Period(BEGAN, NOW)
    before = [await book.told(period, key) for key in KEYS]
    async with book.engine.begin() as connection:
        await connection.execute(delete(attempts))
    assert [await book.told(period, key) for key in KEYS] == before


async def test_a_day_is_summed_once_it_is_over_and_none_of_its_calls_is_up(book: Book) -> None:
    """Not sooner than some hours later; a call whose engine was lost holds up its own day alone."""
    calls = some_calls(Random(3), 30, BEGAN, BEGAN + 3 * DAY_MS)
    up = Call(uuid4().hex, "renewals", 1, BEGAN + DAY_MS, None)
    await book.write([*calls, up])
    assert await book.sum_up(BEGAN + DAY_MS + OVER_MS - 1) == 0
    assert await book.sum_up(BEGAN + DAY_MS + OVER_MS) == 1
    assert await book.sums.due(NOW) == [FIRST_DAY + 2, FIRST_DAY + 3]
    await book.sum_up()
    await book.check(Period(BEGAN, NOW))
    async with book.engine.begin() as connection:
        over = update(attempts).where(attempts.c.id == up.id).values(result="unknown")
        await connection.execute(over)
    assert await book.sums.due(NOW) == [FIRST_DAY + 1]


async def test_no_call_no_sum(book: Book) -> None:
    assert await book.sum_up() == 0


@asynccontextmanager
async def plans_of(book: Book) -> AsyncIterator[list[str]]:
    """The steps by which SQLite answers what is asked of the book meanwhile. It goes by the query;
    PostgreSQL plans by what it has learned of the tables."""
    if book.engine.dialect.name != "sqlite":
        pytest.skip("SQLite's plan")
    asked: list[tuple[str, Any]] = []
    steps: list[str] = []

    def note(_: Any, __: Any, statement: str, values: Any, *more: Any) -> None:
        asked.append((statement, values))

    for store in (book.counts, book.sums):
        event.listen(store._engine.sync_engine, "before_cursor_execute", note)
    yield steps
    async with book.engine.connect() as connection:
        for statement, values in asked:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            steps += [row.detail for row in plan]


async def test_calls_are_counted_from_their_index_alone(book: Book) -> None:
    """A row is 4 kB of evidence: of a million calls not one is read."""
    await book.write(some_calls(Random(5), 20, BEGAN, NOW))
    async with plans_of(book) as steps:
        assert await book.sums.due(NOW)
        for period in (Period(BEGAN, NOW), Period(BEGAN, NOW, "renewals")):
            await book.told(period, "agent")
            await book.told_results(period)
    of_calls = {step for step in steps if "dial_attempts" in step}
    those_up = "SCAN dial_attempts USING INDEX ix_dial_attempts_open"
    assert those_up in of_calls
    for step in of_calls - {those_up}:
        assert step.startswith("SEARCH dial_attempts USING COVERING INDEX ix_dial_attempts_counted")


async def test_each_wrap_up_is_looked_for_once(book: Book) -> None:
    """And not for each call of a campaign among all events of the period."""
    await book.write(some_calls(Random(5), 20, BEGAN, NOW))
    async with plans_of(book) as steps:
        for period in (Period(BEGAN, NOW), Period(BEGAN, NOW, "renewals")):
            await book.told_wrap_ups(period, "agent")
    assert "SCAN begun" in steps
    assert [step for step in steps if step.startswith("SEARCH begun")] == []


def test_a_period_is_parted_at_quarters_of_summed_days() -> None:
    """Days that follow each other are one span; what is not summed, or cut, is counted."""
    period = Period(BEGAN + 1, BEGAN + 3 * DAY_MS + QUARTER_MS + 5, "renewals")
    days = [FIRST_DAY + 1, FIRST_DAY, FIRST_DAY + 3, FIRST_DAY + 9]
    quarter, day = BEGAN // QUARTER_MS, DAY_MS // QUARTER_MS
    summed, counted = parted(period, days)
    assert summed == [
        (quarter + 1, quarter + 2 * day),
        (quarter + 3 * day, quarter + 3 * day + 1),
    ]
    assert counted == [
        Period(BEGAN + 1, BEGAN + QUARTER_MS, "renewals"),
        Period(BEGAN + 2 * DAY_MS, BEGAN + 3 * DAY_MS, "renewals"),
        Period(BEGAN + 3 * DAY_MS + QUARTER_MS, period.until_ms, "renewals"),
    ]
    assert parted(Period(BEGAN + 1, BEGAN + 2), days) == ([], [Period(BEGAN + 1, BEGAN + 2)])
    assert parted(Period(BEGAN, BEGAN + DAY_MS), days).counted == []
