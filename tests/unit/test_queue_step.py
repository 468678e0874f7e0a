"""The queue and callback steps: what they ask of the outside, and where the call goes then."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config.document import load_text
from config.requirement import ANYONE, parse
from ivr.commands import CallBack, Enqueue, Play, Preferred, Relaxed
from ivr.events import Done, QueueLeft, QueueOutcome
from ivr.flow import Flow
from ivr.interpreter import resume, start
from ivr.program import compile_flow
from ivr.state import CallFacts
from ivr.steps.callback import callable_number
from tests.unit.conversation import HEADER, Conversation, program

pytestmark = pytest.mark.unit

LINE = program("""
languages: [en, hu]
start: line
vars:
  product: {type: text, start: technical}
  value: {type: number, start: "250"}
steps:
  line:
    queue: support
    skills: {"{product}": 3, "{call.language}": 2}
    priority: value
    after: {2m: any, 60s: {"{product}": 1}}
    while_waiting:
      say_wait: yes
      every: 45s
      say:
        - {en: Thank you for waiting., hu: Köszönjük a türelmét.}
        - {en: "In {call.language}.", hu: "Nyelv: {call.language}."}
      offer:
        prompt: {en: To be called back press one., hu: Visszahívás az egyes.}
        keys: {1: promise, star: told}
    max_waiting: 20
    max_wait: 10m
    answered: told
    on_timeout: {after: 5m, go: late}
    on_error: full
    on_full: full
    on_long_wait: long
    no_agents: closed
  promise: {callback: {}, next: late, already: closed, on_error: full}
  told: {say: "{queue.agent} after {queue.waited}.", next: bye}
  late: {say: Late., next: bye}
  long: {say: "{queue.expected_wait} seconds.", next: bye}
  full: {say: Full., next: bye}
  closed: {say: Closed., next: bye}
  bye: {hangup: normal}
""")


def test_the_queue_asks_for_everything_in_one_command() -> None:
    """Skills and their relaxation by time, with holes filled; the priority within its range."""
    asked = Conversation(LINE, language="hu").waits_in
    assert asked.skills == {"technical": 3, "hu": 2}
    assert asked.relax == (Relaxed(60_000, {"technical": 1}), Relaxed(120_000, {}))
    assert (asked.priority, asked.timeout_ms) == (100, 300_000)
    assert (set(asked.keys), asked.offer.text) == ({"1", "*"}, "Visszahívás az egyes.")
    assert (asked.say_position, asked.say_wait, asked.every_ms) == (True, True, 45_000)
    assert (asked.max_waiting, asked.max_wait_ms, asked.needs_staff) == (20, 600_000, True)
    assert [each.text for each in asked.comfort] == ["Köszönjük a türelmét.", "Nyelv: hu."]


def test_a_queue_may_ask_by_an_expression() -> None:
    """The language of the site's queues, with holes in the place of names; one that is filled with
    nothing asks for nothing."""
    asking = program("""
languages: [en, hu]
start: line
vars:
  product: {type: text}
steps:
  line:
    queue: support
    skills: (billing >= 3 or {product}) and {call.language} >= 2
    after: {60s: "{call.language} or {product}", 2m: {en: 1}, 3m: any}
    answered: bye
    on_error: bye
  bye: {hangup: normal}
""")
    asked = Conversation(asking, language="hu").waits_in
    assert (asked.skills, asked.requires) == ({}, parse("hu >= 2"))
    assert asked.relax == (
        Relaxed(60_000, {}, ANYONE),
        Relaxed(120_000, {"en": 1}),
        Relaxed(180_000, {}),
    )


PREFERRING = """
languages: [en]
start: line
vars:
  manager: {{type: text, start: {manager}}}
steps:
  line: {{queue: support, prefer: {prefer}, keep_place: yes, answered: bye, on_error: bye}}
  bye: {{say: "{{manager}}", next: end}}
  end: {{hangup: normal}}
