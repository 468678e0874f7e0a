"""One call of a campaign, from the choice of its lead until it is dialed.

Whatever takes time comes before the law is asked; it is asked once more after the call was written,
for that takes time, too. What is kept of the number is looked up anew then: of two who are about to
call it, on whatever campaign and node, each has written its call by now, and sees the other's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import uuid4

import msgspec

from config.site import Site
from engine.campaigns.hopper import Calling, CampaignHopper, Chosen, Placed
from engine.campaigns.law import pool_of
from engine.dialing.calls import DialedCall
from engine.dialing.law import InAir, Law, told_by
from engine.dialing.parts import Parts
from engine.dialing.ports import Ready
from engine.dialing.refused import RefusedCalls
from engine.dialing.up import Up
from history.errors import DatabaseAway
from history.lead_rows import LeadRow
from routing.outbound.budget import Budget
from routing.outbound.leads.lead import Held
from routing.outbound.rules.evidence import Decision, Permit, Refusal
from routing.outbound.standing import day_of

FOR_AN_AGENT_MS = 30_000
"""A lead whom only a kept agent may call is looked at again after that."""
NEVER_MS = 86_400_000
"""One whom no time alone makes callable is looked at again the next day: lists change."""
LATER_MS = 60_000
"""One whom nothing can be shown, or said, to."""


class Asking(NamedTuple):
    """How the campaign stands at this moment."""

    budget: Budget
    in_air: InAir
    wanted: bool
    """Whether a call is to be placed at all."""


class Dialed(NamedTuple):
    """A call that is to be dialed now."""

    up: Up
    ready: Ready


class NotCalled(NamedTuple):
    """A lead that is not called, and is back. ``why`` is for people; `by_law`: the law refused."""

    why: str
    by_law: bool = False


NO_LINE = NotCalled("no line is free")
NOT_SHOWN = NotCalled("no number of the pool may be shown any more today")
NOT_PREPARED = NotCalled("the call cannot be prepared")
NOT_OURS = NotCalled(
    "the lead is another's or elsewhere by now, or its number is not to be called any more"
)
NOT_WANTED = NotCalled("no agent is free for it any more, or nobody is to be called now")


@dataclass(slots=True)
class _Try:
    chosen: Chosen
    call: DialedCall
    stands: Callable[[], Asking]
    ready: Ready = None


class Placing:
    """Of one campaign, one call at a time."""

    def __init__(
        self,
        site: Site,
        name: str,
        law: Law,
        hopper: CampaignHopper,
        parts: Parts,
    ) -> None:
        self.blocks: Counter[str] = Counter()
        self.against: set[str] = set()
        """The rules that have refused leads since the last call."""

        self._is_showing = False
        self._hopper, self._name = hopper, name
        self._carrier, self._trunks, self._shown = parts.carrier, parts.trunks, parts.shown
        self._kept, self._refused = parts.kept, RefusedCalls(parts)
        self._clock, self._steady = parts.clock, parts.steady
        self.take_site(site, law)

    def take_site(self, site: Site, law: Law) -> None:
        """From now on."""
        self._site, self._law, self._pool = site, law, pool_of(site, self._name)

    @property
    def has_number_to_show(self) -> bool:
        """Whether any of the pool may be shown to anybody today; one is that is chosen for the call
        that is about to be made, and counts already."""
        return self._is_showing or any(
            each.per_day is None or self._shown.times(each.number) < each.per_day
            for each in self._pool
        )

    async def look_ahead(self, chosen: Chosen, stands: Callable[[], Asking]) -> Decision | None:
        """What the law says of a call to this lead, were it made now; one that it refuses counts,
        and is back until it may be called. None: none is wanted. Raises DatabaseAway."""
        caller_id = self._shown.next(self._pool, chosen.number.number)
        if caller_id is None:
            return None
        decision = await self._decided(chosen, caller_id, "", stands)
        if isinstance(decision, Refusal):
            self._not_now(chosen, decision)
        return decision

    async def begin(
        self, chosen: Chosen, stands: Callable[[], Asking], agent: str | None = None
    ) -> Dialed | NotCalled:
        """A call to this lead, written and to be dialed at once. ``stands`` is asked whenever time
        may have gone by, ``agent`` is who is kept for it by name. Raises DatabaseAway."""
        trunk = self._trunks.first(self._name, self._steady())
        if trunk is None:
            self._hopper.leave(chosen, self._clock())
            return NO_LINE
        caller_id = self._shown.choose(self._pool, chosen.number.number)
        if caller_id is None:
            self._leave(chosen, "caller_ids")
            return NOT_SHOWN
        dialed: Dialed | NotCalled | None = None
        self._is_showing = True
        try:
            call = self._call(chosen, caller_id, trunk, agent or _promised(chosen))
            dialed = await self._try(_Try(chosen, call, stands))
        except DatabaseAway:
            self._hopper.leave(chosen, self._clock())
            raise
        finally:
            self._is_showing = False
            if not isinstance(dialed, Dialed):
                self._shown.give_back(caller_id)
        return dialed

    async def _try(self, one: _Try) -> Dialed | NotCalled:
        one.ready = await self._carrier.prepare(one.call)
        if one.ready is None:
            self._leave(one.chosen, "not_prepared")
            return NOT_PREPARED
        decision = await self._decided_of(one)
        now_ms, call = self._clock(), one.call
        if not isinstance(decision, Permit):
            self._not_now(one.chosen, decision)
            return _told(decision)
        if not self._trunks.take(self._name, call.trunk, call.contact, self._steady()):
            self._hopper.leave(one.chosen, now_ms)
            return NO_LINE
        dialed: Dialed | NotCalled | None = None
        try:
            dialed = await self._as_begun(one, decision)
        finally:
            if not isinstance(dialed, Dialed):
                self._trunks.release(call.contact)
        return dialed

    async def _decided_of(self, one: _Try) -> Decision | None:
        return await self._decided(one.chosen, one.call.caller_id, one.call.contact, one.stands)

    async def _decided(
        self, chosen: Chosen, caller_id: str, contact: str, stands: Callable[[], Asking]
    ) -> Decision | None:
        """What the law says of everything but this call itself; None: none is wanted any more."""
        records = await self._law.look_up(chosen.number.number, self._clock(), contact)
        now = stands()
        if not now.wanted:
            return None
        asked = chosen, caller_id, records, now.budget, now.in_air
        return self._law.decide(*asked, self._clock())

    async def _as_begun(self, one: _Try, permit: Permit) -> Dialed | NotCalled:
        call = one.call
        calling = Calling(call.agent, call.caller_id, call.trunk)
        evidence = msgspec.to_builtins(permit.evidence)
        placed = await self._hopper.begin(one.chosen, evidence, calling, call.contact)
        if placed is None:
            self._leave(one.chosen, "not_ours")
            return NOT_OURS
        again = await self._permitted_again(one, placed)
        if not isinstance(again, Permit):
            self._count(one.chosen, again)
            return _told(again)
        call.placed_ms = self._clock()
        self.against.clear()
        return Dialed(Up.begun(call, placed), one.ready)

    async def _permitted_again(self, one: _Try, placed: Placed) -> Decision | None:
        """A call that was written is taken back, with its try, unless the law still permits it."""
        decision = None
        try:
            if not await self._is_shown_too_often(one.call):
                decision = await self._decided_of(one)
        finally:
            if not isinstance(decision, Permit):
                await self._hopper.unmake(placed, self._clock())
        return decision

    async def _is_shown_too_often(self, call: DialedCall) -> bool:
        """Whether other nodes have used up what is left of its number's calls of today; each has
        written its own by now."""
        number = next((each for each in self._pool if each.number == call.caller_id), None)
        if number is None or number.per_day is None:
            return False
        today = day_of(self._clock(), self._site.zone)
        shown = await self._kept.shown([number.number], today.begins_ms)
        times = shown.get(number.number, 0)
        if times <= number.per_day:
            return False
        self._shown.learn(number.number, times)
        self.blocks["caller_ids"] += 1
        return True

    def _call(self, chosen: Chosen, caller_id: str, trunk: str, agent: str | None) -> DialedCall:
        row, languages = chosen.row, self._site.languages
        return DialedCall(
            contact=uuid4().hex,
            campaign=self._name,
            number=chosen.number.number,
            caller_id=caller_id,
            trunk=trunk,
            language=row.language if row.language in languages else languages[0],
            fields=fields_of(row),
            lead_id=row.id,
            placed_ms=self._clock(),
            told=told_by(row),
            agent=agent,
        )

    # nobody is called

    def _not_now(self, chosen: Chosen, decision: Decision | None) -> None:
        now_ms = self._clock()
        self._count(chosen, decision)
        if not isinstance(decision, Refusal):
            self._hopper.leave(chosen, now_ms)
        elif decision.agent_helps:
            self._hopper.leave(chosen, now_ms + FOR_AN_AGENT_MS)
        else:
            self._hopper.leave(chosen, decision.again_ms or now_ms + NEVER_MS)

    def _leave(self, chosen: Chosen, why: str) -> None:
        self.blocks[why] += 1
        self._hopper.leave(chosen, self._clock() + LATER_MS)

    def _count(self, chosen: Chosen, decision: Decision | None) -> None:
        if isinstance(decision, Refusal):
            rules = {each.rule for each in decision.reasons}
            self.blocks.update(rules)
            self.against |= rules
            self._refused.put(self._site, self._name, chosen, decision, self._clock())


def _told(decision: Decision | None) -> NotCalled:
    """Which rules refused it, where, and why."""
    if not isinstance(decision, Refusal):
        return NOT_WANTED
    reasons = (f"{r.rule} ({r.jurisdiction}): {r.because}" for r in decision.reasons)
    return NotCalled("; ".join(reasons), by_law=True)


def _promised(chosen: Chosen) -> str | None:
    """The agent who has promised the lead this call."""
    state = chosen.lead.state
    return state.ready.agent if isinstance(state, Held) else None


def fields_of(row: LeadRow) -> Mapping[str, str]:
    """What a flow may know of a lead."""
    told = {key: str(value) for key, value in row.data.items()}
    return told if row.name is None else {"name": row.name, **told}
