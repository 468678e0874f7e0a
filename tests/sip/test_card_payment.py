"""An agent takes a card payment over real SIP, by keys that come as events and as tones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from phones.phone import Call, Phone
from tests.ports import free_port
from tests.sip.hearing import tone_at
from tests.sip.running_site import FLOWS, Json, RunningSite, running_site, until

# Tones that come late for want of a processor are other tones.
pytestmark = [
    pytest.mark.sip,
    pytest.mark.alone,
    pytest.mark.asyncio(loop_scope="module"),
]

VISA, NO_FUNDS = "4242424242424242", "4000000000009995"
EXPIRY, CODE = "1240", "123"
CALLER_HZ, AGENT_HZ = 440, 620
BILL = "+3615550105"
FLOW = """\
flow: bill
version: "1"
about: Takes a payment by card
owner: test@example.test
languages: [en, hu]
start: pay
vars:
  due: {type: money, currency: EUR, start: "30.00"}
steps:
  pay:
    pay: {amount: due, reference: Invoice 8}
    paid: topic
    declined: bye
    on_error: bye
  topic: {set: {call.topic: "{payment.result}"}, next: bye}
  bye: {hangup: normal}
"""


def with_payments(site: Json) -> None:
    """At the sandbox; nobody's conversation is recorded."""
    site["payments"] = {"sandbox": {"port": str(free_port())}}
    site["queues"]["support"]["record"] = "no"
    site["numbers"][BILL] = {"flow": "bill"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site that takes payments."""
    flows = {**FLOWS, "bill": FLOW}
    async with running_site(tmp_path_factory.mktemp("shop"), with_payments, flows) as running:
        yield running


class Payment:
    """What the agent does over the API."""

    def __init__(self, site: RunningSite, contact: str) -> None:
        self.site = site
        self.contact = contact
        self.id = ""

    async def starts(self, **changed: Any) -> Json:
        sent = {
            "key": "1",
            "agent": "anna",
            "amount": "12.50",
            "currency": "EUR",
            "reference": "Invoice 7",
            **changed,
        }
        told: Json = await self.site.client.post(f"/api/contacts/{self.contact}/payments", sent)
        self.id = told.get("payment", self.id)
        return told

    async def leads(self, verb: str, **sent: Any) -> Json:
        path = f"/api/payments/{self.id}/{verb}"
        told: Json = await self.site.client.post(path, {"agent": "anna", **sent})
        return told

    async def is_at(self, phase: str, asked: str | None = None) -> Json:
        """How it stands once it has come so far."""

        async def look() -> Json | None:
            told: Json = await self.site.client.get(f"/api/payments/{self.id}")
            there = told["phase"] == phase and (asked is None or told["asked"] == asked)
            return told if there else None

        found: Json = await until(f"payment {phase} {asked or ''}", look, 10)
        return found


async def in_talk(site: RunningSite) -> tuple[Call, Call, Phone, str]:
    """A caller, the agent's end of the call, the agent's phone, and the contact."""
    phone = await site.agent("anna")
    call = await site.call()
    await call.first_audio()
    for keys in ("1", "4711"):
        await asyncio.sleep(0.4)
        await call.send_digits(keys)
    taken = await phone.incoming()
    await taken.answered()
    contact = (await site.only_call("conversation"))["id"]
    return call, taken, phone, contact


async def test_a_decline_a_retry_and_a_success(shop: RunningSite) -> None:
    """The first card is keyed by events and has no funds, the second by tones alone. Meanwhile the
    caller cannot be handed on; afterwards both talk as before."""
    call, taken, phone, contact = await in_talk(shop)
    payment = Payment(shop, contact)
    assert (await payment.starts())["fields"][0]["field"] == "card-number"
    await payment.is_at("capturing", "card-number")
    await call.send_digits(NO_FUNDS + "#" + EXPIRY + CODE, gap_ms=60)
    await payment.is_at("complete")
    held = await shop.client.post(f"/api/contacts/{contact}/hold")
    assert held["error"]["code"] == "not_now"
    await payment.leads("complete")
    declined = (await payment.is_at("declined"))["decline"]
    assert declined["reason"] == "funds"
    assert declined["say"].startswith("The card does not have enough funds")
    await payment.leads("retry")
    await payment.is_at("capturing", "card-number")
    await call.key_tones(VISA + "#" + EXPIRY + CODE, 80, 80)
    state = await payment.is_at("complete")
    assert (state["brand"], state["last4"]) == ("visa", "4242")
    await payment.leads("complete")
    assert (await payment.is_at("ended"))["result"] == "success"
    await call.play_tone(CALLER_HZ)
    await taken.play_tone(AGENT_HZ)
    await tone_at(taken, CALLER_HZ, -12)
    await tone_at(call, AGENT_HZ, -12)
    await taken.hang_up()
    await call.ended()
    row = await shop.row(contact)
    told = {each["what"]: each["fields"] for each in row["timeline"]}
    assert told["payment_declined"]["reason"] == "funds"
    assert (told["payment_ended"]["result"], told["payment_ended"]["last4"]) == ("success", "4242")
    assert VISA not in str(row)
    code, printed = await shop.trunkline("payments", "list")
    assert (code, "paid" in printed, "4242" in printed) == (0, True, True)
    await phone.unregister()
    await shop.agent_is("anna", "offline")


async def test_a_caller_pays_in_a_flow(shop: RunningSite) -> None:
    """Each key comes as event and as tone at once, and counts once; the prompts are keyed into."""
    call = await shop.call(number=BILL)
    contact = (await shop.only_call("flow"))["id"]
    await call.first_audio()
    for key in VISA + "#" + EXPIRY + CODE:
        await asyncio.gather(call.key_tones(key, 80, 80), call.send_digits(key, gap_ms=80))
    await call.ended()
    row = await shop.row(contact)
    assert (row["topic"], row["outcome"]) == ("success", "flow_ended")
    (payment,) = await shop.client.get(f"/api/contacts/{contact}/payments")
    shown = payment["result"], payment["amount"], payment["last4"]
    assert shown == ("success", "30.00", "4242")
