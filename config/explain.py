"""pydantic's validation errors as problems at lines and columns of the document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from config.model_walk import Step, allowed_at
from config.problem import Path, Place, Problem
from config.sentences import WRONG_KIND, sentence
from config.yaml_slips import no_colon, odd_space
from config.yaml_tree import Node

# Errors whose place is a key that is absent, or that should be.
_ABOUT_KEY = frozenset({"missing", "extra_forbidden", "invalid_key"})
# How pydantic's ``loc`` ends when a mapping's key is at fault and not its value.
_KEY_ITSELF = "[key]"
_ABOUT_TAG = frozenset({"union_tag_invalid", "union_tag_not_found"})


@dataclass(frozen=True, slots=True)
class _Placed:
    """An error with the document's path that pydantic's ``loc`` stands for."""

    error: Any
    path: Path
    steps: tuple[Step, ...]


def problems_of(failure: ValidationError, model: type[BaseModel], root: Node) -> list[Problem]:
    """Every error of ``failure`` as a problem; a union's branches are told as one."""
    placed = [_place(error, root) for error in failure.errors(include_url=False)]
    return [_problem(group, model, root) for group in _by_path(_without_other_branches(placed))]


def place_of(root: Node, path: Path, *, key: bool) -> Place:
    """The place of the value at ``path``, or of its key; of the nearest above if absent."""
    for length in range(len(path), 0, -1):
        parent = root.find(path[: length - 1])
        node = root.find(path[:length])
        if parent is None or node is None:
            continue
        name = path[length - 1]
        if isinstance(name, str) and (key or length < len(path)):
            return parent.keys[name]
        return node.place
    return root.place


def _place(error: Any, root: Node) -> _Placed:
    """Tell the document's keys in ``loc`` from the names that pydantic gives union branches."""
    loc: Path = error["loc"]
    last: tuple[Step, ...] = ()
    if error["type"] in _ABOUT_KEY and loc:
        loc, last = loc[:-1], ((loc[-1], False),)
    around = error["input"] if error["type"] == "missing" else None
    readings = sorted(_readings(loc, root), key=lambda steps: sum(skip for _, skip in steps))
    steps = readings[0]
    for reading in readings:
        node = root.find(_path(reading))
        if node is not None and node.plain is (around if last else error["input"]):
            steps = reading
            break
    last = last or _tag_step(error)
    return _Placed(error, _path((*steps, *last)), (*steps, *last))


def _tag_step(error: Any) -> tuple[Step, ...]:
    """The key that should tell which kind of thing this is, for errors about that key."""
    name = error.get("ctx", {}).get("discriminator", "").strip("'")
    # A function tells apart ("choose()"), not a key: the place is the value itself.
    return ((name, False),) if error["type"] in _ABOUT_TAG and name.isidentifier() else ()


def _path(steps: Iterable[Step]) -> Path:
    return tuple(part for part, is_branch in steps if not is_branch)


def _readings(loc: Sequence[str | int], node: Node | None) -> Iterator[tuple[Step, ...]]:
    """Every way to read ``loc`` as keys that exist and names of branches between them."""
    if not loc:
        yield ()
        return
    part, rest = loc[0], loc[1:]
    if node is not None and part in node.items:
        for tail in _readings(rest, node.items[part]):
            yield ((part, False), *tail)
    for tail in _readings(rest, node):
        yield ((part, True), *tail)


def _without_other_branches(placed: Sequence[_Placed]) -> list[_Placed]:
    """Drop "a text is needed" where another branch of the same union found a closer fault."""
    paths = {one.path for one in placed}
    sure = {one.path for one in placed if one.error["type"] not in WRONG_KIND}
    return [
        one
        for one in placed
        if one.error["type"] not in WRONG_KIND
        or not (one.path in sure or any(_is_below(path, one.path) for path in paths))
    ]


def _is_below(path: Path, above: Path) -> bool:
    return len(path) > len(above) and path[: len(above)] == above


def _by_path(placed: Iterable[_Placed]) -> list[list[_Placed]]:
    groups: dict[Path, list[_Placed]] = defaultdict(list)
    for one in placed:
        groups[one.path].append(one)
    return list(groups.values())


def _problem(group: Sequence[_Placed], model: type[BaseModel], root: Node) -> Problem:
    path = group[0].path
    error = group[0].error
    if slip := _slip(path, root):
        return place_of(root, path, key=True).problem(path, slip)
    about_key = error["type"] in _ABOUT_KEY or error["loc"][-1:] == (_KEY_ITSELF,)
    said = [
        sentence(one.error, allowed_at(model, one.steps), allowed_at(model, one.steps[:-1]))
        for one in group
    ]
    place = place_of(root, path, key=about_key)
    return place.problem(path, _either(list(dict.fromkeys(said))))


def _slip(path: Path, root: Node) -> str | None:
    """A key that is none: part of a text in braces, or with blanks that are none."""
    name, parent, node = path[-1] if path else None, root.find(path[:-1]), root.find(path)
    if not isinstance(name, str) or parent is None or node is None:
        return None
    key = parent.keys[name]
    if (told := odd_space(name)) is not None:
        return told
    # Its empty value begins where the key ends: a colon would be between them.
    if node.plain is None and node.place == key._replace(col=key.col + len(name)):
        return no_colon(name, alone=len(parent.keys) == 1)
    return None


def _either(said: Sequence[str]) -> str:
    """What several branches of a union say of one value, its kind told once."""
    first, *others = said
    value = first.split(", ", 1)[0] + ", "
    return " or ".join((first, *(other.removeprefix(value) for other in others)))
