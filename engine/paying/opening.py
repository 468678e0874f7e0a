"""The site's ledger, and its cashier with the provider that the site names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from config.payments import HttpGateway, Payments, StripeAccount
from config.secrets import load_or_create
from config.services import SECRET
from config.site import Site
from engine.clock import now_ms
from engine.errors import PaymentsNotSetUp
from engine.loading import load_site_file
from engine.settings import Settings
from history.migrations import upgrade_to_head
from payments.capture import Brand, Field, Rules
from payments.cashier import KEY_LIFETIME_MS, Cashier, Clock
from payments.gateways.json import JsonGateway
from payments.gateways.stripe import StripeGateway
from payments.json_api import JsonApi
from payments.ledger import Ledger
from payments.stripe_api import StripeApi
from payments.wire import HttpsWire

_FIELDS: Mapping[str, Field] = {
    "number": Field.NUMBER,
    "expiry": Field.EXPIRY,
    "code": Field.CODE,
    "postal": Field.POSTAL,
}


@dataclass(frozen=True, slots=True)
class Till:
    """The ledger of a site, and its cashier."""

    site: Site
    ledger: Ledger
    cashier: Cashier


@asynccontextmanager
async def open_ledger(settings: Settings) -> AsyncIterator[tuple[Site, Ledger]]:
    """The database, brought up to date: the engine need not run."""
    site = load_site_file(settings).site
    await upgrade_to_head(settings.sql_url)
    ledger = Ledger(settings.sql_url, site.site, settings.node)
    try:
        yield site, ledger
    finally:
        await ledger.close()


@asynccontextmanager
async def open_till(settings: Settings) -> AsyncIterator[Till]:
    """For what moves money. Raises PaymentsNotSetUp, SecretsError."""
    async with open_ledger(settings) as (site, ledger):
        if site.payments is None:
            raise PaymentsNotSetUp
        secrets = load_or_create(settings.layout.secrets, site).services
        with open_cashier(site.payments, secrets, ledger) as cashier:
            yield Till(site, ledger, cashier)


@contextmanager
def open_cashier(
    payments: Payments, secrets: Mapping[str, str], ledger: Ledger, clock: Clock = now_ms
) -> Iterator[Cashier]:
    """The cashier of a site's provider; its connections end with it."""
    match payments.provider:
        case StripeAccount() as account:
            wire = HttpsWire(account.url, account.timeout.seconds)
            api = StripeApi(wire, _secret(account.key, secrets))
            name = "stripe" if payments.sandbox is None else "sandbox"
            cashier = Cashier(ledger, StripeGateway(api), name, clock)
        case HttpGateway() as gateway:
            wire = HttpsWire(gateway.url, gateway.timeout.seconds)
            described = JsonApi(wire, gateway, secrets)
            ports = JsonGateway(described), "http"
            kept_ms = min(KEY_LIFETIME_MS, gateway.keys_kept.ms - gateway.keys_kept.ms // 24)
            cashier = Cashier(ledger, *ports, clock, key_lifetime_ms=kept_ms)
    try:
        yield cashier
    finally:
        wire.close()


def rules_of(payments: Payments) -> Rules:
    """How callers key cards at a site."""
    optional = {Field.POSTAL} if payments.postal_optional else set[Field]()
    return Rules(
        fields=tuple(_FIELDS[name] for name in payments.fields),
        optional=frozenset(optional),
        brands=frozenset(Brand(name) for name in payments.brands),
        twice=frozenset(_FIELDS[name] for name in payments.twice),
        read_back=payments.read_back,
        attempts=payments.attempts,
        payments=payments.tries,
        first_key_ms=payments.first_key.ms,
        next_key_ms=payments.next_key.ms,
        session_ms=payments.longest.ms,
    )


def webhook_secret(payments: Payments, secrets: Mapping[str, str]) -> str | None:
    """What the provider signs its webhooks with, where the site names it."""
    provider = payments.provider
    if not isinstance(provider, StripeAccount) or provider.webhook is None:
        return None
    return _secret(provider.webhook, secrets)


def _secret(text: str, secrets: Mapping[str, str]) -> str:
    return SECRET.sub(lambda found: secrets[found[1]], text)
