"""A call through a flow as a conversation: what the caller does, what is then heard."""

from __future__ import annotations

import json

from config.document import load_text_located
from ivr.check import check
from ivr.commands import Ask, Command, Enqueue, Hangup, Play
from ivr.events import (
    Answered,
    CallerHungUp,
    Done,
    Event,
    Played,
    QueueLeft,
    QueueOutcome,
    StepFailed,
)
from ivr.flow import Flow
from ivr.interpreter import Turn, resume, start
from ivr.program import Program, compile_flow
from ivr.state import CallFacts, CallState
from ivr.steps.base import NOTHING_KNOWN, Known
from ivr.variables import Value

HEADER = """
flow: sample
about: A flow of a test
owner: telecom@example.test
"""


def program(text: str, known: Known = NOTHING_KNOWN) -> Program:
    """The checked program of a flow; the header is added."""
    flow, located = load_text_located(HEADER + text, "test.yaml", Flow)
    problems = check(flow, located, known)
    assert [each for each in problems if each.severity == "error"] == []
    return compile_flow(flow, known)


def warnings(text: str, known: Known = NOTHING_KNOWN) -> list[str]:
    """What the check says of a flow that may be run."""
    flow, located = load_text_located(HEADER + text, "test.yaml", Flow)
    return [f"{each.path}: {each.message}" for each in check(flow, located, known)]


class Conversation:
    """One call; the clock moves a second with each event."""

    def __init__(
        self,
        flow: Program,
        *,
        language: str | None = None,
        now_ms: int = 1_000,
        zone: str = "UTC",
    ) -> None:
        self.flow = flow
        self.now_ms = now_ms
        self.timeline: list[str] = []
        facts = CallFacts("+36301234567", "+3612345678", self.now_ms, language, zone)
        self._took(start(flow, facts))

    def does(self, event: Event) -> Command:
        """What is done after ``event``; the state goes through JSON, as over a restart."""
        state = CallState.from_dict(json.loads(json.dumps(self.state.to_dict())))
        kept = state if not self.state.scope.secrets else self.state
        return self._took(resume(self.flow, kept, event))

    def keys(self, digits: str, *, ended: bool = False) -> Command:
        return self.does(Answered(self._later(), digits, terminated=ended))

    def silence(self) -> Command:
        return self.does(Answered(self._later(), "", timed_out=True))

    def listens(self) -> Command:
        return self.does(Played(self._later()))

    def leaves_queue(self, outcome: QueueOutcome) -> Command:
        return self.does(QueueLeft(self._later(), outcome))

    def done(self, outcome: str = "done", **values: object) -> Command:
        return self.does(Done(self._later(), outcome, values))

    def hangs_up(self) -> Command:
        return self.does(CallerHungUp(self._later()))

    def fails(self, reason: str = "no audio") -> Command:
        return self.does(StepFailed(self._later(), reason))

    @property
    def hears(self) -> str:
        """The text of the prompt that plays now, what no key interrupts included."""
        assert isinstance(self.command, Play | Ask)
        lead = self.command.lead.text if isinstance(self.command, Ask) else ""
        return f"{lead} {self.command.prompt.text}".strip()

    @property
    def asks(self) -> Ask:
        assert isinstance(self.command, Ask)
        return self.command

    def value(self, name: str) -> Value:
        """A variable, or what a step has learned."""
        scope = self.state.scope
        return {**scope.facts, **scope.secrets, **scope.variables}.get(name)

    @property
    def waits_in(self) -> Enqueue:
        assert isinstance(self.command, Enqueue)
        return self.command

    @property
    def ended(self) -> str:
        """The cause with which the call ended."""
        assert isinstance(self.command, Hangup)
        return self.command.cause

    def _later(self) -> int:
        self.now_ms += 1_000
        return self.now_ms

    def _took(self, turn: Turn) -> Command:
        self.state, self.command = turn.state, turn.command
        self.timeline += [f"{turn.at_ms} {entry.step}: {entry.what}" for entry in turn.trace]
        return turn.command
