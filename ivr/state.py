"""Where a call stands in its flow: immutable, and savable so that a restart can go on with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ivr.errors import StateError


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a call before its flow starts. ``language`` None: the flow's default."""

    caller: str = field(repr=False)
    called: str
    now_ms: int
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Playing:
    """A prompt plays; the step ends with it."""

    step: str


@dataclass(frozen=True, slots=True)
class Asking:
    """Keys are awaited. ``keyed`` holds the keys of a longer menu option so far."""

    step: str
    timeouts: int = 0
    invalids: int = 0
    keyed: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Confirming:
    """The digits were read back; the caller says whether they are right."""

    step: str
    digits: str = field(repr=False)
    timeouts: int = 0
    invalids: int = 0


@dataclass(frozen=True, slots=True)
class Queued:
    """Waiting for an agent, or talking to one."""

    step: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The flow is over; nothing moves it from here."""

    cause: str


Position = Playing | Asking | Confirming | Queued | Ended
_POSITIONS: dict[str, type[Position]] = {
    "playing": Playing,
    "asking": Asking,
    "confirming": Confirming,
    "queued": Queued,
    "ended": Ended,
}
_POSITION_NAMES = {position: name for name, position in _POSITIONS.items()}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a call carries from step to step.

    ``secrets`` are the sensitive variables: never saved, never in a repr. ``failures`` counts
    the steps that failed so far.
    """

    flow: str
    call: CallFacts = field(repr=False)
    language: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    failures: int = 0


@dataclass(frozen=True, slots=True)
class CallState:
    """A call in its flow: what it carries, and where it stands."""

    scope: Scope
    at: Position

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able mapping without the sensitive variables."""
        scope = self.scope
        return {
            "flow": scope.flow,
            "call": asdict(scope.call),
            "language": scope.language,
            "variables": dict(scope.variables),
            "failures": scope.failures,
            "at": {"is": _POSITION_NAMES[type(self.at)], **asdict(self.at)},
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> CallState:
        """The state that ``to_dict`` saved; sensitive variables are unset. Raises StateError."""
        try:
            return cls(_scope(saved), _position(saved["at"]))
        except (KeyError, TypeError, ValueError) as error:
            raise StateError(f"not a saved call state: {type(error).__name__}") from error


def _scope(saved: Mapping[str, Any]) -> Scope:
    return Scope(
        flow=str(saved["flow"]),
        call=CallFacts(**saved["call"]),
        language=str(saved["language"]),
        variables=dict(saved["variables"]),
        failures=int(saved["failures"]),
    )


def _position(saved: Mapping[str, Any]) -> Position:
    fields = dict(saved)
    return _POSITIONS[fields.pop("is")](**fields)
