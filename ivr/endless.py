"""Circles that no caller comes out of but by hanging up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.flow import Flow
from ivr.graph import leading_to, reachable
from ivr.steps.base import Edge

Ways = Mapping[str, tuple[Edge, ...]]
_MISFORTUNES = frozenset({"on_error", "on_hangup"})


def endless(flow: Flow, ways: Ways, flows: Mapping[str, Flow] | None) -> Iterator[tuple[str, ...]]:
    """Each circle from which no way leads to an end of the call, as steps in order.

    A failure is no way out, since a call in which nothing fails would not find it, and neither is
    the caller's own hangup.
    """
    meant = {name: tuple(filter(_is_meant, edges)) for name, edges in ways.items()}
    ends = [name for name, step in flow.steps.items() if step.ends(flows)]
    lost = ways.keys() - leading_to(ends, meant)
    if lost:
        lost &= reachable(flow.start, meant)
    for name in flow.steps if lost else ():
        if name in lost:
            circle = _circle_from(name, meant, lost)
            lost -= leading_to(circle[:1], meant)
            yield circle


def _is_meant(edge: Edge) -> bool:
    return edge.path[-1] not in _MISFORTUNES


def _circle_from(name: str, ways: Ways, lost: set[str]) -> tuple[str, ...]:
    """The first circle on the way; of lost steps each has a next one, which is lost too."""
    trail: list[str] = []
    while name not in trail:
        trail.append(name)
        target = next((edge.target for edge in ways[name] if edge.target in lost), None)
        if target is None:
            break
        name = target
    return tuple(trail[trail.index(name) :])
