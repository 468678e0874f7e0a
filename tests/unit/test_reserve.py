"""Agents kept in reserve for urgent contacts, which everybody becomes who waits."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from routing import agent as agents
from routing import contact as contacts
from routing.contact import Outcome
from routing.floor import Floor
from routing.news import ContactNews, Survey
from routing.requirement import all_of, suits
from routing.rules import QueueRules, Reserve, RoutingRules
from routing.store import Node
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

AGEING_MS = 10
RESERVE = Reserve(agents=1, priority=5)
RULES = RoutingRules({"sales": QueueRules(reserve=RESERVE)}, ageing_ms=AGEING_MS)
STAFF = [
    an_agent("ann", sales=3),
    an_agent("bob", sales=3),
    an_agent("cyd", sales=3, chess=1),
    an_agent("dot", chess=1),
]


def a_floor(*present: str, rules: RoutingRules = RULES) -> Floor:
    floor = Floor("n1", STAFF, rules)
    for at_ms, name in enumerate(present):
        floor.presence.login(name, at_ms)
    return floor


def offered_to(floor: Floor, contact: str) -> str | None:
    state = floor.ledger.contact_state(contact)
    assert state is not None
    return contacts.agent_of(state)


def test_the_last_agent_is_kept_for_the_urgent() -> None:
    floor = a_floor("ann", "bob")
    for name, priority in (("c1", 0), ("c2", 4), ("vip", 5)):
        floor.arrive(a_contact(name, arrived_ms=2, priority=priority), 2)
    assert [offered_to(floor, name) for name in ("c1", "c2", "vip")] == ["ann", None, "bob"]


def test_who_has_waited_for_the_level_is_urgent() -> None:
    """Five levels are five times the ageing; not a millisecond before."""
    floor = a_floor("ann")
    floor.arrive(a_contact("c1", arrived_ms=2), 2)
    assert (offered_to(floor, "c1"), floor.agenda.next_ms) == (None, 52)
    floor.offers.tick(51)
    assert offered_to(floor, "c1") is None
    floor.offers.tick(52)
    assert offered_to(floor, "c1") == "ann"


def test_who_waited_before_it_came_is_urgent_at_once() -> None:
    """As one that comes back into the line."""
    floor = a_floor("ann")
    floor.arrive(a_contact("c1", arrived_ms=0), 50)
    assert offered_to(floor, "c1") == "ann"


def test_without_ageing_the_reserve_is_for_the_urgent_for_good() -> None:
    floor = a_floor("ann", rules=replace(RULES, ageing_ms=None))
    floor.arrive(a_contact("c1"), 2)
    assert floor.agenda.next_ms is None
    floor.offers.tick(10_000)
    assert offered_to(floor, "c1") is None


def test_one_more_free_agent_sets_the_longest_idle_to_work() -> None:
    """And not the one who has just become free, by the strategy of the queue."""
    floor = a_floor("ann")
    floor.arrive(a_contact("c1", arrived_ms=2), 2)
    floor.presence.login("bob", 3)
    assert offered_to(floor, "c1") == "ann"


def test_a_contact_of_another_node_stays_urgent_when_the_site_changes() -> None:
    """Else the last agent would be given to one of this node's that comes after it."""
    rules = RoutingRules({"sales": QueueRules(reserve=Reserve(1, 5))}, ageing_ms=100)
    staff = [an_agent("ann")]
    floor = Floor("n1", staff, rules)
    floor.neighbours.pulse([Node("n2", 0, 0, 0)], 1_000, 1_000)
    early = replace(a_contact("early", arrived_ms=5), node="n2")
    news = ContactNews("early", 1, contacts.Waiting(5), early)
    floor.neighbours.survey(Survey(1, [("n2", news)], [], {}, {}), 1_000)
    floor.configure(staff, replace(rules, back_off_ms=1), 1_000)
    floor.arrive(a_contact("late", arrived_ms=999, priority=5), 1_000)
    floor.presence.login("ann", 1_000)
    assert floor.ledger.contact_state("late") == contacts.Waiting(1_000)
    assert isinstance(floor.ledger.agent_state("ann"), agents.Available)


def test_an_urgent_contact_behind_others_is_not_held_up_by_them() -> None:
    """It is later in the order, and the others may not have the agent."""
    floor = a_floor()
    floor.arrive(a_contact("c1", arrived_ms=0, priority=4), 0)
    floor.arrive(a_contact("vip", arrived_ms=40, priority=5), 40)
    assert floor.ledger.pool.position("vip") == 2
    floor.presence.login("ann", 41)
    assert (offered_to(floor, "c1"), offered_to(floor, "vip")) == (None, "ann")


def test_a_site_that_gives_the_reserve_up_sets_it_to_work() -> None:
    """And one that begins to keep one keeps it."""
    floor = a_floor("ann")
    floor.arrive(a_contact("c1", arrived_ms=2), 2)
    floor.configure(STAFF, RoutingRules(), 3)
    assert offered_to(floor, "c1") == "ann"
    floor.configure(STAFF, RULES, 4)
    floor.presence.login("bob", 5)
    floor.arrive(a_contact("c2", arrived_ms=6), 6)
    assert (offered_to(floor, "c2"), floor.agenda.next_ms) == (None, 52)


class Keeping(RuleBasedStateMachine):
    """Contacts of two queues, of which one keeps a reserve, and agents who come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.floor = a_floor("ann", "bob", "cyd", "dot")
        self.now = 10
        self.made = 0

    @rule(ms=st.integers(1, 20))
    def time_goes_by(self, ms: int) -> None:
        self.now += ms
        self.floor.offers.tick(self.now)

    @rule(skill=st.sampled_from(["sales", "chess"]), priority=st.integers(0, 6))
    def a_contact_arrives(self, skill: str, priority: int) -> None:
        self.made += 1
        contact = a_contact(
            f"c{self.made}", arrived_ms=self.now, priority=priority, queue=skill, **{skill: 1}
        )
        self.floor.arrive(contact, self.now)

    @rule(number=st.integers(1, 20))
    def a_contact_goes(self, number: int) -> None:
        self.floor.end(f"c{number}", Outcome.ABANDONED, self.now)

    @rule(name=st.sampled_from([agent.id for agent in STAFF]))
    def an_agent_pauses_or_comes_back(self, name: str) -> None:
        state = self.floor.ledger.agent_state(name)
        if isinstance(state, agents.Paused):
            self.floor.presence.resume(name, self.now)
        else:
            self.floor.presence.pause(name, "lunch", self.now)

    @invariant()
    def the_reserve_is_kept_and_nothing_more(self) -> None:
        ledger = self.floor.ledger
        free = [
            ledger.site[name]
            for name, record in ledger.agents.items()
            if isinstance(record.state, agents.Available)
        ]
        for record in ledger.contacts.values():
            if not isinstance(record.state, contacts.Waiting):
                continue
            contact = record.contact
            level = contact.priority + (self.now - contact.arrived_ms) / AGEING_MS
            is_kept = contact.queue == "sales" and level < RESERVE.priority
            suitable = sum(suits(agent.skills, all_of(contact.skills)) for agent in free)
            assert suitable <= (RESERVE.agents if is_kept else 0)


TestKeeping = Keeping.TestCase
TestKeeping.settings = settings(max_examples=80, stateful_step_count=40)
