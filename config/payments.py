"""How card payments are taken: the provider, which cards, and how callers key them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from config.decline_codes import DECLINE_CODES
from config.document import DocumentModel
from config.duration import Duration
from config.holes import HOLE
from config.secrets import SANDBOX_SECRETS
from config.services import SECRET, HeaderName, WebAddress, is_overheard
from config.sms import texts_of
from config.suggest import did_you_mean, shown
from config.values import Line, Port, Unique

CARD_HOLES = ("number", "month", "year", "yy", "code", "postal", "key")
"""What `tokenise` may send. `yy` is the year's last two digits."""
MONEY_HOLES = ("token", "amount", "minor", "currency", "reference", "payment", "key", "handle")
"""What everything else may send. `amount` is 12.50, `minor` 1250, `payment` the ledger's id,
`key` that of the request, `handle` what the gateway calls a payment of its own."""
_PLACE = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_PATH = re.compile(r"(/([A-Za-z0-9\-._~!$&'()*+,;=:@%]|\{handle\}|\{key\})*)*")
_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "x-api-key", "api-key"})
_SECRET_ALONE = re.compile(SECRET.pattern)


def _secret(text: str) -> str:
    if _SECRET_ALONE.fullmatch(text) is None:
        raise ValueError("is written nowhere in a site: name a secret, like secret:stripe_key")
    return text


def _private(text: str) -> str:
    if is_overheard(text):
        raise ValueError("would send cards unencrypted: https is needed, but on this machine")
    return text


def _path(text: str) -> str:
    if _PATH.fullmatch(text) is None:
        raise ValueError(f"{shown(text)} is no path, like /payments/{{handle}}, without a query")
    return text


def _key_alone(text: str) -> str:
    """By the payment's own name, what became of one request would be told of another."""
    if "{key}" not in text or "{handle}" in text:
        raise ValueError(
            f"{shown(text)} is not about one request: {{key}} says which, no {{handle}}"
        )
    return text


def _no_hole(text: str) -> str:
    if "{handle}" in text:
        raise ValueError(
            f"{shown(text)} has a {{handle}}, which is not known before it is answered"
        )
    return text


def _place(text: str) -> str:
    if _PLACE.fullmatch(text) is None:
        raise ValueError(f"{shown(text)} is no place in a reply, like error.code")
    return text


def _decline_code(text: str) -> str:
    if text not in DECLINE_CODES:
        hint = did_you_mean(text, sorted(DECLINE_CODES))
        raise ValueError(f"{shown(text)} is no decline code of Stripe's, {hint}")
    return text


def _body_of(holes: tuple[str, ...], needed: str) -> AfterValidator:
    def check(body: dict[str, Any]) -> dict[str, Any]:
        used = {name for text in texts_of(body) for name in HOLE.findall(text)}
        for name in sorted(used.difference(holes)):
            raise ValueError(f"{{{name}}} is nothing that is known, {did_you_mean(name, holes)}")
        if needed and needed not in used:
            raise ValueError(f"has no {{{needed}}}, without which it is about nothing")
        return body

    return AfterValidator(check)


SecretName = Annotated[str, AfterValidator(_secret)]
PrivateAddress = Annotated[WebAddress, AfterValidator(_private)]
RequestPath = Annotated[str, AfterValidator(_path)]
OpeningPath = Annotated[RequestPath, AfterValidator(_no_hole)]
LookPath = Annotated[RequestPath, AfterValidator(_key_alone)]
DeclineCode = Annotated[Line, AfterValidator(_decline_code)]
ReplyPlace = Annotated[str, AfterValidator(_place)]
BrandName = Literal[
    "visa", "mastercard", "amex", "discover", "diners", "jcb", "unionpay", "maestro", "mir"
]
FieldName = Literal["number", "expiry", "code", "postal"]


