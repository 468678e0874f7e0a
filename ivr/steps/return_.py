"""``return``: the end of a flow that another one called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from config.problem import Path
from config.suggest import did_you_mean, shown
from ivr.assigning import Assignment, assignments, expressions_of, findings, templates_of
from ivr.run import Node, Outcome, Return, Run
from ivr.steps.base import Build, Context, Finding, Step
from ivr.values import VariableName
from ivr.variables import Kind, Variable

if TYPE_CHECKING:
    from ivr.flow import Flow


class ReturnStep(Step):
    """``done: {return: {known: "yes"}}``

    Sets variables in the order written, then gives the flow's ``results`` to the flow that called
    it. In a flow that no other called, the call ends normally.
    """

    kind: ClassVar[str] = "return"
    at_once: ClassVar[bool] = True
    return_: dict[VariableName, str] = Field(
        alias="return", description="results and their values; {} gives them as they are"
    )

    def ends(self, flows: Mapping[str, Flow] | None) -> bool:
        return True

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        for name, source in templates_of(self.return_, variables):
            yield ("return", name), source

    def expressions(
        self, variables: Mapping[str, Variable]
    ) -> Iterator[tuple[Path, str, Kind | None]]:
        for name, source, variable in expressions_of(self.return_, variables):
            yield ("return", name), source, variable.type

    def assigns(self) -> Iterator[str]:
        yield from self.return_

    def findings(self, context: Context) -> Iterator[Finding]:
        yield from findings(("return",), self.return_, context.variables, context)
        for name in self.return_:
            if name in context.variables and name not in context.results:
                hint = did_you_mean(name, context.results)
                message = f"{shown(name)} is no result of this flow, {hint}"
                yield Finding(("return", name), message, key=True)

    def node(self, build: Build) -> Node:
        return ReturnNode(build, assignments(self.return_, build.variables, build))


class ReturnNode(Node):
    """Gives the results to the flow that called."""

    __slots__ = ("_assignments", "_results")

    def __init__(self, build: Build, given: tuple[Assignment, ...]) -> None:
        super().__init__(build.name, ReturnStep.kind, build.targets)
        self._assignments = given
        self._results = [(name, build.names.reader(name)) for name in build.results]

    def enter(self, run: Run) -> Outcome:
        for given in self._assignments:
            run.assign(given.name, given.value(run), sensitive=given.variable.sensitive)
        return Return({name: read(run) for name, read in self._results})
