"""What one campaign plans its day on: when it ends, what may be lost, and which leads are left."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from config.campaigns import Campaign
from config.site import Site
from engine.campaigns.hopper import CampaignHopper
from engine.campaigns.plans import open_places
from engine.campaigns.recycling import Recycling, recycle
from engine.dialing.daybook import DayBook, calling_until_ms
from engine.dialing.law import Law
from engine.dialing.parts import Parts
from history.dialing import COUNTED, LeftCount
from routing.outbound.leads.plan import Result
from routing.outbound.pacing import Pacer
from routing.outbound.pacing.prospects import Prospects

LEADS_COUNTED_MS = 30_000
RECYCLED_MS = 600_000
"""How often leads that were given up are looked at."""
log = structlog.get_logger(__name__)


class Planning:
    """``nodes``: those that dial, this one among them; ``left``: leads that may be called."""

    def __init__(
        self,
        site: Site,
        law: Law,
        name: str,
        parts: Parts,
        pacer: Pacer,
        book: DayBook,
        hopper: CampaignHopper,
    ) -> None:
        self.nodes: Sequence[str] = (parts.node,)
        self.left = 0
        self._site, self._law, self._name, self._parts = site, law, name, parts
        self._pacer, self._book, self._hopper = pacer, book, hopper
        self._places: Sequence[str] = ()
        self._mine = 0.0
        self._counted_ms = -LEADS_COUNTED_MS
        self._recycled_ms = -RECYCLED_MS

    @property
    def _campaign(self) -> Campaign:
        return self._site.campaigns[self._name]

    def take_site(self, site: Site, law: Law) -> None:
        """The site as it is from now on; leads are counted anew."""
        self._site, self._law = site, law
        self._counted_ms = -LEADS_COUNTED_MS
        self.replan()

    def is_counted(self, now_ms: int) -> bool:
        """Whether it is known what may be lost today."""
        return not self._book.is_out_of_date(now_ms, self.nodes)

    async def keep_up(self) -> None:
        """The day, the places where leads are, and how many are left."""
        now_ms = self._parts.clock()
        if self._book.is_out_of_date(now_ms, self.nodes) or self._book.is_doubtful(now_ms):
            if await self._book.look_up(now_ms, self._law.caps(), self.nodes):
                self._pacer.new_day(self._book.standing.budget(), self._ends_ms())
            self.replan()
            self._counted_ms = -LEADS_COUNTED_MS
        if now_ms - self._counted_ms >= LEADS_COUNTED_MS:
            await self._count_leads(now_ms)
        await self._recycle(now_ms)

    async def _count_leads(self, now_ms: int) -> None:
        lists = list(self._campaign.lists)
        self._places = await self._parts.leads.places(lists)
        left = await self._parts.kept.left(lists, now_ms, self._hopper.conditions())
        self.left = sum(each.leads for each in left)
        self._counted_ms = now_ms
        self._count_on(left)
        self.replan()

    async def _recycle(self, now_ms: int) -> None:
        """Leads that were given up begin anew, as the campaign says."""
        written = self._campaign.recycle
        if written is None or now_ms - self._recycled_ms < RECYCLED_MS:
            return
        results = [Result(each) for each in written.results]
        which = Recycling(results, written.after.ms, written.times)
        for list_id in (await self._parts.leads.lists(list(self._campaign.lists))).values():
            anew = await recycle(self._parts.lists, list_id, which, self._hopper.wants.plan, now_ms)
            if anew:
                log.info("leads_recycled", campaign=self._name, list=list_id, leads=anew)
        self._recycled_ms = now_ms

    def replan(self) -> None:
        """The budget, or the end of the day, is another."""
        if self._book.day is not None:
            self._pacer.replan(self._book.standing.budget(), self._ends_ms())

    def _count_on(self, left: Sequence[LeftCount]) -> None:
        """Of the leads that are left, what is this node's and campaign's part, and until when."""
        sharing = self._site.campaigns.values()
        prospects = []
        for each in left:
            parts = len(self.nodes) * sum(each.list_name in other.lists for other in sharing)
            prospects.append(Prospects(each.leads / parts, self._until_ms([each.place])))
        self._mine = sum(each.leads for each in prospects)
        self._pacer.take_prospects(prospects)

    def _until_ms(self, places: Sequence[str]) -> int:
        """When it is too late today for the last of these places."""
        now_ms, day = self._parts.clock(), self._book.day
        if day is None:
            return now_ms
        hours = next((r.campaign_hours for r in self._law.everywhere if r.campaign_hours), None)
        return calling_until_ms(hours, places, self._law.rules, day, now_ms)

    def _ends_ms(self) -> int:
        """When nobody is called any more today: by the hours, or as no lead is left by then. Of
        very many leads only some are counted: they last the day."""
        now_ms, seen = self._parts.clock(), self._pacer.seen()
        if self.left >= COUNTED:
            return self._until_ms(self._places)
        cycle_s = seen.attempt_s / seen.answer_rate + seen.talk_s + seen.wrap_up_s
        answers = self._mine * seen.answer_rate / max(1, len(self._pacer.team))
        return min(self._until_ms(self._places), now_ms + round(1000 * answers * cycle_s))

    def open_places(self) -> Sequence[str]:
        """The places of leads at which somebody may be called now."""
        return open_places(self._places, self._law.rules, self._parts.clock())
