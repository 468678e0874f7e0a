"""Preview: an agent is shown a lead, and says to call it or to leave it for later."""

from __future__ import annotations

from typing import NamedTuple

import structlog

from engine.campaigns.hopper import Chosen
from engine.dialing.placing import NotCalled
from engine.dialing.run import CampaignRun

SHOWN_MS = 300_000
"""A lead that an agent looks at for longer is for others again."""
SKIPPED_MS = 3_600_000
"""One that was skipped is shown again after that."""
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
        run.on_tick.append(self.expire)

    def next(self, agent: str, now_ms: int) -> Chosen | None:
        """The lead that the agent looks at, or the next one; None: there is none to call now, or
        the agent is not free for this campaign."""
        self.expire(now_ms)
        if agent in self._shown:
            return self._shown[agent].chosen
        self.run.crew.refresh(now_ms)
        if agent not in self.run.pacer.team.free or not self.run.may_place(now_ms):
            return None
        chosen = self.run.hopper.choose()
        if chosen is not None:
            self._shown[agent] = Shown(chosen, now_ms)
        return chosen

    async def call(self, agent: str, lead_id: int) -> str | NotCalled | None:
        """Call the lead that the agent looks at: the contact; None: it is another by now. Raises
        DatabaseAway."""
        shown = self._take(agent, lead_id)
        return None if shown is None else await self.run.call(shown.chosen, agent)

    def skip(self, agent: str, lead_id: int, reason: str, now_ms: int) -> bool:
        """Not now; False: the agent looks at another lead."""
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
            if now_ms - shown.at_ms >= SHOWN_MS:
                del self._shown[agent]
                self.run.hopper.leave(shown.chosen, now_ms)

    def _take(self, agent: str, lead_id: int) -> Shown | None:
        shown = self._shown.get(agent)
        if shown is None or shown.chosen.lead.id != lead_id:
            return None
        return self._shown.pop(agent)
