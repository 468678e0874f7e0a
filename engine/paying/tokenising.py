"""The site's tokeniser, for the one process that has cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from config.payments import HttpGateway, Payments, StripeAccount
from config.services import SECRET
from payments.json_api import JsonApi
from payments.stripe_api import StripeApi
from payments.tokens import Tokeniser
from payments.tokens.json import JsonTokeniser
from payments.tokens.stripe import StripeTokeniser
from payments.wire import HttpsWire


@contextmanager
def open_tokeniser(section: Mapping[str, Any], secrets: Mapping[str, str]) -> Iterator[Tokeniser]:
    """That of the provider in a site's section `payments`; its connections end with it."""
    provider = Payments.model_validate(section).provider
    wire = HttpsWire(provider.url, provider.timeout.seconds)
    try:
        match provider:
            case StripeAccount(key=key):
                yield StripeTokeniser(StripeApi(wire, with_secrets(key, secrets)))
            case HttpGateway():
                yield JsonTokeniser(JsonApi(wire, provider, secrets))
    finally:
        wire.close()


def with_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """The text with the secrets that it names."""
    return SECRET.sub(lambda found: secrets[found[1]], text)
