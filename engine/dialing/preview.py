"""Preview: an agent is shown a lead, and says to call it or to leave it for later.

The law is asked before a lead is shown as it is at dialing, and is asked again then.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import NamedTuple

import structlog

from engine.campaigns.hopper import Chosen
from engine.dialing.placing import NotCalled
from engine.dialing.run import CampaignRun
from routing.outbound.leads.hopper import SIZE
from routing.outbound.rules.evidence import Decision, Permit, Refusal

SHOWN_MS = 300_000
"""A lead that an agent looks at for longer is for others again."""
SKIPPED_MS = 3_600_000
"""One that was skipped is shown again after that."""
LOOKED_AT = SIZE
"""So many leads that the law refuses are gone through for one who asks."""
log = structlog.get_logger(__name__)


class Shown(NamedTuple):
    """The lead that an agent looks at, since `at_ms`."""

    chosen: Chosen
    at_ms: int


class Previews:
    """Which lead each agent of a campaign looks at; the run's tick ends what takes too long."""

    def __init__(self, run: CampaignRun) -> None:
        self.run = run
        self._shown: dict[str, Shown] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Held while something is found out for an agent, whose lead stays what it is."""

        run.on_tick.append(self.expire)

    async def next(self, agent: str, now_ms: int) -> Chosen | None:
        """The lead that the agent looks at, while the law permits its call, or the next one; None:
        there is none to call now, or the agent is not free for this campaign. Raises
        DatabaseAway."""
        self.expire(now_ms)
        async with self._asking[agent]:
            shown = self._shown.get(agent)
            if shown is not None and not isinstance(await self._law(shown.chosen, agent), Refusal):
                return shown.chosen
            self._shown.pop(agent, None)
            chosen = await self._permitted(agent, now_ms)
            if chosen is not None:
                self._take_from_others(chosen.lead.id)
                self._shown[agent] = Shown(chosen, now_ms)
            return chosen

    async def call(self, agent: str, lead_id: int) -> str | NotCalled | None:
        """Call the lead that the agent looks at: the contact; None: it is another by now. Raises
        DatabaseAway."""
        async with self._asking[agent]:
            shown = self._take(agent, lead_id)
            return None if shown is None else await self.run.call(shown.chosen, agent)

    async def skip(self, agent: str, lead_id: int, reason: str, now_ms: int) -> bool:
        """Not now; False: the agent looks at another lead."""
        async with self._asking[agent]:
            shown = self._take(agent, lead_id)
        if shown is None:
            return False
        self.run.hopper.leave(shown.chosen, now_ms + SKIPPED_MS)
        self.run.placer.blocks["skipped"] += 1
        log.info("lead_skipped", campaign=self.run.name, agent=agent, lead=lead_id, why=reason)
        return True

    def expire(self, now_ms: int) -> None:
        """Leads that are looked at for too long are for others."""
        for agent, shown in list(self._shown.items()):
            if now_ms - shown.at_ms >= SHOWN_MS and not self._asking[agent].locked():
                del self._shown[agent]
                self.run.hopper.leave(shown.chosen, now_ms)

    def _take(self, agent: str, lead_id: int) -> Shown | None:
        shown = self._shown.get(agent)
        if shown is None or shown.chosen.lead.id != lead_id:
            return None
        return self._shown.pop(agent)

    def _take_from_others(self, lead_id: int) -> None:
        """An import has freed it, and it was chosen anew: they look at it as it was."""
        for agent, shown in list(self._shown.items()):
            if shown.chosen.lead.id == lead_id:
                del self._shown[agent]

    async def _permitted(self, agent: str, now_ms: int) -> Chosen | None:
        """The next lead that may be called now."""
        for _ in range(LOOKED_AT):
            if not self.run.stands_for(agent).wanted:
                return None
            chosen = self.run.hopper.choose()
            if chosen is None or await self._may_call(chosen, agent, now_ms):
                return chosen
        return None

    async def _may_call(self, chosen: Chosen, agent: str, now_ms: int) -> bool:
        """Whoever may not be is back."""
        decision = None
        try:
            decision = await self._law(chosen, agent)
        finally:
            if decision is None:
                self.run.hopper.leave(chosen, now_ms)
        return isinstance(decision, Permit)

    async def _law(self, chosen: Chosen, agent: str) -> Decision | None:
        """What the law says of its call now; one that it refuses counts, and is back."""
        return await self.run.placer.look_ahead(chosen, lambda: self.run.stands_for(agent))
