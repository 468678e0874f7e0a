"""Plays one written test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from config.problem import Path
from ivr.rehearsal.call import RehearsedCall, Started
from ivr.rehearsal.expecting import Expecting, way
from ivr.rehearsal.given import Given
from ivr.rehearsal.library import Library
from ivr.rehearsal.script import ACTIONS, Line, Test
from ivr.run import TraceEntry


@dataclass(frozen=True, slots=True)
class Failure:
    """What did not come true: ``path`` is the failing line's, within the test."""

    path: Path
    expected: str
    got: str
    heard: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """A test that was played; ``failure`` None: all came true."""

    name: str
    path: tuple[str, ...]
    trace: tuple[TraceEntry, ...]
    virtual_ms: int
    failure: Failure | None
    started: tuple[Started, ...] = ()
    """The commands that the flow gave, and below when the call was over."""
    ended_at_ms: int = 0


def play(test: Test, base: Given, library: Library, flow: str) -> Played:
    """Play ``test`` of ``flow``; what it does not give is as in ``base``."""
    given = test.given.over(base)
    facts = given.facts(library.zone)
    call = RehearsedCall(library.program(flow, given.hours), facts, given, library.known)
    failure = _lines(test, call, Expecting(call)) or _steps(test, call)
    took_ms = call.now_ms - facts.now_ms
    return Played(
        test.name,
        tuple(call.path),
        tuple(call.trace),
        took_ms,
        failure,
        tuple(call.started),
        call.now_ms,
    )


def _lines(test: Test, call: RehearsedCall, expecting: Expecting) -> Failure | None:
    for number, line in enumerate(test.call):
        failure = _line(line, ("call", number), call, expecting)
        if failure is not None:
            return failure
    return None


def _line(line: Line, path: Path, call: RehearsedCall, expecting: Expecting) -> Failure | None:
    for name in ACTIONS:
        wanted = getattr(line, name)
        if wanted is None:
            continue
        expecting.acted()
        refused = act(call, name, wanted)
        if refused is not None:
            return Failure((*path, name), *refused, expecting.heard())
    found = expecting.first_mismatch(line)
    if found is None:
        return None
    name, mismatch = found
    return Failure((*path, name), mismatch.expected, mismatch.got, expecting.heard())


def _steps(test: Test, call: RehearsedCall) -> Failure | None:
    if test.steps is None or list(test.steps) == call.path:
        return None
    return Failure(("steps",), way(test.steps), way(call.path), ())


def act(call: RehearsedCall, name: str, wanted: Any) -> tuple[str, str] | None:
    """Do what the line says; when it cannot be done, what was wanted and why not."""
    do, needs = _ACTIONS[name]
    if not do(call, wanted):
        return needs, _state(call)
    return None if call.stuck is None else ("a call that goes on", call.stuck)


def _keys(call: RehearsedCall, answers: tuple[str, ...]) -> bool:
    return all(call.keys(keys) for keys in answers)


def _interrupt(call: RehearsedCall, keys: str) -> bool:
    call.interrupt(keys)
    return call.ended is None


def _silence(call: RehearsedCall, wanted: int | str) -> bool:
    if isinstance(wanted, str):
        return call.timeout()
    call.pass_time(wanted)
    return True


def _agent(call: RehearsedCall, does: str) -> bool:
    return call.agent_answers() if does == "answers" else call.agent_leaves()


def _hang_up(call: RehearsedCall, _: str) -> bool:
    is_there = call.ended is None
    call.hang_up()
    return is_there


def _speak(call: RehearsedCall, ms: int) -> bool:
    return call.speak(ms)


_ACTIONS: Mapping[str, tuple[Callable[[RehearsedCall, Any], bool], str]] = {
    "keys": (_keys, "a question that takes the key"),
    "interrupts": (_interrupt, "a caller who is still there"),
    "silence": (_silence, "a question that times out"),
    "speaks": (_speak, "a message being recorded"),
    "agent": (_agent, "an agent to answer or to leave"),
    "hangup": (_hang_up, "a caller who is still there"),
}
"""What each action does, and what it needs: said when there is none."""


def _state(call: RehearsedCall) -> str:
    if call.ended is not None:
        return f"the call has ended: {call.ended}"
    return call.stuck or f"the call stands at {call.step}"
