"""The order of contacts and agents, and that it holds whatever happens."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from config.requirement import parse
from routing.contact import FIRST, Contact, Preferred
from routing.line import Line
from routing.matcher import Assignment, Pool
from routing.requirement import all_of, suits
from routing.rules import QueueRules, RoutingRules
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit


def test_the_longest_idle_agent_with_the_skill() -> None:
    """Skill and proficiency decide who may, idle time who does."""
    pool = Pool()
    pool.add_agent(an_agent("ann", sales=2), 10)
    pool.add_agent(an_agent("bob", support=5), 1)
    pool.add_agent(an_agent("cyd", sales=5), 20)
    pool.add_contact(a_contact("c1", sales=1))
    pool.add_contact(a_contact("c2", sales=3))
    pool.add_contact(a_contact("c3", sales=3, support=1))
    assert pool.match_contact("c1") == Assignment(
        a_contact("c1", sales=1), an_agent("ann", sales=2)
    )
    assert pool.match_contact("c2") == Assignment(
        a_contact("c2", sales=3), an_agent("cyd", sales=5)
    )
    assert pool.match_contact("c3") is None


def matched(pool: Pool, agent: str) -> str | None:
    found = pool.match_agent(agent)
    return None if found is None else found.contact.id


def test_one_order_across_all_queues() -> None:
    """Priority, then original arrival, then id: whatever the queue."""
    pool = Pool()
    pool.add_contact(a_contact("late", arrived_ms=30, queue="sales"))
    pool.add_contact(a_contact("b", arrived_ms=20, queue="support", support=1))
    pool.add_contact(a_contact("a", arrived_ms=20, queue="sales"))
    pool.add_contact(a_contact("vip", arrived_ms=40, queue="vip", priority=5))
    pool.add_agent(an_agent("ann", sales=1, support=1), 0)
    order = []
    while (best := matched(pool, "ann")) is not None:
        order.append(best)
        pool.remove_contact(best)
    assert order == ["vip", "a", "b", "late"]


def test_a_contact_whose_ring_failed_is_back_at_its_place() -> None:
    """Held, it is not offered again and keeps its position; returned, it is the head."""
    pool = Pool()
    pool.add_contact(a_contact("first", arrived_ms=1))
    pool.add_contact(a_contact("second", arrived_ms=2))
    pool.add_agent(an_agent("ann"), 0)
    pool.hold_contact("first")
    assert matched(pool, "ann") == "second"
    assert (pool.position("first"), pool.position("second")) == (1, 2)
    pool.return_contact("first")
    assert matched(pool, "ann") == "first"


def test_position_counts_within_the_queue() -> None:
    """Other queues do not matter to what a caller is told."""
    pool = Pool()
    pool.add_contact(a_contact("other", arrived_ms=1, queue="support"))
    pool.add_contact(a_contact("c1", arrived_ms=2))
    pool.add_contact(a_contact("c2", arrived_ms=3))
    assert pool.position("c2") == 2
    pool.remove_contact("c1")
    assert pool.position("c2") == 1


def test_free_agents_are_counted_by_what_they_can_do() -> None:
    """For the status of a queue."""
    pool = Pool()
    pool.add_agent(an_agent("ann", sales=1), 0)
    pool.add_agent(an_agent("bob", sales=4), 0)
    assert pool.free_agents("sales", (("sales", 2),)) == 1
    pool.remove_agent("bob")
    assert pool.free_agents("sales", (("sales", 2),)) == 0


def test_a_contact_asks_by_an_expression_and_its_queue_says_who_serves_it() -> None:
    """The queue's requirement holds beside the contact's own."""
    rules = QueueRules(requires=parse("not trainee"))
    pool = Pool(RoutingRules({"sales": rules}))
    pool.add_agent(an_agent("new", en=5, trainee=1), 0)
    pool.add_agent(an_agent("hungarian", hu=2), 10)
    pool.add_agent(an_agent("english", en=2), 20)
    contact = replace(a_contact("c1"), skills=(), requires=parse("en or hu >= 3"))
    pool.add_contact(contact)
    assert pool.needs(contact) == parse("(en or hu >= 3) and not trainee")
    found = pool.match_contact("c1")
    assert found is not None
    assert found.agent.id == "english"
    assert [matched(pool, name) for name in ("new", "hungarian", "english")] == [None, None, "c1"]


def test_who_serves_a_queue_may_change_while_contacts_wait() -> None:
    """Both sides learn it; nobody is left in a line that is looked at no more."""
    pool = Pool()
    pool.add_agent(an_agent("new", sales=3, trainee=1), 0)
    pool.add_contact(a_contact("c1"))
    pool.configure(RoutingRules({"sales": QueueRules(requires=parse("not trainee"))}))
    assert (matched(pool, "new"), pool.match_contact("c1")) == (None, None)
    pool.configure(RoutingRules())
    assert matched(pool, "new") == "c1"


def test_lines_find_each_other_in_whatever_order_they_come() -> None:
    """By a skill that is asked for; who asks for none, or for a lack, suits others too."""
    asked = ("a and b", "a or c", "not a", "any", "not any", "b >= 2 or not c")
    staff = [an_agent("x", a=1, b=1), an_agent("y", b=5, c=1), an_agent("z", d=1)]
    queue = a_contact("c1").queue
    for agents_first in (True, False):
        pool = Pool()
        contacts = [
            replace(a_contact(text, queue=queue), skills=(), requires=parse(text)) for text in asked
        ]
        for agent in staff if agents_first else ():
            pool.add_agent(agent, 0)
        for contact in contacts:
            pool.add_contact(contact)
        for agent in () if agents_first else staff:
            pool.add_agent(agent, 0)
        for contact in contacts:
            suitable = [agent.id for agent in staff if suits(agent.skills, contact.requires)]
            found = pool.match_contact(contact.id)
            assert (found and found.agent.id) == (suitable[0] if suitable else None)


def test_a_long_line_keeps_everybodys_place() -> None:
    """Over several chunks, with arrivals out of order and departures in the middle."""
    line: Line[tuple[int, str]] = Line()
    keys = [(i * 7919 % 5000, str(i)) for i in range(5000)]
    for key in keys:
        line.add(key)
    for key in keys[::3]:
        line.remove(key)
    left = sorted(set(keys) - set(keys[::3]))
    assert list(line) == left
    assert len(line) == len(left)
    assert [line.rank(key) for key in left[::97]] == list(range(0, len(left), 97))
    assert line.head == left[0]
    with pytest.raises(KeyError):
        line.remove(keys[0])


def test_for_whom_a_caller_waits() -> None:
    """Whoever has the skills, free or not; not for those whom a campaign has called, nor for who is
    promised to somebody already, and of one agent's own callers for that agent alone."""
    pool = Pool()
    staff = [an_agent("ann", x=1), an_agent("bob", x=1, y=1), an_agent("cyd", z=1)]

    def awaited() -> set[str]:
        return {*pool.awaited((agent, None) for agent in staff)}

    pool.add_contact(a_contact("called", priority=FIRST, x=1))
    assert awaited() == set()
    pool.add_contact(a_contact("caller", y=1))
    assert awaited() == {"bob"}
    pool.hold_contact("caller")
    assert awaited() == set()
    pool.add_contact(replace(a_contact("own", x=1), preferred=Preferred("ann", 900)))
    assert awaited() == {"ann"}
    pool.keep(frozenset({"bob"}))
    pool.return_contact("caller")
    assert awaited() == {"ann", "bob"}


