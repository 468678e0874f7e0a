"""What a simulated call asks for of the outside, and how it is answered or changed by hand."""

from __future__ import annotations

import pytest

from tests.unit.rehearsals import rehearsed
from tests.unit.test_simulation import WORLD, by_hand

pytestmark = pytest.mark.unit


def test_a_call_by_hand_asks_for_what_is_not_given() -> None:
    """One thing after the other, each with what is usual; all of it is in the test then."""
    hand, call = by_hand(WORLD)
    assert hand.waits_for == "what is known of the caller (:lookup {name: Anna}, Enter: unknown)"
    assert hand.line(":lookup name: Béla, segment: gold") is None
    assert hand.waits_for == (
        "a reply to GET https://bills.example/36201234567 (:http 200 {…}, :http timeout)"
    )
    assert hand.line(':http 200 {"due":12.5}') is None
    assert hand.waits_for == "how the payment ends (:pay declined, Enter: paid)"
    assert hand.line(":pay declined") is None
    assert hand.line(":transfer busy") is None
    assert hand.line(":callback refused") is None
    assert [each.text for each in call.heard] == ["Hello Béla.", "Sorry.", "Too bad."]
    assert hand.over
    assert hand.recorded.given_rows == [
        "given:",
        "  lookup: {name: Béla, segment: gold}",
        "  http:",
        '    "GET https://bills.example/36201234567": {status: 200, json: {due: 12.5}}',
        "  payment: declined",
        "  transfer: busy",
        "  callback: refused",
    ]


def test_what_a_test_does_not_give_is_told_with_where_to_write_it() -> None:
    """Its author has no prompt at which to give it."""
    call = rehearsed(WORLD)
    call.run_to_question()
    assert call.stuck == (
        "no reply is given to GET https://bills.example/36201234567: write it in given: http:"
    )


def test_enter_takes_what_is_usual() -> None:
    """And it is told in the test, which does not change with what is usual."""
    hand, call = by_hand(WORLD)
    for line in ("", ":http timeout", ""):
        assert hand.line(line) is None
    assert [each.text for each in call.heard] == ["Hello.", "Sorry."]
    assert hand.recorded.given["lookup"] is None
    assert hand.recorded.given["transfer"] == "answered"
    assert call.ended == "normal"


def test_a_step_can_be_made_to_fail() -> None:
    """The one that is under way, whatever it waits for."""
    hand, call = by_hand(WORLD)
    for line in ("", ":fail", ":fail", ":callback already"):
        assert hand.line(line) is None
    assert hand.recorded.given["fails"] == ["bill", "expert"]
    assert call.path == ["who", "stranger", "bill", "busy", "expert", "later", "bye"]
    assert hand.line(":fail") == "the call is over"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (":lookup", "say what is known of the caller: :lookup {name: Anna}, or :lookup unknown"),
        (":lookup nam: Anna", 'lookup.nam: nothing is known of a caller\'s "nam"'),
        (":lookup {name: [}", "no valid YAML: "),
        (":transfer engaged", 'transfer: is "engaged"'),
        (":pay", "say how the payment ends: :pay declined, or :pay paid"),
        (":given staff no", "staff: unknown key"),
        (":given caller 12", "caller is given with the call: trunkline simulate --given FILE"),
        (":http 200", "no request waits for a reply"),
        (":python {}", "no function waits for what it returns"),
    ],
)
def test_a_world_that_cannot_be_is_refused_in_a_sentence(line: str, told: str) -> None:
    """The call stays where it is, and the test is not told of it."""
    hand, call = by_hand(WORLD)
    refused = hand.line(line)
    assert refused is not None
    assert told in refused
    assert (call.step, hand.recorded.given) == ("who", {})


@pytest.mark.parametrize("reply", ["200 {due", "999", "gone", ""])
def test_a_reply_that_is_none_is_asked_for_again(reply: str) -> None:
    """With how one is written."""
    hand, call = by_hand(WORLD)
    hand.line("")
    refused = hand.line(f":http {reply}")
    assert refused is not None
    assert refused.endswith("; write :http 200 {balance: 12.5}, or :http timeout")
    assert call.step == "bill"


def test_the_world_can_be_changed_and_shown() -> None:
    """Anything that a test can give but for what the call began with."""
    hand, call = by_hand(WORLD)
    assert hand.line(":given staffed no") is None
    assert hand.line(":given waiting: 3") is None
    assert (call.given.staffed, call.given.waiting) == (False, 3)
    assert hand.line(":given") == 'given: {staffed: "no", waiting: 3}'
