"""Schemas that a site's flows hold replies against: no schema and no reply ends a call."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ivr.patterns import MAX_MATCHED, is_slow
from ivr.reply_schema import reply_check, schema_faults

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": {"$id": "http://e/y", "$ref": "#/$defs/n"}}, "$defs": {"n": {}}},
        {"$schema": "http://json-schema.org/draft-07/schema#"},
        {"$anchor": "here"},
        {"$dynamicRef": "#/$defs/n", "$defs": {"n": {}}},
        {"$ref": "#/required", "required": ["a"]},
        {"$ref": "#/const", "const": {"type": "5"}},
        {"$ref": "other.json"},
    ],
)
def test_a_schema_stands_alone(schema: Any) -> None:
    """What leads out of it, or to a part that is no schema, would fail in a call."""
    assert [*schema_faults(schema)] != []


@pytest.mark.parametrize(
    ("schema", "reply", "where"),
    [
        ({"$ref": "#/$defs/a%20b", "$defs": {"a b": {"type": "string"}}}, 1, "type"),
        ({"$ref": "#"}, {}, "its top: it is nested too deeply"),
        ({"multipleOf": "0.1"}, Decimal("1E+400"), "its top: it has a number beyond all use"),
        ({"pattern": "^a"}, "a" * MAX_MATCHED, None),
        ({"pattern": "^a"}, "a" * (MAX_MATCHED + 1), "pattern"),
        ({"pattern": "^a"}, "b", "pattern"),
        ({"pattern": "^a"}, 5, None),
        ({"properties": {"$id": {"type": "string"}}}, {"$id": 5}, "properties.$id.type"),
        ({"patternProperties": {"^a": {"type": "null"}}}, {"ab": 1}, "patternProperties.^a.type"),
        ({"patternProperties": {"^a": {}}}, {"a" * (MAX_MATCHED + 1): 1}, "patternProperties"),
    ],
)
def test_any_reply_is_judged(schema: Any, reply: Any, where: str | None) -> None:
    """Whatever it holds: it fits, or it is told at which keyword it does not."""
    assert [*schema_faults(schema)] == []
    assert reply_check(schema)(reply) == where


@pytest.mark.parametrize(
    "pattern",
    [r"(a+)+$", r"^(\w+\s?)*$", "(a|a)*", "((a*)b?)+", "(x(y{2,})z){5}", "(?:a?){50}", "([a)]*)+"],
)
def test_a_pattern_that_repeats_repeats_is_slow(pattern: str) -> None:
    """It would try every way to part a text that nearly fits."""
    assert is_slow(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "^[A-Z]{2}[0-9]+$",
        r"^(\d{1,3}\.){3}\d{1,3}$",
        r"^\d{4}(-\d{2})*$",
        "(yes|no)",
        "(a+)?",
        "^[(a+)+]*$",
        r"\(a+\)+",
        "(?P<day>mon|tue)-?",
    ],
)
def test_common_patterns_are_not(pattern: str) -> None:
    """Repeats beside each other, of a fixed length, or a few times."""
    assert not is_slow(pattern)
