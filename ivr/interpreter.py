"""Runs a flow: a state and an event in, the next state and one command out.

No I/O and no clock. The same interpreter serves real calls, the simulator and a flow's tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ivr.commands import NEEDS_CALLER, Command
from ivr.events import CallerHungUp, Event, StepFailed, of_caller
from ivr.program import Program
from ivr.run import FAILED, AfterHangup, Enter, Node, Outcome, Return, Run, TraceEntry, Wait, ended
from ivr.state import CallFacts, CallState, Ended, Position, Scope

MAX_HOPS = 1_000
"""Steps in one turn, none of which waits for the outside, after which a flow is given up."""

_HOPS = range(MAX_HOPS)
_new = tuple.__new__
_HUNG_UP = ended("caller_hung_up")
_DONE = ended("normal")


class Turn(NamedTuple):
    """What follows an event. ``command`` is to be done next; after ``Hangup`` nothing follows."""

    state: CallState
    command: Command
    trace: tuple[TraceEntry, ...]
    at_ms: int


def start(program: Program, call: CallFacts) -> Turn:
    """The first turn of a call; a language the flow does not speak becomes its default."""
    language = call.language if call.language in program.languages else program.languages[0]
    scope = Scope(
        program.name,
        call,
        language or program.languages[0],
        program.variables,
        program.secrets,
    )
    return _settled(program, program.nodes, Run(scope, call.now_ms), program.start)


def resume(program: Program, state: CallState, event: Event) -> Turn:
    """The turn after ``event``. Any event in any state gives a turn; an ended call stays ended.

    ``program`` is the flow that the call began with; a sub-flow is found by it.
    """
    scope, at = state
    run, nodes = Run(scope, event.now_ms), program.of(scope.flow).nodes
    if isinstance(at, Ended):
        return _settled(program, nodes, run, ended(at.cause))
    if scope.failures and of_caller(event):
        run.forgive()
    node = nodes.get(at.step)
    outcome: Outcome
    if node is None:
        run.note(at.step, "failed: the flow has no such step")
        outcome = FAILED
    elif type(event) is CallerHungUp:
        outcome = _hung_up(node, run, at)
    elif type(event) is StepFailed:
        outcome = node.stopped(run, at, event.reason)
    else:
        outcome = node.resume(run, at, event)
    return _settled(program, nodes, run, outcome)


def _hung_up(node: Node, run: Run, at: Position) -> Outcome:
    """First what the step still has to do, then where ``on_hangup`` leads."""
    run.note(node.name, "caller hung up")
    if run.scope.gone:
        return _HUNG_UP
    run.hung_up()
    return node.hung_up(run, at) or AfterHangup(node.name)


def _after_hangup(program: Program, run: Run, step: str) -> Outcome:
    """Where ``on_hangup`` leads, of the step or of the flows that wait for this one."""
    node = program.of(run.scope.flow).nodes.get(step)
    target = node.targets.on_hangup if node is not None else None
    while target is None:
        frame = run.leave()
        if frame is None:
            return _HUNG_UP
        caller = program.of(frame.flow).nodes.get(frame.step)
        target = caller.targets.on_hangup if caller is not None else None
    return target


def _settled(program: Program, nodes: Mapping[str, Node], run: Run, outcome: Outcome) -> Turn:
    """Go on in the flow of these ``nodes`` until a step waits for the outside.

    More hops than any flow needs are a circle.
    """
    for _ in _HOPS:
        if type(outcome) is str:
            node = nodes.get(outcome)
            if node is None:
                break
            run.enter(node)
            outcome = node.enter(run)
        elif type(outcome) is Wait:
            break
        else:
            outcome = _elsewhere(program, run, outcome)
            nodes = program.of(run.scope.flow).nodes
    if type(outcome) is not Wait:
        outcome = FAILED
    at, command = outcome
    if run.scope.gone and type(command) in NEEDS_CALLER:
        at, command = _HUNG_UP
    return _new(Turn, (_new(CallState, (run.scope, at)), command, tuple(run.trace), run.now_ms))


def _elsewhere(program: Program, run: Run, outcome: Outcome) -> Outcome:
    """Into a sub-flow, or back from one."""
    if type(outcome) is Enter:
        return outcome.step or program.of(outcome.flow).start
    if type(outcome) is Return:
        frame = run.leave()
        if frame is None:
            return _DONE
        node = program.of(frame.flow).nodes.get(frame.step)
        return node.returned(run, outcome.results) if node is not None else FAILED
    if type(outcome) is AfterHangup:
        return _after_hangup(program, run, outcome.step)
    return outcome
