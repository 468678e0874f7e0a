"""One turn of the interpreter: what nodes see and give back. Nothing here outlives the turn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ivr.commands import Command, Hangup
from ivr.events import Event
from ivr.state import SCOPE, Ended, Frame, Position, Scope, Values
from ivr.variables import Value


class TraceEntry(NamedTuple):
    """One line of a call's timeline; ``what`` never holds a digit that was collected."""

    step: str
    what: str


@lru_cache(maxsize=8_192)
def _entry(flow: str, step: str, what: str) -> TraceEntry:
    """Of a flow that another called, its name too. Calls write the same lines over and over."""
    return TraceEntry(f"{flow}/{step}" if flow else step, what)


class Wait(NamedTuple):
    """A node's answer: the call stands at ``at`` until the outside has done ``command``."""

    at: Position
    command: Command


class Enter(NamedTuple):
    """A node's answer: the call goes on in another flow, at its start (None) or at ``step``."""

    flow: str
    step: str | None = None


class Return(NamedTuple):
    """A node's answer: this sub-flow is over, and gives these results to the flow that called."""

    results: Values


class AfterHangup(NamedTuple):
    """A node's answer: what ``step`` still had to do for a caller who hung up is done."""

    step: str


Outcome = str | Wait | Enter | Return | AfterHangup
"""What follows: the name of the next step, a command to wait for, or another flow."""


def ended(cause: str) -> Wait:
    """The end of the flow: from here only the same hangup follows."""
    return Wait(Ended(cause), Hangup(cause))


FAILED = ended("failure")
"""Where a call goes that has nowhere else to go."""

MAX_FAILURES = 8
"""Failed steps after which a call is given up, if its caller has neither keyed a thing nor waited
meanwhile: exits for errors may lead in a circle, in which nobody but the caller ends the call."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


_LANGUAGE, _VARIABLES, _SECRETS, _FACTS, _MENUS, _FAILURES, _GONE = (
    SCOPE[name]
    for name in ("language", "variables", "secrets", "facts", "menus", "failures", "gone")
)


class Run:
    """The call as one turn changes it: begun from a state, sealed into the next one."""

    __slots__ = ("_local", "now_ms", "scope", "trace")

    def __init__(self, scope: Scope, now_ms: int) -> None:
        self.scope = scope
        self.now_ms = now_ms
        self.trace: list[TraceEntry] = []
        self._local: datetime | None = None

    def enter(self, node: Node) -> None:
        """A step begins."""
        if self.scope.frames:
            self.note(node.name, node.kind)
        else:
            self.trace.append(node.line)

    def note(self, step: str, what: str) -> None:
        """Add a line to the call's timeline."""
        scope = self.scope
        self.trace.append(_entry(scope.flow if scope.frames else "", step, what))

    def assign(self, name: str, value: Value, *, sensitive: bool) -> None:
        """Set a variable; the scope this turn began with stays as it was."""
        scope = self.scope
        if sensitive:
            self.scope = scope.with_(_SECRETS, {**scope.secrets, name: value})
        else:
            self.scope = scope.with_(_VARIABLES, {**scope.variables, name: value})

    def assign_all(self, values: Values, secrets: Values) -> None:
        """Set several variables, ``secrets`` the sensitive ones among them."""
        scope = self.scope
        if values:
            scope = scope.with_(_VARIABLES, {**scope.variables, **values})
        if secrets:
            scope = scope.with_(_SECRETS, {**scope.secrets, **secrets})
        self.scope = scope

    def learn(self, facts: Values) -> None:
        """Add to what steps have learned; the names are dotted, such as ``reply.status``."""
        self.scope = self.scope.with_(_FACTS, {**self.scope.facts, **facts})

    def speak(self, language: str) -> None:
        """From here on the caller hears ``language``."""
        self.scope = self.scope.with_(_LANGUAGE, language)

    def hung_up(self) -> None:
        """The caller is gone; what follows is done for nobody's ears."""
        self.scope = self.scope.with_(_GONE, True)

    def visit(self, menu: str) -> None:
        """The caller is in this menu; ``back`` leads to the one before. A menu that was visited
        earlier is returned to: those after it are forgotten."""
        menus = self.scope.menus
        if menus and menus[-1] == menu:
            return
        if menu in menus:
            menus = menus[: menus.index(menu)]
        self.scope = self.scope.with_(_MENUS, (*menus, menu))

    def call(self, step: str, flow: str, variables: Values, secrets: Values) -> Enter:
        """Go into a sub-flow with these variables; `leave` comes back."""
        scope = self.scope
        frame = Frame(scope.flow, step, scope.variables, scope.secrets, scope.menus)
        self._move(flow, variables, secrets, (*scope.frames, frame), ())
        return Enter(flow)

    def leave(self) -> Frame | None:
        """Come back from a sub-flow to where it was called; None when this is no sub-flow."""
        frames = self.scope.frames
        if not frames:
            return None
        frame = frames[-1]
        self._move(frame.flow, frame.variables, frame.secrets, frames[:-1], frame.menus)
        return frame

    def _move(
        self,
        flow: str,
        variables: Values,
        secrets: Values,
        frames: tuple[Frame, ...],
        menus: tuple[str, ...],
    ) -> None:
        """Into another flow, which has variables and menus of its own."""
        _, call, language, _, _, facts, _, _, failures, gone = self.scope
        self.scope = Scope(
            flow, call, language, variables, secrets, facts, frames, menus, failures, gone
        )

    def fails(self) -> bool:
        """One more step of this call failed; whether the call is to be given up."""
        failures = self.scope.failures + 1
        self.scope = self.scope.with_(_FAILURES, failures)
        return failures >= MAX_FAILURES

    def forgive(self) -> None:
        """The caller has done something: what fails from here on is no circle of errors."""
        self.scope = self.scope.with_(_FAILURES, 0)

    def value(self, name: str) -> Value:
        """A name's value: of a variable, of a fact, or of the call itself; None: not set."""
        scope = self.scope
        if name in scope.variables:
            return scope.variables[name]
        computed = COMPUTED.get(name)
        if computed is not None:
            return computed(self)
        if name in scope.facts:
            return scope.facts[name]
        return scope.secrets.get(name)

    @property
    def local(self) -> datetime:
        """Now, on the site's clocks."""
        if self._local is None:
            zone = ZoneInfo(self.scope.call.zone)
            self._local = datetime.fromtimestamp(self.now_ms / 1000, zone)
        return self._local


