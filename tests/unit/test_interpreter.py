"""The interpreter: events in, commands out."""

from __future__ import annotations

import json

import pytest

from ivr import grammar
from ivr.commands import Ask, Hangup, Play, Prompt, Segment
from ivr.errors import StateError
from ivr.events import QueueOutcome
from ivr.run import MAX_FAILURES
from ivr.state import Asking, CallFacts, CallState, Ended
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit

MENU = program("""
languages: [en]
start: main
steps:
  main:
    menu:
      greeting: Welcome.
      prompt: One or ninety-one.
      again: Again please.
      options: {1: one, 91: ninety_one, star: main, hash: one}
      timeout: 4s
      inter_digit: 2s
      tries: {timeout: 2, invalid: 3}
    on_timeout: silent
    on_invalid: wrong
  one: {say: One., next: bye}
  ninety_one: {say: Ninety-one., next: bye}
  silent: {say: Silent., next: bye}
  wrong: {say: Wrong., next: bye}
  bye: {hangup: normal}
""")

COLLECT = program("""
languages: [en, hu]
start: ask
vars:
  account: {type: digits, length: 4}
steps:
  ask:
    collect:
      into: account
      prompt: {en: "Number, please.", hu: "Kérem a számot."}
      again: {en: "Once more.", hu: "Még egyszer."}
      confirm: true
      tries: 2
    next: tell
    on_timeout: silent
    on_invalid: wrong
  tell: {say: {any: "{account}"}, next: bye}
  silent: {say: {any: Silent.}, next: bye}
  wrong: {say: {any: Wrong.}, next: bye}
  bye: {hangup: busy}
""")

SECRET = program("""
languages: [en]
start: ask
vars:
  pin: {type: digits, sensitive: true}
steps:
  ask:
    collect: {into: pin, prompt: "Your PIN, then hash.", min: 4, max: 6}
    next: thanks
    on_timeout: bye
  thanks: {say: Thank you., next: bye}
  bye: {hangup: normal}
""")

QUEUE = program("""
languages: [en, hu]
start: choose
exits: {on_error: sorry}
steps:
  choose:
    menu:
      each_language: true
      prompt: {en: "English: one.", hu: "Magyarul: kettes."}
      options: {1: {language: en}, 2: {language: hu}, 3: {language: hu, go: sorry}}
    next: line
    on_timeout: line
  line:
    queue: support
    skills: {technical: 3, "{call.language}": 2, hu: 1}
    priority: 7
    answered: thanks
    on_timeout: {after: 90s, go: sorry}
  thanks: {say: {en: Thanks., hu: Köszönjük.}, next: bye}
  sorry: {say: {en: Sorry., hu: Elnézést.}, next: bye}
  bye: {hangup: normal}
""")

AMOUNT = program("""
languages: [en]
start: ask
vars:
  amount: {type: number}
  fixed: {type: number}
  note: {type: text}
steps:
  ask:
    collect: {into: amount, prompt: Amount please., length: 3}
    next: mark
    on_timeout: bye
  mark:
    set: {fixed: "-12.5", note: "minus is {amount} of {call.caller}"}
    next: tell
  tell: {say: "You keyed {amount:digits}. Noted: {note}. Not {fixed}.", next: bye}
  bye: {hangup: normal}
""")

SET = program("""
languages: [en, hu]
start: mark
vars:
  count: {type: number}
  word: {type: text}
  code: {type: digits, length: 3}
steps:
  mark: {set: {count: "12", word: "is {count} in {call.language}"}, next: polyglot}
  polyglot: {language: hu, next: tell}
  tell: {say: {any: "It {word}, {call.language}."}, next: wrong}
  wrong: {set: {code: "{word}"}, next: bye, on_error: told}
  told: {goto: bye}
  bye: {hangup: rejected}
""")


def test_a_menu_greets_once_and_asks_for_one_key() -> None:
    """Long and short: greeting and prompt at first, the short text later; keys may interrupt."""
    call = Conversation(MENU)
    assert call.hears == "Welcome. One or ninety-one."
    assert isinstance(call.command, Ask)
    assert call.command.max_digits == 1
    assert (call.command.timeout_ms, call.command.inter_digit_ms) == (4_000, 2_000)
    assert call.command.barge_in
    call.silence()
    assert call.hears == "Again please."


