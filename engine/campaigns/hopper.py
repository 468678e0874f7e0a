"""A campaign's leads on this engine: filled from the database, chosen from memory, and each call
written before it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import uuid4

import structlog
from sqlalchemy import ColumnElement

from engine.campaigns.stored import ending_of, lead_of
from history.errors import DatabaseAway
from history.lead_filter import Condition, clauses, has_number_of
from history.lead_hopper import AttemptRow, Claim, HopperStore
from history.lead_rows import APPOINTMENT, LeadRow
from history.lead_tables import leads
from routing.outbound.leads.following import Ended, callable_ms, end, said_by_default, to_dial
from routing.outbound.leads.hopper import SIZE, Hopper
from routing.outbound.leads.lead import Dialing, Held, Lead, NotPossible, Number, dial
from routing.outbound.leads.leases import LEASE_MS, RENEWED_MS, Lease, runs_of
from routing.outbound.leads.order import key
from routing.outbound.leads.plan import Plan, Result

ROUND_S = 1.0
PROMISED = 20
"""Of those who were promised a call so many at once."""
DRY_MS = 5_000
"""A list that had nobody left is not asked again sooner: it may mean a look at each lead."""
_LATER_MS = 60_000
"""A lead that none of this campaign's numbers suits is left to others for so long."""
log = structlog.get_logger(__name__)
Clock = Callable[[], int]


@dataclass(frozen=True)
class Wants:
    """Which leads a campaign calls: of lists by name, with their priorities."""

    campaign: str
    lists: Mapping[str, int]
    plan: Plan
    order: Sequence[str] = ("fewest_attempts", "first_imported")
    conditions: Sequence[Condition] = ()


class Chosen(NamedTuple):
    """Who is next: a lead that this engine holds, and which of its numbers."""

    lead: Lead
    row: LeadRow
    number: Number


class Placed(NamedTuple):
    """A call that is under way; its lead is `Dialing`."""

    lead: Lead
    row: LeadRow


class Calling(NamedTuple):
    """How a call is made: by whom it is, what it shows, and by which trunk it goes out."""

    agent: str | None = None
    caller_id: str | None = None
    trunk: str | None = None


NOBODY_KEPT = Calling()


