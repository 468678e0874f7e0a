"""Text messages as the flow sees them: what is sent to whom, and where the call goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.document import DocumentError
from config.transfers import Permitted
from ivr.commands import Play, SendSms
from ivr.interpreter import start
from ivr.loader import load_flow
from ivr.state import CallFacts
from ivr.steps.base import Known
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit

TEXT = """
languages: [en, hu]
start: link
vars: {due: {type: money, currency: EUR, start: "12.50"}}
steps:
  link:
    sms:
      text: {en: "You owe {due}. https://example.test/pay", hu: "Tartozása {due}."}
    next: sent
    on_error: sorry
  sent: {say: {en: Sent., hu: Elküldtük.}, next: bye}
  sorry: {say: {en: Sorry., hu: Sajnáljuk.}, next: bye}
  bye: {hangup: normal}
"""


def sending(call: Conversation) -> SendSms:
    """What is asked of the outside."""
    assert isinstance(call.command, SendSms)
    return call.command


def test_the_caller_is_written_to_in_the_calls_language() -> None:
    """To the number that calls, from whom the site says; the timeline has neither it nor the
    text."""
    call = Conversation(program(TEXT))
    command = sending(call)
    assert command.to == "36301234567"
    assert command.text == "You owe 12.50. https://example.test/pay"
    assert command.sender is None
    assert "12.50" not in repr(command)
    assert "3630" not in repr(command)
    call.done("done")
    assert call.hears == "Sent."
    assert not any("owe" in line or "3630" in line for line in call.timeline)


def test_what_could_not_be_sent_is_not_told_as_sent() -> None:
    """It has an exit of its own, and none by default."""
    call = Conversation(program(TEXT))
    call.fails("the gateway did not take the message")
    assert call.hears == "Sorry."


@pytest.mark.parametrize("caller", ["anonymous", "", "sip:anna@example.test"])
def test_a_withheld_number_is_not_written_to(caller: str) -> None:
    """Nothing is asked of the outside."""
    turn = start(program(TEXT), CallFacts(caller, "+3615550100", 0))
    assert isinstance(turn.command, Play)
    assert turn.command.prompt.text == "Sorry."


def test_a_number_and_a_sender_may_be_filled_in() -> None:
    """As people write numbers."""
    filled = TEXT.replace("    sms:\n", '    sms:\n      to: "+36 (20) 5{area}-01/02"\n')
    filled = filled.replace("    sms:\n", '    sms:\n      from: "Shop {area}"\n')
    filled = filled.replace("vars: {", 'vars: {area: {type: digits, start: "55"}, ')
    command = sending(Conversation(program(filled)))
    assert (command.to, command.sender) == ("+36205550102", "Shop 55")


def test_what_is_too_long_for_a_message_is_not_sent() -> None:
    """A message of a thousand characters is seven messages already."""
    long = TEXT.replace("You owe", "x" * 500).replace(
        '{due: {type: money, currency: EUR, start: "12.50"}}',
        '{due: {type: text, start: "' + "y" * 600 + '"}}',
    )
    assert Conversation(program(long)).hears == "Sorry."


def test_a_text_alone_will_do() -> None:
    """In a flow of one language."""
    text = """
languages: [en]
start: link
steps:
  link: {sms: "See https://example.test", next: bye, on_error: bye}
  bye: {hangup: normal}
"""
    assert sending(Conversation(program(text))).text == "See https://example.test"


def test_it_is_sent_also_when_the_caller_has_gone() -> None:
    """On the way that on_hangup begins."""
    text = (
        TEXT.replace("start: link", "start: ask")
        .replace(
            "steps:\n",
            "steps:\n  ask: {say: {en: Wait., hu: Várjon.}, next: bye, on_hangup: link}\n",
        )
        .replace("next: sent", "next: bye")
        .replace("on_error: sorry", "on_error: bye")
    )
    lines = [line for line in text.split("\n") if "Sent." not in line and "Sorry." not in line]
    call = Conversation(program("\n".join(lines)))
    call.hangs_up()
    assert sending(call).text.startswith("You owe")


def test_a_site_without_a_gateway_sends_nothing(tmp_path: Path) -> None:
    """And the check says so, once."""
    path = tmp_path / "sample.yaml"
    path.write_text(f"flow: sample\nabout: A sample\nowner: t@example.test{TEXT}", "utf-8")
    with pytest.raises(DocumentError) as caught:
        load_flow(path, Known(sms=Permitted()))
    assert [problem.message for problem in caught.value.problems] == [
        "the site sends no text messages: sms.allow names no numbers"
    ]
