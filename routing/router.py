"""The router: the floor's decisions, made to happen.

Everything that decides is synchronous (`Floor`), so no two events ever mix. A decision is
in memory at once; the store follows in batches, one call at a time, and only a
reservation waits for it: nothing rings before Redis has confirmed it. With Redis away,
calls go on, assignments wait, and everything is written when it is back.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from typing import Protocol

import structlog

from routing import agent as agents
from routing import contact as contacts
from routing.agent import Agent, AgentState
from routing.clock import SharedClock
from routing.contact import Contact, Outcome
from routing.events import (
    AgentChanged,
    ContactAnswered,
    ContactEnded,
    ContactTaken,
    Listener,
    NodeChanged,
    RoutingEvent,
)
from routing.explaining import Explanation
from routing.floor import Floor, LiveLegs
from routing.leases import Heir, LeaseKeeper
from routing.matcher import Assignment
from routing.restoring import restore
from routing.ringing import Answered, Failed, Ringer, RingOutcome, Stopped
from routing.rules import RoutingRules
from routing.snapshot import Snapshot, take_snapshot
from routing.store import Node, Store
from routing.supervisor import Order
from routing.ticket import Ticket
from routing.upkeep import StoreHealth, Told, Upkeep

_log = structlog.get_logger(__name__)

_TIMED = frozenset({agents.WrapUp, agents.BackOff, agents.Paused})


class Estate(Protocol):
    """What the engine keeps of contacts beside routing, when a dead node's are taken over."""

    async def take(self, node: str, silent_ms: int, *, everything: bool) -> None:
        """Before the contacts: what belongs to those that wait, or to all of the node, if that has
        been silent for so long. Raises StoreAway."""

    def settle(self) -> None:
        """Now the contacts are this node's."""


