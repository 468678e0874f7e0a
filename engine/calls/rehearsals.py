"""Real calls in a given world: for tests that are made over Asterisk.

Only an engine that is started with ``TRUNKLINE_REHEARSAL=1`` has any. Before a call, its world is
told under the number that it will come from; the flow then sees that world's clock, opening hours
and caller. What is said, keyed, recorded, queued, transferred and asked of web services is real;
who answers there is at the hand of whoever makes the call. Only what steps cannot do (``fails``),
lookups, functions, callbacks and payments are as they are given, without being tried.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from config.yaml_tree import Quoted
from engine.calls.rehearsed_outside import Outside, OutsideModel
from engine.clock import Clock
from ivr.commands import Ask, CallBack, CancelCallback, Command, Lookup, Pay, Play, RunPython
from ivr.events import Event, StepFailed
from ivr.interpreter import Turn
from ivr.program import Program
from ivr.rehearsal.call import comparable, entered, step_of, written_set
from ivr.rehearsal.given import Given
from ivr.rehearsal.library import Library
from ivr.rehearsal.outside import World, begin
from ivr.rehearsal.underway import duration_ms
from ivr.state import CallFacts, CallState, Ended
from ivr.steps.base import Known

AS_GIVEN = (Lookup, RunPython, CallBack, CancelCallback, Pay)
"""What is answered by the given world, and not done."""

Json = dict[str, Any]


class Turned(NamedTuple):
    """How a call stood after one turn; of sensitive variables nothing is kept."""

    command: str
    step: str
    steps: int
    language: str
    variables: Mapping[str, str]
    facts: Mapping[str, str]
    lead_ms: int
    says_ms: int
    barge_in: bool


class Rehearsal:
    """One call: the world it is given, and what has come of it, turn by turn."""

    def __init__(self, given: Given, outside: Outside, known: Known, clock: Clock) -> None:
        self._given = given
        self._outside = outside
        self._known = known
        self._clock = clock
        self._ahead_ms = 0
        self._path: list[str] = []
        self._turns: list[Turned] = []
        self._ended: str | None = None
        self._asked = self._over = 0
        self._told = asyncio.Event()

    def begin(self, program: Program) -> tuple[Program, CallFacts]:
        """The flow with its hours as they are given, and the facts of the given call."""
        flows = (each.flow for each in program.library.values())
        mine = Library(flows, self._known).program(program.name, self._given.hours)
        facts = self._given.facts(self._known.zone)
        self._ahead_ms = facts.now_ms - self._clock()
        return mine, facts

    def moved(self, event: Event) -> Event:
        """The event at the given world's time."""
        return event._replace(now_ms=event.now_ms + self._ahead_ms)

    def given_event(self, command: Command, state: CallState) -> Event | None:
        """What the given world answers, at once; None where the real one is to be asked."""
        now_ms = self._clock()
        if step_of(state) in self._given.fails:
            return StepFailed(now_ms, "given as failing")
        if not isinstance(command, AS_GIVEN):
            return None
        underway = begin(command, now_ms, World(self._given, {}, 0, self._known))
        if underway.due_ms is None:
            return StepFailed(now_ms, "nothing is given that answers this")
        return underway.ended()._replace(now_ms=now_ms)

    def prepared(self, command: Command) -> Command:
        """The command so that it leads to this call's own agent, service or callee."""
        return self._outside.prepared(command, self._given)

    def asks(self) -> None:
        """The question of this turn is about to be heard; what was keyed before is lost."""
        self._asked = len(self._turns)

    def turn_is_over(self, turn: int, now_ms: int) -> None:
        """It is ``now_ms`` in the given world (never earlier than before), and what waited since
        the ``turn``-th command has waited long enough."""
        self._ahead_ms = max(self._ahead_ms, now_ms - self._clock())
        self._over = max(self._over, turn)
        self._told.set()
        self._told = asyncio.Event()

    async def wait(self, ms: int) -> None:
        """Wait in place of ``ms``: in a queue time passes as it is told, and no faster."""
        while self._over < len(self._turns):
            await self._told.wait()

    def tell(self, program: Program, turn: Turn) -> None:
        """One more turn of this call."""
        scope, at = turn.state
        self._path += entered(program, turn.trace)
        self._ended = at.cause if isinstance(at, Ended) else None
        command = turn.command
        self._turns.append(
            Turned(
                command=type(command).__name__,
                step=step_of(turn.state),
                steps=len(self._path),
                language=scope.language,
                variables=written_set(scope.variables),
                facts=comparable(scope.facts),
                lead_ms=duration_ms(command.lead) if isinstance(command, Ask) else 0,
                says_ms=duration_ms(command.prompt) if isinstance(command, Ask | Play) else 0,
                barge_in=isinstance(command, Ask) and command.barge_in,
            )
        )

    def as_json(self) -> Json:
        """What has come of it so far."""
        turns = [each._asdict() for each in self._turns]
        return {
            "path": self._path,
            "ended": self._ended,
            "asked": self._asked,
            "turns": turns,
        }


class Rehearsals:
    """The worlds of calls to come and of those that came, by the number they come from."""

    def __init__(self, known: Known, clock: Clock) -> None:
        self._known = known
        self._clock = clock
        self._by_caller: dict[str, Rehearsal] = {}

    def prepare(self, caller: str, world: Json) -> str | None:
        """The next call from this number finds this world (``given``, and ``outside`` where it
        meets the real one); what is wrong with it, if anything."""
        try:
            given = Given.model_validate(_quoted(world.get("given")))
            outside = OutsideModel.model_validate(world.get("outside", {}))
        except ValidationError as error:
            return str(error)
        met = Outside(caller, outside)
        self._by_caller[caller] = Rehearsal(given, met, self._known, self._clock)
        return None

    def turn_is_over(self, caller: str, turn: int, now_ms: int) -> bool:
        """Tell the call of a caller how late it is; False when there is none."""
        rehearsal = self._by_caller.get(caller)
        if rehearsal is not None:
            rehearsal.turn_is_over(turn, now_ms)
        return rehearsal is not None

    def of(self, caller: str | None) -> Rehearsal | None:
        """The world of a caller's call."""
        return self._by_caller.get(caller or "")

    def told(self, caller: str) -> Json | None:
        """What has come of a caller's call."""
        rehearsal = self._by_caller.get(caller)
        return rehearsal.as_json() if rehearsal is not None else None


def _quoted(value: Any) -> Any:
    """JSON's texts are texts, also where they look like numbers."""
    match value:
        case str():
            return Quoted(value)
        case dict():
            return {key: _quoted(each) for key, each in value.items()}
        case list():
            return [_quoted(each) for each in value]
        case _:
            return value
