"""Priority that ages: the key that never changes, and that nobody starves."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from routing.contact import Contact
from routing.matcher import Pool
from routing.order import place
from routing.rules import RoutingRules
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

HIGHEST = 100
PRIORITIES = st.integers(0, HIGHEST)
MOMENTS = st.integers(0, 10_000)


def level(contact: Contact, now_ms: int, ageing_ms: int) -> Fraction:
    """The definition: a level more for each `ageing_ms` waited."""
    return contact.priority + Fraction(now_ms - contact.arrived_ms, ageing_ms)


@given(PRIORITIES, MOMENTS, PRIORITIES, MOMENTS, st.integers(0, 10**6), st.integers(1, 1_000))
def test_the_static_key_orders_by_the_level_at_any_time(
    priority: int, arrived_ms: int, other: int, other_ms: int, now_ms: int, ageing_ms: int
) -> None:
    """Whoever has the higher level, at whatever moment one looks, has the lesser key."""
    one = a_contact("one", priority=priority, arrived_ms=arrived_ms)
    two = a_contact("two", priority=other, arrived_ms=other_ms)
    levels = level(one, now_ms, ageing_ms), level(two, now_ms, ageing_ms)
    keys = place(one, ageing_ms)[:2], place(two, ageing_ms)[:2]
    assert (levels[0] > levels[1]) == (keys[0] < keys[1])
    assert (levels[0] == levels[1]) == (keys[0] == keys[1])


def test_a_level_is_worth_its_waiting() -> None:
    """Priority 2 at 10 s a level goes before who came up to 20 s earlier, and no longer."""
    pool = Pool(RoutingRules(ageing_ms=10_000))
    pool.add_agent(an_agent("ann"), 0)
    pool.add_contact(a_contact("urgent", arrived_ms=30_000, priority=2))
    pool.add_contact(a_contact("later", arrived_ms=10_001))
    assert first(pool) == "urgent"
    pool.add_contact(a_contact("earlier", arrived_ms=9_999))
    assert first(pool) == "earlier"


def test_the_site_may_change_its_mind_while_contacts_wait() -> None:
    """New rules give everybody a new place at once; who is held stays held."""
    pool = Pool(RoutingRules(ageing_ms=None))
    pool.add_agent(an_agent("ann"), 0)
    for name, arrived_ms, priority in (("old", 0, 0), ("vip", 900, 1), ("held", 0, 9)):
        pool.add_contact(a_contact(name, arrived_ms=arrived_ms, priority=priority))
    pool.hold_contact("held")
    assert first(pool) == "vip"
    pool.configure(RoutingRules(ageing_ms=500))
    assert first(pool) == "old"
    pool.return_contact("held")
    assert (first(pool), pool.position("vip")) == ("held", 3)


def first(pool: Pool) -> str:
    found = pool.match_agent("ann")
    assert found is not None
    return found.contact.id


class Overload(RuleBasedStateMachine):
    """More contacts come than the one agent serves, of any priority, without an end."""

    @initialize(ageing_ms=st.integers(1, 5))
    def begin(self, ageing_ms: int) -> None:
        self.now_ms, self.made, self.ageing_ms = 0, 0, ageing_ms
        self.pool = Pool(RoutingRules(ageing_ms=ageing_ms))
        self.pool.add_agent(an_agent("ann"), 0)
        self.waiting: dict[str, Contact] = {}
        self.overtaken: dict[str, list[Contact]] = {}

    def _bound_ms(self, contact: Contact) -> int:
        """Whoever comes from now on is served later than this contact."""
        return contact.arrived_ms + (HIGHEST - contact.priority) * self.ageing_ms

    @rule(ms=st.integers(1, 200))
    def time_goes_by(self, ms: int) -> None:
        self.now_ms += ms

    @rule(priorities=st.lists(PRIORITIES | st.just(HIGHEST), min_size=1, max_size=5))
    def contacts_arrive(self, priorities: list[int]) -> None:
        for priority in priorities:
            name = f"c{self.made}"
            self.made += 1
            contact = a_contact(name, arrived_ms=self.now_ms, priority=priority)
            self.waiting[name], self.overtaken[name] = contact, []
            self.pool.add_contact(contact)

    @precondition(lambda self: self.waiting)
    @rule()
    def the_agent_serves_one(self) -> None:
        served = self.waiting.pop(first(self.pool))
        self.pool.remove_contact(served.id)
        for name, contact in self.waiting.items():
            if contact.arrived_ms < served.arrived_ms:
                self.overtaken[name].append(served)

    @invariant()
    def only_those_who_came_in_bounded_time_overtake(self) -> None:
        """So each waiting contact is the next but finitely many: none starves."""
        for name, contact in self.waiting.items():
            bound_ms = self._bound_ms(contact)
            assert all(other.arrived_ms < bound_ms for other in self.overtaken[name])

    @invariant()
    def who_is_past_the_bound_waits_for_nobody_younger(self) -> None:
        """The places in line say so too, however many of the highest priority have come."""
        for contact in self.waiting.values():
            younger = [c for c in self.waiting.values() if c.arrived_ms > contact.arrived_ms]
            late = [c for c in younger if c.arrived_ms >= self._bound_ms(contact)]
            assert all(self.pool.place(contact) < self.pool.place(c) for c in late)


TestOverload = Overload.TestCase
TestOverload.settings = settings(max_examples=60, stateful_step_count=40)


def served_after(ageing_ms: int | None, rounds: int) -> int | None:
    """How many contacts of the highest priority are served before the one of the lowest, when
    two of them come for each that the agent serves; None: it is not its turn in `rounds`."""
    pool = Pool(RoutingRules(ageing_ms=ageing_ms))
    pool.add_agent(an_agent("ann"), 0)
    pool.add_contact(a_contact("low"))
    for number in range(rounds):
        for twin in "ab":
            urgent = a_contact(f"{number}{twin}", arrived_ms=number * 10, priority=HIGHEST)
            pool.add_contact(urgent)
        if (served := first(pool)) == "low":
            return number
        pool.remove_contact(served)
    return None


def test_the_lowest_priority_is_served_in_an_overload_without_end() -> None:
    """By the bound: those who come in the first 100 levels' time, 200 ms, are 2 · 20."""
    assert served_after(2, 1_000) == 2 * 20


def test_without_ageing_the_lowest_priority_starves() -> None:
    """What the bound is there for: strict priority knows none."""
    assert served_after(None, 1_000) is None
