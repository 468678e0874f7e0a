"""Why a campaign has no lead at hand."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement

from engine.campaigns.hopper import CampaignHopper
from engine.dialing.parts import Parts
from engine.dialing.placing import Placing
from engine.dialing.planning import Planning
from history.lead_filter import clauses

LOOKED_MS = 30_000
"""How often leads are looked at that are due, and none of the campaign's."""
HOURS = "no lead that is due may be called at this hour where it is"


class Dearth:
    """Of one campaign."""

    def __init__(
        self, parts: Parts, hopper: CampaignHopper, planning: Planning, placer: Placing
    ) -> None:
        self._parts, self._hopper, self._planning = parts, hopper, planning
        self._placer = placer
        self._unfit: str | None = None
        self.look_again()

    def look_again(self) -> None:
        """The campaign is another."""
        self._looked_ms = -LOOKED_MS

    async def keep_up(self) -> None:
        """Where no lead is left, whether some are due that the campaign does not take. Raises
        DatabaseAway."""
        now_ms = self._parts.clock()
        if self._planning.left:
            self._unfit = None
        elif now_ms - self._looked_ms >= LOOKED_MS:
            self._unfit = await self._why_unfit(now_ms)
            self._looked_ms = now_ms

    async def _why_unfit(self, now_ms: int) -> str | None:
        wants = self._hopper.wants
        fitting, kinds = clauses(wants.conditions, self._parts.leads.dialect), wants.plan.kinds
        due = await self._due(now_ms, ()) if fitting or kinds else 0
        if not due:
            return None
        if fitting and not await self._due(now_ms, fitting):
            return f"of the leads that are due ({due:,}) `filter` takes none"
        if kinds:
            listed = ", ".join(kinds)
            return f"of the leads that are due none has a number of `numbers` ({listed})"
        return None

    async def _due(self, now_ms: int, conditions: Sequence[ColumnElement[bool]]) -> int:
        lists = list(self._hopper.wants.lists)
        left = await self._parts.kept.left(lists, now_ms, conditions)
        return sum(each.leads for each in left)

    def why(self) -> tuple[str, ...]:
        """As far as it is known; empty: a lead is at hand."""
        if len(self._hopper):
            return ()
        left = self._planning.left
        if left and not self._planning.open_places():
            return (HOURS,)
        if not left and self._unfit is not None:
            return (self._unfit,)
        none = "no lead is at hand" if left else "no lead is due"
        rules = ", ".join(sorted(self._placer.against))
        return (f"{none}: the law refused those that were ({rules})" if rules else none,)
