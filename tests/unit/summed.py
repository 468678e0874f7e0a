"""Calls of campaigns in a database, and the same one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import insert

from engine.campaigns.reports.summing import sum_up_due
from history.campaign_counting import DAY_MS, QUARTER_MS, Key, Period
from history.campaign_figures import CampaignCounts
from history.campaign_sums import OVER_MS, CallSums
from history.connection import open_engine
from history.database import HistoryDatabase
from history.events import CONSULT, AgentState, EventKind, EventRow
from history.lead_tables import RESULTS, attempts
from history.outcome import Direction, EndedBy, Outcome
from history.rows import ContactRow

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
        await self.history.write([row for call in new for row in self.rows_of(call)])

    def rows_of(self, call: Call) -> Iterable[ContactRow | EventRow]:
        """What the history is told of a call."""
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
