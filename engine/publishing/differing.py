"""Differences of flows as a person reads them, and as a machine does."""

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from config.problem import path_text
from engine.publishing.merging import Files, changed
from engine.publishing.working_copy import is_code
from ivr.meaning import Change, Difference, What
from ivr.tree_edits import ABSENT, Plain

_SHOWN = 300
_SIDE_BY_SIDE = 60
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def show(console: Console, found: Sequence[Difference]) -> None:
    """Each flow with its changes, those of a step together."""
    for difference in found:
        console.print(Text(_headline(difference), "bold"), soft_wrap=True)
        for line in _lines(difference.changes):
            console.print(Text(f"  {line}", _COLOURS.get(line.lstrip()[:1], "")), soft_wrap=True)


def show_text(console: Console, old: Files, new: Files) -> None:
    """The files line by line, as `diff -u` has them."""
    for line in text_lines(old, new):
        console.print(Text(line, _COLOURS.get(line[:1], "")), soft_wrap=True)


def text_lines(old: Files, new: Files) -> Iterator[str]:
    """The unified difference of every file that is not the same."""
    for name in changed(old, new):
        before, after = old.get(name, "").splitlines(), new.get(name, "").splitlines()
        yield from difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm="")


def of_code(old: Files, new: Files) -> tuple[Difference, ...]:
    """The Python files that are new, gone or changed; what changed in them only the text tells."""
    return tuple(
        Difference(name, name, name in old, name in new)
        for name in changed(old, new)
        if is_code(name)
    )


def as_json(found: Sequence[Difference]) -> list[dict[str, Any]]:
    """What was not there before has no `old`, what is not there now no `new`."""
    return [
        {**asdict(difference), "changes": [_change_as_json(c) for c in difference.changes]}
        for difference in found
    ]


def _change_as_json(change: Change) -> dict[str, Any]:
    sides = {"old": change.old, "new": change.new}
    there = {name: value for name, value in sides.items() if value is not ABSENT}
    return {"what": change.what.value, "path": path_text(change.path), **there}


def _headline(difference: Difference) -> str:
    where = "" if difference.name == difference.file else f" ({difference.file})"
    if difference.was and difference.is_there:
        return (
            f"{difference.name}{where}" if difference.changes else f"{difference.name} is changed"
        )
    return f"{difference.name}{where} is {'gone' if difference.was else 'new'}"


def _lines(changes: Sequence[Change]) -> Iterator[str]:
    step = None
    for change in changes:
        if not _is_within_step(change):
            step = None
            yield from _whole(change)
            continue
        if change.path[1] != step:
            step = change.path[1]
            yield f"{path_text((step,))}"
        yield from (f"  {line}" for line in _field(change, path_text(change.path[2:])))


def _is_within_step(change: Change) -> bool:
    return change.path[:1] == ("steps",) and len(change.path) > 2


def _whole(change: Change) -> Iterator[str]:
    name = path_text(change.path[1:])
    match change.what:
        case What.STEP_ADDED:
            yield f"+ step {name}: {_shown(change.new)}"
        case What.STEP_REMOVED:
            yield f"- step {name}: {_shown(change.old)}"
        case What.STEP_RENAMED:
            yield f"step {change.old} is called {change.new} now"
        case _:
            yield from _field(change, path_text(change.path))


def _field(change: Change, name: str) -> Iterator[str]:
    label = f"exit {name}" if change.what is What.EXIT else name
    old, new = change.old, change.new
    if old is ABSENT or new is ABSENT:
        yield f"+ {label}: {_shown(new)}" if old is ABSENT else f"- {label}: {_shown(old)}"
    elif len(was := _shown(old)) + len(now := _shown(new)) <= _SIDE_BY_SIDE:
        yield f"{label}: {was} → {now}"
    else:
        yield from (f"{label}:", f"  - {was}", f"  + {now}")


def _shown(value: Plain) -> str:
    if isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False) if " " in value or not value else value
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
