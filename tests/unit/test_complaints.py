"""What users of today's queues complain of, and what happens here instead: routing's part."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import agent as agents
from routing.agent import Agent
from routing.contact import Contact, Ended, Outcome, Relaxation
from routing.events import ContactAnswered, ContactEnded
from routing.floor import Floor, LiveLegs
from routing.matcher import Assignment
from routing.records import AgentRecord, agent_data, read_agent
from routing.restoring import restore
from routing.ringing import AgentLeg, Answered, Busy, NoAnswer, RingOutcome
from routing.rules import QueueRules, RoutingRules
from routing.skills import skill_set
from routing.snapshot import take_snapshot
from routing.store import Refused, Written
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

SECOND = 1_000
RULES = RoutingRules({name: QueueRules(wrap_up_ms=0) for name in ("sales", "vip", "other")})


class Centre:
    """A floor with its store and its phones. The agents have logged in a millisecond apart, so
    the first named has been idle longest."""

    def __init__(self, *staff: Agent, rules: RoutingRules = RULES) -> None:
        self.floor = Floor("n1", staff, rules)
        self.now = 1_000_000
        self.ringing: dict[str, Assignment] = {}
        for agent in staff:
            self.now += 1
            self.floor.presence.login(agent.id, self.now)

    def passes(self, ms: int) -> None:
        """Time goes by, and every timer with it."""
        self.now += ms
        for name in self.floor.ledger.agents:
            self.floor.presence.wake(name, self.now)
        self.floor.offers.tick(self.now)

    def calls(self, name: str, contact: Contact | None = None) -> None:
        """A contact comes now, or came when its arrival says."""
        self.floor.arrive(contact or a_contact(name, arrived_ms=self.now), self.now)

    def expects(self, name: str) -> int | None:
        """How much longer a contact may wait, whether anybody is told or not."""
        contact = self.floor.ledger.contacts[name].contact
        return self.floor.forecast.expected_ms(contact, self.now)

    def rings(self) -> dict[str, str]:
        """The store confirms everything; whose phones ring now, and for whom."""
        while groups := self.floor.ledger.take_changes(100):
            for group in groups:
                version = 0 if group.agent is None else group.agent.version + 1
                confirmed = self.floor.written(group, Written(1, version))
                if confirmed and self.floor.start_ring(confirmed, self.now):
                    self.ringing[confirmed.agent.id] = confirmed
        return {agent: ring.contact.id for agent, ring in self.ringing.items()}

    def ends(self, agent: str, outcome: RingOutcome) -> None:
        """The ring at this agent's phone is over."""
        self.rings()
        self.floor.ring_over(self.ringing.pop(agent), outcome, self.now)

    def answers(self, agent: str) -> None:
        self.ends(agent, Answered(AgentLeg(agent, f"leg-{agent}")))

    def hangs_up(self, agent: str) -> None:
        self.floor.leg_ended(agent, f"leg-{agent}", self.now)

    def serves(self, agent: str) -> str:
        """The agent takes one contact from the ring to the end; whose it was."""
        contact = self.rings()[agent]
        self.answers(agent)
        self.hangs_up(agent)
        return contact

    def state(self, agent: str) -> str:
        return type(self.floor.ledger.agent_state(agent)).__name__


def test_a_heavier_queue_does_not_starve_an_agent_who_is_not_for_it() -> None:
    """Complaint: callers of a queue with more weight keep an agent idle who is excluded there by
    penalty. Here the agent serves whom the skills allow, whatever waits elsewhere."""
    centre = Centre(an_agent("ann", sales=1))
    for number in range(50):
        vip = a_contact(f"vip{number}", arrived_ms=0, priority=100, queue="vip", sales=3)
        centre.calls(vip.id, vip)
    centre.calls("plain", a_contact("plain", arrived_ms=centre.now, sales=1))
    assert centre.rings() == {"ann": "plain"}


def test_the_longest_waiting_caller_is_offered() -> None:
    """Complaint: who has waited longest is not offered, when a ring for them came to nothing, they
    changed the queue or came to ask for less. The order is by arrival alone."""
    centre = Centre(an_agent("ann", sales=1), rules=replace(RULES, back_off_ms=30 * SECOND))
    hard = a_contact("hard", arrived_ms=centre.now - 1, queue="other", sales=5)
    centre.calls("hard", replace(hard, relax=(Relaxation(20 * SECOND, skill_set({"sales": 1})),)))
    centre.calls("first")
    centre.passes(SECOND)
    centre.calls("second")
    centre.ends("ann", Busy())
    centre.passes(20 * SECOND)
    centre.passes(10 * SECOND)
    assert [centre.serves("ann") for _ in range(3)] == ["hard", "first", "second"]


