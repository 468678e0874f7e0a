"""Conditions that can never be true are named with the reason, and never one that can."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ivr.expression import (
    Impossible,
    compile,  # noqa: A004 - as its callers use it
    impossible,
    parse,
)
from tests.unit.expressions import CALLS, NAMES, Environment, conditions

pytestmark = pytest.mark.unit

NEVER = [
    ("n < 0 and n > 10", "n cannot be all of this at once"),
    ("n == 1 and n == 2", "n cannot be all of this at once"),
    ("n > 1 and not n > 1", "n cannot be all of this at once"),
    ("n between 5 and 1", "n cannot be all of this at once"),
    ("1 < n and 1 >= n", "n cannot be all of this at once"),
    ("balance > 10.0 and balance < 10", "balance cannot be all of this at once"),
    ("n is not set and n > 4", "n cannot be all of this at once"),
    ("n is not set and n * 2 > 4", "n cannot be all of this at once"),
    ("m is not set and n < m", "m cannot be all of this at once"),
    ('topic is not set and topic starts with "a"', "topic cannot be all of this at once"),
    ('topic == "a" and topic starts with "b"', "topic cannot be all of this at once"),
    ('topic contains "a" and topic not contains "a"', "topic cannot be all of this at once"),
    ('topic in ("a", "b") and topic == "c"', "topic cannot be all of this at once"),
    ('topic matches "[0-9]+" and topic == "x"', "topic cannot be all of this at once"),
    ("day > 2026-11-22 and day < 2026-11-23", "day cannot be all of this at once"),
    ("at < 08:00 and at >= 18:30", "at cannot be all of this at once"),
    ("paid and not paid", "paid cannot be all of this at once"),
    ("n < m and not (m > n)", "m > n cannot be all of this at once"),
    (
        "paid and (if paid then n < 1 else m > 5) and n == 7",
        "n cannot be all of this at once",
    ),
    ("n + 1 < 5 and n + 1 > 6", "n + 1 cannot be all of this at once"),
    ("(if 1 < 2 then n < 1 else n > 5) and n == 7", "n cannot be all of this at once"),
    ("time.hour > 25", "time.hour is from 0 to 23"),
    ("time.hour is not set", "time.hour is always set"),
    ('call.language == "de"', 'call.language is one of "en", "hu"'),
    ('call.language starts with "x"', 'call.language is one of "en", "hu"'),
    ('account == "123"', "account is 2 digits"),
    ('account == "1x"', "account is 2 digits"),
    ('code in ("1a", "b")', "code is digits"),
    ('digits(topic) == "+36"', "digits(topic) is digits"),
    ("length(account) == 3", "length(account) is 2"),
    ("length(topic) < 0", "length(topic) is at least 0"),
    ("abs(n) < 0", "abs(n) is at least 0"),
    ('lower(topic) == "Yes"', "lower(topic) is never so"),
    ("1 > 2", "1 > 2 is false in every call"),
    ("n > 1 / 0", "it is false in every call"),
    ("false and n > 1", "it is false in every call"),
]
REASONLESS = [
    *("n < 0 or n > 10", "n != 1 and n != 2", "n is not set and n != 4", "n < m and m < n + 2"),
    *("n > 22 and n < 23", "day > 2026-11-22 and day < 2026-11-24", "time.hour > 22.5"),
    *('call.language != "en"', 'topic == "de"', 'topic starts with "a" and topic ends with "b"'),
    *('account == "12"', 'lower(topic) == "yes"', "n not between 1 and 5", "paid != true"),
    *("n <= 1 and n >= 1.0", "balance > 1 and n < 1", "n / 0 is not set"),
]
COVERED = "the conditions before it cover every case"
NOTHING_OVER = "the conditions before it leave nothing over for it"


def implied(before: str) -> str:
    return f"{before}, which stands before it, is true whenever it is"


BRANCHES = [
    (["n < 10", "n < 5"], [(1, implied("n < 10"))]),
    (["n < 5", "n < 5"], [(1, "the same condition stands before it")]),
    (["n > m", "m < n"], [(1, implied("n > m"))]),
    (["n < 3", "n > 5", "n between 1 and 9", "n == 4"], [(3, implied("n between 1 and 9"))]),
    (["n < 3", "n >= 3", "n == 4"], [(2, implied("n >= 3"))]),
    (["n < 3", "n > 5", "n between 3 and 5", "n > 2 and n < 6"], [(3, NOTHING_OVER)]),
    (["n >= 0", "n < 0"], []),
    (["n >= 0", "n < 0", "n is not set"], [(3, COVERED)]),
    (["n >= 0", "n < 0", "n is not set", "paid"], [(3, NOTHING_OVER), (4, COVERED)]),
    (["time.hour < 12", "time.hour >= 12"], [(2, COVERED)]),
    (['call.language == "en"', 'call.language == "hu"'], [(2, COVERED)]),
    (["known", "not known"], [(2, COVERED)]),
    (["paid", "not paid"], [(2, COVERED)]),
    (["paid == true", "paid == false"], []),
    (["true", "paid"], [(1, implied("true")), (2, COVERED)]),
    (["n != 1", "n == 1"], [(2, COVERED)]),
    (["n < 5", "n < 10"], []),
    (["n < 5 and paid", "n < 5"], []),
    (["n < 5", "n < 5 and paid"], [(1, implied("n < 5"))]),
    (["n < 5 or paid", "paid and n > 7"], [(1, implied("n < 5 or paid"))]),
    (["nonsense > 5", "nonsense > 5", "n > 5 and n < 5"], [(2, "n cannot be all of this at once")]),
]


def judged(texts: list[str]) -> list[Impossible]:
    return [*impossible([parse(text) for text in texts], NAMES)]


@pytest.mark.parametrize(("text", "reason"), NEVER)
def test_a_condition_that_can_never_be_true_is_named(text: str, reason: str) -> None:
    """With the reason, in the author's words."""
    assert judged([text]) == [Impossible(0, reason)]


