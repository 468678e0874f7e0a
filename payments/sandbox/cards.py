"""The sandbox's cards: by its number a card is accepted, or declined with one of all codes.

The first are those that Stripe publishes for tests (docs.stripe.com/testing); every other decline
code has a number of ours, made from its place in the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from payments.capture.brands import Brand, brand_of, code_lengths, number_lengths
from payments.capture.checks import has_check_digit
from payments.capture.digits import Digits
from payments.gateways.declines import CODES, Reason

GOOD = (
    "4242424242424242",
    "5555555555554444",
    "378282246310005",
    "6011111111111117",
    "3566002020360505",
)
PUBLISHED: Mapping[str, str] = {
    "4000000000000002": "generic_decline",
    "4000000000009995": "insufficient_funds",
    "4000000000009987": "lost_card",
    "4000000000009979": "stolen_card",
    "4000000000000069": "expired_card",
    "4000000000000127": "incorrect_cvc",
    "4000000000000119": "processing_error",
    "4000000000006975": "card_velocity_exceeded",
    "4100000000000019": "fraudulent",
    "4000002760003184": "authentication_required",
}
PENDING = "4000000000000077"
"""Accepted, and known only later: by a webhook."""
_OURS = "40009900000"
_LATER = frozenset(code for code, reason in CODES.items() if reason is Reason.LATER)
_DETAILS = frozenset(
    code
    for code, reason in CODES.items()
    if reason in (Reason.CODE, Reason.DATE, Reason.NUMBER, Reason.POSTAL, Reason.EXPIRED)
)
_STOP = frozenset(
    {"lost_card", "stolen_card", "pickup_card", "fraudulent", "do_not_try_again", "restricted_card"}
)


class Advised(NamedTuple):
    """Stripe's advice and Mastercard's, as they come with a decline."""

    advice: str | None
    network: str | None


@dataclass(frozen=True, slots=True)
class SandboxCard:
    """What is kept of a card: how it behaves. `fingerprint` is the same for the same card."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    fingerprint: str
    declines: str | None
    pending: bool


def advised(code: str) -> Advised:
    """The advice that the sandbox's issuers give."""
    if code in _LATER:
        return Advised("try_again_later", "02")
    if code in _DETAILS:
        return Advised("confirm_card_data", "01")
    return Advised("do_not_try_again", "03") if code in _STOP else Advised(None, None)


@cache
def declining() -> dict[str, str]:
    """Every test number that is declined, and by which code."""
    named = set(PUBLISHED.values())
    others = (code for code in sorted(CODES) if code not in named)
    made = {_numbered(f"{_OURS}{place:04d}"): code for place, code in enumerate(others, 1)}
    return {**PUBLISHED, **made}


def fault_of(
    number: str, code: str | None, month: int, year: int, now: tuple[int, int]
) -> str | None:
    """Why no payment method is made of a card; None: it is."""
    digits = digits_of(number)
    brand = brand_of(digits)
    if len(number) not in number_lengths(brand) or not has_check_digit(digits):
        return "incorrect_number"
    if not 1 <= month <= 12:
        return "invalid_expiry_month"
    if (year, month) < now:
        return "invalid_expiry_year"
    if code is not None and (not code.isdigit() or len(code) not in code_lengths(brand)):
        return "invalid_cvc"
    return None


def brand_name(number: str) -> str:
    """As Stripe tells it: Maestro is Mastercard's."""
    brand = brand_of(digits_of(number))
    return (
        "unknown"
        if brand is None
        else (Brand.MASTERCARD.value if brand is Brand.MAESTRO else brand.value)
    )


def digits_of(number: str) -> Digits:
    """For the checks, which read no text."""
    digits = Digits()
    for sign in number[:19]:
        if sign.isdigit():
            digits.append(int(sign))
    return digits


def _numbered(rest: str) -> str:
    """A number with its check digit."""
    return next(
        f"{rest}{digit}" for digit in range(10) if has_check_digit(digits_of(f"{rest}{digit}"))
    )