def test_an_option_acts_at_its_last_key() -> None:
    """A one-key option waits for nothing; a longer one asks on without repeating the prompt."""
    call = Conversation(MENU)
    call.keys("1")
    assert call.hears == "One."
    call = Conversation(MENU)
    call.keys("9")
    assert isinstance(call.command, Ask)
    assert call.hears == ""
    assert call.command.timeout_ms == 2_000
    call.keys("1")
    assert call.hears == "Ninety-one."


def test_the_signs_of_the_telephone_are_options() -> None:
    """star and hash are written by name and keyed as signs; star may repeat the menu."""
    call = Conversation(MENU)
    call.keys("*")
    assert call.hears == "Welcome. One or ninety-one."
    call.keys("#")
    assert call.hears == "One."


def test_silences_and_wrong_keys_are_counted_apart() -> None:
    """Two silences leave by on_timeout, three wrong keys by on_invalid, whatever lies between."""
    call = Conversation(MENU)
    call.keys("5")
    call.silence()
    call.keys("5")
    assert call.hears == "Again please."
    call.keys("5")
    assert call.hears == "Wrong."
    call = Conversation(MENU)
    call.keys("5")
    call.silence()
    call.silence()
    assert call.hears == "Silent."


def test_a_begun_option_that_is_not_finished_is_wrong() -> None:
    """9 and then nothing, or another key, is a wrong key and not a silence."""
    for rest in ("", "4"):
        call = Conversation(MENU)
        call.keys("9")
        call.keys(rest)
        assert call.state.at == Asking("main", timeouts=0, invalids=1)


def test_digits_are_read_back_one_by_one() -> None:
    """Each digit is a segment of its own; yes keeps the number."""
    call = Conversation(COLLECT, language="hu")
    call.keys("0420")
    assert call.hears == (
        "Ön ezt adta meg: nulla négy kettő nulla. "
        "Ha helyes, nyomja meg az egyest. Ha újra meg szeretné adni, nyomja meg a kettest."
    )
    call.keys("1")
    assert call.hears == "nulla négy kettő nulla"
    call.listens()
    assert call.ended == "busy"


def test_a_caller_can_correct_the_number() -> None:
    """No asks again and counts as a wrong try; the number kept is the confirmed one."""
    call = Conversation(COLLECT, language="en")
    call.keys("1111")
    call.keys("2")
    assert call.hears == "Once more."
    call.keys("2222")
    call.keys("1")
    assert call.state.scope.variables == {"account": "2222"}
    call = Conversation(COLLECT)
    for _ in range(2):
        call.keys("1111")
        call.keys("2")
    assert call.hears == "Wrong."


@pytest.mark.parametrize("digits", ["1", "123", "12345", "12*4", "²²²²"])
def test_digits_that_do_not_fit_are_asked_for_again(digits: str) -> None:
    """Too few, too many, or something that is no digit."""
    call = Conversation(COLLECT)
    call.keys(digits)
    assert call.hears == "Once more."
    call.keys(digits)
    assert call.hears == "Wrong."


def test_silence_while_confirming_reads_back_again() -> None:
    """A silent caller hears the number once more, then leaves by on_timeout."""
    call = Conversation(COLLECT)
    call.keys("1111")
    first = call.hears
    call.silence()
    assert call.hears == first
    call.silence()
    assert call.hears == "Silent."


def test_an_end_key_alone_is_a_wrong_number_and_not_a_silence() -> None:
    """Hash without digits counts against the wrong tries."""
    call = Conversation(COLLECT)
    call.keys("", ended=True)
    assert call.state.at == Asking("ask", timeouts=0, invalids=1)


def test_a_sensitive_number_is_nowhere_but_in_the_secrets() -> None:
    """Not in the trace, the saved state or any repr; after a restart it is unset."""
    call = Conversation(SECRET)
    call.keys("4711", ended=True)
    assert call.state.scope.secrets == {"pin": "4711"}
    told = "\n".join([*call.timeline, json.dumps(call.state.to_dict()), repr(call.state)])
    assert "4711" not in told
    assert CallState.from_dict(call.state.to_dict()).scope.secrets == {}


