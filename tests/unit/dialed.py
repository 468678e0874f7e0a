"""Calls of a campaign that lie in a real database, each asked of the law, placed by a real hopper,
and told by the history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Update

from config.site import load_site
from engine.campaigns.hopper import CampaignHopper
from engine.campaigns.law import CampaignLaw, call_to
from engine.campaigns.plans import wants_of
from engine.campaigns.reckoning import RECKONING
from history.connection import open_engine
from history.database import HistoryDatabase
from history.events import AgentState, EventKind, EventRow
from history.lead_hopper import HopperStore
from history.lead_imports import ImportStore, Piece
from history.lead_rows import NewLead, NewNumber
from history.outcome import Direction, EndedBy, Outcome
from history.rows import ContactRow, TimelineEntry
from routing.outbound.budget import Tally
from routing.outbound.leads.following import Ended
from routing.outbound.leads.plan import Result
from routing.outbound.rules.ask import Consent, Known, Listing
from routing.outbound.rules.evidence import to_json
from routing.outbound.rules.permitting import permitted

SITE = load_site(Path(__file__).parents[2] / "config/site.yaml", {})
ZONE = ZoneInfo(SITE.zone)
NAME = "renewals"
SECOND = 1_000
LEADS = 12


def at(text: str) -> int:
    """A moment on the site's clock; with `fold` the second of an hour that comes twice."""
    moment = datetime.fromisoformat(text.removesuffix(" again"))
    local = moment.replace(tzinfo=ZONE, fold=int(text.endswith("again")))
    return round(local.timestamp() * 1000)


class Dialed:
    """A day's work of a campaign, a call after the other, each to a lead of its own."""

    def __init__(self, url: str) -> None:
        self.now = at("2026-10-01T08:00")
        self.history = HistoryDatabase(url)
        self._url, self._leads = url, 0
        self._store = HopperStore(url, SITE.site, "node")
        self._lists: set[str] = set()
        self._events = 0

    async def close(self) -> None:
        await self.history.close()
        await self._store.close()

    async def change(self, order: Update) -> None:
        """What no store would write: of another version, or of a site that was different."""
        engine = open_engine(self._url)
        async with engine.begin() as connection:
            await connection.execute(order)
        await engine.dispose()

    async def _hopper(self, into: str) -> CampaignHopper:
        if into not in self._lists:
            await self._bring(into)
            self._lists.add(into)
        wants = replace(wants_of(NAME, SITE.campaigns[NAME]), lists={into: 0})
        clock = lambda: self.now  # noqa: E731
        hopper = CampaignHopper(self._store, SITE.site, "node", wants, clock, size=1)
        await hopper.round()
        return hopper

    async def _bring(self, into: str) -> None:
        store = ImportStore(self._url, SITE.site)
        leads = [self._lead() for _ in range(LEADS)]
        row = await store.begin(into, into, "a test", "anna", self.now)
        await store.write(row, Piece(leads, 0, LEADS, RECKONING), self.now, lambda joined: {})
        await store.close()

    def _lead(self) -> NewLead:
        self._leads += 1
        number = NewNumber(f"+3630{1_000_000 + self._leads}", "mobile", "HU Europe/Budapest")
        return NewLead(self._leads, (number,))

    async def call(
        self,
        when: str,
        result: Result | None,
        agent: str | None = None,
        disposition: str | None = None,
        *,
        talk_s: int = 0,
        wrap_up_s: int = 0,
        said: Sequence[str] = (),
        into: str = NAME,
    ) -> str:
        """Its attempt's id. Its talk begins 10 s after it; None: it is under way."""
        self.now = at(when)
        hopper = await self._hopper(into)
        chosen = hopper.choose()
        assert chosen is not None
        placed = await hopper.begin(chosen, self._evidence(chosen.number.number))
        assert placed is not None
        begun_ms, attempt = self.now, placed.lead.state.attempt  # type: ignore[union-attr]
        if agent is not None:
            await self._talked(attempt, agent, talk_s, wrap_up_s)
        elif said:
            await self._told(attempt, said, None)
        if result is not None:
            over_ms = begun_ms + (10 + talk_s) * SECOND
            await hopper.end(placed, Ended(result, over_ms, disposition, agent=agent))
        return attempt

    def _evidence(self, number: str) -> dict[str, object]:
        known = Known(
            listings=(Listing("own", False, self.now), Listing("robinson", False, self.now, 0)),
            consents=(Consent("web form", self.now - 60_000),),
            today=Tally(live=1_000),
        )
        call = call_to(SITE, NAME, number, "+3615550100")
        decision = permitted(call, known, CampaignLaw(SITE, NAME), self.now)
        evidence: dict[str, object] = json.loads(to_json(decision.evidence))
        return evidence

    async def _talked(self, attempt: str, agent: str, talk_s: int, wrap_up_s: int) -> None:
        joined_ms = self.now + 10 * SECOND
        over_ms = joined_ms + talk_s * SECOND
        await self._told(attempt, ("answered",), talk_s * SECOND)
        await self.history.write(
            [
                self._state(joined_ms, agent, AgentState.TALKING, attempt),
                self._state(over_ms, agent, AgentState.WRAP_UP, attempt),
                self._state(over_ms + wrap_up_s * SECOND, agent, AgentState.AVAILABLE, None),
            ]
        )

    def _state(self, at_ms: int, agent: str, state: AgentState, contact: str | None) -> EventRow:
        self._events += 1
        row = EventRow(at_ms, EventKind.STATE, agent, self._events, "node")
        return replace(row, agent=agent, contact=contact, detail=state)

    async def _told(self, attempt: str, said: Sequence[str], talk_ms: int | None) -> None:
        row = ContactRow(
            *(attempt, SITE.site, "node", "voice", Direction.OUTBOUND),
            *(self.now, self.now + (talk_ms or 0), Outcome.ANSWERED, EndedBy.AGENT),
            talk_ms=talk_ms,
            timeline=tuple(TimelineEntry(self.now, what) for what in said),
        )
        await self.history.write([row])
