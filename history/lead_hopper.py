"""Who is called next, and what came of it: each method is one transaction, so one atomic step.

Several engines share it. A lead is held by one of them or by none; it is `dialing` from before its
phone rings, with an attempt that says so, until its end is written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, exists, func, insert, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from config.registers import OWN
from history.connection import failing, open_engine
from history.database import insert_new
from history.lead_reading import leads_of, placed
from history.lead_rows import LeadRow, NumberRow
from history.lead_tables import (
    READY,
    attempts,
    do_not_call,
    lead_lists,
    lead_numbers,
    leads,
    list_facets,
)

SHUFFLE, SHUFFLED = 2_654_435_761, 1 << 32

_ORDERS: Mapping[str, Any] = {
    "fewest_attempts": leads.c.tries,
    "longest_ago": leads.c.last_ms.asc().nulls_first(),
    "first_imported": leads.c.id,
    "last_imported": leads.c.id.desc(),
    "random": leads.c.id * SHUFFLE % SHUFFLED,
}


class LeftRow(NamedTuple):
    """A lead whom an engine was calling that died. `answered_ms`, `agent`: of a conversation;
    `said`: as of an `AttemptRow`."""

    lead: LeadRow
    answered_ms: int | None
    agent: str | None
    said: Mapping[str, Any] | None


class Claim(NamedTuple):
    """Leads that an engine wants in its hopper: of these lists, at these places."""

    lists: Sequence[int]
    order: Sequence[str]
    limit: int
    by: str
    until_ms: int
    places: Collection[str] | None = None
    """None: at any."""

    conditions: Sequence[ColumnElement[bool]] = ()

    def only(self, condition: ColumnElement[bool], limit: int) -> Claim:
        """Those alone, and so many."""
        return self._replace(conditions=(*self.conditions, condition), limit=limit)

    def at_most(self, limit: int) -> Claim:
        """So many of them."""
        return self._replace(limit=limit)


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """A call to a number of a lead. `evidence`: why it was permitted. `result` None: it is under
    way, or was when its engine was lost. `said`: an agent's word of it, until its end is written:
    `disposition`, `call_back_ms`, `agent` and `never_again`."""

    id: str
    site: str
    node: str
    campaign: str
    list_id: int
    lead_id: int
    position: int
    number: str = field(repr=False)
    begun_ms: int
    evidence: Mapping[str, Any] = field(default_factory=dict, repr=False)
    agent: str | None = None
    contact_id: str | None = None
    answered_ms: int | None = None
    ended_ms: int | None = None
    result: str | None = None
    disposition: str | None = None
    caller_id: str | None = field(default=None, repr=False)
    trunk: str | None = None
    said: Mapping[str, Any] | None = field(default=None, repr=False)


class Ending(NamedTuple):
    """How an attempt ended, and what of its lead and numbers is so from then on."""

    attempt: str
    lead_id: int
    result: str
    ended_ms: int
    lead: Mapping[str, Any]
    numbers: Sequence[NumberRow]
    answered_ms: int | None = None
    disposition: str | None = None
    contact_id: str | None = None
    agent: str | None = None
    never_again: str | None = None
    """A number that asked not to be called any more."""
    left_ms: int | None = None
    """When another node has ended it, as its engine was lost."""


class HopperStore:
    """The leads of one site as engines call them. Raises DatabaseAway, RecordRefused."""

    def __init__(self, url: str, site: str, node: str) -> None:
        self._engine = open_engine(url)
        self._site, self._node = site, node
        self._never_again = insert_new(self.dialect, do_not_call)

    @property
    def dialect(self) -> str:
        """sqlite or postgresql, for `lead_filter`."""
        return self._engine.dialect.name

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def lists(self, names: Collection[str]) -> dict[str, int]:
        """The ids of lists by their names."""
        column = lead_lists.c
        query = select(column.name, column.id).where(
            column.site == self._site, column.name.in_(names)
        )
        with failing():
            async with self._engine.connect() as connection:
                return {row.name: row.id for row in await connection.execute(query)}

    async def claim(self, claim: Claim, now_ms: int) -> Sequence[LeadRow]:
        """The first that are ready, due and wanted, now held: nobody else has them. In no order.

        Of a million, one by one, in the campaign's usual order: the index has them so.
        """
        column = leads.c
        wanted: list[Any] = [column.list_id.in_(claim.lists), READY, column.due_ms <= now_ms]
        if claim.places is not None:
            wanted.append(column.place.in_(claim.places))
        order = (column.rank, *(_ORDERS[name] for name in claim.order), column.id)
        first = select(column.id).where(*wanted, *claim.conditions).order_by(*order)
        # Materialized: PostgreSQL may ask a subquery again for each row, and finds others each
        # time, since those that it has locked are skipped.
        some = first.limit(claim.limit).with_for_update(skip_locked=True).cte("some")
        found = some.prefix_with("MATERIALIZED")
        take = update(leads).where(column.id.in_(select(found.c.id)), READY)
        held = {"state": "held", "lease_by": claim.by, "lease_until_ms": claim.until_ms}
        with failing():
            async with self._engine.begin() as connection:
                rows = await connection.execute(take.values(held).returning(column.id))
                return await leads_of(connection, [row.id for row in rows])

    async def renew(self, by: str, until_ms: int) -> None:
        """This run is there: what it holds and dials stays with it."""
        await self._change(
            update(leads).where(leads.c.lease_by == by).values(lease_until_ms=until_ms)
        )

    async def put_back(self, due_ms: Mapping[int, int], by: str) -> None:
        """Held leads that are not called now: when they are due, by their ids."""
        with failing():
            async with self._engine.begin() as connection:
                for lead_id, at_ms in due_ms.items():
                    ours = leads.c.id == lead_id, leads.c.lease_by == by, leads.c.state == "held"
                    free = {**_FREE, "state": "ready", "due_ms": at_ms}
                    await connection.execute(update(leads).where(*ours).values(free))

    async def release(self, by: str) -> None:
        """All that this run holds goes back; what it dials does not."""
        ours = leads.c.lease_by == by, leads.c.state == "held"
        await self._change(update(leads).where(*ours).values({**_FREE, "state": "ready"}))

    async def release_left(self, prefix: str) -> None:
        """All that runs held whose names begin so, and which are dead, goes back; what they dialed
        does not."""
        column, of_list = leads.c, lead_lists.c
        ours = exists().where(of_list.id == column.list_id, of_list.site == self._site)
        theirs = func.substr(column.lease_by, 1, len(prefix)) == prefix
        # By the index of leases: of a million leads few are held.
        held = column.lease_until_ms > 0, theirs, column.state == "held", ours
        await self._change(update(leads).where(*held).values({**_FREE, "state": "ready"}))

    async def lapsed(self, campaign: str, now_ms: int) -> Sequence[LeftRow]:
        """What engines that died have left: held leads go back at once; those that the campaign
        was calling are told, and are to be ended."""
        lists = select(lead_lists.c.id).where(lead_lists.c.site == self._site)
        over = and_(leads.c.lease_until_ms <= now_ms, leads.c.list_id.in_(lists))
        back = update(leads).where(over, leads.c.state == "held")
        called = leads.c.attempt_id == attempts.c.id, attempts.c.campaign == campaign
        known = attempts.c.answered_ms, attempts.c.agent, attempts.c.said
        query = select(leads.c.id, *known).join(attempts, and_(*called))
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(back.values({**_FREE, "state": "ready"}))
                found = await connection.execute(query.where(over, leads.c.state == "dialing"))
                left = {row.id: row for row in found}
                rows = await leads_of(connection, list(left))
        return [LeftRow(row, *left[row.id][1:]) for row in rows]

    async def adopt(
        self, attempt_ids: Collection[str], by: str, until_ms: int
    ) -> Sequence[LeadRow]:
        """Leads whose calls an earlier run has placed, and which are up: this run's from now on."""
        column = leads.c
        theirs = column.attempt_id.in_(attempt_ids), column.state == "dialing"
        take = update(leads).where(*theirs).values(lease_by=by, lease_until_ms=until_ms)
        with failing():
            async with self._engine.begin() as connection:
                rows = await connection.execute(take.returning(column.id))
                return await leads_of(connection, [row.id for row in rows])

    async def places(self, names: Collection[str]) -> Sequence[str]:
        """Where the leads of these lists may be."""
        column = list_facets.c
        query = select(column.value).join(lead_lists, lead_lists.c.id == column.list_id)
        ours = lead_lists.c.site == self._site, lead_lists.c.name.in_(names)
        with failing():
            async with self._engine.connect() as connection:
                found = await connection.scalars(
                    query.where(*ours, column.kind == "place").distinct()
                )
                return list(found)

    async def begin(self, attempt: AttemptRow, known: LeadRow, by: str) -> bool:
        """About to dial: written before it is. False, and nobody is to be called, when the lead is
        not held by this run any more or says now that it is elsewhere than ``known``, by which the
        law was asked, or its number has just come to the site's own register."""
        column, register = leads.c, do_not_call.c
        listed = exists().where(
            register.site == self._site,
            register.number == attempt.number,
            register.register == OWN,
            register.until_ms.is_(None),
        )
        ours = (
            column.id == attempt.lead_id,
            column.state == "held",
            column.lease_by == by,
            column.lease_until_ms > attempt.begun_ms,
            column.zone.is_not_distinct_from(known.zone),
            column.part.is_not_distinct_from(known.part),
            ~listed,
        )
        dialing = {"state": "dialing", "attempt_id": attempt.id, "last_ms": attempt.begun_ms}
        dialing |= {"position": attempt.position}
        of_number = lead_numbers.c
        number = update(lead_numbers).where(
            of_number.lead_id == attempt.lead_id, of_number.position == attempt.position
        )
        with failing():
            async with self._engine.begin() as connection:
                take = update(leads).where(*ours).values(**dialing, tries=column.tries + 1)
                if not (await connection.execute(take)).rowcount:
                    return False
                tried = {"tries": of_number.tries + 1, "last_ms": attempt.begun_ms}
                await connection.execute(number.values(tried))
                await connection.execute(insert(attempts).values(asdict(attempt)))
        return True

    async def unmake(self, attempt: str, lead: LeadRow, position: int, due_ms: int) -> bool:
        """A call that was written and then not made: its lead is as ``lead`` was before, and due
        then. False where there is no such call any more."""
        column, of_number = leads.c, lead_numbers.c
        before = next(number for number in lead.numbers if number.position == position)
        ready = {**_FREE, "state": "ready", "due_ms": due_ms}
        ready |= {"tries": lead.tries, "last_ms": lead.last_ms, "position": lead.position}
        ours = column.id == lead.id, column.attempt_id == attempt, column.state == "dialing"
        number = of_number.lead_id == lead.id, of_number.position == position
        untried = {"tries": before.tries, "last_ms": before.last_ms}
        with failing():
            async with self._engine.begin() as connection:
                done = await connection.execute(update(leads).where(*ours).values(placed(ready)))
                if not done.rowcount:
                    return False
                await connection.execute(update(lead_numbers).where(*number).values(untried))
                await connection.execute(delete(attempts).where(attempts.c.id == attempt))
        return True

    async def end(self, ending: Ending) -> bool:
        """What came of an attempt; False when that is written already. Who asked not to be called
        any more has asked it either way, and the call is over either way."""
        lead = leads.c.id == ending.lead_id, leads.c.attempt_id == ending.attempt
        after = update(leads).where(*lead, leads.c.state == "dialing")
        names = "result", "ended_ms", "answered_ms", "disposition", "contact_id", "left_ms"
        told = {name: getattr(ending, name) for name in names} | {"said": None}
        with failing():
            async with self._engine.begin() as connection:
                if ending.never_again is not None:
                    by = ending.agent or self._node
                    await self._asked(connection, ending.attempt, ending.ended_ms, by)
                values = {**_FREE, **placed(ending.lead), "updated_ms": ending.ended_ms}
                attempt = update(attempts).where(attempts.c.id == ending.attempt)
                if not (await connection.execute(after.values(values))).rowcount:
                    left = attempt.where(attempts.c.left_ms.is_not(None))
                    await connection.execute(left.values(left_ms=ending.left_ms))
                    return False
                await connection.execute(attempt.values(told | _agent(ending)))
                await _put_numbers(connection, ending)
        return True

    async def never_again(self, attempt: str, at_ms: int) -> bool:
        """Who was called in this attempt, which may have ended long ago, asked not to be called any
        more; False where there is no such attempt."""
        with failing():
            async with self._engine.begin() as connection:
                return await self._asked(connection, attempt, at_ms, self._node)

    async def _asked(self, connection: AsyncConnection, attempt: str, at_ms: int, by: str) -> bool:
        """A person objects, not a number (GDPR, article 21(2)): all of the lead's are listed."""
        which = attempts.c.id == attempt
        dialed = select(attempts.c.number).where(which)
        others = select(lead_numbers.c.number).join(
            attempts, attempts.c.lead_id == lead_numbers.c.lead_id
        )
        numbers = (await connection.scalars(union(dialed, others.where(which)))).all()
        asked = {
            "site": self._site,
            "register": OWN,
            "since_ms": at_ms,
            "seen_ms": at_ms,
            "source": OWN,
            "by": by,
            "note": f"asked in {attempt}",
        }
        if numbers:
            await connection.execute(self._never_again, [asked | {"number": n} for n in numbers])
        return bool(numbers)

    async def _change(self, query: Any) -> None:
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(query)


_FREE: Mapping[str, Any] = {"lease_by": None, "lease_until_ms": None, "attempt_id": None}


def _agent(ending: Ending) -> dict[str, Any]:
    return {} if ending.agent is None else {"agent": ending.agent}


async def _put_numbers(connection: AsyncConnection, ending: Ending) -> None:
    column = lead_numbers.c
    for number in ending.numbers:
        one = column.lead_id == ending.lead_id, column.position == number.position
        values = {
            "results": dict(number.results),
            "due_ms": number.due_ms,
            "closed": number.closed,
        }
        await connection.execute(update(lead_numbers).where(*one).values(values))
