"""From text to tree and back: what binds tighter, and one canonical text for every tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.expression import RESERVED, ExpressionError, parse, unparse
from ivr.expression.syntax import Expr, walk
from tests.unit.expressions import expressions

pytestmark = pytest.mark.unit

SAME = [
    ("a or b and c", "a or (b and c)"),
    ("not a and b", "(not a) and b"),
    ("not a == b", "not (a == b)"),
    ("a + b * c", "a + (b * c)"),
    ("a - b - c", "(a - b) - c"),
    ("a / b / c", "(a / b) / c"),
    ("-a * b", "(-a) * b"),
    ("a - -1", "a - (-1)"),
    ("a + 1 < b * 2", "(a + 1) < (b * 2)"),
    ("a and b and c", "a and (b and c)"),
    ("a or b or c", "(a or b) or c"),
    ("a between 1 and 2 and b", "(a between 1 and 2) and b"),
    ("a between 1 + 1 and 2 + 2", "a between (1 + 1) and (2 + 2)"),
    ("x not in (1, 2)", "not x in (1, 2)"),
    ("x is not set", "not x is set"),
    ("x not starts with 'a'", "not x starts with 'a'"),
    ("x not matches 'a'", "not (x matches 'a')"),
    ("if a then 1 else 2 + 3", "if a then 1 else (2 + 3)"),
    ("if a then 1 else if b then 2 else 3", "if a then 1 else (if b then 2 else 3)"),
    ("a and yes", "a and true"),
    ("a and no", "a and false"),
    ("a == 9:05", "a == 09:05"),
    ("a=='x'", 'a == "x"'),
    ("  a\n  and b ", "a and b"),
]
CANONICAL = [
    "balance < 0",
    'call.language == "en" or call.language == \'say "hi"\'',
    "not (a or b) and c",
    "(a or b) and not c == d",
    "(a - (b - c)) / (d * e)",
    "a - (b - c)",
    "(a + b) * c",
    "-(a + b)",
    "--a",
    "x not between -1.50 and 2",
    "x not in (1, y + 2, if a then 1 else 2)",
    'last(account, 4) matches "[0-9]{4}"',
    'name not contains "a" + b',
    "(if a then 1 else 2) + 3",
    "if a or b then if c then 1 else 2 else 3",
    "(a < b) == (c < d)",
    "(x is set) == true",
    "day >= 2026-12-24 and at < 18:30",
    "set == with",
]


def nested(count: int) -> str:
    return "(" * count + "a" + ")" * count


@pytest.mark.parametrize(("text", "same"), SAME)
def test_what_binds_tighter_needs_no_parentheses(text: str, same: str) -> None:
    """Two spellings of one expression give one tree and one canonical text."""
    assert parse(text) == parse(same)
    assert unparse(parse(text)) == unparse(parse(same))


@pytest.mark.parametrize("text", CANONICAL)
def test_a_canonical_text_stays_as_it_is(text: str) -> None:
    """Parentheses stand only where they are needed."""
    assert unparse(parse(text)) == text


def test_one_is_not_true() -> None:
    """Trees that mean different things differ, also where Python finds their values equal."""
    assert parse("a == 1") != parse("a == true")


def test_a_tree_knows_where_its_parts_stand() -> None:
    """Findings point into the text as it was written."""
    parts: list[Expr] = [part for part, _ in walk(parse("  abc < last(d, 14)"))]
    assert sorted(part.col for part in parts) == [2, 2, 8, 13, 16]


@given(expressions(2))
def test_unparse_gives_back_the_same_tree(text: str) -> None:
    """For every expression, and the canonical text is its own canonical text."""
    tree = parse(text)
    assert parse(unparse(tree)) == tree
    assert unparse(parse(unparse(tree))) == unparse(tree)


@given(
    st.text(max_size=40)
    | st.lists(
        st.sampled_from([*sorted(RESERVED), "a", "1", '"x"', "(", ")", ",", "-", "<", "=", "is"]),
        max_size=12,
    ).map(" ".join)
)
def test_any_text_is_an_expression_or_is_told_why_not(text: str) -> None:
    """No text raises anything else, and the place of the fault is within the text."""
    try:
        tree = parse(text)
    except ExpressionError as error:
        fault: ExpressionError | None = error
    else:
        fault = None
        assert parse(unparse(tree)) == tree
    assert fault is None or 0 <= fault.col <= len(text)


@pytest.mark.parametrize(
    "text",
    [nested(19), "not " * 19 + "a", "-" * 19 + "a", " - ".join("a" * 50), " and ".join("a" * 400)],
    ids=["parentheses", "not", "minus", "sum", "and"],
)
def test_what_people_write_is_never_too_deep(text: str) -> None:
    """Bounds are far beyond what can be read."""
    assert parse(unparse(parse(text))) == parse(text)
