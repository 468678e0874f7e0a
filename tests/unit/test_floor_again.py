"""A contact comes into line a second time: a flow leads from one queue to the next."""

import pytest

from routing.agent import Available, Then, WrapUp
from routing.contact import Outcome
from routing.errors import DuplicateContact
from routing.floor import Floor
from routing.matcher import Assignment
from routing.ringing import AgentLeg, Answered
from routing.rules import QueueRules, RoutingRules
from routing.snapshot import take_snapshot
from routing.store import Written
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit


def write(floor: Floor) -> None:
    """The store takes everything, and what it confirms rings."""
    while groups := floor.ledger.take_changes(10):
        for group in groups:
            confirmed = floor.written(group, Written(1, 1))
            if confirmed is not None:
                assert floor.start_ring(confirmed, 10)


def line(floor: Floor) -> list[tuple[str, str]]:
    """Queue and state of every live contact."""
    return [(view.queue, view.state) for view in take_snapshot(floor, 99).contacts]


def test_after_a_time_out_in_one_queue_the_contact_waits_in_the_next() -> None:
    """Its record goes on, and so does what it went through."""
    floor = Floor("n1", [], RoutingRules())
    floor.arrive(a_contact("c1", queue="faults"), 1)
    floor.end("c1", Outcome.TIMEOUT, 2)
    floor.arrive(a_contact("c1", queue="sales"), 3)
    assert line(floor) == [("sales", "Waiting")]
    assert floor.ledger.position("c1") == 1
    steps = [step.kind for step in floor.ledger.contacts["c1"].trail]
    assert steps == ["Waiting", "Ended", "Waiting"]


def test_a_contact_that_is_live_cannot_come_again() -> None:
    """That would be two calls with one name."""
    floor = Floor("n1", [], RoutingRules())
    floor.arrive(a_contact("c1"), 1)
    with pytest.raises(DuplicateContact):
        floor.arrive(a_contact("c1"), 2)


def test_the_end_of_the_first_conversation_does_not_end_the_second_wait() -> None:
    """The caller's side was over first and is in line again when the agent's leg is told gone."""
    ann = an_agent("ann")
    floor = Floor("n1", [ann], RoutingRules())
    floor.presence.login("ann", 1)
    floor.arrive(a_contact("c1"), 2)
    write(floor)
    floor.ring_over(Assignment(a_contact("c1"), ann), Answered(AgentLeg("ann", "leg")), 3)
    floor.end("c1", Outcome.COMPLETED, 4)
    floor.arrive(a_contact("c1"), 5)
    floor.leg_ended("ann", "leg", 6)
    assert line(floor) == [("sales", "Waiting")]


@pytest.mark.parametrize("after", ["forgotten", "in another queue"])
def test_wrap_up_is_as_long_as_the_queue_of_the_conversation_says(after: str) -> None:
    """The contact may be forgotten, or elsewhere, when the agent's leg is told gone."""
    ann = an_agent("ann")
    rules = {
        "sales": QueueRules((("sales", 1),), wrap_up_ms=77),
        "faults": QueueRules((("faults", 1),), wrap_up_ms=5),
    }
    floor = Floor("n1", [ann], RoutingRules(queues=rules))
    floor.presence.login("ann", 1)
    floor.arrive(a_contact("c1"), 2)
    write(floor)
    floor.ring_over(Assignment(a_contact("c1"), ann), Answered(AgentLeg("ann", "leg")), 3)
    floor.end("c1", Outcome.COMPLETED, 4)
    if after == "forgotten":
        assert floor.ledger.forget("c1")
    else:
        floor.arrive(a_contact("c1", queue="faults"), 5)
    floor.leg_ended("ann", "leg", 6)
    assert floor.ledger.agent_state("ann") == WrapUp(6, 6, "c1", Then(), 6 + 77, "sales")


@pytest.mark.parametrize(("registered", "idle_since_ms"), [(True, 30), (False, 1)])
def test_a_new_registration_begins_the_idle_time(registered: bool, idle_since_ms: int) -> None:
    """Who comes in the morning is not the longest idle since yesterday; a phone that merely
    answers again was there all the time."""
    floor = Floor("n1", [an_agent("ann")], RoutingRules())
    floor.presence.reachable("ann", 1, registered=True)
    floor.presence.unreachable("ann", 20)
    floor.presence.reachable("ann", 30, registered=registered)
    assert floor.ledger.agent_state("ann") == Available(30, idle_since_ms)