"""


@pytest.mark.parametrize(
    ("prefer", "preferred"),
    [
        ("{agent: last, for: 30s}", Preferred(None, 30_000, within_ms=30 * 86_400_000)),
        ("{agent: anna, for: 1m, insist: yes}", Preferred("anna", 60_000, insists=True)),
        ('{agent: "{manager}", for: 1m}', Preferred("bela", 60_000)),
    ],
)
def test_a_queue_may_prefer_one_agent(prefer: str, preferred: Preferred) -> None:
    """Who talked with the caller last, or whom the flow names."""
    asked = Conversation(program(PREFERRING.format(prefer=prefer, manager="bela"))).waits_in
    assert asked.prefer is not None
    assert asked.prefer._replace(within_ms=preferred.within_ms) == preferred
    assert asked.prefer.agent is not None or asked.prefer == preferred
    assert asked.keep_place


def test_who_has_no_agent_of_their_own_prefers_none() -> None:
    """A name that turns out empty."""
    prefer = '{agent: "{manager}", for: 1m}'
    asked = Conversation(program(PREFERRING.format(prefer=prefer, manager='""'))).waits_in
    assert asked.prefer is None


def test_a_plain_queue_says_the_place_and_lets_everybody_in() -> None:
    """Nothing is offered, limited or relaxed unless the flow says so."""
    plain = program("""
languages: [en]
start: line
steps:
  line: {queue: support, answered: bye, on_error: bye}
  bye: {hangup: normal}
""")
    asked = Conversation(plain).waits_in
    assert (asked.skills, asked.relax, asked.priority) == ({}, (), 0)
    assert (asked.keys, asked.offer.text, asked.every_ms) == (frozenset(), "", None)
    assert (asked.say_position, asked.say_wait) == (True, False)
    assert (asked.max_waiting, asked.needs_staff, asked.timeout_ms) == (None, False, None)


@pytest.mark.parametrize(
    ("outcome", "heard"),
    [("timeout", "Late."), ("full", "Full."), ("no_agents", "Closed.")],
)
def test_each_way_out_of_the_queue_has_its_exit(outcome: QueueOutcome, heard: str) -> None:
    call = Conversation(LINE)
    call.leaves_queue(outcome)
    assert call.hears == heard


def test_who_would_wait_too_long_hears_how_long() -> None:
    """The expected wait is a number of the flow's; where it cannot be told it is not set."""
    call = Conversation(LINE)
    call.does(QueueLeft(5_000, "long_wait", expected_ms=601_500))
    assert isinstance(call.command, Play)
    assert call.command.prompt.text == "six hundred and one seconds."
    call = Conversation(LINE)
    call.leaves_queue("timeout")
    assert call.state.scope.facts["queue.expected_wait"] is None


def test_after_the_conversation_the_flow_knows_the_agent_and_the_wait() -> None:
    """In whole seconds."""
    call = Conversation(LINE)
    call.does(QueueLeft(5_000, "conversation_ended", agent="anna", waited_ms=61_900))
    assert isinstance(call.command, Play)
    assert call.command.prompt.segments[0].text == "anna after"
    assert call.state.scope.facts["queue.waited"] == 61


def test_a_key_leaves_the_queue_for_its_step() -> None:
    """The timeline names the step, not the key."""
    call = Conversation(LINE)
    call.does(QueueLeft(5_000, "key", key="*", waited_ms=3_000))
    assert isinstance(call.command, Play)
    assert call.timeline[-2].endswith("line: left for told")
    assert "*" not in "".join(call.timeline)


def test_a_key_that_is_not_offered_is_a_fault() -> None:
    """The outside answers another command: the step fails."""
    call = Conversation(LINE)
    call.does(QueueLeft(5_000, "key", key="7"))
    assert any(line.endswith("line: failed: unexpected QueueLeft") for line in call.timeline)


def promised(call: Conversation) -> CallBack:
    assert isinstance(call.command, CallBack)
    return call.command


def test_a_callback_is_promised_for_the_queue_just_left() -> None:
    """To the caller's own number, at the place they had."""
    call = Conversation(LINE)
    call.does(QueueLeft(5_000, "key", key="1"))
    assert promised(call) == CallBack("36301234567", None, {}, None, True, None, "en")
    call.does(Done(6_000, "promised"))
    assert call.hears == "Late."


@pytest.mark.parametrize(("outcome", "heard"), [("already", "Closed."), ("refused", "Full.")])
def test_a_callback_that_is_not_promised(outcome: str, heard: str) -> None:
    """One is promised already, or the number cannot be called."""
    call = Conversation(LINE)
    call.does(QueueLeft(5_000, "key", key="1"))
    call.does(Done(6_000, outcome))
    assert call.hears == heard


