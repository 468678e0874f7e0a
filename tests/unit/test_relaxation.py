"""A contact that has waited asks for less: at its time, also while it is being offered."""

import json
from dataclasses import replace

import pytest

from routing import contact as contacts
from routing.agenda import Agenda
from routing.contact import Contact, Relaxation
from routing.events import ContactRelaxed
from routing.floor import Floor, LiveLegs
from routing.matcher import Assignment
from routing.records import contact_data, contact_facts, read_contact
from routing.restoring import restore
from routing.ringing import NoAnswer
from routing.rules import QueueRules, RoutingRules
from routing.store import Written
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

EXPERT, LEARNER = an_agent("expert", sales=5), an_agent("learner", sales=2)
RULES = RoutingRules({"sales": QueueRules(wrap_up_ms=20)})
STEPS = (Relaxation(60, (("sales", 2),)), Relaxation(120, ()))


def easing(name: str = "c1", arrived_ms: int = 0) -> Contact:
    """Asks for sales 4, from 60 ms on for sales 2, from 120 ms on for nothing."""
    return replace(a_contact(name, arrived_ms=arrived_ms, sales=4), relax=STEPS)


def a_floor(*present: str) -> Floor:
    floor = Floor("n1", [EXPERT, LEARNER], RULES)
    for name in present:
        floor.presence.login(name, 0)
    return floor


def confirm(floor: Floor, now_ms: int) -> list[Assignment]:
    """The store has everything; the rings that begin."""
    groups = floor.ledger.take_changes(100)
    confirmed = [floor.written(group, Written(1, 1)) for group in groups]
    return [ring for ring in confirmed if ring and floor.start_ring(ring, now_ms)]


def offered_to(floor: Floor, contact: str = "c1") -> str | None:
    state = floor.ledger.contact_state(contact)
    assert state is not None
    return contacts.agent_of(state)


def test_less_is_asked_from_the_moment_that_was_set() -> None:
    """Not a millisecond before; the agenda names the moment, and then the next one."""
    floor = a_floor("learner")
    floor.arrive(easing(), 0)
    assert (offered_to(floor), floor.agenda.next_ms) == (None, 60)
    floor.offers.tick(59)
    assert offered_to(floor) is None
    floor.offers.tick(60)
    assert (offered_to(floor), floor.agenda.next_ms) == ("learner", 120)


def test_a_contact_that_is_offered_goes_on_ringing_and_keeps_what_it_asks_for_by_then() -> None:
    """The ring is not stopped; when it fails, the relaxed set counts at once."""
    floor = a_floor("expert")
    floor.arrive(easing(), 0)
    (ring,) = confirm(floor, 1)
    floor.presence.login("learner", 10)
    floor.offers.tick(60)
    assert (offered_to(floor), floor.ledger.stops) == ("expert", [])
    floor.ring_over(ring, NoAnswer(), 70)
    assert offered_to(floor) == "learner"


def test_steps_that_were_due_together_count_as_the_last() -> None:
    """A late clock loses nothing, and tells of one change."""
    floor = a_floor()
    floor.arrive(easing(), 0)
    floor.offers.tick(500)
    told = [event for event in floor.ledger.events if isinstance(event, ContactRelaxed)]
    assert [event.contact.skills for event in told] == [()]
    assert floor.agenda.next_ms is None


def test_a_contact_that_comes_back_has_not_lost_its_wait() -> None:
    """The arrival counts, not when it joined the line again."""
    floor = a_floor("learner")
    floor.arrive(easing(arrived_ms=0), 90)
    assert offered_to(floor) == "learner"


def test_a_contact_that_is_over_asks_for_nothing() -> None:
    """Its time comes, and nothing happens."""
    floor = a_floor()
    floor.arrive(easing(), 0)
    floor.end("c1", contacts.Outcome.ABANDONED, 10)
    floor.ledger.events.clear()
    floor.offers.tick(60)
    assert floor.ledger.events == []


def test_relaxation_goes_on_after_a_restart() -> None:
    """What the store has tells the steps, and the arrival which of them count."""
    floor = a_floor()
    floor.arrive(easing(), 0)
    record = floor.ledger.contacts["c1"]
    fields = {
        b"v": b"1",
        b"kind": b"Waiting",
        b"data": contact_data(record.state, record.trail),
        b"facts": contact_facts(record.contact),
    }
    again = a_floor("learner")
    live = LiveLegs(callers=[record.contact.leg])
    restore(again, [read_contact("c1", fields)], [], live, 70)
    assert (offered_to(again), again.agenda.next_ms) == ("learner", 120)


def test_a_record_from_before_there_was_relaxation_is_read() -> None:
    """An upgrade keeps the callers who wait."""
    contact = a_contact("c1")
    facts = json.loads(contact_facts(contact))
    del facts["relax"]
    fields = {
        b"v": b"1",
        b"kind": b"Waiting",
        b"data": contact_data(contacts.Waiting(0), ()),
        b"facts": json.dumps(facts).encode(),
    }
    assert read_contact("c1", fields).contact == contact


def test_the_agenda_gives_what_is_due_in_order() -> None:
    agenda = Agenda()
    for at_ms, name in ((30, "c"), (10, "a"), (20, "b")):
        agenda.note(at_ms, name)
    assert agenda.due(5) == []
    assert agenda.due(20) == ["a", "b"]
    assert agenda.next_ms == 30


def test_whether_anyone_is_there_counts_everyone_who_is_logged_in() -> None:
    """A pause is no log-out, and who suits a later step suits."""
    floor = a_floor("learner")
    only_experts = a_contact("c2", sales=4)
    assert not floor.is_staffed(only_experts)
    assert floor.is_staffed(easing())
    floor.presence.login("expert", 0)
    floor.presence.pause("expert", "lunch", 0)
    assert floor.is_staffed(only_experts)
    floor.presence.logout("expert", 0)
    assert not floor.is_staffed(only_experts)
