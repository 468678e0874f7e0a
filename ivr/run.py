"""One turn of the interpreter: what nodes see and give back. Nothing here outlives the turn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import NamedTuple

from ivr.commands import Command, Hangup
from ivr.events import Event
from ivr.state import Ended, Position, Scope


class TraceEntry(NamedTuple):
    """One line of a call's timeline; ``what`` never holds a digit that was collected."""

    # A tuple, like the other values made in every turn: half the cost of a frozen dataclass.
    at_ms: int
    step: str
    what: str


class Wait(NamedTuple):
    """A node's answer: the call stands at ``at`` until the outside has done ``command``."""

    at: Position
    command: Command


Outcome = str | Wait
"""What follows: the name of the next step, or a command to wait for."""


def ended(cause: str) -> Wait:
    """The end of the flow: from here only the same hangup follows."""
    return Wait(Ended(cause), Hangup(cause))


FAILED = ended("failure")
"""Where a call goes that has nowhere else to go."""


class Run:
    """The call as one turn changes it: begun from a state, sealed into the next one."""

    __slots__ = ("now_ms", "scope", "trace")

    def __init__(self, scope: Scope, now_ms: int) -> None:
        self.scope = scope
        self.now_ms = now_ms
        self.trace: list[TraceEntry] = []

    def note(self, step: str, what: str) -> None:
        """Add a line to the call's timeline."""
        self.trace.append(TraceEntry(self.now_ms, step, what))

    def assign(self, name: str, value: str, *, sensitive: bool) -> None:
        """Set a variable; the scope this turn began with stays as it was."""
        if sensitive:
            self.scope = replace(self.scope, secrets={**self.scope.secrets, name: value})
        else:
            self.scope = replace(self.scope, variables={**self.scope.variables, name: value})

    def speak(self, language: str) -> None:
        """From here on the caller hears ``language``."""
        self.scope = replace(self.scope, language=language)

    def count_failure(self) -> None:
        """One more step of this call failed."""
        self.scope = replace(self.scope, failures=self.scope.failures + 1)

    def value(self, name: str) -> str:
        """A variable's value, ``call.…`` included; empty while it is not set."""
        scope = self.scope
        match name:
            case "call.caller":
                # What SIP calls a number may be any name; a flow is promised digits.
                return "".join(sign for sign in scope.call.caller if sign in "0123456789")
            case "call.called":
                return scope.call.called
            case "call.language":
                return scope.language
            case _:
                return scope.variables.get(name) or scope.secrets.get(name, "")


@dataclass(frozen=True, slots=True)
class Targets:
    """Where a step goes, its exits and the inherited ones resolved; unset ones end the call."""

    next: Outcome = FAILED
    on_timeout: Outcome = FAILED
    on_invalid: Outcome = FAILED
    on_error: Outcome = FAILED


class Node(ABC):
    """A step made ready to run: everything that can be known before a call is computed once."""

    __slots__ = ("kind", "name", "targets")

    def __init__(self, name: str, kind: str, targets: Targets) -> None:
        self.name = name
        self.kind = kind
        self.targets = targets

    @abstractmethod
    def enter(self, run: Run) -> Outcome:
        """The call arrives at this step."""

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        """The command this step gave was done; steps that give none never get here."""
        return self.unexpected(run, event)

    def unexpected(self, run: Run, event: Event) -> Outcome:
        """An event that answers another command: a fault outside, treated as a failed step."""
        return self.failed(run, f"unexpected {type(event).__name__}")

    def failed(self, run: Run, reason: str) -> Outcome:
        """Leave by ``on_error``."""
        run.count_failure()
        run.note(self.name, f"failed: {reason}")
        return self.targets.on_error
