"""A flow made ready to run: one node a step, nothing left to look up or to validate in a call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.exits import targets
from ivr.flow import Flow
from ivr.run import Node
from ivr.steps.base import Build


@dataclass(frozen=True, slots=True)
class Program:
    """A runnable flow; ``flow`` is what it was made from."""

    name: str
    languages: tuple[str, ...]
    start: str
    nodes: Mapping[str, Node] = field(repr=False)
    flow: Flow = field(repr=False)


def compile_flow(flow: Flow) -> Program:
    """The program of a flow. One that did not pass the check still runs, and may hang up early."""
    nodes = {
        name: step.node(Build(name, targets(flow, name, step), flow.languages, flow.vars))
        for name, step in flow.steps.items()
    }
    return Program(flow.flow, flow.languages, flow.start, nodes, flow)
