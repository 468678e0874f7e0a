"""Who stands left of whom within a rank, so that few lines cross.

Barycentre sweeps (Sugiyama, Tagawa and Toda, 1981), then swaps of neighbours while they help
(the transpose step of Gansner, Koutsofios, North and Vo, IEEE Transactions on Software
Engineering 19(3), 1993).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from ivr.chart.parts import Cell, Lane, Net
from ivr.chart.ranks import Ranks

SWEEPS = 12
Rows = list[list[Cell]]


class Order:
    """The cells of each rank from left to right, and whom each is tied to."""

    def __init__(self, ranks: Ranks, nets: Iterable[Net]) -> None:
        self._ranks = ranks
        self._above: dict[Cell, list[Cell]] = {}
        self._below: dict[Cell, list[Cell]] = {}
        self._beside: dict[Cell, list[Cell]] = {}
        cells: dict[Cell, int] = dict(ranks.items())
        for net in nets:
            cells.update({lane: lane.rank for lane in _lanes(net)})
            for feed in net.feeds:
                self._tie(feed.cell, net.sink)
        self.rows = _rows(cells)
        self._place: dict[Cell, int] = {}
        for row in self.rows:
            self._settle(row)

    def rank_of(self, cell: Cell) -> int:
        """The rank a cell stands in."""
        return cell.rank if isinstance(cell, Lane) else self._ranks[cell]

    def place(self, cell: Cell) -> int:
        """Its place in its rank, counted from the left."""
        return self._place[cell]

    def improve(self) -> None:
        """Cross less: the best that some sweeps and swaps come to."""
        best, cost = [[*row] for row in self.rows], self._cost()
        for sweep in range(SWEEPS):
            self._sweep(down=sweep % 2 == 0)
            self._swap_neighbours()
            now = self._cost()
            if now < cost:
                best, cost = [[*row] for row in self.rows], now
        self.rows = best
        for row in best:
            self._settle(row)
        self._keep_to_the_right()

    def _keep_to_the_right(self) -> None:
        """Of the picture and its mirror, which cross alike, the one in which more boxes have
        what they lead to in the order that it was written in."""
        turned = 0
        for others in self._below.values():
            places = [self._place[other] for other in others]
            turned += sum((one > other) - (one < other) for one, other in pairwise(places))
        if turned > 0:
            for row in self.rows:
                row.reverse()
                self._settle(row)

    def _tie(self, one: Cell, other: Cell) -> None:
        if self.rank_of(one) == self.rank_of(other):
            self._beside.setdefault(one, []).append(other)
            self._beside.setdefault(other, []).append(one)
            return
        upper, lower = sorted((one, other), key=self.rank_of)
        self._below.setdefault(upper, []).append(lower)
        self._above.setdefault(lower, []).append(upper)

    def _settle(self, row: Sequence[Cell]) -> None:
        self._place.update({cell: at for at, cell in enumerate(row)})

    def _sweep(self, *, down: bool) -> None:
        ties = self._above if down else self._below
        for row in self.rows if down else reversed(self.rows):
            wanted = {cell: self._wanted(cell, ties) for cell in row}
            row.sort(key=wanted.__getitem__)
            self._settle(row)

    def _wanted(self, cell: Cell, ties: dict[Cell, list[Cell]]) -> float:
        """Its place from 0 to 1: between those it is tied to; where it is if there are none."""
        others = ties.get(cell) or self._beside.get(cell) or [cell]
        return sum(self._share(other) for other in others) / len(others)

    def _share(self, cell: Cell) -> float:
        return (self._place[cell] + 0.5) / len(self.rows[self.rank_of(cell)])

    def _swap_neighbours(self) -> None:
        for row in self.rows:
            helped = True
            passes = len(row)
            while helped and passes:
                helped = False
                passes -= 1
                for at in range(len(row) - 1):
                    if self._gain(row[at], row[at + 1]) > 0:
                        row[at], row[at + 1] = row[at + 1], row[at]
                        self._place[row[at]], self._place[row[at + 1]] = at, at + 1
                        helped = True

    def _gain(self, left: Cell, right: Cell) -> int:
        """How many crossings fewer if these neighbours changed places."""
        gain = 0
        for ties in (self._above, self._below):
            ours, theirs = ties.get(left, ()), ties.get(right, ())
            for one in ours:
                for other in theirs:
                    apart = self._place[one] - self._place[other]
                    gain += (apart > 0) - (apart < 0)
        return gain + self._pull(left) - self._pull(right)

    def _pull(self, cell: Cell) -> int:
        """How many of those beside it are on its right, less those on its left."""
        others = self._beside.get(cell, ())
        at = self._place[cell]
        return sum(
            1 if self._place[other] > at + 1 else -1
            for other in others
            if abs(self._place[other] - at) > 1
        )

    def _cost(self) -> int:
        """Crossings between ranks, and what stands between cells that are tied beside."""
        total = sum(self._crossings(row) for row in self.rows)
        between = (
            abs(self._place[one] - self._place[other]) - 1
            for one, others in self._beside.items()
            for other in others
        )
        return total + sum(between) // 2

    def _crossings(self, row: Sequence[Cell]) -> int:
        ends = [
            self._place[lower]
            for cell in row
            for lower in sorted(self._below.get(cell, ()), key=self._place.__getitem__)
        ]
        return sum(ends[i] > ends[j] for i in range(len(ends)) for j in range(i + 1, len(ends)))


def _lanes(net: Net) -> Iterable[Lane]:
    cells = (net.sink, *(feed.cell for feed in net.feeds))
    return (cell for cell in cells if isinstance(cell, Lane))


def _rows(cells: dict[Cell, int]) -> Rows:
    """At first in the order the cells were found in."""
    rows: Rows = [[] for _ in range(max(cells.values(), default=-1) + 1)]
    for cell, at in cells.items():
        rows[at].append(cell)
    return rows
