"""What one real call after another has for itself: a caller's number, and an agent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from engine.calls.rehearsed_outside import OutsideModel
from engine.client import Client
from engine.errors import NotRunning
from engine.rehearsing.callees import Callees
from engine.rehearsing.private_site import NO_SKILL, NO_TRUNK, PrivateSite, lane_name
from engine.rehearsing.stand_in import StandIn
from ivr.rehearsal.given import Given
from phones.phone import Call, Phone
from phones.protocol import AnswerCalls

CALLERS_FROM = 36205550000
ANSWER_MS = 200
FOUND_S = 30.0
TALK_S = 0.8
"""A shorter conversation counts as none."""
Json = dict[str, Any]


@dataclass
class Lane:
    """A caller's phone, an agent's, and the world that the engine is told of the caller's calls.

    The agent is logged in only to take the one call that is in the lane. Use `open`.
    """

    number: int
    site: PrivateSite
    client: Client
    stand_in: StandIn
    callees: Callees
    phone: Phone
    agent: Phone
    _logged_in: bool = field(default=False, init=False)
    _talk: Call | None = field(default=None, init=False)

    @classmethod
    async def open(
        cls,
        number: int,
        site: PrivateSite,
        client: Client,
        stand_in: StandIn,
        callees: Callees,
    ) -> Lane:
        """Its phones are made here, and used by all its calls."""
        phone = await site.carrier.caller(f"+{CALLERS_FROM + number}")
        agent = await site.agent(lane_name(number), AnswerCalls(after_ms=ANSWER_MS))
        return cls(number, site, client, stand_in, callees, phone, agent)

    @property
    def path(self) -> str:
        """Where the engine tells of this lane's call."""
        return f"/api/rehearsals/{self.phone.user}"

    async def give(self, given: Given) -> None:
        """The next call finds this world, here and in the engine."""
        self.stand_in.give(self.phone.user, given)
        self.callees.give(self.phone.user, given.transfer)
        outside = OutsideModel(
            agent_skill=lane_name(self.number),
            no_skill=NO_SKILL,
            web=self.stand_in.url,
            trunk=self.site.trunk,
            no_trunk=NO_TRUNK,
        )
        world = {
            "given": given.model_dump(mode="json", by_alias=True),
            "outside": outside.model_dump(),
        }
        status, told = await self.client.put(self.path, world)
        if status != 201:
            raise NotRunning(f"the engine takes no world for a call: {told}")

    async def told(self) -> Json:
        """How the call went so far; nothing yet before it has come."""
        found: Json = await self.client.get(self.path)
        return found if "turns" in found else {"turns": [], "path": []}

    async def later(self, turn: int, now_ms: int) -> None:
        """In the call's world it is so late, and its turn's wait is over."""
        await self.client.put(f"{self.path}/clock", {"turn": turn, "now_ms": now_ms})

    async def agent_answers(self) -> None:
        """The agent logs in and takes the call that waits; nothing when they talk already."""
        if self._talk is not None:
            return
        self._logged_in = True
        await self.agent.register()
        self._talk = await self.agent.incoming(FOUND_S)
        await self._talk.answered()
        await asyncio.sleep(TALK_S)

    async def agent_leaves(self) -> None:
        """The agent hangs up and logs out; nothing where none is there."""
        talk, self._talk = self._talk, None
        if talk is not None:
            await talk.hang_up()
        if self._logged_in:
            await self.agent.unregister()
            self._logged_in = False
