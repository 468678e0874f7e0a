"""Recording switched by the flow, and where the check finds that a secret would be recorded."""

from __future__ import annotations

import pytest

from config.document import load_text_located
from ivr.check import check
from ivr.commands import SwitchRecording
from ivr.flow import Flow
from ivr.recorded_steps import Recorded
from tests.unit.conversation import HEADER, Conversation, program

pytestmark = pytest.mark.unit

ON = "{record: {on: yes, reason: quality}, next: %s}"
OFF = "{record: {on: no, reason: card details}, next: %s}"
PIN = "{collect: {into: pin, prompt: PIN please.}, next: %s}"


def text(start: str, **steps: str) -> str:
    """A flow of these steps, which ends at ``bye`` and comes back at ``back``."""
    lines = "".join(f"  {name}: {step}\n" for name, step in steps.items())
    return (
        f"languages: [en]\nstart: {start}\n"
        "vars: {pin: {type: digits, sensitive: true}}\n"
        f"exits: {{on_timeout: bye, on_invalid: bye}}\nsteps:\n{lines}  bye: {{hangup: normal}}\n"
    )


def flow_of(body: str, name: str = "sample") -> Flow:
    """The flow, unchecked."""
    return load_text_located(HEADER.replace("sample", name) + body, "test.yaml", Flow)[0]


def found(body: str) -> list[str]:
    """What the check says of the one flow."""
    flow, located = load_text_located(HEADER + body, "test.yaml", Flow)
    return [f"{each.path}: {each.message}" for each in check(flow, located)]


def test_recording_is_switched_on_and_off_with_its_reason() -> None:
    """The flow goes on when it is done; the timeline has the reason."""
    call = Conversation(program(text("on", on=ON % "off", off=OFF % "bye")))
    assert call.command == SwitchRecording(True, "quality")
    call.done()
    assert call.command == SwitchRecording(False, "card details")
    call.done()
    assert call.ended == "normal"
    assert call.timeline[1] == "2000 on: recording on: quality"
    assert call.timeline[3] == "3000 off: recording off: card details"


def test_a_secret_is_not_asked_for_while_the_call_may_be_recorded() -> None:
    """The way through the other branch is enough."""
    body = text(
        "sure",
        sure="{menu: {prompt: May we record?, options: {1: on, 2: pin}}}",
        on=ON % "pin",
        pin=PIN % "bye",
    )
    assert found(body) == ["steps.pin: pin would be recorded: switch recording off before"]
    assert found(body.replace("on: yes", "on: no")) == []


def test_what_is_no_secret_may_be_recorded() -> None:
    """Account numbers are asked for on recordings every day."""
    body = text("on", on=ON % "pin", pin=PIN % "bye").replace(", sensitive: true", "")
    assert found(body) == []


def test_recording_switched_off_before_is_well() -> None:
    """And switched on again after it."""
    body = text(
        "on", on=ON % "off", off=OFF % "pin", pin=PIN % "again", again=ON % "say", say="{goto: bye}"
    )
    assert found(body) == []


def test_a_loop_leads_back_recorded() -> None:
    """The first time round it is not recorded, the second time it is."""
    body = text(
        "pin",
        pin=PIN % "on",
        on=ON % "again",
        again="{menu: {prompt: Again?, options: {1: pin, 2: bye}}}",
    )
    assert found(body) == ["steps.pin: pin would be recorded: switch recording off before"]
    mended = body.replace("{1: pin", "{1: off").replace("  bye:", f"  off: {OFF % 'pin'}\n  bye:")
    assert found(mended) == []


def test_a_payment_is_not_recorded() -> None:
    """The card's number and its check digits least of all."""
    pay = "{pay: {amount: '5', currency: EUR, reference: Bill}, paid: bye, declined: bye, %s}"
    body = text("on", on=ON % "pay", pay=pay % "on_error: bye")
    assert found(body) == ["steps.pay: the card would be recorded: switch recording off before"]


def test_after_the_hangup_nothing_is_keyed() -> None:
    """What follows on_hangup hears nobody: only the other ways count."""
    hello = "{say: Hello., next: off, on_hangup: note}"
    body = text(
        "on",
        on=ON % "hello",
        hello=hello,
        off=OFF % "pin",
        note="{goto: bye}",
        pin=PIN % "bye",
    )
    assert found(body) == []


def recorded(**bodies: str) -> dict[str, set[str]]:
    """For flows that call each other, where a call may arrive recorded."""
    flows = {name: flow_of(body, name) for name, body in bodies.items()}
    knows = Recorded(flows)
    return {name: set(knows.at(name)) for name in flows}


def test_a_flow_that_is_called_while_recorded_is_recorded() -> None:
    """And so is what comes after it."""
    main = text("on", on=ON % "sub", sub="{call: sub, next: after}", after="{goto: bye}")
    sub = text("pin", pin=PIN % "back", back="{return: {}}")
    assert recorded(main=main, sub=sub) == {
        "main": {"sub", "after", "bye"},
        "sub": {"pin", "back", "bye"},
    }


def test_a_flow_may_come_back_with_the_recording_switched() -> None:
    """On for the one that called it not recorded, off for the one that did."""
    switching_on = text("on", on=ON % "back", back="{return: {}}")
    main = text("sub", sub="{call: other, next: after}", after="{goto: bye}")
    assert recorded(main=main, other=switching_on)["main"] == {"after", "bye"}
    switching_off = text("off", off=OFF % "back", back="{return: {}}")
    main = text("on", on=ON % "sub", sub="{call: other, next: after}", after="{goto: bye}")
    assert recorded(main=main, other=switching_off)["main"] == {"sub"}


def test_a_quiet_caller_is_not_blamed_for_a_recorded_one() -> None:
    """A flow without the step comes back as it was entered, for each that calls it."""
    loud = text("on", on=ON % "sub", sub="{call: sub, next: after}", after="{goto: bye}")
    quiet = text("sub", sub="{call: sub, next: after}", after="{goto: bye}")
    sub = text("back", back="{return: {}}")
    found = recorded(loud=loud, quiet=quiet, sub=sub)
    assert (found["loud"], found["quiet"]) == ({"sub", "after", "bye"}, set())


def test_flows_that_call_each_other_come_to_an_end() -> None:
    """Whatever comes back of them may be recorded."""
    one = text("on", on=ON % "two", two="{call: two, next: back}", back="{return: {}}")
    two = text("one", one="{call: one, next: back}", back="{return: {}}")
    assert recorded(one=one, two=two) == {"one": {"on", "two", "back"}, "two": {"one", "back"}}
