"""What the desk shows and asks of campaigns: fills `desk.campaigns`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from config.campaigns import Campaign
from config.site import Site
from config.suggest import did_you_mean, shown
from desk.views import Json, Refused, Unavailable
from engine.clock import Clock
from engine.dialing import sheet
from engine.dialing.dialer import Dialer
from engine.dialing.live import views_of
from engine.dialing.placing import NotCalled
from engine.dialing.preview import Previews
from engine.dialing.reasons import why
from engine.dialing.up import Up, Word
from history.errors import DatabaseAway

AGREED_MS = 366 * 86_400_000
"""So far ahead a call may be agreed at most."""
KEPT_S = 2.0
"""So long an agent's word waits to be written before it is answered."""
NO_LEAD = "there is no lead to call now, or the agent is not free on an open line"
NOT_SHOWN = (
    "the agent does not look at this lead: it was called or left, or may be another's by now"
)


class CampaignViews:
    """Until there is a `dialer` it is unavailable. ``site``: the one in force."""

    def __init__(self, site: Callable[[], Site], clock: Clock) -> None:
        self.dialer: Dialer | None = None
        self._site, self._clock = site, clock
        self._previews: dict[str, Previews] = {}

    def campaigns(self) -> Json:
        now_ms = self._clock()
        views = views_of(self._running(), now_ms)
        return {"now_ms": now_ms, "campaigns": [asdict(view) for view in views]}

    async def order(self, name: str, verb: str, by: str) -> Json:
        self._campaign(name)
        with _answering():
            await self._running().order(name, verb, by)
        told = self.campaigns()
        return {**told, "campaigns": [each for each in told["campaigns"] if each["name"] == name]}

    async def preview(self, name: str, agent: str) -> Json:
        previews, now_ms = self._previewed(name, agent), self._clock()
        with _answering():
            chosen = await previews.next(agent, now_ms)
        if chosen is None:
            reasons = "; ".join(why(previews.run, now_ms))
            raise Refused("no_lead", f"{NO_LEAD}: {reasons}" if reasons else NO_LEAD)
        return sheet.of_chosen(self._site(), name, chosen, agent)

    async def call(self, name: str, agent: str, lead: int) -> Json:
        with _answering():
            contact = await self._previewed(name, agent).call(agent, lead)
        if contact is None:
            raise Refused("not_shown", NOT_SHOWN)
        if isinstance(contact, NotCalled) and contact.by_law:
            raise Refused("not_permitted", f"the law does not permit this call: {contact.why}")
        if isinstance(contact, NotCalled):
            raise Refused("not_called", f"nobody is called: {contact.why}")
        return {"contact": contact}

    async def skip(self, name: str, agent: str, lead: int, reason: str) -> Json:
        if not await self._previewed(name, agent).skip(agent, lead, reason, self._clock()):
            raise Refused("not_shown", NOT_SHOWN)
        return await self.preview(name, agent)

    async def dispose(self, contact: str, disposition: str, call_back_at: str, by: str) -> Json:
        campaign = self._campaign(self._up(contact).call.campaign)
        at_ms = self._agreed_ms(campaign, disposition, call_back_at)
        if not self._running().say(contact, Word(disposition, at_ms, by)):
            raise Refused("not_answered", "nobody has talked in this call")
        told = {"contact": contact, "disposition": disposition, "call_back_ms": at_ms}
        return {**told, "is_kept": await self._is_kept()}

    async def _is_kept(self) -> bool:
        """Whether what was said is in the database; else it is written when that is back."""
        try:
            async with asyncio.timeout(KEPT_S):
                return await self._running().is_written()
        except TimeoutError:
            return False

    def lead(self, contact: str) -> Json:
        up = self._up(contact)
        self._campaign(up.call.campaign)
        return sheet.of_call(self._site(), up)

    def _up(self, contact: str) -> Up:
        up = self._running().up_of(contact)
        if up is None:
            why = "no call of a campaign under way, or in wrap-up, has this contact"
            raise Refused("no_such_call", why, unknown=True)
        return up

    def _agreed_ms(self, campaign: Campaign, disposition: str, at: str) -> int | None:
        """When it is called back. Raises Refused where the words do not fit."""
        if disposition not in campaign.dispositions:
            known = did_you_mean(disposition, campaign.dispositions)
            raise Refused("bad_disposition", f"{shown(disposition)} is no disposition, {known}")
        if campaign.dispositions[disposition].then != "call_back":
            return None
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            text = f"{disposition} needs call_back_at, a time like 2026-11-24T10:00"
            raise Refused("bad_disposition", text) from None
        zone = ZoneInfo(self._site().zone)
        local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        at_ms, now_ms = round(local.timestamp() * 1000), self._clock()
        if not now_ms < at_ms <= now_ms + AGREED_MS:
            wrong = "has gone by" if at_ms <= now_ms else "is more than a year ahead"
            now = f"{datetime.fromtimestamp(now_ms / 1000, zone):%Y-%m-%dT%H:%M} in {zone}"
            raise Refused("bad_call_back", f"call_back_at {shown(at)} {wrong}: it is {now}")
        return at_ms

    def _previewed(self, name: str, agent: str) -> Previews:
        agents = self._site().agents
        if agent not in agents:
            text = f"there is no agent {shown(agent)}, {did_you_mean(agent, agents)}"
            raise Refused("no_such_agent", text, unknown=True)
        run = self._running().runs.get(name)
        if run is None or self._campaign(name).mode != "preview":
            raise Refused("no_preview", f"{name} does not run in the mode preview")
        known = self._previews.get(name)
        if known is None or known.run is not run:
            known = self._previews[name] = Previews(run)
        return known

    def _campaign(self, name: str) -> Campaign:
        campaigns = self._site().campaigns
        if name not in campaigns:
            text = f"there is no campaign {shown(name)}, {did_you_mean(name, campaigns)}"
            raise Refused("no_such_campaign", text, unknown=True)
        return campaigns[name]

    def _running(self) -> Dialer:
        if self.dialer is None:
            raise Unavailable("the engine is starting: it waits for Asterisk")
        return self.dialer


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except DatabaseAway as away:
        raise Unavailable(away.reason) from None
