"""Which steps and ways of a flow its tests have gone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from config.problem import Path
from ivr.exits import EXITS, edges
from ivr.flow import Flow
from ivr.menu_places import RESERVED
from ivr.program import Program
from ivr.rehearsal.call import kind_of
from ivr.run import TraceEntry
from ivr.steps.base import Edge

Way = tuple[str, Path]
"""A step, and where its exit is written."""


@dataclass
class Coverage:
    """Gathers what calls through one flow touched.

    A way is an exit that is written in the flow, once: an exit at the flow's top counts as one,
    whichever step takes it. Where two exits of a step lead to the same step and the timeline
    tells them not apart, both count as gone.
    """

    flow: Flow
    steps: set[str] = field(default_factory=set)
    ways: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        each = self.flow.steps.items()
        self._edges = {name: tuple(edges(self.flow, name, step)) for name, step in each}

    def add(self, program: Program, trace: Iterable[TraceEntry]) -> None:
        """A call that was played; ``trace`` is its whole timeline."""
        own = [entry for entry in trace if "/" not in entry.step]
        visits = list(_visits(program, own))
        self.steps.update(step for step, _ in visits)
        for step, notes in visits:
            for note in notes:
                self.ways.update(_to_places(self._edges.get(step, ()), note))
        for (step, notes), (target, _) in pairwise(visits):
            self.ways.update(_gone(self._edges.get(step, ()), notes, target))

    @property
    def every_way(self) -> dict[Path, str]:
        """Each exit that is written, with the step that it is of."""
        return {edge.path: step for step, ways in self._edges.items() for edge in ways}

    @property
    def untouched_steps(self) -> tuple[str, ...]:
        """In the flow's order."""
        return tuple(step for step in self.flow.steps if step not in self.steps)

    @property
    def untaken_ways(self) -> tuple[Path, ...]:
        """In the flow's order."""
        return tuple(path for path in self.every_way if path not in self.ways)

    @property
    def percent(self) -> float:
        """Steps and ways together."""
        whole = len(self.flow.steps) + len(self.every_way)
        missing = len(self.untouched_steps) + len(self.untaken_ways)
        return 100 * (whole - missing) / whole


def _visits(program: Program, trace: list[TraceEntry]) -> Iterator[tuple[str, list[str]]]:
    """Each step that was entered, with what the timeline tells of it until the next one."""
    step, notes = "", list[str]()
    for entry in trace:
        if kind_of(program, entry.step) == entry.what:
            if step:
                yield step, notes
            step, notes = entry.step, []
        else:
            notes.append(entry.what)
    if step:
        yield step, notes


def _to_places(ways: tuple[Edge, ...], note: str) -> Iterator[Path]:
    """Ways to a menu's own places (repeat, back, top) that this line of the timeline tells of.

    The call may stay in the menu, so that the next visit tells nothing.
    """
    places = [edge for edge in ways if edge.target in RESERVED]
    told = [edge for edge in places if _tells(edge, [note])]
    if not told and _is_without_way(ways, note):
        told = [edge for edge in places if edge.path[-1] == "next"]
    return (edge.path for edge in told)


def _is_without_way(ways: tuple[Edge, ...], note: str) -> bool:
    """Whether an option was chosen that only changes the language: it goes on by ``next``."""
    return note.startswith("option ") and not any(_tells(edge, [note]) for edge in ways)


def _gone(ways: tuple[Edge, ...], notes: list[str], target: str) -> Iterator[Path]:
    done = [note for note in notes if not note.startswith("language ")]
    if done and any(_to_places(ways, done[-1])):
        return iter(())
    fitting = [edge for edge in ways if edge.target == target]
    told = [edge for edge in fitting if _tells(edge, notes)]
    if told:
        return (edge.path for edge in told)
    unnamed = [
        edge for edge in fitting if edge.path[-1] not in _TOLD and "options" not in edge.path
    ]
    return (edge.path for edge in unnamed or fitting)


_TOLD = frozenset(EXITS) - {"next"}
_LAST_TRY = re.compile("(?:timeout|invalid) ([0-9]+) of \\1")


def _tells(edge: Edge, notes: list[str]) -> bool:
    """Whether the timeline says that just this exit was taken."""
    last = notes[-1] if notes else ""
    if last.startswith(("timeout ", "invalid ")) and _LAST_TRY.fullmatch(last) is None:
        return False
    match edge.path:
        case (*_, "options", key, "go") | (*_, "options", key):
            return f"option {key}" in notes
        case (*_, "extensions"):
            return "an extension" in notes
        case (*_, "on_timeout") | (*_, "on_timeout", "go"):
            return last.startswith(("timeout ", "waited too long"))
        case (*_, "on_invalid"):
            return last.startswith(("invalid ", "not confirmed "))
        case (*_, "on_error"):
            return last.startswith("failed: ")
        case (*_, "on_hangup"):
            return "caller hung up" in notes
        case (*_, "answered"):
            return last == "conversation ended"
        case (*_, "open" | "closed" | "holiday" | "special" as branch):
            return last == branch or last.startswith(f"closed: {branch}")
    return False
