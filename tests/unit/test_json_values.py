"""JSON as it is written in YAML: what a request sends, and what a test's service answers."""

import json
from decimal import Decimal
from typing import Any

import pytest

from config.document import load_text_located
from ivr.json_values import json_of, json_text
from ivr.rehearsal.given import Reply
from ivr.rehearsal.json_values import value_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12.50", Decimal("12.50")),
        ("0.1", Decimal("0.1")),
        ("-0.000000000000000001", Decimal("-0.000000000000000001")),
        ("123456789012345678", 123456789012345678),
        ("-7", -7),
        ("1e3", Decimal(1000)),
        ("2.5E-2", Decimal("0.025")),
        ("true", True),
        ("null", "null"),  # YAML's own null is none before it comes here
        ("007", "007"),
        ("+1", "+1"),
        (".5", ".5"),
        ("1.", "1."),
        ("1e999", "1e999"),  # no amount: it would fill the memory
        ("1234567890123456789", "1234567890123456789"),  # longer than any reader takes
        ("٣", "٣"),
        ("NaN", "NaN"),
    ],
)
def test_a_number_is_what_json_calls_one_and_is_exact(written: str, value: Any) -> None:
    """The rest is text."""
    found = json_of(written)
    assert (found, type(found)) == (value, type(value))


def test_an_amount_keeps_its_digits_from_the_test_to_the_variable() -> None:
    """0.1 + 0.2 is no amount of money; a reply has fractions as Decimal, in lists as well."""
    text = 'json: {balance: 12.50, parts: [0.1, 1e-7], id: "0042", name: Ernő, none: ~}'
    body = load_text_located(text, "t", Reply)[0].body
    assert body == {
        "balance": Decimal("12.50"),
        "parts": [Decimal("0.1"), Decimal("1E-7")],
        "id": "0042",
        "name": "Ernő",
        "none": None,
    }
    assert value_of(body["balance"]) == Decimal("12.50")
    assert value_of(7) == Decimal(7)
    assert value_of(body["parts"]) == "[0.1, 0.0000001]"


def test_what_is_written_back_is_read_the_same() -> None:
    """A call that was played by hand becomes a test; for a service it is plain JSON."""
    body = {"balance": Decimal("12.50"), "id": "0042", "of": ['a": 1', True, None], "name": "Ő"}
    assert (
        json_text(body, readable=True)
        == '{"balance": 12.50, "id": "0042", "of": ["a\\": 1", true, null], "name": "Ő"}'
    )
    assert load_text_located(f"json: {json_text(body, readable=True)}", "t", Reply)[0].body == body
    assert json_text(body).isascii()
    assert json.loads(json_text(body), parse_float=Decimal) == body


def test_over_a_wire_of_json_a_number_stays_one() -> None:
    """A call that is made live is told what its services answer."""
    reply = load_text_located("json: {balance: 12.50, parts: [0.1], n: 3}", "t", Reply)[0]
    sent = json.loads(reply.model_dump_json(by_alias=True))
    assert sent["json"] == {"balance": 12.5, "parts": [0.1], "n": 3}
    assert Reply.model_validate(sent) == reply
