"""Calls on the virtual clock: what each thing takes, and what a caller's keys meet."""

from __future__ import annotations

import pytest

from ivr.commands import Enqueue
from ivr.rehearsal.given import Agents, Given
from tests.unit.rehearsals import rehearsed

pytestmark = pytest.mark.unit

MENU = """
languages: [en]
start: menu
steps:
  menu:
    menu:
      prompt: "123456789012345"
      options: {1: one, 22: two}
      timeout: 4s
      inter_digit: 1s
      tries: 2
      barge_in: BARGE_IN
    on_timeout: silent
    on_invalid: wrong
  one: {hangup: normal}
  two: {hangup: busy}
  silent: {hangup: congestion}
  wrong: {hangup: normal}
"""
BARGE_IN, NO_BARGE_IN = MENU.replace("BARGE_IN", "yes"), MENU.replace("BARGE_IN", "no")
MAILBOX = """
languages: [en]
start: leave
steps:
  leave: {voicemail: {mailbox: support, review: no}, next: bye, nothing: bye, on_error: bye}
  bye: {hangup: normal}
"""
QUEUE = """
languages: [en]
start: line
steps:
  line: {queue: support, answered: thanks, on_timeout: {after: 60s, go: bye}, on_error: bye}
  thanks: {say: Thank you., next: bye, on_error: bye}
  bye: {hangup: normal}
"""


def test_a_prompt_takes_as_long_as_its_text() -> None:
    """Fifteen signs a second; a caller keys when everything is said."""
    call = rehearsed(BARGE_IN)
    began_ms = call.now_ms
    assert call.keys("1")
    assert (call.now_ms - began_ms, call.ended) == (1_000, "normal")


def test_a_question_times_out_after_its_prompt() -> None:
    """The time runs from the prompt's end, for each try again."""
    call = rehearsed(BARGE_IN)
    began_ms = call.now_ms
    call.pass_time(9_999)
    assert call.path == ["menu"]
    call.pass_time(1)
    assert (call.now_ms - began_ms, call.ended) == (10_000, "congestion")


def test_a_key_interrupts_a_prompt_that_allows_it() -> None:
    """Barge-in: the option acts at once."""
    call = rehearsed(BARGE_IN)
    began_ms = call.now_ms
    call.interrupt("1")
    assert (call.now_ms - began_ms, call.ended) == (0, "normal")


def test_a_key_into_a_prompt_without_barge_in_is_lost() -> None:
    """The caller hears everything, and must key again."""
    call = rehearsed(NO_BARGE_IN)
    call.interrupt("1")
    assert call.ended is None
    assert call.keys("1")
    assert call.ended == "normal"


def test_the_keys_of_a_longer_option_may_not_be_too_far_apart() -> None:
    """The second key comes in time, or not within the menu's time between keys."""
    call = rehearsed(BARGE_IN)
    assert call.keys("22")
    assert call.ended == "busy"
    late = rehearsed(BARGE_IN)
    assert late.keys("2")
    late.pass_time(1_000)
    assert [entry.what for entry in late.trace] == ["menu", "invalid 1 of 2"]


def test_nobody_answers_unless_it_is_given() -> None:
    """The queue's own time is waited for."""
    call = rehearsed(QUEUE)
    began_ms = call.now_ms
    call.run_to_question()
    assert (call.now_ms - began_ms, call.ended, call.path) == (60_000, "normal", ["line", "bye"])


def test_an_agent_answers_and_talks() -> None:
    """As long as it is given; then the flow goes on."""
    call = rehearsed(QUEUE, Given(agents=Agents(answer_after=20_000, talk=30_000, name="anna")))
    began_ms = call.now_ms
    assert call.run_on()
    assert (call.now_ms - began_ms, call.step) == (50_000, "thanks")


def test_an_agent_who_comes_too_late_finds_nobody() -> None:
    """The queue's time is over before."""
    call = rehearsed(QUEUE, Given(agents=Agents(answer_after=60_000)))
    call.run_to_question()
    assert call.path == ["line", "bye"]


def test_an_agent_can_be_told_to_answer_and_to_leave() -> None:
    """In the middle of a wait that nothing was given for."""
    call = rehearsed(QUEUE)
    call.pass_time(10_000)
    assert not call.agent_leaves()
    assert call.agent_answers()
    assert not call.agent_answers()
    call.pass_time(5_000)
    assert isinstance(call.command, Enqueue)
    assert call.agent_leaves()
    assert call.step == "thanks"


def test_a_caller_who_hangs_up_is_gone() -> None:
    """The call ends, and no time passes after."""
    call = rehearsed(QUEUE)
    call.pass_time(7_000)
    call.hang_up()
    assert call.ended == "caller_hung_up"
    assert not call.run_on()
    assert not call.keys("1")


def test_a_step_can_be_given_as_failing() -> None:
    """Its exit for errors is taken."""
    call = rehearsed(QUEUE, Given(fails=("thanks",), agents=Agents()))
    call.run_to_question()
    assert [entry.what for entry in call.trace][-2:] == ["failed: given as failing", "hangup"]


def test_a_prompt_that_can_be_cut_short_takes_a_key_and_loses_it() -> None:
    """With barge-in the call goes on at once; without it the prompt is heard out."""
    text = """
languages: [en]
start: long
steps:
  long: {say: A very long announcement., barge_in: BARGE_IN, next: bye, on_error: bye}
  bye: {hangup: normal}
"""
    cut = rehearsed(text.replace("BARGE_IN", "yes"))
    cut.interrupt("1")
    assert cut.ended == "normal"
    whole = rehearsed(text.replace("BARGE_IN", "no"))
    whole.interrupt("1")
    assert whole.ended is None


@pytest.mark.parametrize(
    ("said_ms", "what"),
    [(0, "no message"), (1_999, "no message"), (2_000, "message kept"), (9_000, "message kept")],
)
def test_what_was_said_before_a_hangup_is_a_message_when_it_is_long_enough(
    said_ms: int, what: str
) -> None:
    """As in a real call: what is shorter is the breath before hanging up."""
    call = rehearsed(MAILBOX)
    call.run_to_question()
    if said_ms:
        assert call.speak(said_ms)
    call.hang_up()
    call.run_to_question()
    assert [each.what for each in call.trace if "message" in each.what] == [what]