@pytest.mark.parametrize(("queue", "ms"), [("short", 5 * SECOND), ("long", 60 * SECOND)])
def test_wrap_up_lasts_as_long_as_the_queue_of_the_call_says(queue: str, ms: int) -> None:
    """Complaint: wrap-up ends early when an agent serves several queues, as the time of another
    queue is used, or its callers are offered meanwhile."""
    rules = RoutingRules(
        {"short": QueueRules(wrap_up_ms=5 * SECOND), "long": QueueRules(wrap_up_ms=60 * SECOND)}
    )
    centre = Centre(an_agent("ann"), rules=rules)
    centre.calls("c1", a_contact("c1", arrived_ms=centre.now, queue=queue))
    assert centre.serves("ann") == "c1"
    for name in ("short", "long"):
        centre.calls(name, a_contact(name, arrived_ms=centre.now, queue=name))
    centre.passes(ms - 1)
    assert (centre.state("ann"), centre.rings()) == ("WrapUp", {})
    centre.passes(1)
    assert set(centre.rings()) == {"ann"}


def test_no_call_is_counted_twice_under_load() -> None:
    """Complaint: under load a call counts twice. Every report comes twice here, and from both
    sides at once; each contact is answered once, ends once and is counted once."""
    centre = Centre(*(an_agent(f"agent{n}") for n in range(20)))
    for number in range(200):
        centre.calls(f"c{number}", a_contact(f"c{number}", arrived_ms=number))
    while ringing := centre.rings():
        for agent, contact in ringing.items():
            ring = centre.ringing[agent]
            centre.answers(agent)
            answered_again = Answered(AgentLeg(agent, f"leg-{agent}"))
            centre.floor.ring_over(ring, answered_again, centre.now)
            centre.floor.end(contact, Outcome.ABANDONED, centre.now)
            centre.floor.end(contact, Outcome.COMPLETED, centre.now)
            centre.hangs_up(agent)
            centre.hangs_up(agent)
    events = centre.floor.ledger.events
    answered = [event.contact.id for event in events if isinstance(event, ContactAnswered)]
    ended = [event.contact.id for event in events if isinstance(event, ContactEnded)]
    assert sorted(answered) == sorted(ended) == sorted(f"c{n}" for n in range(200))
    counted = centre.floor.ledger.performance["sales"]
    assert (round(counted.answered), round(counted.counted)) == (200, 200)


def test_the_pause_reason_outlives_a_restart() -> None:
    """Complaint: after a restart an agent is paused for no reason, or not at all. Also one whose
    phone was gone meanwhile comes back to the same pause."""
    left = AgentRecord("ann", agents.Paused(5, 3, "training"), "n1", 4)
    fields = {b"v": b"4", b"node": b"n1", b"kind": b"Paused", b"data": agent_data(left)}
    centre = Centre(an_agent("ann"))
    restore(centre.floor, [], [read_agent("k", "ann", fields)], LiveLegs(), centre.now)
    centre.floor.presence.unreachable("ann", centre.now)
    centre.floor.presence.reachable("ann", centre.now, registered=True)
    (view,) = take_snapshot(centre.floor, centre.now).agents
    assert (view.state, view.reason) == ("Paused", "training")


def test_an_agent_is_not_stuck_in_a_reservation() -> None:
    """Complaint: an agent is "reserved" for ever for a call that has gone, or that another engine
    was given. The agent is free with the end of the promise, whoever ends it."""
    centre = Centre(an_agent("ann"))
    centre.calls("c1")
    assert centre.state("ann") == "Reserved"
    centre.floor.end("c1", Outcome.ABANDONED, centre.now)
    assert centre.state("ann") == "Available"
    centre.calls("c2")
    (group,) = [g for g in centre.floor.ledger.take_changes(9) if g.agent and g.contact]
    theirs = AgentRecord("ann", agents.Talking(1, 1, "c9", leg="x"), "n2", 9)
    centre.floor.refused(group, Refused(0, theirs), centre.now)
    free = AgentRecord("ann", agents.Available(2, 2), "n2", 10)
    centre.floor.take_theirs(free, centre.now)
    assert centre.rings() == {"ann": "c2"}
    centre.floor.end("c2", Outcome.ABANDONED, centre.now)
    centre.ends("ann", NoAnswer())
    assert centre.state("ann") == "Available"