def _caller(run: Run) -> Value:
    # What SIP calls a number may be any name; a flow is promised digits.
    return "".join(sign for sign in run.scope.call.caller if sign in "0123456789") or None


COMPUTED: Mapping[str, Callable[[Run], Value]] = {
    "call.caller": _caller,
    "call.called": lambda run: run.scope.call.called.lstrip("+"),
    "call.language": lambda run: run.scope.language,
    "call.id": lambda run: run.scope.call.id,
    "call.direction": lambda run: "outbound" if run.scope.call.campaign else "inbound",
    "call.campaign": lambda run: run.scope.call.campaign or None,
    "time.date": lambda run: run.local.date(),
    "time.clock": lambda run: run.local.time().replace(second=0, microsecond=0),
    "time.weekday": lambda run: WEEKDAYS[run.local.weekday()],
    "time.hour": lambda run: Decimal(run.local.hour),
    "time.minute": lambda run: Decimal(run.local.minute),
    "time.day": lambda run: Decimal(run.local.day),
    "time.month": lambda run: Decimal(run.local.month),
    "time.year": lambda run: Decimal(run.local.year),
}
"""How each of `ivr.names.CALL_NAMES` is found."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Where a step goes, its exits and the inherited ones resolved; unset ones end the call."""

    next: Outcome = FAILED
    on_timeout: Outcome = FAILED
    on_invalid: Outcome = FAILED
    on_error: Outcome = FAILED
    on_hangup: Outcome | None = None


class Node(ABC):
    """A step made ready to run: everything that can be known before a call is computed once."""

    __slots__ = ("kind", "line", "name", "targets")

    def __init__(self, name: str, kind: str, targets: Targets) -> None:
        self.name = name
        self.kind = kind
        self.line = TraceEntry(name, kind)
        self.targets = targets

    @abstractmethod
    def enter(self, run: Run) -> Outcome:
        """The call arrives at this step."""

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        """The command this step gave was done; steps that give none never get here."""
        return self.unexpected(run, event)

    def stopped(self, run: Run, at: Position, reason: str) -> Outcome:
        """The command this step gave could not be done."""
        return self.failed(run, reason)

    def hung_up(self, run: Run, at: Position) -> Wait | None:
        """The caller is gone: what this step still has to do, which needs no caller.

        Its event comes back to `resume` (or `stopped`), which answers `AfterHangup`.
        """
        return None

    def returned(self, run: Run, results: Values) -> Outcome:
        """The sub-flow that this step called has ended."""
        return self.failed(run, "no step that calls")

    def unexpected(self, run: Run, event: Event) -> Outcome:
        """An event that answers another command: a fault outside, treated as a failed step."""
        return self.failed(run, f"unexpected {type(event).__name__}")

    def failed(self, run: Run, reason: str) -> Outcome:
        """Leave by ``on_error``."""
        run.note(self.name, f"failed: {reason}")
        return FAILED if run.fails() else self.targets.on_error
