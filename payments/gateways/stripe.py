"""Charging with Stripe: payment intents of telephone orders (MOTO), confirmed at once.

A payment is one intent, which can succeed only once; after a decline the same intent is confirmed
with a new method.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from decimal import Decimal

from payments.errors import NoAnswer, NotDone
from payments.gateways.declines import decline
from payments.gateways.gateway import (
    Answer,
    Approved,
    Asked,
    Declined,
    Handle,
    Operation,
    Order,
    Pending,
)
from payments.money import Amount
from payments.stripe_api import CardError, Object, StripeApi, decline_of
from payments.tokens import Key, Token
from payments.wire.bodies import Value

PAYMENT, ATTEMPT = "trunkline_payment", "trunkline_attempt"
"""Our ids, in the metadata of Stripe's objects."""
CANCELLED = "payment_intent_canceled"
"""The code of what was asked of an intent that somebody has cancelled."""
_INTENTS = "/v1/payment_intents"
_REFUNDS = "/v1/refunds"
_CLOCKS_APART_S = 600
_DAY_S = 86_400
_PAGE = 100
_PAGES = 50
_WHOLE = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV"}
    | {"XAF", "XOF", "XPF"}
)
"""Without decimals at Stripe. ISK and UGX are not: they are sent with two, for history's sake."""
_THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""With three decimals, of which the last must be 0."""
_MOTO = {
    "confirm": "true",
    "error_on_requires_action": "true",
    "payment_method_options[card][moto]": "true",
}


class StripeGateway:
    """See the port `Gateway`."""

    def __init__(self, api: StripeApi) -> None:
        self._api = api

    async def authorise(
        self, order: Order, token: Token, key: Key, earlier: Handle | None = None
    ) -> Answer:
        """Hold the amount."""
        return await self._confirm(order, token, key, earlier, Operation.AUTHORISE)

    async def charge(
        self, order: Order, token: Token, key: Key, earlier: Handle | None = None
    ) -> Answer:
        """Hold and take the amount."""
        return await self._confirm(order, token, key, earlier, Operation.CHARGE)

    async def capture(self, handle: Handle, amount: Amount, key: Key) -> Answer:
        """Take what was authorised, or less of it."""
        fields = {"amount_to_capture": minor_at_stripe(amount)}
        path = f"{_INTENTS}/{handle.value}/capture"
        return await self._post(path, fields, key, handle, Operation.CAPTURE)

    async def void(self, handle: Handle, key: Key) -> Answer:
        """Let go what was authorised."""
        path = f"{_INTENTS}/{handle.value}/cancel"
        return await self._post(path, {}, key, handle, Operation.VOID)

    async def refund(self, handle: Handle, amount: Amount, key: Key) -> Answer:
        """Give back what was charged, or a part of it."""
        fields: dict[str, Value] = {
            "payment_intent": handle.value,
            "amount": minor_at_stripe(amount),
            f"metadata[{ATTEMPT}]": key,
        }
        try:
            return refund_answer(await self._api.post(_REFUNDS, fields, key))
        except CardError as refusal:
            return Declined(refusal.decline)

    async def look(self, asked: Asked) -> Answer | None:
        """By the intent's id, or among those of its time by the attempt's key."""
        if asked.operation is Operation.REFUND:
            return await self._look_for_refund(asked)
        intent = await self._intent(asked)
        return None if intent is None else _known(intent, asked)

    async def _confirm(
        self, order: Order, token: Token, key: Key, earlier: Handle | None, operation: Operation
    ) -> Answer:
        if earlier is not None:
            fields = {
                "payment_method": token.value,
                "error_on_requires_action": "true",
                "payment_method_options[card][moto]": "true",
            }
            path = f"{_INTENTS}/{earlier.value}/confirm"
            return await self._post(path, fields, key, earlier, operation)
        whole: dict[str, Value] = {
            "amount": minor_at_stripe(order.amount),
            "currency": order.amount.currency.lower(),
            "payment_method": token.value,
            "allowed_payment_method_types[]": "card",
            "capture_method": "manual" if operation is Operation.AUTHORISE else "automatic",
            "description": order.reference,
            f"metadata[{PAYMENT}]": order.payment,
            f"metadata[{ATTEMPT}]": key,
            **_MOTO,
        }
        return await self._post(_INTENTS, whole, key, None, operation)

    async def _post(
        self,
        path: str,
        fields: Mapping[str, Value],
        key: Key,
        about: Handle | None,
        operation: Operation,
    ) -> Answer:
        try:
            return intent_answer(await self._api.post(path, fields, key), operation)
        except CardError as refusal:
            return Declined(refusal.decline, _intent_in(refusal.error) or about)

    async def _intent(self, asked: Asked) -> Object | None:
        if asked.handle is not None:
            return await self._api.get(f"{_INTENTS}/{asked.handle.value}", {})
        async for intent in self._since(asked.sent_ms):
            if _attempt_of(intent) == asked.key:
                return intent
        return None

    async def _since(self, sent_ms: int) -> AsyncIterator[Object]:
        """The account's intents of the day in which a request may have arrived, page by page."""
        fields: dict[str, str | int] = {
            "created[gte]": sent_ms // 1000 - _CLOCKS_APART_S,
            "created[lte]": sent_ms // 1000 + _DAY_S,
            "limit": _PAGE,
        }
        for _ in range(_PAGES):
            page = await self._api.get(_INTENTS, fields)
            found = page.get("data", [])
            for intent in found:
                yield intent
            if not found or not page.get("has_more"):
                return
            fields["starting_after"] = found[-1]["id"]
        raise NoAnswer("too_many_to_look_through")

    async def _look_for_refund(self, asked: Asked) -> Answer | None:
        if asked.handle is None:
            return None
        fields: dict[str, str | int] = {"payment_intent": asked.handle.value, "limit": _PAGE}
        for made in (await self._api.get(_REFUNDS, fields)).get("data", []):
            if _attempt_of(made) == asked.key:
                return refund_answer(made)
        return None


