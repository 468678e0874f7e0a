"""The campaigns of a site on this engine: which of them run, whose agents are whose, and whose
calls are told of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

import structlog

from config.campaigns import Campaign
from config.site import Site
from engine.dialing.calls import DialedCall, Leaving, Pausing
from engine.dialing.glance import Glance, glance_at
from engine.dialing.left import Left
from engine.dialing.outcomes import Outcomes
from engine.dialing.parts import Parts
from engine.dialing.recovered import NOBODY, Met
from engine.dialing.run import CampaignRun
from engine.dialing.sharing import Sharing
from engine.dialing.teams import Teams
from engine.dialing.up import Up, Word
from engine.site_rules import served_by
from history.dialing import Order
from history.errors import DatabaseAway
from history.outcome import EndedBy
from listening.values import Verdict
from routing.events import AgentChanged, RoutingEvent
from routing.outbound.leads.plan import Result
from routing.outbound.standing import day_of

LOOK_S = 1.0
ANEW_S = 5.0
START, PAUSE, STOP = "start", "pause", "stop"
BY_FILE = "it is stopped by its file (`paused: yes`)"
log = structlog.get_logger(__name__)


class Dialer:
    """Fills `engine.dialing.calls.DialedCalls`. ``site``: the one in force."""

    def __init__(self, site: Callable[[], Site], parts: Parts) -> None:
        self.runs: dict[str, CampaignRun] = {}
        self._site_in_force, self._parts = site, parts
        self._site: Site | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._orders: Mapping[str, Order] = {}
        self._sharing = Sharing(parts)
        self._looks = asyncio.Event()
        self._left = Left(parts)
        self.teams = Teams(parts, self.runs)
        parts.lines.wanted = self.teams.wants_line

    # its life

    async def take_up(self, channels: frozenset[str], met: Mapping[str, Met] = NOBODY) -> None:
        """Before any call asks for the engine. ``channels``: the unique ids of those that are up in
        the switch; the calls of an earlier run that are among them go on. ``met``: what was found
        out about them, by contact."""
        self._left.channels, self._left.met = channels, met
        await self._try_to_look()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._parts.settling.run(), name="what came of calls")
            while True:
                self._looks.clear()
                await self._try_to_look()
                for name in self.runs.keys() - self._tasks.keys():
                    running = self._run(self.runs[name])
                    self._tasks[name] = tasks.create_task(running, name=f"campaign {name}")
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._looks.wait(), LOOK_S)

    async def _run(self, run: CampaignRun) -> None:
        """Until cancelled. A campaign that fails must end neither callers' calls nor the others'
        campaigns: it begins anew."""
        while True:
            try:
                await run.run()
            except Exception:
                log.exception("campaign_failed", campaign=run.name)
                await asyncio.sleep(ANEW_S)

    async def _try_to_look(self) -> None:
        try:
            await self.look()
        except DatabaseAway as away:
            log.warning("campaigns_not_looked_at", why=away.reason)
        except Exception:
            # A fault of campaigns must end neither callers' calls nor the calls that are up.
            log.exception("campaigns_not_looked_at")

    async def look(self) -> None:
        """Start, change and stop what the site and its supervisors want. Raises DatabaseAway."""
        await self._left.find(self._site_in_force().campaigns)
        await self._hear_of_others()
        site = self._site_in_force()
        if site is not self._site:
            self._take(site)
        for name, campaign in site.campaigns.items():
            wanted = self.state_of(name, campaign) != STOP
            if name not in self.runs and (wanted or self._left.has(name)):
                await self._start(name, site)
        for name in list(self.runs):
            self._follow(name, site)
        self.teams.part()
        self.teams.open_lines()

    async def _start(self, name: str, site: Site) -> None:
        run = CampaignRun(site, name, self._parts)
        run.planning.nodes = self._sharing.nodes
        await self._left.hand_over(run)
        self.runs[name] = run
        log.info("campaign_started", campaign=name)

    def _follow(self, name: str, site: Site) -> None:
        run = self.runs[name]
        gone = name not in site.campaigns
        state = STOP if gone else self.state_of(name, site.campaigns[name])
        run.placing = state == START
        if state == STOP and not run.outcomes.calls:
            del self.runs[name]
            run.crew.let_all_go()
            if name in self._tasks:
                self._tasks.pop(name).cancel()
            log.info("campaign_stopped", campaign=name)

    # the site, its supervisors, and other nodes

    def state_of(self, name: str, campaign: Campaign) -> str:
        """What is wanted of a campaign: the last word about it, unless the site's file says
        otherwise than it did then; else what the file says."""
        order = self._orders.get(name)
        if order is not None and order.paused_in_file == campaign.paused:
            return order.state
        return STOP if campaign.paused else START

    def campaigns(self) -> Iterator[tuple[str, str, str]]:
        """Every campaign of the site: its name, its mode and what is wanted of it."""
        for name, campaign in self._site_in_force().campaigns.items():
            yield name, campaign.mode, self.state_of(name, campaign)

    def held_back(self, name: str) -> tuple[str, ...]:
        """By what a campaign of the site does not call; empty: it is to."""
        campaign = self._site_in_force().campaigns[name]
        state, order = self.state_of(name, campaign), self._orders.get(name)
        if state == START:
            return ()
        if order is None or order.paused_in_file != campaign.paused:
            return (BY_FILE,)
        return (f"it is {'paused' if state == PAUSE else 'stopped'} by order of {order.by}",)

    def lines_of(self, name: str) -> Mapping[str, int]:
        """How many lines of each trunk a campaign's calls have."""
        return self._parts.trunks.in_use(name)

    def others_of(self, name: str) -> Mapping[str, Glance]:
        """What the other nodes have said last of a campaign that runs there."""
        seen = self._sharing.seen.items()
        return {node: glances[name] for node, glances in seen if name in glances}

    async def order(self, name: str, state: str, by: str) -> None:
        """Somebody wants a campaign to start, pause or stop. Raises DatabaseAway."""
        campaign = self._site_in_force().campaigns[name]
        order = Order(name, state, by, self._parts.clock(), campaign.paused)
        await self._parts.kept.order(order)
        log.info("campaign_ordered", campaign=name, state=state, by=by)
        self._orders = {**self._orders, name: order}
        self._looks.set()

    async def _hear_of_others(self) -> None:
        parts, site = self._parts, self._site_in_force()
        self._orders = await parts.kept.orders()
        if not self.runs and all(state == STOP for _, _, state in self.campaigns()):
            await self._sharing.leave(site)
            return
        if not await self._sharing.keep_up(site, self._glances):
            return
        for run in self.runs.values():
            run.planning.nodes = self._sharing.nodes
        counted, since_ms = parts.shown.counted_here(), day_of(parts.clock(), site.zone).begins_ms
        numbers = {number for pool in site.caller_ids.values() for number in pool}
        parts.shown.take_up(await parts.kept.shown(numbers, since_ms), counted)

    def _glances(self) -> Mapping[str, Glance]:
        return {name: glance_at(run, self._parts.clock()) for name, run in self.runs.items()}

    def _take(self, site: Site) -> None:
        self._site = site
        self.teams.serves = {agent.id: queues for agent, queues in served_by(site)}
        self._sharing.part(site)
        for name, run in self.runs.items():
            if name in site.campaigns:
                run.take_site(site)

    # agents

    def leaves(self, agent: str, wish: Leaving, go: Callable[[], object]) -> bool:
        """Whether an agent may go at once; else ``go`` is called as soon as nobody in the air needs
        them."""
        return self.teams.leaves(agent, wish, go)

    def stays(self, agent: str) -> None:
        """An agent does not want to go any more."""
        self.teams.stays(agent)

    def pausing(self, agent: str) -> Pausing | None:
        """What an agent waits to do, and for how many calls."""
        return self.teams.pausing(agent)

    def on_event(self, event: RoutingEvent) -> None:
        """One of the router's listeners."""
        if isinstance(event, AgentChanged):
            for run in self.runs.values():
                run.outcomes.agent_changed(event.agent, event.before, event.at_ms)
                if event.agent in run.crew.team:
                    run.hurry()

    # the callee's side

    def call_of(self, contact: str) -> DialedCall | None:
        """The call that has this contact, while it is under way."""
        up = self.up_of(contact)
        return None if up is None else up.call

    def up_of(self, contact: str) -> Up | None:
        """As `call_of`, with its lead and what was said of it."""
        return next((up for _, up in self._found(contact)), None)

    def ringing(self, contact: str, at_ms: int) -> None:
        """The network says that the phone rings."""
        for outcomes, up in self._found(contact):
            outcomes.ringing(up, at_ms)

    def answered(self, contact: str, at_ms: int) -> None:
        """It was picked up; by whom is not known yet."""
        for outcomes, up in self._found(contact):
            outcomes.answered(up, at_ms)

    def not_reached(self, contact: str, result: Result, at_ms: int) -> None:
        """It ended unanswered."""
        for outcomes, up in self._found(contact):
            outcomes.not_reached(up, result, at_ms)

    def judged(self, contact: str, verdict: Verdict, at_ms: int) -> None:
        """Who has answered."""
        for outcomes, up in self._found(contact):
            outcomes.judged(up, verdict, at_ms)

    def connected(self, contact: str, agent: str | None, at_ms: int) -> None:
        """A person talks to an agent, or to the flow."""
        for outcomes, up in self._found(contact):
            outcomes.connected(up, agent, at_ms)

    def lost(self, contact: str, at_ms: int) -> None:
        """A person answered, and nobody was there in time."""
        for outcomes, up in self._found(contact):
            outcomes.lost(up, at_ms)

    def said(self, contact: str, disposition: str, at_ms: int) -> None:
        """What the flow says came of it."""
        for outcomes, up in self._found(contact):
            outcomes.said(up, disposition, at_ms)

    def opted_out(self, contact: str, at_ms: int) -> None:
        """A person pressed the key that asks not to be called again. Of a call that is over for
        this engine (Asterisk said the message while there was none) the attempt tells the
        number."""
        found = [*self._found(contact)]
        for outcomes, up in found:
            outcomes.opted_out(up, at_ms)
        if not found:
            leads = self._parts.leads
            self._parts.settling.put(lambda: leads.never_again(contact, at_ms))

    async def is_written(self) -> bool:
        """Whether all that was told is written."""
        return await self._parts.settling.all_written()

    def ended(self, contact: str, at_ms: int, hung_up_by: EndedBy) -> None:
        """Its channel is gone."""
        self._parts.trunks.release(contact)
        for outcomes, up in self._found(contact):
            outcomes.ended(up, at_ms, hung_up_by)

    def say(self, contact: str, word: Word) -> bool:
        """What an agent says came of a call; False: nobody has talked in it, or it is over."""
        return any(outcomes.say(contact, word) for outcomes, _ in self._found(contact))

    def _found(self, contact: str) -> Iterator[tuple[Outcomes, Up]]:
        """At most one: the campaign whose call this is."""
        for run in self.runs.values():
            if (up := run.outcomes.calls.get(contact)) is not None:
                return iter([(run.outcomes, up)])
        return iter([])
