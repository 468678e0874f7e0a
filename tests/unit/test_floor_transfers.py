"""A contact that is handed on: to who was consulted about it, or back to the agent who had it."""

from dataclasses import replace

import pytest

from routing.agent import Available, Paused, Ringing, Talking, WrapUp
from routing.contact import Contact, Ended, Outcome, Reserved, Waiting
from routing.contact import Talking as InConversation
from routing.floor import Floor
from routing.matcher import Assignment
from routing.records import ContactRecord
from routing.ringing import AgentLeg, Answered
from routing.rules import QueueRules, RoutingRules
from routing.store import Written
from routing.transfers import consult_id, consulted_about, is_consult
from tests.fakes.routing import a_contact, an_agent

pytestmark = pytest.mark.unit

ANN, BOB = an_agent("ann"), an_agent("bob")
CALLER = a_contact("c1", queue="sales")
ASKED = consult_id("c1", 1)
FOR_BOB = replace(a_contact(ASKED, queue=""), skills=(), agent="bob", leg="")
RULES = RoutingRules({"sales": QueueRules(wrap_up_ms=5_000)})


@pytest.fixture
def floor() -> Floor:
    """Ann talks with the caller; Bob is free."""
    floor = Floor("n1", [ANN, BOB], RULES)
    floor.presence.login("ann", 1)
    floor.presence.login("bob", 2)
    floor.arrive(CALLER, 10)
    answers(floor, CALLER, "ann", 20)
    return floor


def answers(floor: Floor, contact: Contact, agent: str, now_ms: int) -> None:
    """The store confirms, the phone rings, the agent picks up."""
    while groups := floor.ledger.take_changes(10):
        for group in groups:
            confirmed = floor.written(group, Written(1, 1))
            if confirmed is not None:
                floor.start_ring(confirmed, now_ms)
    ring = Assignment(contact, floor.ledger.site[agent])
    floor.ring_over(ring, Answered(AgentLeg(agent, f"leg-{agent}")), now_ms)


def consulted(floor: Floor) -> None:
    """Ann asks Bob, who answers."""
    assert floor.arrive_for(FOR_BOB, 30)
    answers(floor, FOR_BOB, "bob", 40)


def test_ids_of_consultations_name_their_contact() -> None:
    """And no other contact's id is one."""
    assert is_consult(ASKED)
    assert consulted_about(ASKED) == "c1"
    assert not is_consult("trk-1700000000.1")
    assert consulted_about("trk-1700000000.1") == "trk-1700000000.1"


def test_who_is_consulted_is_offered_nobody_else(floor: Floor) -> None:
    """The agent is in conversation, and so is the one who asks, with the contact itself."""
    consulted(floor)
    floor.arrive(a_contact("c2"), 50)
    assert floor.ledger.agent_state("bob").contact == ASKED  # type: ignore[union-attr]
    assert floor.ledger.agent_state("ann").contact == "c1"  # type: ignore[union-attr]
    assert floor.ledger.position("c2") == 1


def test_who_gave_advice_is_free_at_once(floor: Floor) -> None:
    """There is nothing to write down; the contact is where it was."""
    consulted(floor)
    floor.leg_ended("bob", "leg-bob", 50)
    assert isinstance(floor.ledger.agent_state("bob"), Available)
    assert isinstance(floor.ledger.contact_state(ASKED), Ended)
    assert isinstance(floor.ledger.contact_state("c1"), InConversation)


def test_the_contact_is_the_consulted_agents(floor: Floor) -> None:
    """The first goes into wrap-up when that leg ends, and ends nothing by it; the second one's
    wrap-up is that of the contact's queue."""
    consulted(floor)
    assert floor.transfers.hand_over("c1", ASKED, 60)
    state = floor.ledger.contact_state("c1")
    assert isinstance(state, InConversation)
    assert (state.agent, state.leg) == ("bob", "leg-bob")
    floor.leg_ended("ann", "leg-ann", 61)
    assert isinstance(floor.ledger.agent_state("ann"), WrapUp)
    assert isinstance(floor.ledger.contact_state("c1"), InConversation)
    bob = floor.ledger.agent_state("bob")
    assert isinstance(bob, Talking)
    assert (bob.contact, bob.since_ms, bob.queue) == ("c1", 60, "sales")
    floor.leg_ended("bob", "leg-bob", 70)
    assert isinstance(floor.ledger.contact_state("c1"), Ended)
    after = floor.ledger.agent_state("bob")
    assert isinstance(after, WrapUp)
    assert after.until_ms == 5_070


def test_nothing_is_handed_over_that_has_ended(floor: Floor) -> None:
    """The caller hung up, or the colleague did, in the same moment."""
    consulted(floor)
    floor.leg_ended("bob", "leg-bob", 50)
    assert not floor.transfers.hand_over("c1", ASKED, 60)
    state = floor.ledger.contact_state("c1")
    assert isinstance(state, InConversation)
    assert state.agent == "ann"
    floor.end("c1", Outcome.COMPLETED, 70)
    assert not floor.transfers.hand_over("c1", ASKED, 80)


def test_a_contact_comes_back_into_its_wrap_up(floor: Floor) -> None:
    """Nobody answered for it: the agent is rung for it, whoever else waits longer."""
    floor.presence.pause("bob", "lunch", 30)
    floor.end("c1", Outcome.COMPLETED, 40)
    floor.leg_ended("ann", "leg-ann", 41)
    floor.arrive(a_contact("c2"), 45)
    back = replace(CALLER, queue="", agent="ann")
    floor.transfers.free_for(back, 50)
    assert floor.arrive_for(back, 50)
    answers(floor, back, "ann", 60)
    assert floor.ledger.agent_state("ann").contact == "c1"  # type: ignore[union-attr]
    assert floor.ledger.position("c2") == 1


@pytest.mark.parametrize("asked", ["pause", "other"])
def test_an_agent_who_wants_something_else_is_left_alone(floor: Floor, asked: str) -> None:
    """Who asked for a pause afterwards, or is in the wrap-up of another contact."""
    floor.end("c1", Outcome.COMPLETED, 40)
    floor.leg_ended("ann", "leg-ann", 41)
    back = replace(CALLER, id="c1" if asked == "pause" else "c9", queue="", agent="ann")
    if asked == "pause":
        floor.presence.pause("ann", "lunch", 42)
    floor.transfers.free_for(back, 50)
    assert isinstance(floor.ledger.agent_state("ann"), WrapUp)
    assert not floor.arrive_for(back, 50)
    floor.presence.wake("ann", 10_000)
    expected = Paused if asked == "pause" else Available
    assert isinstance(floor.ledger.agent_state("ann"), expected)
    assert not isinstance(floor.ledger.agent_state("bob"), Ringing)


@pytest.mark.parametrize("state", [Waiting(20), Reserved(20, "bob")])
def test_nobody_is_rung_for_a_consultation_of_a_dead_node(
    floor: Floor, state: Waiting | Reserved
) -> None:
    """The agent who asked is on the switch of that node; nobody here could be joined with them."""
    asked = replace(a_contact(consult_id("c9", 1), queue="sales"), node="n2", leg="")
    assert floor.inherit(ContactRecord(asked, state, ()), 50) is None
    ended = floor.ledger.contact_state(asked.id)
    assert isinstance(ended, Ended)
    assert ended.outcome is Outcome.LOST
    assert isinstance(floor.ledger.agent_state("bob"), Available)
