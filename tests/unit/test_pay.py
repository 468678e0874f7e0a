"""Payments as the flow sees them: an amount goes out, an outcome comes back."""

from __future__ import annotations

from decimal import Decimal

import pytest

from config.document import load_text_located
from ivr.check import check
from ivr.commands import Pay
from ivr.flow import Flow
from ivr.names import PROMISES
from ivr.steps.base import Known
from payments.capture import Result
from tests.unit.conversation import HEADER, Conversation, program

pytestmark = pytest.mark.unit

TEXT = """
languages: [en, hu]
start: pay
vars:
  due: {type: money, currency: EUR, start: "12.50"}
  invoice: {type: digits, start: "007"}
steps:
  pay:
    pay: {amount: due + 1, reference: "Invoice {invoice}"}
    paid: thanks
    declined: refused
    on_error: sorry
  thanks: {say: "Card ending {payment.last4:text}.", next: bye}
  refused: {say: Refused., next: bye}
  sorry: {say: Not now., next: bye}
  bye: {hangup: normal}
"""


def test_a_payment_is_asked_for_and_what_it_gave_is_learned() -> None:
    """The amount is worked out in the call, its currency is the variable's; no card number."""
    call = Conversation(program(TEXT), language="hu")
    assert call.command == Pay(Decimal("13.50"), "EUR", "Invoice 007", "hu")
    call.done("paid", reference="pay_1", brand="visa", last4="4242")
    assert (call.value("payment.reference"), call.value("payment.brand")) == ("pay_1", "visa")
    assert call.hears == "Card ending négy kettő négy kettő"
    assert "2000 pay: paid" in call.timeline


def test_a_declined_or_cancelled_payment_goes_the_way_of_refusals() -> None:
    """A caller who gives up goes as one whose card is refused, unless the flow says otherwise."""
    for outcome in ("declined", "cancelled"):
        call = Conversation(program(TEXT))
        call.done(outcome)
        assert call.hears == "Refused."
        assert call.value("payment.reference") is None
    text = TEXT.replace("declined: refused", "declined: refused\n    cancelled: bye")
    call = Conversation(program(text))
    call.done("cancelled")
    assert call.ended == "normal"


def test_what_cannot_be_paid_leaves_by_on_error() -> None:
    """Nothing to pay, no service, or an engine that cannot."""
    call = Conversation(program(TEXT.replace("12.50", "-1")))
    assert call.hears == "Not now."
    call = Conversation(program(TEXT))
    call.done("unavailable")
    assert call.hears == "Not now."
    call = Conversation(program(TEXT))
    call.fails("this engine cannot do that")
    assert call.hears == "Not now."


def test_what_nobody_knows_is_no_decline() -> None:
    """It goes a way of its own, or else that of what could not be done; never as refused."""
    call = Conversation(program(TEXT))
    call.done("unknown", result="outcome-unknown")
    assert call.hears == "Not now."
    assert call.value("payment.result") == "outcome-unknown"
    text = TEXT.replace("declined: refused", "declined: refused\n    unknown: bye")
    call = Conversation(program(text))
    call.done("unknown", result="outcome-unknown")
    assert call.ended == "normal"


def test_flows_know_every_result() -> None:
    """A branch on a result that there is not is told by the check."""
    assert PROMISES["payment.result"].allowed == frozenset(each.value for each in Result)


def test_a_site_without_payments_gives_a_warning() -> None:
    """The flow may be written before the gateway is there."""
    flow, located = load_text_located(HEADER + TEXT, "test.yaml", Flow)
    (problem,) = check(flow, located, Known(payments=False))
    assert problem.severity == "warning"
    assert problem.message == "payments are not set up: every call leaves by on_error"
