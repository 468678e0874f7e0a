"""``call``: another flow as a part of this one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.suggest import did_you_mean, shown
from ivr.assigning import Assignment, assignments, findings
from ivr.run import Node, Outcome, Run
from ivr.state import Values
from ivr.steps.base import Build, Context, Continues, Finding
from ivr.values import FlowName, VariableName
from ivr.variables import Value


class CallBody(DocumentModel):
    """``give`` fills the flow's parameters; ``take`` puts its results into variables."""

    flow: FlowName = Field(description="the flow that is called")
    give: dict[VariableName, str] = Field(
        default_factory=dict, description="a value for each of its parameters"
    )
    take: dict[VariableName, VariableName] = Field(
        default_factory=dict, description="variable here: result of the flow"
    )


def _flow(value: Any) -> Any:
    return {"flow": value} if isinstance(value, str) else value


class Call(Continues):
    """``verify: {call: {flow: identify, give: {account: "{account}"}, take: {ok: known}}}``

    The flow that is called has variables of its own. It comes back at its ``return`` step; where
    it hangs up, the call ends.
    """

    kind: ClassVar[str] = "call"
    call: Annotated[CallBody, BeforeValidator(_flow, json_schema_input_type=str | CallBody)] = (
        Field(description="the flow, and what passes between it and this one")
    )

    def assigns(self) -> Iterator[str]:
        yield from self.call.take

    def findings(self, context: Context) -> Iterator[Finding]:
        if context.flows is None:
            return
        flow = context.flows.get(self.call.flow)
        if flow is None:
            hint = did_you_mean(self.call.flow, context.flows)
            yield Finding(("call", "flow"), f"unknown flow {shown(self.call.flow)}, {hint}")
            return
        yield from findings(("call", "give"), self.call.give, flow.params, context)
        for name, variable in flow.params.items():
            if name not in self.call.give and variable.start is None:
                yield Finding(("call",), f"{flow.flow} needs {name}: give it a value")
        for name, result in self.call.take.items():
            yield from _take_findings(name, result, flow.results, context)
        for language in context.languages:
            if language not in flow.languages:
                yield Finding(("call", "flow"), f"{flow.flow} does not speak {shown(language)}")

    def node(self, build: Build) -> Node:
        return CallNode(build, self.call)


def _take_findings(
    name: str, result: str, results: tuple[str, ...], context: Context
) -> Iterator[Finding]:
    path = ("call", "take", name)
    if name not in context.variables:
        hint = did_you_mean(name, context.variables)
        yield Finding(path, f"unknown variable {shown(name)}, {hint}", key=True)
    if result not in results:
        yield Finding(path, f"unknown result {shown(result)}, {did_you_mean(result, results)}")


class CallNode(Node):
    """Goes into the other flow and takes its results."""

    __slots__ = ("_begin", "_flow", "_give", "_take")

    def __init__(self, build: Build, body: CallBody) -> None:
        super().__init__(build.name, f"call {body.flow}", build.targets)
        flow = build.flows.get(body.flow)
        params = flow.params if flow is not None else {}
        begin = flow.variables if flow is not None else {}
        self._flow = body.flow if flow is not None else None
        self._give: tuple[Assignment, ...] = assignments(body.give, params, build)
        self._begin = [(name, each.initial, each.sensitive) for name, each in begin.items()]
        self._take = [
            (name, build.variables[name], result)
            for name, result in body.take.items()
            if name in build.variables
        ]

    def enter(self, run: Run) -> Outcome:
        if self._flow is None:
            return self.failed(run, "no such flow")
        variables: dict[str, Value] = {}
        secrets: dict[str, Value] = {}
        for name, value, sensitive in self._begin:
            if value is not None:
                (secrets if sensitive else variables)[name] = value
        for given in self._give:
            value = given.value(run)
            if value is not None:
                (secrets if given.variable.sensitive else variables)[given.name] = value
        return run.call(self.name, self._flow, variables, secrets)

    def returned(self, run: Run, results: Values) -> Outcome:
        run.note(self.name, "returned")
        for name, variable, result in self._take:
            value = variable.accept(results.get(result))
            if value is not None:
                run.assign(name, value, sensitive=variable.sensitive)
        return self.targets.next
