"""Runs a flow: a state and an event in, the next state and one command out.

No I/O and no clock. The same interpreter serves real calls, the simulator and a flow's tests.
"""

from __future__ import annotations

from typing import NamedTuple

from ivr.commands import Command
from ivr.events import CallerHungUp, Event, StepFailed
from ivr.program import Program
from ivr.run import FAILED, Outcome, Run, TraceEntry, Wait, ended
from ivr.state import CallFacts, CallState, Ended, Scope

MAX_FAILURES = 8
"""Failed steps after which a call is given up: exits for errors may lead in a circle."""

_HUNG_UP = ended("caller_hung_up")


class Turn(NamedTuple):
    """What follows an event. ``command`` is to be done next; after ``Hangup`` nothing follows."""

    state: CallState
    command: Command
    trace: tuple[TraceEntry, ...]


def start(program: Program, call: CallFacts) -> Turn:
    """The first turn of a call; a language the flow does not speak becomes its default."""
    language = call.language if call.language in program.languages else program.languages[0]
    scope = Scope(program.name, call, language or program.languages[0])
    return _settled(program, Run(scope, call.now_ms), program.start)


def resume(program: Program, state: CallState, event: Event) -> Turn:
    """The turn after ``event``. Any event in any state gives a turn; an ended call stays ended."""
    run = Run(state.scope, event.now_ms)
    at = state.at
    if isinstance(at, Ended):
        return _settled(program, run, ended(at.cause))
    node = program.nodes.get(at.step)
    if type(event) is CallerHungUp:
        run.note(at.step, "caller hung up")
        return _settled(program, run, _HUNG_UP)
    if node is None:
        run.note(at.step, "failed: the flow has no such step")
        return _settled(program, run, FAILED)
    if type(event) is StepFailed:
        return _settled(program, run, node.failed(run, event.reason))
    return _settled(program, run, node.resume(run, at, event))


def _settled(program: Program, run: Run, outcome: Outcome) -> Turn:
    """Go on until a step waits for the outside. More steps than the flow has is a circle."""
    nodes = program.nodes
    hops = len(nodes)
    while not isinstance(outcome, Wait):
        node = nodes.get(outcome)
        if node is None or hops == 0 or run.scope.failures >= MAX_FAILURES:
            outcome = FAILED
            break
        hops -= 1
        run.note(node.name, node.kind)
        outcome = node.enter(run)
    return Turn(CallState(run.scope, outcome.at), outcome.command, tuple(run.trace))
