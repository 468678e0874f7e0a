"""A site that takes cards, and a caller in conversation with an agent who takes one."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from config.asterisk_runtime import find_runtime
from listening.audio import Floats
from phones.phone import Call
from tests.asterisk.asterisk_fixture import without_library_path
from tests.ports import free_port
from tests.sip.agents_site import FLOW, Talk, agents_site, talking
from tests.sip.running_site import Json, RunningSite, until
from tests.unit.lines import frames, press, silence

CARD, EXPIRY, CODE = "4242424242424242", "1228", "123"
KEYED = f"{CARD}#{EXPIRY}{CODE}"
TONES_HZ = (697, 770, 852, 941, 1209, 1336, 1477)
PAYS = "+3615550101"
PAY_FLOW = """\
flow: pays
about: Callers pay alone
owner: test@example.test
languages: [en]
start: pay
steps:
  pay:
    pay: {amount: 12.50, currency: EUR, reference: Invoice 7}
    paid: paid
    declined: bye
    cancelled: bye
    unknown: bye
    on_error: bye
  paid: {say: "Paid.", next: bye, on_error: bye}
  bye: {hangup: normal}
"""


@asynccontextmanager
async def capture_site(directory: Path) -> AsyncIterator[RunningSite]:
    """Anna takes cards in conversations; one number takes them alone."""

    def change(site: Json) -> None:
        site["payments"] = {"sandbox": {"port": str(free_port())}}
        site["numbers"][PAYS] = {"flow": "pays"}

    flows = {"line": FLOW, "pays": PAY_FLOW}
    async with agents_site(directory, "0s", change, flows) as site:
        yield site


@dataclass
class Paying:
    """A payment that is being taken."""

    talk: Talk
    id: str

    async def wants(self, verb: str, **more: object) -> Json:
        """What Anna asks for."""
        sent = {"agent": "anna", **more}
        told: Json = await self.talk.site.client.post(f"/api/payments/{self.id}/{verb}", sent)
        return told

    async def stands(self) -> Json:
        """How it does now."""
        told: Json = await self.talk.site.client.get(f"/api/payments/{self.id}")
        return told

    async def comes_to(self, phase: str, within_s: float = 15) -> Json:
        """Wait until it is there."""
        seen: Json = {}

        async def look() -> Json | None:
            nonlocal seen
            seen = await self.stands()
            return seen if seen["phase"] == phase else None

        try:
            found: Json = await until(f"the payment {phase}", look, within_s)
        except AssertionError as failed:
            raise AssertionError(f"{failed}; last seen {seen}") from None
        return found

    async def shows(self, dots: int) -> None:
        """Wait until Anna sees so many dots of the card's number."""

        async def look() -> bool | None:
            fields = (await self.stands())["fields"]
            return True if fields[0]["dots"] == dots else None

        await until(f"{dots} dots", look, 10)


@asynccontextmanager
async def paying(site: RunningSite) -> AsyncIterator[Paying]:
    """Anna has begun to take a card: both are in the relay."""
    async with talking(site) as talk:
        yield await begun(talk)


async def begun(talk: Talk, key: str = "1") -> Paying:
    """Anna begins it."""
    return Paying(talk, await begun_by("anna", talk.site, talk.contact, key))


async def begun_by(agent: str, site: RunningSite, contact: str, key: str = "1") -> str:
    """Some agent begins a payment, as soon as the site takes any: its id."""
    wanted = {"amount": "12.50", "currency": "EUR", "reference": "Invoice 7"}
    path = f"/api/contacts/{contact}/payments"

    async def ask() -> str | None:
        told: Json = await site.client.post(path, {"key": key, "agent": agent, **wanted})
        return told.get("payment")

    found: str = await until("the payment has begun", ask, 15)
    return found


async def reload_asterisk(site: RunningSite) -> None:
    """All of its configuration, as an operator does on its console."""
    words = find_runtime().remote(site.directory / "var/asterisk/etc", "core reload")
    process = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.DEVNULL, env=without_library_path()
    )
    assert await process.wait() == 0


def spoken(directory: Path, name: str, sound: Iterator[Floats]) -> Path:
    """A recording for a phone to say."""
    path = directory / f"{name}.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(np.concatenate(frames(*sound)).astype("<i2").tobytes())
    return path


def tones(keys: str) -> Iterator[Floats]:
    """Keys as a phone without events sends them. Before it, so much time that none of them can
    belong to an event (`payments.detection.merging`)."""
    yield silence(900)
    for key in keys:
        yield press(key, 100)
        yield silence(100)


async def loudest(call: Call) -> float:
    """dBFS of the loudest frame that was received in the last 10 s."""
    return max(level for _, level in await call.levels())
