"""``branch``: where the call goes depends on what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.problem import Path
from ivr.run import Node, Outcome, Run
from ivr.steps.base import Build, Context, Edge, Finding, Step
from ivr.terms import never
from ivr.values import StepName
from ivr.variables import Kind, Value, Variable


class Case(DocumentModel):
    """A condition and where the call goes when it holds; ``else`` holds always."""

    if_: str | None = Field(default=None, alias="if", description="an expression: yes or no")
    go: StepName = Field(description="the step when the condition holds")

    @property
    def is_else(self) -> bool:
        return self.if_ is None


class Otherwise(DocumentModel):
    """Where the call goes when no condition holds."""

    else_: StepName = Field(alias="else", description="the step then; this entry is the last")


def _case(value: Any) -> Any:
    if not isinstance(value, Mapping) or "else" not in value:
        if isinstance(value, Mapping) and "go" in value and "if" not in value:
            raise ValueError("has no condition: write {if: …, go: …} or {else: …}")
        return value
    if len(value) > 1:
        raise ValueError("else stands alone: {else: step}")
    return {"go": value["else"]}


AnyCase = Annotated[Case, BeforeValidator(_case, json_schema_input_type=Case | Otherwise)]


class Branch(Step):
    """``owes?: {branch: [{if: balance < 0, go: pay}, {else: agent}]}``

    The first condition that holds decides. One that compares a value that is not set does not
    hold.
    """

    kind: ClassVar[str] = "branch"
    at_once: ClassVar[bool] = True
    branch: Annotated[list[AnyCase], Field(min_length=1)] = Field(
        description="conditions, tried in this order; the last is {else: step}"
    )
    on_error: StepName | None = Field(default=None, description="the step when it cannot be done")

    def branches(self) -> Iterator[Edge]:
        for index, case in enumerate(self.branch):
            key = "else" if case.is_else else "go"
            yield Edge(("branch", index, key), case.go, silent=True)

    def exit_label(self, path: Path) -> str:
        match path:
            case ("branch", int(index), _):
                return self._label(index)
        return super().exit_label(path)

    def _label(self, index: int) -> str:
        """Conditions have numbers where there are several: a picture has an order of its own."""
        condition = self.branch[index].if_
        if condition is None:
            return "else"
        several = sum(case.if_ is not None for case in self.branch) > 1
        return f"{index + 1}. {condition}" if several else condition

    def expressions(
        self, variables: Mapping[str, Variable]
    ) -> Iterator[tuple[Path, str, Kind | None]]:
        for index, case in enumerate(self.branch):
            if case.if_ is not None:
                yield ("branch", index, "if"), case.if_, "bool"

    def uses(self) -> Iterator[str]:
        return (case.if_ for case in self.branch if case.if_ is not None)

    def findings(self, context: Context) -> Iterator[Finding]:
        *before, last = self.branch
        early = [index for index, case in enumerate(before) if case.is_else]
        for index in early:
            message = "else stands last: nothing after it would be tried, put it at the end"
            yield Finding(("branch", index), message)
        if early:
            return  # what else is wrong follows from that
        if not last.is_else:
            message = "has no else: say where the call goes when no condition holds"
            yield Finding(("branch",), message)
        yield from self._never(context)

    def _never(self, context: Context) -> Iterator[Finding]:
        conditions = [case.if_ for case in self.branch if case.if_ is not None]
        for index, reason, unset, past in never(conditions, context.names, context.unset()):
            path = ("branch", index, "if")
            if past:
                if index < len(conditions):
                    message = f"is not true of anything that the site has now: {reason}"
                    yield Finding(path, message, warning=True)
            elif index < len(conditions):
                yield Finding(path, f"can never be true: {reason}", own=unset)
            elif len(self.branch) > index:
                message = f"is never taken: {reason}"
                yield Finding(("branch", index, "else"), message, warning=True, own=unset)

    def node(self, build: Build) -> Node:
        return BranchNode(build, self.branch)


class BranchNode(Node):
    """Tries the conditions in order."""

    __slots__ = ("_cases", "_otherwise")

    def __init__(self, build: Build, cases: list[Case]) -> None:
        super().__init__(build.name, Branch.kind, build.targets)
        self._cases: list[tuple[Callable[[Run], Value], str]] = [
            (build.term(case.if_).read, case.go) for case in cases if case.if_ is not None
        ]
        others = [case.go for case in cases if case.is_else]
        self._otherwise: Outcome = others[0] if others else build.targets.on_error

    def enter(self, run: Run) -> Outcome:
        for holds, go in self._cases:
            if holds(run) is True:
                return go
        return self._otherwise