@pytest.mark.parametrize("text", REASONLESS)
def test_a_condition_that_can_be_true_is_left_alone(text: str) -> None:
    """Alone, in either way of asking."""
    assert impossible(parse(text), NAMES) == ()


@pytest.mark.parametrize(("texts", "found"), BRANCHES)
def test_a_branch_is_judged_in_its_order(texts: list[str], found: list[tuple[int, str]]) -> None:
    """What the conditions before leave nothing of is dead; the index after the last is else."""
    assert judged(texts) == [Impossible(*each) for each in found]


def test_many_alternatives_are_left_alone() -> None:
    """Beyond what is worth following, nothing is claimed, and it still takes no time."""
    text = " and ".join(f"(n == {i} or m == {i} or paid)" for i in range(40))
    assert judged([text, "n > 1"]) == []


def test_a_long_list_is_followed() -> None:
    """A list of values is one alternative, not as many as it has values."""
    listed = ", ".join(str(number) for number in range(200))
    found = judged([f"n in ({listed})", "n == 150", "n == 200"])
    assert [each.index for each in found] == [1]


@settings(max_examples=200)
@given(st.lists(conditions(2), min_size=1, max_size=4), CALLS)
@example(["n < m", "not (n < m)"], dict.fromkeys(NAMES))
def test_nothing_that_can_be_true_is_called_impossible(
    texts: list[str], values: Environment
) -> None:
    """Whatever the conditions and the call: the way that is taken was not claimed to be dead."""
    trees = [parse(text) for text in texts]
    truths = [bool(compile(tree, NAMES)(values.get)) for tree in trees]
    taken = truths.index(True) if True in truths else len(trees)
    assert taken not in {each.index for each in impossible(trees, NAMES)}


SIMPLE = st.sampled_from(
    [
        *("n < 1", "n <= 1", "n == 1", "n != 1", "n > 1", "n in (1, 2)", "n between 0 and 2"),
        *("n is set", "n + 1 > 2", "n < m", "m == n", "m >= n", "m is set", "m > 2", "m == 0.5"),
        *("paid", "paid == false", "n > 1 or paid", "(if paid then n else m) > 1", "1 > n"),
        *('topic == "a"', 'topic != "ab"', 'topic starts with "a"', 'topic matches "a.*"'),
        *('topic in ("a", "")', 'topic contains "b"', "length(topic) == 2", "topic == code"),
        *('lower(topic) == "a"', 'account == "12"', 'account starts with "1"', "day is set"),
        *("day <= 2026-11-22", "day == 2026-11-23", "day > 2026-11-23", "time.hour >= 23"),
        *("time.hour < 23", 'call.language == "en"', 'call.language in ("hu", "de")'),
    ]
)


@settings(max_examples=300)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["", "not "]), SIMPLE), min_size=1, max_size=3),
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(["and", "or"]),
    CALLS,
)
def test_nor_among_conditions_about_the_same(
    branch: list[list[tuple[str, str]]], junction: str, values: Environment
) -> None:
    """The same of conditions so alike that most branches have something dead in them."""
    texts = [
        f" {junction} ".join(f"{negation}({text})" for negation, text in condition)
        for condition in branch
    ]
    trees = [parse(text) for text in texts]
    truths = [bool(compile(tree, NAMES)(values.get)) for tree in trees]
    taken = truths.index(True) if True in truths else len(trees)
    assert taken not in {each.index for each in impossible(trees, NAMES)}


def test_small_and_capital_letters_are_what_the_judge_takes_them_for() -> None:
    """No sign becomes a Latin capital when made small, nor the other way round."""
    for sign in map(chr, range(0x110000)):
        assert not any("A" <= each <= "Z" for each in sign.lower())
        assert not any("a" <= each <= "z" for each in sign.upper())
