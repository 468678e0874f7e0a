"""Where in the flows a call may be recorded: a forward analysis over steps and sub-flows.

What the caller keys there would be heard on the recording. "May be" is told, not "is": a way that
no call takes counts as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ivr.flow import Flow
from ivr.menu_ways import ways as ways_of
from ivr.steps.base import Edge, Step
from ivr.steps.call import Call
from ivr.steps.record import Record
from ivr.steps.return_ import ReturnStep


class _Passage(NamedTuple):
    """What entering a flow, recorded or not, comes to: the steps that a recorded call can arrive
    at, and whether it can come back recorded."""

    recorded: frozenset[str]
    comes_back: bool


_QUIET = _Passage(frozenset(), comes_back=False)


class Recorded:
    """Knows it for flows that may call each other; each is looked at once, when it is needed."""

    def __init__(self, flows: Mapping[str, Flow]) -> None:
        self._flows = flows
        self._is_used: bool | None = None
        self._passages: dict[tuple[str, bool], _Passage] = {}
        self._entered: frozenset[str] | None = None

    def at(self, flow: str) -> frozenset[str]:
        """The steps of a flow at which a call may arrive recorded."""
        if not self._records():
            return frozenset()
        found = self._passage(flow, recorded=False).recorded
        if flow in self._entered_recorded():
            found |= self._passage(flow, recorded=True).recorded
        return found

    def _records(self) -> bool:
        """Most sites' flows have no such step: they are done with here."""
        if self._is_used is None:
            self._is_used = any(
                isinstance(step, Record) and step.record.on
                for flow in self._flows.values()
                for step in flow.steps.values()
            )
        return self._is_used

    def _entered_recorded(self) -> frozenset[str]:
        """The flows that another may call while it is recorded."""
        if self._entered is None:
            found: set[str] = set()
            waiting = [(name, False) for name in self._flows]
            while waiting:
                name, recorded = waiting.pop()
                for called in self._called(name, recorded=recorded) - found:
                    found.add(called)
                    waiting.append((called, True))
            self._entered = frozenset(found)
        return self._entered

    def _called(self, name: str, *, recorded: bool) -> set[str]:
        steps = self._flows[name].steps
        arrived = self._passage(name, recorded=recorded).recorded
        called = {step.call.flow for each in arrived if isinstance(step := steps[each], Call)}
        return called & self._flows.keys()

    def _passage(self, name: str, *, recorded: bool) -> _Passage:
        key = name, recorded
        if key not in self._passages:
            flow = self._flows.get(name)
            # What comes back of a flow that calls itself is not known yet: it may be recorded.
            self._passages[key] = _Passage(frozenset(), comes_back=True)
            self._passages[key] = self._walked(flow, recorded=recorded) if flow else _QUIET
        return self._passages[key]

    def _walked(self, flow: Flow, *, recorded: bool) -> _Passage:
        ways = {name: [*_onward(edges)] for name, edges in ways_of(flow).items()}
        waiting = [flow.start] if recorded and flow.start in flow.steps else []
        for name, step in flow.steps.items():
            if self._leaves(step, recorded=False):
                waiting.extend(edge.target for edge in ways[name])
        arrived: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in arrived or name not in flow.steps:
                continue
            arrived.add(name)
            if self._leaves(flow.steps[name], recorded=True):
                waiting.extend(edge.target for edge in ways[name])
        returns = any(isinstance(flow.steps[name], ReturnStep) for name in arrived)
        return _Passage(frozenset(arrived), returns)

    def _leaves(self, step: Step, *, recorded: bool) -> bool:
        """Whether a call that arrives recorded, or not, may leave the step recorded."""
        match step:
            case Record():
                return step.record.on
            case Call():
                return self._passage(step.call.flow, recorded=recorded).comes_back
            case _:
                return recorded


def _onward(edges: Iterable[Edge]) -> Iterator[Edge]:
    """The ways on which the caller is still there to key something."""
    return (edge for edge in edges if edge.path[-1] != "on_hangup")
