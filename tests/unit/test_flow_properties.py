"""Random flows and random callers: the checker never crashes, and no caller is left standing."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.document import DocumentError, Problem, load_text_located
from ivr.check import check
from ivr.commands import Ask, Command, Enqueue, Hangup, Play, RecordMessage, SaveSurvey, SendDigits
from ivr.events import Answered, CallerHungUp, Done, Event, Played, QueueLeft, StepFailed
from ivr.exits import edges
from ivr.flow import Flow
from ivr.graph import reachable
from ivr.interpreter import MAX_FAILURES, resume, start
from ivr.program import Program, compile_flow
from ivr.state import (
    Asking,
    CallFacts,
    CallState,
    Confirming,
    Doing,
    Ended,
    Playing,
    Position,
    Queued,
)

pytestmark = pytest.mark.unit

COMMANDS: dict[type[Position], tuple[type[Command], ...]] = {
    Playing: (Play,),
    Asking: (Ask,),
    Confirming: (Ask,),
    Queued: (Enqueue,),
    Doing: (Ask, Play, RecordMessage, SaveSurvey, SendDigits),
    Ended: (Hangup,),
}
HEADER = {"flow": "random", "about": "x", "owner": "x", "start": "s0"}
SHOP = {
    "open": {"weekdays": "08:00-18:00"},
    "holidays": ["HU"],
    "special": {"12-24": "08:00-12:00"},
}
KEYS = st.text("0123456789*#", max_size=5)
NOW = st.integers(0, 2**41)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(Played, NOW),
    st.builds(Answered, NOW, KEYS, st.booleans(), st.booleans()),
    st.builds(QueueLeft, NOW, st.sampled_from(["conversation_ended", "timeout", "no_such_queue"])),
    st.builds(Done, NOW, st.sampled_from(["done", "key", "empty"]), st.just({"message": "m"})),
    st.builds(StepFailed, NOW, st.just("no audio")),
)
TALK = st.lists(st.one_of(EVENTS, EVENTS, EVENTS, st.builds(CallerHungUp, NOW)), max_size=40)
SAID = st.sampled_from(["Hello.", "{account}", "{note} {account} {call.language}", "?"])
LANGUAGES = st.sampled_from(["en", "hu"])
OPTION_KEYS = st.sampled_from(["1", "2", "34", "356", "star", "hash", "/2[0-9]{2}/", "/[37]5?/"])
TRIES = st.integers(1, 3)
ACCOUNTS = st.sampled_from(["12", "{note}"])


@cache
def steps(index: int, count: int) -> st.SearchStrategy[dict[str, Any]]:
    """A step whose silent exits lead forward only, so that no circle is silent."""
    onward = st.sampled_from([f"s{number}" for number in range(index + 1, count + 1)])
    anywhere = st.sampled_from([f"s{number}" for number in range(count + 1)])
    kinds = st.one_of(_kinds(onward, anywhere))
    return st.tuples(kinds, st.booleans()).map(lambda drawn: _catching(*drawn))


def _catching(step: dict[str, Any], catches: bool) -> dict[str, Any]:
    return step if catches else {key: step[key] for key in step if key != "on_error"}


def _kinds(
    onward: st.SearchStrategy[str], anywhere: st.SearchStrategy[str]
) -> list[st.SearchStrategy[dict[str, Any]]]:
    """Every kind of step."""
    some = st.fixed_dictionaries
    quiet = {"next": onward, "on_error": anywhere}
    asks = {**quiet, "on_timeout": onward, "on_invalid": anywhere}
    again = {"prompt": SAID, "tries": TRIES}
    places = st.sampled_from(["repeat", "back", "top"])
    option = st.one_of(anywhere, places, some({"language": LANGUAGES}))
    options = st.dictionaries(OPTION_KEYS, option, min_size=1)
    digits = {"into": st.just("account"), "min": st.just(1), "max": TRIES}
    menus = {**asks, "on_invalid": st.one_of(anywhere, places)}
    rates = {"csat": st.just("yes"), "nps": st.booleans(), "comment": st.booleans()}
    queue = {"queue": st.just("q"), "skills": st.just({"{call.language}": 1}), "answered": anywhere}
    why = {"holiday": onward, "special": onward}
    limit = {"on_timeout": some({"after": st.just("1m"), "go": anywhere})}
    return [
        some({"say": SAID, **quiet}),
        some(
            {"menu": some({**again, "options": options, "each_language": st.booleans()}), **menus}
        ),
        some({"survey": some(rates), **quiet}),
        some({"dtmf": st.sampled_from(["12w#", "{account}"]), **quiet}),
        some({"collect": some({**again, **digits, "confirm": st.booleans()}), **asks}),
        some({"language": LANGUAGES, **quiet}),
        some({"set": some({"account": ACCOUNTS}), "next": onward, "on_error": onward}),
        some({"goto": onward}),
        some({"hours": st.just("shop"), "open": onward, "closed": onward}, optional=why),
        some(queue, optional=limit),
    ]


@st.composite
def flows(draw: st.DrawFn) -> Program:
    """A flow of up to eight steps that passes the check."""
    count = draw(st.integers(1, 8))
    document: dict[str, Any] = {
        **HEADER,
        "languages": ["en", "hu"],
        "hours": {"shop": SHOP},
        "vars": {"account": {"type": "digits"}, "note": {"type": "text"}},
        "steps": {f"s{index}": draw(steps(index, count)) for index in range(count)},
    }
    document["steps"][f"s{count}"] = {"hangup": "normal"}
    loaded, _ = load_text_located(json.dumps(document), "random", Flow)
    found = reachable("s0", {name: _ways(loaded, name) for name in loaded.steps})
    document["steps"] = {name: document["steps"][name] for name in loaded.steps if name in found}
    flow, located = load_text_located(json.dumps(document), "random", Flow)
    assert [each for each in check(flow, located) if each.severity == "error"] == []
    return compile_flow(flow)


def _ways(flow: Flow, name: str) -> list[Any]:
    return list(edges(flow, name, flow.steps[name]))


@settings(max_examples=60)
@given(flows(), TALK)
def test_a_checked_flow_always_has_a_next_command(flow: Program, talk: list[Event]) -> None:
    """Whatever the caller and the outside do: a fitting command, and an end only for a reason."""
    turn = start(flow, CallFacts("", "", 0))
    for event in talk:
        assert type(turn.command) in COMMANDS[type(turn.state.at)]
        state = CallState.from_dict(json.loads(json.dumps(turn.state.to_dict())))
        assert state == turn.state
        turn = resume(flow, state, event)
    if isinstance(turn.state.at, Ended):
        assert _has_reason(turn.state.at.cause, turn.state, talk)


def _has_reason(cause: str, state: CallState, talk: list[Event]) -> bool:
    match cause:
        case "normal":
            return True
        case "caller_hung_up":
            return any(isinstance(event, CallerHungUp) for event in talk)
        case _:
            return state.scope.failures >= MAX_FAILURES


@settings(max_examples=60)
@given(flows(), TALK)
def test_a_caller_who_never_does_a_thing_comes_to_an_end(flow: Program, talk: list[Event]) -> None:
    """After any conversation, silence leads to a hangup or to a queue in a bounded time."""
    turn = start(flow, CallFacts("", "", 0))
    for event in talk:
        turn = resume(flow, turn.state, event)
    for _ in range(200):
        if isinstance(turn.command, Hangup | Enqueue):
            return
        turn = resume(flow, turn.state, _silence_to(turn.command))
    pytest.fail("a silent caller is still being asked")


def _silence_to(command: Command) -> Event:
    match command:
        case Play():
            return Played(0)
        case Ask():
            return Answered(0, "", timed_out=True)
        case RecordMessage():
            return Done(0, "empty")
        case _:
            return Done(0)


NAMES = st.sampled_from(["s0", "s1", "s2", "en", "account", "star", "1", "12", "{x}", "{", "5s"])
WORDS = (
    "say menu collect queue set goto hangup language next on_timeout on_invalid after go prompt "
    "options into answered skills confirm exits tries"
)
TREES = st.recursive(
    NAMES,
    lambda inner: st.dictionaries(
        st.one_of(
            NAMES,
            st.sampled_from(WORDS.split()),
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["s0", "s1", "s2"]), TREES, min_size=1), TREES)
def test_the_checker_never_crashes(steps: dict[str, Any], extra: Any) -> None:
    """Any document gives a flow or problems with places; a flow that only loads still runs."""
    document: dict[str, Any] = {
        **HEADER,
        "languages": ["en"],
        "vars": {"account": {"type": "digits"}},
        "steps": steps,
    }
    if isinstance(extra, dict):
        document |= extra
    problems, flow = _checked(json.dumps(document))
    assert all(problem.line >= 1 and problem.message for problem in problems)
    assert flow is not None or problems
    if flow is not None:
        assert start(compile_flow(flow), CallFacts("", "", 0)).command is not None


def _checked(text: str) -> tuple[list[Problem], Flow | None]:
    try:
        flow, located = load_text_located(text, "random", Flow)
    except DocumentError as error:
        return list(error.problems), None
    return check(flow, located), flow
