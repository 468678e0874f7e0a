"""The engine finds out by itself what is unknown, and takes the provider's webhooks."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from config.payments import Payments, StripeAccount
from config.site import Site, load_site
from desk.payments import add_routes
from engine.clock import now_ms
from engine.layout import Layout
from engine.paying.keeper import PaymentKeeper
from engine.paying.opening import open_cashier
from history.migrations import upgrade_to_head
from payments.cashier import IN_CALL_MS, Unknown
from payments.gateways.webhooks import signature
from payments.ledger import Ledger, NewPayment, Payment, State
from payments.money import Amount
from payments.sandbox.cards import PENDING
from payments.sandbox.server import Sandbox
from payments.stripe_api import StripeApi
from payments.tokens.stripe import StripeTokeniser
from payments.wire import HttpsWire
from tests.fakes.payment_house import Held, card
from tests.fakes.sandbox_server import KEY, sandbox_server

pytestmark = pytest.mark.unit

SITE = Path(__file__).parents[2] / "config/site.yaml"
NEW = NewPayment("call-1/pay", Amount(12_50, "EUR"), "Invoice 7")
SECRETS = {"stripe": KEY, "hook": "whsec_test"}


class Kept:
    """A site with payments, its keeper behind the engine's HTTP, and the sandbox."""

    def __init__(self, directory: Path, ledger: Ledger) -> None:
        self.sandbox = Sandbox(KEY, webhook_secret="whsec_test")
        self.ledger = ledger
        self.site: Site | None = None
        self.now_ms = now_ms()
        self.keeper = PaymentKeeper(
            lambda: self.site, Layout(directory), ledger, lambda: self.now_ms
        )
        self.url = ""
        self.taken = asyncio.Event()

    async def take(self, payload: bytes, signed: str) -> str | None:
        """As the keeper does, and tell the test."""
        why = await self.keeper.take(payload, signed)
        self.taken.set()
        return why

    def names(self, provider: str) -> None:
        """The site's provider from now on."""
        account = StripeAccount(key="secret:stripe", webhook="secret:hook", url=provider)
        site = load_site(SITE, {})
        self.site = site.model_copy(update={"payments": Payments(stripe=account)})

    async def pays(self, number: str) -> Payment:
        """A card is charged; what comes of it is not known."""
        assert self.site is not None
        assert self.site.payments is not None
        wire = HttpsWire(self.site.payments.provider.url, 5)
        tokeniser = StripeTokeniser(StripeApi(wire, KEY))
        with open_cashier(self.site.payments, SECRETS, self.ledger) as cashier:
            payment = await cashier.open(NEW, "anna")
            with Held(card(number, "1240"), tokeniser) as keyed:
                assert isinstance(await cashier.pay(payment.id, keyed, "anna"), Unknown)
        wire.close()
        return payment

    async def sends(self, payload: bytes | AsyncIterator[bytes], signed: str) -> int:
        """A webhook; the status that it gets."""
        headers = {"Stripe-Signature": signed}
        async with (
            ClientSession() as session,
            session.post(f"{self.url}/webhooks/payments", data=payload, headers=headers) as reply,
        ):
            return reply.status

    async def state(self, payment: Payment) -> State:
        return (await self.ledger.payment(payment.id)).state


@pytest.fixture
async def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Kept]:
    """All of it, served."""
    for name, secret in SECRETS.items():
        monkeypatch.setenv(f"TRUNKLINE_SECRET_{name.upper()}", secret)
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    await upgrade_to_head(url)
    ledger = Ledger(url, "northwind", "n1")
    kept = Kept(tmp_path, ledger)
    app = web.Application()
    add_routes(app, kept)
    async with served(app) as kept.url:
        kept.sandbox.webhook = f"{kept.url}/webhooks/payments"
        async with sandbox_server(kept.sandbox) as provider:
            kept.names(provider)
            yield kept
    await ledger.close()


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_round_finds_out_what_is_unknown(kept: Kept) -> None:
    """Once the provider knows, and not while it may still be under way in a call."""
    kept.sandbox.webhook = None
    payment = await kept.pays(PENDING)
    kept.sandbox.provider.finish_pending(now_ms())
    await kept.keeper.round()
    assert await kept.state(payment) is State.UNSETTLED
    kept.now_ms += IN_CALL_MS + 60_000
    await kept.keeper.round()
    assert await kept.state(payment) is State.PAID


async def test_the_providers_webhook_settles_a_payment(kept: Kept) -> None:
    """Sent, signed and taken, over HTTP."""
    payment = await kept.pays(PENDING)
    async with asyncio.timeout(20):
        await kept.taken.wait()
        kept.taken.clear()
        assert await kept.state(payment) is State.UNSETTLED
        async with ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
            assert kept.site is not None
            assert kept.site.payments is not None
            assert kept.site.payments.stripe is not None
            await session.post(f"{kept.site.payments.stripe.url}/sandbox/pending")
        await kept.taken.wait()
    assert await kept.state(payment) is State.PAID


async def test_a_webhook_may_come_in_pieces(kept: Kept) -> None:
    """As a proxy cuts it: it is read to its end before its signature is looked at."""
    intent = {"object": "payment_intent", "id": "pi_other"}
    event = {"id": "evt_1", "type": "payment_intent.created", "data": {"object": intent}}
    payload = json.dumps(event).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(len(payload)):
            yield payload[at : at + 1]
            await asyncio.sleep(0)

    signed = signature(payload, SECRETS["hook"], kept.now_ms // 1000)
    assert await kept.sends(pieces(), signed) == 200


async def test_what_the_provider_has_not_signed_is_refused(kept: Kept) -> None:
    """With a status that makes an honest sender look; a huge one is not read."""
    at_s = kept.now_ms // 1000
    assert await kept.sends(b"{}", signature(b"{}", "whsec_other", at_s)) == 400
    assert await kept.sends(b"{}", "") == 400
    assert await kept.sends(b"x" * 200_001, "") == 413
