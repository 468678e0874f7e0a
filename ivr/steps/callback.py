"""``callback``: the caller hangs up and is called when it is their turn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.problem import Path
from config.telephony import international
from ivr.commands import CallBack
from ivr.events import Done, Event
from ivr.filling import told_by_term, told_findings
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Doing, Position
from ivr.steps import skilled
from ivr.steps.base import Build, Context, Continues, Edge, Finding, unknown
from ivr.steps.permitted import number_findings
from ivr.steps.skilled import Asked, Priority
from ivr.values import StepName
from ivr.variables import Kind, Value, Variable
from ivr.wording import holes

_SEPARATORS = re.compile(r"[\s()/.-]")
_NUMBER = re.compile(r"\+?[0-9]{5,15}")


class CallbackBody(DocumentModel):
    """Whom to call, for which queue, and when."""

    queue: str | None = Field(
        default=None, description="one of the site's queues; without it the queue just left"
    )
    number: str = Field(
        default="{call.caller}",
        description="whom to call: the caller's own number, or with its country code "
        "(+36…, 0036…) one that the site permits; spaces and hyphens do not matter",
    )
    keep_place: bool = Field(
        default=True, description="the time waited so far counts, as if the caller had stayed"
    )
    at: str | None = Field(
        default=None, description="an expression: not before this time of day; today or tomorrow"
    )
    day: str | None = Field(default=None, description="an expression: the day, with at")
    skills: Asked = Field(
        default_factory=dict,
        description="skill: level, 1 to 5, or an expression as in a queue; without "
        "them what was asked for in the queue just left",
    )
    priority: Priority | None = Field(
        default=None, description="0 to 100 or an expression; without it that of the queue left"
    )


def _queue(value: Any) -> Any:
    return {"queue": value} if isinstance(value, str) else value


class Callback(Continues):
    """``promise: {callback: {number: "+{mobile}", at: slot}, next: promised, on_error: no_number}``

    The contact stays in the line without its caller, who may hang up. When it is its turn, the
    agent's phone rings first and shows the customer; then the customer is called and the two are
    joined. One callback is promised to a number at a time: another goes to ``already``. A
    customer who calls again is not called meanwhile: waiting in the same queue they have the
    promised place, and whoever leaves without an agent is called back after all. A number that
    is withheld, is none, or is not the caller's own and not one that the site permits
    (``callbacks``), leaves by ``on_error``.
    """

    kind: ClassVar[str] = "callback"
    callback: Annotated[
        CallbackBody, BeforeValidator(_queue, json_schema_input_type=str | CallbackBody)
    ] = Field(description="whom to call, for which queue, and when")
    already: StepName | None = Field(
        default=None, description="a callback to this number is promised; without it next"
    )

    def branches(self) -> Iterator[Edge]:
        if self.already is not None:
            yield Edge(("already",), self.already, silent=True)

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        yield ("callback", "number"), self.callback.number
        yield from skilled.skill_texts(self.callback.skills, ("callback", "skills"))

    def expressions(
        self, variables: Mapping[str, Variable]
    ) -> Iterator[tuple[Path, str, Kind | None]]:
        body = self.callback
        if body.at is not None:
            yield ("callback", "at"), body.at, "time"
        if body.day is not None:
            yield ("callback", "day"), body.day, "date"
        if body.priority is not None and not skilled.is_number(body.priority):
            yield ("callback", "priority"), body.priority, "number"

    def findings(self, context: Context) -> Iterator[Finding]:
        body = self.callback
        if body.queue is not None:
            path = ("callback", "queue")
            yield from unknown("queue", body.queue, path, context.known.queues)
        yield from skilled.skill_findings(body.skills, ("callback", "skills"), context)
        if body.priority is not None:
            path = ("callback", "priority")
            yield from skilled.priority_findings(body.priority, path, context)
        why = "who is called is kept in history"
        yield from told_findings(("callback", "number"), body.number, context.names, why)
        for name, source in (("at", body.at), ("day", body.day)):
            why = "when somebody is called is kept in history"
            if source is not None:
                yield from told_by_term(("callback", name), source, context.names, why)
        written = callable_number(body.number)
        if written is not None or not any(holes(body.number)):
            path, rule = ("callback", "number"), context.known.callbacks
            yield from number_findings(
                path, international(written or body.number), "callback", rule
            )
        if body.day is not None and body.at is None:
            yield Finding(("callback", "day"), "has no time: say at what time of the day")

    def node(self, build: Build) -> Node:
        return CallbackNode(build, self)


class CallbackNode(Node):
    """Has the outside promise the call."""

    __slots__ = (
        *("_already", "_at", "_body", "_day", "_number", "_permitted", "_place", "_priority"),
        "_skills",
    )

    def __init__(self, build: Build, step: Callback) -> None:
        super().__init__(build.name, Callback.kind, build.targets)
        body = self._body = step.callback
        self._place = Doing(build.name)
        self._permitted = build.known.callbacks
        self._already = build.goes(step.already, build.targets.next)
        self._number = build.template(body.number)
        self._skills = skilled.demand(body.skills, build)
        self._at = _reader(body.at, build)
        self._day = _reader(body.day, build)
        self._priority = (
            skilled.priority(body.priority, build) if body.priority is not None else None
        )

    def enter(self, run: Run) -> Outcome:
        number = callable_number(self._number(run))
        if number is None:
            return self.failed(run, "no number to call")
        permitted, caller = self._permitted, run.scope.call.caller
        if permitted is not None and not permitted.permit_to(number, caller):
            return self.failed(run, "the site permits no callback to this number")
        at_ms = None
        if self._body.at is not None:
            at_ms = _moment_ms(run.local, self._at(run), self._day(run))
            if at_ms is None:
                return self.failed(run, "no time that is to come")
        skills, requires = self._skills(run)
        command = CallBack(
            number,
            self._body.queue,
            skills,
            self._priority(run) if self._priority is not None else None,
            self._body.keep_place,
            at_ms,
            run.scope.language,
            requires,
        )
        return Wait(self._place, command)

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not Done:
            return self.unexpected(run, event)
        match event.outcome:
            case "promised":
                run.note(self.name, "promised")
                return self.targets.next
            case "already":
                run.note(self.name, "promised already")
                return self._already
            case "not_permitted":
                return self.failed(run, "the site permits no callback to this number")
            case _:
                return self.failed(run, "refused")


def callable_number(text: str) -> str | None:
    """A number as it is dialled, with its leading + if it has one; None when it is none.

    At most 15 digits (ITU-T E.164); fewer than five are a colleague's extension or a code.
    """
    number = _SEPARATORS.sub("", text)
    return number if _NUMBER.fullmatch(number) else None


def _reader(source: str | None, build: Build) -> Callable[[Run], Value]:
    return build.term(source).read if source is not None else lambda run: None


def _moment_ms(now: datetime, at: Value, day: Value) -> int | None:
    """The next time that it is ``at`` on the clock, or on that day; None when that is past."""
    if not isinstance(at, time):
        return None
    moment = datetime.combine(day if isinstance(day, date) else now.date(), at, now.tzinfo)
    if moment <= now and not isinstance(day, date):
        moment += timedelta(days=1)
    return round(moment.timestamp() * 1_000) if moment > now else None
