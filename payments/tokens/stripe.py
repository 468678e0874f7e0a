"""Cards become Stripe's payment methods."""

from __future__ import annotations

from payments.capture.card import Card
from payments.errors import CardRefused, NoAnswer
from payments.stripe_api import CardError, Object, StripeApi
from payments.tokens.token import CardToken, Key, Token
from payments.wire.bodies import Value

_CENTURY = b"20"


class StripeTokeniser:
    """`POST /v1/payment_methods` with the card's data, for accounts that may send it."""

    def __init__(self, api: StripeApi) -> None:
        self._api = api

    async def tokenise(self, card: Card, key: Key) -> CardToken:
        """See the port."""
        expiry = card.expiry.view()
        fields: dict[str, Value] = {
            "type": "card",
            "card[number]": (card.number.view(),),
            "card[exp_month]": (expiry[:2],),
            "card[exp_year]": (_CENTURY, expiry[2:]),
        }
        if card.code is not None:
            fields["card[cvc]"] = (card.code.view(),)
        if card.postal is not None:
            fields["billing_details[address][postal_code]"] = (card.postal.view(),)
        try:
            made = await self._api.post("/v1/payment_methods", fields, key)
        except CardError as refusal:
            raise CardRefused(refusal.decline) from None
        return CardToken(Token(_id_of(made)), card.brand or "unknown", card.last4)


def _id_of(made: Object) -> str:
    name = made.get("id")
    if not isinstance(name, str):
        raise NoAnswer("no_token")
    return name
