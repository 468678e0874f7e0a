"""The ways of a whole flow: where ``repeat``, ``back`` and ``top`` lead from each menu."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from config.problem import Path
from ivr.exits import edges
from ivr.flow import Flow
from ivr.menu_places import BACK, REPEAT, RESERVED
from ivr.steps.base import Edge
from ivr.steps.menu import Menu

Raw = Mapping[str, tuple[Edge, ...]]


def ways(flow: Flow) -> dict[str, tuple[Edge, ...]]:
    """Every way out of every step. A menu's ``back`` is one way to each menu that can come
    before it, ``top`` one to each that can be the first; other places are left as written."""
    raw = {name: tuple(edges(flow, name, step)) for name, step in flow.steps.items()}
    menus = {name for name, step in flow.steps.items() if isinstance(step, Menu)}
    if not any(edge.target in RESERVED for name in menus for edge in raw[name]):
        return raw
    first = _next_menus([flow.start], raw, menus)
    before = {name: _next_menus((edge.target for edge in raw[name]), raw, menus) for name in menus}
    return {
        name: tuple(_resolved(name, raw[name], first, before)) if name in menus else raw[name]
        for name in raw
    }


def _next_menus(begin: Iterable[str], raw: Raw, menus: set[str]) -> set[str]:
    """The menus that a call comes to from these steps with no other menu between."""
    found: set[str] = set()
    seen: set[str] = set()
    open_steps = list(begin)
    while open_steps:
        name = open_steps.pop()
        if name in seen or name not in raw:
            continue
        seen.add(name)
        if name in menus:
            found.add(name)
        else:
            open_steps.extend(edge.target for edge in raw[name])
    return found


def _resolved(
    name: str, raw: tuple[Edge, ...], first: set[str], before: Mapping[str, set[str]]
) -> Iterator[Edge]:
    for edge in raw:
        if edge.target not in RESERVED or not _may_lead_back(edge.path):
            yield edge
        else:
            targets = _leads(edge.target, name, first, before)
            yield from (edge._replace(target=target) for target in targets)


def _may_lead_back(path: Path) -> bool:
    """Whether an exit written there may name a place: in a menu, while there is a caller."""
    return path[0] == "steps" and path[-1] != "on_hangup"


def _leads(place: str, name: str, first: set[str], before: Mapping[str, set[str]]) -> list[str]:
    if place == REPEAT:
        return [name]
    if place != BACK:
        return sorted(first)
    earlier = {menu for menu, nexts in before.items() if name in nexts and menu != name}
    return sorted(earlier | ({name} & first))
