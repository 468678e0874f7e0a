"""Transfers as the flow sees them: who is called, and where the caller goes on."""

from __future__ import annotations

import pytest

from config.transfers import Transfers
from ivr.commands import Transfer
from ivr.steps.transfer_words import accept
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit

TEXT = """
languages: [en]
start: duty
vars: {number: {type: text, start: "+36 1 555 0199"}}
steps:
  duty:
    transfer: {to: "{number}", trunk: carrier, timeout: 20s, announce: "One moment."}
    next: thanks
    busy: occupied
    on_error: sorry
  thanks: {say: Thank you., next: bye}
  occupied: {say: Busy., next: bye}
  sorry: {say: Sorry., next: bye}
  bye: {hangup: normal}
"""


def call_of(text: str = TEXT) -> Conversation:
    """A call that is at the transfer."""
    return Conversation(program(text))


def transferring(call: Conversation) -> Transfer:
    """What is asked of the outside."""
    assert isinstance(call.command, Transfer)
    return call.command


def test_after_the_conversation_the_flow_goes_on() -> None:
    """The outcome is there for a branch; nothing of the number is in the timeline."""
    call = call_of()
    command = transferring(call)
    assert (command.mode, command.number, command.trunk) == (
        "bridge",
        "+36 1 555 0199",
        "carrier",
    )
    assert (command.timeout_ms, command.announce.text) == (20_000, "One moment.")
    call.done("ended")
    assert call.hears == "Thank you."
    assert call.value("transfer.outcome") == "ended"
    assert not any("555" in line for line in call.timeline)


@pytest.mark.parametrize(
    ("outcome", "heard"), [("busy", "Busy."), ("no_answer", "Sorry."), ("unreachable", "Sorry.")]
)
def test_a_caller_nobody_talks_to_is_back_in_the_flow(outcome: str, heard: str) -> None:
    """By the exit for it, else by on_error, in either mode."""
    blind = TEXT.replace("to:", "mode: blind, to:").replace("    next: thanks\n", "")
    blind = "\n".join(line for line in blind.split("\n") if "thanks:" not in line)
    for text in (TEXT, blind):
        call = call_of(text)
        call.done(outcome)
        assert call.hears == heard
        assert call.value("transfer.outcome") == outcome


def test_a_blind_transfer_ends_the_flow() -> None:
    """With the conversation."""
    text = TEXT.replace("to:", "mode: blind, to:").replace("    next: thanks\n", "")
    text = "\n".join(line for line in text.split("\n") if "thanks:" not in line)
    call = call_of(text)
    call.done("ended")
    assert call.ended == "normal"


def test_what_the_site_does_not_permit_leaves_by_on_error() -> None:
    """And so does a number that is not there."""
    call = call_of()
    call.fails("the site permits no transfer there")
    assert call.hears == "Sorry."
    assert call.value("transfer.outcome") == "unreachable"
    call = call_of(TEXT.replace(', start: "+36 1 555 0199"', ""))
    assert call.hears == "Sorry."


def test_an_agent_or_an_extension_is_told_as_it_is() -> None:
    """The engine knows whose extension it is."""
    text = TEXT.replace('to: "{number}", trunk: carrier', 'agent: "{caller.last_agent}x"')
    assert transferring(call_of(text)).agent == "x"
    text = TEXT.replace('to: "{number}", trunk: carrier', 'extension: "201"')
    command = transferring(call_of(text))
    assert (command.extension, command.number, command.agent) == ("201", None, None)


@pytest.mark.parametrize(
    ("number", "permitted"),
    [
        ("+3615550199", True),
        ("+36901234567", False),
        ("+443300000000", False),
        ("+447700900123", True),
        ("3615550199", False),
        ("+36x5550199", False),
        ("+3615550199;user=phone", False),
        ("", False),
    ],
)
def test_numbers_are_permitted_by_their_beginnings(number: str, permitted: bool) -> None:
    """What is denied stays denied; what is no E.164 number never reaches the switch."""
    transfers = Transfers(allow=["+36*", "+447700900123"], deny=["+3690*"])
    assert transfers.permit(number) is permitted


def test_a_site_permits_nothing_by_itself() -> None:
    """Toll fraud begins where nobody thought of it."""
    assert not Transfers().permit("+3615550199")


ATTENDED = """
languages: [en, hu]
start: duty
steps:
  duty:
    transfer: {to: "+3615550199", mode: attended, max: 30m}
    next: bye
    no_answer: message
    on_error: bye
  message: {say: {en: Nobody takes it., hu: Nincs.}, next: bye}
  bye: {hangup: normal}
"""


def test_who_is_rung_in_an_attended_transfer_accepts_by_a_key() -> None:
    """Trunkline's own words, and 1, without a word of the author's: no mailbox takes the call."""
    command = transferring(call_of(ATTENDED))
    assert (command.mode, command.accept, command.max_ms) == ("attended", "1", 1_800_000)
    assert command.whisper.text == (
        "A caller is waiting to be put through to you. To take the call, press one."
    )


def test_who_does_not_accept_gives_the_caller_back() -> None:
    """As one who does not answer."""
    call = call_of(ATTENDED)
    call.done("no_answer")
    assert call.hears == "Nobody takes it."


def test_an_author_words_the_whisper_and_trunkline_names_the_key() -> None:
    """With holes, in the call's language; the caller hears nothing of it."""
    own = 'whisper: {en: "From {call.caller}.", hu: "Hívó: {call.caller}."}, accept: star, max'
    command = transferring(call_of(ATTENDED.replace("max", own)))
    assert command.accept == "*"
    words = command.whisper.text
    assert words.startswith("From ")
    assert words.endswith("To take the call, press star.")
    assert "From" not in command.announce.text


def test_an_agent_is_told_and_asked_only_on_demand() -> None:
    """A colleague's phone has no mailbox; still one may be asked."""
    text = ATTENDED.replace('to: "+3615550199"', "agent: anna")
    command = transferring(call_of(text))
    assert command.accept == ""
    assert command.whisper.text == "A caller is waiting to be put through to you."
    asked = transferring(call_of(text.replace("max", "accept: 5, max")))
    assert (asked.accept, asked.whisper.text.split()[-1]) == ("5", "five.")


def test_nobody_outside_is_asked_where_the_author_says_so() -> None:
    """A desk that has no mailbox, say."""
    command = transferring(call_of(ATTENDED.replace("max", "accept: none, max")))
    assert command.accept == ""
    assert "press" not in command.whisper.text


@pytest.mark.parametrize("language", ["en", "hu", "pl", "et"])
def test_every_key_has_its_word_in_every_language(language: str) -> None:
    """Twelve different sentences."""
    keys = [*"0123456789", "star", "hash"]
    said = {accept(key).text(language) for key in keys}
    assert len(said) == len(keys)
