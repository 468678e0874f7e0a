"""What YAML would make of an author's words without telling: each trap in a flow."""

from __future__ import annotations

import pytest

from config.document import DocumentError, load_text
from ivr.flow import Flow
from tests.unit.conversation import HEADER, Conversation, program

pytestmark = pytest.mark.unit


def told(text: str) -> list[str]:
    """What is wrong with a flow's text; the header takes four lines."""
    with pytest.raises(DocumentError) as caught:
        load_text(HEADER + text, "f.yaml", Flow)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("written", ["0123", "10:30", "no", "on", "+36301234567", "1e3", "08"])
def test_an_unquoted_text_is_heard_as_it_was_written(written: str) -> None:
    """YAML 1.1 has 83, 630, False, True and a number without its plus in their place."""
    text = f"languages: [en]\nstart: a\nsteps:\n  a: {{say: {written}, next: z}}\n"
    assert Conversation(program(text + "  z: {hangup: normal}\n")).hears == written


def test_options_keep_their_leading_zeros() -> None:
    """An option 0123 is those four keys; 83 is none."""
    call = Conversation(
        program("""
languages: [en]
start: a
steps:
  a: {menu: {prompt: A., options: {0123: b}, tries: 1}, on_timeout: z, on_invalid: z}
  b: {say: Yes., next: z}
  z: {hangup: normal}
""")
    )
    for key in "012":
        call.keys(key)
    call.keys("3")
    assert call.hears == "Yes."


def test_steps_may_be_called_no_and_on() -> None:
    """They stay names where other readers make truth values of them."""
    call = Conversation(
        program("""
languages: [en]
start: on
steps:
  on: {branch: [{if: call.caller == "1", go: no}, {else: yes}]}
  no: {say: No., next: off}
  yes: {say: Yes., next: off}
  off: {hangup: normal}
""")
    )
    assert call.hears == "Yes."


def test_a_language_called_no_stays_one() -> None:
    """Norwegian is spoken by no voice here, but it is not false either."""
    flow = load_text(HEADER + "languages: [no]\nstart: z\nsteps: {z: {hangup: normal}}", "f", Flow)
    assert flow.languages == ("no",)


def test_a_time_and_a_number_as_first_values() -> None:
    """10:30 is a time of day and 007 three digits, quoted or not."""
    flow = load_text(
        HEADER
        + """languages: [en]
start: z
vars: {at: {type: time, start: 10:30}, code: {type: digits, start: 007}}
steps: {z: {hangup: normal}}
""",
        "f",
        Flow,
    )
    assert str(flow.vars["at"].initial) == "10:30:00"
    assert flow.vars["code"].initial == "007"


def test_an_option_written_twice_is_an_error() -> None:
    """The later one would win without a word."""
    text = "languages: [en]\nstart: a\nsteps:\n  a: {menu: {options: {1: b, 1: c}}}\n"
    assert told(text) == [
        'f.yaml:8:30: steps.a.menu.options: key "1" is repeated, it is already in line 8'
    ]


@pytest.mark.parametrize("options", ["{*: b}", "\n        *: b"])
def test_an_unquoted_star_is_an_error_that_says_star(options: str) -> None:
    """To YAML it is an alias without a name."""
    text = f"languages: [en]\nstart: a\nsteps:\n  a:\n    menu:\n      options: {options}\n"
    (fault,) = told(text)
    assert "star" in fault


def test_a_quoted_star_or_hash_is_an_error_that_says_how_it_is_written() -> None:
    """Keys have one way of being written."""
    text = 'languages: [en]\nstart: a\nsteps:\n  a: {menu: {options: {"*": b, "#": c}}}\n'
    assert told(text) == [
        'f.yaml:8:24: steps.a.menu.options.*: "*" is written star here',
        'f.yaml:8:32: steps.a.menu.options.#: "#" is written hash here',
    ]


def test_an_unquoted_hash_is_a_comment_and_leaves_no_options() -> None:
    """What it was to be cannot be known, but that there is nothing is told."""
    text = "languages: [en]\nstart: a\nsteps:\n  a:\n    menu:\n      options:\n        #: b\n"
    (fault,) = told(text)
    assert "hash" in fault
