"""What became of campaigns' calls: of days that are over as it was summed, of today as it is
counted where it lies. A million calls come as some rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from history import campaign_counting as counting
from history.campaign_counting import Key, Period, Which
from history.campaign_sums import Parts, days_summed, parted, sums_of
from history.connection import failing, open_engine
from history.lead_tables import RESULTS, attempts, lead_lists, leads

_PAGE = 2_000
_OF_CALLS = ("calls", *RESULTS, "talks", "timed", "talk_ms")
_OF_WRAP_UPS = ("wrap_ups", "wrap_up_ms")
_call = attempts.c


class CallCount(NamedTuple):
    """Calls of a campaign, by what was asked for: a name, a list's id, or a quarter.

    `results` are in the order of `RESULTS`; `under_way` have none yet. `talks` were with an agent,
    of which the history knows how long `timed` lasted, `talk_ms` in all. `quarters` are those of an
    hour in which any was begun.
    """

    campaign: str
    key: str | int
    calls: int
    under_way: int
    results: Sequence[int]
    talks: int
    timed: int
    talk_ms: int
    quarters: int


class WrapUpCount(NamedTuple):
    """Wrap-ups after calls that are over."""

    campaign: str
    key: str | int
    wrap_ups: int
    wrap_up_ms: int


class ResultCount(NamedTuple):
    """Calls of a campaign that were begun in a quarter; `result` None: answered, and under way."""

    campaign: str
    quarter: int
    result: str | None
    calls: int


class LeadCount(NamedTuple):
    """Leads of a list that stand so."""

    list: str
    state: str
    why: str | None
    disposition: str | None
    last_result: str | None
    leads: int


class CampaignCounts:
    """Of one site. Raises DatabaseAway."""

    def __init__(self, url: str, site: str) -> None:
        self._engine = open_engine(url)
        self._site = site

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def known(self, campaign: str) -> bool:
        """Whether there was ever a call of it."""
        one = select(_call.id).where(_call.site == self._site, _call.campaign == campaign).limit(1)
        with failing():
            async with self._engine.connect() as connection:
                return await connection.scalar(one) is not None

    async def calls(self, period: Period, key: Key) -> AsyncIterator[CallCount]:
        """By campaign and key, which may come more than once; without those that have no such key:
        an agent, a disposition."""
        parts, campaigns = await self._parts(period)
        for counted in parts.counted:
            which = Which(self._site, counted, campaigns)
            async for campaign, name, *told in self._rows(counting.calls(which, key)):
                calls, under_way, *results, talks, timed, talk_ms, quarters = map(int, told)
                of_talks = talks, timed, talk_ms
                yield CallCount(campaign, name, calls, under_way, results, *of_talks, quarters)
        async for campaign, name, sums, quarters in self._summed(period, parts, key, _OF_CALLS):
            calls, results = sums["calls"], [sums[result] for result in RESULTS]
            of_talks = sums["talks"], sums["timed"], sums["talk_ms"]
            yield CallCount(campaign, name, calls, 0, results, *of_talks, quarters)

    async def wrap_ups(self, period: Period, key: Key) -> AsyncIterator[WrapUpCount]:
        """As `calls`. Of those that are counted as far as the event log is kept."""
        parts, campaigns = await self._parts(period)
        for counted in parts.counted:
            which = Which(self._site, counted, campaigns)
            async for campaign, name, wrap_ups, ms in self._rows(counting.wrap_ups(which, key)):
                yield WrapUpCount(campaign, name, int(wrap_ups), int(ms))
        async for campaign, name, sums, _ in self._summed(period, parts, key, _OF_WRAP_UPS):
            if sums["wrap_ups"]:
                yield WrapUpCount(campaign, name, sums["wrap_ups"], sums["wrap_up_ms"])

    async def results(self, period: Period) -> AsyncIterator[ResultCount]:
        """What the abandon rate is made of."""
        parts, campaigns = await self._parts(period)
        for counted in parts.counted:
            query = counting.results(Which(self._site, counted, campaigns))
            async for row in self._rows(query):
                yield ResultCount(*row)
        async for campaign, quarter, sums, _ in self._summed(period, parts, "quarter", RESULTS):
            for result in RESULTS:
                if sums[result]:
                    yield ResultCount(campaign, quarter, result, sums[result])

    async def lists(self) -> Mapping[int, str]:
        """The names of the site's lists by their ids."""
        query = select(lead_lists.c.id, lead_lists.c.name).where(lead_lists.c.site == self._site)
        with failing():
            async with self._engine.connect() as connection:
                return {row.id: row.name for row in await connection.execute(query)}

    async def leads(self, lists: Collection[str]) -> Sequence[LeadCount]:
        """How the leads of these lists stand now."""
        column = leads.c
        ours = {id_: name for id_, name in (await self.lists()).items() if name in lists}
        by = column.list_id, column.state, column.why, column.disposition, column.last_result
        query = select(*by, func.count()).where(column.list_id.in_(ours)).group_by(*by)
        with failing():
            async with self._engine.connect() as connection:
                found = await connection.execute(query)
                return [LeadCount(ours[list_id], *rest) for list_id, *rest in found]

    async def _parts(self, period: Period) -> tuple[Parts, Sequence[str]]:
        """What of it is summed, and the campaigns whose calls are counted."""
        with failing():
            async with self._engine.connect() as connection:
                days = await days_summed(connection, self._site, period)
                return parted(period, days), await _campaigns(connection, period)

    async def _summed(
        self, period: Period, parts: Parts, key: Key, names: Sequence[str]
    ) -> AsyncIterator[tuple[str, Any, Mapping[str, int], int]]:
        """Campaign, key, the sums by their names, and of how many quarters."""
        if not parts.summed:
            return
        query = sums_of(self._site, period.campaign, parts.summed, key, names)
        async for campaign, name, *told in self._rows(query):
            *sums, quarters = map(int, told)
            named = dict(zip(names, sums, strict=True))
            yield campaign, int(name) if key == "list" else name, named, quarters

    async def _rows(self, query: Select[Any]) -> AsyncIterator[Sequence[Any]]:
        with failing():
            async with self._engine.connect() as connection:
                rows = await connection.stream(query)
                async for page in rows.partitions(_PAGE):
                    for row in page:
                        yield row


async def _campaigns(connection: AsyncConnection, period: Period) -> Sequence[str]:
    named = period.campaign
    return await counting.campaigns_called(connection) if named is None else [named]
