"""A site whose agents transfer callers, and what its tests say about it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from phones.errors import PhoneTimeout
from phones.phone import Call, Phone
from phones.protocol import AnswerCalls, IncomingPolicy
from tests.sip.running_site import FALLBACK, NUMBER, Json, RunningSite, running_site, until

CALLER_HZ, AGENT_HZ, OTHER_HZ = 440, 620, 950
FLOW = """\
flow: line
about: Callers wait for support
owner: test@example.test
languages: [en]
start: support
steps:
  support: {queue: support, while_waiting: {every: 10m}, answered: thanks, on_error: bye}
  thanks: {say: Thank you for calling., next: bye}
  bye: {hangup: normal}
"""


FLOWS = {"line": FLOW}


def _site(site: Json, wrap_up: str) -> None:
    site["numbers"] = {NUMBER: {"flow": "line"}}
    site["transfers"] = {"allow": [FALLBACK], "by_agents": {"ring_timeout": "2s"}}
    site["queues"]["billing"]["from_agents"] = {"number": "300"}
    for queue in site["queues"].values():
        queue["wrap_up"] = wrap_up


@asynccontextmanager
async def agents_site(
    directory: Path,
    wrap_up: str = "1s",
    change: Callable[[Json], None] = lambda site: None,
    flows: dict[str, str] = FLOWS,
) -> AsyncIterator[RunningSite]:
    """Anna and Bela serve support, Cili billing; one number outside may be called."""

    def changed(site: Json) -> None:
        _site(site, wrap_up)
        change(site)

    async with running_site(directory, changed, flows) as running:
        await running.carrier.callee.policy(AnswerCalls(after_ms=100))
        yield running


@dataclass
class Talk:
    """A caller in conversation with Anna."""

    site: RunningSite
    caller: Call
    anna: Call
    contact: str

    async def wants(self, verb: str, to: str = "", **more: object) -> Json:
        """What Anna asks for over the API."""
        sent = {"to": to, **more} if to else None
        answer: Json = await self.site.client.post(f"/api/contacts/{self.contact}/{verb}", sent)
        return answer

    async def over(self) -> Json:
        """The caller hangs up; everybody is free, and the history has the row."""
        await self.caller.hang_up()
        return await self.site.row(self.contact)


@asynccontextmanager
async def talking(site: RunningSite) -> AsyncIterator[Talk]:
    """Bela comes when Anna has the caller; afterwards nobody has anything in hand."""
    anna = await site.agent("anna")
    caller = await site.call()
    taken = await anna.incoming()
    await taken.answered()
    contact = (await site.only_call("conversation"))["id"]
    await caller.play_tone(CALLER_HZ)
    await taken.play_tone(AGENT_HZ)
    await hears(taken, CALLER_HZ)
    try:
        yield Talk(site, caller, taken, contact)
    finally:
        await caller.hang_up()
        await all_gone(site)


async def all_gone(site: RunningSite) -> None:
    """Nobody is on any line, and no agent is busy."""

    async def look() -> bool | None:
        status = await site.client.get("/api/status")
        busy = [a for a in status["agents"] if a["state"] in ("talking", "offered", "wrap_up")]
        return True if not status["calls"] and not busy else None

    await until("everybody free", look, 10)


async def colleague(site: RunningSite, name: str, policy: IncomingPolicy | None = None) -> Phone:
    """Another agent who is there."""
    return await site.agent(name, policy or AnswerCalls(after_ms=100))


async def hears(call: Call, *tones: int) -> None:
    """Each of these, from now on."""
    await asyncio.gather(*(call.hear_tone(hz) for hz in tones))


async def is_deaf_to(call: Call, hz: int) -> None:
    """It hears no such tone for as long as one would take to be heard."""
    with pytest.raises(PhoneTimeout):
        await call.hear_tone(hz, timeout_s=0.3)


async def away(site: RunningSite, *names: str) -> None:
    """These agents' phones are not registered."""
    for name in names:
        if name in site.phones:
            await site.phones[name].unregister()
            await site.agent_is(name, "offline")


def told(row: Json, what: str) -> list[Json]:
    """What the history says of each such thing."""
    return [entry["fields"] for entry in row["timeline"] if entry["what"] == what]
