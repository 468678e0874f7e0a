"""What the outside answers to a command. ``now_ms`` is the Unix epoch in milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

QueueOutcome = Literal[
    "conversation_ended", "timeout", "no_such_queue", "key", "full", "long_wait", "no_agents"
]

# Tuples, as one is made in every turn. What a caller keyed or a service told shows in no repr.


class Played(NamedTuple):
    """A prompt came to its end."""

    now_ms: int


class Answered(NamedTuple):
    """What was keyed: possibly nothing. ``terminated``: the end key was pressed."""

    now_ms: int
    digits: str
    timed_out: bool = False
    terminated: bool = False

    def __repr__(self) -> str:
        return f"Answered({self.now_ms}, timed_out={self.timed_out})"


class QueueLeft(NamedTuple):
    """The caller is back from the queue; ``key`` is what was keyed to leave it.

    ``agent`` is who was talked to, ``waited_ms`` how long the caller was in the line. The place
    in it is that of the caller's arrival: a callback can keep it. ``expected_ms`` is how much
    longer it might have been, None where that cannot be told.
    """

    now_ms: int
    outcome: QueueOutcome
    key: str = ""
    agent: str = ""
    waited_ms: int = 0
    expected_ms: int | None = None

    def __repr__(self) -> str:
        return f"QueueLeft({self.now_ms}, {self.outcome!r})"


class Done(NamedTuple):
    """A command of any other kind was done; its ``outcome`` is one that the command names.

    ``values`` are what it brought, by name: see each command.
    """

    now_ms: int
    outcome: str = "done"
    values: Mapping[str, Any] = {}

    def __repr__(self) -> str:
        return f"Done({self.now_ms}, {self.outcome!r})"


class CallerHungUp(NamedTuple):
    """The caller's channel is gone."""

    now_ms: int


class StepFailed(NamedTuple):
    """The command could not be done; ``reason`` is a short static text without personal data."""

    now_ms: int
    reason: str


def of_caller(event: Event) -> bool:
    """Whether the caller keyed something, waited in a queue or talked to somebody before it."""
    match event:
        case Answered():
            return event.digits != ""
        case QueueLeft():
            return event.outcome in _WAITED
        case Done():
            return event.outcome == "ended"
        case _:
            return False


_WAITED = frozenset({"conversation_ended", "timeout", "key"})

Event = Played | Answered | QueueLeft | Done | CallerHungUp | StepFailed