class CampaignHopper:
    """``places``: where people may be called at present, None: anywhere; the law is asked again
    for each call. One run of an engine has one ``by``."""

    def __init__(
        self,
        store: HopperStore,
        site: str,
        node: str,
        wants: Wants,
        clock: Clock,
        places: Callable[[], Sequence[str] | None] = lambda: None,
        size: int = SIZE,
    ) -> None:
        self._store, self._site, self._node = store, site, node
        self.wants = wants
        self._clock, self._places = clock, places
        self._by = f"{runs_of(node)}{uuid4().hex[:12]}"
        self._hopper = Hopper(size)
        self._rows: dict[int, LeadRow] = {}
        self._wanted = asyncio.Event()
        self._unfit: dict[int, int] = {}
        self._doubtful: list[Placed] = []
        self._renewed_ms = self._dry_until_ms = 0

    def __len__(self) -> int:
        return len(self._hopper)

    @property
    def _named(self) -> Mapping[str, str]:
        """Whose leads it is about, in the log."""
        return {"site": self._site, "campaign": self.wants.campaign}

    @property
    def wants_more(self) -> bool:
        """Whether it is to be filled before its next round."""
        return self._wanted.is_set()

    def take_wants(self, wants: Wants) -> None:
        """From now on; leads that were held by other wants go back."""
        if wants == self.wants:
            return
        self.wants = wants
        self._unfit |= dict.fromkeys(self._hopper.held(), self._clock())
        self._hopper.drop(self._hopper.held())
        self._rows.clear()
        self._dry_until_ms = 0
        self._wanted.set()

    async def run(self) -> None:
        """Keep it filled, and its leases alive, until cancelled; then give back what it holds."""
        try:
            while True:
                await self._try_round()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wanted.wait(), ROUND_S)
        finally:
            await self._give_back()

    async def _give_back(self) -> None:
        """Else what it holds is free when its lease is over."""
        try:
            await self._store.release(self._by)
        except DatabaseAway as away:
            log.warning("hopper_not_given_back", **self._named, why=away.reason)

    async def _try_round(self) -> None:
        try:
            await self.round()
        except DatabaseAway as away:
            log.warning("hopper_not_filled", **self._named, why=away.reason)

    async def round(self) -> None:
        """Fill what is empty, renew what is held, take up what other engines have left."""
        self._wanted.clear()
        now_ms = self._clock()
        if now_ms - self._renewed_ms >= RENEWED_MS:
            await self._renew(now_ms)
            await self.take_up(now_ms)
        await self._settle(now_ms)
        lists = await self._store.lists(self.wants.lists)
        is_dry = now_ms < self._dry_until_ms
        for priority, names in _by_priority(self.wants.lists):
            ids = [lists[name] for name in names if name in lists]
            if ids:
                await self._fill(ids, priority, now_ms, 0 if is_dry else self._hopper.room)
        if self._hopper.room and not is_dry:
            self._dry_until_ms = now_ms + DRY_MS

    async def _settle(self, now_ms: int) -> None:
        """What was put back goes back, and whoever was not called, as nobody knew whether their
        call was written."""
        while self._doubtful:
            await self._unmake(self._doubtful[0], now_ms)
            await self._store.put_back({self._doubtful[0].lead.id: now_ms}, self._by)
            del self._doubtful[0]
        if unfit := dict(self._unfit):
            await self._store.put_back(unfit, self._by)
            self._unfit = {lead: at for lead, at in self._unfit.items() if unfit.get(lead) != at}

    async def _fill(self, lists: Sequence[int], priority: int, now_ms: int, room: int) -> None:
        """Those that were promised their call do not wait until there is room."""
        claim = self._claim(lists, now_ms)
        promised = leads.c.rank == APPOINTMENT
        rows = await self._store.claim(claim.only(promised, PROMISED), now_ms)
        if room:
            rows = [*rows, *await self._store.claim(claim.at_most(room), now_ms)]
        self._rows |= {row.id: row for row in rows}
        held = [lead_of(row) for row in rows]
        self._hopper.put((key(lead, self.wants.order, priority), lead) for lead in held)

    def _claim(self, lists: Sequence[int], now_ms: int) -> Claim:
        until_ms = now_ms + LEASE_MS
        places, conditions = self._places(), self.conditions()
        return Claim(lists, self.wants.order, 0, self._by, until_ms, places, conditions)

    def conditions(self) -> list[ColumnElement[bool]]:
        """What makes a lead one of this campaign's, beside its list."""
        wants = self.wants
        conditions = clauses(wants.conditions, self._store.dialect)
        if wants.plan.kinds:
            conditions.append(has_number_of(wants.plan.kinds))
        return conditions

    async def _renew(self, now_ms: int) -> None:
        await self._store.renew(self._by, now_ms + LEASE_MS)
        self._renewed_ms = now_ms
        self._hopper.renew(now_ms + LEASE_MS)
        self._rows = {lead_id: self._rows[lead_id] for lead_id in self._hopper.held()}

    def choose(self) -> Chosen | None:
        """Who is called next; None where nobody is. From memory alone."""
        now_ms = self._clock()
        while (lead := self._hopper.take(now_ms)) is not None:
            row = self._rows.pop(lead.id)
            number = to_dial(lead, self.wants.plan, now_ms)
            if number is not None:
                self._ask_for_more(now_ms)
                return Chosen(lead, row, number)
            self._unfit[lead.id] = self._later_ms(lead, now_ms)
        self._ask_for_more(now_ms)
        return None

    def _ask_for_more(self, now_ms: int) -> None:
        if self._hopper.room and now_ms >= self._dry_until_ms:
            self._wanted.set()

    def _later_ms(self, lead: Lead, now_ms: int) -> int:
        """When a lead may be called of which no number is due: the first of its best times."""
        times = (callable_ms(n, now_ms) for n in lead.numbers if n.closed is None)
        return max(min(times, default=0), now_ms + _LATER_MS)

    def leave(self, chosen: Chosen, not_before_ms: int) -> None:
        """As `put_back`, with the next round: whoever says so does not wait for the database."""
        self._unfit[chosen.lead.id] = not_before_ms

    async def put_back(self, chosen: Chosen, not_before_ms: int) -> None:
        """Who was chosen is not called now, but perhaps from then on: the law is against it."""
        await self._store.put_back({chosen.lead.id: not_before_ms}, self._by)

    async def begin(
        self,
        chosen: Chosen,
        evidence: Mapping[str, Any],
        calling: Calling = NOBODY_KEPT,
        attempt: str = "",
    ) -> Placed | None:
        """Write the call that is about to be made. None: it must not be, the lead is another's or
        elsewhere by now, or its number has just come to the site's own register.

        Raises DatabaseAway; then nobody knows whether it is written. It is not made, and a later
        round settles it.
        """
        now_ms, attempt = self._clock(), attempt or uuid4().hex
        try:
            lead = dial(self._renewed(chosen.lead), chosen.number.position, attempt, now_ms)
        except NotPossible:
            return None
        placed = Placed(lead, chosen.row)
        row = AttemptRow(
            id=attempt,
            site=self._site,
            node=self._node,
            campaign=self.wants.campaign,
            list_id=chosen.row.list_id,
            lead_id=lead.id,
            position=chosen.number.position,
            number=chosen.number.number,
            begun_ms=now_ms,
            evidence=evidence,
            contact_id=attempt,
            **calling._asdict(),
        )
        try:
            return placed if await self._store.begin(row, chosen.row, self._by) else None
        except DatabaseAway:
            self._doubtful.append(placed)
            raise

    def _renewed(self, lead: Lead) -> Lead:
        """With its lease as it is by now: this run renews also what was chosen."""
        if not isinstance(lead.state, Held):
            return lead
        until_ms = max(lead.state.lease.until_ms, self._renewed_ms + LEASE_MS)
        return replace(lead, state=replace(lead.state, lease=Lease(self._by, until_ms)))

    async def end(
        self,
        placed: Placed,
        ended: Ended,
        answered_ms: int | None = None,
        left_ms: int | None = None,
    ) -> bool:
        """Write what came of a call, and what follows; False when it is written already.
        ``left_ms``: it is told now for an engine that was lost, and may still be up."""
        ended = said_by_default(self.wants.plan, ended)
        try:
            after = end(placed.lead, self.wants.plan, ended)
        except ValueError as wrong:  # the site has changed since it was said
            log.error("disposition_not_kept", **self._named, lead=placed.lead.id, error=str(wrong))
            ended = replace(ended, disposition=None, call_back_ms=None)
            after = end(placed.lead, self.wants.plan, ended)
        ending = ending_of(placed.lead, after, ended, placed.row)
        return await self._store.end(ending._replace(answered_ms=answered_ms, left_ms=left_ms))

    async def unmake(self, placed: Placed, due_ms: int) -> bool:
        """A call that was begun is not made after all, and counts as none; its lead is due then.
        False: it is not under way. Raises DatabaseAway, and a later round does it."""
        try:
            return await self._unmake(placed, due_ms)
        except DatabaseAway:
            self._doubtful.append(placed)
            raise

    async def _unmake(self, placed: Placed, due_ms: int) -> bool:
        state = placed.lead.state
        if not isinstance(state, Dialing):
            raise NotPossible("unmake", state)
        return await self._store.unmake(state.attempt, placed.row, state.position, due_ms)

    async def adopt(self, attempts: Sequence[str]) -> dict[str, Placed]:
        """Calls of an earlier run that are up are this one's from now on, by their attempts; those
        that are missing had ended meanwhile."""
        rows = await self._store.adopt(attempts, self._by, self._clock() + LEASE_MS)
        return {row.attempt_id or "": Placed(lead_of(row), row) for row in rows}

    async def take_up(self, now_ms: int) -> int:
        """What engines that died were calling ends, as `left_by` says; how many that were."""
        left = await self._store.lapsed(self.wants.campaign, now_ms)
        for row, answered_ms, agent, said in left:
            log.warning("left_call_ended", **self._named, lead=row.id, contact=row.attempt_id)
            over = left_by(answered_ms, agent, said, now_ms)
            await self.end(Placed(lead_of(row), row), over, answered_ms, left_ms=now_ms)
        return len(left)


def left_by(
    answered_ms: int | None, agent: str | None, said: Mapping[str, Any] | None, now_ms: int
) -> Ended:
    """How a call ends whose engine was lost meanwhile: of a conversation is known that there was
    one, and what its agent has ``said`` of it by then; of all else nothing."""
    result = Result.UNKNOWN if answered_ms is None else Result.ANSWERED
    if said is None:
        return Ended(result, now_ms, agent=agent)
    return Ended(result, now_ms, **{**said, "agent": said["agent"] or agent})


def _by_priority(lists: Mapping[str, int]) -> Iterator[tuple[int, list[str]]]:
    """The lists of each priority, the highest first."""
    for priority in sorted(set(lists.values()), reverse=True):
        yield priority, sorted(name for name, each in lists.items() if each == priority)
