"""A contact that waits for one agent first: who served it last, or whom it asked for."""

from dataclasses import replace

import pytest

from routing import contact as contacts
from routing.contact import Contact, Preferred, Relaxation
from routing.floor import Floor, LiveLegs
from routing.matcher import Pool
from routing.records import contact_data, contact_facts, read_contact
from routing.restoring import restore
from routing.rules import QueueRules, RoutingRules
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

STAFF = [an_agent("ann"), an_agent("bob"), an_agent("chess", chess=5)]
RULES = RoutingRules({"sales": QueueRules(wrap_up_ms=20)})


def wanting(agent: str, name: str = "c1", *, insists: bool = False, arrived_ms: int = 0) -> Contact:
    """For this agent alone until it has waited 60 ms."""
    return replace(a_contact(name, arrived_ms=arrived_ms), preferred=Preferred(agent, 60, insists))


def a_floor(*present: str) -> Floor:
    floor = Floor("n1", STAFF, RULES)
    for name in present:
        floor.presence.login(name, 0)
    return floor


def busy(floor: Floor, agent: str) -> None:
    """The agent has another contact."""
    floor.arrive(replace(a_contact(f"of {agent}"), preferred=Preferred(agent, 99)), 0)


def offered_to(floor: Floor, contact: str = "c1") -> str | None:
    state = floor.ledger.contact_state(contact)
    assert state is not None
    return contacts.agent_of(state)


def test_the_agent_who_is_preferred_gets_it_though_another_is_idle_longer() -> None:
    floor = a_floor("ann", "bob")
    floor.arrive(wanting("bob"), 5)
    assert offered_to(floor) == "bob"


def test_it_waits_for_a_busy_agent_and_then_is_for_anyone() -> None:
    """Not a millisecond longer than it was told to."""
    floor = a_floor("ann", "bob")
    busy(floor, "bob")
    floor.arrive(wanting("bob"), 5)
    assert (offered_to(floor), floor.agenda.next_ms) == (None, 60)
    floor.offers.tick(59)
    assert offered_to(floor) is None
    floor.offers.tick(60)
    assert offered_to(floor) == "ann"


def test_nobody_waits_for_who_is_not_at_work() -> None:
    """Away, paused, or without the skill: it is for anyone at once."""
    assert arrived(a_floor("ann"), wanting("bob")) == "ann"
    assert arrived(a_floor("ann"), wanting("nobody")) == "ann"
    assert arrived(a_floor("ann", "chess"), wanting("chess")) == "ann"
    floor = a_floor("ann", "bob")
    floor.presence.pause("bob", "lunch", 0)
    assert arrived(floor, wanting("bob")) == "ann"


def arrived(floor: Floor, contact: Contact) -> str | None:
    floor.arrive(contact, 5)
    return offered_to(floor)


def test_who_insists_waits_for_the_agent_to_come_back() -> None:
    """Within its time."""
    floor = a_floor("ann")
    floor.arrive(wanting("bob", insists=True), 5)
    assert offered_to(floor) is None
    floor.presence.login("bob", 30)
    assert offered_to(floor) == "bob"


def test_it_is_for_anyone_as_soon_as_the_agent_leaves() -> None:
    """The caller is not left waiting for nobody."""
    floor = a_floor("ann", "bob")
    busy(floor, "bob")
    floor.arrive(wanting("bob"), 5)
    floor.presence.pause("bob", "lunch", 9)
    assert offered_to(floor) is None
    floor.end("of bob", contacts.Outcome.ABANDONED, 10)
    assert offered_to(floor) == "ann"


def test_a_site_that_takes_the_skill_away_frees_who_waits_for_it() -> None:
    """And one that takes the agent away."""
    floor = a_floor("ann", "bob")
    busy(floor, "bob")
    floor.arrive(wanting("bob"), 5)
    floor.configure([STAFF[0], an_agent("bob", chess=1)], RULES, 6)
    assert offered_to(floor) == "ann"


def test_it_goes_before_nobody_who_came_earlier() -> None:
    """One order: the agent takes the contact of anyone who has waited longer first."""
    pool = Pool()
    pool.add_contact(a_contact("earlier", arrived_ms=1))
    pool.add_contact(wanting("ann", "mine", arrived_ms=2))
    pool.add_contact(a_contact("later", arrived_ms=3))
    pool.add_agent(an_agent("ann"), 0)
    order = []
    while (found := pool.match_agent("ann")) is not None:
        order.append(found.contact.id)
        pool.remove_contact(found.contact.id)
    assert order == ["earlier", "mine", "later"]


def test_others_do_not_see_it() -> None:
    """A free agent takes whoever is next for anyone; held and back, it is still for its own."""
    pool = Pool()
    pool.add_contact(wanting("bob", "bobs"))
    pool.add_contact(a_contact("anyones", arrived_ms=9))
    pool.add_agent(an_agent("ann"), 0)
    pool.hold_contact("bobs")
    pool.return_contact("bobs")
    found = pool.match_agent("ann")
    assert found is not None
    assert (found.contact.id, pool.match_contact("bobs")) == ("anyones", None)
    assert (pool.position("anyones"), pool.preferring("bob")) == (2, ["bobs"])
    pool.remove_contact("bobs")
    assert (pool.position("anyones"), pool.preferring("bob")) == (1, [])


def test_a_relaxation_in_between_keeps_the_preference() -> None:
    """The two have times of their own, in either order."""
    contact = replace(wanting("bob"), relax=(Relaxation(30, ()), Relaxation(90, ())))
    assert contact.relaxes_ms == 30
    eased = contact.relaxed(30)
    assert (eased.skills, eased.preferred, eased.relaxes_ms) == ((), contact.preferred, 60)
    assert contact.relaxed(60).preferred is None
    assert contact.relaxed(60).relaxes_ms == 90


def test_the_preference_outlives_a_restart_and_its_agent_may_not() -> None:
    """What the store has counts, with who is there now."""
    floor = a_floor("ann", "bob")
    busy(floor, "bob")
    floor.arrive(wanting("bob"), 5)
    record = floor.ledger.contacts["c1"]
    fields = {
        b"v": b"1",
        b"kind": b"Waiting",
        b"data": contact_data(record.state, record.trail),
        b"facts": contact_facts(record.contact),
    }
    read = read_contact("c1", fields)
    assert read.contact == record.contact
    again = a_floor("ann")
    restore(again, [read], [], LiveLegs(callers=[record.contact.leg]), 20)
    assert offered_to(again) == "ann"
