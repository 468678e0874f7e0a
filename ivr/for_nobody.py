"""Steps that need a caller, where the call goes after the caller has hung up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.exits import Exit, exit_of
from ivr.flow import Flow
from ivr.graph import reachable
from ivr.menu_ways import ways as ways_of
from ivr.steps.base import Edge, Finding, Step
from ivr.steps.call import Call

Ways = Mapping[str, tuple[Edge, ...]]
_NOBODY = "when nobody is there any more to hear"


def for_nobody(flow: Flow, ways: Ways, flows: Mapping[str, Flow] | None) -> Iterator[Finding]:
    """Those in the flow, and its calls of ``flows`` that have such steps."""
    ways_out = (_hangup(flow, name, step) for name, step in flow.steps.items())
    after = {way.target for way in ways_out if way is not None}
    told: set[str] = set()
    for start in sorted(after):
        told |= reachable(start, _without_hangups(ways))
    for name, step in flow.steps.items():
        if name not in told:
            continue
        if step.needs_caller:
            yield Finding(("steps", name), f"comes after on_hangup, {_NOBODY} it", key=True)
        elif isinstance(step, Call) and (heard := _heard_in(step.call.flow, flows or {})):
            message = f"comes after on_hangup, {_NOBODY} {heard} of {step.call.flow}"
            yield Finding(("steps", name), message, key=True)


def _heard_in(called: str, flows: Mapping[str, Flow]) -> str | None:
    """The first step that needs a caller of a flow that is called, or of those it calls."""
    seen: set[str] = set()
    waiting = [called]
    while waiting:
        name = waiting.pop()
        flow = flows.get(name)
        if flow is None or name in seen:
            continue
        seen.add(name)
        for each in _arrived(flow):
            if flow.steps[each].needs_caller:
                return each if name == called else f"{name}/{each}"
        waiting += [step.call.flow for step in _calls(flow)]
    return None


def _calls(flow: Flow) -> Iterator[Call]:
    return (step for each in _arrived(flow) if isinstance(step := flow.steps[each], Call))


def _arrived(flow: Flow) -> list[str]:
    """The steps that a call comes to without a caller, in the file's order."""
    found = reachable(flow.start, _without_hangups(ways_of(flow)))
    return [name for name in flow.steps if name in found]


def _hangup(flow: Flow, name: str, step: Step) -> Exit | None:
    return None if step.at_once else exit_of(flow, name, step, "on_hangup")


def _without_hangups(ways: Ways) -> dict[str, tuple[Edge, ...]]:
    return {
        name: tuple(edge for edge in edges if edge.path[-1] != "on_hangup")
        for name, edges in ways.items()
    }
