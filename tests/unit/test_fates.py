"""The made-up network's numbering plan."""

from __future__ import annotations

import pytest

from phones.fates import BUSY, Called, Fate, steps_of, told_by

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("number", "called"),
    [
        ("+36301210612", Called(Fate.PERSON, 6, 12)),
        ("+36301270286", Called(Fate.REFUSED, 2, BUSY)),
        ("36709930000", Called(Fate.NOBODY, 0)),
        ("+36301200000", None),
        ("anybody", None),
    ],
)
def test_the_last_digits_of_a_number_tell_its_fate(number: str, called: Called | None) -> None:
    """The fate, the ringing and the stay; a number with no fate is nobody's."""
    assert told_by(number) == called


def test_a_number_is_made_for_a_fate() -> None:
    """What is told by it is what it was made for, and the subscriber is in it."""
    called = Called(Fate.MACHINE, 17, 4)
    assert called.number("+3620", 7) == "+36200741704"
    assert told_by(called.number("+3620", 7)) == called


@pytest.mark.parametrize(
    ("called", "subscriber"),
    [
        (Called(Fate.PERSON, 100, 1), 0),
        (Called(Fate.PERSON, 1, 100), 0),
        (Called(Fate.FAX, 1), 100),
    ],
)
def test_no_number_is_made_that_would_tell_something_else(called: Called, subscriber: int) -> None:
    """Times and subscribers of more than two digits are refused."""
    with pytest.raises(ValueError, match="no number tells"):
        called.number("+3630", subscriber)


def test_a_stay_is_told_in_steps_of_five_seconds() -> None:
    """00 is no stay of no seconds, but one until the other side hangs up."""
    assert [steps_of(s) for s in (0, 2, 12, 61, 9000)] == [1, 1, 2, 12, 99]
    assert Called(Fate.PERSON, 1, 12).stay_s == 60
    assert Called(Fate.PERSON, 1).stay_s is None
