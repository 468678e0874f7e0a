"""What an earlier run of this engine has left: calls that may be up yet, and leads that it held."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bridge.events import LEAD
from engine.campaigns.hopper import CampaignHopper, Wants
from engine.dialing.parts import Parts
from engine.dialing.recovered import NOBODY, Met, ended, known
from engine.dialing.run import CampaignRun
from history.lead_hopper import AttemptRow
from routing.outbound.leads.leases import runs_of
from routing.outbound.leads.plan import Plan


class Left:
    """Found once; each campaign takes up its own. ``channels``: the unique ids of those that are up
    in the switch; the calls that are among them go on. ``met``: what was found out about the calls,
    by contact."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.channels: frozenset[str] = frozenset()
        self.met: Mapping[str, Met] = NOBODY
        self._calls: dict[str, dict[str, AttemptRow]] = {}
        self._is_found = False

    def has(self, campaign: str) -> bool:
        """Whether calls of a campaign are to be taken up yet."""
        return campaign in self._calls

    async def find(self, campaigns: Collection[str]) -> None:
        """Of these campaigns' calls; those of others are ended. Whom the earlier run only held it
        has not called, and does not any more. Raises DatabaseAway."""
        if self._is_found:
            return
        kept = self._parts.kept
        await self._parts.leads.release_left(runs_of(self._parts.node))
        left = await kept.under_way()
        for row in left:
            if row.campaign in campaigns:
                self._calls.setdefault(row.campaign, {})[row.id] = row
            else:
                await self._end(row)
        await kept.back()
        await self._hold_lines({row.id for row in left if row.campaign in campaigns})
        self._is_found = True

    async def hand_over(self, run: CampaignRun) -> None:
        """To the campaign that they are of. Raises DatabaseAway."""
        await run.take_up(self._calls.get(run.name, {}), self.channels, self.met)
        self._calls.pop(run.name, None)

    async def _hold_lines(self, left: Collection[str]) -> None:
        """A call whose end is written keeps its line while its channel is up, as one of who has
        pressed the key for no more calls; those that are ``left`` to a campaign it takes up."""
        up = {each.removesuffix(LEAD) for each in self.channels if each.endswith(LEAD)}
        for call, line in (await self._parts.kept.lines_of(up.difference(left))).items():
            self._parts.trunks.hold(*line, call)

    async def _end(self, row: AttemptRow) -> None:
        """A call of a campaign that the site does not have any more."""
        parts, wants = self._parts, Wants(row.campaign, {}, Plan())
        hopper = CampaignHopper(parts.leads, row.site, parts.node, wants, parts.clock)
        row = known(row, self.met.get(row.id))
        for placed in (await hopper.adopt([row.id])).values():
            over = ended(row, self.met.get(row.id), parts.clock())
            await hopper.end(placed, over, row.answered_ms)
