"""Walks over a flow's steps and the ways between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ivr.steps.base import Edge

Ways = Mapping[str, Iterable[Edge]]


def reachable(start: str, ways: Ways) -> set[str]:
    """Every step that a call can come to."""
    found: set[str] = set()
    open_steps = [start]
    while open_steps:
        name = open_steps.pop()
        if name in found or name not in ways:
            continue
        found.add(name)
        open_steps.extend(edge.target for edge in ways[name])
    return found


def silent_circles(ways: Ways) -> Iterator[tuple[str, ...]]:
    """Circles that a call can go round without keying a thing, each once, as steps in order.

    A depth-first walk with a stack of its own, so that a flow of any length can be checked.
    """
    done: set[str] = set()
    for root in ways:
        yield from _circles_from(root, ways, done)


def _circles_from(root: str, ways: Ways, done: set[str]) -> Iterator[tuple[str, ...]]:
    trail: dict[str, Iterator[str]] = {}
    step: str | None = root if root not in done else None
    while step is not None or trail:
        if step is not None:
            trail[step] = _silent_targets(step, ways)
        current = next(reversed(trail))
        step = next(trail[current], None)
        if step is None:
            del trail[current]
            done.add(current)
        elif step in trail:
            names = list(trail)
            yield tuple(names[names.index(step) :])
            step = None
        elif step in done:
            step = None


def _silent_targets(name: str, ways: Ways) -> Iterator[str]:
    targets = dict.fromkeys(edge.target for edge in ways[name] if edge.silent)
    return (target for target in targets if target in ways)
