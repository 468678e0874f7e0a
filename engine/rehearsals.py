"""Real calls in a given world: for tests that are made over Asterisk.

Only an engine that is started with ``TRUNKLINE_REHEARSAL=1`` has any. Before a call, its world is
told under the number that it will come from; the flow then sees that world's clock, opening hours
and caller, and what is asked of services is answered as it is given. What is said, keyed and
queued is real.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from config.yaml_tree import Quoted
from engine.clock import Clock
from ivr.commands import (
    Ask,
    Command,
    Enqueue,
    Hangup,
    Play,
    RecordMessage,
    SendDigits,
    SwitchRecording,
)
from ivr.events import Event, StepFailed
from ivr.interpreter import Turn
from ivr.program import Program
from ivr.rehearsal.call import entered
from ivr.rehearsal.given import Given
from ivr.rehearsal.library import Library
from ivr.rehearsal.outside import World, begin
from ivr.rehearsal.underway import duration_ms
from ivr.state import CallFacts, Ended
from ivr.steps.base import Known
from ivr.variables import written

ON_CHANNEL = (Play, Ask, Hangup, RecordMessage, SendDigits, SwitchRecording)
"""What is done on the real channel in a rehearsal too."""

MAX_WAIT_MS = 3_000
"""What takes longer in the given world is over after this; its clock leaps over the rest."""
Json = dict[str, Any]


class Turned(NamedTuple):
    """How a call stood after one turn; of sensitive variables nothing is kept."""

    command: str
    step: str
    steps: int
    language: str
    variables: Mapping[str, str]
    says_ms: int
    barge_in: bool


class Rehearsal:
    """One call: the world it is given, and what has come of it, turn by turn."""

    def __init__(self, given: Given, known: Known, clock: Clock) -> None:
        self._given = given
        self._known = known
        self._clock = clock
        self._ahead_ms = 0
        self._asked: dict[str, int] = {}
        self._path: list[str] = []
        self._turns: list[Turned] = []
        self._ended: str | None = None

    def begin(self, program: Program, facts: CallFacts) -> tuple[Program, CallFacts]:
        """The flow with its hours as they are given, and the facts of the given call."""
        flows = (each.flow for each in program.library.values())
        mine = Library(flows, self._known).program(program.name, self._given.hours)
        given = self._given.facts(self._known.zone)
        self._ahead_ms = given.now_ms - self._clock()
        return mine, given._replace(id=facts.id)

    def moved(self, event: Event) -> Event:
        """The event at the given world's time."""
        return event._replace(now_ms=event.now_ms + self._ahead_ms)

    def answers(self, command: Command, step: str) -> bool:
        """Whether this is for the given world to answer, and not for the real one."""
        if step in self._given.fails:
            return True
        if isinstance(command, Enqueue):
            return self._given.agents is not None
        return not isinstance(command, ON_CHANNEL)

    async def perform(self, command: Command, step: str) -> Event:
        """What is asked of the outside, answered as it is given; long waits are cut short."""
        now_ms = self._clock()
        if step in self._given.fails:
            return StepFailed(now_ms, "given as failing")
        underway = begin(command, now_ms, World(self._given, self._asked, 0))
        if underway.due_ms is None:
            return StepFailed(now_ms, "nothing is given that answers this")
        wait_ms = underway.due_ms - now_ms
        await asyncio.sleep(min(wait_ms, MAX_WAIT_MS) / 1000)
        self._ahead_ms += max(wait_ms - MAX_WAIT_MS, 0)
        return underway.ended()._replace(now_ms=self._clock())

    def tell(self, program: Program, turn: Turn) -> None:
        """One more turn of this call."""
        scope, at = turn.state
        self._path += entered(program, turn.trace)
        self._ended = at.cause if isinstance(at, Ended) else None
        command = turn.command
        self._turns.append(
            Turned(
                command=type(command).__name__,
                step=getattr(at, "step", ""),
                steps=len(self._path),
                language=scope.language,
                variables={name: written(value) for name, value in scope.variables.items()},
                says_ms=duration_ms(command.prompt) if isinstance(command, Ask | Play) else 0,
                barge_in=isinstance(command, Ask) and command.barge_in,
            )
        )

    def as_json(self) -> Json:
        """What has come of it so far."""
        turns = [each._asdict() for each in self._turns]
        return {"path": self._path, "ended": self._ended, "turns": turns}


class Rehearsals:
    """The worlds of calls to come and of those that came, by the number they come from."""

    def __init__(self, known: Known, clock: Clock) -> None:
        self._known = known
        self._clock = clock
        self._by_caller: dict[str, Rehearsal] = {}

    def prepare(self, caller: str, given: Json) -> str | None:
        """The next call from this number finds this world; what is wrong with it, if anything."""
        try:
            world = Given.model_validate(_quoted(given))
        except ValidationError as error:
            return str(error)
        self._by_caller[caller] = Rehearsal(world, self._known, self._clock)
        return None

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
