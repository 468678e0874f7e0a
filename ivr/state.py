"""Where a call stands in its flow: immutable, and savable so that a restart can go on with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ivr.errors import StateError
from ivr.variables import Value, restore, save

# Tuples, as these are made in every turn: half the cost of frozen dataclasses. None shows in its
# repr what a caller said of themselves.

Values = Mapping[str, Value]
NOTHING: Values = {}


class CallFacts(NamedTuple):
    """What is known of a call before its flow starts. ``language`` None: the flow's default.

    ``zone`` is the site's time zone (IANA), in which ``time.…`` is told. Of a call that a
    ``campaign`` has made, ``caller`` is who was called, and ``called`` the number they were shown.
    """

    caller: str
    called: str
    now_ms: int
    language: str | None = None
    zone: str = "UTC"
    id: str = ""
    campaign: str = ""

    def __repr__(self) -> str:
        return f"CallFacts(called={self.called!r}, now_ms={self.now_ms})"


class Playing(NamedTuple):
    """A prompt plays; the step ends with it."""

    step: str


class Asking(NamedTuple):
    """Keys are awaited. ``keyed`` holds the keys of a longer menu option so far."""

    step: str
    timeouts: int = 0
    invalids: int = 0
    keyed: str = ""

    def __repr__(self) -> str:
        return f"Asking({self.step!r}, timeouts={self.timeouts}, invalids={self.invalids})"


class Confirming(NamedTuple):
    """The digits were read back; the caller says whether they are right."""

    step: str
    digits: str
    timeouts: int = 0
    invalids: int = 0

    def __repr__(self) -> str:
        return f"Confirming({self.step!r}, timeouts={self.timeouts}, invalids={self.invalids})"


class Queued(NamedTuple):
    """Waiting for an agent, or talking to one."""

    step: str


class Doing(NamedTuple):
    """The outside does something for a step; ``phase`` and ``notes`` are the step's own.

    ``notes`` is JSON-able, and shows in no repr: a survey's hold what was answered.
    """

    step: str
    phase: str = ""
    notes: Mapping[str, Any] = NOTHING

    def __repr__(self) -> str:
        return f"Doing({self.step!r}, {self.phase!r})"


class Ended(NamedTuple):
    """The flow is over; nothing moves it from here."""

    cause: str


Position = Playing | Asking | Confirming | Queued | Doing | Ended
_POSITIONS: dict[str, type[Position]] = {
    "playing": Playing,
    "asking": Asking,
    "confirming": Confirming,
    "queued": Queued,
    "doing": Doing,
    "ended": Ended,
}
_POSITION_NAMES = {position: name for name, position in _POSITIONS.items()}


class Frame(NamedTuple):
    """A flow that waits for the sub-flow it called at ``step``, with what it carries."""

    flow: str
    step: str
    variables: Values
    secrets: Values
    menus: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Frame({self.flow!r}, {self.step!r})"


class Scope(NamedTuple):
    """What a call carries from step to step.

    ``secrets`` are the sensitive variables: never saved, never in a repr. ``facts`` are what
    steps learned beside the flow's own variables (``reply.status``, ``caller.name``): they hold
    in every flow of the call. ``frames`` are the flows that wait for this one. ``failures``
    counts the steps that failed since the caller last keyed or waited; ``gone``: the caller has
    hung up.
    """

    flow: str
    call: CallFacts
    language: str
    variables: Values = NOTHING
    secrets: Values = NOTHING
    facts: Values = NOTHING
    frames: tuple[Frame, ...] = ()
    menus: tuple[str, ...] = ()
    failures: int = 0
    gone: bool = False

    def __repr__(self) -> str:
        return f"Scope({self.flow!r}, {self.language!r}, failures={self.failures})"

    def with_(self, field: int, value: object) -> Scope:
        """The same with one field changed, by its place in `SCOPE`: half the cost of _replace."""
        fields: list[Any] = list(self)
        fields[field] = value
        return tuple.__new__(Scope, fields)


SCOPE = {name: place for place, name in enumerate(Scope._fields)}
"""Where each field of a scope is."""


class CallState(NamedTuple):
    """A call in its flow: what it carries, and where it stands."""

    scope: Scope
    at: Position

    def to_dict(self) -> dict[str, Any]:
        """A JSON-able mapping without the sensitive variables."""
        scope = self.scope
        return {
            **scope._asdict(),
            "call": scope.call._asdict(),
            "variables": _saved(scope.variables),
            "facts": _saved(scope.facts),
            "frames": [[f.flow, f.step, _saved(f.variables), list(f.menus)] for f in scope.frames],
            "menus": list(scope.menus),
            "secrets": {},
            "at": {"is": _POSITION_NAMES[type(self.at)], **self.at._asdict()},
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> CallState:
        """The state that ``to_dict`` saved; sensitive variables are unset. Raises StateError."""
        try:
            return cls(_scope(saved), _position(saved["at"]))
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise StateError(f"not a saved call state: {type(error).__name__}") from error


def _saved(values: Values) -> dict[str, Any]:
    return {name: save(value) for name, value in values.items()}


def _restored(saved: Mapping[str, Any]) -> Values:
    return {name: restore(value) for name, value in saved.items()}


def _scope(saved: Mapping[str, Any]) -> Scope:
    frames = (
        Frame(str(flow), str(step), _restored(variables), NOTHING, tuple(map(str, menus)))
        for flow, step, variables, menus in saved["frames"]
    )
    return Scope(
        flow=str(saved["flow"]),
        call=CallFacts(**saved["call"]),
        language=str(saved["language"]),
        variables=_restored(saved["variables"]),
        facts=_restored(saved["facts"]),
        frames=tuple(frames),
        menus=tuple(map(str, saved["menus"])),
        failures=int(saved["failures"]),
        gone=bool(saved["gone"]),
    )


def _position(saved: Mapping[str, Any]) -> Position:
    fields = dict(saved)
    return _POSITIONS[fields.pop("is")](**fields)
