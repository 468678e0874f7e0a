"""What an agent can do, and what becomes of it while a contact is in hand."""

from collections.abc import Callable

import pytest

from routing.agent import (
    AgentState,
    Available,
    BackOff,
    NotResponding,
    Offline,
    Paused,
    Reserved,
    Ringing,
    Talking,
    Then,
    WrapUp,
)
from routing.errors import IllegalTransition

pytestmark = pytest.mark.unit

AVAILABLE = Available(100, 100)


def ringing() -> Ringing:
    return AVAILABLE.reserve("c1", 200).ring(210)


def talking() -> Talking:
    return ringing().answer("leg-1", 220)


def test_a_contact_from_start_to_end() -> None:
    """Reserved, ringing, talking, wrap-up, available; idle time starts after wrap-up."""
    wrapping = talking().finish(5_000, 300)
    assert wrapping == WrapUp(300, 300, "c1", Then(), 5_300)
    assert wrapping.wake(1_300) == Available(1_300, 1_300)


def test_no_wrap_up_time_means_available_at_once() -> None:
    """A queue without wrap-up frees the agent as the call ends."""
    assert talking().finish(0, 300) == Available(300, 300)


@pytest.mark.parametrize(
    ("ask", "after"),
    [
        (lambda s: s.pause("lunch", 225), Paused(400, 400, "lunch")),
        (lambda s: s.logout(225), Offline(400, 400, by_code=True)),
        (lambda s: s.pause("lunch", 225).resume(226), Available(400, 400)),
        (lambda s: s.logout(225).login(226), Available(400, 400)),
        (lambda s: s.unreachable(225), Offline(400, 400)),
        (lambda s: s.unreachable(225).reachable(226), Available(400, 400)),
        (lambda s: s.pause("x", 1).unreachable(2), Offline(400, 400, pause_reason="x")),
    ],
)
def test_what_is_asked_for_in_a_call_happens_afterwards(
    ask: Callable[[AgentState], AgentState], after: AgentState
) -> None:
    """The conversation and its wrap-up go on; then the wish is granted."""
    asked = ask(talking())
    assert isinstance(asked, Talking)
    wrapping = asked.finish(100, 300)
    assert isinstance(wrapping, WrapUp)
    assert wrapping.wake(400) == after


def test_a_wish_in_wrap_up_waits_for_its_end() -> None:
    """Pausing does not cut wrap-up short."""
    wrapping = talking().finish(100, 300)
    assert wrapping.pause("lunch", 310).wake(400) == Paused(400, 400, "lunch")


def test_a_ring_withdrawn_leaves_the_old_idle_time() -> None:
    """The caller hung up: the agent keeps the place among the idle."""
    assert ringing().release(250) == Available(250, 100)


def test_a_ring_missed_is_not_responding_until_the_agent_speaks_up() -> None:
    """RONA; a log-in or a resume makes available, without losing the idle time."""
    missed = ringing().miss(250)
    assert missed == NotResponding(250, 100)
    assert missed.login(300) == missed.resume(300) == Available(300, 100)


def test_a_ring_refused_is_tried_again_later() -> None:
    """Busy or failed: a short back-off, not an endless loop."""
    refused = ringing().refuse(5_250, 250)
    assert refused == BackOff(250, 100, 5_250)
    assert refused.wake(5_250) == Available(5_250, 100)


def test_a_wish_wins_over_not_responding_and_back_off() -> None:
    """Who asked for a pause while ringing is paused, however the ring ends."""
    asked = ringing().pause("lunch", 220)
    assert asked.miss(250) == asked.refuse(999, 250) == Paused(250, 100, "lunch")


def test_a_pause_does_not_reset_the_idle_time() -> None:
    """Else a short pause would be a way to dodge the next call."""
    assert AVAILABLE.pause("lunch", 200).resume(300) == Available(300, 100)


def test_the_pause_reason_outlives_a_lost_registration() -> None:
    """A phone that comes back is as paused as it was."""
    away = AVAILABLE.pause("lunch", 200).unreachable(300)
    assert away.reachable(400) == Paused(400, 100, "lunch", spent_ms=100)


def test_logged_out_by_code_stays_out_when_merely_reachable() -> None:
    """Only a log-in (or a new registration) brings the agent back, idle from then on."""
    out = AVAILABLE.logout(200)
    assert out.reachable(300) == out
    assert out.login(400) == Available(400, 400)


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        (AVAILABLE, lambda s: s.answer("leg", 1)),
        (AVAILABLE, lambda s: s.release(1)),
        (AVAILABLE, lambda s: s.wake(1)),
        (Offline(1, 1), lambda s: s.reserve("c", 2)),
        (Offline(1, 1), lambda s: s.pause("lunch", 2)),
        (Offline(1, 1), lambda s: s.resume(2)),
        (Paused(1, 1, "lunch"), lambda s: s.reserve("c", 2)),
        (ringing(), lambda s: s.reserve("c2", 2)),
        (ringing(), lambda s: s.finish(0, 2)),
        (talking(), lambda s: s.reserve("c2", 2)),
        (talking(), lambda s: s.miss(2)),
        (talking(), lambda s: s.refuse(2, 2)),
        (talking(), lambda s: s.ring(2)),
    ],
)
def test_a_verb_out_of_place_is_refused(
    state: AgentState, verb: Callable[[AgentState], AgentState]
) -> None:
    """A second contact, an answer without a ring: typed refusals, never a silent change."""
    with pytest.raises(IllegalTransition) as refused:
        verb(state)
    assert refused.value.state == type(state).__name__


def test_reserved_settles_like_ringing() -> None:
    """Before anything rang, the promise can be taken back."""
    assert isinstance(AVAILABLE.reserve("c1", 200), Reserved)
    assert AVAILABLE.reserve("c1", 200).logout(201).release(250) == Offline(250, 100, by_code=True)
