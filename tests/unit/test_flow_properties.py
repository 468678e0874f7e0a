"""Random flows and random callers: the checker never crashes, and no caller is left standing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields, is_dataclass
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from config.document import DocumentError, Located, Problem, load_text_located
from ivr.announce import LANGUAGES
from ivr.check import check, check_draft
from ivr.commands import (
    NEEDS_CALLER,
    Ask,
    CallBack,
    Command,
    Deliver,
    Discard,
    Enqueue,
    Hangup,
    Lookup,
    Pay,
    Play,
    RecordMessage,
    Request,
    RunPython,
    SaveSurvey,
    SendDigits,
    SendSms,
    SwitchRecording,
    Transfer,
)
from ivr.draft import draft
from ivr.events import Answered, CallerHungUp, Done, Event, Played, QueueLeft, StepFailed, of_caller
from ivr.flow import Flow
from ivr.interpreter import Turn, resume, start
from ivr.program import Program, compile_flow
from ivr.run import MAX_FAILURES
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
from ivr.steps import KINDS
from ivr.steps.collect import Collect
from tests.unit.random_flows import KNOWN, Document, checked, families
from tests.unit.random_steps import STEPS

pytestmark = pytest.mark.unit

COMMANDS: dict[type[Position], tuple[type[Command], ...]] = {
    Playing: (Play,),
    Asking: (Ask,),
    Confirming: (Ask,),
    Queued: (Enqueue,),
    Doing: (
        *(Ask, Play, RecordMessage, SaveSurvey, SendDigits, CallBack, Request, Lookup),
        *(RunPython, Transfer, Deliver, Discard, Pay, SwitchRecording, SendSms),
    ),
    Ended: (Hangup,),
}
PIN = "8642097"
CALLER = CallFacts("+36301234567", "+3612345678", 1_795_000_000_000, zone="Europe/Budapest")
MANY = 200
"""Turns in which a call comes to its end once nobody does a thing any more."""

KEYS = ("1", "2", "34", "*", "#", "", "0930", "24122030", "1*5", "200", "207", "1000", "70*")
OUTCOMES = (
    *("done", "key", "empty", "promised", "already", "refused", "known", "paid", "?"),
    *("ended", "busy", "no_answer", "unreachable", "declined", "cancelled"),
)
LEFT = ("conversation_ended", "timeout", "no_such_queue", "key", "full", "no_agents")
JUNK: tuple[Any, ...] = (None, "m", 7, [None], {"x": 1.5})
SEEDS = st.integers(0, 2**32 - 1)
TALKS = 5
"""Conversations that are tried with each random flow: drawing the flow costs most."""


class Outside:
    """What happens to a call: mostly what answers its command, now and then anything at all."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)

    def answer(self, command: Command) -> Event:
        """An event of the kind that the command waits for."""
        match command:
            case Play():
                return Played(self.now_ms)
            case Ask():
                return self.answered()
            case Enqueue():
                return self.queue_left()
            case _:
                return self.done()

    def anything(self) -> Event:
        """An event of any kind, whatever is waited for."""
        of_any_kind = (
            *(self.answered, self.queue_left, self.done),
            *(lambda: Played(self.now_ms), lambda: StepFailed(self.now_ms, "no audio")),
            lambda: CallerHungUp(self.now_ms),
        )
        return self.chance.choice(of_any_kind)()

    def answered(self) -> Event:
        yes = self.chance.choice((True, False))
        return Answered(self.now_ms, self.chance.choice(KEYS), timed_out=not yes, terminated=yes)

    def queue_left(self) -> Event:
        outcome: Any = self.chance.choice(LEFT)
        key = self.chance.choice("1*7")
        return QueueLeft(self.now_ms, outcome, key, "anna", self.chance.randrange(10**7))

    def done(self) -> Event:
        values = {name: self.chance.choice(JUNK) for name in ("message", "ms", "status", "body")}
        return Done(self.now_ms, self.chance.choice(OUTCOMES), values)

    @property
    def now_ms(self) -> int:
        return self.chance.randrange(2**41)