def _attempt_of(found: Object) -> object:
    """Which of our requests has made it, as far as it was one."""
    metadata = found.get("metadata")
    return metadata.get(ATTEMPT) if isinstance(metadata, dict) else None


def minor_at_stripe(amount: Amount) -> int:
    """An amount as Stripe counts it, which is not always in ISO 4217's smallest unit. Raises
    NotDone of what it cannot be charged (docs.stripe.com/currencies)."""
    minor = amount.value.scaleb(_places(amount.currency))
    step = 10 if amount.currency in _THOUSANDTHS else 1
    if minor != minor.to_integral_value() or minor % step:
        raise NotDone("amount_too_fine")
    return int(minor)


def amount_of(minor: int, currency: str) -> Amount:
    """What Stripe counts so. Raises ValueError of no currency of ISO 4217."""
    return Amount.of(Decimal(minor).scaleb(-_places(currency)), currency)


def _places(currency: str) -> int:
    return 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2


def intent_answer(intent: Object, operation: Operation) -> Answer:
    """What the state of an intent means to who has just asked this of it."""
    handle = Handle(str(intent.get("id")))
    match intent.get("status"):
        case str() as status if status in _DONE[operation]:
            return Approved(handle)
        case "processing":
            return Pending(handle)
        case "requires_payment_method":
            return Declined(decline_of(intent.get("last_payment_error") or {}), handle)
    raise NoAnswer("unexpected_status")


def refund_answer(made: Object) -> Answer:
    """What the state of a refund means; it is the handle of its answer."""
    handle = Handle(str(made.get("id")))
    match made.get("status"):
        case "succeeded":
            return Approved(handle)
        case "failed" | "canceled":
            return Declined(decline_of({"code": made.get("failure_reason")}), handle)
    return Pending(handle)


def _known(intent: Object, asked: Asked) -> Answer | None:
    """What an intent that is looked at tells of one request: whether that was done."""
    handle = Handle(str(intent.get("id")))
    status = intent.get("status")
    if status == "processing":
        return Pending(handle)
    if status in _DONE[asked.operation]:
        return Approved(handle)
    if status == "canceled":  # it holds nothing, and takes nothing any more
        return Declined(decline(CANCELLED), handle)
    error = intent.get("last_payment_error") or {}
    method = (error.get("payment_method") or {}).get("id")
    if status == "requires_payment_method" and asked.token is not None:
        return Declined(decline_of(error), handle) if method == asked.token.value else None
    return None


_DONE = {
    Operation.AUTHORISE: ("requires_capture", "succeeded"),
    Operation.CHARGE: ("succeeded",),
    Operation.CAPTURE: ("succeeded",),
    Operation.VOID: ("canceled",),
    Operation.REFUND: (),
}


def _intent_in(error: Object) -> Handle | None:
    intent = error.get("payment_intent")
    name = intent.get("id") if isinstance(intent, dict) else None
    return Handle(name) if isinstance(name, str) else None
