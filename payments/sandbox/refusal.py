"""The sandbox's errors, in the shape of Stripe's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments.sandbox import cards

_OWN_CODES = frozenset(
    {
        "authentication_required",
        "expired_card",
        "incorrect_cvc",
        "incorrect_number",
        "invalid_cvc",
        "invalid_expiry_month",
        "invalid_expiry_year",
        "processing_error",
    }
)
"""Decline codes that are error codes too; of all others the error is `card_declined`."""


class Refusal(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, kind: str, code: str | None, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, Any] = {"type": kind, "message": message}
        if code is not None:
            self.error["code"] = code

    @property
    def body(self) -> dict[str, Any]:
        """As it is answered."""
        return {"error": self.error}


def invalid(param: str) -> Refusal:
    """A parameter that is missing, or will not do."""
    refusal = Refusal(400, "invalid_request_error", "parameter_invalid", f"Invalid {param}")
    refusal.error["param"] = param
    return refusal


def missing(kind: str, name: str) -> Refusal:
    """No such object."""
    return Refusal(404, "invalid_request_error", "resource_missing", f"No such {kind}: '{name}'")


def declined(
    code: str, intent: Mapping[str, Any] | None, method: Mapping[str, Any] | None = None
) -> Refusal:
    """A card error; `intent` as it is after it."""
    kind = code if code in _OWN_CODES else "card_declined"
    refusal = Refusal(402, "card_error", kind, "Your card was declined.")
    advice, network = cards.advised(code)
    details = {
        "decline_code": code,
        "advice_code": advice,
        "network_advice_code": network,
        "payment_method": method,
    }
    refusal.error |= {name: value for name, value in details.items() if value is not None}
    if intent is not None:
        after = {**intent, "status": "requires_payment_method", "payment_method": None}
        after["last_payment_error"] = None
        refusal.error["payment_intent"] = after
    return refusal
