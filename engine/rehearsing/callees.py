"""Those to whom tests transfer their callers: they answer, are busy or let it ring, as is given."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress

from engine.client import Client
from engine.rehearsing.private_site import COLLEAGUE, PrivateSite
from ivr.rehearsal.given import Talk
from phones.errors import PhoneError, PhoneTimeout
from phones.phone import Call, Phone
from phones.protocol import LetRing

TALK_S = 1.0
STATE_S = 30.0
"""So soon an agent's new state shows."""
LOOK_S = 0.1
LONG_S = 600.0


class Callees:
    """The numbers outside the house, and the site's own agents as callees. Use `open`."""

    def __init__(self, site: PrivateSite, client: Client, tasks: asyncio.TaskGroup) -> None:
        self._site = site
        self._client = client
        self._tasks = tasks
        self._manners: dict[str, Talk] = {}
        self._agents: dict[str, Phone] = {}
        self._in_use: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, site: PrivateSite, client: Client, numbers: Iterable[str]
    ) -> AsyncIterator[Callees]:
        """They take calls as long as the block runs, and the colleague is there."""
        async with asyncio.TaskGroup() as tasks:
            callees = cls(site, client, tasks)
            outside = [await site.carrier.bank.phone(number) for number in numbers]
            taking = [tasks.create_task(callees._take(phone)) for phone in outside]
            await callees._colleague()
            yield callees
            for task in taking:
                task.cancel()

    def give(self, caller: str, manner: Talk) -> None:
        """How who is called outside for this caller treats the call."""
        self._manners[caller] = manner

    @asynccontextmanager
    async def agent(self, extension: str, manner: Talk) -> AsyncIterator[None]:
        """Meanwhile the agent of the site treats calls so; of several tests one after another."""
        name = self._site.extensions.get(extension, extension)
        async with self._in_use[name]:
            if manner == "unreachable" or name not in self._site.extensions.values():
                yield
                return
            phone = self._agents.get(name) or await self._site.agent(name, LetRing())
            self._agents[name] = phone
            await phone.register()
            await self._until(name, "available")
            taking = self._tasks.create_task(self._take(phone, manner))
            try:
                yield
            finally:
                taking.cancel()
                await phone.unregister()
                await self._until(name, "offline")

    async def _take(self, phone: Phone, manner: Talk | None = None) -> None:
        """Each call as it is given; for whom, a number outside sees from who calls."""
        while True:
            with suppress(PhoneTimeout):
                call = await phone.incoming(LONG_S)
                how = manner or self._manner_of(call.peer)
                self._tasks.create_task(_treated(call, how))

    def _manner_of(self, peer: str) -> Talk:
        known = (how for caller, how in self._manners.items() if caller.lstrip("+") in peer)
        return next(known, "unreachable")

    async def _colleague(self) -> None:
        """Logs in, and pauses by the code that agents dial."""
        phone = await self._site.agent(COLLEAGUE, LetRing())
        await phone.register()
        await self._until(COLLEAGUE, "available")
        call = await phone.dial(self._site.code("pause"))
        await self._until(COLLEAGUE, "paused")
        await call.hang_up()

    async def _until(self, agent: str, state: str) -> None:
        async with asyncio.timeout(STATE_S):
            while True:
                agents = (await self._client.get("/api/status"))["agents"]
                if any(each["id"] == agent and each["state"] == state for each in agents):
                    return
                await asyncio.sleep(LOOK_S)


async def _treated(call: Call, how: Talk) -> None:
    # Who hangs up first is no matter: the caller may.
    with suppress(PhoneError):
        match how:
            case "answered":
                await call.answer()
                await call.answered()
                await asyncio.sleep(TALK_S)
                await call.hang_up()
            case "busy":
                await call.refuse()