def test_one_agent_who_cannot_take_calls_does_not_halt_the_queue() -> None:
    """Complaint: a phone that is busy, rings in vain or is for the first in line alone holds up all
    who wait behind. Everybody else is served meanwhile."""
    centre = Centre(*(an_agent(name, sales=3) for name in ("ann", "bob", "cyd")))
    for number in range(4):
        centre.calls(f"c{number}", a_contact(f"c{number}", arrived_ms=number + 1, sales=3))
    hard = a_contact("hard", arrived_ms=0, sales=5)
    centre.calls("hard", hard)
    assert centre.rings() == {"ann": "c0", "bob": "c1", "cyd": "c2"}
    centre.ends("ann", Busy())
    assert centre.serves("cyd") == "c2"
    assert centre.rings() == {"bob": "c1", "cyd": "c0"}
    centre.floor.presence.pause("bob", "lunch", centre.now)
    centre.ends("bob", NoAnswer())
    assert [centre.serves("cyd") for _ in range(3)] == ["c0", "c1", "c3"]


def test_no_dead_call_is_shown_as_answered() -> None:
    """Complaint: an agent is shown in conversation with a caller who has gone: one who hung up
    just as the agent answered, or whose end was not told while the link was down."""
    centre = Centre(an_agent("ann"))
    centre.calls("c1")
    centre.rings()
    centre.floor.end("c1", Outcome.ABANDONED, centre.now)
    centre.answers("ann")
    ended = centre.floor.ledger.contact_state("c1")
    assert isinstance(ended, Ended)
    assert (ended.outcome, centre.state("ann")) == (Outcome.ABANDONED, "Available")
    centre.calls("c2")
    centre.rings()
    centre.answers("ann")
    centre.floor.reconcile(LiveLegs(agents=()), centre.now)
    shown = take_snapshot(centre.floor, centre.now)
    assert [(view.state, view.contact) for view in shown.agents] == [("Available", None)]
    assert not any(queue.talking for queue in shown.queues)


def test_an_unregistered_phone_is_not_available() -> None:
    """Complaint: an agent whose phone is gone stays available, and every call rings there in
    vain. The agent is out at once, the caller rung for is offered to the next."""
    centre = Centre(an_agent("ann"), an_agent("bob"), an_agent("cyd"))
    centre.floor.presence.unreachable("ann", centre.now)
    centre.calls("c1")
    assert centre.rings() == {"bob": "c1"}
    centre.floor.presence.unreachable("bob", centre.now)
    assert centre.rings()["cyd"] == "c1"
    assert [centre.state(name) for name in ("ann", "bob")] == ["Offline", "Ringing"]
    centre.ends("bob", NoAnswer())
    assert centre.state("bob") == "Offline"


def test_how_many_missed_calls_put_an_agent_aside_is_said_by_the_site() -> None:
    """Complaint: auto-pause is fixed at one missed call. Here as many as the site says, in a row:
    a ring missed before that only rests the phone, and an answer or a log-in begins anew."""
    rules = replace(RULES, missed_calls=2, back_off_ms=5 * SECOND)
    centre = Centre(an_agent("ann"), rules=rules)

    def misses() -> str:
        centre.passes(5 * SECOND)
        centre.ends("ann", NoAnswer())
        return centre.state("ann")

    centre.calls("c1")
    assert misses() == "BackOff"
    centre.passes(5 * SECOND)
    assert centre.serves("ann") == "c1"
    centre.calls("c2")
    assert misses() == "BackOff"
    centre.floor.presence.login("ann", centre.now)
    assert [misses(), misses()] == ["BackOff", "NotResponding"]
    centre.floor.presence.resume("ann", centre.now)
    assert misses() == "BackOff"


def test_a_queue_may_take_missed_calls_more_seriously() -> None:
    """Each queue says how many for its own rings; those missed in others count."""
    rules = RoutingRules({"vip": QueueRules(missed_calls=2)}, missed_calls=9)
    centre = Centre(an_agent("ann"), rules=rules)
    centre.calls("c1")
    centre.ends("ann", NoAnswer())
    assert centre.state("ann") == "BackOff"
    centre.floor.end("c1", Outcome.ABANDONED, centre.now)
    centre.passes(rules.back_off_ms)
    centre.calls("c2", a_contact("c2", arrived_ms=centre.now, queue="vip"))
    centre.ends("ann", NoAnswer())
    assert centre.state("ann") == "NotResponding"


