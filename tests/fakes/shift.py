"""A shift of agents on routing's own floor, whose event log is kept as the engine writes it."""

from contextlib import suppress
from dataclasses import replace
from typing import cast

from config.site import Site
from engine.calls.story import Story
from engine.reporting.eventlog import EventLog
from history.events import EventKind, EventRow
from history.rows import TimelineEntry
from routing import agent as agents
from routing import contact as contacts
from routing.agent import Agent
from routing.contact import Outcome
from routing.errors import IllegalTransition
from routing.floor import Floor
from routing.matcher import Assignment
from routing.ringing import AgentLeg, Answered, NoAnswer, RingOutcome
from routing.rules import QueueRules, RoutingRules
from routing.store import Written
from routing.supervisor import Order, Verb
from routing.transfers import consult_id, consulted_about, is_consult
from tests.fakes.routing import a_contact
from tests.fakes.stories import a_story

WRAP_UP_MS = 20_000
NODE = "n1"


class Shift:
    """Agents and callers at the test's word; the time is `now`. Redis confirms at once."""

    def __init__(
        self,
        *staff: Agent,
        now: int = 0,
        wrap_up_ms: int = WRAP_UP_MS,
        rules: RoutingRules | None = None,
    ) -> None:
        self.rows: list[EventRow] = []
        self.now = now
        queues = {"sales": QueueRules(wrap_up_ms=wrap_up_ms)}
        self.floor = Floor(NODE, staff, rules or RoutingRules(queues, back_off_ms=5_000))
        self.log = EventLog(NODE, self.rows.append)
        self.log.contact_of = lambda name: self.floor.ledger.contacts[name].contact
        self.rings: dict[str, Assignment] = {}
        self._stories: dict[str, Story] = {}
        for agent in staff:
            self.floor.presence.login(agent.id, now)
        self._settle()

    def wait(self, ms: int) -> None:
        """Time goes by, to the millisecond at which something is due and then on."""
        end = self.now + ms
        while (due := self._next_due()) is not None and due <= end:
            self.now = max(due, self.now)
            self.floor.tick(self.now)
            for name in self.floor.ledger.agents:
                self.floor.presence.wake(name, self.now)
            self._settle()
        self.now = end

    def look(self) -> None:
        """The waits of those who came are foretold, as at a heartbeat."""
        self.floor.forecast.look(self.now, 100)

    def call(
        self,
        name: str,
        queue: str = "sales",
        *,
        leg: str = "caller",
        skill: str = "sales",
        priority: int = 0,
        **skills: int,
    ) -> None:
        """A caller joins a queue, and asks for `skill` unless for others; without a `leg` it is a
        callback whose turn has come, with the `priority` `FIRST` somebody who was called."""
        skills = skills or {skill: 1}
        contact = a_contact(name, arrived_ms=self.now, queue=queue, **skills)
        contact = replace(contact, priority=priority)
        self._stories.setdefault(name, a_story(name))
        self.floor.arrive(replace(contact, leg=leg), self.now)
        self._settle()

    def ring_ends(self, agent: str, outcome: RingOutcome | None = None) -> None:
        """The agent answers, or the ring ends otherwise."""
        ring = self.rings.pop(agent)
        leg = AgentLeg(agent, f"leg-{ring.contact.id}-{agent}")
        self.floor.ring_over(ring, outcome or Answered(leg), self.now)
        self._settle()

    def misses(self, agent: str) -> None:
        """The phone rings for nobody."""
        self.ring_ends(agent, NoAnswer())

    def caller_leaves(self, name: str, outcome: Outcome = Outcome.ABANDONED) -> None:
        """The caller's side is over; what rings for it is stopped."""
        self.floor.end(name, outcome, self.now)
        self._settle()

    def agent_hangs_up(self, agent: str) -> None:
        """The agent's leg is gone."""
        state = self.floor.ledger.agents[agent].state
        if isinstance(state, agents.Talking):
            self.floor.leg_ended(agent, state.leg, self.now)
        self._settle()

    def consults(self, agent: str, other: str) -> None:
        """The agent asks a colleague about the contact in hand, who answers; if both can."""
        state = self.floor.ledger.agents[agent].state
        if not isinstance(state, agents.Talking) or is_consult(state.contact):
            return
        asked = consult_id(state.contact, len(self.rows))
        contact = replace(a_contact(asked, arrived_ms=self.now, queue=""), skills=(), agent=other)
        if self.floor.arrive_for(replace(contact, leg=""), self.now):
            self.tell(state.contact, "consulting", to=f"agent:{other}")
            self._settle()
            self.ring_ends(other)

    def hands_over(self, agent: str) -> None:
        """Who is consulted takes the contact; who had it hangs up."""
        state = self.floor.ledger.agents[agent].state
        if isinstance(state, agents.Talking) and is_consult(state.contact):
            contact = consulted_about(state.contact)
            if isinstance(self.floor.ledger.contact_state(contact), contacts.Talking):
                self.tell(contact, "handed_over", to=f"agent:{agent}")
                self.floor.transfers.hand_over(contact, state.contact, self.now)
                self._settle()

    def ask(self, agent: str, verb: str, *words: str) -> None:
        """login, logout, pause (with a reason), resume, end_wrap_up or extend_wrap_up."""
        getattr(self.floor.presence, verb)(agent, *words, self.now)
        self._settle()

    def order(
        self, agent: str, verb: str, *, by: str = "maria", reason: str = "", hold: bool = False
    ) -> None:
        """What a supervisor says."""
        self.floor.supervision.obey(agent, Order(Verb(verb), by, reason, hold), self.now)
        self._settle()

    def phone(self, agent: str, *, here: bool = True, registered: bool = True) -> None:
        """The agent's phone comes or goes."""
        if here:
            self.floor.presence.reachable(agent, self.now, registered=registered)
        else:
            self.floor.presence.unreachable(agent, self.now)
        self._settle()

    def configure(self, *staff: Agent, rules: RoutingRules) -> None:
        """The site says something else from now on."""
        self.floor.configure(staff, rules, self.now)
        self._settle()

    def does(self, agent: str, verb: str) -> None:
        """The agent asks for it, if that can be asked for now: a pause is for lunch, and who is
        retrained speaks French and serves one queue."""
        if verb == "retrained":
            self.serves(agent, ("fr", "sales"), ("sales",))
            return
        words = ("lunch",) if verb == "pause" else ()
        with suppress(IllegalTransition):
            self.ask(agent, verb, *words)

    def tell(self, name: str, what: str, **fields: str) -> None:
        """Something that only the contact's story knows."""
        self.log.told(self._stories[name], TimelineEntry(self.now, what, fields))

    def serves(self, agent: str, skills: tuple[str, ...], queues: tuple[str, ...]) -> None:
        """What the site says of an agent from now on, as `employ` tells it."""
        number = -len(self.rows)
        staff = EventRow(self.now, EventKind.STAFF, agent, number, NODE, agent=agent)
        self.rows.append(replace(staff, skills=skills, serves=queues))

    def employ(self, site: object) -> None:
        """The site is this from now on."""
        self.log.employ(cast(Site, site), self.now)

    def state(self, agent: str) -> agents.AgentState:
        """What the agent does."""
        return self.floor.ledger.agents[agent].state

    def _next_due(self) -> int | None:
        names, presence = self.floor.ledger.agents, self.floor.presence
        due = [presence.due_ms(name, self.now) for name in names]
        return min((at for at in (*due, self.floor.agenda.next_ms) if at is not None), default=None)

    def _settle(self) -> None:
        """As the router does after each event."""
        ledger = self.floor.ledger
        while True:
            events, ledger.events = ledger.events, []
            for event in events:
                self.log(event)
            for stopped in self.floor.ledger.stops:
                self.rings.pop(stopped.agent.id, None)
                self.floor.ring_over(stopped, NoAnswer(), self.now)
            self.floor.ledger.stops = []
            for group in ledger.take_changes(100):
                confirmed = self.floor.written(group, Written(1, 1))
                if confirmed and self.floor.start_ring(confirmed, self.now):
                    self.rings[confirmed.agent.id] = confirmed
            if not ledger.events:
                return
