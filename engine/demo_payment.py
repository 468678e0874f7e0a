"""The demonstration's payment: an agent takes a card in the conversation, as a desk would.

The first card is keyed as telephone-events and has no funds; the second is heard as tones alone.
Shown is what the agent sees; the sandbox tells what was taken.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import aiohttp

from engine.client import Client
from engine.console import Screen
from payments.capture import Field
from payments.money import Amount
from payments.sandbox.cards import GOOD, PUBLISHED
from phones.phone import Call

AMOUNT, CURRENCY, REFERENCE = "12.50", "EUR", "Invoice 2026-117"
VISA = GOOD[0]
NO_FUNDS = next(number for number, code in PUBLISHED.items() if code == "insufficient_funds")
EXPIRY, CODE = "1240", "123"
"""Of test cards alone (docs.stripe.com/testing)."""
WITHIN_S = 30.0
GAP_MS = 60
DOT = "●"
Json = dict[str, Any]


class PaymentFailed(Exception):
    """It did not go as it should; the text says where."""


class DemonstrationPayment:
    """One payment in the conversation of a contact, and what of it was proved."""

    def __init__(
        self, client: Client, sandbox: Json, screen: Screen, contact: str, agent: str
    ) -> None:
        self._client = client
        self._sandbox = sandbox
        self._screen = screen
        self._contact = contact
        self._agent = agent
        self._payment = ""
        self._dots = 0

    async def play(self, caller: Call) -> list[tuple[str, str]]:
        """A decline, a retry, a success: what, and the figure. Raises PaymentFailed."""
        await self._start()
        watching = asyncio.create_task(self._show(), name="payment shown")
        try:
            proved = await self._pay(caller)
            await asyncio.wait_for(watching, WITHIN_S)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        return proved

    async def _start(self) -> None:
        about = {"amount": AMOUNT, "currency": CURRENCY, "reference": REFERENCE}
        path = f"/api/contacts/{self._contact}/payments"
        sent = {"key": "demonstration", "agent": self._agent, **about}
        told = await self._client.post(path, sent)
        self._payment = _done(told)["payment"]

    async def _pay(self, caller: Call) -> list[tuple[str, str]]:
        await self._until("capturing", Field.NUMBER)
        await caller.send_digits(f"{NO_FUNDS}#{EXPIRY}{CODE}", gap_ms=GAP_MS)
        first = await self._until("complete")
        await self._lead("complete")
        declined = await self._until("declined")
        await self._lead("retry")
        await self._until("capturing", Field.NUMBER)
        await caller.key_tones(f"{VISA}#{EXPIRY}{CODE}")
        second = await self._until("complete")
        await self._lead("complete")
        paid = await self._until("ended")
        if paid["result"] != "success":
            raise PaymentFailed(f"it ended as {paid['result']} ({paid['problem']})")
        return [
            ("card by events", f"{first['brand']} …{first['last4']}, {declined['decline']['say']}"),
            ("card by tones", f"{second['brand']} …{second['last4']}, approved"),
            ("charged at the sandbox", f"{await self._charged()}, after {paid['tries']} tries"),
        ]

    async def _charged(self) -> str:
        """What the provider itself has taken since it was started."""
        headers = {"Authorization": f"Bearer {self._sandbox['key']}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{self._sandbox['url']}/sandbox/charged") as answer,
        ):
            taken = [amount for amount in (await answer.json()).values() if amount]
        if taken != [Amount.of(Decimal(AMOUNT), CURRENCY).minor]:
            raise PaymentFailed(f"the sandbox has taken {taken} cents")
        return f"{AMOUNT} {CURRENCY}, once"

    async def _until(self, phase: str, asked: str | None = None) -> Json:
        """How it stands once it has come so far."""
        told: Json = {}
        try:
            async with asyncio.timeout(WITHIN_S):
                while told.get("phase") != phase or asked not in (None, told["asked"]):
                    told = _done(await self._client.get(f"/api/payments/{self._payment}"))
                    if told["phase"] == "ended" != phase:
                        raise PaymentFailed(f"it ended as {told['result']} ({told['problem']})")
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise PaymentFailed(f"it is {told.get('phase')}, and not {phase}") from None
        return told

    async def _lead(self, verb: str) -> None:
        path = f"/api/payments/{self._payment}/{verb}"
        _done(await self._client.post(path, {"agent": self._agent}))

    async def _show(self) -> None:
        async for event in self._client.events(path=f"/api/payments/{self._payment}/events"):
            line = self._line(event)
            if line:
                self._screen.event(event["at_ms"], f"agent sees: {event['what']}", line)

    def _line(self, event: Json) -> str:
        """What a desk would show; each digit is a dot, told when the field is done."""
        match event:
            case {"what": "keyed", "dots": dots}:
                self._dots = dots
            case {"what": "asked", "field": name}:
                self._dots = 0
                return str(name)
            case {"what": "accepted", "field": name}:
                card = f" {event['brand']} …{event['last4']}" if event.get("last4") else ""
                return f"{name} {DOT * self._dots}{card}"
            case {"what": "rejected", "field": name, "error": error}:
                return f"{name}: {error}"
            case {"what": "charging", "try": number}:
                return f"{AMOUNT} {CURRENCY}, try {number}"
            case {"what": "declined", "say": say}:
                return str(say)
            case {"what": "ended", "result": result}:
                return str(result)
        return ""


def _done(told: Json) -> Json:
    if "error" in told:
        raise PaymentFailed(told["error"]["message"])
    return told
