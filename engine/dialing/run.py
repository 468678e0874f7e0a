"""One campaign on this engine: who is called now, and what comes of it.

One task places calls, one after the other, so that whatever is counted (agents kept, calls exposed,
lines) is right at the moment of each.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import structlog

from config.campaigns import Campaign
from config.site import Site
from engine.campaigns.hopper import CampaignHopper, Chosen, Placed, left_by
from engine.campaigns.plans import open_places, wants_of
from engine.campaigns.recycling import Recycling, recycle
from engine.dialing.calls import DialedCall, Leaving
from engine.dialing.daybook import DayBook, calling_until_ms
from engine.dialing.law import InAir, Law
from engine.dialing.outcomes import Outcomes
from engine.dialing.parts import Parts
from engine.dialing.placing import Asking, Dialed, Placing, fields_of
from engine.dialing.up import Up
from history.dialing import LeftCount
from history.errors import DatabaseAway
from history.lead_hopper import AttemptRow
from routing.agent import AgentState, Available
from routing.crew import stays_at_work
from routing.outbound.course import InAir as Dialing
from routing.outbound.course import Joined
from routing.outbound.leads.plan import Result
from routing.outbound.pacing import Mode, Pace, Pacer
from routing.outbound.pacing.prospects import Prospects
from routing.outbound.rules import abandoning

TICK_S = 0.5
AT_ONCE = 25
"""After so many leads the rest of the engine has its turn."""
LEADS_COUNTED_MS = 30_000
RECYCLED_MS = 600_000
"""How often leads that were given up are looked at."""
log = structlog.get_logger(__name__)


class CampaignRun:
    """``team``: the agents who serve it, as the dialer parts them among campaigns; ``placing``:
    whether calls are placed at all; ``nodes``: those that dial, this one among them."""

    def __init__(self, site: Site, name: str, parts: Parts) -> None:
        self.name, self._parts = name, parts
        self.team: frozenset[str] = frozenset()
        self.nodes: Sequence[str] = (parts.node,)
        self.placing = True
        self.slowed: tuple[str, ...] = ()
        self._is_grave = False
        self.left = 0
        self.placed_ms: deque[int] = deque(maxlen=10_000)
        self.leaving: dict[str, tuple[Leaving, Callable[[], object]]] = {}
        self.on_tick: list[Callable[[int], None]] = []
        """Called with the time (Unix epoch, ms) at each step, whether anybody is called or not."""

        self._withheld: frozenset[str] = frozenset()
        self._kept: frozenset[str] = frozenset()
        self._changed = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._places: Sequence[str] = ()
        self._mine = 0.0
        self._counted_ms = -LEADS_COUNTED_MS
        self._recycled_ms = -RECYCLED_MS
        self.site, self.law = site, Law(site, name, parts.permissions)
        wants, clock = wants_of(name, self.campaign), parts.clock
        self.hopper = CampaignHopper(
            parts.leads, site.site, parts.node, wants, clock, self._open_places
        )
        self.book = DayBook(parts.kept, name, parts.node, site.zone)
        self.pacer = Pacer(pace_of(self.campaign), self.law.caps(), clock())
        self.outcomes = Outcomes(
            self.pacer, self.hopper, self.book, parts, self._replan, self._changed.set
        )
        self.placer = Placing(site, name, self.law, self.hopper, parts)

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
        self._counted_ms = -LEADS_COUNTED_MS
        self._replan()
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

    async def take_up(self, rows: Mapping[str, AttemptRow], channels: frozenset[str]) -> None:
        """Calls that an earlier run of this engine has placed: those that are up go on, others have
        ended. Before anybody is called."""
        placed = await self.hopper.adopt(list(rows))
        for contact, each in placed.items():
            call = self._call_of(rows[contact], each)
            if call.channel in channels:
                self.outcomes.adopted(_up_again(call, each))
            else:
                row = rows[contact]
                ended = left_by(row.answered_ms, row.agent, self._parts.clock())
                await self.hopper.end(each, ended)

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
            await self.keep_up()
            self.refresh(self._parts.clock())
            self._find_slowed()
            for _ in range(AT_ONCE):
                if self.campaign.mode == "preview" or not await self._next_call():
                    return
        except DatabaseAway as away:
            log.warning("nobody_called", campaign=self.name, why=away.reason)
            return
        self._changed.set()

    async def keep_up(self) -> None:
        """The day, the places where leads are, and how many are left."""
        now_ms = self._parts.clock()
        if self.book.is_out_of_date(now_ms, self.nodes) or self.book.is_doubtful(now_ms):
            if await self.book.look_up(now_ms, self.law.caps(), self.nodes):
                self.pacer.new_day(self.book.standing.budget(), self._ends_ms())
            self._replan()
            self._counted_ms = -LEADS_COUNTED_MS
        if now_ms - self._counted_ms >= LEADS_COUNTED_MS:
            await self._count_leads(now_ms)
        await self._recycle(now_ms)

    async def _count_leads(self, now_ms: int) -> None:
        lists = list(self.campaign.lists)
        self._places = await self._parts.leads.places(lists)
        left = await self._parts.kept.left(lists, now_ms, self.hopper.conditions())
        self.left = sum(each.leads for each in left)
        self._counted_ms = now_ms
        self._count_on(left)
        self._replan()

    async def _recycle(self, now_ms: int) -> None:
        """Leads that were given up begin anew, as the campaign says."""
        written = self.campaign.recycle
        if written is None or now_ms - self._recycled_ms < RECYCLED_MS:
            return
        results = [Result(each) for each in written.results]
        which = Recycling(results, written.after.ms, written.times)
        for list_id in (await self._parts.leads.lists(list(self.campaign.lists))).values():
            anew = await recycle(self._parts.lists, list_id, which, self.hopper.wants.plan, now_ms)
            if anew:
                log.info("leads_recycled", campaign=self.name, list=list_id, leads=anew)
        self._recycled_ms = now_ms

    def _replan(self) -> None:
        """The budget, or the end of the day, is another."""
        if self.book.day is not None:
            self.pacer.replan(self.book.standing.budget(), self._ends_ms())

    def _count_on(self, left: Sequence[LeftCount]) -> None:
        """Of the leads that are left, what is this node's and campaign's part, and until when."""
        sharing = self.site.campaigns.values()
        prospects = []
        for each in left:
            parts = len(self.nodes) * sum(each.list_name in other.lists for other in sharing)
            prospects.append(Prospects(each.leads / parts, self._until_ms([each.place])))
        self._mine = sum(each.leads for each in prospects)
        self.pacer.take_prospects(prospects)

    def _until_ms(self, places: Sequence[str]) -> int:
        """When it is too late today for the last of these places."""
        now_ms, day = self._parts.clock(), self.book.day
        if day is None:
            return now_ms
        hours = next((r.campaign_hours for r in self.law.everywhere if r.campaign_hours), None)
        return calling_until_ms(hours, places, self.law.rules, day, now_ms)

    def _ends_ms(self) -> int:
        """When nobody is called any more today: by the hours, or as no lead is left by then."""
        now_ms, seen = self._parts.clock(), self.pacer.seen()
        cycle_s = seen.attempt_s / seen.answer_rate + seen.talk_s + seen.wrap_up_s
        answers = self._mine * seen.answer_rate / max(1, len(self.pacer.team))
        return min(self._until_ms(self._places), now_ms + round(1000 * answers * cycle_s))

    def _open_places(self) -> Sequence[str]:
        return open_places(self._places, self.law.rules, self._parts.clock())

    # who is called now

    async def _next_call(self) -> bool:
        """Whether one was placed, or at least tried: there may be another."""
        async with self._one_at_a_time:
            if not self._has_line() or not self._stands().wanted:
                return False
            chosen = self.hopper.choose()
            if chosen is None:
                return False
            dialed = await self.placer.begin(chosen, self._stands)
            if dialed is not None:
                self._dial(dialed)
            return True

    async def call(self, chosen: Chosen, agent: str) -> str | None:
        """Call this lead for this agent, as they have asked: the contact, None: it is not called,
        and comes back. Raises DatabaseAway."""
        async with self._one_at_a_time:
            dialed = await self.placer.begin(chosen, lambda: self._stands_for(agent), agent)
            if dialed is None:
                return None
            self._dial(dialed)
            return dialed.up.call.contact

    def _stands_for(self, agent: str) -> Asking:
        now_ms = self._parts.clock()
        self.refresh(now_ms)
        in_air = self.in_air()
        is_free = agent in self.pacer.team.free and in_air.keeps_one
        return Asking(self.pacer.budget, in_air, is_free and self.may_place(now_ms))

    def _dial(self, dialed: Dialed) -> None:
        up = dialed.up
        self.outcomes.begun(up)
        self.placed_ms.append(up.call.placed_ms)
        self._keep()
        self._parts.tasks.create_task(self._ask(dialed), name=f"dialing {up.call.contact}")

    async def _ask(self, dialed: Dialed) -> None:
        is_called = False
        try:
            is_called = await self._parts.carrier.dial(dialed.ready)
        finally:
            if not is_called and dialed.up.call.contact in self.outcomes.calls:
                self.outcomes.not_reached(dialed.up, Result.FAILED, self._parts.clock())

    def _has_line(self) -> bool:
        return self._parts.trunks.free(self.name, self._parts.steady()) > 0

    def _stands(self) -> Asking:
        """At this moment."""
        now_ms = self._parts.clock()
        self.refresh(now_ms)
        in_air = self.in_air()
        return Asking(self.pacer.budget, in_air, self._calls(now_ms, in_air) > 0)

    def in_air(self) -> InAir:
        """The calls in the air, and the agents who are free for them."""
        pacer = self.pacer
        return InAir(len(pacer.lines), len(pacer.team.free), pacer.relies_on)

    def may_place(self, now_ms: int) -> bool:
        """Whether anybody may be called at all: nobody is while routing can reserve no agents, for
        who answered would be lost."""
        is_counted = not self.book.is_out_of_date(now_ms, self.nodes)
        is_able = self.placing and self._has_agents() and is_counted
        return is_able and self.placer.has_number_to_show

    def _calls(self, now_ms: int, in_air: InAir) -> int:
        """How many calls to place now: the pacer's advice, as far as the law goes."""
        awaited = self._awaited()
        if not self.may_place(now_ms) or awaited & self.pacer.team.free.keys():
            return 0
        calls = self.pacer.advise(now_ms).calls
        is_ahead = self.campaign.dials_ahead and not awaited and not self._why_slowed(in_air)
        if self.campaign.mode != "agentless" and not is_ahead:
            calls = min(calls, in_air.free - in_air.calls)
        if self.leaving:
            calls = min(calls, in_air.free - len(self.leaving) - in_air.calls)
        return calls

    def wants(self, now_ms: int) -> int:
        """How many calls it would place now."""
        return max(0, self._calls(now_ms, self.in_air()))

    def why(self, now_ms: int) -> tuple[str, ...]:
        """What keeps it from calling, or from dialing ahead; empty: nothing does."""
        awaited = self._awaited()
        reasons = {
            "it is paused": not self.placing,
            "no agent can be reserved: Redis does not answer": not self._has_agents(),
            "no agent is on an open line": self._lacks_agents(),
            "each number of the pool was shown as often as it may be today": (
                not self.placer.has_number_to_show
            ),
            "callers wait": bool(awaited & self.pacer.team.free.keys()),
            "callers wait for agents who are busy: it calls for those who are free alone": bool(
                awaited - self.pacer.team.free.keys()
            ),
            "no line is free": not self._has_line(),
            "no lead may be called now": not len(self.hopper),
        }
        return (*(reason for reason, holds in reasons.items() if holds), *self.slowed)

    def _has_agents(self) -> bool:
        return self.campaign.mode == "agentless" or bool(self._parts.agents.health.up)

    def _lacks_agents(self) -> bool:
        return self.campaign.mode != "agentless" and not self._with_lines()

    def _awaited(self) -> frozenset[str]:
        """Of blended agents those for whom callers wait, which come first; of whom nobody of the
        team could take, be it later, nothing is known here."""
        if self.campaign.mode != "blended":
            return frozenset()
        there = [each for each, state in self._with_lines().items() if stays_at_work(state)]
        return self._parts.agents.awaited(there)

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

    # agents

    def refresh(self, now_ms: int) -> None:
        """Tell the pacer what is new of the team, and let go who wants to and may."""
        self._tell_team(now_ms)
        while self._lets_one_go():
            self._tell_team(now_ms)
        self._keep()

    def _tell_team(self, now_ms: int) -> None:
        team = self._with_lines()
        idle = self._parts.lines.idle()
        free = [each for each, state in team.items() if isinstance(state, Available)]
        self._withhold(free)
        withheld = self._withheld | {each for each in free if each not in idle}
        for event in self.outcomes.roster.told(team, withheld, now_ms):
            self.pacer.hear(event)

    def _keep(self) -> None:
        """As many free agents as calls are in the air are no caller's; those by name first, then
        who was kept before. Blended ones are: callers come first."""
        free, calls = self.pacer.team.free, self.outcomes.calls.values()
        named = {up.call.agent for up in calls if up.is_joining}
        first = sorted(free, key=lambda each: (each not in named, each not in self._kept, each))
        number = 0 if self.campaign.mode == "blended" else len(self.pacer.lines)
        self._kept = frozenset(first[:number])
        self._parts.agents.keep(self.name, self._kept)

    def let_all_go(self) -> None:
        """It is over: nobody is kept any more, and who waited to leave does."""
        self._kept = frozenset()
        self._parts.agents.keep(self.name, self._kept)
        while self.leaving:
            self.leaving.popitem()[1][1]()

    def _with_lines(self) -> Mapping[str, AgentState]:
        has, state_of = self._parts.lines.has, self._parts.agents.agent_state
        states = {each: state_of(each) for each in sorted(self.team) if has(each)}
        return {agent: state for agent, state in states.items() if state is not None}

    def _withhold(self, free: Sequence[str]) -> None:
        """Leave agents to callers; one who is kept for a call stays with it."""
        keep = self.campaign.keep_free
        kept = [each for each in free if each in self._withheld][:keep]
        others = [each for each in free if each not in kept]
        may_leave = self.pacer.may_leave() + sum(
            each not in self.pacer.team.free for each in others
        )
        more = others[: min(keep - len(kept), may_leave)]
        self._withheld = frozenset((*kept, *more))

    def may_leave(self, agent: str) -> bool:
        """Whether a free agent may pause, log out or take another contact, without more calls being
        exposed than the budget allows."""
        return agent not in self.pacer.team.free or self.pacer.may_leave() > 0

    def leaves(self, agent: str, wish: Leaving, go: Callable[[], object]) -> bool:
        """Whether an agent may go at once; if not, ``go`` is called once they may."""
        if self.may_leave(agent):
            return True
        self.leaving[agent] = wish, go
        return False

    def _lets_one_go(self) -> bool:
        """One at a time: the pacer hears of each before the next is asked about."""
        agent = next((each for each in self.leaving if self.may_leave(each)), None)
        if agent is not None:
            self.leaving.pop(agent)[1]()
        return agent is not None

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
