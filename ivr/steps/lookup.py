"""``lookup``: who calls, and what came of their earlier calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.problem import Path
from config.suggest import shown
from ivr.commands import Lookup
from ivr.events import Done, Event
from ivr.filling import told_findings
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Doing, Position, Values
from ivr.steps.base import Build, Context, Continues, Edge, Finding
from ivr.values import StepName
from ivr.variables import Value, Variable

CALLER = "caller"


class LookupBody(DocumentModel):
    """Another number than the caller's: one that was asked for, as digits."""

    number: str | None = Field(
        default=None, description='whose, such as "{mobile}"; not written: the caller'
    )


def _body(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value != CALLER:
        like = 'write caller, or {number: "{mobile}"}'
        raise ValueError(f"{shown(value)} is nobody to look up, {like}")
    return {}


class LookupStep(Continues):
    """``who: {lookup: caller, known: greet, unknown: main}``

    Learns ``caller.known``, ``caller.name``, ``caller.language`` and ``caller.segment`` and the
    site's own fields from the site's customers, and ``caller.contacts``, ``caller.last_date``,
    ``caller.last_queue``, ``caller.last_topic``, ``caller.last_agent`` and
    ``caller.last_outcome`` from the history. What is not known is not set. ``known`` and
    ``unknown`` go by whether the number is a customer's; where one of them is not written, the
    call goes to ``next``. It takes half a second at most, else it leaves by ``on_error``.
    """

    kind: ClassVar[str] = "lookup"
    lookup: Annotated[
        LookupBody, BeforeValidator(_body, json_schema_input_type=str | LookupBody)
    ] = Field(description="caller, or the number of somebody else")
    known: StepName | None = Field(default=None, description="the step for a customer")
    unknown: StepName | None = Field(default=None, description="the step for anybody else")

    def required(self) -> Iterator[str]:
        if self.known is None or self.unknown is None:
            yield from super().required()

    def branches(self) -> Iterator[Edge]:
        for name, target in (("known", self.known), ("unknown", self.unknown)):
            if target is not None:
                yield Edge((name,), target, silent=True)

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        if self.lookup.number is not None:
            yield ("lookup", "number"), self.lookup.number

    def findings(self, context: Context) -> Iterator[Finding]:
        if self.lookup.number is not None:
            path, why = ("lookup", "number"), "the customers and the history are searched for it"
            yield from told_findings(path, self.lookup.number, context.names, why)

    def summary(self, language: str) -> str:
        return self.lookup.number or CALLER

    def node(self, build: Build) -> Node:
        return LookupNode(build, self)


class LookupNode(Node):
    """Asks, learns, and goes by whether the number is known."""

    __slots__ = ("_at", "_known", "_names", "_nobody", "_number", "_unknown")

    def __init__(self, build: Build, step: LookupStep) -> None:
        super().__init__(build.name, LookupStep.kind, build.targets)
        number = step.lookup.number
        self._at = Doing(build.name)
        self._names = {
            name: kind for name, kind in build.names.items() if name.startswith(f"{CALLER}.")
        }
        self._nobody: Values = dict.fromkeys(self._names)
        self._number: Callable[[Run], str] = (
            build.template(number) if number is not None else lambda run: run.scope.call.caller
        )
        self._known = build.goes(step.known, build.targets.next)
        self._unknown = build.goes(step.unknown, build.targets.next)

    def enter(self, run: Run) -> Outcome:
        # What was learned of somebody before is not of this one, also when nobody answers.
        run.learn(self._nobody)
        return Wait(self._at, Lookup(self._number(run)))

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not Done:
            return self.unexpected(run, event)
        run.learn(self._told(event))
        is_known = event.outcome == "known"
        run.note(self.name, "known" if is_known else "unknown")
        return self._known if is_known else self._unknown

    def _told(self, event: Done) -> dict[str, Value]:
        """Of what the outside tells, what flows can name, as the type that it is said to be."""
        return {name: kind.accept(event.values.get(name)) for name, kind in self._names.items()}
