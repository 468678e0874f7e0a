"""``call``: another flow as a part of this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.problem import Path
from config.suggest import shown
from ivr.assigning import Assignment, assignments, findings, source_findings
from ivr.run import Node, Outcome, Run
from ivr.state import Values
from ivr.steps.base import Build, Context, Continues, Finding, unknown
from ivr.terms import is_alike
from ivr.values import FlowName, VariableName
from ivr.variables import Value, Variable

if TYPE_CHECKING:
    from ivr.flow import Flow


class CallBody(DocumentModel):
    """``give`` fills the flow's parameters; ``take`` puts its results into variables."""

    flow: FlowName = Field(description="the flow that is called")
    give: dict[VariableName, str] = Field(
        default_factory=dict, description="a value for each of its parameters"
    )
    take: dict[VariableName, VariableName] = Field(
        default_factory=dict, description="variable here: result of the flow"
    )


_GO_ON = frozenset({"call", "return"})
"""Steps of a flow that was called which do not end the call: it comes back, or goes deeper."""


def _flow(value: Any) -> Any:
    return {"flow": value} if isinstance(value, str) else value


class Call(Continues):
    """``verify: {call: {flow: identify, give: {account: "{account}"}, take: {ok: known}}}``

    The flow that is called has variables of its own. It comes back at its ``return`` step; where
    it hangs up, the call ends. A result that is not set leaves its variable not set.
    """

    kind: ClassVar[str] = "call"
    call: Annotated[CallBody, BeforeValidator(_flow, json_schema_input_type=str | CallBody)] = (
        Field(description="the flow, and what passes between it and this one")
    )

    def ends(self, flows: Mapping[str, Flow] | None) -> bool:
        seen: set[str] = set()
        waiting = [self.call.flow]
        while waiting:
            name = waiting.pop()
            flow = (flows or {}).get(name)
            if flow is None:
                return True
            steps = flow.steps.values() if name not in seen else ()
            seen.add(name)
            waiting += [step.call.flow for step in steps if isinstance(step, Call)]
            if any(step.ends(flows) for step in steps if step.kind not in _GO_ON):
                return True
        return False

    def assigns(self) -> Iterator[str]:
        yield from self.call.take

    def findings(self, context: Context) -> Iterator[Finding]:
        way = way_back(context.flow, self.call.flow, context.flows or {})
        if way:
            yield Finding(("call", "flow"), f"calls itself: {' → '.join(way)}")
        if context.flows is None:
            return
        flow = context.flows.get(self.call.flow)
        if flow is None:
            yield from unknown("flow", self.call.flow, ("call", "flow"), context.flows)
            return
        yield from findings(("call", "give"), self.call.give, flow.params, context)
        yield from source_findings(("call", "give"), self.call.give, flow.params, context)
        for name, variable in flow.params.items():
            if name not in self.call.give and variable.start is None:
                yield Finding(("call",), f"{flow.flow} needs {name}: give it a value")
        for name, result in self.call.take.items():
            yield from _take_findings(name, result, flow, context)
        for language in context.languages:
            if language not in flow.languages:
                yield Finding(("call", "flow"), f"{flow.flow} does not speak {shown(language)}")

    def node(self, build: Build) -> Node:
        return CallNode(build, self.call)


def way_back(flow: str, called: str, flows: Mapping[str, Flow]) -> tuple[str, ...]:
    """How ``flow`` comes to call itself by calling ``called``: flows in order; empty: it does not.

    Each level keeps the variables of those above it, so such a call has no end that can be told.
    """
    ways: dict[str, tuple[str, ...]] = {called: (flow, called)}
    unseen = [called]
    while unseen:
        name = unseen.pop()
        if name == flow:
            return ways[name]
        found = flows.get(name)
        for step in found.steps.values() if found is not None else ():
            if isinstance(step, Call) and step.call.flow not in ways:
                ways[step.call.flow] = (*ways[name], step.call.flow)
                unseen.append(step.call.flow)
    return ()


def _take_findings(name: str, result: str, flow: Flow, context: Context) -> Iterator[Finding]:
    path = ("call", "take", name)
    mine, theirs = context.variables.get(name), flow.variables.get(result)
    yield from unknown("variable", name, path, context.variables, key=True)
    yield from unknown("result", result, path, flow.results)
    if result in flow.results and mine is not None and theirs is not None:
        yield from _unlike(path, name, mine, result, theirs)


def _unlike(
    path: Path, name: str, mine: Variable, result: str, theirs: Variable
) -> Iterator[Finding]:
    """A result that its variable cannot hold, or must not."""
    if not is_alike(theirs.type, mine.type):
        yield Finding(path, f"{result} is {theirs.type}, {name} is {mine.type}")
    elif mine.length and theirs.length and mine.length != theirs.length:
        message = f"{result} has length {theirs.length}, {name} has length {mine.length}"
        yield Finding(path, message)
    elif mine.currency and theirs.currency and mine.currency != theirs.currency:
        yield Finding(path, f"{result} is in {theirs.currency}, {name} in {mine.currency}")
    if theirs.sensitive and not mine.sensitive:
        message = f"{name} would get the sensitive {result}, mark it sensitive too"
        yield Finding(path, message)


def _is_same(theirs: Variable | None, mine: Variable) -> bool:
    """Whether each value of the one is a value of the other."""
    held = theirs is not None and (theirs.type, theirs.length, theirs.currency)
    return held == (mine.type, mine.length, mine.currency)


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
            (
                name,
                build.variables[name],
                result,
                _is_same(begin.get(result), build.variables[name]),
            )
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
        taken: dict[str, Value] = {}
        secrets: dict[str, Value] = {}
        for name, variable, result, fits in self._take:
            given = results.get(result)
            value = given if fits else variable.accept(given)
            if value is None and given is not None:
                return self.failed(run, f"{result} is not what {name} can hold")
            (secrets if variable.sensitive else taken)[name] = value
        run.assign_all(taken, secrets)
        return self.targets.next
