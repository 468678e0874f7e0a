"""What became of calls is summed for each day that is over, and told as if each call were counted
anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from random import Random
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from sqlalchemy import delete, event, insert, text, update
from sqlalchemy.util import await_only

from engine.campaigns.reports import summing
from engine.campaigns.reports.summing import sum_up_due
from history import campaign_sums
from history.campaign_counting import DAY_MS, QUARTER_MS, Key, Period
from history.campaign_figures import CampaignCounts
from history.campaign_sums import OVER_MS, CallSums, parted
from history.connection import open_engine
from history.database import HistoryDatabase
from history.errors import DatabaseAway
from history.events import CONSULT, AgentState, EventKind, EventRow
from history.lead_tables import RESULTS, attempts
from history.outcome import Direction, EndedBy, Outcome
from history.rows import ContactRow

pytestmark = pytest.mark.unit

SITE = "demo"
FIRST_DAY = 20_000
BEGAN = FIRST_DAY * DAY_MS
DAYS = 4
NOW = BEGAN + DAYS * DAY_MS + OVER_MS
MINUTE = 60_000
KEYS: tuple[Key, ...] = ("campaign", "list", "agent", "disposition", "quarter")


@dataclass(frozen=True, slots=True)
class Call:
    """A call as the test knows it; `talk_ms` and `wrap_up_ms` None: nobody told of any."""

    id: str
    campaign: str
    list_id: int
    begun_ms: int
    result: str | None
    answered_ms: int | None = None
    agent: str | None = None
    disposition: str | None = None
    talk_ms: int | None = None
    wrap_up_ms: int | None = None

    def of(self, key: Key) -> str | int | None:
        names = {"list": self.list_id, "quarter": self.begun_ms // QUARTER_MS}
        return names[key] if key in names else getattr(self, key)

    @property
    def talked(self) -> bool:
        return self.result == "answered" and self.agent is not None


class Figures(NamedTuple):
    """What is counted of a campaign and key."""

    calls: int
    under_way: int
    results: tuple[int, ...]
    talks: int
    timed: int
    talk_ms: int
    quarters: int


class Book:
    """Calls in a database, and the same in memory."""

    def __init__(self, url: str) -> None:
        self.calls: list[Call] = []
        self.engine = open_engine(url)
        self.counts, self.sums = CampaignCounts(url, SITE), CallSums(url, SITE)
        self.history = HistoryDatabase(url)
        self._events = 0

    async def close(self) -> None:
        for store in (self.counts, self.sums, self.history):
            await store.close()
        await self.engine.dispose()

    async def write(self, calls: Iterable[Call]) -> None:
        new = [*calls]
        self.calls += new
        async with self.engine.begin() as connection:
            await connection.execute(insert(attempts), [_attempt(call) for call in new])
        await self.history.write([row for call in new for row in self._told(call)])

    def _told(self, call: Call) -> Iterable[ContactRow | EventRow]:
        if call.talk_ms is not None:
            yield contact(call)
        if call.wrap_up_ms is not None:
            over_ms = call.begun_ms + MINUTE + (call.talk_ms or 0)
            yield self._state(over_ms - 1, call, AgentState.WRAP_UP, CONSULT)
            yield self._state(over_ms, call, AgentState.WRAP_UP)
            after = self._state(over_ms + call.wrap_up_ms, call, AgentState.AVAILABLE)
            yield replace(after, contact=None)

    def _state(
        self, at_ms: int, call: Call, state: AgentState, reason: str | None = None
    ) -> EventRow:
        self._events += 1
        row = EventRow(at_ms, EventKind.STATE, call.agent or "", self._events, "node")
        return replace(row, agent=call.agent, contact=call.id, detail=state, reason=reason)

    async def sum_up(self, now_ms: int = NOW) -> int:
        return await sum_up_due(self.sums, now_ms)

    async def told(self, period: Period, key: Key) -> Mapping[tuple[str, Any], Figures]:
        """Added up, as reports do."""
        found: dict[tuple[str, Any], Figures] = {}
        async for count in self.counts.calls(period, key):
            figures = Figures(*count[2:4], tuple(count.results), *count[5:])
            so_far = found.get((count.campaign, count.key))
            found[count.campaign, count.key] = _added(so_far, figures) if so_far else figures
        return found

    async def told_wrap_ups(self, period: Period, key: Key) -> Mapping[tuple[str, Any], Any]:
        found: dict[tuple[str, Any], tuple[int, int]] = {}
        async for campaign, name, wrap_ups, ms in self.counts.wrap_ups(period, key):
            before, before_ms = found.get((campaign, name), (0, 0))
            found[campaign, name] = before + wrap_ups, before_ms + ms
        return found

    async def told_results(self, period: Period) -> Mapping[tuple[Any, ...], int]:
        found: dict[tuple[Any, ...], int] = {}
        async for campaign, quarter, result, calls in self.counts.results(period):
            place = campaign, quarter, result
            found[place] = found.get(place, 0) + calls
        return found

    def groups(self, period: Period, key: Key) -> Mapping[tuple[str, Any], list[Call]]:
        """The calls of a period one by one."""
        found: dict[tuple[str, Any], list[Call]] = {}
        for call in self.calls:
            within = period.since_ms <= call.begun_ms < period.until_ms
            if within and period.campaign in (None, call.campaign) and call.of(key) is not None:
                found.setdefault((call.campaign, call.of(key)), []).append(call)
        return found

    async def check(self, period: Period) -> None:
        """What is told is what comes of looking at each call."""
        for key in KEYS:
            groups = self.groups(period, key)
            assert await self.told(period, key) == {
                place: _figures(calls) for place, calls in groups.items()
            }
            wrapped = {place: _wrapped(calls) for place, calls in groups.items()}
            assert await self.told_wrap_ups(period, key) == {
                place: told for place, told in wrapped.items() if told[0]
            }
        results: dict[tuple[Any, ...], int] = {}
        for (campaign, quarter), calls in self.groups(period, "quarter").items():
            for call in calls:
                if call.result is not None or call.answered_ms is not None:
                    place = campaign, quarter, call.result
                    results[place] = results.get(place, 0) + 1
        assert await self.told_results(period) == results


def _added(one: Figures, other: Figures) -> Figures:
    results = tuple(map(sum, zip(one.results, other.results, strict=True)))
    sums = [a + b for a, b in zip(one[3:], other[3:], strict=True)]
    return Figures(one.calls + other.calls, one.under_way + other.under_way, results, *sums)


def _figures(calls: list[Call]) -> Figures:
    talks = [call for call in calls if call.talked]
    timed = [call.talk_ms for call in talks if call.talk_ms is not None]
    return Figures(
        len(calls),
        sum(call.result is None for call in calls),
        tuple(sum(call.result == result for call in calls) for result in RESULTS),
        len(talks),
        len(timed),
        sum(timed),
        len({call.begun_ms // QUARTER_MS for call in calls}),
    )


def _wrapped(calls: list[Call]) -> tuple[int, int]:
    each = [call.wrap_up_ms for call in calls if call.wrap_up_ms is not None]
    return len(each), sum(each)


def _attempt(call: Call) -> dict[str, Any]:
    names = ("id", "campaign", "list_id", "begun_ms", "result", "answered_ms", "agent")
    rest = {"site": SITE, "node": "node", "lead_id": 1, "position": 0, "number": "+36301234567"}
    told = {name: getattr(call, name) for name in (*names, "disposition")}
    return {**rest, **told, "evidence": {}}


def contact(call: Call) -> ContactRow:
    return ContactRow(
        *(call.id, SITE, "node", "voice", Direction.OUTBOUND, call.begun_ms, call.begun_ms + 1),
        *(Outcome.ANSWERED, EndedBy.AGENT),
        agent=call.agent,
        talk_ms=call.talk_ms,
    )


def a_call(chance: Random, number: int, begun_ms: int) -> Call:
    """One of any kind. Its agent is nobody else's, so that wrap-ups do not cut each other off."""
    call = Call(
        uuid4().hex,
        chance.choice(("renewals", "reminders", "surveys")),
        chance.randrange(1, 4),
        begun_ms,
        chance.choice(RESULTS),
        disposition=chance.choice((None, "sold", "later")),
    )
    if call.result != "answered" or chance.random() < 0.2:
        return call
    call = replace(call, agent=f"agent{number % 7}/{begun_ms // DAY_MS}", answered_ms=begun_ms)
    if chance.random() < 0.2:
        return call
    call = replace(call, talk_ms=chance.randrange(2 * MINUTE))
    return replace(call, wrap_up_ms=chance.choice((None, chance.randrange(1, MINUTE))))


