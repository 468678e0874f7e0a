"""Figures of the past as they are kept when their events are not: by quarters of an hour.

They add up to whatever interval is asked for, as long as its borders lie between quarters.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, cast

from history.events import RolledUp
from reports.figures import Figures, Kind, Subject
from reports.fold import Cells


class Misaligned(ValueError):
    """A border lies within a quarter of an hour of which no more is known; `at_ms` is it."""

    def __init__(self, at_ms: int) -> None:
        super().__init__(f"a border within a quarter: {at_ms}")
        self.at_ms = at_ms


def pieces(cells: Cells, borders: Sequence[int]) -> Iterator[RolledUp]:
    """What is to be kept of a fold by these borders; what is nothing is left out."""
    for subject, by_interval in cells.items():
        for number, figures in by_interval.items():
            told = {each.name: getattr(figures, each.name) for each in fields(figures)}
            values = {name: dict(v) if name == "pauses" else v for name, v in told.items() if v}
            yield RolledUp(*subject, borders[number], borders[number + 1], values)


def cells_of(found: Iterable[RolledUp], borders: Sequence[int]) -> Cells:
    """The same by other borders. Raises Misaligned."""
    cells: Cells = {}
    for piece in found:
        number = bisect_right(borders, piece.since_ms) - 1
        inner = [at_ms for at_ms in borders if piece.since_ms < at_ms < piece.until_ms]
        if inner:
            raise Misaligned(inner[0])
        if 0 <= number < len(borders) - 1:
            subject = Subject(cast(Kind, piece.kind), piece.name)
            own = cells.setdefault(subject, {}).setdefault(number, Figures())
            own.add(_figures(piece.figures))
    return cells


def moved(cells: Cells, borders: Sequence[int], wider: Sequence[int]) -> Cells:
    """Figures by some borders as those of the intervals of others that they lie in."""
    found: Cells = {}
    for subject, by_interval in cells.items():
        for number, figures in by_interval.items():
            own = found.setdefault(subject, {})
            own.setdefault(bisect_right(wider, borders[number]) - 1, Figures()).add(figures)
    return found


def _figures(values: Mapping[str, Any]) -> Figures:
    """What a later version calls otherwise, or no longer has, is left out."""
    known = {each.name for each in fields(Figures)}
    told = {name: value for name, value in values.items() if name in known}
    return Figures(**{**told, "pauses": Counter(told.get("pauses", {}))})
