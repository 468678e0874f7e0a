"""What keys mean: patterns of them, options in each other's way, extensions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.keys import EXTENSION, SIGNS, Choices, Found, Pattern

pytestmark = pytest.mark.unit

KEYS = st.text(SIGNS, max_size=6)
PATTERNS = st.sampled_from(
    [
        "2[0-9]{2}",
        "1",
        "[13-5]2?",
        "\\d{2,4}",
        ".{3}",
        "12?3?",
        "*[0-9]",
        "#",
        "0{0,2}1",
        "[12][12]",
    ]
)


def as_regex(pattern: str) -> str:
    """The same for Python's regular expressions."""
    return pattern.replace(".", "[0-9]").replace("*", "\\*")


@given(PATTERNS, KEYS)
def test_a_pattern_means_what_the_regular_expression_means(pattern: str, keys: str) -> None:
    """Which keys it is, and whether any key could still follow."""
    found = Pattern(pattern)
    assert found.is_complete(found.after(keys)) == bool(re.fullmatch(as_regex(pattern), keys))
    longer = [keys + sign for sign in SIGNS]
    assert found.is_open(found.after(keys)) == any(found.after(each) for each in longer)


@given(PATTERNS, PATTERNS, KEYS)
def test_a_covered_pattern_is_the_other_too(one: str, other: str, keys: str) -> None:
    """Whatever is keyed for it."""
    covering, covered = Pattern(one), Pattern(other)
    if covering.covers(covered) and covered.is_complete(covered.after(keys)):
        assert covering.is_complete(covering.after(keys))


@pytest.mark.parametrize(
    ("one", "other", "covers"),
    [
        ("2[0-9]{2}", "2[0-4]5", True),
        ("2[0-4]5", "2[0-9]{2}", False),
        ("1{1,3}", "12?", False),
        ("12?", "1", True),
        ("..", "12", True),
    ],
)
def test_what_covers_what(one: str, other: str, covers: bool) -> None:
    """An option behind one that covers it could never act."""
    assert Pattern(one).covers(Pattern(other)) is covers


@pytest.mark.parametrize(
    "wrong", ["", "a", "1?", "[a]", "[5-1]", "1{3,2}", "1{0}", "{2}", "[", "1*+"]
)
def test_what_is_no_pattern_is_refused(wrong: str) -> None:
    """With a reason that its author can act on."""
    with pytest.raises(ValueError, match=r"keys|key|class|range|read"):
        Pattern(wrong)


def test_plain_keys_come_before_patterns_and_patterns_before_extensions() -> None:
    """In this order, whatever the order of writing."""
    choices = Choices(["/2../", "201", "/20[0-9]/", "star"], ["202", "3100"])
    assert choices.find("201") == Found("201", is_open=False)
    assert choices.find("202") == Found("/2../", is_open=False)
    assert choices.find("3100") == Found(EXTENSION, is_open=False)
    assert choices.find("31") == Found(None, is_open=True)
    assert choices.find("*") == Found("star", is_open=False)
    assert choices.find("9") == Found(None, is_open=False)


def test_an_option_that_begins_a_longer_one_leaves_it_open() -> None:
    """1 beside 12."""
    choices = Choices(["1", "12"])
    assert choices.find("1") == Found("1", is_open=True)
    assert choices.find("12") == Found("12", is_open=False)
