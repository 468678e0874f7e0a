"""The first of many lines, compared at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.board import Among, Board
from routing.strategy import AgentKey, Criterion, Pair, Strategy

pytestmark = pytest.mark.unit

LINES = 100
"""More than a board has room for at first."""
Changes = list[tuple[int, tuple[int, int] | None]]
CHANGES: st.SearchStrategy[Changes] = st.lists(
    st.tuples(
        st.integers(0, LINES - 1), st.none() | st.tuples(st.integers(0, 5), st.integers(0, 3))
    ),
    max_size=40,
)
STRATEGIES = st.sampled_from(
    [
        Strategy((Criterion.BEST_SKILL,)),
        Strategy((Criterion.COST, Criterion.FEWEST_CONTACTS)),
        Strategy((Criterion.FEWEST_CONTACTS, Criterion.BEST_SKILL)),
        Strategy((Criterion.LEAST_OCCUPIED,)),
    ]
)


@given(STRATEGIES, CHANGES, st.sets(st.integers(0, LINES - 1)), st.integers(1, 5))
def test_they_are_the_best_whatever_changed(
    strategy: Strategy, changes: Changes, suitable: set[int], most: int
) -> None:
    """As if the first of all lines that suit had been sorted; ties are told with the best."""
    board, first = Board(strategy.order), dict[int, AgentKey]()
    for line in range(LINES):
        board.put(line, None)
    for line, idle in changes:
        key = None if idle is None else _key(strategy, line, *idle)
        board.put(line, key)
        first.pop(line, None)
        if key is not None:
            first[line] = key
    lines = sorted(suitable)
    among = _among(strategy, lines)
    seen = sorted(
        (strategy.key(first[line], _pair(line))[:-1], at)
        for at, line in enumerate(lines)
        if line in first
    )
    assert sorted(board.first(among)) == [at for key, at in seen if key == seen[0][0]]
    told = seen if len(seen) <= most else [s for s in seen if s[0] <= seen[most - 1][0]]
    assert sorted(board.best(among, most)) == sorted(at for _, at in told)


def test_nobody_is_free() -> None:
    """Neither where nobody suits, nor where those who do are busy, the last of them just now."""
    strategy = Strategy()
    board = Board(strategy.order)
    assert not board.first(_among(strategy, []))
    assert not board.best(_among(strategy, []), 5)
    board.put(3, (1_000, "ann"))
    board.put(3, None)
    assert not board.first(_among(strategy, [0, 3]))
    assert not board.best(_among(strategy, [0, 3]), 5)


def _key(strategy: Strategy, line: int, one: int, other: int) -> AgentKey:
    return (*[one, other, one][: strategy.order.parts], f"agent{line}")


def _pair(line: int) -> Pair:
    return Pair(fit=line % 5 * 1_000, cost=line % 3)


def _among(strategy: Strategy, lines: list[int]) -> Among:
    added = strategy.added([_pair(line) for line in lines])
    return Among(
        np.array(lines, dtype=np.int64),
        tuple(None if part is None else np.array(part, dtype=np.int64) for part in added),
    )
