"""The time for notes: fixed, extended by the agent, ended early, or until it is ended."""

import pytest

from config.document import DocumentError, load_text
from config.queues import Queue, WrapUp
from engine.site_rules import queue_rules
from routing import agent as agents
from routing.agent import Available, Paused
from routing.errors import IllegalTransition, WrapUpAtMost
from routing.rules import QueueRules, RoutingRules
from tests.fakes.routing import an_agent
from tests.fakes.shift import Shift

pytestmark = pytest.mark.unit

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
EXTENDABLE = "{time: 20s, extend: 30s, most: 1m}"


def written(wrap_up: str) -> QueueRules:
    """The rules of a queue of the site."""
    queue = load_text(f"wrap_up: {wrap_up}", "site.yaml", Queue)
    return queue_rules(queue, queue.wrap_up)


def wrapping(wrap_up: str) -> Shift:
    """Ann, in wrap-up since 10 s, after 10 s of conversation."""
    shift = Shift(an_agent("ann"), rules=RoutingRules({"sales": written(wrap_up)}))
    shift.call("c1")
    shift.ring_ends("ann")
    shift.wait(10 * SECOND)
    shift.agent_hangs_up("ann")
    return shift


def ended_ms(shift: Shift) -> int:
    """When the wrap-up ends if nobody does anything more."""
    shift.wait(2 * HOUR)
    state = shift.state("ann")
    assert isinstance(state, Available)
    return state.since_ms


def test_fixed() -> None:
    """The old form of the site's file stays."""
    shift = wrapping("20s")
    with pytest.raises(WrapUpAtMost):
        shift.ask("ann", "extend_wrap_up")
    assert ended_ms(shift) == 30 * SECOND


def test_each_extension_is_so_much_longer_up_to_the_most() -> None:
    """20 s and 30 s, and then only 10 s more, and then none."""
    shift = wrapping(EXTENDABLE)
    for until_s in (60, 70):
        shift.ask("ann", "extend_wrap_up")
        state = shift.state("ann")
        assert isinstance(state, agents.WrapUp)
        assert state.until_ms == until_s * SECOND
    with pytest.raises(WrapUpAtMost):
        shift.ask("ann", "extend_wrap_up")
    assert ended_ms(shift) == 70 * SECOND


def test_an_extension_counts_from_the_end_and_not_from_now() -> None:
    """Asking sooner gives no less."""
    shift = wrapping(EXTENDABLE)
    shift.wait(15 * SECOND)
    shift.ask("ann", "extend_wrap_up")
    assert ended_ms(shift) == 60 * SECOND


def test_an_extended_one_is_ended_early() -> None:
    """By the agent; the idle time begins then."""
    shift = wrapping(EXTENDABLE)
    shift.ask("ann", "extend_wrap_up")
    shift.ask("ann", "end_wrap_up")
    assert shift.state("ann") == Available(10 * SECOND, 10 * SECOND)


def test_a_pause_asked_for_comes_after_the_extension() -> None:
    """What is to follow stays."""
    shift = wrapping(EXTENDABLE)
    shift.ask("ann", "pause", "lunch")
    shift.ask("ann", "extend_wrap_up")
    shift.wait(2 * HOUR)
    assert shift.state("ann") == Paused(60 * SECOND, 60 * SECOND, "lunch")


def test_nobody_extends_what_is_none() -> None:
    """Only in wrap-up."""
    shift = Shift(an_agent("ann"))
    with pytest.raises(IllegalTransition):
        shift.ask("ann", "extend_wrap_up")


@pytest.mark.parametrize(
    ("wrap_up", "most_ms"), [("until ended", HOUR), ("{time: until ended, most: 30m}", 30 * MINUTE)]
)
def test_until_ended(wrap_up: str, most_ms: int) -> None:
    """By the agent, or after a time after which nobody is there any more."""
    shift = wrapping(wrap_up)
    shift.wait(25 * MINUTE)
    assert isinstance(shift.state("ann"), agents.WrapUp)
    with pytest.raises(WrapUpAtMost):
        shift.ask("ann", "extend_wrap_up")
    assert ended_ms(shift) == 10 * SECOND + most_ms
    again = wrapping(wrap_up)
    again.wait(MINUTE)
    again.ask("ann", "end_wrap_up")
    assert isinstance(again.state("ann"), Available)


@pytest.mark.parametrize(("how", "handling_s"), [("ended", 40), ("extended", 70), ("", 30)])
def test_waits_are_expected_by_the_wrap_ups_that_were(how: str, handling_s: int) -> None:
    """Talk and wrap-up as long as they lasted, not as long as the site says."""
    shift = Shift(an_agent("ann"), rules=RoutingRules({"sales": written(EXTENDABLE)}))
    for number in range(5):
        shift.call(f"c{number}")
        shift.ring_ends("ann")
        shift.wait(10 * SECOND)
        shift.agent_hangs_up("ann")
        if how:
            shift.ask("ann", "extend_wrap_up")
        if how == "extended":
            shift.ask("ann", "extend_wrap_up")
        shift.wait(30 * SECOND)
        if how == "ended":
            shift.ask("ann", "end_wrap_up")
        shift.wait(HOUR)
    assert shift.floor.ledger.crew.handling.mean_ms("sales") == handling_s * SECOND


@pytest.mark.parametrize(
    ("wrap_up", "wrong"),
    [
        ("until done", '"until done" is no duration, write it like 500ms, 5s, 10m or 1h, or'),
        ("{time: 20s, most: 3m}", "most has no effect without extend"),
        ("{time: 20s, extend: 5s, most: 19s}", "most is 19s, less than time"),
        ("{time: until ended, extend: 5s}", "extend has no effect: it lasts until ended"),
        ("{extends: 5s}", 'unknown key, did you mean "extend"?'),
    ],
)
def test_what_an_author_is_told(wrap_up: str, wrong: str) -> None:
    """What is wrong, and what is allowed."""
    with pytest.raises(DocumentError) as problems:
        written(wrap_up)
    assert wrong in str(problems.value)


def test_what_is_allowed_without_a_word() -> None:
    """20 s that cannot be extended; with `extend` ten minutes at most."""
    assert (WrapUp().time_ms, WrapUp().extend) == (20 * SECOND, None)
    assert written("{extend: 1m}").most_ms == 10 * MINUTE
