"""What campaigns that are dialed keep beside their leads: what became of their calls, which numbers
they showed, who was told to start or pause, and which nodes dial."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Insert, bindparam, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from history.connection import failing, open_engine
from history.database import upsert
from history.lead_hopper import AttemptRow
from history.lead_rows import Refused
from history.lead_tables import (
    attempts,
    campaign_orders,
    dialing_nodes,
    lead_lists,
    leads,
    refusals,
)
from history.leads import attempt_of

UNDER_WAY = "under_way"
COUNTED = 10_000
"""Leads that are left are counted so far; more are "at least" so many."""


class ResultCount(NamedTuple):
    """So many calls of a node ended so; `result` None: they are with an agent or a flow,
    `UNDER_WAY`: nobody has answered yet."""

    node: str
    result: str | None
    calls: int


class LeftCount(NamedTuple):
    """So many leads of a list are left, whose next numbers are at this place."""

    list_name: str
    place: str
    leads: int


class NodeRow(NamedTuple):
    """What a node has said last; `seen_ms` is another each time. `said` None: by an engine that did
    not know of this."""

    node: str
    seen_ms: int
    said: Mapping[str, Any] | None


class Order(NamedTuple):
    """What somebody said of a campaign: start, pause or stop. `paused_in_file` is what the site's
    file said then."""

    campaign: str
    state: str
    by: str
    at_ms: int
    paused_in_file: bool


class DialingStore:
    """Of one site, as one node sees it. Raises DatabaseAway, RecordRefused."""

    def __init__(self, url: str, site: str, node: str) -> None:
        self._engine = open_engine(url)
        self._site, self._node = site, node
        self._give = upsert(self._engine.dialect.name, campaign_orders)
        self._refuse = _counted_on(self._engine.dialect.name)
        self._see = upsert(self._engine.dialect.name, dialing_nodes)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def results(
        self, campaign: str, since_ms: int, until_ms: int, doubtful_ms: int
    ) -> Sequence[ResultCount]:
        """What became of the calls that were begun in a time, by node; of those that nobody has
        answered yet only the ones that were begun before ``doubtful_ms``."""
        column = attempts.c
        begun = column.begun_ms >= since_ms, column.begun_ms < until_ms
        is_open = column.result.is_(None) & column.answered_ms.is_(None)
        result = case((is_open, UNDER_WAY), else_=column.result).label("came_to")
        wanted = ~is_open | (column.begun_ms < doubtful_ms)
        query = select(column.node, result, func.count()).where(
            column.site == self._site, column.campaign == campaign, *begun, wanted
        )
        with failing():
            async with self._engine.connect() as connection:
                rows = await connection.execute(query.group_by(column.node, result))
                return [ResultCount(*row) for row in rows]

    async def shown(self, numbers: Collection[str], since_ms: int) -> Mapping[str, int]:
        """How often each of these numbers was shown since then, by calls of all campaigns, also of
        those that the site has no more, on all nodes."""
        column = attempts.c
        query = select(column.caller_id, func.count()).where(
            column.site == self._site,
            column.caller_id.in_(numbers),
            column.begun_ms >= since_ms,
        )
        with failing():
            async with self._engine.connect() as connection:
                rows = await connection.execute(query.group_by(column.caller_id))
                return {row[0]: row[1] for row in rows}

    async def refused(self, found: Sequence[Refused]) -> None:
        """Calls that were not made: each counts by its rules, and its lead has the last."""
        counts: Counter[tuple[str, str, str]] = Counter()
        last = {each.lead_id: each for each in found}
        for each in found:
            counts.update((each.campaign, each.day, rule) for rule in each.rules)
        at_ms = max(each.at_ms for each in found)
        values = [
            {
                "site": self._site,
                **dict(zip(("campaign", "day", "rule"), key, strict=True)),
                "refusals": times,
                "last_ms": at_ms,
            }
            for key, times in sorted(counts.items())
        ]
        tell = update(leads).where(leads.c.id == bindparam("of"))
        of_leads = [{"of": id_, "told": each.told()} for id_, each in sorted(last.items())]
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(self._refuse, values)
                await connection.execute(tell.values(refused=bindparam("told")), of_leads)

    async def under_way(self) -> Sequence[AttemptRow]:
        """The calls of this node whose end is not written."""
        column = attempts.c
        ours = column.site == self._site, column.node == self._node, column.result.is_(None)
        with failing():
            async with self._engine.connect() as connection:
                rows = await connection.execute(select(attempts).where(*ours))
                return [attempt_of(row._mapping) for row in rows]

    async def lines_of(self, calls: Collection[str]) -> Mapping[str, tuple[str, str]]:
        """The campaign and the trunk of each of these calls, whatever has come of them."""
        column = attempts.c
        query = select(column.id, column.campaign, column.trunk)
        ours = column.site == self._site, column.id.in_(calls), column.trunk.is_not(None)
        with failing():
            async with self._engine.connect() as connection:
                rows = await connection.execute(query.where(*ours))
                return {row.id: (row.campaign, row.trunk) for row in rows}

    async def lines_left(
        self, nodes: Collection[str], unanswered_ms: int, answered_ms: int
    ) -> Mapping[tuple[str, str], int]:
        """How many lines of each trunk calls of each campaign may have that other nodes had placed
        than these, who are gone; begun after these moments, as somebody had talked to them or
        not."""
        column = attempts.c
        wanted = column.site, column.campaign, column.trunk, column.answered_ms, column.begun_ms
        theirs = select(*wanted).where(column.node.not_in(nodes))
        # One by one, and by nothing else: so the indexes are used that have these few alone.
        queries = [theirs.where(column.result.is_(None)), theirs.where(column.left_ms.is_not(None))]
        with failing():
            async with self._engine.connect() as connection:
                rows = [row for query in queries for row in await connection.execute(query)]
        return Counter(
            (row.campaign, row.trunk)
            for row in rows
            if row.site == self._site and row.trunk is not None
            if row.begun_ms > (unanswered_ms if row.answered_ms is None else answered_ms)
        )

    async def back(self) -> None:
        """This node's engine is back, and tells itself which of its calls are up."""
        column = attempts.c
        ours = column.site == self._site, column.node == self._node, column.left_ms.is_not(None)
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(update(attempts).where(*ours).values(left_ms=None))

    async def connected(self, attempt: str, answered_ms: int, agent: str | None) -> None:
        """A call's person talks to somebody: should this engine be lost, that is known."""
        column = attempts.c
        values = {"answered_ms": answered_ms, "agent": agent}
        of_it = column.id == attempt, column.result.is_(None)
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(update(attempts).where(*of_it).values(values))

    async def said(self, attempt: str, word: Mapping[str, Any]) -> None:
        """What an agent says of a call, the last word alone: should this engine be lost, it holds.
        As `AttemptRow.said`."""
        column = attempts.c
        of_it = column.id == attempt, column.result.is_(None)
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(update(attempts).where(*of_it).values(said=word))

    async def left(
        self, lists: Collection[str], until_ms: int, conditions: Sequence[ColumnElement[bool]] = ()
    ) -> Sequence[LeftCount]:
        """Leads of these lists that are due by then, and so; `COUNTED` in all where there are
        more."""
        column, of_list = leads.c, lead_lists.c
        wanted = of_list.site == self._site, of_list.name.in_(lists)
        some = (
            select(of_list.name, column.place)
            .join(lead_lists, of_list.id == column.list_id)
            .where(*wanted, column.state == "ready", column.due_ms <= until_ms, *conditions)
            .limit(COUNTED)
            .subquery()
        )
        with failing():
            async with self._engine.connect() as connection:
                query = select(some.c.name, some.c.place, func.count())
                rows = await connection.execute(query.group_by(some.c.name, some.c.place))
                return [LeftCount(*row) for row in rows]

    async def orders(self) -> Mapping[str, Order]:
        """What was said last of each campaign."""
        query = select(*(campaign_orders.c[name] for name in Order._fields))
        with failing():
            async with self._engine.connect() as connection:
                found = await connection.execute(query.where(campaign_orders.c.site == self._site))
                return {row.campaign: Order(*row) for row in found}

    async def order(self, order: Order) -> None:
        """Somebody says it."""
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(self._give, {"site": self._site, **order._asdict()})

    async def nodes(self) -> Sequence[NodeRow]:
        """What every node has said last that dials, or did."""
        column = dialing_nodes.c
        query = select(column.node, column.seen_ms, column.said).where(column.site == self._site)
        with failing():
            async with self._engine.connect() as connection:
                return [NodeRow(*row) for row in await connection.execute(query)]

    async def dials(self, now_ms: int, said: Mapping[str, Any]) -> None:
        """This node does, and says so."""
        values = {"site": self._site, "node": self._node, "seen_ms": now_ms, "said": said}
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(self._see, values)

    async def forget_node(self, node: str, seen_ms: int | None = None) -> None:
        """A node does not dial any more; with ``seen_ms`` only if it has not said so since."""
        column = dialing_nodes.c
        its = delete(dialing_nodes).where(column.site == self._site, column.node == node)
        with failing():
            async with self._engine.begin() as connection:
                last = its if seen_ms is None else its.where(column.seen_ms == seen_ms)
                await connection.execute(last)


def _counted_on(dialect: str) -> Insert:
    """So many refusals more."""
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    new = make(refusals)
    more = refusals.c.refusals + new.excluded.refusals
    return new.on_conflict_do_update(
        index_elements=refusals.primary_key.columns,
        set_={"refusals": more, "last_ms": new.excluded.last_ms},
    )
