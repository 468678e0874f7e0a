"""Menus: long options, patterns, extensions, places, prompts by what went before."""

import pytest

from config.document import load_text_located
from ivr.flow import Flow
from ivr.program import compile_flows
from ivr.steps.base import Known
from tests.unit.conversation import HEADER, Conversation, program, warnings

pytestmark = pytest.mark.unit

TAIL = """
  one: {say: One., next: bye}
  twelve: {say: Twelve., next: bye}
  bye: {hangup: normal}
"""
AMBIGUOUS = (
    """
languages: [en]
start: main
steps:
  main:
    menu:
      prompt: Choose.
      options: {1: one, 12: twelve}
      timeout: 4s
      inter_digit: 1500ms
    on_timeout: bye
"""
    + TAIL
)

ROOM = """
languages: [en]
start: main
vars: {room: {type: text}}
steps:
  main:
    menu:
      prompt: Room or extension.
      options: {"/2[0-9]{2}/": keep, "/7#1/": bye}
      extensions: dial
    on_timeout: bye
    on_invalid: wrong
  keep: {set: {room: "{call.keys}"}, next: tell}
  tell: {say: "Room {room}.", next: bye}
  dial: {say: "To {call.extension}.", next: bye}
  wrong: {say: Wrong., next: bye}
  bye: {hangup: normal}
"""
AGENTS = Known(extensions=frozenset({"301", "302", "4000"}))

PLACES = """
languages: [en]
start: hello
steps:
  hello: {say: Hello., next: main}
  main:
    menu:
      greeting: Welcome.
      prompt: Main in full.
      again: Main in short.
      options: {1: sub, 8: back, 9: top, star: repeat}
      tries: {timeout: 3, invalid: 1}
    on_timeout: bye
    on_invalid: repeat
  sub:
    menu: {prompt: Sub., options: {1: deep, 8: back, 9: top}}
    on_timeout: top
    on_invalid: back
  deep:
    menu: {prompt: Deep., options: {1: sub, 8: back, 9: top}}
    on_timeout: back
    on_invalid: bye
  bye: {hangup: normal}
"""


def test_an_option_that_begins_a_longer_one_waits_for_the_next_key() -> None:
    """A silence between keys, or hash, says that it was all; another key goes on."""
    for key in ("", "#"):
        call = Conversation(program(AMBIGUOUS))
        call.keys("1")
        assert (call.hears, call.asks.timeout_ms) == ("", 1_500)
        call.keys(key)
        assert call.hears == "One."
    call = Conversation(program(AMBIGUOUS))
    call.keys("1")
    call.keys("2")
    assert call.hears == "Twelve."
    call = Conversation(program(AMBIGUOUS))
    call.keys("1")
    call.keys("3")
    assert "main: invalid 1 of 3" in call.timeline[-1]


def test_the_wait_of_such_an_option_is_told_to_its_author() -> None:
    """It may be meant, so it is a warning."""
    assert warnings(AMBIGUOUS) == [
        "steps.main.menu.options.1: waits for inter_digit: option 12 begins like it"
    ]


def test_a_pattern_gives_its_keys_to_the_flow() -> None:
    """It acts at its last key; what was keyed is in call.keys and not in the timeline."""
    call = Conversation(program(ROOM, AGENTS))
    call.keys("2")
    call.keys("1")
    call.keys("7")
    assert call.hears == "Room two one seven"
    assert "option /2[0-9]{2}/" in "\n".join(call.timeline)
    assert "217" not in "\n".join(call.timeline)


def test_an_extension_is_dialled_key_by_key() -> None:
    """Only one of an agent; it is in call.extension."""
    call = Conversation(program(ROOM, AGENTS))
    for key in "302":
        call.keys(key)
    assert call.value("call.extension") == "302"
    assert call.hears == "To three zero two"
    call = Conversation(program(ROOM, AGENTS))
    for key in "309":
        call.keys(key)
    assert "invalid 1 of 3" in call.timeline[-1]


def test_a_pattern_may_hold_the_hash_key() -> None:
    """Then it does not end the input."""
    call = Conversation(program(ROOM, AGENTS))
    for key in "7#1":
        call.keys(key)
    assert call.ended == "normal"


def test_options_in_the_way_of_extensions_are_told() -> None:
    """Each is a warning: one waits, of the other the extension cannot be dialled."""
    taken = "is an agent's extension too, which cannot be dialled here: 302"
    text = ROOM.replace('"/7#1/": bye', "3: bye, 302: wrong")
    assert warnings(text, AGENTS) == [
        "steps.main.menu.options.3: waits for inter_digit: option 302 begins like it",
        f"steps.main.menu.options.302: {taken}",
    ]
    nobody = warnings(ROOM, Known(extensions=frozenset()))
    assert nobody == ["steps.main.menu.extensions: no agent of the site has an extension"]


def arrived() -> Conversation:
    call = Conversation(program(PLACES))
    call.listens()
    assert call.hears == "Welcome. Main in full."
    return call


def test_repeat_says_the_choice_in_full_and_counts_nothing() -> None:
    """Neither as a silence nor as a wrong key, however often."""
    call = arrived()
    call.silence()
    assert call.hears == "Main in short."
    for _ in range(12):
        call.keys("*")
        assert call.hears == "Main in full."
    call.silence()
    call.silence()
    assert call.ended == "normal"