def test_a_callers_value_is_never_a_prompt_of_its_own() -> None:
    """What was keyed is said digit by digit, which the cache has already; an amount is said in
    words of a small vocabulary."""
    call = Conversation(AMOUNT)
    call.keys("407")
    assert isinstance(call.command, Play)
    assert [segment.text for segment in call.command.prompt.segments] == [
        *("You keyed", "four", "zero", "seven", "."),
        *("Noted: minus is", "four", "zero", "seven", "of"),
        *grammar.digits("36301234567", "en"),
        *(".", "Not", "minus", "twelve", "point", "five"),
    ]


def test_no_number_of_a_caller_is_in_a_repr() -> None:
    """Neither whose call it is, nor what is read back or said, nor what was keyed so far."""
    assert "5550123" not in repr(CallFacts("+3615550123", "+3615550100", 0))
    prompt = Prompt(tuple(Segment("en", digit) for digit in "7531"))
    ask = Ask(prompt, "en", 1, "", 1, 1, barge_in=True)
    for command in (prompt, Play(prompt, "en"), ask):
        assert all(digit not in repr(command) for digit in "753")
    assert "75" not in repr(Asking("main", keyed="75"))


def test_no_collected_digit_is_in_the_timeline_or_a_repr() -> None:
    """What was collected is in the variables alone, also when it is not sensitive."""
    call = Conversation(COLLECT)
    call.keys("7531")
    assert "7531" not in repr(call.state)
    call.keys("1")
    assert "7531" not in "\n".join(call.timeline)
    assert "7531" not in repr(call.state)


def test_the_menu_of_languages_speaks_them_all() -> None:
    """each_language says every line in its own language; the choice holds from then on."""
    call = Conversation(QUEUE)
    assert isinstance(call.command, Ask)
    assert [segment.language for segment in call.command.prompt.segments] == ["en", "hu"]
    call.keys("2")
    assert call.waits_in.language == "hu"
    call = Conversation(QUEUE)
    call.keys("3")
    assert call.hears == "Elnézést."


def test_a_queue_asks_for_skills_with_the_callers_language() -> None:
    """The higher level counts where two entries name one skill."""
    call = Conversation(QUEUE)
    call.keys("2")
    assert call.waits_in.skills == {"technical": 3, "hu": 2}
    assert (call.waits_in.queue, call.waits_in.priority) == ("support", 7)
    assert call.waits_in.timeout_ms == 90_000
    call = Conversation(QUEUE, language="en")
    call.silence()
    call.silence()
    call.silence()
    assert call.waits_in.skills == {"technical": 3, "en": 2, "hu": 1}


@pytest.mark.parametrize(
    ("outcome", "heard"),
    [("conversation_ended", "Thanks."), ("timeout", "Sorry."), ("no_such_queue", "Sorry.")],
)
def test_every_way_out_of_a_queue_has_its_exit(outcome: str, heard: str) -> None:
    """After the conversation, after too long a wait, and when the site lacks the queue."""
    call = Conversation(QUEUE)
    call.keys("1")
    call.leaves_queue(outcome)  # type: ignore[arg-type]  # parametrised over the literals
    assert call.hears == heard


def test_variables_are_set_spoken_and_checked() -> None:
    """Text and numbers join the sentence; a value of the wrong type leaves by on_error."""
    call = Conversation(SET)
    assert call.hears == "It is egy kettő in en, hu."
    call.listens()
    assert call.ended == "rejected"
    assert "2000 wrong: failed: the value for code is not digits" in call.timeline
    assert "2000 told: goto" in call.timeline


def test_a_step_that_fails_goes_where_errors_go() -> None:
    """The flow's exit for errors serves steps without one; without either, a step that asks ends
    like a silence and one that speaks goes on."""
    call = Conversation(QUEUE)
    call.fails("no such file")
    assert call.hears == "Sorry."
    assert "2000 choose: failed: no such file" in call.timeline
    call = Conversation(COLLECT)
    call.fails()
    assert call.hears == "Silent."
    call.fails()
    assert call.ended == "busy"


