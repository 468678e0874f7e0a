"""Two engineers' changes of the flows brought together, file by file: pure."""

from collections.abc import Mapping
from dataclasses import dataclass

Files = Mapping[str, str]
Changes = Mapping[str, str | None]
"""What becomes of each file named: its new text, or None when it goes."""


@dataclass(frozen=True)
class Merge:
    """`taken` is what the other changed alone; `both` are the files that both changed, and
    differently: of those nothing is decided."""

    taken: Changes
    both: tuple[str, ...]


def changed(before: Files, after: Files) -> tuple[str, ...]:
    """The files that are new, gone or different, in the order of their names."""
    names = sorted(before.keys() | after.keys())
    return tuple(name for name in names if before.get(name) != after.get(name))


def changes(before: Files, after: Files) -> Changes:
    """What makes `after` of `before`."""
    return {name: after.get(name) for name in changed(before, after)}


def merge(base: Files, ours: Files, theirs: Files) -> Merge:
    """What they did since `base`, seen from us who began with `base` too."""
    foreign = [name for name in changed(base, theirs) if ours.get(name) != theirs.get(name)]
    mine = set(changed(base, ours))
    return Merge(
        taken={name: theirs.get(name) for name in foreign if name not in mine},
        both=tuple(name for name in foreign if name in mine),
    )