def test_missed_calls_are_still_counted_after_a_restart() -> None:
    """They are in the agent's record; one from before they were counted has none."""
    missed = AgentRecord("ann", agents.Paused(1, 1, "lunch"), "n1", 4, missed=2)
    fields = {b"v": b"4", b"node": b"n1", b"kind": b"Paused", b"data": agent_data(missed)}
    assert read_agent("k", "ann", fields) == missed
    before = {**fields, b"data": json.dumps([1, 1, "lunch"]).encode()}
    assert read_agent("k", "ann", before) == missed._replace(missed=0)
    centre = Centre(an_agent("ann"), rules=replace(RULES, missed_calls=3))
    restore(centre.floor, [], [missed], LiveLegs(), centre.now)
    centre.floor.presence.resume("ann", centre.now)
    centre.calls("c1")
    centre.ends("ann", NoAnswer())
    assert centre.state("ann") == "NotResponding"


SOON = 1_000_000
CONTACTS = [
    a_contact(f"c{n}", arrived_ms=SOON + n // 4, queue=("sales", "vip", "other")[n % 3])
    for n in range(12)
]


@given(order=st.permutations(CONTACTS), staff=st.permutations(["ann", "bob"]))
def test_the_order_across_queues_is_deterministic(order: list[Contact], staff: list[str]) -> None:
    """Complaint: who goes first across queues is a matter of chance, or of the order in the file.
    Here it is by arrival and, of one millisecond, by name, in whatever order all was told."""
    centre = Centre()
    centre.floor.configure(map(an_agent, staff), RULES, centre.now)
    for contact in order:
        centre.calls(contact.id, contact)
    for name in ("ann", "bob"):
        centre.floor.presence.login(name, centre.now)
    served = [centre.serves(("ann", "bob")[turn % 2]) for turn in range(len(CONTACTS))]
    by_arrival = sorted(CONTACTS, key=lambda contact: (contact.arrived_ms, contact.id))
    assert served == [contact.id for contact in by_arrival]


def test_the_estimated_wait_counts_those_who_can_help() -> None:
    """Complaint: the estimated wait is wrong where rules act by it. It is of the place in line, the
    time a contact takes with its wrap-up, and the agents at work with the skills; it is not said
    while there is nothing to tell it by."""
    rules = RoutingRules({"sales": QueueRules(wrap_up_ms=20 * SECOND)})
    staff = [*(an_agent(name) for name in ("ann", "bob", "dan")), an_agent("cyd", chess=5)]
    centre = Centre(*staff, rules=rules)
    centre.floor.presence.pause("dan", "lunch", centre.now)
    for number in range(5):
        centre.calls(f"c{number}")
        assert centre.expects(f"c{number}") is None
        (agent,) = centre.rings()
        centre.answers(agent)
        centre.passes(40 * SECOND)
        centre.hangs_up(agent)
        centre.passes(20 * SECOND)
    for agent in ("bob", "ann"):
        centre.calls(f"with_{agent}")
        centre.answers(agent)
    centre.calls("first")
    centre.calls("second")
    names = ("first", "second", "with_ann")
    waits = [centre.expects(name) for name in names]
    assert waits == [50 * SECOND, 80 * SECOND, None], "two at work; nobody is in wrap-up yet"
    centre.floor.presence.pause("ann", "lunch", centre.now)  # after the conversation
    assert centre.expects("first") == 80 * SECOND
    for agent in ("ann", "bob"):
        centre.floor.presence.logout(agent, centre.now)
        centre.hangs_up(agent)
        centre.passes(20 * SECOND)
    assert centre.expects("first") is None


def test_an_agent_whose_browser_polls_late_stays_logged_in() -> None:
    """Complaint: an agent is logged out because a browser asked too late. Time alone changes nobody
    who waits for calls: the phone, its registration and the agent's own word do."""
    centre = Centre(an_agent("ann"))
    for _ in range(24):
        centre.passes(3_600 * SECOND)
    assert centre.state("ann") == "Available"
    centre.calls("c1")
    assert centre.rings() == {"ann": "c1"}


def test_a_callback_does_not_jump_ahead_of_who_kept_waiting() -> None:
    """Complaint: a callback goes before callers who have waited longer. It stands where its caller
    stood when it comes into the line, and when it comes again after a try in vain."""
    centre = Centre(an_agent("ann"))
    centre.floor.presence.pause("ann", "start", centre.now)
    back = replace(a_contact("back", arrived_ms=centre.now + 2), leg="")
    centre.calls("before", a_contact("before", arrived_ms=centre.now + 1))
    centre.calls("after", a_contact("after", arrived_ms=centre.now + 3))
    centre.calls("back", back)
    assert [centre.floor.ledger.position(name) for name in ("before", "back", "after")] == [1, 2, 3]
    centre.floor.end("back", Outcome.WITHDRAWN, centre.now)
    centre.passes(5 * SECOND)
    centre.calls("back", back)
    centre.floor.presence.resume("ann", centre.now)
    assert [centre.serves("ann") for _ in range(3)] == ["before", "back", "after"]