SKILLS = st.dictionaries(st.sampled_from("xyz"), st.integers(1, 5), min_size=1)


class PoolMachine(RuleBasedStateMachine):
    """Random arrivals, departures and offers, against the plainest model of the order."""

    contacts = Bundle("contacts")
    agents = Bundle("agents")

    def __init__(self) -> None:
        super().__init__()
        self.pool = Pool()
        self.waiting: dict[str, Contact] = {}
        self.held: dict[str, Contact] = {}
        self.free: dict[str, tuple[int, str]] = {}
        self.all_agents = {
            name: an_agent(name, **skills)
            for name, skills in {"a": {"x": 1}, "b": {"x": 5, "y": 2}, "c": {"z": 3}}.items()
        }
        self.made = 0
        self.kept: frozenset[str] = frozenset()

    @rule(
        target=contacts,
        needs=SKILLS,
        arrived=st.integers(0, 9),
        priority=st.sampled_from((0, 1, 2, FIRST)),
    )
    def arrive(self, needs: dict[str, int], arrived: int, priority: int) -> str:
        self.made += 1
        contact = a_contact(
            f"c{self.made}",
            arrived_ms=arrived,
            priority=priority,
            queue=f"q{arrived % 2}",
            **needs,
        )
        self.waiting[contact.id] = contact
        self.pool.add_contact(contact)
        return contact.id

    @rule(contact=consumes(contacts))
    def leave(self, contact: str) -> None:
        self.pool.remove_contact(contact)
        self.waiting.pop(contact, None)
        self.held.pop(contact, None)

    @rule(contact=contacts)
    def hold_or_return(self, contact: str) -> None:
        if contact in self.waiting:
            self.pool.hold_contact(contact)
            self.held[contact] = self.waiting.pop(contact)
        else:
            self.pool.return_contact(contact)
            self.waiting[contact] = self.held.pop(contact)

    @rule(name=st.sampled_from("abc"), idle=st.integers(0, 3))
    def free_or_take(self, name: str, idle: int) -> None:
        if name in self.free:
            self.pool.remove_agent(name)
            del self.free[name]
        else:
            self.pool.add_agent(self.all_agents[name], idle)
            self.free[name] = (idle, name)

    @rule(kept=st.frozensets(st.sampled_from("abc")))
    def keep(self, kept: frozenset[str]) -> None:
        """For those whom campaigns call."""
        gone = self.kept - kept
        self.kept = kept
        assert {*self.pool.keep(kept)} == gone & self.free.keys()

    def may(self, name: str, contact: Contact) -> bool:
        kept = name in self.kept and contact.priority < FIRST
        return not kept and suits(self.all_agents[name].skills, all_of(contact.skills))

    @invariant()
    def agents_get_the_first_contact_that_suits(self) -> None:
        for name in self.free:
            suitable = [
                (-c.priority, c.arrived_ms, c.id)
                for c in self.waiting.values()
                if self.may(name, c)
            ]
            assert matched(self.pool, name) == (min(suitable)[2] if suitable else None)

    @invariant()
    def contacts_get_the_longest_idle_agent_that_suits(self) -> None:
        for contact in self.waiting.values():
            suitable = [key for name, key in self.free.items() if self.may(name, contact)]
            found = self.pool.match_contact(contact.id)
            assert (found and found.agent.id) == (min(suitable)[1] if suitable else None)

    @invariant()
    def everybody_keeps_a_place(self) -> None:
        everyone = self.waiting | self.held
        for queue in ("q0", "q1"):
            line = sorted(
                (-c.priority, c.arrived_ms, c.id) for c in everyone.values() if c.queue == queue
            )
            assert [self.pool.position(key[2]) for key in line] == list(range(1, len(line) + 1))


TestPoolMachine = PoolMachine.TestCase
TestPoolMachine.settings = settings(max_examples=60, stateful_step_count=40)
