"""Paths into JSON documents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.errors import JsonPathError
from ivr.jsonpath import JsonPath, parse

pytestmark = pytest.mark.unit

DOCUMENT = {"a": {"b": [{"c d": 1}, {"é": "x"}]}, 'q"': {"]": 2}, "n": None, "list": [[0, 9]]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$", DOCUMENT),
        ('$.a.b[0]["c d"]', 1),
        ("$.a.b[-1].é", "x"),
        ('$[\'q"\']["]"]', 2),
        ('$["q\\""]["]"]', 2),
        ("$.list[0][-1]", 9),
        ("$[ 'list' ][ 0 ][1]", 9),
        ("$.list[1]", None),
        ("$.list[-2]", None),
        ("$.list.a", None),
        ("$.a[0]", None),
        ("$.n.x.y[3]", None),
        ("$.missing?", None),
    ],
)
def test_a_path_leads_to_one_value(text: str, value: Any) -> None:
    """What is not there is None, however deep it would have been."""
    assert parse(text).find(DOCUMENT) == value


def test_what_may_be_missing_is_marked() -> None:
    """By a question mark at the end."""
    assert parse("$.a?") == JsonPath(("a",), optional=True)
    assert parse("$.a") == JsonPath(("a",))


@pytest.mark.parametrize(
    ("text", "col", "what"),
    [
        ("", 0, "begins with $"),
        ("a.b", 0, "begins with $"),
        ("$a", 1, "no part of a path"),
        ("$.", 1, "no part of a path"),
        ("$.a[", 3, "no part of a path"),
        ("$.a[b]", 3, "no part of a path"),
        ('$.a["b]', 3, "no part of a path"),
        ("$.2a", 1, "no part of a path"),
        ("$..a", 1, "leads to one value"),
        ("$.*", 1, "leads to one value"),
        ("$[*]", 1, "leads to one value"),
        ("$.a[?(@.b)]", 3, "leads to one value"),
        ("$[1:2]", 1, "leads to one value"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, col: int, what: str) -> None:
    """For the check of a flow."""
    with pytest.raises(JsonPathError, match=what.replace("$", r"\$")) as caught:
        parse(text)
    assert caught.value.col == col


@given(st.text(alphabet="$.[]'\"\\-?*a0 ", max_size=12), st.sampled_from([DOCUMENT, [], "", 1]))
def test_any_text_is_a_path_or_a_fault(text: str, document: Any) -> None:
    """Nothing else is raised, neither by reading a path nor by following one."""
    try:
        path = parse(text)
    except JsonPathError:
        return
    path.find(document)
