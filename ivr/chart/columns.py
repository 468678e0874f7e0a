"""How far right each cell of a rank stands, the order given: near to those it is tied to.

Each rank in turn takes the best places for the present places of the others: that is a least
squares fit under "keeps its distance to its left neighbour", solved exactly by pooling (Barlow
and Brunk, Journal of the American Statistical Association 67, 1972).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ivr.chart.order import Rows
from ivr.chart.parts import Cell, Lane, Link, Net

ROUNDS, STRAIGHTENINGS = 40, 8
BOX_GAP, LANE_GAP = 22.0, 12.0
_LONG, _PLAIN, _FAINT, _BESIDE = 8.0, 2.0, 0.4, 0.3
"""Weights: two lanes of a bus, a usual link, a faint one, cells beside each other."""

Ports = Mapping[Link, float]
"""How far from its box's middle each link leaves."""


class _Pull(NamedTuple):
    """``other`` wants this cell at its own place and ``offset`` more."""

    other: Cell
    offset: float
    weight: float


def columns(
    rows: Rows, nets: Sequence[Net], widths: Mapping[str, float], ports: Ports
) -> dict[Cell, float]:
    """The middle of each cell; the leftmost edge of all is 0."""
    pulls = _pulls(nets, ports)
    gaps = [_gaps(row, widths) for row in rows]
    at: dict[Cell, float] = {}
    for row, gap in zip(rows, gaps, strict=True):
        at.update(zip(row, spread([0.0] * len(row), [1.0] * len(row), gap), strict=True))
    for number in range(ROUNDS):
        numbers = range(len(rows)) if number % 2 == 0 else reversed(range(len(rows)))
        for each in numbers:
            _fit(rows[each], gaps[each], pulls, at)
    _straighten(rows, gaps, nets, at)
    left = min((x - _width(cell, widths) / 2 for cell, x in at.items()), default=0.0)
    return {cell: x - left for cell, x in at.items()}


def spread(wanted: Sequence[float], weights: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones that are ``gaps`` apart, from left to right."""
    shift = [0.0]
    for gap in gaps:
        shift.append(shift[-1] + gap)
    pools: list[tuple[float, float, int]] = []  # the mean, its weight, how many
    for want, weight, moved in zip(wanted, weights, shift, strict=False):
        pool = (want - moved, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            before = pools.pop()
            both = before[1] + pool[1]
            mean = (before[0] * before[1] + pool[0] * pool[1]) / both
            pool = (mean, both, before[2] + pool[2])
        pools.append(pool)
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + moved for mean, moved in zip(means, shift, strict=False)]


def _pulls(nets: Sequence[Net], ports: Ports) -> dict[Cell, list[_Pull]]:
    pulls: dict[Cell, list[_Pull]] = {}
    for net in nets:
        for feed in net.feeds:
            offset = 0.0 if isinstance(feed.cell, Lane) else ports[feed.links[0]]
            weight = _weight(feed.cell, net)
            pulls.setdefault(net.sink, []).append(_Pull(feed.cell, offset, weight))
            pulls.setdefault(feed.cell, []).append(_Pull(net.sink, -offset, weight))
    return pulls


def _weight(cell: Cell, net: Net) -> float:
    lanes = isinstance(cell, Lane) + isinstance(net.sink, Lane)
    if lanes == 2:
        return _LONG
    if net.bus.back:
        return _BESIDE
    return _FAINT if net.bus.faint else _PLAIN


def _fit(
    row: Sequence[Cell],
    gaps: Sequence[float],
    pulls: Mapping[Cell, Sequence[_Pull]],
    at: dict[Cell, float],
) -> None:
    wanted, weights = [], []
    for cell in row:
        ours = pulls.get(cell, ())
        weight = sum(pull.weight for pull in ours)
        total = sum(pull.weight * (at[pull.other] + pull.offset) for pull in ours)
        wanted.append(total / weight if weight else at[cell])
        weights.append(weight or 0.01)
    at.update(zip(row, spread(wanted, weights, gaps), strict=True))


def _straighten(
    rows: Rows, gaps: Sequence[Sequence[float]], nets: Sequence[Net], at: dict[Cell, float]
) -> None:
    """Lanes of one bus that can stand exactly below each other do.

    In rounds: of lanes that run side by side, the outermost must make room for the next.
    """
    room = _Room(rows, gaps, at)
    runs = _runs(nets)
    for _ in range(STRAIGHTENINGS):
        for lanes in runs:
            for run, low, high in _aligned(lanes, room):
                middle = sum(at[lane] for lane in run) / len(run)
                at.update(dict.fromkeys(run, min(max(middle, low), high)))


def _aligned(lanes: Sequence[Lane], room: _Room) -> Iterator[tuple[list[Lane], float, float]]:
    """The lanes cut into runs that may share one place, each with its least and its most."""
    run: list[Lane] = []
    low, high = float("-inf"), float("inf")
    for lane in lanes:
        least, most = room(lane)
        if run and max(low, least) > min(high, most):
            yield run, low, high
            run, low, high = [], float("-inf"), float("inf")
        run.append(lane)
        low, high = max(low, least), min(high, most)
    yield run, low, high


class _Room:
    """Between which places a cell can be moved while its neighbours stay."""

    def __init__(
        self, rows: Rows, gaps: Sequence[Sequence[float]], at: Mapping[Cell, float]
    ) -> None:
        self._at = at
        self._sides: dict[Cell, tuple[tuple[Cell, float] | None, tuple[Cell, float] | None]] = {}
        for row, gap in zip(rows, gaps, strict=True):
            for number, cell in enumerate(row):
                left = (row[number - 1], gap[number - 1]) if number else None
                right = (row[number + 1], gap[number]) if number + 1 < len(row) else None
                self._sides[cell] = (left, right)

    def __call__(self, cell: Cell) -> tuple[float, float]:
        left, right = self._sides[cell]
        return (
            self._at[left[0]] + left[1] if left else float("-inf"),
            self._at[right[0]] - right[1] if right else float("inf"),
        )


def _runs(nets: Sequence[Net]) -> list[list[Lane]]:
    runs: dict[object, dict[Lane, None]] = {}
    for net in nets:
        for cell in (*(feed.cell for feed in net.feeds), net.sink):
            if isinstance(cell, Lane):
                runs.setdefault(cell.bus, {})[cell] = None
    return [sorted(lanes, key=lambda lane: lane.rank) for lanes in runs.values()]


def _gaps(row: Sequence[Cell], widths: Mapping[str, float]) -> list[float]:
    """From middle to middle of neighbours."""
    return [
        (_width(left, widths) + _width(right, widths)) / 2 + _gap(left, right)
        for left, right in pairwise(row)
    ]


def _gap(left: Cell, right: Cell) -> float:
    lanes = isinstance(left, Lane) and isinstance(right, Lane)
    return LANE_GAP if lanes else BOX_GAP


def _width(cell: Cell, widths: Mapping[str, float]) -> float:
    return 0.0 if isinstance(cell, Lane) else widths[cell]
