"""Whatever happens, in whatever order: one agent one contact, nobody lost, the order kept."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from config.people import Contacts
from routing import agent as agents
from routing import contact as contacts
from routing.contact import Outcome, Preferred, Relaxation
from routing.crew import is_at_work
from routing.errors import IllegalTransition, NotAllowed, PhoneAway
from routing.floor import Floor
from routing.matcher import Assignment
from routing.pauses import PauseRule
from routing.requirement import all_of, suits
from routing.ringing import AgentLeg, Answered, Busy, Failed, NoAnswer, RingOutcome, Stopped
from routing.rules import QueueRules, RoutingRules
from routing.shifts import Outside, Shift, ShiftTime
from routing.skills import skill_set
from routing.store import Written
from routing.supervisor import Order, Verb
from routing.transfers import consult_id, consulted_about, is_consult
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

LUNCH = PauseRule(longest_ms=6, per_day_ms=20, at_once=1, returns=True)
TRAINING = PauseRule(longest_ms=9)


class Ticking(NamedTuple):
    """A shift that is on for 20 ms of every 30."""

    phase_ms: int

    def at(self, now_ms: int) -> ShiftTime:
        """How it stands."""
        within_ms = (now_ms + self.phase_ms) % 30
        begin_ms = now_ms - within_ms
        if within_ms < 20:
            return ShiftTime(True, begin_ms, begin_ms + 20)
        return ShiftTime(False, begin_ms + 20, begin_ms + 30)


RULES = RoutingRules(
    {"sales": QueueRules(wrap_up_ms=5, extend_ms=4, most_ms=12)},
    back_off_ms=7,
    missed_calls=2,
    pauses={"lunch": LUNCH, "training": TRAINING},
    shifts={
        "bob": (Shift("day", Ticking(0), Outside.LOGOUT, logs_in=True),),
        "cyd": (Shift("late", Ticking(15), Outside.REFUSE),),
    },
)
STAFF = [an_agent("ann", sales=1), an_agent("bob", sales=3, chess=2), an_agent("cyd", chess=5)]
NAMES = st.sampled_from([agent.id for agent in STAFF])
ENDS = st.sampled_from([NoAnswer(), Busy(), Failed("x"), Stopped(), None])


class FloorMachine(RuleBasedStateMachine):
    """Random events, with a store that confirms late and a switch that reports late."""

    def __init__(self) -> None:
        super().__init__()
        self.floor = Floor("n1", STAFF, RULES)
        self.ledger = self.floor.ledger
        self.now = 0
        self.rings: list[Assignment] = []
        self.arrived: set[str] = set()
        self.version = 0
        self.floor.presence.keep_shifts(self.now)
        for agent in STAFF:
            self.floor.presence.reachable(agent.id, self.now, registered=True)

    def legs(self) -> dict[str, str]:
        """The agents in conversation and their legs."""
        found = {name: record.state for name, record in self.ledger.agents.items()}
        return {n: s.leg for n, s in found.items() if isinstance(s, agents.Talking)}

    @rule(ms=st.integers(1, 10))
    def time_goes_by(self, ms: int) -> None:
        self.now += ms
        for name in self.ledger.agents:
            self.floor.presence.wake(name, self.now)
        self.floor.tick(self.now)

    @rule(
        skill=st.sampled_from(["sales", "chess"]),
        priority=st.integers(0, 1),
        late=st.booleans(),
        preferred=st.none() | st.builds(Preferred, NAMES, st.integers(1, 9), st.booleans()),
    )
    def a_contact_arrives(
        self, skill: str, priority: int, late: bool, preferred: Preferred | None
    ) -> None:
        name = f"c{len(self.arrived)}"
        self.arrived.add(name)
        arrived_ms = self.now - 3 * late
        skills = {skill: 3}
        contact = a_contact(name, arrived_ms=arrived_ms, priority=priority, queue="sales", **skills)
        easier = (Relaxation(4, skill_set({skill: 1})), Relaxation(8, ()))
        self.floor.arrive(replace(contact, relax=easier, preferred=preferred), self.now)

    @rule(data=st.data())
    def a_caller_hangs_up(self, data: st.DataObject) -> None:
        if self.arrived:
            name = data.draw(st.sampled_from(sorted(self.arrived)))
            self.floor.end(name, Outcome.ABANDONED, self.now)

    @rule(
        name=NAMES,
        verb=st.sampled_from(["login", "logout", "resume", "end_wrap_up", "extend_wrap_up"]),
    )
    def an_agent_asks(self, name: str, verb: str) -> None:
        before = self.ledger.agent_state(name)
        # Which verb is refused when is test_agent_states'.
        with suppress(IllegalTransition, NotAllowed):
            getattr(self.floor.presence, verb)(name, self.now)
        self.kept(name, before)

    @rule(name=NAMES, reason=st.sampled_from(["lunch", "training"]))
    def an_agent_pauses(self, name: str, reason: str) -> None:
        before = self.ledger.agent_state(name)
        lunching = self.lunching()
        with suppress(IllegalTransition, NotAllowed):
            self.floor.presence.pause(name, reason, self.now)
        self.kept(name, before)
        assert len(self.lunching()) <= max(LUNCH.at_once or 0, len(lunching))

    def kept(self, name: str, before: agents.AgentState) -> None:
        """What a supervisor holds is not taken back by anything that the agent asks for."""
        assert not agents.is_held(before) or agents.is_held(self.ledger.agent_state(name))

    def lunching(self) -> set[str]:
        """Who is at lunch, or will be."""
        states = {name: record.state for name, record in self.ledger.agents.items()}
        now = {n for n, s in states.items() if isinstance(s, agents.Paused) and s.reason == "lunch"}
        then = {n: getattr(s, "then", agents.Then()) for n, s in states.items()}
        return now | {n for n, t in then.items() if t.pause == "lunch" and not t.logout}

    @rule(name=NAMES, verb=st.sampled_from(Verb), hold=st.booleans())
    def a_supervisor_decides(self, name: str, verb: Verb, hold: bool) -> None:
        before = self.ledger.agent_state(name)
        try:
            self.floor.supervision.obey(name, Order(verb, "maria", "lunch", hold), self.now)
        except (IllegalTransition, PhoneAway):
            assert self.ledger.agent_state(name) == before
            return
        after = self.ledger.agent_state(name)
        if verb in (Verb.PAUSE, Verb.LOGOUT):
            assert not isinstance(after, agents.Available | agents.Reserved)
            assert agents.is_held(after) == hold
            if isinstance(after, agents.Ringing):  # until the ring has stopped
                assert not self.ledger.rings(after.contact, name)
        elif verb is not Verb.END_WRAP_UP:
            assert not agents.is_held(after)
        # As the router does: what is held no more may have lasted too long already.
        self.floor.presence.wake(name, self.now)

    @rule(name=NAMES, here=st.booleans(), registered=st.booleans())
    def a_phone_comes_or_goes(self, name: str, here: bool, registered: bool) -> None:
        if here:
            self.floor.presence.reachable(name, self.now, registered=registered)
            self.floor.presence.wake(name, self.now)
        else:
            self.floor.presence.unreachable(name, self.now)

    @rule()
    def the_store_confirms(self) -> None:
        for group in self.ledger.take_changes(100):
            self.version += 1
            confirmed = self.floor.written(group, Written(self.version, self.version))
            if confirmed and self.floor.start_ring(confirmed, self.now):
                self.rings.append(confirmed)

    @rule(data=st.data(), end=ENDS, gone=st.booleans())
    def a_ring_ends(self, data: st.DataObject, end: RingOutcome | None, gone: bool) -> None:
        if not self.rings:
            return
        ring = data.draw(st.sampled_from(self.rings))
        self.rings.remove(ring)
        leg = AgentLeg(ring.agent.id, f"leg-{ring.contact.id}-{self.now}")
        if gone:
            self.floor.leg_ended(ring.agent.id, leg.leg, self.now)
        self.floor.ring_over(ring, end or Answered(leg), self.now)

    @rule(name=NAMES)
    def an_agents_leg_ends(self, name: str) -> None:
        self.floor.leg_ended(name, self.legs().get(name, "none"), self.now)

    @rule(name=NAMES, other=NAMES)
    def a_colleague_is_asked(self, name: str, other: str) -> None:
        state = self.ledger.agent_state(name)
        if isinstance(state, agents.Talking) and not is_consult(state.contact):
            about = consult_id(state.contact, len(self.arrived))
            asked = replace(a_contact(about, queue=""), skills=(), agent=other, leg="")
            if self.floor.arrive_for(asked, self.now):
                self.arrived.add(about)

    @rule(data=st.data())
    def a_contact_is_handed_over(self, data: st.DataObject) -> None:
        consults = sorted(filter(is_consult, self.arrived))
        if consults:
            consult = data.draw(st.sampled_from(consults))
            self.floor.transfers.hand_over(consulted_about(consult), consult, self.now)

    @rule(name=NAMES)
    def a_contact_comes_back(self, name: str) -> None:
        state = self.ledger.agent_state(name)
        if isinstance(state, agents.WrapUp) and not is_consult(state.contact):
            contact = self.ledger.contacts[state.contact].contact
            if isinstance(self.ledger.contact_state(contact.id), contacts.Ended):
                back = replace(contact, queue="", skills=(), relax=(), preferred=None, agent=name)
                self.floor.transfers.free_for(back, self.now)
                self.floor.arrive_for(back, self.now)

    @invariant()
    def nobody_has_more_than_the_site_allows(self) -> None:
        """Of the one channel there is. Who talks to a colleague about a caller has the caller."""
        had = Counter(
            record.state.agent
            for record in self.ledger.contacts.values()
            if isinstance(record.state, contacts.Reserved | contacts.Ringing | contacts.Talking)
        )
        assert max(had.values(), default=0) <= Contacts().voice

    @invariant()
    def nobody_has_two(self) -> None:
        """A contact's agent has that contact, so none has two, and none is had by two."""
        for name, record in self.ledger.contacts.items():
            match record.state:
                case contacts.Reserved(agent=agent) | contacts.Talking(agent=agent):
                    state = self.ledger.agent_state(agent)
                case contacts.Ringing(agent=agent):
                    state = self.ledger.agent_state(agent)
                    assert isinstance(state, agents.Ringing)
                case _:
                    continue
            assert getattr(state, "contact", None) == name

    @invariant()
    def nobody_pauses_or_wraps_up_for_longer_than_allowed(self) -> None:
        """But one whose pause is held; a supervisor's is told, and goes on."""
        for record in self.ledger.agents.values():
            match record.state:
                case agents.Paused(reason=reason, since_ms=since_ms, held="") as pause:
                    rule = RULES.pauses[reason]
                    lasted_ms = self.now - since_ms + pause.spent_ms
                    assert lasted_ms < (rule.longest_ms or 0) or pause.over
                    assert not (pause.over and rule.returns) or pause.by
                case agents.WrapUp(since_ms=since_ms, until_ms=until_ms):
                    assert self.now < until_ms <= since_ms + 12

    @invariant()
    def no_agent_is_stuck(self) -> None:
        """Reserved only with its contact; ringing only while a ring is to be reported."""
        ringing = {(ring.contact.id, ring.agent.id) for ring in self.rings}
        for name, record in self.ledger.agents.items():
            match record.state:
                case agents.Reserved(contact=contact):
                    assert isinstance(self.ledger.contact_state(contact), contacts.Reserved)
                case agents.Ringing(contact=contact):
                    assert (contact, name) in ringing

    @invariant()
    def nobody_is_lost_and_everybody_in_line_has_a_place(self) -> None:
        assert set(self.ledger.contacts) == self.arrived
        for name, record in self.ledger.contacts.items():
            in_line = not isinstance(record.state, contacts.Talking | contacts.Ended)
            assert (self.ledger.position(name) is not None) == in_line

    @invariant()
    def whoever_has_waited_asks_for_less(self) -> None:
        for name, record in self.ledger.contacts.items():
            if self.ledger.position(name) is not None:
                assert record.contact.relaxed(self.now) == record.contact

    @invariant()
    def nobody_waits_whom_a_free_agent_could_serve(self) -> None:
        states = self.ledger.agents.items()
        free = [self.ledger.site[n] for n, r in states if isinstance(r.state, agents.Available)]
        for record in self.ledger.contacts.values():
            if isinstance(record.state, contacts.Waiting):
                contact = record.contact
                wanted = contact.preferred.agent if contact.preferred else None
                may = [agent for agent in free if wanted in (None, agent.id)]
                assert not any(suits(agent.skills, all_of(contact.skills)) for agent in may)

    @invariant()
    def nobody_waits_for_an_agent_who_is_not_there(self) -> None:
        for name, record in self.ledger.contacts.items():
            preferred = record.contact.preferred
            if self.ledger.position(name) is not None and preferred and not preferred.insists:
                assert is_at_work(self.ledger.agent_state(preferred.agent))


TestFloorMachine = FloorMachine.TestCase
TestFloorMachine.settings = settings(max_examples=200, stateful_step_count=50)
