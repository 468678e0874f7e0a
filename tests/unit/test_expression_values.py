"""What expressions give: by example, without a value, and whatever the values."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given

from ivr.errors import ExpressionError
from ivr.expression import (
    FUNCTIONS,
    LITERALS,
    OPERATORS,
    SAMPLE,
    NameType,
    Value,
    ValueType,
    check,
    compile,  # noqa: A004 - as its callers use it
    parse,
)
from tests.unit.expressions import CALLS, NAMES, WILD, Environment, expressions

pytestmark = pytest.mark.unit

SAMPLE_NAMES = {name: sample.type for name, sample in SAMPLE.items()}
EXAMPLES = [
    *((each.example, each.gives) for each in (*LITERALS, *OPERATORS)),
    *((function.example, function.gives) for function in FUNCTIONS.values()),
]
PYTHON_TYPES: dict[ValueType, type] = {
    ValueType.TEXT: str,
    ValueType.DIGITS: str,
    ValueType.NUMBER: Decimal,
    ValueType.MONEY: Decimal,
    ValueType.DATE: date,
    ValueType.TIME: time,
    ValueType.BOOL: bool,
}


def evaluated(text: str, values: Environment, names: dict[str, NameType] | None = None) -> Value:
    """The value of ``text`` in a call with these values."""
    return compile(parse(text), NAMES if names is None else names)(values.get)


@pytest.mark.parametrize(("example", "gives"), EXAMPLES)
def test_the_examples_of_the_reference_are_true(example: str, gives: Value) -> None:
    """Every operator, literal and function, with the sample's values."""
    values = {name: sample.value for name, sample in SAMPLE.items()}
    found = evaluated(example, values, SAMPLE_NAMES)
    assert found == gives
    assert type(found) is type(gives)


def test_the_sample_has_a_value_that_is_not_set() -> None:
    """The reference shows what then happens."""
    assert [name for name, sample in SAMPLE.items() if sample.value is None] == ["topic"]


@pytest.mark.parametrize(
    "text",
    [
        *("n == 5", "n < 5", "n == m", "n between 1 and 5", "n in (1, 2)", "n in (m, 2)"),
        *('topic == ""', 'topic starts with ""', 'topic contains ""', 'topic matches ".*"'),
        *("n + 1 > 0", "-n < 0", "length(topic) == 0", "paid", "paid == false", "n / 0 == n / 0"),
        *("1 / 0 == 1 / 0", "5 in (1 / 0, 2)", "n is set", "days_since(day) < 9 or n > 1 / 0"),
    ],
)
def test_what_is_asked_of_an_unset_value_is_false(text: str) -> None:
    """And its negation is true: there is no third answer in a branch."""
    assert evaluated(text, {}) in (False, None)
    assert evaluated(f"not ({text})", {}) is True


@pytest.mark.parametrize(
    "text", ["n != 5", "n != m", "n not in (1, 2)", 'topic not contains "a"', "n is not set"]
)
def test_negative_questions_about_an_unset_value_are_true(text: str) -> None:
    """``!=`` is the opposite of ``==``, nothing else."""
    assert evaluated(text, {}) is True


@pytest.mark.parametrize(
    "text",
    [
        *("n + 1", "1 - n", "-n", "n / m", "1 / 0", "0 / 0", "abs(n)", "round(1.5, n)"),
        *('topic + "a"', "lower(topic)", "text(n)", "first(topic, 2)", "days_until(day)"),
        *("min(1, n, 2)", 'number("12a")', 'number("")', 'number("1e5")', "if paid then 1 else n"),
        *('last("abc", -1)', 'first("abc", 0.5)', "round(1.5, -1)", "round(1.5, 29)"),
    ],
)
def test_what_is_computed_of_an_unset_value_is_unset(text: str) -> None:
    """So is what has no answer."""
    assert evaluated(text, {"time.date": date(2026, 11, 22)}) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1 + 0.2", "0.3"),
        ("0.10 * 3", "0.30"),
        ("1 / 3 * 3", "0.9999999999999999999999999999999999"),
        ("round(0.125, 2)", "0.13"),
        ("round(-0.125, 2)", "-0.13"),
        ("round(2.5)", "3"),
        ("9999999999999999999999999999 + 1", "1E+28"),
        ('number(" 007.50 ")', "7.50"),
        ("max(1, 3, 2)", "3"),
        ("--2", "2"),
    ],
)
def test_decimals_are_exact(text: str, value: str) -> None:
    """Money is never a float."""
    assert evaluated(text, {}) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("text(1.50)", "1.50"),
        ("text(yes)", "true"),
        ("text(08:05)", "08:05"),
        ("text(2026-01-05)", "2026-01-05"),
        ('"a" + "b" + \'"\'', 'ab"'),
        ('last("abc", 9)', "abc"),
        ('last("abc", 0)', ""),
        ('first("abc", 2)', "ab"),
        ('if 1 > 2 then "a" else "b"', "b"),
    ],
)
def test_texts(text: str, value: str) -> None:
    """As a caller would hear them."""
    assert evaluated(text, {}) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", "5"),
        ("n", True),
        ("n", Decimal("NaN")),
        ("n", Decimal("Infinity")),
        ("day", datetime(2026, 11, 22, tzinfo=UTC)),
        ("at", time(8, tzinfo=UTC)),
        ("topic", Decimal(5)),
        ("paid", Decimal(1)),
    ],
)
def test_a_value_of_another_type_counts_as_unset(name: str, value: Value) -> None:
    """A reply or a saved call may bring anything; a branch then goes on as without it."""
    assert evaluated(f"{name} is set", {name: value}) is False


def test_a_text_made_by_joining_has_a_bound() -> None:
    """A flow that joins in a circle does not fill the memory."""
    assert evaluated("topic + topic", {"topic": "a" * 2048}) == "a" * 4096
    assert evaluated('topic + topic + "b"', {"topic": "a" * 2048}) is None


def test_a_pattern_is_held_against_the_whole_of_a_text_of_bounded_length() -> None:
    """However long the text, an answer comes at once."""
    assert evaluated('topic matches "a+"', {"topic": "a" * 128}) is True
    assert evaluated('topic matches "a+"', {"topic": "a" * 129}) is False
    assert evaluated('topic matches "a+"', {"topic": "ab"}) is False
    assert evaluated('topic matches ".*a.*b.*"', {"topic": "a" * 128}) is False


def test_what_is_not_well_typed_is_not_compiled() -> None:
    """The first finding is raised, so that no unchecked flow is run."""
    with pytest.raises(ExpressionError) as caught:
        compile(parse('1 < n + topic or "a"'), NAMES)
    assert caught.value.col == 8


@given(expressions(2), WILD)
def test_evaluation_never_raises_and_keeps_its_type(text: str, values: Environment) -> None:
    """Whatever values names have, each expression gives one of its own type, or none."""
    tree = parse(text)
    checked = check(tree, NAMES)
    assert checked.findings == ()
    assert checked.type is not None
    found = compile(tree, NAMES)(values.get)
    assert found is None or type(found) is PYTHON_TYPES[checked.type]


@given(expressions(2), CALLS)
def test_evaluation_reads_no_other_names_than_check_tells(text: str, values: Environment) -> None:
    """So what check says of sensitive values is true."""
    tree, read = parse(text), set()

    def reader(name: str) -> Value:
        read.add(name)
        return values[name]

    compile(tree, NAMES)(reader)
    assert read <= check(tree, NAMES).names
