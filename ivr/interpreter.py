"""Runs a flow: a state and an event in, the next state and one command out.

No I/O and no clock. The same interpreter serves real calls, the simulator and a flow's tests.
"""

from __future__ import annotations

from typing import NamedTuple

from ivr.commands import NEEDS_CALLER, Command
from ivr.events import CallerHungUp, Event, StepFailed
from ivr.program import Program
from ivr.run import FAILED, AfterHangup, Enter, Node, Outcome, Return, Run, TraceEntry, Wait, ended
from ivr.state import CallFacts, CallState, Ended, Position, Scope

MAX_FAILURES = 8
"""Failed steps after which a call is given up: exits for errors may lead in a circle."""

MAX_HOPS = 1_000
"""Steps in one turn, none of which waits for the outside, after which a flow is given up."""

_HUNG_UP = ended("caller_hung_up")
_DONE = ended("normal")


class Turn(NamedTuple):
    """What follows an event. ``command`` is to be done next; after ``Hangup`` nothing follows."""

    state: CallState
    command: Command
    trace: tuple[TraceEntry, ...]


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
    return _settled(program, program, Run(scope, call.now_ms), program.start)


def resume(program: Program, state: CallState, event: Event) -> Turn:
    """The turn after ``event``. Any event in any state gives a turn; an ended call stays ended.

    ``program`` is the flow that the call began with; a sub-flow is found by it.
    """
    scope, at = state
    run, here = Run(scope, event.now_ms), program.of(scope.flow)
    if isinstance(at, Ended):
        return _settled(program, here, run, ended(at.cause))
    node = here.nodes.get(at.step)
    if node is None:
        run.note(at.step, "failed: the flow has no such step")
        return _settled(program, here, run, FAILED)
    return _settled(program, here, run, _answer(node, run, at, event))


def _answer(node: Node, run: Run, at: Position, event: Event) -> Outcome:
    if type(event) is CallerHungUp:
        return _hung_up(node, run, at)
    if type(event) is StepFailed:
        return node.stopped(run, at, event.reason)
    return node.resume(run, at, event)


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


def _settled(program: Program, here: Program, run: Run, outcome: Outcome) -> Turn:
    """Go on from the flow ``here`` until a step waits for the outside.

    More hops than any flow needs are a circle.
    """
    nodes = here.nodes
    hops = MAX_HOPS
    while type(outcome) is not Wait:
        if type(outcome) is not str:
            outcome = _elsewhere(program, run, outcome)
            nodes = program.of(run.scope.flow).nodes
            continue
        node = nodes.get(outcome)
        if node is None or hops == 0 or run.scope.failures >= MAX_FAILURES:
            outcome = FAILED
            break
        hops -= 1
        run.note(node.name, node.kind)
        outcome = node.enter(run)
    if run.scope.gone and type(outcome.command) in NEEDS_CALLER:
        outcome = _HUNG_UP
    return Turn(CallState(run.scope, outcome.at), outcome.command, tuple(run.trace))


def _elsewhere(program: Program, run: Run, outcome: Outcome) -> Outcome:
    """Into a sub-flow, or back from one."""
    match outcome:
        case Enter(flow=flow, step=step):
            return step or program.of(flow).start
        case Return(results=results):
            frame = run.leave()
            if frame is None:
                return _DONE
            node = program.of(frame.flow).nodes.get(frame.step)
            return node.returned(run, results) if node is not None else FAILED
        case AfterHangup(step=step):
            return _after_hangup(program, run, step)
    return outcome
