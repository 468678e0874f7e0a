"""Where a step goes when it does not say so itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from config.problem import Path
from ivr.flow import Flow
from ivr.run import FAILED, Targets
from ivr.steps.base import Edge, Step

_SILENCE = ("on_timeout", "exits.on_timeout")
_INHERITS: dict[str, tuple[str, ...]] = {
    "next": ("next",),
    "on_timeout": ("on_timeout", "exits.on_timeout"),
    "on_invalid": ("on_invalid", "on_timeout", "exits.on_invalid", "exits.on_timeout"),
    "on_error": ("on_error", "exits.on_error", *_SILENCE, "next", "answered"),
    "on_hangup": ("on_hangup", "exits.on_hangup"),
}
"""For each exit, whose value counts: the first that is written. What is nearer wins.

A step that asks and fails has heard nothing from the caller, so it ends like a silence; one that
only speaks goes on.
"""

_OF_CALLERS = frozenset({"on_timeout", "on_invalid"})
"""Exits of steps that wait for the caller's keys."""

EXITS = tuple(_INHERITS)


@dataclass(frozen=True, slots=True)
class Exit:
    """A resolved exit: the step it leads to and where that was written, from the flow's top."""

    target: str
    path: Path


def exit_of(flow: Flow, name: str, step: Step, exit_name: str) -> Exit | None:
    """The exit ``exit_name`` of the step, its own or an inherited one; None when there is none."""
    if exit_name in _OF_CALLERS and not step.answers_caller:
        return None
    for source in _INHERITS[exit_name]:
        if source in _SILENCE and not step.answers_caller:
            continue
        whole = source.startswith("exits.")
        field = source.removeprefix("exits.")
        target = getattr(flow.exits if whole else step, field, None)
        if isinstance(target, str):
            return Exit(target, ("exits", field) if whole else ("steps", name, field))
    return None


def targets(flow: Flow, name: str, step: Step) -> Targets:
    """All exits, ready to run; one that is missing ends the call."""

    def way(exit_name: str) -> str | None:
        found = exit_of(flow, name, step, exit_name)
        return found.target if found else None

    return Targets(
        next=way("next") or FAILED,
        on_timeout=way("on_timeout") or FAILED,
        on_invalid=way("on_invalid") or FAILED,
        on_error=way("on_error") or FAILED,
        on_hangup=way("on_hangup"),
    )


def edges(flow: Flow, name: str, step: Step) -> Iterator[Edge]:
    """Every way out of the step, paths from the flow's top.

    The ``on_error`` of a step that waits for the outside is not a silent one: the interpreter
    ends a call whose steps keep failing.
    """
    for edge in step.branches():
        yield Edge(("steps", name, *edge.path), edge.target, edge.silent)
    for each in EXITS:
        if each not in type(step).model_fields:
            continue
        if each == "on_hangup" and not step.needs_caller:
            continue
        found = exit_of(flow, name, step, each)
        if found is not None:
            yield Edge(found.path, found.target, _is_silent(step, each))


def _is_silent(step: Step, exit_name: str) -> bool:
    match exit_name:
        case "next":
            return not step.answers_caller
        case "on_timeout":
            return True
        case "on_error":
            return step.at_once
        case _:
            return False
