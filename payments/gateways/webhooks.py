"""Stripe's webhooks: their signature, and the little that is taken from them.

A notice says only that there is something to look at; what happened is what the gateway answers
when it is asked. Source of the scheme: docs.stripe.com/webhooks (signatures).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payments.errors import NoticeRefused
from payments.gateways.stripe import PAYMENT, amount_of

TOLERANCE_S = 300
"""An older one may be somebody's copy."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened to a payment: `handle` is the gateway's name of it, `payment` ours, where
    it was told; `refunded` (smallest units) is the sum of what was given back, likewise."""

    id: str
    kind: str
    handle: str | None
    payment: str | None
    refunded: int | None


def signature(payload: bytes, secret: str, at_s: int) -> str:
    """The header `Stripe-Signature` of a payload."""
    return f"t={at_s},v1={_digest(payload, secret, str(at_s))}"


def read_notice(payload: bytes, header: str, secret: str, now_ms: int) -> Notice:
    """What was announced. Raises NoticeRefused when the provider did not sign it with our secret,
    or not lately."""
    if not header.strip():
        raise NoticeRefused("it has no Stripe-Signature")
    parts = [part.partition("=") for part in header.split(",")]
    at = next((value for name, _, value in parts if name.strip() == "t"), "")
    if not at.isascii() or not at.isdigit() or len(at) > 12:
        raise NoticeRefused("its Stripe-Signature has no time")
    wanted = _digest(payload, secret, at).encode()
    given = [value.strip().encode() for name, _, value in parts if name.strip() == "v1"]
    if not any(hmac.compare_digest(wanted, each) for each in given):
        raise NoticeRefused("it is not signed with our secret")
    if abs(now_ms / 1000 - int(at)) > TOLERANCE_S:
        raise NoticeRefused("it was signed too long ago")
    return _notice(payload)


def _digest(payload: bytes, secret: str, at: str) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + payload, hashlib.sha256).hexdigest()


def _given_back(charge: Mapping[str, Any]) -> int | None:
    minor, currency = charge.get("amount_refunded"), charge.get("currency")
    if not isinstance(minor, int) or minor <= 0 or not isinstance(currency, str):
        return None
    try:
        return amount_of(minor, currency.upper()).minor
    except ValueError:
        return None  # of no currency that we could have asked for


def _notice(payload: bytes) -> Notice:
    try:
        told = json.loads(payload)
        what: Mapping[str, Any] = told["data"]["object"]
        name, kind = str(told["id"]), str(told["type"])
    except (ValueError, KeyError, TypeError):
        raise NoticeRefused("it is no event") from None
    if what.get("object") == "payment_intent":
        handle, refunded = what.get("id"), None
    else:
        handle, refunded = what.get("payment_intent"), _given_back(what)
    payment = (what.get("metadata") or {}).get(PAYMENT)
    return Notice(name, kind, handle, payment, refunded)
