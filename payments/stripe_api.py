"""Stripe's API: forms in, JSON out, and what its statuses mean.

Sources: docs.stripe.com/api (errors, idempotent requests), read 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from payments.errors import NoAnswer, NotDone
from payments.gateways import Decline, decline
from payments.tokens import Key
from payments.wire import Wire, WireReply, WireRequest, form
from payments.wire.bodies import Value

VERSION = "2026-10-28.endive"
"""The version of the API that this was written for; the account's own may be another."""
_CODE = re.compile(r"[a-z0-9_]{1,64}")
_CARD_ERROR = 402
_CONFLICT = 409
_TOO_MANY = 429
_SERVER = 500

Object = Mapping[str, Any]


class CardError(Exception):
    """Status 402 and of this type: the card was declined; `error` is Stripe's object of it. It does
    not leave this room."""

    def __init__(self, error: Object) -> None:
        super().__init__("card_error")
        self.error = error

    @property
    def decline(self) -> Decline:
        """Why."""
        return decline_of(self.error)


class StripeApi:
    """One account. Raises NotDone, NoAnswer and CardError."""

    def __init__(self, wire: Wire, secret: str) -> None:
        self._wire = wire
        self._headers = {"Authorization": f"Bearer {secret}", "Stripe-Version": VERSION}

    async def post(self, path: str, fields: Mapping[str, Value], key: Key) -> Object:
        """Do something, once for this key."""
        headers = {
            **self._headers,
            "Idempotency-Key": key,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        request = WireRequest("POST", path, headers, form(fields))
        return _object_of(await self._wire.send(request))

    async def get(self, path: str, fields: Mapping[str, str | int]) -> Object:
        """Look at something."""
        query = form(fields).decode()
        whole = f"{path}?{query}" if query else path
        return _object_of(await self._wire.send(WireRequest("GET", whole, self._headers)))


def _object_of(reply: WireReply) -> Object:
    told = reply.json()
    if reply.status < 300 and told is not None:
        return told
    error = (told or {}).get("error")
    error = error if isinstance(error, dict) else {}
    code = error_code(error)
    if reply.status == _CARD_ERROR and error.get("type") == "card_error":
        raise CardError(error)
    # A key that was used with other parameters, or an object in another state than expected:
    # somebody has done something with it, and only looking tells what.
    in_doubt = error.get("type") == "idempotency_error" or code.endswith("unexpected_state")
    if reply.status == _CONFLICT or in_doubt:
        raise NoAnswer(code)
    if reply.status == _TOO_MANY or 400 <= reply.status < _SERVER:
        raise NotDone(code)
    raise NoAnswer(code)


def error_code(error: Object) -> str:
    """The error's code, or its type; never a text."""
    for name in ("code", "type"):
        told = error.get(name)
        if isinstance(told, str) and _CODE.fullmatch(told):
            return told
    return "no_code"


def decline_of(error: Object) -> Decline:
    """Why a card was declined, from Stripe's error object."""

    def text(name: str) -> str | None:
        told = error.get(name)
        return told if isinstance(told, str) and _CODE.fullmatch(told) else None

    code = text("decline_code") or text("code")
    return decline(code, text("advice_code"), text("network_advice_code"))
