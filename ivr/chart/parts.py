"""What a layout is made of: boxes and links come in, places and lines go out, all in pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Size(NamedTuple):
    """How much room something takes."""

    width: float
    height: float


class Link(NamedTuple):
    """A way from box to box, at most one for each pair.

    ``faint``: what happens when something goes wrong. ``label`` is the room that its words take
    below the source.
    """

    source: str
    target: str
    faint: bool = False
    label: Size = Size(0, 0)


class Bus(NamedTuple):
    """The links to one target that share their way: those that run alike never tell apart."""

    target: str
    faint: bool
    back: bool


class Lane(NamedTuple):
    """A bus on its way past a rank: as a box does, it has a column of its own there."""

    bus: Bus
    rank: int


Cell = str | Lane
"""What stands in a rank: a box, by its name, or a lane."""


class Feed(NamedTuple):
    """Where a bus takes up links: a source box, or the lane that brought those before it."""

    cell: Cell
    links: tuple[Link, ...]


class Net(NamedTuple):
    """A bus within one channel, the space below the rank of this number."""

    channel: int
    bus: Bus
    feeds: tuple[Feed, ...]
    sink: Cell


class Point(NamedTuple):
    """From the top left corner."""

    x: float
    y: float


class Rect(NamedTuple):
    """A place; ``x`` and ``y`` are its top left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


class Line(NamedTuple):
    """A drawn piece, upright and level parts by turns, and the links that run along it."""

    points: tuple[Point, ...]
    links: tuple[Link, ...]
    faint: bool
    arrives: bool


class Layout(NamedTuple):
    """Where everything lies. ``labels`` has the room of each link's words."""

    boxes: Mapping[str, Rect]
    labels: Mapping[Link, Rect]
    lines: tuple[Line, ...]
    size: Size
