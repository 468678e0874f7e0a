"""A contact for one agent and nobody else: a caller whom a flow transfers."""

from dataclasses import replace

import pytest

from routing.agent import Available, NotResponding, Ringing, Talking
from routing.contact import FIRST, Contact, Ended, Outcome, Preferred
from routing.errors import DuplicateContact
from routing.events import RingFailed
from routing.floor import Floor
from routing.matcher import Assignment
from routing.ringing import AgentLeg, Answered, NoAnswer, Opened
from routing.rules import RoutingRules
from routing.snapshot import take_snapshot
from routing.store import Written
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

ANN, BOB = an_agent("ann"), an_agent("bob")
FOR_ANN = replace(a_contact("c1", queue=""), skills=(), agent="ann")
RING = Assignment(FOR_ANN, ANN)


@pytest.fixture
def floor() -> Floor:
    """Ann and Bob are both free, Bob for longer."""
    floor = Floor("n1", [ANN, BOB], RoutingRules())
    floor.presence.login("bob", 1)
    floor.presence.login("ann", 2)
    return floor


def write(floor: Floor) -> None:
    """The store takes everything, and what it confirms rings."""
    while groups := floor.ledger.take_changes(10):
        for group in groups:
            confirmed = floor.written(group, Written(1, 1))
            if confirmed is not None:
                assert floor.start_ring(confirmed, 10)


def test_it_is_promised_to_that_agent_at_once(floor: Floor) -> None:
    """However long another has been idle; and that agent is offered nothing else meanwhile."""
    assert floor.arrive_for(FOR_ANN, 3)
    floor.arrive(a_contact("c2"), 4)
    write(floor)
    assert isinstance(floor.ledger.agent_state("ann"), Ringing)
    assert floor.ledger.agent_state("bob").contact == "c2"  # type: ignore[union-attr]
    floor.ring_over(RING, Answered(AgentLeg("ann", "leg")), 11)
    floor.arrive(a_contact("c3"), 12)
    state = floor.ledger.agent_state("ann")
    assert isinstance(state, Talking)
    assert state.contact == "c1"


@pytest.mark.parametrize("name", ["ann", "nobody"])
def test_an_agent_who_is_not_free_is_not_rung(floor: Floor, name: str) -> None:
    """Nothing is done: the flow says what follows."""
    floor.presence.pause("ann", "lunch", 3)
    assert not floor.arrive_for(replace(FOR_ANN, agent=name), 4)
    assert floor.ledger.contact_state("c1") is None


def test_a_ring_in_vain_ends_it(floor: Floor) -> None:
    """It never waits for another agent, free or not, and the agent is passed by as ever."""
    assert floor.arrive_for(FOR_ANN, 3)
    write(floor)
    floor.ring_over(RING, NoAnswer(), 20)
    ended = floor.ledger.contact_state("c1")
    assert isinstance(ended, Ended)
    assert ended.outcome is Outcome.UNANSWERED
    assert isinstance(floor.ledger.agent_state("ann"), NotResponding)
    assert isinstance(floor.ledger.agent_state("bob"), Available)


def test_a_phone_that_goes_away_ends_it(floor: Floor) -> None:
    """Before it rang, too."""
    assert floor.arrive_for(FOR_ANN, 3)
    floor.presence.unreachable("ann", 4)
    assert isinstance(floor.ledger.contact_state("c1"), Ended)


def test_a_caller_who_gives_up_frees_the_agent(floor: Floor) -> None:
    """For the next in line."""
    assert floor.arrive_for(FOR_ANN, 3)
    floor.end("c1", Outcome.ABANDONED, 4)
    assert isinstance(floor.ledger.agent_state("ann"), Available)


def test_who_is_kept_for_people_who_are_called_is_theirs_alone(floor: Floor) -> None:
    """Callers, those who would rather have this agent, and transfers find nobody; the first who is
    free for them again has the one who came first."""
    floor.presence.logout("bob", 3)
    floor.keep(frozenset({"ann"}), 3)
    assert not floor.arrive_for(FOR_ANN, 4)
    floor.arrive(replace(a_contact("caller"), preferred=Preferred("ann", 900)), 4)
    floor.arrive(a_contact("another", arrived_ms=1), 5)
    assert isinstance(floor.ledger.agent_state("ann"), Available)
    floor.arrive(replace(a_contact("called"), priority=FIRST), 6)
    assert floor.ledger.agent_state("ann").contact == "called"  # type: ignore[union-attr]
    floor.end("called", Outcome.ABANDONED, 7)
    assert isinstance(floor.ledger.agent_state("ann"), Available)
    judged = floor.explain("another", 7)
    assert judged is not None
    assert [(each.agent, each.verdict) for each in judged.judgements] == [
        ("ann", "kept"),
        ("bob", "away"),
    ]
    floor.keep(frozenset(), 8)
    assert floor.ledger.agent_state("ann").contact == "caller"  # type: ignore[union-attr]


def test_it_is_in_no_queue(floor: Floor) -> None:
    """Nor does the snapshot invent one."""
    assert floor.arrive_for(FOR_ANN, 3)
    assert [queue.name for queue in take_snapshot(floor, 4).queues] == []


def test_a_contact_that_is_live_cannot_come_again(floor: Floor) -> None:
    """It must leave its line first."""
    floor.presence.pause("bob", "lunch", 3)
    waiting: Contact = a_contact("c1", sales=5)
    floor.arrive(waiting, 4)
    with pytest.raises(DuplicateContact):
        floor.arrive_for(FOR_ANN, 5)


def test_a_line_that_was_opened_leaves_the_agent_free(floor: Floor) -> None:
    """With the old idle time, no wrap-up and no missed call; the contact that stood for it is
    over, and who waits is due."""
    assert floor.arrive_for(FOR_ANN, 3)
    write(floor)
    floor.ring_over(RING, Opened(), 11)
    assert floor.ledger.agent_state("ann") == Available(11, 2)
    state = floor.ledger.contact_state("c1")
    assert isinstance(state, Ended)
    assert state.outcome is Outcome.COMPLETED
    assert not [event for event in floor.ledger.events if isinstance(event, RingFailed)]
