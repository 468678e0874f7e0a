"""What changed in the flows, in the terms of who writes them: steps, exits, prompts, variables.

    differences({"support.yaml": old}, {"support.yaml": new})

Takes documents as loaded (`config.document.load_plain`), so it knows no order of keys, comments,
anchors or layout, and tells of a flow by its name, wherever its file lies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from config.problem import Path
from ivr.places import Places, places, rerouted
from ivr.tree_edits import ABSENT, Edit, Plain, canonical, edits, normal

_ELSEWHERE = "\0"
"""Stands for every step that only one of two versions has; no step is called so."""


class What(StrEnum):
    """What a change is about."""

    STEP_ADDED = "step added"
    STEP_REMOVED = "step removed"
    STEP_RENAMED = "step renamed"
    """Its content is the same, and whoever led to it leads to the new name."""

    EXIT = "exit"
    PROMPT = "prompt"
    FIELD = "field"
    VARIABLE = "variable"
    HEADER = "header"


@dataclass(frozen=True, slots=True)
class Change:
    """One change at ``path``, counted from the flow's top, with what was there and what is.

    ABSENT is what was not there. Of a renamed step ``old`` and ``new`` are the names; all other
    paths have the new names.
    """

    what: What
    path: Path
    old: Plain
    new: Plain


@dataclass(frozen=True, slots=True)
class Difference:
    """A flow (or, of anything that is no flow, a file) that is new, gone or changed.

    ``file`` is where it lies now, or lay; one that is new or gone has no changes to list.
    """

    name: str
    file: str
    was: bool
    is_there: bool
    changes: tuple[Change, ...] = ()


def differences(old: Mapping[str, Plain], new: Mapping[str, Plain]) -> tuple[Difference, ...]:
    """Between two sets of documents by their file's name; empty when they mean the same."""
    before, after = _named(old), _named(new)
    found = []
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        file = (now or was or ("", None))[0]
        if was is None or now is None:
            found.append(Difference(name, file, was is not None, now is not None))
        elif was[1] != now[1] and (changes := tuple(_changes(was[1], now[1]))):
            found.append(Difference(name, file, True, True, changes))
    return tuple(found)


def _named(documents: Mapping[str, Plain]) -> dict[str, tuple[str, Plain]]:
    """File and document by the flow's name, of other documents by the file's."""
    named: dict[str, tuple[str, Plain]] = {}
    for file, document in sorted(documents.items()):
        name = str(document["flow"]) if _is_flow(document) else file
        named[file if name in named else name] = (file, normal(document))
    return named


def _is_flow(document: Plain) -> bool:
    """Tests beside a flow name it too, but have no steps."""
    return isinstance(document, dict) and {"flow", "steps"} <= document.keys()


def _changes(old: Plain, new: Plain) -> Iterator[Change]:
    if not (_is_flow(old) and _is_flow(new)):
        yield from (Change(What.FIELD, edit.path, edit.old, edit.new) for edit in edits(old, new))
        return
    here, there = places(old), places(new)
    names = _renamed(old, new, here, there)
    for was, now in names.items():
        yield Change(What.STEP_RENAMED, ("steps", now), was, now)
    same_names = _with_names(rerouted(old, here, names), names)
    where = places(same_names)
    for edit in edits(same_names, new):
        yield Change(_about(edit, where, there), edit.path, edit.old, edit.new)


def _about(edit: Edit, old: Places, new: Places) -> What:
    top, path = edit.path[:1], edit.path
    if top == ("steps",) and len(path) == 2 and ABSENT in (edit.old, edit.new):
        return What.STEP_ADDED if edit.old is ABSENT else What.STEP_REMOVED
    if new.is_exit(path) or old.is_exit(path):
        return What.EXIT
    if new.is_prompt(path) or old.is_prompt(path):
        return What.PROMPT
    if top == ("vars",):
        return What.VARIABLE
    return What.FIELD if top in {("steps",), ("exits",)} else What.HEADER


def _renamed(old: Plain, new: Plain, here: Places, there: Places) -> dict[str, str]:
    """New names by old ones: steps that are gone, each with one that came and has its content.

    Where several are alike, such as two that only hang up, they pair in the order of writing.
    """
    before, after = _steps(old), _steps(new)
    gone = [name for name in before if name not in after]
    came = [name for name in after if name not in before]
    elsewhere = dict.fromkeys([*gone, *came], _ELSEWHERE)

    def shape(steps: dict[str, Plain], where: Places, name: str) -> str:
        return canonical(rerouted(steps[name], where, elsewhere, ("steps", name)))

    waiting: dict[str, list[str]] = {}
    for name in came:
        waiting.setdefault(shape(after, there, name), []).append(name)
    pairs = ((name, waiting.get(shape(before, here, name), [])) for name in gone)
    return {name: alike.pop(0) for name, alike in pairs if alike}


def _steps(document: Plain) -> dict[str, Plain]:
    steps = document["steps"]
    return steps if isinstance(steps, dict) else {}


def _with_names(document: Plain, names: Mapping[str, str]) -> Plain:
    if not names:
        return document
    steps = {names.get(name, name): step for name, step in _steps(document).items()}
    return {**document, "steps": steps}
