"""Which number of a pool is shown: a near one, not too often, and the load shared."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.outbound.caller_ids import PoolNumber, choose

pytestmark = pytest.mark.unit

BUDAPEST, HUNGARY, ANYWHERE = "+3615550100", "+36205550100", "+3615550101"
POOL = (
    PoolNumber(HUNGARY, ("+36",)),
    PoolNumber(BUDAPEST, ("+361", "+3620"), per_day=2),
    PoolNumber(ANYWHERE),
)


@pytest.mark.parametrize(
    ("callee", "shown"),
    [
        ("+3612345678", BUDAPEST),
        ("+36201234567", BUDAPEST),
        ("+36701234567", HUNGARY),
        ("+48601234567", ANYWHERE),
    ],
)
def test_the_nearest_is_shown(callee: str, shown: str) -> None:
    """By the longest beginning that fits; elsewhere one that is local to nobody."""
    assert choose(POOL, callee, {}) == shown


def test_who_has_been_shown_enough_today_gives_way() -> None:
    """To the next nearest, and at last to one that is local to others."""
    assert choose(POOL, "+3612345678", {BUDAPEST: 2}) == HUNGARY
    limited = (PoolNumber(ANYWHERE, per_day=1), PoolNumber(HUNGARY, ("+36",)))
    assert choose(limited, "+48601234567", {ANYWHERE: 1}) == HUNGARY


def test_no_call_is_made_when_all_have_been() -> None:
    """Rather none than one that is marked as unwanted."""
    assert choose((PoolNumber(ANYWHERE, per_day=1),), "+48601234567", {ANYWHERE: 1}) is None
    assert choose((), "+48601234567", {}) is None


@given(limits=st.lists(st.none() | st.integers(1, 9), min_size=1, max_size=5))
def test_numbers_that_are_alike_share_the_calls(limits: list[int | None]) -> None:
    """As evenly as their limits let them, and no limit is ever exceeded."""
    pool = [PoolNumber(f"+361555010{at}", per_day=most) for at, most in enumerate(limits)]
    shown: Counter[str] = Counter()
    for _ in range(20):
        number = choose(pool, "+36301234567", shown)
        if number is not None:
            shown[number] += 1
    assert all(each.per_day is None or shown[each.number] <= each.per_day for each in pool)
    below = [shown[each.number] for each in pool if shown[each.number] != each.per_day]
    assert max(below, default=0) - min(below, default=0) <= 1
    total = sum(each.per_day or 20 for each in pool)
    assert sum(shown.values()) == min(20, total)
