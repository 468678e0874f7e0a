"""What the law says of a call of a campaign at the moment of dialing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from config.site import Site
from engine.campaigns.hopper import Chosen
from engine.campaigns.law import CampaignLaw, call_to
from engine.campaigns.plans import consents_of, listings_of, past_of
from history.do_not_call import NumberFacts, PermissionStore
from history.lead_rows import LeadRow
from routing.outbound.budget import CERTAINTY, Budget, Reliance
from routing.outbound.rules.abandoning import strictest
from routing.outbound.rules.ask import Known, Told
from routing.outbound.rules.evidence import Decision
from routing.outbound.rules.permitting import permitted

REGISTERS_HOLD_MS = 5_000
"""So long it is known when registers were last brought in; the numbers themselves are looked up
for each call."""


class InAir(NamedTuple):
    """The campaign's calls in the air, and the agents who are kept for them; `relied_on` as
    `Pacer.relies_on`."""

    calls: int
    free: int
    relied_on: Reliance = CERTAINTY

    @property
    def exposed(self) -> int:
        """Calls without an agent."""
        return max(0, self.calls - self.free)

    @property
    def keeps_one(self) -> bool:
        """Whether an agent is left for one call more."""
        return self.calls < self.free


class Records(NamedTuple):
    """What is kept of a number, looked up at `looked_ms`."""

    facts: NumberFacts
    registers: Mapping[str, int | None]
    looked_ms: int


def told_by(row: LeadRow) -> Told:
    """Where a lead is, as it says."""
    return Told(row.zone, row.part)


class Law:
    """Asked for one campaign of a site that is in force."""

    def __init__(self, site: Site, name: str, store: PermissionStore) -> None:
        self._site, self._name, self._store = site, name, store
        self.rules = CampaignLaw(site, name)
        self.everywhere = self.rules.everywhere()
        self._registers: Mapping[str, int | None] = {}
        self._registers_ms = -REGISTERS_HOLD_MS

    def caps(self) -> Budget:
        """The strictest budget of all who may be called."""
        nothing = Budget().today
        return strictest(self.everywhere, nothing, nothing)

    async def look_up(self, number: str, now_ms: int, beside: str) -> Records:
        """What is kept of it now, beside this attempt. Raises DatabaseAway."""
        if now_ms - self._registers_ms >= REGISTERS_HOLD_MS:
            self._registers = await self._store.registers()
            self._registers_ms = now_ms
        facts = await self._store.facts(number)
        return Records(facts.beside(beside), self._registers, now_ms)

    def decide(
        self,
        chosen: Chosen,
        caller_id: str | None,
        records: Records,
        budget: Budget,
        in_air: InAir,
        now_ms: int,
    ) -> Decision:
        """Whether the call may be made now."""
        number = chosen.number.number
        kept = in_air.keeps_one and self._site.campaigns[self._name].mode != "agentless"
        told = told_by(chosen.row)
        call = call_to(self._site, self._name, number, caller_id, agent_kept=kept, told=told)
        known = Known(
            past=past_of(records.facts),
            listings=listings_of(records.facts, records.registers, records.looked_ms),
            consents=consents_of(records.facts),
            today=budget.today,
            before=budget.before,
            exposed=in_air.exposed,
            kept=min(in_air.calls, in_air.free),
            relied_on=in_air.relied_on,
        )
        return permitted(call, known, self.rules, now_ms)