def test_back_leads_to_the_menu_before_and_top_to_the_first() -> None:
    """However the caller came there; a menu that was returned to forgets those after it."""
    call = arrived()
    call.keys("1")
    call.keys("1")
    assert call.hears == "Deep."
    call.keys("8")
    assert call.hears == "Sub."
    call.keys("8")
    assert call.hears == "Welcome. Main in full."
    call.keys("1")
    call.keys("1")
    call.keys("9")
    assert call.hears == "Welcome. Main in full."
    assert call.state.scope.menus == ("main",)


def test_in_the_first_menu_back_and_top_stay_there() -> None:
    """There is nothing before it."""
    call = arrived()
    for key in "89":
        call.keys(key)
        assert call.hears == "Main in full."


def test_exits_of_a_menu_lead_to_places_too() -> None:
    """A wrong key back, silence to the top."""
    call = arrived()
    call.keys("5")
    assert call.hears == "Main in full."
    call.keys("1")
    for _ in range(3):
        call.keys("5")
    assert call.hears == "Welcome. Main in full."
    call.keys("1")
    for _ in range(3):
        call.silence()
    assert call.hears == "Welcome. Main in full."


def test_a_menu_that_cannot_be_asked_leads_to_places_too() -> None:
    """As a silence does, where the menu has no on_error; one that always fails ends the call."""
    call = arrived()
    for _ in range(2):
        call.keys("1")
    assert call.hears == "Deep."
    call.fails()
    assert call.hears == "Sub."
    call.fails()
    assert call.hears == "Welcome. Main in full."
    again = Conversation(
        program(PLACES.replace("on_timeout: bye", "on_timeout: bye\n    on_error: repeat"))
    )
    again.listens()
    for _ in range(7):
        again.fails()
        assert again.hears == "Welcome. Main in full."
    again.fails()
    assert again.ended == "failure"


OUTER = """
languages: [en]
start: main
steps:
  main: {menu: {prompt: Outer., options: {1: go, 2: bye}}, on_timeout: bye}
  go: {call: inner, next: sub}
  sub: {menu: {prompt: Sub., options: {8: back, 9: top, 2: bye}}, on_timeout: bye}
  bye: {hangup: normal}
"""
INNER = """
languages: [en]
start: main
steps:
  main: {menu: {prompt: Inner., options: {1: back, 2: done}}, on_timeout: done}
  done: {return: {}}
"""


def calling() -> Conversation:
    """A call in the menu of a flow that was called."""
    flows = [
        load_text_located(HEADER.replace("sample", name) + text, name, Flow)[0]
        for name, text in (("outer", OUTER), ("inner", INNER))
    ]
    call = Conversation(compile_flows(flows)["outer"])
    call.keys("1")
    assert call.hears == "Inner."
    return call


def test_a_flow_that_is_called_has_a_first_menu_of_its_own() -> None:
    """Back from it stays in it."""
    call = calling()
    call.keys("1")
    assert call.hears == "Inner."


@pytest.mark.parametrize("key", ["8", "9"])
def test_back_and_top_lead_over_a_flow_that_was_called(key: str) -> None:
    """The menus before it are remembered, over a restart too; its own are not those of the
    caller's way."""
    call = calling()
    call.keys("2")
    assert call.hears == "Sub."
    call.keys(key)
    assert call.hears == "Outer."


TOLD = """
languages: [en]
start: main
steps:
  main:
    menu:
      greeting: {en: Calls are recorded., barge_in: no}
      prompt: Choose.
      again: Again.
      silent: I heard nothing.
      wrong: {en: That is no choice., barge_in: no}
      options: {1: bye}
      tries: 3
    on_timeout: bye
  bye: {hangup: normal}
"""


def test_each_prompt_says_whether_a_key_cuts_it_short() -> None:
    """What must be heard is the lead, which no key interrupts; the rest may be."""
    call = Conversation(program(TOLD))
    assert (call.asks.lead.text, call.asks.prompt.text) == ("Calls are recorded.", "Choose.")
    assert call.asks.barge_in


def test_a_silent_caller_is_told_so_and_one_who_errs_too() -> None:
    """Before being asked again, each in its own words."""
    call = Conversation(program(TOLD))
    call.silence()
    assert (call.asks.lead.text, call.asks.prompt.text) == ("", "I heard nothing. Again.")
    call.keys("5")
    assert (call.asks.lead.text, call.asks.prompt.text) == ("That is no choice.", "Again.")


def test_without_barge_in_the_whole_menu_is_heard() -> None:
    """A prompt can still allow it, where nothing after it must be heard."""
    call = Conversation(program(TOLD.replace("tries: 3", "barge_in: no")))
    assert not call.asks.barge_in
    assert call.asks.prompt.text == "Calls are recorded. Choose."
    open_prompt = TOLD.replace("prompt: Choose.", "prompt: {en: Choose., barge_in: yes}")
    call = Conversation(program(open_prompt.replace("tries: 3", "barge_in: no")))
    assert call.asks.barge_in
    assert call.asks.lead.text == "Calls are recorded."
