"""Values that come to a variable: from expressions, replies of services and functions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.commands import Request
from ivr.events import Done
from ivr.variables import Value, Variable, written
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit

NUMBER = Variable(type="number")
EUROS = Variable(type="money", currency="EUR")

DIVIDED = """
languages: [en]
start: divide
vars:
  n: {type: number}
  share: {type: money, currency: EUR, start: "10.00"}
steps:
  divide: {set: {n: 10 / 3, share: share / 3}, next: ask}
  ask: {http: {get: "https://maps.example/", read: {n: $.lat}}, next: tell}
  tell: {say: "{n} and {share}.", next: end}
  end: {hangup: normal}
"""


def test_a_quotient_is_a_number_like_any_other() -> None:
    """Rounded to nine decimals, money to what can be paid; what a service replies too."""
    call = Conversation(program(DIVIDED))
    assert isinstance(call.command, Request)
    assert call.value("n") == Decimal("3.333333333")
    assert call.value("share") == Decimal("3.33")
    call.does(Done(call.now_ms, values={"status": 200, "body": {"lat": Decimal("47.49791200001")}}))
    assert call.value("n") == Decimal("47.497912")


@pytest.mark.parametrize(
    ("currency", "given", "kept"),
    [
        ("EUR", "2.005", "2.01"),
        ("EUR", "-2.005", "-2.01"),
        ("EUR", "2.5", "2.5"),
        ("JPY", "99.5", "100"),
        ("KWD", "0.0015", "0.002"),
        (None, "0.1234567891", "0.123456789"),
    ],
)
def test_money_is_kept_in_what_can_be_paid(currency: str | None, given: str, kept: str) -> None:
    """Half a unit is rounded up, as in a shop; written or computed, it is the same amount."""
    variable = Variable(type="money", currency=currency)
    assert written(variable.accept(Decimal(given))) == kept
    assert written(variable.read(given)) == kept


def test_what_rounds_to_nothing_is_zero() -> None:
    """Not minus zero, nor a zero with nine decimals."""
    assert written(NUMBER.accept(Decimal("-1E-999999"))) == "0"
    assert written(NUMBER.accept(Decimal(1) / 3 * 3)) == "1"


@pytest.mark.parametrize("number", ["1E+18", "-1E+999999", "NaN", "sNaN", "Infinity"])
@pytest.mark.parametrize("kind", ["number", "money", "text"])
def test_a_number_beyond_all_use_is_none(kind: str, number: str) -> None:
    """Written out, it could fill the memory; text holds what a person could still read."""
    variable = Variable.model_validate({"type": kind})
    wide = kind == "text" and number == "1E+18"
    assert variable.accept(Decimal(number)) == ("1" + "0" * 18 if wide else None)


def test_the_digits_of_other_scripts_are_no_number() -> None:
    """They are told apart from ours nowhere else: not on a line of a flow, nor by a telephone."""
    assert NUMBER.read("\N{ARABIC-INDIC DIGIT THREE}") is None
    assert Variable(type="date").read("202\N{ARABIC-INDIC DIGIT SIX}-11-22") is None


@given(st.decimals() | st.text() | st.booleans())
def test_what_a_variable_took_it_takes_again(value: Value) -> None:
    """So a value may go from flow to flow, and through a saved state, and stays the same."""
    for variable in (NUMBER, EUROS, Variable(type="text"), Variable(type="digits")):
        taken = variable.accept(value)
        assert taken is None or variable.accept(taken) == taken == variable.read(written(taken))
