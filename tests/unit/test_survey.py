"""Surveys: questions, the comment, and answers that are kept however the call ends."""

from decimal import Decimal

import pytest

from ivr.announce import LANGUAGES
from ivr.commands import Ask, Command, Play, RecordMessage, SaveSurvey
from ivr.steps.survey_words import COMMENT, CSAT, NPS
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit

USUAL = """
languages: [en, hu, pl, et]
start: rate
steps:
  rate: {survey: {name: after_call, csat: yes, nps: yes, comment: yes}, next: bye, on_error: sorry}
  sorry: {say: {any: Sorry.}, next: bye}
  bye: {hangup: normal}
"""

OWN = """
languages: [en]
start: rate
vars: {score: {type: number}}
steps:
  rate:
    survey:
      csat: {prompt: {en: Rate us., barge_in: no}, into: score}
      questions: {solved: {scale: 0-1, prompt: Was it solved?}}
      inter_digit: 1500ms
      tries: 1
    next: tell
    on_hangup: count
  tell: {say: "{score:number}", next: bye}
  count: {set: {call.topic: gone}, next: bye}
  bye: {hangup: normal}
"""


def kept(call: Conversation) -> SaveSurvey:
    assert isinstance(call.command, SaveSurvey)
    return call.command


def test_the_usual_survey_from_the_first_question_to_the_comment() -> None:
    """One key for 1 to 5, a 1 that may become a 10, then the comment; all is kept together."""
    call = Conversation(program(USUAL), language="hu")
    assert call.hears == CSAT["hu"]
    call.keys("4")
    assert call.hears == NPS["hu"]
    call.keys("1")
    assert (call.hears, call.asks.timeout_ms) == ("", 2_000)
    call.keys("0")
    assert call.hears == COMMENT["hu"]
    assert isinstance(call.command, Play)
    call.listens()
    recorded: Command = call.command
    assert recorded == RecordMessage("survey", 60_000, 3_000, "#", "hu")
    call.done("key", message="m1", ms=4_000)
    assert kept(call) == SaveSurvey("after_call", {"csat": 4, "nps": 10}, "m1")
    call.done()
    assert call.ended == "normal"


@pytest.mark.parametrize(
    ("keys", "score"), [(["0"], 0), (["9"], 9), (["1", ""], 1), (["1", "#"], 1)]
)
def test_one_is_a_score_where_no_zero_follows(keys: list[str], score: int) -> None:
    """After the time between keys, or at hash; every other score acts at once."""
    call = Conversation(program(USUAL))
    call.keys("5")
    for key in keys:
        call.keys(key)
    assert isinstance(call.command, Play)
    call.listens()
    call.done("empty", message="m1")
    assert kept(call) == SaveSurvey("after_call", {"csat": 5, "nps": score}, None)


def test_a_question_that_is_not_answered_is_skipped() -> None:
    """After two silences or wrong keys, together."""
    call = Conversation(program(USUAL))
    call.silence()
    assert call.hears == CSAT["en"]
    call.keys("9")
    assert call.hears == NPS["en"]
    assert [entry for entry in call.timeline if " of 2" in entry] == [
        "2000 rate: timeout 1 of 2",
        "3000 rate: invalid 2 of 2",
    ]
    call.keys("7")
    call.listens()
    call.done("empty")
    assert kept(call).scores == {"nps": 7}


def test_a_caller_who_says_nothing_leaves_nothing_behind() -> None:
    """No answers, no command."""
    call = Conversation(program(USUAL))
    for _ in range(4):
        call.silence()
    call.listens()
    call.done("empty")
    assert call.ended == "normal"


def test_a_flows_own_questions_and_variables() -> None:
    """Its words, its scale, the score in a variable; barge-in by prompt; no score in the trace."""
    call = Conversation(program(OWN))
    assert isinstance(call.command, Ask)
    assert not call.command.barge_in
    call.keys("3")
    assert call.value("score") == Decimal(3)
    assert call.hears == "Was it solved?"
    call.keys("1")
    assert kept(call) == SaveSurvey("rate", {"csat": 3, "solved": 1}, None)
    call.done()
    assert call.hears == "three"
    assert "rate: answered csat" in call.timeline[1]


def test_the_answers_of_a_caller_who_hangs_up_are_kept() -> None:
    """Before the flow goes where its on_hangup leads, and only once."""
    call = Conversation(program(OWN))
    call.keys("3")
    call.hangs_up()
    assert kept(call) == SaveSurvey("rate", {"csat": 3}, None)
    call.done()
    assert call.ended == "normal"
    assert call.value("call.topic") == "gone"


def test_a_hangup_before_any_answer_goes_its_way_at_once() -> None:
    """Nothing to keep."""
    call = Conversation(program(OWN))
    call.hangs_up()
    assert call.ended == "normal"
    call = Conversation(program(USUAL))
    call.hangs_up()
    assert call.ended == "caller_hung_up"


def test_a_hangup_ends_the_comment_as_hash_does() -> None:
    """What was said until then is kept with the scores."""
    call = Conversation(program(USUAL))
    call.keys("2")
    call.keys("2")
    call.listens()
    call.hangs_up()
    assert kept(call) == SaveSurvey("after_call", {"csat": 2, "nps": 2}, "last")
    call.fails("the history is away")
    assert call.ended == "caller_hung_up"


def test_what_was_answered_before_a_fault_is_kept() -> None:
    """Then the call leaves by on_error; a fault in keeping it does so too."""
    call = Conversation(program(USUAL))
    call.keys("2")
    call.fails()
    assert kept(call).scores == {"csat": 2}
    call.done()
    assert call.hears == "Sorry."
    call = Conversation(program(USUAL))
    call.fails()
    assert call.hears == "Sorry."


def test_the_words_of_the_usual_survey_are_in_every_language() -> None:
    """So they need no check of their own."""
    assert set(CSAT) == set(NPS) == set(COMMENT) == set(LANGUAGES)


def test_what_was_answered_shows_in_no_repr() -> None:
    """States are told to logs; scores are the caller's."""
    call = Conversation(program(OWN))
    call.keys("3")
    assert repr(call.state.at) == "Doing('rate', 'ask solved')"
