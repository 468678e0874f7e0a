"""A flow made ready to run: one node a step, nothing left to look up or to validate in a call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ivr.exits import targets
from ivr.flow import Flow
from ivr.naming import naming
from ivr.run import Node
from ivr.state import Values
from ivr.steps.base import NOTHING_KNOWN, Build, Known


@dataclass(frozen=True, slots=True)
class Program:
    """A runnable flow; ``flow`` is what it was made from.

    ``variables`` and ``secrets`` are the values that it begins with. ``library`` holds every
    flow that it may call; those in it have none of their own, so that a version of the flows goes
    when its last call has ended, without waiting for the garbage collector.
    """

    name: str
    languages: tuple[str, ...]
    start: str
    nodes: Mapping[str, Node] = field(repr=False)
    flow: Flow = field(repr=False)
    variables: Values = field(repr=False)
    secrets: Values = field(repr=False)
    library: Mapping[str, Program] = field(default_factory=dict, repr=False)

    def of(self, name: str) -> Program:
        """The flow ``name`` of the same version; this one when there is none, which then has no
        such step either."""
        return self if name == self.name else self.library.get(name, self)


def compile_flow(flow: Flow, known: Known = NOTHING_KNOWN) -> Program:
    """The program of a flow that calls no other."""
    return compile_flows([flow], known)[flow.flow]


def compile_flows(
    flows: Iterable[Flow],
    known: Known = NOTHING_KNOWN,
    made: Mapping[str, Program] = MappingProxyType({}),
) -> dict[str, Program]:
    """Programs by name, which can call each other; ``made`` are those that need not be made.

    Flows that did not pass the check still run, and may hang up early.
    """
    by_name = {flow.flow: flow for flow in flows}
    library = {
        name: replace(made[name], library={}) if name in made else _program(flow, by_name, known)
        for name, flow in by_name.items()
    }
    return {name: replace(program, library=library) for name, program in library.items()}


def _program(flow: Flow, flows: Mapping[str, Flow], known: Known) -> Program:
    begin = {name: variable.initial for name, variable in flow.variables.items()}
    secret = {name for name, variable in flow.variables.items() if variable.sensitive}
    build = Build.of(flow, flows, known)
    nodes = {
        name: step.node(build.step(name, targets(flow, name, step), naming(flow.flow, name, step)))
        for name, step in flow.steps.items()
    }
    return Program(
        flow.flow,
        flow.languages,
        flow.start,
        nodes,
        flow,
        {name: value for name, value in begin.items() if name not in secret and value is not None},
        {name: value for name, value in begin.items() if name in secret and value is not None},
    )
