"""A message left as a conversation: recorded, heard again, kept, or lost with the line."""

from __future__ import annotations

import pytest

from ivr.announce import LANGUAGES
from ivr.commands import LAST_TAKE, Deliver, Discard, RecordMessage, Segment
from ivr.steps import voicemail_words
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit

TEXT = """
languages: [en]
start: message
steps:
  message:
    voicemail: {mailbox: support, max: 30s, silence: 3s}
    next: thanks
    nothing: silent
    on_error: sorry
    on_hangup: after
  thanks: {say: Thank you., next: bye}
  silent: {say: Nothing then., next: bye}
  sorry: {say: Sorry., next: bye}
  after: {set: {call.topic: message}, next: bye}
  bye: {hangup: normal}
"""


def spoken(text: str = TEXT, ms: int = 8_000) -> Conversation:
    """A call in which the caller has spoken."""
    call = Conversation(program(text))
    call.listens()
    call.done("key", message="m1", ms=ms)
    return call


def test_a_message_is_recorded_after_the_prompt_and_kept() -> None:
    """In Trunkline's own words; the caller keeps it with three."""
    call = Conversation(program(TEXT))
    assert call.hears.startswith("Please leave your message")
    assert call.listens() == RecordMessage("voicemail", 30_000, 3_000, "#", "en")
    call.done("silence", message="m1", ms=8_000)
    assert call.hears.startswith("To hear your message, press one.")
    assert call.keys("3") == Deliver("m1", "support")
    call.done()
    assert call.hears == "Thank you."
    assert "3000 message: recorded 8 s" in call.timeline
    assert "5000 message: message kept" in call.timeline


def test_one_plays_it_and_two_records_it_again() -> None:
    """The first take is thrown away before the second."""
    call = spoken()
    call.keys("1")
    assert call.asks.prompt.segments[0] == Segment("en", "", message="m1")
    call.keys("2")
    assert call.command == Discard("m1")
    call.done()
    assert isinstance(call.command, RecordMessage)
    call.done("limit", message="m2", ms=30_000)
    call.keys("3")
    assert call.command == Deliver("m2", "support")


def test_a_caller_who_keys_nothing_has_kept_it() -> None:
    """Silence and wrong keys are no reason to lose a message."""
    call = spoken()
    call.silence()
    call.keys("9")
    call.silence()
    assert call.command == Deliver("m1", "support")


def test_without_review_it_is_kept_at_once() -> None:
    """For those who want it short."""
    call = spoken(TEXT.replace("silence: 3s", "review: no"))
    assert call.command == Deliver("m1", "support")


def test_nothing_said_is_asked_for_once_more() -> None:
    """Then the flow goes on, by an exit of its own if there is one."""
    call = Conversation(program(TEXT))
    call.listens()
    call.done("empty", message="m1", ms=200)
    assert call.hears.startswith("Nothing was recorded. Please leave your message")
    call.listens()
    call.done("empty", message="m2", ms=0)
    assert call.hears == "Nothing then."
    call = Conversation(
        program(TEXT.replace("    nothing: silent\n", "").replace("  silent: ", "  # "))
    )
    for _ in range(2):
        call.listens()
        call.done("empty", message="m1", ms=0)
    assert call.hears == "Thank you."


def test_who_hangs_up_while_speaking_has_left_a_message() -> None:
    """It is delivered first, then the flow goes where the hangup leads."""
    call = Conversation(program(TEXT))
    call.listens()
    call.hangs_up()
    assert call.command == Deliver(LAST_TAKE, "support", least_ms=2_000)
    call.done()
    assert call.ended == "normal"
    assert call.value("call.topic") == "message"
    call = Conversation(program(TEXT))
    call.listens()
    call.hangs_up()
    call.done("empty")
    assert "4000 message: no message" in call.timeline


def test_who_hangs_up_at_the_review_has_left_it_if_it_is_one() -> None:
    """Two seconds tell a message from a breath."""
    call = spoken()
    call.hangs_up()
    assert call.command == Deliver("m1", "support", least_ms=2_000)
    call = spoken(ms=1_500)
    call.hangs_up()
    assert call.ended == "normal"


def test_who_hangs_up_before_the_tone_has_left_none() -> None:
    """And who is gone for good gets nothing more done."""
    call = Conversation(program(TEXT))
    call.hangs_up()
    assert call.ended == "normal"
    call = Conversation(
        program(TEXT.replace("    on_hangup: after\n", "").replace("  after:", "  #"))
    )
    call.listens()
    call.hangs_up()
    call.fails("the disk is full")
    assert call.ended == "caller_hung_up"


def test_what_was_said_is_kept_when_it_cannot_be_played() -> None:
    """Then the call leaves by on_error."""
    call = spoken()
    call.fails("a prompt could not be played")
    assert call.command == Deliver("m1", "support")
    call.done()
    assert call.hears == "Sorry."
    call = Conversation(program(TEXT))
    call.listens()
    call.fails("nothing can be recorded")
    assert call.hears == "Sorry."


def test_a_mailbox_alone_is_enough() -> None:
    """With everything else as usual, and words of the flow's own where it has any."""
    text = TEXT.replace("{mailbox: support, max: 30s, silence: 3s}", "support")
    call = Conversation(program(text))
    call.listens()
    assert call.command == RecordMessage("voicemail", 120_000, 5_000, "#", "en")
    text = TEXT.replace("max: 30s", "prompt: Speak now.")
    assert Conversation(program(text)).hears == "Speak now."


def test_the_own_words_are_there_in_every_language() -> None:
    """So a flow of any language needs no prompt for it."""
    for words in (voicemail_words.PROMPT, voicemail_words.NOTHING_SAID, voicemail_words.REVIEW):
        assert set(words) == set(LANGUAGES)
