"""What the event log and its figures say of consultations, conferences, hold and transfers."""

import pytest

from history.events import EventKind
from reports.figures import Figures, Subject
from reports.fold import Fold, total
from tests.fakes.routing import an_agent
from tests.fakes.shift import Shift

pytestmark = pytest.mark.unit

SALES, ANN, BOB = Subject("queue", "sales"), Subject("agent", "ann"), Subject("agent", "bob")


@pytest.fixture
def shift() -> Shift:
    """Ann has talked for ten seconds with a caller who had waited for two, and asks Bob."""
    shift = Shift(an_agent("ann", sales=3), an_agent("bob", billing=3))
    shift.call("c1", sales=1)
    shift.wait(2_000)
    shift.ring_ends("ann")
    shift.wait(10_000)
    shift.consults("ann", "bob")
    return shift


def figures(shift: Shift, subject: Subject) -> Figures:
    """Those of all that has happened."""
    fold = Fold((0, shift.now + 1), {})
    for row in shift.rows:
        fold.take(row)
    return total(fold.so_far(shift.now + 1)).get(subject, Figures())


def test_a_consultation_is_the_agents_time_and_no_conversation(shift: Shift) -> None:
    """Nobody was served a second time."""
    shift.wait(5_000)
    shift.agent_hangs_up("bob")
    found = figures(shift, BOB)
    assert (found.talking_ms, found.handled, found.answered) == (5_000, 0, 0)
    assert (figures(shift, ANN).consultations, figures(shift, SALES).answered) == (1, 1)
    talking = [r for r in shift.rows if r.subject == "bob" and r.detail == "talking"]
    assert [(r.contact, r.reason, r.queue) for r in talking] == [("c1", "consult", None)]


def test_who_is_left_the_caller_has_the_conversation_from_then_on(shift: Shift) -> None:
    """It is one more of the queue, transferred by the first agent, and no second answer."""
    shift.wait(5_000)
    shift.hands_over("bob")
    shift.agent_hangs_up("ann")
    shift.wait(7_000)
    shift.agent_hangs_up("bob")
    ann, bob, sales = (figures(shift, each) for each in (ANN, BOB, SALES))
    assert (ann.handled, ann.talk_ms, ann.transferred) == (1, 15_000, 1)
    assert (bob.handled, bob.talk_ms, bob.transferred) == (1, 7_000, 0)
    assert (sales.answered, sales.wait_ms, sales.handled, sales.transfer_rate) == (1, 2_000, 2, 0.5)


def test_time_on_hold_counts_where_it_ends(shift: Shift) -> None:
    """Of the agent, the queue and its skills; it is part of the talk."""
    shift.tell("c1", "held")
    shift.wait(4_000)
    shift.tell("c1", "unheld")
    shift.tell("c1", "conference")
    shift.wait(1_000)
    for subject in (ANN, SALES, Subject("skill", "sales")):
        found = figures(shift, subject)
        assert (found.holds, found.held_ms, found.conferences) == (1, 4_000, 1)
    assert [r.arrived_ms for r in shift.rows if r.kind is EventKind.HELD] == [12_000]
