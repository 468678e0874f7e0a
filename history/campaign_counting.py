"""How campaigns' calls are counted where they lie: the queries.

Calls are counted by quarters of an hour, which all time zones' hours and days are made of. None of
these queries reads what a call's evidence says: it is most of the table, and lies apart from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import CTE, ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.selectable import FromClause

from history.events import CONSULT, AgentState, EventKind
from history.lead_tables import RESULTS, attempts
from history.tables import contacts, events

QUARTER_MS = 900_000
DAY_MS = 86_400_000

Key = Literal["campaign", "list", "agent", "disposition", "quarter"]
"""What calls are counted by; `quarter` is its number since the epoch."""

_call = attempts.c
_QUARTER = _call.begun_ms // QUARTER_MS
_TALKED = and_(_call.result == "answered", _call.agent.is_not(None))
_KEYS: Mapping[Key, ColumnElement[Any]] = {
    "campaign": _call.campaign,
    "list": _call.list_id,
    "agent": _call.agent,
    "disposition": _call.disposition,
    "quarter": _QUARTER,
}


class Period(NamedTuple):
    """Calls that were begun from `since_ms` until before `until_ms`; of all campaigns, or one."""

    since_ms: int
    until_ms: int
    campaign: str | None = None


class Which(NamedTuple):
    """Calls of a site that were begun in a period; `campaigns` are all of which there are any, or
    the one that is asked for. They are named, since an index has the calls of each by time."""

    site: str
    period: Period
    campaigns: Sequence[str]

    @property
    def ours(self) -> ColumnElement[bool]:
        """The condition."""
        since_ms, until_ms, _ = self.period
        begun = and_(_call.begun_ms >= since_ms, _call.begun_ms < until_ms)
        return and_(_call.site == self.site, _call.campaign.in_(self.campaigns), begun)


async def campaigns_called(connection: AsyncConnection) -> list[str]:
    """The names of all campaigns with any call, of whatever site: from one to the next in the
    index, which has a million calls of each."""
    named = select(func.min(_call.campaign).label("name")).cte("named", recursive=True)
    later = select(func.min(_call.campaign)).where(_call.campaign > named.c.name)
    each = named.union_all(select(later.scalar_subquery()).where(named.c.name.is_not(None)))
    found = await connection.scalars(select(each.c.name).where(each.c.name.is_not(None)))
    return list(found)


def calls_by_quarter(which: Which, key: Key) -> Select[Any]:
    """By campaign, key (`of`) and quarter; those without such a key are in none."""
    of, talk_ms = _KEYS[key], contacts.c.talk_ms
    figures = (
        func.count().label("calls"),
        _number_of(_call.result.is_(None)).label("under_way"),
        *(_number_of(_call.result == name).label(name) for name in RESULTS),
        _number_of(_TALKED).label("talks"),
        func.count(talk_ms).label("timed"),
        func.coalesce(func.sum(talk_ms), 0).label("talk_ms"),
    )
    talks = attempts.outerjoin(contacts, and_(contacts.c.id == _call.id, _TALKED))
    by = _call.campaign.label("campaign"), of.label("of"), _QUARTER.label("quarter")
    query = select(*by, *figures).select_from(talks).where(which.ours, of.is_not(None))
    return query.group_by(_call.campaign, of, _QUARTER)


def calls(which: Which, key: Key) -> Select[Any]:
    """By campaign and key; last, how many quarters have any."""
    in_quarters = calls_by_quarter(which, key).subquery()
    of = in_quarters.c.campaign, in_quarters.c.of
    figures = [each for each in in_quarters.c if each.name not in ("campaign", "of", "quarter")]
    return select(*of, *map(func.sum, figures), func.count()).group_by(*of)


def wrap_ups_by_quarter(which: Which, key: Key) -> Select[Any]:
    """By campaign, key and the quarter of the call: how many, and how long in all."""
    each = _wrap_ups(which, key)
    return _summed(each, each.c.campaign, each.c.of, each.c.quarter)


def wrap_ups(which: Which, key: Key) -> Select[Any]:
    """By campaign and key: how many, and how long in all."""
    each = _wrap_ups(which, key)
    return _summed(each, each.c.campaign, each.c.of)


def results(which: Which) -> Select[Any]:
    """By campaign, quarter and result, of calls that a person has answered, or that are over."""
    known = or_(_call.result.is_not(None), _call.answered_ms.is_not(None))
    by = _call.campaign, _QUARTER, _call.result
    return select(*by, func.count()).where(which.ours, known).group_by(*by)


def _summed(each: CTE, *by: ColumnElement[Any]) -> Select[Any]:
    figures = func.count(each.c.contact.distinct()), func.sum(each.c.ms)
    return select(*by, *figures).where(each.c.ms.is_not(None)).group_by(*by)


def _wrap_ups(which: Which, key: Key) -> CTE:
    """From the state that says so to the agent's next one."""
    of, begun = _KEYS[key], _wrap_ups_begun(which.period)
    next_ms = _next_state(begun, events.alias("after"))
    by = _call.campaign.label("campaign"), of.label("of"), _QUARTER.label("quarter")
    return (
        select(*by, begun.c.contact)
        .add_columns((next_ms - begun.c.at_ms).label("ms"))
        .select_from(begun.join(attempts, _call.id == begun.c.contact))
        .where(which.ours, of.is_not(None))
        .cte("each")
        .prefix_with("MATERIALIZED")  # or each next state is looked for twice
    )


def _wrap_ups_begun(period: Period) -> CTE:
    """Materialized, or for each call SQLite looks through all events of the period."""
    column = events.c
    theirs = (
        column.kind == EventKind.STATE,
        column.detail == AgentState.WRAP_UP,
        or_(column.reason.is_(None), column.reason != CONSULT),
        column.at_ms >= period.since_ms,
        column.at_ms < period.until_ms + DAY_MS,
    )
    found = select(column.at_ms, column.number, column.agent, column.contact).where(*theirs)
    return found.cte("begun").prefix_with("MATERIALIZED")


def _next_state(begun: FromClause, after: FromClause) -> ColumnElement[int]:
    """When the agent's next state began; of two at one time the later told is the next."""
    later = or_(after.c.at_ms > begun.c.at_ms, after.c.number > begun.c.number)
    of_agent = after.c.kind == EventKind.STATE, after.c.agent == begun.c.agent
    query = select(after.c.at_ms).where(*of_agent, after.c.at_ms >= begun.c.at_ms, later)
    return query.order_by(after.c.at_ms).limit(1).scalar_subquery()


def _number_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
