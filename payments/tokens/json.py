"""Cards become tokens of a provider that the site describes."""

from __future__ import annotations

from payments.capture.card import Card
from payments.errors import CardRefused, NoAnswer
from payments.gateways import Declined
from payments.json_api import JsonApi, answer_of, object_of, told_at
from payments.tokens.token import CardToken, Key, Token
from payments.wire.bodies import Value

_CENTURY = b"20"


class JsonTokeniser:
    """See the port."""

    def __init__(self, api: JsonApi) -> None:
        self._api = api

    async def tokenise(self, card: Card, key: Key) -> CardToken:
        """See the port."""
        described = self._api.described
        request, places = described.tokenise, described.reply
        reply = await self._api.post(request.path, request.body, _values(card, key), key)
        told = object_of(reply, places)
        token = told_at(told, request.token)
        if token is not None:
            return CardToken(Token(token), card.brand or "unknown", card.last4)
        answer = answer_of(told, places, None)
        if isinstance(answer, Declined):
            raise CardRefused(answer.decline)
        raise NoAnswer("no_token")


def _values(card: Card, key: Key) -> dict[str, Value]:
    expiry = card.expiry.view()
    values: dict[str, Value] = {
        "key": key,
        "number": (card.number.view(),),
        "month": (expiry[:2],),
        "yy": (expiry[2:],),
        "year": (_CENTURY, expiry[2:]),
    }
    if card.code is not None:
        values["code"] = (card.code.view(),)
    if card.postal is not None:
        values["postal"] = (card.postal.view(),)
    return values
