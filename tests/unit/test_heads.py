"""The best of many lines, found without looking at all of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.heads import Heads
from routing.strategy import AgentKey

pytestmark = pytest.mark.unit


class OneLine:
    """A line that says who is its first."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.since: int | None = None
        self.asked = 0

    def key(self) -> AgentKey | None:
        self.asked += 1
        return None if self.since is None else (self.since, self.name)


Look = tuple[list[tuple[int, int | None]], bool, int]
LINES = st.integers(0, 9)
CHANGES = st.lists(st.tuples(LINES, st.none() | st.integers(0, 20)), max_size=8)


@given(st.lists(st.tuples(CHANGES, st.booleans(), st.integers(0, 4))))
def test_they_are_the_best_whatever_changed(
    looks: list[Look],
) -> None:
    """As if all lines had been sorted at each look; a strategy that changes is as all changed."""
    lines = [OneLine(f"l{n}") for n in range(10)]
    heads: Heads[OneLine] = Heads()
    for line in lines:
        heads.add(line)
    for changes, another_strategy, most in looks:
        for number, since in changes:
            lines[number].since = since
            heads.changed[lines[number]] = None
        if another_strategy:
            heads.all_changed()
        keys = {key: line for line in lines if (key := line.key()) is not None}
        assert heads.best() == min(keys, default=None)
        assert heads.first(most) == [keys[key] for key in sorted(keys)[:most]]


def test_a_look_asks_only_those_that_changed() -> None:
    """10,000 kinds of agents suit, one became free: that one is asked, and the first."""
    lines = [OneLine(f"l{n}") for n in range(10_000)]
    heads: Heads[OneLine] = Heads()
    for number, line in enumerate(lines):
        line.since = number
        heads.add(line)
    assert heads.best() == (0, "l0")
    before = sum(line.asked for line in lines)
    lines[5_000].since = -1
    heads.changed[lines[5_000]] = None
    assert heads.best() == (-1, "l5000")
    assert sum(line.asked for line in lines) - before <= 3


def test_what_is_not_true_any_more_does_not_pile_up() -> None:
    """A line that changes for days, and nobody looks, costs one place."""
    line, heads = OneLine("l0"), Heads[OneLine]()
    heads.add(line)
    for since in range(10_000):
        line.since = since
        heads.changed[line] = None
        assert heads.best() == (since, "l0")
    assert len(heads) < 100
