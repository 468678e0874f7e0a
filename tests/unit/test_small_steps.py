"""say, language and dtmf: what is heard, in which language, and what is sent."""

import pytest

from ivr.commands import Play, SendDigits
from ivr.prompts.static import static_texts
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit

SAYS = """
languages: [en]
start: tell
vars: {code: {type: digits, start: "42"}}
steps:
  tell: {say: [Please note., {pause: 500ms}, "Your code is {code}."], barge_in: yes, next: open}
  open: {dtmf: "12w{code}#", next: slow}
  slow: {dtmf: {send: "*", tone: 200ms, gap: 50ms}, next: bye}
  bye: {hangup: normal}
"""

SPOKEN = """
languages: [en, hu]
start: choose
vars: {wish: {type: text, start: WISH}}
steps:
  choose: {language: "{wish}", next: tell}
  tell: {say: {en: Hello., hu: Halló.}, next: bye}
  bye: {hangup: normal}
"""


def test_a_list_is_said_with_its_pauses() -> None:
    """One prompt; a pause is a segment without words, made before any call."""
    flow = program(SAYS)
    call = Conversation(flow)
    assert isinstance(call.command, Play)
    assert call.command.barge_in
    said = [(each.text, each.pause_ms) for each in call.command.prompt.segments]
    assert said == [("Please note.", 0), ("", 500), ("Your code is", 0), ("four", 0), ("two", 0)]
    assert call.hears == "Please note. Your code is four two"
    assert any(each.pause_ms == 500 for each in static_texts(flow.flow))


def test_keys_are_sent_with_what_the_call_knows() -> None:
    """Holes are filled; the keys show in no repr and not in the timeline."""
    call = Conversation(program(SAYS))
    call.listens()
    assert call.command == SendDigits("12w42#", 100, 100)
    assert "42" not in repr(call.command) + "".join(call.timeline)
    call.done()
    assert call.command == SendDigits("*", 200, 50)
    call.done()
    assert call.ended == "normal"


def test_keys_that_no_telephone_has_are_not_sent() -> None:
    """What a hole brought is looked at in the call: the step fails."""
    call = Conversation(program(SAYS.replace('{code}#"', '{call.language}#"')))
    call.listens()
    assert isinstance(call.command, SendDigits)
    assert "open: failed: these keys cannot be sent" in "".join(call.timeline)


@pytest.mark.parametrize(("wish", "heard"), [("hu", "Halló."), ("de", "Hello."), ('""', "Hello.")])
def test_a_language_that_comes_from_the_call_must_be_one_of_the_flow(wish: str, heard: str) -> None:
    """Another one changes nothing."""
    call = Conversation(program(SPOKEN.replace("WISH", wish)))
    assert call.hears == heard
