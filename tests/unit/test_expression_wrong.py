"""Wrong expressions: each gives exactly its messages, each at its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.expression import ExpressionError, NameType, ValueType, check, parse

pytestmark = pytest.mark.unit

FILE = Path(__file__).parents[1] / "data" / "expressions" / "wrong.txt"
NAMES = {
    "balance": NameType(ValueType.MONEY, currency="EUR"),
    "price": NameType(ValueType.MONEY, currency="HUF"),
    "tries": NameType(ValueType.NUMBER),
    "account": NameType(ValueType.DIGITS, length=8),
    "topic": NameType(ValueType.TEXT),
    "paid": NameType(ValueType.BOOL),
    "day": NameType(ValueType.DATE),
    "at": NameType(ValueType.TIME),
}
BOUNDS = [
    ("", 0, "is empty, an expression is needed"),
    ("  \n ", 0, "is empty, an expression is needed"),
    ("(" * 21 + "1" + ")" * 21, 20, "is nested too deeply, 20 levels at most"),
    ("not " * 21 + "paid", 80, "is nested too deeply, 20 levels at most"),
    (" - ".join(["tries"] * 80), 152, "has more than 60 operators in a row or in each other"),
    ("paid and " * 501 + "paid", 4500, "is too long, 1000 words and signs at most"),
    ("1" * 29, 0, "a number has 28 digits at most"),
    ("topic == 'a\nb'", 9, "this quote is not closed on its line"),
]
CASES = [
    block.splitlines()
    for block in FILE.read_text(encoding="utf-8").split("\n\n")
    if not block.startswith("#")
]


def told(text: str) -> Iterator[tuple[int, str]]:
    """Everything an author is told of ``text``."""
    try:
        tree = parse(text)
    except ExpressionError as error:
        yield error.col, error.message
    else:
        for finding in check(tree, NAMES).findings:
            yield finding.col, finding.message


def test_there_are_many_wrong_expressions() -> None:
    """An empty file must not pass for a green test."""
    assert len(CASES) >= 100


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_what_is_wrong_is_told_at_its_place(case: list[str]) -> None:
    """All of it in the text's order, and nothing that only follows from another fault."""
    text, *marked = case
    assert [f"{' ' * col}^ {message}" for col, message in told(text)] == marked


@pytest.mark.parametrize(("text", "col", "message"), BOUNDS)
def test_what_no_one_would_write_is_told_too(text: str, col: int, message: str) -> None:
    """An expression has bounds, so that nothing that is made of it has to fear its size."""
    assert list(told(text)) == [(col, message)]


def test_the_days_functions_need_a_date_of_today() -> None:
    """A ``time.date`` that is none does not do."""
    names = {**NAMES, "time.date": NameType(ValueType.TEXT)}
    checked = check(parse("days_since(day)"), names)
    assert [(found.col, found.message) for found in checked.findings] == [
        (0, "days_since() needs time.date, which is not known here")
    ]


@pytest.mark.parametrize(
    ("text", "type_", "currency"),
    [
        ("balance", ValueType.MONEY, "EUR"),
        ("balance * tries", ValueType.MONEY, "EUR"),
        ("tries * balance", ValueType.MONEY, "EUR"),
        ("tries + balance", ValueType.MONEY, "EUR"),
        ("balance / balance", ValueType.NUMBER, None),
        ("balance / 2", ValueType.MONEY, "EUR"),
        ("-round(balance, 1)", ValueType.MONEY, "EUR"),
        ("max(0, tries, balance)", ValueType.MONEY, "EUR"),
        ("number(balance)", ValueType.NUMBER, None),
        ("if paid then balance else 0", ValueType.MONEY, "EUR"),
        ("if paid then account else topic", ValueType.TEXT, None),
        ("account + account", ValueType.DIGITS, None),
        ('account + "1"', ValueType.TEXT, None),
        ("last(account, 4)", ValueType.DIGITS, None),
        ("min(day, 2026-12-24)", ValueType.DATE, None),
        ("at", ValueType.TIME, None),
        ("(balance < 0) == paid", ValueType.BOOL, None),
    ],
)
def test_the_type_of_what_is_computed(text: str, type_: ValueType, currency: str | None) -> None:
    """A ``set`` step holds it against its variable's."""
    checked = check(parse(text), NAMES)
    assert (checked.type, checked.currency, checked.findings) == (type_, currency, ())


def test_what_reads_a_sensitive_name_is_sensitive() -> None:
    """However it is hidden in the expression; names are told whether or not they are reached."""
    names = {**NAMES, "pin": NameType(ValueType.DIGITS, sensitive=True)}
    hidden = check(parse("if paid then length(pin) else 0"), names)
    assert hidden.sensitive
    assert hidden.names == {"paid", "pin"}
    assert not check(parse("length(account) > 3"), names).sensitive