class StripeAccount(DocumentModel):
    """An account at Stripe that may send cards' data and take telephone orders (MOTO); or the
    sandbox: `trunkline payments sandbox`."""

    key: SecretName = Field(description="its secret key, as secret:NAME")
    webhook: SecretName | None = Field(
        default=None, description="what its webhooks are signed with, as secret:NAME"
    )
    url: PrivateAddress = Field(
        default="https://api.stripe.com", description="another one for a sandbox"
    )
    timeout: Duration = Field(default=Duration(20_000), description="for each request")

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the secrets that it needs."""
        return frozenset(SECRET.findall(f"{self.key} {self.webhook or ''}"))


class CardRequest(DocumentModel):
    """How a card becomes a token: a POST whose body has the card in it."""

    path: OpeningPath = Field(description="what follows the address, like /cards")
    body: Annotated[dict[str, Any], _body_of(CARD_HOLES, "number")] = Field(
        description="what is sent as JSON, with {number}, {month}, {year} or {yy}, {code}, "
        "{postal} and {key}; a key whose value is the hole of what was not keyed is left out"
    )
    token: ReplyPlace = Field(default="token", description="where the token is in the reply")


class MoneyRequest(DocumentModel):
    """One thing that the gateway does: a POST with a JSON body."""

    path: RequestPath = Field(description="like /payments or /payments/{handle}/refunds")
    body: Annotated[dict[str, Any], _body_of(MONEY_HOLES, "")] = Field(
        default={},
        description="what is sent as JSON, with {token}, {amount} or {minor}, {currency}, "
        "{reference}, {payment}, {key} and {handle}",
    )


class ReplyPlaces(DocumentModel):
    """Where a reply says what, and by which words. A status that is not named here is unknown, and
    so is the payment then."""

    handle: ReplyPlace = Field(default="id", description="the gateway's name of the payment")
    status: ReplyPlace = Field(default="status", description="how it went")
    approved: tuple[Line, ...] = Field(min_length=1, description="the words for yes")
    declined: tuple[Line, ...] = Field(min_length=1, description="the words for no")
    pending: tuple[Line, ...] = Field(default=(), description="the words for not yet")
    code: ReplyPlace = Field(default="code", description="why it was declined")
    advice: ReplyPlace = Field(
        default="advice", description="the network's advice: 01, 02, 03, 21 of Mastercard"
    )
    codes: dict[Line, DeclineCode] = Field(
        default={},
        description="the gateway's words for why, in those of Stripe's decline codes, by which "
        "the agent is told what may be said",
    )

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        words = [*self.approved, *self.declined, *self.pending]
        twice = sorted({word for word in words if words.count(word) > 1})
        if twice:
            raise ValueError(f"{shown(twice[0])} means two things: each word is for one of them")
        return self


class Sandbox(DocumentModel):
    """A provider of our own, which moves no money: `trunkline up` starts it beside the engine. For
    demonstrations and tests, never for customers."""

    port: Port = Field(default=8095, description="on 127.0.0.1, TCP; TRUNKLINE_SANDBOX_PORT wins")


class HttpGateway(DocumentModel):
    """Any provider with JSON over HTTPS, one that keeps the keys of requests: asked again with
    the same key it must answer the same, and do nothing twice."""

    url: PrivateAddress = Field(description="where it is; paths are added to it")
    headers: dict[HeaderName, Line] = Field(
        default={}, description="sent with each request; secret:NAME stands for a secret"
    )
    timeout: Duration = Field(default=Duration(20_000), description="for each request")
    key_header: HeaderName = Field(default="Idempotency-Key", description="carries the key")
    keys_kept: Duration = Field(
        default=Duration(24 * 3_600_000), description="for how long it surely knows a key"
    )
    tokenise: CardRequest = Field(description="card in, token out")
    charge: MoneyRequest = Field(description="take the money")
    authorise: MoneyRequest | None = Field(default=None, description="hold it")
    capture: MoneyRequest | None = Field(default=None, description="take what is held")
    void: MoneyRequest | None = Field(default=None, description="let it go")
    refund: MoneyRequest | None = Field(default=None, description="give it back")
    look: LookPath | None = Field(
        default=None,
        description="a GET that tells how a request went, by its key: /requests/{key}",
    )
    reply: ReplyPlaces = Field(description="how it answers")

    @field_validator("headers")
    @classmethod
    def _secrets_by_name(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, text in headers.items():
            if name.lower() in _CREDENTIALS and not SECRET.search(text):
                raise ValueError(f"{name} is a secret: write secret:NAME, and keep it in a file")
        return headers

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the secrets that its headers need."""
        return frozenset(name for text in self.headers.values() for name in SECRET.findall(text))


class Payments(DocumentModel):
    """Card payments. Exactly one provider, and what callers key."""

    stripe: StripeAccount | None = Field(default=None, description="Stripe, or our sandbox")
    http: HttpGateway | None = Field(default=None, description="any other, over HTTPS")
    sandbox: Sandbox | None = Field(
        default=None, description="our own, which `trunkline up` starts; no money moves"
    )
    brands: Annotated[tuple[BrandName, ...], Unique] = Field(
        default=("visa", "mastercard", "amex"), min_length=1, description="accepted here"
    )
    fields: Annotated[tuple[FieldName, ...], Unique] = Field(
        default=("number", "expiry", "code"), description="what is keyed, in this order"
    )
    postal_optional: bool = Field(
        default=False, description="whether # alone leaves the postal code out"
    )
    twice: Annotated[tuple[FieldName, ...], Unique] = Field(
        default=(), description="what is keyed a second time, to be compared"
    )
    read_back: bool = Field(
        default=False, description="whether the last four digits are said and agreed to"
    )
    attempts: Annotated[int, Field(ge=1, le=10)] = Field(default=3, description="for each field")
    tries: Annotated[int, Field(ge=1, le=10)] = Field(
        default=3, description="how often a card may be declined in one call"
    )
    first_key: Duration = Field(
        default=Duration(10_000), description="from the end of a prompt to the first key"
    )
    next_key: Duration = Field(default=Duration(5_000), description="from key to key")
    longest: Duration = Field(default=Duration(300_000), description="for the whole capture")
    encrypted_swap: bool = Field(
        default=False,
        description="whether what this machine swaps to is encrypted; else no card is taken where "
        "it swaps and the engine may not lock memory",
    )

    @model_validator(mode="after")
    def _long_enough(self) -> Self:
        if self.longest.ms <= self.first_key.ms:
            raise ValueError("longest: nobody could key a card, as first_key alone lasts longer")
        return self

    @model_validator(mode="after")
    def _one_provider(self) -> Self:
        if sum(each is not None for each in (self.stripe, self.http, self.sandbox)) != 1:
            raise ValueError("needs exactly one provider: stripe, http or sandbox")
        missing = [name for name in ("number", "expiry") if name not in self.fields]
        if missing:
            raise ValueError(f"a card cannot be charged without its {' and '.join(missing)}")
        return self

    @property
    def provider(self) -> StripeAccount | HttpGateway:
        """The one that there is; the sandbox is as Stripe."""
        found = self.stripe or self.http
        if found is not None:
            return found
        if self.sandbox is None:
            raise ValueError("no provider")
        key, webhook = (f"secret:{name}" for name in SANDBOX_SECRETS)
        return StripeAccount(key=key, webhook=webhook, url=f"http://127.0.0.1:{self.sandbox.port}")

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the secrets that the provider needs."""
        return self.provider.secrets
