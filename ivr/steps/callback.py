"""``callback``: the caller hangs up and is called when it is their turn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.callbacks import First
from config.calling_hours import calling_hours
from config.document import DocumentModel
from config.numbers import e164
from config.problem import Path
from ivr.commands import CallBack, CancelCallback
from ivr.events import Done, Event
from ivr.filling import told_by_term, told_findings
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Doing, Position
from ivr.steps import skilled
from ivr.steps.asked_time import Asked as AskedTime
from ivr.steps.asked_time import Window, is_duration, local, too_long
from ivr.steps.base import Build, Context, Continues, Edge, Finding, unknown
from ivr.steps.permitted import number_findings
from ivr.steps.skilled import Asked, Priority
from ivr.values import StepName
from ivr.variables import Kind, Value, Variable
from ivr.wording import holes

_SEPARATORS = re.compile(r"[\s()/.-]")
_NUMBER = re.compile(r"\+?[0-9]{5,15}")
_KINDS: Mapping[str, Kind] = {"at": "time", "until": "time", "day": "date", "after": "number"}
_OF_CANCEL = frozenset({"cancel", "number", "customer"})


class CallbackBody(DocumentModel):
    """Whom to call, for which queue, and when."""

    queue: str | None = Field(
        default=None, description="one of the site's queues; without it the queue just left"
    )
    number: str = Field(
        default="{call.caller}",
        description="whom to call: the caller's own number, or one that the site permits, as "
        "people write it: +36…, 0036… or, in the site's own country, without that; spaces and "
        "hyphens do not matter",
    )
    customer: str | None = Field(
        default=None,
        description='who that is, like "{account}", where customers call from several numbers: '
        "one callback at a time is promised to each, whatever the number",
    )
    keep_place: bool = Field(
        default=True, description="the time waited so far counts, as if the caller had stayed"
    )
    at: str | None = Field(
        default=None, description="an expression: not before this time of day; today or tomorrow"
    )
    day: str | None = Field(default=None, description="an expression: the day, with at")
    until: str | None = Field(
        default=None,
        description="an expression, with at: the time of day at which the customer is not there "
        "any more. No further call is begun then; the first is made late if no agent was free",
    )
    after: str | None = Field(
        default=None,
        description="not before so long from now: a time like 30s or 2h, or an expression in "
        "minutes",
    )
    first: First | None = Field(
        default=None,
        description="whose phone rings first, agent or customer; without it as the queue says",
    )
    skills: Asked = Field(
        default_factory=dict,
        description="skill: level, 1 to 5, or an expression as in a queue; without "
        "them what was asked for in the queue just left",
    )
    priority: Priority | None = Field(
        default=None, description="0 to 100 or an expression; without it that of the queue left"
    )
    cancel: bool = Field(
        default=False,
        description="call off what was promised to the number or the customer, and promise nothing",
    )

    def times(self) -> Iterator[tuple[str, str]]:
        """The expressions of times, by their field."""
        for name in _KINDS:
            source = getattr(self, name)
            if source is not None and not (name == "after" and is_duration(source)):
                yield name, source


def _queue(value: Any) -> Any:
    return {"queue": value} if isinstance(value, str) else value


class Callback(Continues):
    """``promise: {callback: {number: "+{mobile}", at: slot}, next: promised, on_error: no_number}``

    The contact stays in the line without its caller, who may hang up. When it is its turn, the
    agent's phone rings first and shows the customer; then the customer is called and the two are
    joined; or the customer's first (``first``), while an agent is kept free. One callback is
    promised to a number at a time: another goes to ``already``. A customer who calls again is not
    called meanwhile: waiting in the same queue they have the promised place, and whoever leaves
    without an agent is called back after all. Behind the promise ``callback.date`` and
    ``callback.time`` say when the call is to come, where that is not as soon as possible; a time
    at which the site calls nobody leads to ``outside``, where they say the next that it does.
    With ``cancel`` what was promised is called off, and who was promised nothing leaves by
    ``none``. A number that is withheld, is none, or is not the caller's own and not one that the
    site permits (``callbacks``), leaves by ``on_error``.
    """

    kind: ClassVar[str] = "callback"
    callback: Annotated[
        CallbackBody, BeforeValidator(_queue, json_schema_input_type=str | CallbackBody)
    ] = Field(description="whom to call, for which queue, and when")
    already: StepName | None = Field(
        default=None, description="a callback to this number is promised; without it next"
    )
    outside: StepName | None = Field(
        default=None,
        description="the time asked for is outside the hours in which customers are called; "
        "without it the call is promised for when they begin",
    )
    none: StepName | None = Field(
        default=None, description="with cancel: there was none; without it next"
    )

    def branches(self) -> Iterator[Edge]:
        for name in ("already", "outside", "none"):
            target = getattr(self, name)
            if target is not None:
                yield Edge((name,), target, silent=True)

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        yield ("callback", "number"), self.callback.number
        if self.callback.customer is not None:
            yield ("callback", "customer"), self.callback.customer
        yield from skilled.skill_texts(self.callback.skills, ("callback", "skills"))

    def expressions(
        self, variables: Mapping[str, Variable]
    ) -> Iterator[tuple[Path, str, Kind | None]]:
        body = self.callback
        for name, source in body.times():
            yield ("callback", name), source, _KINDS[name]
        if body.priority is not None and not skilled.is_number(body.priority):
            yield ("callback", "priority"), body.priority, "number"

    def findings(self, context: Context) -> Iterator[Finding]:
        body = self.callback
        if body.queue is not None:
            path = ("callback", "queue")
            yield from unknown("queue", body.queue, path, context.known.queues)
            asked = ("callback", "skills")
            yield from skilled.staff_findings(body.skills, body.queue, asked, context)
        yield from skilled.skill_findings(body.skills, ("callback", "skills"), context)
        if body.priority is not None:
            path = ("callback", "priority")
            yield from skilled.priority_findings(body.priority, path, context)
        why = "who is called is kept in history"
        yield from told_findings(("callback", "number"), body.number, context.names, why)
        if body.customer is not None:
            yield from told_findings(("callback", "customer"), body.customer, context.names, why)
        for name, source in body.times():
            why = "when somebody is called is kept in history"
            yield from told_by_term(("callback", name), source, context.names, why)
        yield from self._of_number(context)
        yield from self._of_fields()

    def _of_number(self, context: Context) -> Iterator[Finding]:
        number = self.callback.number
        written = callable_number(number)
        if written is not None or not any(holes(number)):
            path, rule = ("callback", "number"), context.known.callbacks
            found = e164(number, context.known.country) or written or number
            yield from number_findings(path, found, "callback", rule)

    def _of_fields(self) -> Iterator[Finding]:
        """Those that say nothing beside others."""
        body = self.callback
        if body.day is not None and body.at is None:
            yield Finding(("callback", "day"), "has no time: say at what time of the day")
        if body.until is not None and body.at is None:
            yield Finding(("callback", "until"), "has no beginning: say from when on in at")
        if body.after is not None and body.at is not None:
            yield Finding(("callback", "after"), "says when, and so does at: write one of the two")
        if body.after is not None and too_long(body.after):
            yield Finding(("callback", "after"), "is longer than a year")
        if body.cancel:
            for name in sorted(body.model_fields_set - _OF_CANCEL):
                message = "means nothing where a callback is called off"
                yield Finding(("callback", name), message, key=True)
        elif self.none is not None:
            yield Finding(("none",), "no call will go this way: nothing is called off", key=True)

    def node(self, build: Build) -> Node:
        return (CancelNode if self.callback.cancel else CallbackNode)(build, self)


class CancelNode(Node):
    """Has the outside call off what is promised."""

    __slots__ = ("_customer", "_none", "_number", "_place")

    def __init__(self, build: Build, step: Callback) -> None:
        super().__init__(build.name, Callback.kind, build.targets)
        self._place = Doing(build.name)
        self._none = build.goes(step.none, build.targets.next)
        self._number = build.template(step.callback.number)
        self._customer = build.template(step.callback.customer or "")

    def enter(self, run: Run) -> Outcome:
        number, customer = callable_number(self._number(run)), self._customer(run).strip()
        if number is None and not customer:
            return self.failed(run, "no number, and no customer")
        return Wait(self._place, CancelCallback(number or "", customer))

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not Done:
            return self.unexpected(run, event)
        run.note(self.name, event.outcome)
        return self._none if event.outcome == "none" else self.targets.next


class CallbackNode(Node):
    """Has the outside promise the call."""

    __slots__ = (
        *("_already", "_body", "_country", "_customer", "_hours", "_number", "_outside"),
        *("_permitted", "_place", "_priority", "_skills", "_when"),
    )

    def __init__(self, build: Build, step: Callback) -> None:
        super().__init__(build.name, Callback.kind, build.targets)
        body = self._body = step.callback
        self._place = Doing(build.name)
        self._permitted = build.known.callbacks
        self._country = build.known.country
        self._hours = build.known.hours or {}
        self._already = build.goes(step.already, build.targets.next)
        self._outside = step.outside
        self._number = build.template(body.number)
        self._customer = build.template(body.customer or "")
        self._skills = skilled.demand(body.skills, build)
        readers = {name: build.term(source).read for name, source in body.times()}
        self._when = AskedTime(readers, body.after)
        self._priority = (
            skilled.priority(body.priority, build) if body.priority is not None else None
        )

    def enter(self, run: Run) -> Outcome:
        number = callable_number(self._number(run))
        if number is None:
            return self.failed(run, "no number to call")
        permitted, caller = self._permitted, run.scope.call.caller
        if permitted is not None and not permitted.permit_to(number, caller, self._country):
            return self.failed(run, "the site permits no callback to this number")
        asked = self._when.window(run)
        if asked is None:
            return self.failed(run, "no time that is to come")
        return self._within_hours(run, number, asked)

    def _within_hours(self, run: Run, number: str, asked: Window) -> Outcome:
        """The next time from that which was asked for at which the site calls customers."""
        hours = calling_hours(self._permitted, self._hours, number, self._country)
        wanted_ms = asked.at_ms or run.now_ms
        at_ms = hours.next_ms(wanted_ms)
        if at_ms is None or (asked.until_ms is not None and at_ms >= asked.until_ms):
            run.learn(_learned(run, at_ms))
            if self._outside is not None:
                return self._outside_hours(run)
            return self.failed(run, "no hour in which customers are called")
        is_early = asked.at_ms is not None and at_ms > wanted_ms
        as_asked = asked.at_ms is None and at_ms == wanted_ms
        run.learn(_learned(run, None if as_asked else at_ms))
        if is_early and self._outside is not None:
            return self._outside_hours(run)
        return Wait(self._place, self._command(run, number, asked._replace(at_ms=at_ms), as_asked))

    def _outside_hours(self, run: Run) -> Outcome:
        run.note(self.name, "outside the hours")
        assert self._outside is not None  # noqa: S101  # asked before
        return self._outside

    def _command(self, run: Run, number: str, asked: Window, at_once: bool) -> CallBack:
        skills, requires = self._skills(run)
        body = self._body
        return CallBack(
            number,
            body.queue,
            skills,
            self._priority(run) if self._priority is not None else None,
            body.keep_place,
            None if at_once else asked.at_ms,
            run.scope.language,
            requires,
            asked.until_ms,
            self._customer(run).strip(),
            body.first,
        )

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not Done:
            return self.unexpected(run, event)
        match event.outcome:
            case "promised":
                run.note(self.name, "promised")
                return self.targets.next
            case "already":
                run.learn(_learned(run, None))
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


def _learned(run: Run, at_ms: int | None) -> dict[str, Value]:
    moment = local(run, at_ms) if at_ms is not None else None
    return {
        "callback.date": moment.date() if moment is not None else None,
        "callback.time": moment.time() if moment is not None else None,
    }