class Router:
    """One node's routing. `run()` owns every task; cancel it to stop.

    The methods for contacts and agents take effect at once and never wait. They raise
    UnknownAgent, IllegalTransition or DuplicateContact; a contact already gone is normal.
    """

    def __init__(
        self,
        store: Store,
        ringer: Ringer,
        site: Iterable[Agent],
        rules: RoutingRules,
        *,
        clock: Callable[[], int],
        listeners: Collection[Listener] = (),
    ) -> None:
        """A `SharedClock` is set by the heartbeats: with several nodes there must be one."""
        self._store = store
        self._ringer = ringer
        self._clock = clock
        self._listeners = tuple(listeners)
        self._floor = Floor(store.node, site, rules)
        self._tickets: dict[str, Ticket] = {}
        self._kept: dict[str, frozenset[str]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._agenda_timer: asyncio.TimerHandle | None = None
        self._agenda_ms: int | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._joined = False
        keeper = LeaseKeeper(
            store,
            self._floor,
            clock,
            Heir(self._before_adopting, self._after_adopting, self._wait_again, self.forget),
            clock if isinstance(clock, SharedClock) else None,
        )
        told = Told(self._settle, self._start_ring, self._tell)
        self._upkeep = Upkeep(store, self._floor, keeper, clock, told)
        self.estate: Estate | None = None
        """What else of a dead node is taken over."""

    # contacts

    def enqueue(self, contact: Contact) -> Ticket:
        """A contact joins the line, the first time or again after its wait was over;
        DuplicateContact if it is live already."""
        self._floor.arrive(contact, self._clock())
        ticket = self._add_ticket(contact)
        self._settle()
        return ticket

    def contact(self, contact_id: str) -> Contact | None:
        """A contact as it is, or was last, in line; None once it is forgotten."""
        record = self._floor.ledger.contacts.get(contact_id)
        return None if record is None else record.contact

    def awaited(self, agents: Collection[str]) -> frozenset[str]:
        """Those of these agents, free or not, for whom a caller waits who is promised to nobody."""
        return self._floor.awaited(agents)

    def in_line(self, queue: str) -> int:
        """How many contacts of a queue are not answered yet."""
        return self._floor.ledger.pool.in_line(queue)

    def expected_wait_ms(self, contact: Contact) -> int | None:
        """How long a contact, in line or about to be, may still wait; None unless that can be
        told, by how well it went lately."""
        return self._floor.forecast.trusted_ms(contact, self._clock())

    def is_staffed(self, contact: Contact) -> bool:
        """Whether anyone is logged in whom this contact could be given to, now or later."""
        return self._floor.is_staffed(contact)

    def offer(self, contact: Contact) -> Ticket | None:
        """Ring `contact.agent` for it and nobody else, as after a match; None unless that agent
        is available. The ticket tells of the answer, or of a ring in vain."""
        if not self._floor.arrive_for(contact, self._clock()):
            return None
        ticket = self._add_ticket(contact)
        self._settle()
        return ticket

    def recall(self, contact: Contact) -> Ticket | None:
        """Ring `contact.agent` as `offer` does, also in the wrap-up after this very contact."""
        self._floor.transfers.free_for(contact, self._clock())
        return self.offer(contact)

    def hand_over(self, contact_id: str, consult: str) -> bool:
        """A contact is the agent's who was consulted about it; see `Transfers.hand_over`."""
        handed = self._floor.transfers.hand_over(contact_id, consult, self._clock())
        self._settle()
        return handed

    def agent_state(self, agent_id: str) -> AgentState | None:
        """The state that an agent is in now; None for one whom the site does not name."""
        record = self._floor.ledger.agents.get(agent_id)
        return None if record is None else record.state

    def own_agents(self) -> dict[str, AgentState]:
        """The state of each agent whom no other node keeps busy."""
        ledger = self._floor.ledger
        records = ledger.agents.items()
        return {name: record.state for name, record in records if record.node == ledger.node}

    def withdraw(self, contact_id: str, reason: Outcome) -> bool:
        """The contact leaves, at whatever stage; False if it was over already. A ring for
        it is stopped, and its agent is free again with the old idle time."""
        ended = self._floor.end(contact_id, reason, self._clock())
        self._settle()
        return ended

    def conversation_ended(self, contact_id: str) -> bool:
        """The caller's side is over. The agent is busy until the agent's leg ends."""
        return self.withdraw(contact_id, Outcome.COMPLETED)

    def leg_ended(self, agent_id: str, leg: str) -> None:
        """The agent's leg is gone: wrap-up, then available. Another leg than the one in
        conversation is none of the agent's state."""
        self._floor.leg_ended(agent_id, leg, self._clock())
        self._settle()

    def forget(self, contact_ids: Iterable[str]) -> None:
        """History has these contacts for good: their live records go, of one that is not over
        as soon as it is, at the next heartbeat."""
        self._upkeep.forget(contact_ids)

    # agents

    def login(self, agent_id: str) -> AgentState:
        """By code, or from the desk; returns the state that the agent is in now."""
        return self._ask(self._floor.presence.login, agent_id)

    def logout(self, agent_id: str) -> AgentState:
        """After what is in hand; until a log-in or a new registration."""
        return self._ask(self._floor.presence.logout, agent_id)

    def pause(self, agent_id: str, reason: str) -> AgentState:
        """After what is in hand."""
        self._floor.presence.pause(agent_id, reason, self._clock())
        self._settle()
        return self._floor.ledger.agent_state(agent_id)

    def resume(self, agent_id: str) -> AgentState:
        """Back from a pause, or from not responding."""
        return self._ask(self._floor.presence.resume, agent_id)

    def end_wrap_up(self, agent_id: str) -> AgentState:
        """IllegalTransition unless the agent is in wrap-up."""
        return self._ask(self._floor.presence.end_wrap_up, agent_id)

    def extend_wrap_up(self, agent_id: str) -> AgentState:
        """As end_wrap_up; WrapUpAtMost where the queue allows no more of it."""
        return self._ask(self._floor.presence.extend_wrap_up, agent_id)

    def keep(self, by: str, agents: frozenset[str]) -> None:
        """The agents on whom calls count that ``by``, a campaign, has in the air: they are given to
        nobody of a priority below `FIRST`, by other nodes from when they have heard of it."""
        if self._kept.get(by, frozenset()) == agents:
            return
        before, self._kept[by] = self._all_kept(), agents
        kept = self._all_kept()
        for agent in before ^ kept:
            self._upkeep.agent_is("kept", agent, agent in kept)
        self._floor.keep(kept, self._clock())
        self._settle()

    def _all_kept(self) -> frozenset[str]:
        return frozenset[str]().union(*self._kept.values())

    def order(self, agent_id: str, order: Order) -> AgentState:
        """A supervisor's word about an agent; raises as `Supervision.obey` does."""
        self._floor.supervision.obey(agent_id, order, self._clock())
        self._settle()
        return self._floor.ledger.agent_state(agent_id)

    def phone_reachable(
        self, agent_id: str, reachable: bool, *, registered: bool = False
    ) -> AgentState:
        """What the switch says about the agent's phone; `registered`: it has just newly
        registered, which logs in even an agent who logged out by code."""
        now_ms = self._clock()
        if self._floor.phone(agent_id, reachable, now_ms, registered=registered):
            self._upkeep.agent_is("reach", agent_id, reachable)
        self._settle()
        return self._floor.ledger.agent_state(agent_id)

    def _ask(self, verb: Callable[[str, int], None], agent_id: str) -> AgentState:
        verb(agent_id, self._clock())
        self._settle()
        return self._floor.ledger.agent_state(agent_id)

    def configure(self, site: Iterable[Agent], rules: RoutingRules) -> None:
        """The site file has changed: agents come, go, and have other skills at once; the
        queues' new rules are for what comes next. See `Floor.configure`."""
        self._floor.configure(site, rules, self._clock())
        self._settle()
        for agent_id, record in self._floor.ledger.agents.items():
            self._set_timer(agent_id, record.state)

    # status

    @property
    def health(self) -> StoreHealth:
        """Of the live state; a true answer, not a guess."""
        return self._upkeep.health

    def snapshot(self) -> Snapshot:
        """Queues, agents and contacts as they are now."""
        return take_snapshot(self._floor, self._clock())

    def explain(self, contact_id: str) -> Explanation | None:
        """Why a contact has the agent that it has, or none yet; None once it is forgotten."""
        return self._floor.explain(contact_id, self._clock())

    # life

    async def restore(self, live: LiveLegs) -> list[str]:
        """Before `run`, once: takes up what this node held when it ended, and returns these
        contacts. Raises StoreAway."""
        if not self._joined:
            await self.join()
        held, staff = await self._store.contacts(), await self._store.agents()
        for record in held:
            if not isinstance(record.state, contacts.Talking | contacts.Ended):
                self._add_ticket(record.contact)
        restore(self._floor, held, staff, live, self._clock())
        self._settle()
        return [record.contact.id for record in held]

    async def join(self) -> None:
        """First of all, before anything that a former run left is read: this node lives, so nobody
        takes it over. Raises StoreAway."""
        await self._upkeep.keeper.beat()
        await self._store.tell("reach", {}, anew=True)
        await self._store.tell("kept", {}, anew=True)
        self._joined = True

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Every node, this one too, as of the last heartbeat."""
        return self._upkeep.keeper.nodes

    @property
    def dead_ms(self) -> int:
        """How long a node may be silent and count as living."""
        return self._store.dead_ms

    def reconcile(self, live: LiveLegs) -> None:
        """The link to the switch is back: conversations may have ended meanwhile."""
        self._floor.reconcile(live, self._clock())
        self._settle()

    async def run(self) -> None:
        """Until cancelled. What is not written by then is written at the end."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self._upkeep.start(tasks)
                try:
                    await asyncio.Future()
                finally:  # a group that shuts down takes no more tasks
                    self._tasks = None
        finally:
            for timer in (*self._timers.values(), self._agenda_timer):
                if timer is not None:
                    timer.cancel()
            await self._upkeep.finish()

    async def _before_adopting(self, node: str, silent_ms: int, everything: bool) -> None:
        if self.estate is not None:
            await self.estate.take(node, silent_ms, everything=everything)

    def _after_adopting(self) -> None:
        self._settle()
        if self.estate is not None:
            self.estate.settle()

    # rings

    def _start_ring(self, assignment: Assignment) -> None:
        if self._upkeep.keeper.is_late:
            ids = assignment.contact.id, assignment.agent.id
            self._floor.not_confirmed(*ids, self._clock())
        elif self._tasks is not None and self._floor.start_ring(assignment, self._clock()):
            self._tasks.create_task(self._ring(assignment))

    async def _ring(self, assignment: Assignment) -> None:
        outcome = await self._ring_outcome(assignment)
        if isinstance(outcome, Answered) and self._upkeep.keeper.is_late:
            await self._upkeep.be_sure()
        if isinstance(outcome, Answered) and not self._floor.ledger.rings(
            assignment.contact.id, assignment.agent.id
        ):
            await self._guarded(self._ringer.drop(outcome.leg), assignment)
            outcome = Stopped()
        self._floor.ring_over(assignment, outcome, self._clock())
        self._settle()

    async def _ring_outcome(self, assignment: Assignment) -> RingOutcome:
        rules = self._floor.rules
        contact = assignment.contact
        timeout_ms = contact.ring_timeout_ms or rules.queue(contact.queue).ring_timeout_ms
        try:
            async with asyncio.timeout((timeout_ms + rules.ring_grace_ms) / 1000):
                return await self._ringer.ring(assignment, timeout_ms)
        except TimeoutError:
            await self._guarded(self._ringer.stop_ringing(assignment), assignment)
            return Failed("no_report")
        except Exception:  # one ring that goes wrong must not end every other call
            _log.exception("ring_failed", **_names(assignment))
            return Failed("error")

    async def _guarded(self, doing: Awaitable[None], about: Assignment) -> None:
        try:
            await doing
        except Exception:  # as above: the agent is freed whatever the switch says
            _log.exception("ringer_failed", **_names(about))

    # what an event leaves to do

    def _settle(self) -> None:
        """After every event: tell, stop rings, wake the writer."""
        ledger = self._floor.ledger
        events, ledger.events = ledger.events, []
        for event in events:
            self._keep_up(event)
            self._tell(event)
        stops, self._floor.ledger.stops = self._floor.ledger.stops, []
        for assignment in stops:
            if self._tasks is not None:
                stopping = self._ringer.stop_ringing(assignment)
                self._tasks.create_task(self._guarded(stopping, assignment))
        if ledger.urgent:
            self._upkeep.wake()
        if self._floor.agenda.next_ms != self._agenda_ms:
            self._set_agenda_timer()

    def _set_agenda_timer(self) -> None:
        if self._agenda_timer is not None:
            self._agenda_timer.cancel()
        self._agenda_ms = self._floor.agenda.next_ms
        if self._agenda_ms is not None:
            delay_s = max(1, self._agenda_ms - self._clock()) / 1000
            loop = asyncio.get_running_loop()
            self._agenda_timer = loop.call_later(delay_s, self._tick)

    def _tick(self) -> None:
        self._agenda_timer = self._agenda_ms = None
        self._floor.tick(self._clock())
        self._settle()

    def _keep_up(self, event: RoutingEvent) -> None:
        match event:
            case AgentChanged(agent=agent_id, after=after):  # the commonest by far
                self._set_timer(agent_id, after)
                if isinstance(after, agents.Offline):
                    self._tell_the_unstaffed()
            case ContactAnswered(contact=contact, leg=leg):
                self._tickets.pop(contact.id).resolve(leg, None)
            case ContactEnded(contact=contact, outcome=outcome) if contact.id in self._tickets:
                self._tickets.pop(contact.id).resolve(None, outcome)
            case ContactTaken(contact=contact) if contact.id in self._tickets:
                self._tickets.pop(contact.id).resolve(None, Outcome.LOST)
            case NodeChanged(node=node, is_served=is_served, why=why):
                _log.warning("node_changed", node=node, is_served=is_served, why=why)

    def _tell_the_unstaffed(self) -> None:
        staffed: dict[object, bool] = {}  # many wait, few ask for different things
        for ticket in self._tickets.values():
            contact = ticket.contact
            asked = contact.queue, contact.skills, contact.requires, contact.relax
            if asked not in staffed:
                staffed[asked] = self._floor.is_staffed(contact)
            if not staffed[asked]:
                ticket.unstaffed.set()

    def _tell(self, event: RoutingEvent) -> None:
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:  # a listener is no part of routing: calls go on without it
                _log.exception("listener_failed", about=type(event).__name__)

    def _add_ticket(self, contact: Contact) -> Ticket:
        ledger = self._floor.ledger
        ticket = Ticket(
            contact,
            lambda: ledger.position(contact.id),
            lambda: self._expected_wait_of(contact.id),
        )
        self._tickets[contact.id] = ticket
        return ticket

    def _expected_wait_of(self, contact_id: str) -> int | None:
        """None also of one that another node has taken over by now."""
        contact = self.contact(contact_id)
        return None if contact is None else self.expected_wait_ms(contact)

    def _wait_again(self, contact: Contact) -> None:
        self._add_ticket(contact)

    def _set_timer(self, agent_id: str, state: AgentState) -> None:
        timer = self._timers.pop(agent_id, None)
        if timer is not None:
            timer.cancel()
        if type(state) not in _TIMED:
            return
        now_ms = self._clock()
        due_ms = self._floor.presence.due_ms(agent_id, now_ms)
        if due_ms is not None:
            delay_s = max(1, due_ms + self._patience_ms(agent_id) - now_ms) / 1000
            loop = asyncio.get_running_loop()
            self._timers[agent_id] = loop.call_later(delay_s, self._time_is_up, agent_id)

    def _patience_ms(self, agent_id: str) -> int:
        """The node that keeps an agent busy ends that itself, unless it is dead."""
        record = self._floor.ledger.agents[agent_id]
        return 0 if record.node == self._store.node else self._store.dead_ms

    def _time_is_up(self, agent_id: str) -> None:
        del self._timers[agent_id]
        self._floor.presence.wake(agent_id, self._clock())
        self._settle()
        if agent_id not in self._timers:  # the wall clock lags behind the loop's: again
            self._set_timer(agent_id, self._floor.ledger.agent_state(agent_id))


def _names(assignment: Assignment) -> Mapping[str, str]:
    return {"contact": assignment.contact.id, "agent": assignment.agent.id}