def some_calls(chance: Random, calls: int, since_ms: int, until_ms: int) -> list[Call]:
    """Five minutes apart at least, some at the very borders of quarters and days."""
    slots = chance.sample(range(since_ms, until_ms, 5 * MINUTE), calls)
    jitter = (0, 0, 1, MINUTE - 1)
    return [a_call(chance, at, slot + chance.choice(jitter)) for at, slot in enumerate(slots)]


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


async def test_what_is_told_late_counts(book: Book) -> None:
    """A contact from the spool, a wrap-up: a day's sums are out of use until it is summed anew."""
    silent = Call(uuid4().hex, "renewals", 1, BEGAN + MINUTE, "answered", BEGAN, "anna")
    await book.write([silent, *some_calls(Random(5), 20, BEGAN + DAY_MS, NOW)])
    await book.sum_up()
    for late in (replace(silent, talk_ms=5_000), replace(silent, talk_ms=5_000, wrap_up_ms=700)):
        book.calls[0] = late
        await book.history.write([*book._told(late)])
        await book.check(Period(BEGAN, NOW))
        assert FIRST_DAY in await book.sums.due(NOW)
        await book.sum_up()
        await book.check(Period(BEGAN, NOW))


async def test_a_wrap_up_counts_however_long_it_lasted(book: Book) -> None:
    """Its agent was gone over night, and comes back when the day is summed."""
    begun_ms = BEGAN + DAY_MS - 30 * MINUTE
    call = Call(uuid4().hex, "renewals", 1, begun_ms, "answered", begun_ms, "anna", None, 5_000)
    late = replace(call, wrap_up_ms=14 * 60 * MINUTE)
    told = [*book._told(late)]
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
