"""The patterns of ``matches``: what is allowed works, and nothing in them can take long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.expression.patterns import MAX_PATTERN, PatternError, compiled

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("[0-9]{8}", "12345678", "1234567x"),
        (r"\d{2,3}", "123", "1"),
        (r"(\+36|06)?[0-9]{8,9}", "+36301234567", "0036301234567"),
        ("(?:en|hu)(-[A-Z]{2})?", "hu-HU", "hu-"),
        (r"[a-z.]+@[a-z]+\.[a-z]+", "a.b@example.org", "a@b"),
        (".*fault.*", "a fault here", "none"),
        ("[^]x]", "a", "]"),
        (r"[\]\-\\]", "-", "x"),
        ("^a$", "a", "b"),
        (r"\(a\|b\)", "(a|b)", "a"),
        ("a{2,}b", "aaab", "ab"),
    ],
)
def test_what_engineers_write_is_allowed(pattern: str, matching: str, other: str) -> None:
    """Numbers, addresses, words of a reply."""
    assert compiled(pattern).fullmatch(matching)
    assert not compiled(pattern).fullmatch(other)


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+", "(a|b)*", "(a|aa)+b", "(.*a){20}", ".*.*.*.*", "(ab?){30}", "a?" * 30),
        *("(a|a|a){12}b", "((a{1,9}){1,9}){1,9}", r"(\d+-?)+"),
    ],
)
def test_what_could_take_long_is_refused(pattern: str) -> None:
    """The patterns that make a backtracking matcher try every way there is."""
    with pytest.raises(PatternError, match="this pattern could take too long"):
        compiled(pattern)


def test_the_length_of_a_pattern_has_a_bound() -> None:
    """As everything has that is read from a file."""
    assert compiled("a" * MAX_PATTERN).fullmatch("a" * MAX_PATTERN)
    with pytest.raises(PatternError, match="a pattern has 200 signs at most"):
        compiled("a" * (MAX_PATTERN + 1))


@given(st.text(r"ab09[](){}|*+?^$\-.&~,d:", max_size=14), st.text("ab09-", max_size=128))
def test_any_text_is_a_pattern_or_is_told_why_not(pattern: str, text: str) -> None:
    """What is let through runs, without a warning of Python's; no other error comes out."""
    found: re.Pattern[str] | PatternError
    try:
        found = compiled(pattern)
    except PatternError as error:
        found = error
    if isinstance(found, PatternError):
        assert 0 <= found.col <= len(pattern)
    else:
        assert found.fullmatch(text) is None or isinstance(found.fullmatch(text), re.Match)
