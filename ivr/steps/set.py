"""``set``: give variables a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from config.problem import Path
from ivr.assigning import Assignment, assignments, expressions_of, findings, templates_of
from ivr.names import LEARNED, SETTABLE
from ivr.run import Node, Outcome, Run
from ivr.steps.base import Build, Context, Continues, Finding
from ivr.values import SettableName
from ivr.variables import Kind, Variable

_SETTABLE: Mapping[str, Variable] = {name: LEARNED[name] for name in SETTABLE}


class Set(Continues):
    """``mark: {set: {topic: "Fault {account}", tries: tries + 1}, next: queue}``

    Text and digits are written as they are, with ``{holes}``; every other type is an expression.
    """

    kind: ClassVar[str] = "set"
    at_once: ClassVar[bool] = True
    set: Annotated[dict[SettableName, str], Field(min_length=1)] = Field(
        description="variables and their values, given in this order"
    )

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        for name, source in templates_of(self.set, {**variables, **_SETTABLE}):
            yield ("set", name), source

    def expressions(
        self, variables: Mapping[str, Variable]
    ) -> Iterator[tuple[Path, str, Kind | None]]:
        for name, source, variable in expressions_of(self.set, variables):
            yield ("set", name), source, variable.type

    def assigns(self) -> Iterator[str]:
        yield from self.set

    def summary(self, language: str) -> str:
        return ", ".join(f"{name} = {value}" for name, value in self.set.items())

    def findings(self, context: Context) -> Iterator[Finding]:
        targets = {**context.variables, **_SETTABLE}
        yield from findings(("set",), self.set, targets, context)

    def node(self, build: Build) -> Node:
        return SetNode(build, assignments(self.set, {**build.variables, **_SETTABLE}, build))


class SetNode(Node):
    """Assigns in the order written; a value of the wrong type leaves by ``on_error``."""

    __slots__ = ("_assignments",)

    def __init__(self, build: Build, assignments: tuple[Assignment, ...]) -> None:
        super().__init__(build.name, Set.kind, build.targets)
        self._assignments = assignments

    def enter(self, run: Run) -> Outcome:
        for assignment in self._assignments:
            name, variable, _ = assignment
            value = assignment.value(run)
            if value is None:
                return self.failed(run, f"the value for {name} is not {variable.type}")
            if name in SETTABLE:
                run.learn({name: value})
            else:
                run.assign(name, value, sensitive=variable.sensitive)
        return self.targets.next
