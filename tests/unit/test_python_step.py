"""The step python as a conversation: what the function gets, and what is taken of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pytest

from ivr.commands import RunPython
from ivr.events import Done
from ivr.functions import FlowFunction, signature
from ivr.steps.base import Known
from ivr.variables import Value
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit


class Rated(NamedTuple):
    """Two results."""

    score: Decimal
    name: str | None


def rate(
    account: str,
    greeting: str | None = None,
    tries: Decimal = Decimal(0),
    since: date | None = None,
    urgent: bool | None = None,
) -> Rated:
    """As a site has it."""
    raise NotImplementedError


KNOWN = Known(functions={"rate": FlowFunction("rate", rate, signature(rate))})
FLOW = """
languages: [en]
start: ask
vars:
  account: {type: digits, start: "00471"}
  tries: {type: number, start: "1"}
  name: {type: text, start: nobody}
  pin: {type: digits}
  since: {type: date}
  secret: {type: number, sensitive: true}
steps:
  ask: {python: {call: rate, give: %s, take: %s}, next: hello, on_error: sorry}
  hello: {say: "Hello {name} {tries}.", next: end}
  sorry: {say: Sorry., next: end}
  end: {hangup: normal}
"""
TAKE = "{tries: score, name: name}"


def calling(give: str, take: str = TAKE) -> Conversation:
    return Conversation(program(FLOW % (give, take), KNOWN))


def arguments(give: str) -> dict[str, Value]:
    command = calling(give).command
    assert isinstance(command, RunPython)
    return dict(command.arguments)


def test_each_parameter_gets_a_value_of_its_type() -> None:
    """Text with holes for a str; an expression, or a value as it is written, for the others."""
    assert arguments(
        '{account: "{account}", greeting: "No. {account}", tries: tries + 1, since: 2026-11-23, '
        "urgent: tries > 0}"
    ) == {
        "account": "00471",
        "greeting": "No. 00471",
        "tries": Decimal(2),
        "since": date(2026, 11, 23),
        "urgent": True,
    }


def test_what_is_not_set_is_none_where_that_is_allowed() -> None:
    """A hole alone, and an expression."""
    assert arguments('{account: "x", greeting: "{pin}", since: since}') == {
        "account": "x",
        "greeting": None,
        "since": None,
    }


def test_what_is_not_set_and_needed_fails_the_step() -> None:
    """The function is not called with what it does not take."""
    call = calling('{account: "{pin}"}')
    assert call.hears == "Sorry."
    assert any("ask: failed: account is not set" in line for line in call.timeline)


def gives(call: Conversation, **values: Value) -> str:
    call.does(Done(call.now_ms, values=values))
    return call.hears


def test_results_are_taken_into_variables() -> None:
    """Also when one is not set."""
    assert gives(calling("{account: x}"), score=Decimal(7), name="Anna") == "Hello Anna seven"
    assert gives(calling("{account: x}"), score=Decimal(7), name=None) == "Hello seven"


def test_a_result_that_does_not_fit_fails_the_step_and_is_not_told() -> None:
    """Nothing is taken then."""
    call = calling("{account: x}", "{pin: name, tries: score}")
    assert gives(call, score=Decimal(7), name="4711x") == "Sorry."
    assert any("failed: name is not digits, as pin is" in line for line in call.timeline)
    assert "4711" not in " ".join(call.timeline)
    assert call.state.scope.variables["tries"] == Decimal(1)


def test_a_sensitive_variable_can_take_a_result() -> None:
    """It is kept with the others of its kind."""
    call = calling("{account: x}", "{secret: score}")
    gives(call, score=Decimal(7))
    assert call.state.scope.secrets == {"secret": Decimal(7)}


def test_a_function_that_fails_leads_to_on_error() -> None:
    """Whatever the reason."""
    call = calling("{account: x}")
    call.fails("the function took too long")
    assert call.hears == "Sorry."


def test_the_arguments_show_in_no_repr() -> None:
    """Reprs end up in logs."""
    assert "471" not in repr(calling('{account: "{account}"}').command)
