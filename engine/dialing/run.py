"""One campaign on this engine: who is called now, and what comes of it.

One task places calls, one after the other, so that whatever is counted (agents kept, calls exposed,
lines) is right at the moment of each.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import structlog

from config.campaigns import Campaign
from config.site import Site
from engine.campaigns.hopper import CampaignHopper, Chosen, Placed
from engine.campaigns.plans import wants_of
from engine.dialing.calls import DialedCall
from engine.dialing.crew import Crew
from engine.dialing.daybook import DayBook
from engine.dialing.dearth import Dearth
from engine.dialing.law import InAir, Law, told_by
from engine.dialing.outcomes import Outcomes
from engine.dialing.parts import Parts
from engine.dialing.placing import Asking, Dialed, NotCalled, Placing, fields_of
from engine.dialing.planning import Planning
from engine.dialing.recovered import NOBODY, Met, ended, known
from engine.dialing.up import Up, Word
from history.errors import DatabaseAway
from history.lead_hopper import AttemptRow
from routing.outbound.course import InAir as Dialing
from routing.outbound.course import Joined
from routing.outbound.leads.plan import Result
from routing.outbound.pacing import Mode, Pace, Pacer
from routing.outbound.rules import abandoning

TICK_S = 0.5
AT_ONCE = 25
"""After so many leads the rest of the engine has its turn."""
log = structlog.get_logger(__name__)


class CampaignRun:
    """``placing``: whether calls are placed at all."""

    def __init__(self, site: Site, name: str, parts: Parts) -> None:
        self.name, self._parts = name, parts
        self.placing = True
        self.slowed: tuple[str, ...] = ()
        self._is_grave = False
        self.placed_ms: deque[int] = deque(maxlen=10_000)
        self.on_tick: list[Callable[[int], None]] = []
        """Called with the time (Unix epoch, ms) at each step, whether anybody is called or not."""

        self._changed = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self.site, self.law = site, Law(site, name, parts.permissions)
        wants, clock = wants_of(name, self.campaign), parts.clock
        self.hopper = CampaignHopper(
            parts.leads, site.site, parts.node, wants, clock, lambda: self.planning.open_places()
        )
        self.book = DayBook(parts.kept, name, parts.node, site.zone)
        self.pacer = Pacer(pace_of(self.campaign), self.law.caps(), clock())
        self.planning = Planning(site, self.law, name, parts, self.pacer, self.book, self.hopper)
        self.outcomes = Outcomes(
            self.pacer, self.hopper, self.book, parts, self.planning.replan, self._changed.set
        )
        self.crew = Crew(name, lambda: self.campaign, parts, self.pacer, self.outcomes)
        self.placer = Placing(site, name, self.law, self.hopper, parts)
        self.dearth = Dearth(parts, self.hopper, self.planning, self.placer)

    @property
    def campaign(self) -> Campaign:
        """As the site has it now."""
        return self.site.campaigns[self.name]

    def take_site(self, site: Site) -> None:
        """The site as it is from now on; calls that are up go on."""
        self.site, self.law = site, Law(site, self.name, self._parts.permissions)
        self.placer.take_site(site, self.law)
        self.hopper.take_wants(wants_of(self.name, self.campaign))
        self.pacer.pace = pace_of(self.campaign)
        self.book.zone = site.zone
        self.book.take_caps(self.law.caps())
        self.planning.take_site(site, self.law)
        self.dearth.look_again()
        self._changed.set()

    # its life

    async def run(self) -> None:
        """Until cancelled; calls that are up then go on, and the next run takes them up."""
        await self.step()  # the hopper is to know first where anybody may be called
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.hopper.run(), name=f"hopper of {self.name}")
            while True:
                self._changed.clear()
                await self.step()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), TICK_S)

    async def take_up(
        self,
        rows: Mapping[str, AttemptRow],
        channels: frozenset[str],
        met: Mapping[str, Met] = NOBODY,
    ) -> None:
        """Calls that an earlier run of this engine has placed: those that are up go on, others have
        ended. Before anybody is called."""
        placed = await self.hopper.adopt(list(rows))
        for contact, each in placed.items():
            found, now_ms = met.get(contact), self._parts.clock()
            row = known(rows[contact], found)
            up = _up_again(self._call_of(row, each), each)
            if found is not None and found.disposition is not None:
                self.outcomes.said(up, found.disposition, now_ms)
            if found is not None and found.opted_out:
                up.never_again = True
            if row.said is not None:
                up.word = Word(**row.said)
            if up.call.channel in channels:
                self.outcomes.adopted(up)
            else:
                over = up.ended(ended(row, found, now_ms).result, now_ms)
                await self.hopper.end(each, over, row.answered_ms)

    def _call_of(self, row: AttemptRow, placed: Placed) -> DialedCall:
        languages = self.site.languages
        language = placed.row.language
        return DialedCall(
            contact=row.id,
            campaign=row.campaign,
            number=row.number,
            caller_id=row.caller_id or "",
            trunk=row.trunk or "",
            language=language if language in languages else languages[0],
            fields=fields_of(placed.row),
            lead_id=row.lead_id,
            placed_ms=row.begun_ms,
            told=told_by(placed.row),
            agent=row.agent,
            answered_ms=row.answered_ms,
            connected_ms=row.answered_ms,
        )

    async def step(self) -> None:
        """Whatever is to be done now."""
        for each in self.on_tick:
            each(self._parts.clock())
        self.outcomes.settle_left()
        try:
            await self.planning.keep_up()
            await self.dearth.keep_up()
            self.crew.refresh(self._parts.clock())
            self._find_slowed()
            for _ in range(AT_ONCE):
                if self.campaign.mode == "preview" or not await self._next_call():
                    return
        except DatabaseAway as away:
            log.warning("nobody_called", campaign=self.name, why=away.reason)
            return
        self._changed.set()

    # who is called now

    async def _next_call(self) -> bool:
        """Whether one was placed, or at least tried: there may be another."""
        async with self._one_at_a_time:
            if not self._free_lines() or not self._stands().wanted:
                return False
            chosen = self.hopper.choose()
            if chosen is None:
                return False
            dialed = await self.placer.begin(chosen, self._stands)
            if isinstance(dialed, Dialed):
                self._dial(dialed)
            return True

    async def call(self, chosen: Chosen, agent: str) -> str | NotCalled:
        """Call this lead for this agent, as they have asked: the contact. Raises DatabaseAway."""
        async with self._one_at_a_time:
            dialed = await self.placer.begin(chosen, lambda: self.stands_for(agent), agent)
            if isinstance(dialed, NotCalled):
                return dialed
            self._dial(dialed)
            return dialed.up.call.contact

    def stands_for(self, agent: str) -> Asking:
        """At this moment, for a call that this agent is kept for."""
        now_ms = self._parts.clock()
        self.crew.refresh(now_ms)
        in_air = self.in_air()
        is_free = agent in self.pacer.team.free and in_air.keeps_one
        return Asking(self.pacer.budget, in_air, is_free and self.may_place(now_ms))

    def _dial(self, dialed: Dialed) -> None:
        up = dialed.up
        self.outcomes.begun(up)
        self.placed_ms.append(up.call.placed_ms)
        self.crew.keep()
        self._parts.tasks.create_task(self._ask(dialed), name=f"dialing {up.call.contact}")

    async def _ask(self, dialed: Dialed) -> None:
        is_called = False
        try:
            is_called = await self._parts.carrier.dial(dialed.ready)
        finally:
            if not is_called and dialed.up.call.contact in self.outcomes.calls:
                self.outcomes.not_reached(dialed.up, Result.FAILED, self._parts.clock())

    def _free_lines(self) -> int:
        return self._parts.trunks.free(self.name, self._parts.steady())

    def _stands(self) -> Asking:
        """At this moment."""
        now_ms = self._parts.clock()
        self.crew.refresh(now_ms)
        in_air = self.in_air()
        return Asking(self.pacer.budget, in_air, self._calls(now_ms, in_air) > 0)

    def in_air(self) -> InAir:
        """The calls in the air, and the agents who are free for them."""
        pacer = self.pacer
        return InAir(len(pacer.lines), len(pacer.team.free), pacer.relies_on)

    def may_place(self, now_ms: int) -> bool:
        """Whether anybody may be called at all: nobody is while routing can reserve no agents, for
        who answered would be lost."""
        is_able = self.placing and self.has_agents() and self.planning.is_counted(now_ms)
        return is_able and self.placer.has_number_to_show

    def _calls(self, now_ms: int, in_air: InAir) -> int:
        """How many calls to place now: the pacer's advice, as far as the law goes."""
        awaited = self.crew.awaited()
        if not self.may_place(now_ms) or awaited & self.pacer.team.free.keys():
            return 0
        calls = self.pacer.advise(now_ms).calls
        is_ahead = self.campaign.dials_ahead and not awaited and not self._why_slowed(in_air)
        if self.campaign.mode != "agentless" and not is_ahead:
            calls = min(calls, in_air.free - in_air.calls)
        if self.crew.leaving:
            calls = min(calls, in_air.free - len(self.crew.leaving) - in_air.calls)
        return calls

    def wants(self, now_ms: int) -> int:
        """How many calls it would place now, on the lines that are free."""
        return max(0, min(self._calls(now_ms, self.in_air()), self._free_lines()))

    def why_no_line(self) -> str:
        """Empty: one is free."""
        return self._parts.trunks.why_none(self.name, self._parts.steady())

    def has_agents(self) -> bool:
        """Whether agents can be reserved, or none is needed."""
        return self.campaign.mode == "agentless" or bool(self._parts.agents.health.up)

    def _why_slowed(self, in_air: InAir) -> tuple[str, ...]:
        """Why the law leaves nothing but progressive dialing; empty: it leaves more."""
        if not self.campaign.dials_ahead:
            return ()
        budget = self.pacer.budget.expecting(in_air.relied_on)
        kept = min(in_air.calls, in_air.free)
        told = self.campaign.sorry.parts
        found = abandoning.pace(self.law.everywhere, budget, kept, told)
        return tuple(each.value for each in found.why)

    def _find_slowed(self) -> None:
        """Told when it changes. That nobody may be lost before enough have answered is usual, and
        no warning."""
        slowed, budget = self._why_slowed(self.in_air()), self.pacer.budget
        lost = bool(slowed) and (budget.before + budget.today).lost > 0
        is_grave = lost or abandoning.Slowed.MESSAGE.value in slowed
        if (bool(slowed), is_grave) != (bool(self.slowed), self._is_grave):
            tell = log.warning if is_grave else log.info
            tell("campaign_slowed", campaign=self.name, why=slowed or "not any more")
        self.slowed, self._is_grave = slowed, is_grave

    def hurry(self) -> None:
        """Something is different: look at once what to do."""
        self._changed.set()


def pace_of(campaign: Campaign) -> Pace:
    """How a campaign is paced; its lines are the trunks' matter."""
    mode = Mode.PREDICTIVE if campaign.mode == "blended" else Mode(campaign.mode)
    pace = Pace(mode, assured=campaign.later_answers / 100)
    return pace if campaign.ratio is None else replace(pace, ratio=campaign.ratio)


def _up_again(call: DialedCall, placed: Placed) -> Up:
    if call.connected_ms is None:
        return Up(call, placed, Dialing(call.contact))
    return Up(call, placed, Joined(call.contact, call.agent), talked=True)
