"""Walks over a flow's steps and the ways between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ivr.steps.base import Edge

Ways = Mapping[str, Iterable[Edge]]
Silent = Mapping[str, Iterable[str]]
"""For each step, those to which a call goes on without the caller keying a thing."""


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


def leading_to(ends: Iterable[str], ways: Ways) -> set[str]:
    """Every step from which a call can come to one of ``ends``, these among them."""
    sources: dict[str, list[str]] = {}
    for name, edges in ways.items():
        for edge in edges:
            sources.setdefault(edge.target, []).append(name)
    found: set[str] = set()
    open_steps = list(ends)
    while open_steps:
        name = open_steps.pop()
        if name not in found:
            found.add(name)
            open_steps.extend(sources.get(name, ()))
    return found


def silent(ways: Ways) -> dict[str, list[str]]:
    """The silent ones of the ways, without those to steps that do not exist."""
    return {
        name: [*dict.fromkeys(each.target for each in edges if each.silent and each.target in ways)]
        for name, edges in ways.items()
    }


def circles(ways: Silent) -> Iterator[tuple[str, ...]]:
    """Circles that a silent call can go round, each once, as steps in order.

    A depth-first walk with a stack of its own, so that a flow of any length can be checked.
    """
    done: set[str] = set()
    for root in ways:
        yield from _circles_from(root, ways, done)


def _circles_from(root: str, ways: Silent, done: set[str]) -> Iterator[tuple[str, ...]]:
    trail: dict[str, Iterator[str]] = {}
    step: str | None = root if root not in done else None
    while step is not None or trail:
        if step is not None:
            trail[step] = iter(ways[step])
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


def components(ways: Silent) -> Iterator[frozenset[str]]:
    """Groups of steps, each of which a silent call can go round in (Tarjan's algorithm, 1972)."""
    order: dict[str, int] = {}
    for root in ways:
        if root not in order:
            yield from _components_from(root, ways, order)


def _components_from(root: str, ways: Silent, order: dict[str, int]) -> Iterator[frozenset[str]]:
    lowest: dict[str, int] = {}
    waiting: dict[str, None] = {}
    trail: list[tuple[str, Iterator[str]]] = []

    def arrive(name: str) -> None:
        order[name] = lowest[name] = len(order)
        waiting[name] = None
        trail.append((name, iter(ways[name])))

    arrive(root)
    while trail:
        name, targets = trail[-1]
        target = next(targets, None)
        if target is None:
            trail.pop()
            if trail:
                above = trail[-1][0]
                lowest[above] = min(lowest[above], lowest[name])
            if lowest[name] == order[name]:
                group = [*_taken(waiting, name)]
                if len(group) > 1 or name in ways[name]:
                    yield frozenset(group)
        elif target not in order:
            arrive(target)
        elif target in waiting:
            lowest[name] = min(lowest[name], order[target])


def _taken(waiting: dict[str, None], first: str) -> Iterator[str]:
    """All from ``first`` on, out of those that wait, the last one first."""
    name = None
    while name != first:
        name, _ = waiting.popitem()
        yield name
