"""The sandbox is Stripe to Stripe's own client, and fails as it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest
import stripe
from aiohttp import ClientSession, web

from payments.capture.brands import brand_of
from payments.errors import NoticeRefused
from payments.gateways.declines import CODES
from payments.gateways.webhooks import read_notice, signature
from payments.sandbox import Call, Fault, Provider
from payments.sandbox.cards import GOOD, declining, digits_of
from payments.sandbox.faults import Mishap
from payments.sandbox.server import Sandbox
from tests.fakes.payment_house import START_MS
from tests.fakes.sandbox_server import KEY, sandbox_server
from tests.fakes.web_service import text, web_service

pytestmark = pytest.mark.unit

T = TypeVar("T")
VISA = "4242424242424242"


class Account:
    """The official client on the sandbox. It is synchronous: each call has a thread."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.sandbox = sandbox
        self.url = url
        self.client = stripe.StripeClient(KEY, base_addresses={"api": url}, max_network_retries=0)

    async def run(self, work: Callable[[stripe.StripeClient], T]) -> T:
        return await asyncio.to_thread(work, self.client)

    async def method(self, number: str = VISA) -> str:
        made = await self.run(
            lambda client: client.v1.payment_methods.create(
                {
                    "type": "card",
                    "card": {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"},
                }
            )
        )
        return made.id

    async def charge(
        self, method: str, key: str = "k1", amount: int = 1250
    ) -> stripe.PaymentIntent:
        return await self.run(
            lambda client: client.v1.payment_intents.create(
                {
                    "amount": amount,
                    "currency": "eur",
                    "payment_method": method,
                    "allowed_payment_method_types": ["card"],
                    "payment_method_options": {"card": {"moto": True}},
                    "confirm": True,
                    "metadata": {"trunkline_attempt": key},
                },
                {"idempotency_key": key},
            )
        )


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    """A sandbox that is served."""
    sandbox = Sandbox(KEY)
    async with sandbox_server(sandbox) as url:
        yield Account(sandbox, url)


async def test_the_official_client_pays_captures_cancels_and_refunds(account: Account) -> None:
    """Every request that the adapter makes, made by Stripe's own."""
    intent = await account.charge(await account.method())
    assert (intent.status, intent.amount_received) == ("succeeded", 1250)
    refund = await account.run(
        lambda client: client.v1.refunds.create({"payment_intent": intent.id, "amount": 250})
    )
    assert (refund.status, refund.amount) == ("succeeded", 250)
    found = await account.run(lambda client: client.v1.payment_intents.retrieve(intent.id))
    assert found.metadata["trunkline_attempt"] == "k1"
    listed = await account.run(lambda client: client.v1.payment_intents.list({"limit": 1}))
    assert [each.id for each in listed.data] == [intent.id]


async def test_the_same_key_gives_the_same_reply_and_other_parameters_an_error(
    account: Account,
) -> None:
    """The effect happens once; a key is not for something else."""
    method = await account.method()
    first, again = await account.charge(method), await account.charge(method)
    assert first.id == again.id
    assert list(account.sandbox.provider.charged.values()) == [1250]
    with pytest.raises(stripe.IdempotencyError):
        await account.charge(method, amount=9)


async def test_a_decline_has_its_code_and_advice_and_keeps_the_intent(account: Account) -> None:
    """The client raises CardError, and the same key gives the same decline."""
    for _ in range(2):
        method = await account.method("4000000000009995")
        with pytest.raises(stripe.CardError) as caught:
            await account.charge(method, key=f"k-{method}")
        assert caught.value.code == "card_declined"
        error = caught.value.error
        assert error is not None
        assert error.decline_code == "insufficient_funds"
        assert error.payment_intent is not None
        assert error.payment_intent.status == "requires_payment_method"


async def test_a_wrong_secret_opens_nothing(account: Account) -> None:
    """As with the provider."""
    account.client = stripe.StripeClient("sk_test_other", base_addresses={"api": account.url})
    with pytest.raises(stripe.AuthenticationError):
        await account.method()


@pytest.mark.parametrize(
    ("mishap", "charged"),
    [
        (Mishap.CUT_BEFORE, 0),
        (Mishap.CUT_AFTER, 1250),
        (Mishap.CUT_WITHIN, 1250),
        (Mishap.ERROR_BEFORE, 0),
        (Mishap.ERROR_AFTER, 1250),
        (Mishap.TOO_MANY, 0),
    ],
)
async def test_it_fails_as_it_is_told(account: Account, mishap: Mishap, charged: int) -> None:
    """Before or after the effect; the client sees an error either way."""
    method = await account.method()
    account.sandbox.faults.order([Fault(mishap, "/v1/payment_intents")])
    with pytest.raises(stripe.StripeError):
        await account.charge(method)
    assert sum(account.sandbox.provider.charged.values()) == charged


async def test_faults_are_ordered_over_http(account: Account) -> None:
    """By who has the key, for demonstrations."""
    url = account.url
    async with ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
        fault = {"mishap": "error_before", "path": "/v1/payment_methods"}
        async with session.post(f"{url}/sandbox/faults", json=[fault]) as reply:
            assert reply.status == 200
        with pytest.raises(stripe.APIError):
            await account.method()
        async with session.post(f"{url}/sandbox/faults", json=[{"mishap": "none"}]) as reply:
            assert reply.status == 400
        async with session.get(f"{url}/sandbox/charged") as reply:
            assert await reply.json() == {}


async def test_webhooks_are_signed_and_come_again_until_taken() -> None:
    """The first is answered with an error; Stripe's own check and ours take the second."""
    taken = asyncio.Event()

    async def take(request: web.Request) -> web.StreamResponse:
        taken.set()
        return await text("")(request)

    async with web_service(text("", 500), take) as service:
        sandbox = Sandbox(KEY, webhook=f"{service.url}/hook", webhook_secret="whsec_test")
        async with sandbox_server(sandbox) as url:
            account = Account(sandbox, url)
            intent = await account.charge(await account.method())
            async with asyncio.timeout(10):
                await taken.wait()
    told = service.asked[1]
    header = told.headers["Stripe-Signature"]
    event = stripe.Webhook.construct_event(told.body, header, "whsec_test")
    assert event.type == "payment_intent.succeeded"
    notice = read_notice(told.body.encode(), header, "whsec_test", sandbox.clock())
    assert (notice.kind, notice.handle) == (event.type, intent.id)


@pytest.mark.parametrize(
    ("header", "late_ms", "why"),
    [
        ("", 0, "it has no Stripe-Signature"),
        ("t=soon,v1=00", 0, "no time"),
        ("t=1795000000,v1=00", 0, "not signed with our secret"),
        (signature(b"{}", "whsec_other", START_MS // 1000), 0, "not signed with our secret"),
        (signature(b"{}", "whsec_test", START_MS // 1000), 301_000, "too long ago"),
        (signature(b"{}", "whsec_test", START_MS // 1000), 0, "no event"),
    ],
)
def test_a_webhook_of_nobody_is_refused(header: str, late_ms: int, why: str) -> None:
    """Not signed, signed by another, an old one sent again, or no event at all."""
    with pytest.raises(NoticeRefused, match=why):
        read_notice(b"{}", header, "whsec_test", START_MS + late_ms)


@pytest.mark.parametrize(
    ("told", "currency", "refunded"),
    [(500, "eur", 5_00), (100_00, "isk", 100), (50, "mga", 50_00), (0, "eur", None)],
)
def test_what_was_given_back_is_counted_as_the_ledger_does(
    told: int, currency: str, refunded: int | None
) -> None:
    """Stripe's krónur have two decimals, its ariary none."""
    charge = {"object": "charge", "payment_intent": "pi_1", "amount_refunded": told}
    event = {"id": "evt_1", "type": "charge.refunded", "data": {"object": charge}}
    charge["currency"] = currency
    payload = json.dumps(event).encode()
    header = signature(payload, "whsec_test", START_MS // 1000)
    assert read_notice(payload, header, "whsec_test", START_MS).refunded == refunded


def test_every_decline_code_has_a_card() -> None:
    """A good number of a known brand, which declines with that code and its advice."""
    cards = declining()
    assert set(cards.values()) == set(CODES)
    assert len(set(cards)) == len(cards)
    provider = Provider()
    for number, code in cards.items():
        assert brand_of(digits_of(number)) is not None
        assert told_of(provider, number) == (402, code)
    assert all(told_of(provider, number) == (200, None) for number in GOOD)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"card[number]": "4242424242424241"}, "incorrect_number"),
        ({"card[exp_month]": "13"}, "invalid_expiry_month"),
        ({"card[exp_year]": "2020"}, "invalid_expiry_year"),
        ({"card[cvc]": "12"}, "invalid_cvc"),
    ],
)
def test_a_card_that_is_none_gets_no_method(wrong: dict[str, str], code: str) -> None:
    """As the provider checks it; the amount of digits of the code is the brand's."""
    reply = Provider().handle(method_call("4242424242424242", **wrong), START_MS)
    assert (reply.status, reply.body["error"]["code"]) == (402, code)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("payment_method_types[]", "payment_method_types_no_longer_supported"),
        ("ammount", "parameter_unknown"),
    ],
)
def test_what_the_api_does_not_take_is_refused(name: str, code: str) -> None:
    """By the version that the adapter names; nothing is kept under a key of it."""
    fields = {"amount": "100", "currency": "eur", name: "card"}
    provider = Provider()
    reply = provider.handle(Call("POST", "/v1/payment_intents", fields, "k1"), START_MS)
    assert (reply.status, reply.body["error"]["code"]) == (400, code)
    del fields[name]
    assert (
        provider.handle(Call("POST", "/v1/payment_intents", fields, "k1"), START_MS).status == 200
    )


def test_it_keeps_no_number() -> None:
    """Nothing of it has a card's number or code, its replies under keys included."""
    provider = Provider()
    call = method_call("5555555555554444")
    provider.handle(Call(call.method, call.path, call.fields, "k1"), START_MS)
    kept = repr((vars(provider), vars(provider._replays)))
    assert "5555555555554444" not in kept
    assert "4444" in kept


def method_call(number: str, **fields: str) -> Call:
    code = "1234" if number.startswith(("34", "37")) else "123"
    card = {"number": number, "exp_month": "12", "exp_year": "2040", "cvc": code}
    told = {"type": "card", **{f"card[{name}]": value for name, value in card.items()}}
    return Call("POST", "/v1/payment_methods", {**told, **fields})


def told_of(provider: Provider, number: str) -> tuple[int, str | None]:
    method = provider.handle(method_call(number), START_MS).body["id"]
    fields = {
        "amount": "100",
        "currency": "eur",
        "payment_method": method,
        "confirm": "true",
        "payment_method_options[card][moto]": "true",
    }
    reply = provider.handle(Call("POST", "/v1/payment_intents", fields), START_MS)
    return reply.status, reply.body.get("error", {}).get("decline_code")
