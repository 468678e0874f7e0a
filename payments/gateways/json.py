"""Charging at a provider that the site describes."""

from __future__ import annotations

from config.payments import MoneyRequest
from payments.errors import NoAnswer, NotDone
from payments.gateways.gateway import Answer, Asked, Handle, Order
from payments.json_api import JsonApi, answer_of, object_of
from payments.money import Amount
from payments.tokens import Key, Token
from payments.wire.bodies import Value

_NOT_FOUND = 404


class JsonGateway:
    """See the port `Gateway`. What the site does not describe is not done."""

    def __init__(self, api: JsonApi) -> None:
        self._api = api

    async def authorise(
        self, order: Order, token: Token, key: Key, earlier: Handle | None = None
    ) -> Answer:
        """Hold the amount."""
        return await self._charge(self._api.described.authorise, order, token, key, earlier)

    async def charge(
        self, order: Order, token: Token, key: Key, earlier: Handle | None = None
    ) -> Answer:
        """Hold and take the amount."""
        return await self._charge(self._api.described.charge, order, token, key, earlier)

    async def capture(self, handle: Handle, amount: Amount, key: Key) -> Answer:
        """Take what was authorised, or less of it."""
        values = {"handle": handle.value, **_money(amount)}
        return await self._post(self._api.described.capture, values, key, handle)

    async def void(self, handle: Handle, key: Key) -> Answer:
        """Let go what was authorised."""
        return await self._post(self._api.described.void, {"handle": handle.value}, key, handle)

    async def refund(self, handle: Handle, amount: Amount, key: Key) -> Answer:
        """Give back what was charged, or a part of it."""
        values = {"handle": handle.value, **_money(amount)}
        return await self._post(self._api.described.refund, values, key, handle)

    async def look(self, asked: Asked) -> Answer | None:
        """By the key or the handle, where the site says how."""
        path = self._api.described.look
        if path is None:
            return None
        values: dict[str, Value] = {"key": asked.key}
        if asked.handle is not None:
            values["handle"] = asked.handle.value
        reply = await self._api.get(path, values)
        if reply.status == _NOT_FOUND:
            return None
        places = self._api.described.reply
        return answer_of(object_of(reply, places), places, asked.handle)

    async def _charge(
        self,
        request: MoneyRequest | None,
        order: Order,
        token: Token,
        key: Key,
        earlier: Handle | None,
    ) -> Answer:
        values: dict[str, Value] = {
            "token": token.value,
            "reference": order.reference,
            "payment": order.payment,
            **_money(order.amount),
        }
        if earlier is not None:
            values["handle"] = earlier.value
        return await self._post(request, values, key, earlier)

    async def _post(
        self,
        request: MoneyRequest | None,
        values: dict[str, Value],
        key: Key,
        about: Handle | None,
    ) -> Answer:
        if request is None:
            raise NotDone("not_described")
        reply = await self._api.post(request.path, request.body, {**values, "key": key}, key)
        places = self._api.described.reply
        if not reply.body and reply.status < 300:
            raise NoAnswer("empty")
        return answer_of(object_of(reply, places), places, about)


def _money(amount: Amount) -> dict[str, Value]:
    return {
        "amount": str(amount.value),
        "minor": amount.minor,
        "currency": amount.currency,
    }
