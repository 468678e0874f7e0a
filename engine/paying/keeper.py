"""What the engine does for payments without anybody asking: finds out what is unknown, and takes
the provider's webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import structlog

from config.payments import Payments
from config.secrets import Secrets, SecretsError, load_or_create
from config.site import Site
from desk.views import Unavailable
from engine.layout import Layout
from engine.paying.opening import open_cashier, webhook_secret
from history.errors import DatabaseAway
from payments.cashier import IN_CALL_MS, Cashier, Clock, Unknown
from payments.errors import NoticeRefused
from payments.gateways.webhooks import read_notice
from payments.ledger import Ledger

ROUND_S = 60.0

log = structlog.get_logger(__name__)


class Counter(NamedTuple):
    """The site's provider, with the secrets as they are now."""

    cashier: Cashier
    payments: Payments
    secrets: Secrets


class PaymentKeeper:
    """`site` is the one in force; it and the secrets are read each time, so that a provider, or a
    key that was rotated, counts from then on."""

    def __init__(
        self, site: Callable[[], Site | None], layout: Layout, ledger: Ledger, clock: Clock
    ) -> None:
        self._site = site
        self._layout = layout
        self.ledger = ledger
        self._clock = clock

    async def run(self) -> None:
        """Look after what is open, until cancelled; first what the last engine left."""
        while True:
            await self.round()
            await asyncio.sleep(ROUND_S)

    async def round(self) -> None:
        """Find out how what is open ended, as far as that can be."""
        try:
            if not await self.ledger.unsettled(self._clock() - IN_CALL_MS):
                return
            with self.counter() as (cashier, _, _):
                found = await cashier.recover()
        except Unavailable:
            return
        except (DatabaseAway, SecretsError) as failure:
            log.error("payments_not_looked_after", reason=type(failure).__name__)
            return
        if found:
            unknown = sum(isinstance(each, Unknown) for each in found)
            log.info("payments_found_out", settled=len(found) - unknown, unknown=unknown)

    async def take(self, payload: bytes, signature: str) -> str | None:
        """A webhook: None when it was taken, else why not. Raises Unavailable."""
        try:
            with self.counter() as (cashier, payments, secrets):
                secret = webhook_secret(payments, secrets.services)
                if secret is None:
                    raise NoticeRefused("the site names no secret of webhooks")
                await cashier.take_notice(read_notice(payload, signature, secret, self._clock()))
        except NoticeRefused as refusal:
            log.warning("payment_notice_refused", reason=str(refusal))
            return str(refusal)
        except (DatabaseAway, SecretsError) as failure:
            raise Unavailable(type(failure).__name__) from None
        return None

    @contextmanager
    def counter(self) -> Iterator[Counter]:
        """Where money is asked for now. Raises Unavailable where the site takes none, and
        SecretsError."""
        site = self._site()
        if site is None or site.payments is None:
            raise Unavailable("this site takes no payments, or is just starting")
        secrets = load_or_create(self._layout.secrets, site)
        with open_cashier(site.payments, secrets.services, self.ledger, self._clock) as cashier:
            yield Counter(cashier, site.payments, secrets)
