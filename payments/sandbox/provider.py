"""Stripe's payment methods, payment intents and refunds, as far as Trunkline and its tests go.

Sources: docs.stripe.com/api, and what the official client sends and takes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

from payments.sandbox import cards
from payments.sandbox.refusal import Refusal, declined, invalid, missing
from payments.sandbox.replays import Replays

Object: TypeAlias = dict[str, Any]

_ID = r"[A-Za-z0-9_]+"
_PARAMETERS = {
    "/v1/payment_methods": "type card billing_details metadata",
    "/v1/payment_intents": "allowed_payment_method_types amount automatic_payment_methods "
    "capture_method confirm currency description error_on_requires_action metadata "
    "payment_method payment_method_options statement_descriptor",
    "/v1/refunds": "amount metadata payment_intent reason",
}
"""What each takes, by the first part of the name; anything else is refused, as Stripe does."""

_MAX_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came: its fields are those of the form, or of the query."""

    method: str
    path: str
    fields: Mapping[str, str] = field(repr=False)
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; `replayed`: it was kept under the key."""

    status: int
    body: Object
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event for the webhooks."""

    kind: str
    object: Object


class Provider:
    """One account. Times are Unix epoch ms; amounts in smallest units."""

    def __init__(self) -> None:
        self.methods: dict[str, tuple[Object, cards.SandboxCard]] = {}
        self.intents: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.charged: dict[str, int] = {}
        """What was taken, by intent: every time that money moved adds to it."""

        self.announced: list[Announcement] = []
        self._replays = Replays()
        self._salt = secrets.token_bytes(32)
        self._declining = cards.declining()
        self._now_ms = 0

    def handle(self, call: Call, now_ms: int) -> Reply:
        """Do what is asked, or tell what was answered to this key before."""
        self._now_ms = now_ms
        if call.key is None or call.method != "POST":
            return self._answer(call)
        seen = self._replays.seen(call.key, call.path, call.fields, now_ms)
        if isinstance(seen, Refusal):
            return Reply(seen.status, seen.body)
        if seen is not None:
            return Reply(seen.status, seen.body, replayed=True)
        reply = self._answer(call)
        if not _is_validation(reply):
            self._replays.keep(call.key, call.path, call.fields, now_ms, reply.status, reply.body)
        return reply

    def fail_under(self, key: str | None) -> None:
        """What was done under this key is answered with status 500 from now on."""
        if key is not None:
            self._replays.spoil(key, SERVER_ERROR)

    def finish_pending(self, now_ms: int) -> None:
        """The intents that are being processed succeed."""
        self._now_ms = now_ms
        for intent in self.intents.values():
            if intent["status"] == "processing":
                self._succeed(intent)

    def _answer(self, call: Call) -> Reply:
        for method, pattern, act in self._routes():
            found = re.fullmatch(pattern, call.path)
            if found and method == call.method:
                try:
                    return Reply(200, act(call.fields, *found.groups()))
                except Refusal as refusal:
                    return Reply(refusal.status, refusal.body)
        unknown = Refusal(404, "invalid_request_error", None, "Unrecognized request URL")
        return Reply(unknown.status, unknown.body)

    def _routes(self) -> tuple[tuple[str, str, Callable[..., Object]], ...]:
        intent = rf"/v1/payment_intents/({_ID})"
        return (
            ("POST", "/v1/payment_methods", self._make_method),
            ("GET", rf"/v1/payment_methods/({_ID})", self._show_method),
            ("POST", "/v1/payment_intents", self._make_intent),
            ("GET", "/v1/payment_intents", self._list_intents),
            ("GET", intent, self._show_intent),
            ("POST", rf"{intent}/confirm", self._confirm),
            ("POST", rf"{intent}/capture", self._capture),
            ("POST", rf"{intent}/cancel", self._cancel),
            ("POST", "/v1/refunds", self._make_refund),
            ("GET", "/v1/refunds", self._list_refunds),
            ("GET", rf"/v1/refunds/({_ID})", self._show_refund),
        )

    def _make_method(self, fields: Mapping[str, str]) -> Object:
        _expect_parameters("/v1/payment_methods", fields)
        number, code = fields.get("card[number]", ""), fields.get("card[cvc]")
        month, year = _whole(fields, "card[exp_month]"), _whole(fields, "card[exp_year]")
        fault = cards.fault_of(number, code, month, year, _month_of(self._now_ms))
        if fault is not None:
            raise declined(fault, None)
        print_ = hmac.new(self._salt, number.encode(), hashlib.sha256).hexdigest()[:16]
        last4, brand = number[-4:], cards.brand_name(number)
        pending, code_of = number == cards.PENDING, self._declining.get(number)
        card = cards.SandboxCard(brand, last4, month, year, print_, code_of, pending)
        shown = {"brand": brand, "last4": last4, "exp_month": month, "exp_year": year}
        method = self._object("pm", "payment_method") | {
            "type": "card",
            "card": {**shown, "fingerprint": print_, "checks": {}},
            "billing_details": {},
            "metadata": _metadata(fields),
        }
        self.methods[method["id"]] = method, card
        return method

    def _show_method(self, fields: Mapping[str, str], name: str) -> Object:
        if name not in self.methods:
            raise missing("payment_method", name)
        return self.methods[name][0]

    def _make_intent(self, fields: Mapping[str, str]) -> Object:
        _expect_parameters("/v1/payment_intents", fields)
        amount, currency = _whole(fields, "amount"), fields.get("currency", "")
        if amount <= 0 or not re.fullmatch(r"[A-Za-z]{3}", currency):
            raise invalid("amount" if amount <= 0 else "currency")
        intent = self._object("pi", "payment_intent") | {
            "amount": amount,
            "amount_capturable": 0,
            "amount_received": 0,
            "capture_method": fields.get("capture_method", "automatic"),
            "currency": currency.lower(),
            "description": fields.get("description"),
            "last_payment_error": None,
            "latest_charge": None,
            "metadata": _metadata(fields),
            "payment_method": fields.get("payment_method"),
            "status": "requires_confirmation",
        }
        if intent["payment_method"] is not None:
            self._show_method({}, intent["payment_method"])
        self.intents[intent["id"]] = intent
        return self._confirmed(intent, fields) if fields.get("confirm") == "true" else intent

    def _list_intents(self, fields: Mapping[str, str]) -> Object:
        since = _whole(fields, "created[gte]", 0)
        until = _whole(fields, "created[lte]", 2**53)
        found = [each for each in self.intents.values() if since <= each["created"] <= until]
        return _page(found[::-1], fields)

    def _show_intent(self, fields: Mapping[str, str], name: str) -> Object:
        if name not in self.intents:
            raise missing("payment_intent", name)
        return self.intents[name]

    def _confirm(self, fields: Mapping[str, str], name: str) -> Object:
        intent = self._show_intent({}, name)
        _expect(intent, "requires_confirmation", "requires_payment_method")
        method = fields.get("payment_method", intent["payment_method"])
        if method is None:
            raise invalid("payment_method")
        self._show_method({}, method)
        intent["payment_method"] = method
        return self._confirmed(intent, fields)

    def _confirmed(self, intent: Object, fields: Mapping[str, str]) -> Object:
        if fields.get("payment_method_options[card][moto]") != "true":
            raise declined("authentication_required", intent)
        method, card = self.methods[intent["payment_method"]]
        if card.declines is not None:
            refusal = declined(card.declines, intent, method)
            intent["status"], intent["payment_method"] = "requires_payment_method", None
            intent["last_payment_error"] = refusal.error
            self._announce("payment_intent.payment_failed", intent)
            raise refusal
        intent["last_payment_error"] = None
        if card.pending:
            intent["status"] = "processing"
            self._announce("payment_intent.processing", intent)
        elif intent["capture_method"] == "manual":
            intent["status"], intent["amount_capturable"] = "requires_capture", intent["amount"]
            self._announce("payment_intent.amount_capturable_updated", intent)
        else:
            self._succeed(intent)
        return intent

    def _succeed(self, intent: Object, amount: int | None = None) -> None:
        taken = intent["amount"] if amount is None else amount
        self.charged[intent["id"]] = self.charged.get(intent["id"], 0) + taken
        intent["status"], intent["amount_received"] = "succeeded", taken
        intent["amount_capturable"] = 0
        intent["latest_charge"] = f"ch_{secrets.token_hex(12)}"
        self._announce("payment_intent.succeeded", intent)

    def _capture(self, fields: Mapping[str, str], name: str) -> Object:
        intent = self._show_intent({}, name)
        _expect(intent, "requires_capture")
        amount = _whole(fields, "amount_to_capture", intent["amount"])
        if not 0 < amount <= intent["amount_capturable"]:
            raise invalid("amount_to_capture")
        self._succeed(intent, amount)
        return intent

    def _cancel(self, fields: Mapping[str, str], name: str) -> Object:
        intent = self._show_intent({}, name)
        _expect(intent, "requires_confirmation", "requires_payment_method", "requires_capture")
        intent["status"], intent["amount_capturable"] = "canceled", 0
        self._announce("payment_intent.canceled", intent)
        return intent

    def _make_refund(self, fields: Mapping[str, str]) -> Object:
        _expect_parameters("/v1/refunds", fields)
        intent = self._show_intent({}, fields.get("payment_intent", ""))
        _expect(intent, "succeeded")
        left = self.charged[intent["id"]]
        amount = _whole(fields, "amount", left)
        if not 0 < amount <= left:
            raise invalid("amount")
        self.charged[intent["id"]] -= amount
        refund = self._object("re", "refund") | {
            "amount": amount,
            "currency": intent["currency"],
            "metadata": _metadata(fields),
            "payment_intent": intent["id"],
            "status": "succeeded",
        }
        self.refunds[refund["id"]] = refund
        refunded = intent["amount_received"] - self.charged[intent["id"]]
        charge = {
            "object": "charge",
            "id": intent["latest_charge"],
            "amount_refunded": refunded,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
        }
        self._announce("charge.refunded", charge)
        return refund

    def _show_refund(self, fields: Mapping[str, str], name: str) -> Object:
        if name not in self.refunds:
            raise missing("refund", name)
        return self.refunds[name]

    def _list_refunds(self, fields: Mapping[str, str]) -> Object:
        wanted = fields.get("payment_intent")
        found = [each for each in self.refunds.values() if wanted in (None, each["payment_intent"])]
        return _page(found[::-1], fields)

    def _object(self, prefix: str, kind: str) -> Object:
        name = f"{prefix}_{secrets.token_hex(12)}"
        return {
            "id": name,
            "object": kind,
            "created": self._now_ms // 1000,
            "livemode": False,
        }

    def _announce(self, kind: str, what: Object) -> None:
        self.announced.append(Announcement(kind, dict(what)))


