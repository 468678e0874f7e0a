"""What differs between two documents as loaded: order of keys, comments, anchors and layout do not.

Pure, and complete: whoever carries the edits out on the old document has the new one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import Any, Literal

from config.problem import Path

Plain = Any
"""A document's value: text, None, list or mapping (see `config.yaml_tree`)."""


class Missing(Enum):
    """Stands for a value that one of the two documents does not have."""

    ABSENT = "absent"


ABSENT: Literal[Missing.ABSENT] = Missing.ABSENT


@dataclass(frozen=True, slots=True)
class Edit:
    """The value at ``path`` was ``old`` and is ``new``; either may be ABSENT, but not both.

    Indexes of lists are those of the new list, but for what was removed: there the old one's.
    """

    path: Path
    old: Plain
    new: Plain


def normal(value: Plain) -> Plain:
    """The value without what only its layout makes of it: white space around a text, which
    ``>`` and ``|`` leave behind."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [normal(item) for item in value]
    return value.strip() if isinstance(value, str) else value


def canonical(value: Plain) -> str:
    """Equal for equal values, whatever the order of their keys."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def edits(old: Plain, new: Plain, path: Path = ()) -> Iterator[Edit]:
    """Every difference between two values, as deep down as it is."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_mappings(old, new, path)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(old, new, path)
    elif old != new:
        yield Edit(path, old, new)


def _of_mappings(old: dict[str, Plain], new: dict[str, Plain], path: Path) -> Iterator[Edit]:
    for key in [*new, *(key for key in old if key not in new)]:
        yield from edits(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key))


def _of_lists(old: list[Plain], new: list[Plain], path: Path) -> Iterator[Edit]:
    """An item put in between is one edit: those behind it are aligned again."""
    before, after = [canonical(item) for item in old], [canonical(item) for item in new]
    for what, a, a_end, b, b_end in SequenceMatcher(None, before, after, False).get_opcodes():
        if what == "equal":
            continue
        paired = min(a_end - a, b_end - b)
        for offset in range(paired):
            yield from edits(old[a + offset], new[b + offset], (*path, b + offset))
        for index in range(a + paired, a_end):
            yield Edit((*path, index), old[index], ABSENT)
        for index in range(b + paired, b_end):
            yield Edit((*path, index), ABSENT, new[index])
