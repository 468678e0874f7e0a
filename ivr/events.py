"""What the outside answers to a command. ``now_ms`` is the Unix epoch in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

QueueOutcome = Literal["conversation_ended", "timeout", "no_such_queue"]


@dataclass(frozen=True, slots=True)
class Played:
    """A prompt came to its end."""

    now_ms: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What was keyed: possibly nothing. ``terminated``: the end key was pressed."""

    now_ms: int
    digits: str = field(repr=False)
    timed_out: bool = False
    terminated: bool = False


@dataclass(frozen=True, slots=True)
class QueueLeft:
    """The caller is back from the queue."""

    now_ms: int
    outcome: QueueOutcome


@dataclass(frozen=True, slots=True)
class CallerHungUp:
    """The caller's channel is gone."""

    now_ms: int


@dataclass(frozen=True, slots=True)
class StepFailed:
    """The command could not be done; ``reason`` is a short static text without personal data."""

    now_ms: int
    reason: str


Event = Played | Answered | QueueLeft | CallerHungUp | StepFailed
