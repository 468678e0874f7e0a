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


def silent_components(ways: Ways) -> Iterator[frozenset[str]]:
    """Groups of steps, each of which a silent call can go round in (Tarjan's algorithm, 1972)."""
    order: dict[str, int] = {}
    for root in ways:
        if root not in order:
            yield from _components_from(root, ways, order)


def _components_from(root: str, ways: Ways, order: dict[str, int]) -> Iterator[frozenset[str]]:
    lowest: dict[str, int] = {}
    waiting: dict[str, None] = {}
    trail: list[tuple[str, Iterator[str]]] = []

    def arrive(name: str) -> None:
        order[name] = lowest[name] = len(order)
        waiting[name] = None
        trail.append((name, _silent_targets(name, ways)))

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
                group = [*waiting][[*waiting].index(name) :]
                for each in group:
                    del waiting[each]
                if len(group) > 1 or name in _silent_targets(name, ways):
                    yield frozenset(group)
        elif target not in order:
            arrive(target)
        elif target in waiting:
            lowest[name] = min(lowest[name], order[target])
