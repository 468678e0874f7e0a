"""Where a step goes when it does not say so itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from config.problem import Path
from ivr.flow import Flow
from ivr.run import FAILED, Targets
from ivr.steps.base import Edge, Step


class _Source(NamedTuple):
    """Where an exit may be written: a field of the step, or of the flow's ``exits``."""

    field: str
    whole: bool = False


_TIMEOUT, _TIMEOUT_OF_FLOW = _Source("on_timeout"), _Source("on_timeout", whole=True)
_INVALID, _INVALID_OF_FLOW = _Source("on_invalid"), _Source("on_invalid", whole=True)
_ERROR, _ERROR_OF_FLOW = _Source("on_error"), _Source("on_error", whole=True)
_HANGUP, _HANGUP_OF_FLOW = _Source("on_hangup"), _Source("on_hangup", whole=True)
_NEXT = _Source("next")
_SILENCE = (_TIMEOUT, _TIMEOUT_OF_FLOW)
_INHERITS: dict[str, tuple[_Source, ...]] = {
    "next": (_NEXT,),
    "on_timeout": _SILENCE,
    "on_invalid": (_INVALID, _TIMEOUT, _INVALID_OF_FLOW, _TIMEOUT_OF_FLOW),
    "on_error": (_ERROR, _ERROR_OF_FLOW, *_SILENCE, _NEXT),
    "on_hangup": (_HANGUP, _HANGUP_OF_FLOW),
}
"""For each exit, whose value counts: the first that is written. What is nearer wins.

A step that asks and fails has heard nothing from the caller, so it ends like a silence; one that
only speaks goes on.
"""

_OF_CALLERS = frozenset({"on_timeout", "on_invalid"})
"""Exits of steps that wait for the caller's keys."""

EXITS = tuple(_INHERITS)


class Exit(NamedTuple):
    """A resolved exit: the step it leads to and where that was written, from the flow's top."""

    target: str
    path: Path


def exit_of(flow: Flow, name: str, step: Step, exit_name: str) -> Exit | None:
    """The exit ``exit_name`` of the step, its own or an inherited one; None when there is none."""
    for field, whole in _sources(type(step), exit_name):
        target = getattr(flow.exits if whole else step, field)
        if isinstance(target, str):
            return Exit(target, ("exits", field) if whole else ("steps", name, field))
    return None


@cache
def _sources(kind: type[Step], exit_name: str) -> tuple[_Source, ...]:
    """Where an exit of such a step may be written; nowhere: it has none."""
    if exit_name in _OF_CALLERS and not kind.answers_caller:
        return ()
    return tuple(each for each in _INHERITS[exit_name] if _counts(each, kind, exit_name))


def _counts(source: _Source, kind: type[Step], exit_name: str) -> bool:
    if source in _SILENCE and not kind.answers_caller:
        return False
    if source is _NEXT and exit_name == "on_error" and not kind.errors_go_on:
        return False
    return source.whole or source.field in kind.model_fields


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


@cache
def exits_of(kind: type[Step]) -> tuple[str, ...]:
    """The exits of `EXITS` that a kind of step has."""
    return tuple(
        each
        for each in EXITS
        if each in kind.model_fields and (each != "on_hangup" or not kind.at_once)
    )


def edges(flow: Flow, name: str, step: Step) -> Iterator[Edge]:
    """Every way out of the step, paths from the flow's top.

    The ``on_error`` of a step that waits for the outside is not a silent one: the interpreter
    ends a call whose steps keep failing.
    """
    for edge in step.branches():
        yield Edge(("steps", name, *edge.path), edge.target, edge.silent)
    for each, silent in _silence_of(type(step)):
        found = exit_of(flow, name, step, each)
        if found is not None:
            yield Edge(found.path, found.target, silent)


@cache
def _silence_of(kind: type[Step]) -> tuple[tuple[str, bool], ...]:
    """The exits of a kind of step, and whether each is a silent way."""
    return tuple((each, _is_silent(kind, each)) for each in exits_of(kind))


def _is_silent(kind: type[Step], exit_name: str) -> bool:
    match exit_name:
        case "next":
            return not kind.answers_caller
        case "on_timeout":
            return True
        case "on_error":
            return kind.at_once
        case _:
            return False
