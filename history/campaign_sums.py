"""What became of campaigns' calls, summed once for each day that is over: a report adds up some
thousands of sums, and counts the calls of today.

A day is one of UTC. It is summed when it has been over for some hours and none of its calls is
under way. What the history is told of it later takes its sums out of use, and it is summed anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    Insert,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from history.campaign_counting import (
    DAY_MS,
    QUARTER_MS,
    Key,
    Period,
    Which,
    calls_by_quarter,
    campaigns_called,
    wrap_ups_by_quarter,
)
from history.codec import Values
from history.connection import failing, open_engine
from history.events import EventKind, EventRow
from history.lead_tables import SUMS, attempts, call_sums, summed_days
from history.tables import events

OVER_MS = 6 * 3_600_000
"""So long after its end a day is summed: a call that was begun in it may be talked on."""
_DAY = DAY_MS // QUARTER_MS
_BY: tuple[Key, ...] = ("campaign", "list", "agent", "disposition")
_call, _sum = attempts.c, call_sums.c
_IS_OPEN = select(_call.begun_ms).where(_call.result.is_(None))
_Span = tuple[int, int]
_LOCK = text(f"LOCK TABLE {summed_days.name} IN SHARE ROW EXCLUSIVE MODE")
_LOCK_WAIT = text("SET LOCAL lock_timeout = '2s'")
"""Others who write wait behind it; an hour later there is another look."""


class Parts(NamedTuple):
    """A period: the quarters that are summed, each span from its first until before its last, and
    what is counted."""

    summed: Sequence[_Span]
    counted: Sequence[Period]


def parted(period: Period, days: Iterable[int]) -> Parts:
    """With these days summed. A quarter that the period cuts is counted."""
    first, end = -(-period.since_ms // QUARTER_MS), period.until_ms // QUARTER_MS
    each = ((max(first, day * _DAY), min(end, (day + 1) * _DAY)) for day in sorted(days))
    summed = _joined(span for span in each if span[0] < span[1])
    cuts = [period.since_ms, *(quarter * QUARTER_MS for span in summed for quarter in span)]
    gaps = zip(cuts[::2], [*cuts[1::2], period.until_ms], strict=True)
    return Parts(summed, [period._replace(since_ms=a, until_ms=b) for a, b in gaps if a < b])


def _joined(spans: Iterable[_Span]) -> Sequence[_Span]:
    joined: list[_Span] = []
    for first, end in spans:
        if joined and joined[-1][1] == first:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((first, end))
    return joined


async def days_summed(connection: AsyncConnection, site: str, period: Period) -> list[int]:
    """Those of a period."""
    day = summed_days.c.day
    within = day >= period.since_ms // DAY_MS, day <= period.until_ms // DAY_MS
    ready = summed_days.c.site == site, summed_days.c.counting.is_(None)
    found = await connection.scalars(select(day).where(*ready, *within))
    return list(found)


async def out_of_use(
    connection: AsyncConnection, calls: Collection[str], states: Sequence[EventRow]
) -> None:
    """Something is told of contacts, which may be calls, and of agents: a state may end the wrap-up
    of the call that the agent had in hand before, however long ago it was."""
    in_hand = {row.contact for row in states if row.contact is not None}
    told = in_hand.union(calls)
    if told:
        day = select(_call.begun_ms // DAY_MS).where(_call.id.in_(told))
        await connection.execute(delete(summed_days).where(summed_days.c.day.in_(day)))
    if states:
        places = [{"of": row.agent, "told": row.at_ms, "place": row.number} for row in states]
        await connection.execute(_BEFORE_A_STATE, places)


def _before_a_state() -> Delete:
    """The day of the call that the agent `of` had in hand before a state."""
    column, told = events.c, bindparam("told", type_=BigInteger)
    earlier = or_(column.at_ms < told, column.number < bindparam("place"))
    of_agent = column.kind == EventKind.STATE, column.agent == bindparam("of")
    last = select(column.contact).where(*of_agent, column.at_ms <= told, earlier)
    newest = last.order_by(column.at_ms.desc(), column.number.desc()).limit(1)
    day = select(_call.begun_ms // DAY_MS).where(_call.id == newest.scalar_subquery())
    return delete(summed_days).where(summed_days.c.day == day.scalar_subquery())


def sums_of(
    site: str, campaign: str | None, spans: Sequence[_Span], key: Key, names: Sequence[str]
) -> Select[Any]:
    """By campaign and key: those of `SUMS` that are named, and of how many quarters."""
    of = _sum.quarter if key == "quarter" else _sum.name
    by = "campaign" if key == "quarter" else key
    figures = (func.sum(_sum[name]) for name in names)
    wanted = and_(_sum.site == site, _sum.by == by, _within(spans))
    if campaign is not None:
        wanted = and_(wanted, _sum.campaign == campaign)
    return (
        select(_sum.campaign, of, *figures, func.count()).where(wanted).group_by(_sum.campaign, of)
    )


def _within(spans: Sequence[_Span]) -> ColumnElement[bool]:
    return or_(*(and_(_sum.quarter >= first, _sum.quarter < end) for first, end in spans))


class CallSums:
    """Of one site. Raises DatabaseAway."""

    def __init__(self, url: str, site: str) -> None:
        self._engine = open_engine(url)
        self._site = site
        self._enter = _entering(self._engine.dialect.name)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def due(self, now_ms: int) -> Sequence[int]:
        """The days that can be summed and are not, the oldest first. The first call, and those that
        are up, are looked for among all sites': each is one look into an index."""
        over = (now_ms - OVER_MS) // DAY_MS
        with failing():
            async with self._engine.connect() as connection:
                oldest = await self._oldest(connection)
                if oldest is None:
                    return []
                days = Period(oldest * DAY_MS, over * DAY_MS)
                known = await days_summed(connection, self._site, days)
                begun = await connection.scalars(_IS_OPEN)
                left_out = {*known, *(at_ms // DAY_MS for at_ms in begun)}
        return [day for day in range(oldest, over) if day not in left_out]

    async def _oldest(self, connection: AsyncConnection) -> int | None:
        """The day of the first call."""
        begun = []
        for campaign in await campaigns_called(connection):
            first = select(func.min(_call.begun_ms)).where(_call.campaign == campaign)
            begun.append(await connection.scalar(first))
        return min((at_ms // DAY_MS for at_ms in begun if at_ms is not None), default=None)

    async def sum_up(self, day: int) -> bool:
        """All of it or nothing; False when another engine does it, or something was told of it
        meanwhile."""
        first = day * _DAY
        ours = _sum.site == self._site, _sum.quarter >= first, _sum.quarter < first + _DAY
        with failing():
            entry = await self._entered(day)
            if entry is None:
                return False
            rows = await self._counted(Period(day * DAY_MS, (day + 1) * DAY_MS))
            async with self._engine.begin() as connection:
                still = summed_days.c.day == day, summed_days.c.counting == entry
                ready = update(summed_days).where(*still).values(counting=None)
                if not (await connection.execute(ready)).rowcount:
                    return False
                await connection.execute(delete(call_sums).where(*ours))
                if rows:
                    await connection.execute(insert(call_sums), rows)
        return True

    async def _entered(self, day: int) -> str | None:
        """The name of our entry of a day; None where its sums are there. An entry whose engine has
        not come to an end with it is taken over.

        Whoever tells something of the day takes the entry out, or has committed before there is
        one: SQLite has one writer at a time, and PostgreSQL's lock waits for those that have looked
        for entries (`out_of_use`), and keeps others from it.
        """
        name = uuid4().hex
        async with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(_LOCK_WAIT)
                await connection.execute(_LOCK)
            entry = {"day": day, "site": self._site, "counting": name}
            entered = await connection.scalar(self._enter, entry)
        return None if entered is None else name

    async def _counted(self, period: Period) -> list[Values]:
        rows: dict[tuple[Any, ...], Values] = {}
        async with self._engine.connect() as connection:
            which = Which(self._site, period, await campaigns_called(connection))
            for by in _BY:
                for row in await connection.execute(calls_by_quarter(which, by)):
                    rows[by, *row[:3]] = self._row(by, row._mapping)
                for *place, wrap_ups, ms in await connection.execute(
                    wrap_ups_by_quarter(which, by)
                ):
                    rows[by, *place] |= {"wrap_ups": int(wrap_ups), "wrap_up_ms": int(ms)}
        return list(rows.values())

    def _row(self, by: Key, counted: RowMapping) -> Values:
        figures = {name: int(counted.get(name, 0)) for name in SUMS}
        place = {"quarter": counted["quarter"], "campaign": counted["campaign"]}
        return {"site": self._site, "by": by, **place, "name": str(counted["of"]), **figures}


def _entering(dialect: str) -> Insert:
    """Gives the day, unless its sums are there."""
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    new = make(summed_days)
    column = summed_days.c
    return new.on_conflict_do_update(
        index_elements=summed_days.primary_key.columns,
        set_={"counting": new.excluded.counting},
        where=column.counting.is_not(None),
    ).returning(column.day)


_BEFORE_A_STATE = _before_a_state()
