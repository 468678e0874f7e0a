"""Amounts as people, the ledger and Stripe write them, and what Stripe's states mean."""

from decimal import Decimal

import pytest

from payments.errors import NoAnswer, NotDone
from payments.gateways import Answer, Approved, Handle, Operation, Pending
from payments.gateways.stripe import intent_answer, minor_at_stripe
from payments.money import Amount

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [
        ("12.50", "EUR", 12_50),
        ("100", "JPY", 100),
        ("100", "ISK", 100_00),
        ("100", "UGX", 100_00),
        ("100.00", "MGA", 100),
        ("1.230", "BHD", 1_230),
    ],
)
def test_stripe_counts_some_currencies_otherwise(value: str, currency: str, minor: int) -> None:
    """Ariary without decimals, krónur and shillings with two, thousandths by tens."""
    assert minor_at_stripe(Amount.of(Decimal(value), currency)) == minor


@pytest.mark.parametrize(("value", "currency"), [("1.234", "BHD"), ("1.50", "MGA")])
def test_what_stripe_cannot_charge_is_not_sent(value: str, currency: str) -> None:
    """Nor rounded."""
    with pytest.raises(NotDone, match="amount_too_fine"):
        minor_at_stripe(Amount.of(Decimal(value), currency))


@pytest.mark.parametrize(
    ("value", "currency", "minor"),
    [("12.50", "EUR", 12_50), ("100", "JPY", 100), ("1.234", "BHD", 1_234)],
)
def test_amounts_are_in_the_smallest_unit(value: str, currency: str, minor: int) -> None:
    """By the currency's decimals (ISO 4217), and back."""
    amount = Amount.of(Decimal(value), currency)
    assert amount.minor == minor
    assert amount.value == Decimal(value)


@pytest.mark.parametrize("value", ["0", "-1", "0.001", "NaN", "Infinity", "1e30", "1e999999"])
def test_what_cannot_be_paid_is_no_amount(value: str) -> None:
    """Nothing, less, finer than the smallest unit, or more than banks can say."""
    with pytest.raises(ValueError, match="no amount of EUR"):
        Amount.of(Decimal(value), "EUR")


@pytest.mark.parametrize(
    ("operation", "status", "answer"),
    [
        (Operation.CHARGE, "succeeded", Approved(Handle("pi_1"))),
        (Operation.AUTHORISE, "requires_capture", Approved(Handle("pi_1"))),
        (Operation.VOID, "canceled", Approved(Handle("pi_1"))),
        (Operation.CHARGE, "processing", Pending(Handle("pi_1"))),
        (Operation.CHARGE, "requires_capture", None),
        (Operation.CHARGE, "canceled", None),
        (Operation.VOID, "succeeded", None),
        (Operation.CAPTURE, "canceled", None),
    ],
)
def test_done_is_what_was_asked_for(
    operation: Operation, status: str, answer: Answer | None
) -> None:
    """Money that is only held is not paid; what else an intent may be is not known."""
    intent = {"id": "pi_1", "status": status}
    if answer is not None:
        assert intent_answer(intent, operation) == answer
        return
    with pytest.raises(NoAnswer, match="unexpected_status"):
        intent_answer(intent, operation)