class Call:
    """One call through a flow, and what happens to it."""

    def __init__(self, flow: Program, seed: int) -> None:
        self.flow = flow
        self.outside = Outside(seed)
        self.turn = start(flow, CALLER)
        self.heard_hangup = False
        self.failed = sum(entry.what.startswith("failed: ") for entry in self.turn.trace)
        """Steps, since the caller last did something."""

    def events(self) -> Iterator[Event]:
        """Up to thirty events, as the call goes."""
        for _ in range(self.outside.chance.randrange(30)):
            event = self._event()
            self.heard_hangup |= isinstance(event, CallerHungUp)
            yield event

    def _event(self) -> Event:
        if self.outside.chance.random() < 0.1:
            return self.outside.anything()
        if self._is_asked_for_a_secret():
            return Answered(CALLER.now_ms, PIN, terminated=True)
        return self.outside.answer(self.turn.command)

    def _is_asked_for_a_secret(self) -> bool:
        scope, at = self.turn.state
        flow = self.flow.of(scope.flow).flow
        step = flow.steps.get(at.step) if isinstance(at, Asking) else None
        variable = flow.variables.get(step.collect.into) if isinstance(step, Collect) else None
        return variable is not None and variable.sensitive

    def goes_on(self, event: Event) -> Turn:
        """The next turn, which is the same from the saved state unless that lacks secrets."""
        before = self.turn.state
        if of_caller(event) and not isinstance(before.at, Ended):
            self.failed = 0
        state = CallState.from_dict(json.loads(json.dumps(before.to_dict())))
        self.turn = resume(self.flow, before, event)
        again = resume(self.flow, state, event)
        self.failed += sum(entry.what.startswith("failed: ") for entry in self.turn.trace)
        if not before.scope.secrets and not any(frame.secrets for frame in before.scope.frames):
            assert state == before
            assert again == self.turn
        assert type(again.command) in COMMANDS[type(again.state.at)]
        return self.turn


def calls(flow: Program, seed: int) -> Iterator[Call]:
    """Some calls through a flow, each another way."""
    return (Call(flow, seed + index) for index in range(TALKS))


def test_every_kind_of_step_is_drawn() -> None:
    """A new kind is no part of what is promised here before it has a line in ``STEPS``."""
    assert set(STEPS) == set(KINDS)


@settings(max_examples=30)
@given(families(), SEEDS)
def test_a_checked_flow_always_has_a_next_command(family: list[Document], seed: int) -> None:
    """Whatever the caller and the outside do: a fitting command, and an end only for a reason."""
    errors, flow = checked(family)
    assert errors == []
    for call in calls(flow, seed):
        for event in call.events():
            ended = call.turn if isinstance(call.turn.state.at, Ended) else None
            turn = call.goes_on(event)
            assert type(turn.command) in COMMANDS[type(turn.state.at)]
            if ended is not None:
                assert (turn.state, turn.command) == (ended.state, ended.command)
        if isinstance(call.turn.state.at, Ended):
            assert _has_reason(call.turn.state.at.cause, call)


def _has_reason(cause: str, call: Call) -> bool:
    match cause:
        case "normal" | "busy" | "congestion" | "rejected":
            return True
        case "caller_hung_up":
            return call.heard_hangup
        case _:
            return call.failed >= MAX_FAILURES


@settings(max_examples=30)
@given(families(), SEEDS)
def test_a_caller_who_never_does_a_thing_comes_to_an_end(family: list[Document], seed: int) -> None:
    """After any conversation, silence leads to a hangup or to a queue in a bounded time."""
    for call in calls(checked(family).program, seed):
        for event in call.events():
            call.goes_on(event)
        _comes_to(call, Hangup | Enqueue)


@settings(max_examples=30)
@given(families(), SEEDS)
def test_a_call_whose_caller_is_gone_ends(family: list[Document], seed: int) -> None:
    """At any moment: what is done for nobody is done in a bounded time, and nobody is spoken to."""
    for call in calls(checked(family).program, seed):
        for event in call.events():
            call.goes_on(event)
        call.goes_on(CallerHungUp(CALLER.now_ms))
        assert NEEDS_CALLER.isdisjoint(_comes_to(call, Hangup))


def _comes_to(call: Call, end: Any) -> set[type[Command]]:
    """The kinds of commands until one of ``end``, while the caller does nothing."""
    given: set[type[Command]] = set()
    for _ in range(MANY):
        if isinstance(call.turn.command, end):
            return given
        given.add(type(call.turn.command))
        call.goes_on(_silence_to(call.turn.command))
    pytest.fail("the call goes on for ever")