def test_a_withheld_number_cannot_be_called_back() -> None:
    """Not even asked: the step fails at once."""
    turn = start(LINE, CallFacts("anonymous", "+3612345678", 1_000))
    turn = resume(LINE, turn.state, QueueLeft(5_000, "key", key="1"))
    assert isinstance(turn.command, Play)
    assert turn.command.prompt.text == "Full."


AT = program("""
languages: [en]
start: ask
vars:
  slot: {type: time, start: "09:30"}
  date: {type: date, start: "1970-01-05"}
  mobile: {type: text, start: "+36 (30) 123-4567"}
  wanted: {type: number}
steps:
  ask: {collect: {into: wanted, prompt: Key., max: 1}, next: soon, on_timeout: bye}
  soon:
    callback: {queue: support, number: "{mobile}", at: slot, skills: {en: 2}, priority: wanted}
    next: later
  later: {callback: {queue: support, at: slot, day: date, keep_place: no}, next: bye}
  bye: {hangup: normal}
""")


def test_a_callback_at_a_time_of_the_day() -> None:
    """Today if it is still to come, in the site's zone; on a day that is named, then."""
    call = Conversation(AT)
    call.keys("7", ended=True)
    first = promised(call)
    assert first.at_ms == datetime(1970, 1, 1, 9, 30, tzinfo=UTC).timestamp() * 1_000
    assert (first.number, first.queue, first.skills) == ("+36301234567", "support", {"en": 2})
    assert first.priority == 7
    call.now_ms = 24 * 3_600_000
    call.does(Done(call.now_ms, "promised"))
    second = promised(call)
    assert second.at_ms == datetime(1970, 1, 5, 9, 30, tzinfo=UTC).timestamp() * 1_000
    assert not second.keep_place


def test_a_time_that_is_past_is_tomorrow_and_a_day_that_is_past_fails() -> None:
    call = Conversation(AT)
    call.now_ms = 10 * 3_600_000
    call.keys("7", ended=True)
    assert promised(call).at_ms == datetime(1970, 1, 2, 9, 30, tzinfo=UTC).timestamp() * 1_000
    call.now_ms = 10 * 24 * 3_600_000
    call.does(Done(call.now_ms, "promised"))
    assert any(line.endswith("later: failed: no time that is to come") for line in call.timeline)
    assert call.ended == "normal"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+36 30 123-4567", "+36301234567"),
        ("06301234567", "06301234567"),
        ("201", None),
        ("", None),
        ("anonymous", None),
        ("+", None),
        ("1234567890123456", None),
        ("*31#36301234567", None),
        ("36301234567@evil", None),
        ("١٢٣٤٥٦٧", None),
    ],
)
def test_what_is_a_number_that_can_be_called(text: str, number: str | None) -> None:
    """Digits with a + at most: nothing that a dialplan or a carrier could take for more."""
    assert callable_number(text) == number


def test_comfort_messages_are_each_callers_own() -> None:
    """A call does not hear what was said to the one before."""
    line = program("""
languages: [en]
start: line
steps:
  line:
    queue: support
    while_waiting: {say: ["You call from {call.caller}."]}
    answered: bye
    on_error: bye
  bye: {hangup: normal}
""")
    heard = []
    for caller in ("+36201111111", "+36202222222"):
        command = start(line, CallFacts(caller, "+3615550100", 0)).command
        assert isinstance(command, Enqueue)
        heard.append(command.comfort[0].text)
    assert heard[0] != heard[1]


def test_an_expression_over_skills_that_is_none_asks_for_nothing() -> None:
    """In a version of before whose language was another: the caller is not lost for it."""
    text = """
languages: [en]
start: line
steps:
  line:
    queue: support
    skills: "{call.language} {call.called}"
    answered: bye
    on_timeout: {after: 5m, go: bye}
    on_error: bye
  bye: {hangup: normal}
"""
    call = Conversation(compile_flow(load_text(HEADER + text, "test.yaml", Flow)))
    assert (call.waits_in.skills, call.waits_in.requires) == ({}, ANYONE)
