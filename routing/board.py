"""The first free agent of every line, side by side.

Agents of one kind stand in a line of their own, so only the first of each line can be the best
for a contact. A site may have as many kinds as agents; so the keys of the first stand in columns,
one for each part of a key, and those of the lines that suit a wish are compared at once. To put
another first in place costs nothing but that, however many wishes look.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.strategy import AgentKey, Order

Numbers = NDArray[np.int64]

_NOBODY = 1 << 62
_SOMEBODY = 1 << 61
"""Whatever is less: what a pair adds to a key is far less than this."""
_ROOM = 64


class Among(NamedTuple):
    """The lines that suit a wish, by their numbers, and for each part of a key what the pair of
    wish and kind adds to it; None: nothing."""

    lines: Numbers
    more: tuple[Numbers | None, ...]


class Board:
    """The keys of the first of each line in one order. Lines are known by their numbers, from 0;
    each is put once, with nobody there, before a wish may look for it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._columns = np.full((order.parts, _ROOM), _NOBODY)

    def put(self, line: int, first: AgentKey | None) -> None:
        """This is the first of a line now; None: nobody is there."""
        while line >= self._columns.shape[1]:
            room = np.full_like(self._columns, _NOBODY)
            self._columns = np.concatenate((self._columns, room), axis=1)
        self._columns[:, line] = _NOBODY if first is None else first[:-1]

    def first(self, among: Among) -> Sequence[int]:
        """Where in `among` the lines are whose first comes before all others; several where only
        the agents' ids tell them apart, none where nobody is free."""
        at: Numbers | None = None
        for part in range(len(self._columns)):
            keys = self._keys(part, among, at)
            if not len(keys) or (least := keys.min()) > _SOMEBODY:
                return ()
            ties = (keys == least).nonzero()[0]
            at = ties if at is None else at[ties]
            if len(at) == 1:
                break
        return () if at is None else [int(place) for place in at]

    def best(self, among: Among, most: int) -> Sequence[int]:
        """The same of the first `most` lines, in no order, with those who tie with the last."""
        parts = [self._keys(part, among, None) for part in range(len(self._columns))]
        at = (parts[0] < _SOMEBODY).nonzero()[0]
        if len(at) > most:
            at = _least([keys[at] for keys in parts], at, most)
        return [int(place) for place in at]

    def _keys(self, part: int, among: Among, at: Numbers | None) -> Numbers:
        lines, more = among.lines, among.more[part]
        if at is not None:
            lines, more = lines[at], None if more is None else more[at]
        keys: Numbers = self._columns[part][lines]
        return keys if more is None else keys + more


def _least(parts: Sequence[Numbers], at: Numbers, most: int) -> Numbers:
    if len(parts) == 1:
        last = np.partition(parts[0], most - 1)[most - 1]
        least: Numbers = at[parts[0] <= last]
        return least
    ranked = np.lexsort(parts[::-1])
    ties = np.logical_and.reduce([keys[ranked] == keys[ranked[most - 1]] for keys in parts])
    tied: Numbers = at[ranked[: ties.nonzero()[0][-1] + 1]]
    return tied