def _silence_to(command: Command) -> Event:
    match command:
        case Play():
            return Played(CALLER.now_ms)
        case Ask():
            return Answered(CALLER.now_ms, "", timed_out=True)
        case RecordMessage():
            return Done(CALLER.now_ms, "empty")
        case _:
            return Done(CALLER.now_ms)


LEAKS = st.sampled_from(["{pin}", "pin", "Your {pin}.", "{again}", "pin == '1'", "{amount} {pin}"])


@settings(max_examples=30)
@given(families(), LEAKS, SEEDS)
def test_no_sensitive_value_is_told(family: list[Document], leak: str, seed: int) -> None:
    """Wherever its author puts it, the check refuses the flow, or nobody comes to know it: it is
    in no command, in no timeline, in no saved state and in no repr."""
    chance = Random(seed)
    for _ in range(TALKS):
        try:
            errors, flow = checked([_with(family[0], leak, chance), *family[1:]])
        except DocumentError:
            continue
        if not errors:
            _tells_nothing(Call(flow, seed))


def _tells_nothing(call: Call) -> None:
    for event in call.events():
        turn = call.goes_on(event)
        told = [*_texts(turn.command), repr(turn), json.dumps(turn.state.to_dict())]
        assert [text for text in told if PIN in text or PIN_IN_WORDS in text] == []


PIN_IN_WORDS = "eight six four two zero nine seven"


def _with(document: Document, text: str, chance: Random) -> Document:
    """The document with ``text`` in place of one of the texts of its steps."""
    changed = deepcopy(document)
    places = [(held, key) for held, key in _places(changed["steps"]) if isinstance(held[key], str)]
    if places:
        held, key = chance.choice(places)
        held[key] = text
    return changed


def _places(part: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a document, as what holds it and its key or index there."""
    keys = (
        list(part) if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
    )
    for key in keys:
        yield part, key
        yield from _places(part[key])


def _texts(part: Any) -> Iterator[str]:
    """Every text in a command; that of a prompt as one."""
    if isinstance(part, str):
        yield part
    elif is_dataclass(part):
        if isinstance(part, Play | Ask):
            yield part.prompt.text
        for field in fields(part):
            yield from _texts(getattr(part, field.name))
    elif isinstance(part, dict):
        yield from (text for pair in part.items() for each in pair for text in _texts(each))
    elif isinstance(part, list | tuple | frozenset):
        yield from (text for each in part for text in _texts(each))


RETYPED: tuple[Any, ...] = (
    *("", "x", "s0", "{x}", "{", "1", "-1", "5s", "no", "2028-02-30", "star", "/[/", "a < ", None),
    *([], {}, ["x"], {"go": "s0"}, {"": ""}, {"x": ["y"]}),
)


@settings(max_examples=40)
@given(families(), SEEDS)
def test_a_broken_flow_gives_problems_in_their_places(family: list[Document], seed: int) -> None:
    """Parts deleted, doubled or of another type: problems, never a traceback; what loads runs."""
    chance = Random(seed)
    for _ in range(TALKS):
        document = deepcopy(family[0])
        for _ in range(chance.randrange(1, 4)):
            _break(document, chance)
        _is_told_well(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), seed)


def _is_told_well(text: str, seed: int) -> None:
    problems, flow = _checked(text)
    lines = text.splitlines() or [""]
    for problem in problems:
        assert problem.message
        assert problem.message.isprintable()
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.col <= len(lines[problem.line - 1]) + 1
    assert flow is not None or problems
    if flow is not None and set(flow.languages) <= set(LANGUAGES):
        call = Call(compile_flow(flow, KNOWN), seed)
        for event in call.events():
            call.goes_on(event)


def _break(document: Document, chance: Random) -> None:
    held, key = chance.choice([*_places(document)])
    match chance.choice(("delete", "double", "retype")):
        case "delete" if len(document) > 1:
            del held[key]
        case "double":
            other, there = chance.choice([*_places(document)])
            other[there] = deepcopy(held[key])
        case _:
            held[key] = deepcopy(chance.choice(RETYPED))


def _checked(text: str) -> tuple[list[Problem], Flow | None]:
    try:
        flow, located = load_text_located(text, "random", Flow)
    except DocumentError as error:
        found = draft(Located("random", text))
        return [*error.problems, *(check_draft(found, KNOWN) if found else ())], None
    return check(flow, located, KNOWN, {flow.flow: flow}), flow
