"""What is said of a text with values in it: the words, the values, and the pauses between."""

import pytest

from ivr.commands import Play, Segment
from ivr.speech import CLAUSE_MS, SENTENCE_MS, Speech
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit

FLOW = """
languages: [en]
start: hello
vars:
  day: {type: date, start: 2026-11-24}
  at: {type: time, start: "14:30"}
  code: {type: digits, start: "42"}
  name: {type: text, start: Anna}
  room: {type: text, start: "7"}
  unset: {type: text}
steps:
  hello: {say: SAID, next: bye, on_error: bye}
  bye: {hangup: normal}
"""


def said(text: str) -> tuple[str, list[tuple[str, int]]]:
    """The prompt of a text, and its segments: what each says, and how long a pause it is."""
    call = Conversation(program(FLOW.replace("SAID", text)))
    assert isinstance(call.command, Play)
    prompt = call.command.prompt
    return prompt.text, [(each.text, each.pause_ms) for each in prompt.segments]


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ('"{code}. {code}"', "four two. four two"),
        ('"{code}, {code}."', "four two, four two"),
        ('"Dial {code}. Then {code}!"', "Dial four two. Then four two"),
        ('"{code}: press one."', "four two: press one."),
        ('"{name}. {code}"', "Anna. four two"),
        ('"{name}, {room}. {code}"', "Anna, seven. four two"),
        ('"To {room}."', "To seven"),
        ('"{code} / {code}"', "four two four two"),
        ('["Code {code}.", Then press one.]', "Code four two. Then press one."),
        ('["Code {room}.", Then press one.]', "Code seven. Then press one."),
        ('["Code {code}.", "Name {name}."]', "Code four two. Name Anna."),
    ],
)
def test_signs_between_values_stay_in_the_text(text: str, heard: str) -> None:
    """Two sentences do not run together, neither in the text nor in the ear."""
    assert said(text)[0] == heard


def test_a_full_stop_is_a_longer_pause_than_a_comma() -> None:
    """Each is a segment of silence; after the last value there is none to wait for."""
    four, two = ("four", 0), ("two", 0)
    stop, comma = (".", SENTENCE_MS), (",", CLAUSE_MS)
    assert said('"{code}. {code}, {code}."')[1] == [four, two, stop, four, two, comma, four, two]
    assert said('"{code}... {code}"')[1] == [four, two, ("...", SENTENCE_MS), four, two]
    assert said('"{code}. Thanks"')[1] == [four, two, stop, ("Thanks", 0)]


def test_what_is_not_set_leaves_no_pause_at_the_beginning() -> None:
    """Its full stop ends nothing."""
    assert said('"{unset}. Hello {code}"')[1] == [("Hello", 0), ("four", 0), ("two", 0)]


UNTIL = """
languages: [en]
start: until?
vars: {until: {type: time START}}
steps:
  until?: {branch: [{if: ASKED, go: outage}, {else: no_outage}]}
  outage: {say: "No outage until {until}.", next: bye}
  no_outage: {say: No outage., next: later}
  later: {set: {until: "15:30"}, next: bye}
  bye: {hangup: normal}
"""


@pytest.mark.parametrize(
    ("start", "asked", "heard"),
    [
        ("", "time.hour >= 0", "No outage until"),
        ("", "until is set", "No outage."),
        (", start: 14:30", "until is set", "No outage until two thirty p.m."),
    ],
)
def test_a_value_that_may_be_missing_is_asked_for_before_it_is_said(
    start: str, asked: str, heard: str
) -> None:
    """As the reference advises: the words around a hole without a value are said all the same."""
    flow = UNTIL.replace(" START", start).replace("ASKED", asked)
    assert Conversation(program(flow)).hears == heard


def test_signs_of_words_are_left_to_the_voice() -> None:
    """It knows how to speak them; a text without values is one segment as it is written."""
    text, segments = said('"Well, hello. Goodbye!"')
    assert (text, segments) == ("Well, hello. Goodbye!", [("Well, hello. Goodbye!", 0)])


def test_pauses_are_known_before_a_call() -> None:
    """So that their audio is made before the flow goes live."""
    flow = program(FLOW.replace("SAID", '"{day}, {at}. Goodbye."'))
    known = list(Speech([*flow.flow.steps["hello"].spoken()], ["en"], flow.flow.names).static())
    assert known == [
        Segment("en", ",", pause_ms=CLAUSE_MS),
        Segment("en", ".", pause_ms=SENTENCE_MS),
        Segment("en", "Goodbye."),
    ]