SERVER_ERROR: Object = {"error": {"type": "api_error", "message": "The sandbox fails as ordered"}}


def _is_validation(reply: Reply) -> bool:
    """Nothing is kept under a key of a request that was never begun."""
    return reply.status in (400, 401, 404)


def _expect_parameters(path: str, fields: Mapping[str, str]) -> None:
    for name in fields:
        if name.partition("[")[0] not in _PARAMETERS[path].split():
            # Its own code since 2026-09-30.endive.
            gone = name.startswith("payment_method_types")
            code = "payment_method_types_no_longer_supported" if gone else "parameter_unknown"
            raise Refusal(400, "invalid_request_error", code, f"Received unknown parameter: {name}")


def _expect(intent: Object, *states: str) -> None:
    if intent["status"] not in states:
        refusal = Refusal(
            400,
            "invalid_request_error",
            "payment_intent_unexpected_state",
            f"This PaymentIntent is {intent['status']}",
        )
        refusal.error["payment_intent"] = dict(intent)
        raise refusal


def _whole(fields: Mapping[str, str], name: str, default: int | None = None) -> int:
    told = fields.get(name)
    if told is None and default is not None:
        return default
    if told is None or not re.fullmatch(r"\d{1,15}", told):
        raise invalid(name)
    return int(told)


def _metadata(fields: Mapping[str, str]) -> dict[str, str]:
    found = {re.fullmatch(r"metadata\[(\w+)\]", name): value for name, value in fields.items()}
    return {match[1]: value for match, value in found.items() if match}


def _month_of(now_ms: int) -> tuple[int, int]:
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    return now.year, now.month


def _page(found: list[Object], fields: Mapping[str, str]) -> Object:
    after = fields.get("starting_after")
    names = [each["id"] for each in found]
    begin = names.index(after) + 1 if after in names else 0
    end = begin + min(_whole(fields, "limit", 10), _MAX_LIMIT)
    return {"object": "list", "data": found[begin:end], "has_more": end < len(found), "url": "/v1"}