def test_a_call_whose_steps_keep_failing_is_given_up() -> None:
    """Exits for errors may lead in a circle; the call ends all the same."""
    circle = program("""
languages: [en]
start: one
steps:
  one: {menu: {prompt: One., options: {1: bye}}, on_timeout: bye, on_error: two}
  two: {menu: {prompt: Two., options: {1: bye}}, on_timeout: bye, on_error: one}
  bye: {hangup: normal}
""")
    call = Conversation(circle)
    for _ in range(MAX_FAILURES):
        assert not isinstance(call.command, Hangup)
        call.fails()
    assert call.ended == "failure"


AGAIN = program("""
languages: [en]
start: ask
exits: {on_timeout: bye, on_invalid: bye, on_error: sorry}
steps:
  ask: {http: {get: "https://crm.example/ready"}, next: bye}
  sorry:
    menu: {prompt: To try again press one., options: {1: ask}}
    on_error: bye
  bye: {hangup: normal}
""")


def test_a_caller_who_keys_to_try_again_is_not_given_up() -> None:
    """However often the service fails: every round was the caller's own wish."""
    call = Conversation(AGAIN)
    for _ in range(2 * MAX_FAILURES):
        call.fails("timed out")
        assert call.hears == "To try again press one."
        call.keys("1")
    call.done(status=200)
    assert call.ended == "normal"


WAITING = program("""
languages: [en]
start: ask
steps:
  ask: {http: {get: "https://crm.example/ready"}, next: bye, on_error: line}
  line:
    queue: support
    answered: ask
    on_timeout: {after: 1m, go: ask}
    no_agents: ask
    on_error: bye
  bye: {hangup: normal}
""")


@pytest.mark.parametrize("outcome", ["timeout", "conversation_ended"])
def test_a_caller_who_waits_or_talks_is_not_given_up(outcome: QueueOutcome) -> None:
    """What failed before that counts no more."""
    call = Conversation(WAITING)
    for _ in range(2 * MAX_FAILURES):
        call.fails("timed out")
        assert call.waits_in.queue == "support"
        call.leaves_queue(outcome)
    call.done(status=200)
    assert call.ended == "normal"


def test_a_queue_that_nobody_serves_is_no_wait() -> None:
    """The circle of a service that is away and a queue without agents ends."""
    call = Conversation(WAITING)
    for _ in range(MAX_FAILURES - 1):
        call.fails("timed out")
        call.leaves_queue("no_agents")
    call.fails("timed out")
    assert call.ended == "failure"


def test_a_hangup_ends_the_call_for_good() -> None:
    """Whatever still arrives after it changes nothing."""
    call = Conversation(QUEUE)
    call.keys("1")
    call.hangs_up()
    assert call.ended == "caller_hung_up"
    call.leaves_queue("conversation_ended")
    assert call.state.at == Ended("caller_hung_up")
    assert call.ended == "caller_hung_up"


def test_the_timeline_tells_the_way_with_its_times() -> None:
    """Each entry has the time of the event that led to it."""
    call = Conversation(MENU)
    call.silence()
    call.keys("1")
    call.listens()
    assert call.timeline == [
        "1000 main: menu",
        "2000 main: timeout 1 of 2",
        "3000 main: option 1",
        "3000 one: say",
        "4000 bye: hangup",
    ]


def test_a_state_of_a_flow_that_lost_the_step_ends_the_call() -> None:
    """After a restart on another version of the flow the step may be gone."""
    call = Conversation(MENU)
    call.flow = COLLECT
    call.keys("1")
    assert call.ended == "failure"


@pytest.mark.parametrize("saved", [{}, {"at": {"is": "nowhere"}}, {"at": {"is": "playing"}}])
def test_a_saved_state_that_cannot_be_read_is_refused(saved: dict[str, object]) -> None:
    """A typed error, without the values, which may be personal."""
    with pytest.raises(StateError):
        CallState.from_dict(saved)
