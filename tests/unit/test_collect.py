"""Collecting values: by the variable's type, checked, read back, or skipped."""

from datetime import date, time
from decimal import Decimal

import pytest

from ivr.variables import Value
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit


def asking(variable: str, body: str, more: str = "") -> Conversation:
    """A call at a question for ``it``."""
    return Conversation(
        program(f"""
languages: [en]
start: ask
vars:
  it: {{{variable}}}
{more}
steps:
  ask:
    collect: {{into: it, prompt: Please., again: Once more., {body}}}
    next: done
    on_timeout: silent
    on_invalid: wrong
  done: {{hangup: normal}}
  silent: {{hangup: busy}}
  wrong: {{hangup: rejected}}
""")
    )


@pytest.mark.parametrize(
    ("variable", "body", "most", "keys", "value"),
    [
        ("type: digits", "min: 2, max: 5", 5, "0420", "0420"),
        ("type: number", "max: 3", 3, "042", Decimal(42)),
        ("type: number", "max: 4, decimal: star", 5, "12*50", Decimal("12.50")),
        ("type: money, currency: EUR", "max: 6, decimal: star", 7, "12", Decimal(12)),
        ("type: date", "optional: yes", 8, "24121999", date(1999, 12, 24)),
        ("type: date", "keyed: YYYYMMDD", 8, "19991224", date(1999, 12, 24)),
        ("type: date", "keyed: MMYY", 4, "0228", date(2028, 2, 29)),
        ("type: date", "keyed: DDMM", 4, "0201", date(1970, 1, 2)),
        ("type: time", "end: none", 4, "0930", time(9, 30)),
        ("type: digits", "checksum: luhn", 64, "79927398713", "79927398713"),
        ("type: digits", "checksum: mod97", 64, "777", "777"),
    ],
)
def test_what_is_keyed_is_a_value_of_the_variables_type(
    variable: str, body: str, most: int, keys: str, value: Value
) -> None:
    """And no more keys are awaited than it can have."""
    call = asking(variable, body)
    assert call.asks.max_digits == most
    call.keys(keys)
    assert (call.ended, call.value("it")) == ("normal", value)


@pytest.mark.parametrize(
    ("variable", "body", "keys"),
    [
        ("type: digits", "min: 2", "1"),
        ("type: digits", "max: 5", "1*2"),
        ("type: number", "max: 5, decimal: star", "1*2*3"),
        ("type: number", "max: 5, decimal: star", "*"),
        ("type: date", "keyed: DDMM", "3002"),
        ("type: time", "tries: 3", "2460"),
        ("type: digits", "checksum: luhn", "79927398710"),
        ("type: digits", "checksum: mod97", "795"),
    ],
)
def test_what_is_none_is_wrong(variable: str, body: str, keys: str) -> None:
    """Each in its turn, until the tries are over."""
    call = asking(variable, body)
    for _ in range(2):
        call.keys(keys)
        assert call.hears == "Once more."
    call.keys(keys)
    assert (call.ended, call.value("it")) == ("rejected", None)


def test_a_check_of_the_flows_own_decides() -> None:
    """The expression sees the value; where it does not hold, nothing is kept."""
    for start, ended in (("yes", "normal"), ("no", "rejected")):
        call = asking(
            "type: digits", "check: open, tries: 1", f"  open: {{type: bool, start: {start}}}"
        )
        call.keys("12")
        assert call.ended == ended
        assert call.value("it") == ("12" if ended == "normal" else None)


def test_the_end_key_alone_skips_what_is_optional() -> None:
    """The variable is unset then, also where it had a value."""
    call = asking("type: digits, start: '1'", "optional: yes")
    assert call.value("it") == "1"
    call.keys("", ended=True)
    assert (call.ended, call.value("it")) == ("normal", None)
    assert "2000 ask: skipped it" in call.timeline
    call = asking("type: digits", "optional: yes")
    call.silence()
    assert call.hears == "Once more."


def test_silence_and_wrong_input_have_their_own_words() -> None:
    """Said before the question is asked again; one who said no was understood."""
    body = "length: 2, silent: Nothing heard., wrong: {en: Not valid., barge_in: no}, confirm: yes"
    call = asking("type: digits", body)
    call.silence()
    assert call.hears == "Nothing heard. Once more."
    call.keys("1")
    assert (call.asks.lead.text, call.asks.prompt.text) == ("Not valid.", "Once more.")
    call.keys("12")
    call.keys("2")
    assert call.hears == "Once more."


@pytest.mark.parametrize(
    ("variable", "body", "keys"),
    [
        ("type: money, currency: EUR", "max: 6, decimal: star", "12*50"),
        ("type: date", "keyed: DDMMYYYY", "24121999"),
        ("type: time", "tries: 2", "0930"),
    ],
)
def test_a_value_is_read_back_as_what_it_is(variable: str, body: str, keys: str) -> None:
    """Money as an amount, a day as a day: not digit by digit."""
    call = asking(variable, f"{body}, confirm: yes")
    call.keys(keys)
    assert call.hears.startswith("You entered")
    segments = [segment.text for segment in call.asks.prompt.segments]
    assert segments[1] not in list("0123456789")
    call.keys("1")
    assert call.ended == "normal"
    assert call.value("it") is not None


def test_an_end_key_after_the_last_digit_is_no_answer() -> None:
    """Who presses # out of habit after a fixed number of digits hears them read back."""
    call = asking("type: digits", "length: 4, confirm: yes")
    call.keys("4711")
    heard = call.hears
    for _ in range(4):
        call.keys("#")
        assert call.hears == heard
    call.keys("1")
    assert call.value("it") == "4711"
