"""What became of campaigns' calls, counted where they lie: a million of them come as some rows.

Calls are counted by quarters of an hour, which all time zones' hours and days are made of. None of
these queries reads what a call's evidence says: it is most of the table, and lies apart from it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.sql.selectable import FromClause

from history.connection import failing, open_engine
from history.events import CONSULT, AgentState, EventKind
from history.lead_tables import attempts, lead_lists, leads
from history.tables import contacts, events

QUARTER_MS = 900_000
_PAGE = 2_000
_DAY_MS = 86_400_000
RESULTS = (
    *("answered", "machine", "busy", "no_answer", "failed", "invalid", "fax", "intercept"),
    *("lost", "unknown"),
)
"""How a call may have ended."""

Key = Literal["campaign", "list", "agent", "disposition", "quarter"]
"""What calls are counted by; `quarter` is its number since the epoch."""

_call = attempts.c
_QUARTER = _call.begun_ms // QUARTER_MS
_TALKED = and_(_call.result == "answered", _call.agent.is_not(None))


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


class Period(NamedTuple):
    """Calls that were begun from `since_ms` until before `until_ms`; of all campaigns, or one."""

    since_ms: int
    until_ms: int
    campaign: str | None = None


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
        """By campaign and key; without those that have no such key: an agent, a disposition."""
        async for page in self._pages(_calls(self._ours(period), _KEYS[key])):
            for campaign, name, calls, under_way, *rest in page:
                *results, talks, timed, talk_ms, quarters = (int(each) for each in rest)
                told = int(calls), int(under_way), results, talks, timed, talk_ms, quarters
                yield CallCount(campaign, name, *told)

    async def wrap_ups(self, period: Period, key: Key) -> AsyncIterator[WrapUpCount]:
        """As far as the event log is kept."""
        async for page in self._pages(_wrap_ups(self._ours(period), period, _KEYS[key])):
            for campaign, name, wrap_ups, wrap_up_ms in page:
                yield WrapUpCount(campaign, name, int(wrap_ups), int(wrap_up_ms))

    async def results(self, period: Period) -> AsyncIterator[ResultCount]:
        """What the abandon rate is made of."""
        known = or_(_call.result.is_not(None), _call.answered_ms.is_not(None))
        by = _call.campaign, _QUARTER, _call.result
        query = select(*by, func.count()).where(self._ours(period), known).group_by(*by)
        async for page in self._pages(query):
            for row in page:
                yield ResultCount(*row)

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

    def _ours(self, period: Period) -> ColumnElement[bool]:
        since_ms, until_ms, campaign = period
        begun = and_(_call.begun_ms >= since_ms, _call.begun_ms < until_ms)
        ours = and_(_call.site == self._site, begun)
        return ours if campaign is None else and_(ours, _call.campaign == campaign)

    async def _pages(self, query: Select[Any]) -> AsyncIterator[Sequence[Any]]:
        with failing():
            async with self._engine.connect() as connection:
                rows = await connection.stream(query)
                async for page in rows.partitions(_PAGE):
                    yield page


_KEYS: Mapping[Key, ColumnElement[Any]] = {
    "campaign": _call.campaign,
    "list": _call.list_id,
    "agent": _call.agent,
    "disposition": _call.disposition,
    "quarter": _QUARTER,
}


def _calls(ours: ColumnElement[bool], key: ColumnElement[Any]) -> Select[Any]:
    """Quarter by quarter first, so that those with a call can be counted."""
    talk_ms = contacts.c.talk_ms
    figures = (
        func.count().label("calls"),
        _number_of(_call.result.is_(None)).label("under_way"),
        *(_number_of(_call.result == name).label(name) for name in RESULTS),
        _number_of(_TALKED).label("talks"),
        func.count(talk_ms).label("timed"),
        func.coalesce(func.sum(talk_ms), 0).label("talk_ms"),
    )
    by = _call.campaign, key
    talks = attempts.outerjoin(contacts, and_(contacts.c.id == _call.id, _TALKED))
    in_quarters = (
        select(_call.campaign.label("campaign"), key.label("of"), *figures)
        .select_from(talks)
        .where(ours, key.is_not(None))
        .group_by(*by, _QUARTER)
        .subquery()
    )
    of = in_quarters.c.campaign, in_quarters.c.of
    sums = (func.sum(in_quarters.c[each.name]) for each in figures)
    return select(*of, *sums, func.count()).group_by(*of)


def _wrap_ups(ours: ColumnElement[bool], period: Period, key: ColumnElement[Any]) -> Select[Any]:
    """From the state that says so to the agent's next one."""
    begun, after = events.alias("begun"), events.alias("after")
    next_ms = _next_state(begun, after)
    theirs = (
        begun.c.kind == EventKind.STATE,
        begun.c.detail == AgentState.WRAP_UP,
        or_(begun.c.reason.is_(None), begun.c.reason != CONSULT),
        begun.c.at_ms >= period.since_ms,
        begun.c.at_ms < period.until_ms + _DAY_MS,
    )
    each = (
        select(_call.campaign.label("campaign"), key.label("of"), begun.c.contact)
        .add_columns((next_ms - begun.c.at_ms).label("ms"))
        .select_from(begun.join(attempts, _call.id == begun.c.contact))
        .where(ours, *theirs, key.is_not(None))
        .cte("each")
        .prefix_with("MATERIALIZED")  # or each next state is looked for twice
    )
    of = each.c.campaign, each.c.of
    figures = func.count(each.c.contact.distinct()), func.sum(each.c.ms)
    return select(*of, *figures).where(each.c.ms.is_not(None)).group_by(*of)


def _next_state(begun: FromClause, after: FromClause) -> ColumnElement[int]:
    """When the agent's next state began; of two at one time the later told is the next."""
    later = or_(after.c.at_ms > begun.c.at_ms, after.c.number > begun.c.number)
    of_agent = after.c.kind == EventKind.STATE, after.c.agent == begun.c.agent
    query = select(after.c.at_ms).where(*of_agent, after.c.at_ms >= begun.c.at_ms, later)
    return query.order_by(after.c.at_ms).limit(1).scalar_subquery()


def _number_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
