"""Flows that call each other: what is wrong with one may lie in another of its family."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ivr.flow import Flow
from ivr.steps.call import Call


def families(flows: Iterable[Flow]) -> dict[str, frozenset[str]]:
    """For each flow by name those that it is bound to, by calls either way and through others,
    itself among them."""
    called = {flow.flow: _called(flow) for flow in flows}
    bound: dict[str, set[str]] = {name: set() for name in called}
    for name, others in called.items():
        for other in others & called.keys():
            bound[name].add(other)
            bound[other].add(name)
    found: dict[str, frozenset[str]] = {}
    for name in bound:
        if name not in found:
            family = _family(name, bound)
            found.update(dict.fromkeys(family, family))
    return found


def _called(flow: Flow) -> set[str]:
    return {step.call.flow for step in flow.steps.values() if isinstance(step, Call)}


def _family(name: str, bound: Mapping[str, Iterable[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(bound[name])
    return frozenset(found)
