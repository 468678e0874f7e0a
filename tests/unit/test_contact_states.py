"""A contact's way from the line to its end."""

import pytest

from routing.contact import Ended, Outcome, Reserved, Ringing, Talking, Waiting, agent_of
from routing.errors import IllegalTransition

pytestmark = pytest.mark.unit


def test_from_the_line_to_the_end() -> None:
    """Waiting, reserved, ringing, talking, ended; every state knows its agent."""
    reserved = Waiting(1).reserve("ann", 2)
    ringing = reserved.ring(3)
    talking = ringing.answer("leg-1", 4)
    assert (reserved, ringing) == (Reserved(2, "ann"), Ringing(3, "ann"))
    assert talking == Talking(4, "ann", "leg-1")
    assert [agent_of(s) for s in (Waiting(1), reserved, ringing, talking)] == [
        None,
        "ann",
        "ann",
        "ann",
    ]
    assert talking.end(Outcome.COMPLETED, 5) == Ended(5, Outcome.COMPLETED)


@pytest.mark.parametrize("state", [Reserved(2, "ann"), Ringing(2, "ann")])
def test_a_promise_can_come_to_nothing(state: Reserved | Ringing) -> None:
    """The contact waits again."""
    assert state.give_back(3) == Waiting(3)


def test_the_caller_may_hang_up_at_any_stage() -> None:
    """Ending is possible from everywhere, once."""
    for state in (Waiting(1), Reserved(1, "a"), Ringing(1, "a"), Talking(1, "a", "l")):
        assert state.end(Outcome.ABANDONED, 2) == Ended(2, Outcome.ABANDONED)
    with pytest.raises(IllegalTransition):
        Ended(1, Outcome.LOST).end(Outcome.ABANDONED, 2)


def test_verbs_out_of_place_are_refused() -> None:
    """No second agent, no answer without a ring."""
    with pytest.raises(IllegalTransition, match="reserve is not possible when ringing"):
        Ringing(1, "ann").reserve("bob", 2)
    with pytest.raises(IllegalTransition):
        Waiting(1).answer("leg", 2)
    with pytest.raises(IllegalTransition):
        Talking(1, "ann", "leg").give_back(2)
    with pytest.raises(IllegalTransition):
        Waiting(1).ring(2)
