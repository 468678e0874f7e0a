"""Campaigns on a database, a clock, a carrier and agents that the test has in its hands."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from config.site import Site, read_site
from engine.campaigns.reckoning import RECKONING
from engine.dialing.calls import DialedCall
from engine.dialing.parts import Parts
from engine.dialing.run import CampaignRun
from engine.dialing.settling import Settling
from engine.dialing.shown import Shown
from history.connection import open_engine
from history.dialing import DialingStore
from history.do_not_call import PermissionStore
from history.lead_hopper import HopperStore
from history.lead_imports import ImportStore, Piece
from history.lead_rows import NewLead, NewNumber
from history.leads import LeadStore
from listening.values import Verdict, Who
from routing.agent import AgentState, Available, Offline, Talking, WrapUp
from routing.outbound.leads.plan import Result
from routing.outbound.trunks import Limit, Trunks

HU = "HU Europe/Budapest"
MONDAY = date(2026, 11, 23)
MACHINE = Verdict(Who.MACHINE, 900, 0.99, "it talks on")

SITE = """
site: dialing
title: Dialing house
zone: Europe/Budapest
languages: [en, hu]
numbers: {+3615550100: {flow: welcome}, +3615550101: {flow: welcome}}
trunks: {line: {host: 192.0.2.1, lines: 12, calls_per_second: 50}}
skills: {sales: }
agents: {zoe: {name: Zoë, extension: 10, skills: {sales: 1}}}
queues: {sales: {skills: {sales: 1}}, help: {skills: {sales: 1}}}
fallback: {number: +3615550199, trunk: line}
campaigns:
  sales:
    mode: MODE
    queue: sales
    commercial: no
    purpose: a better tariff
    lists: {list: }
    trunks: {line: }
    caller_ids: main
    ring_timeout: 22s
    allow: [+36*]
    DISPOSITIONS
    MORE
caller_ids: {main: {+3615550100: {calls_per_day: 400}, +3615550101: }}
calling_rules: {HU: {hours: {open: {daily: "08:00-20:00"}}}}
"""
DISPOSITIONS = "dispositions: {sold: , later: {then: call_back}, never: {then: do_not_call}}"


def site_of(mode: str = "progressive", more: str = "") -> Site:
    """A site with one campaign of this mode, and what it says beside."""
    lines = SITE.replace("MODE", mode).replace("MORE", more)
    lines = lines.replace("DISPOSITIONS", "" if "dispositions:" in more else DISPOSITIONS)
    if mode == "agentless":
        lines = lines.replace("    queue: sales\n", "    flow: welcome\n")
    site, _, problems = read_site(lines, "site.yaml", {}, MONDAY)
    assert site is not None, problems
    return site


def at(clock: str, day: date = MONDAY) -> int:
    """A moment on the site's clock, Unix epoch, ms."""
    local = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZoneInfo("Europe/Budapest"))
    return round(local.timestamp() * 1000)


class FakeCarrier:
    """Takes every call and tells nothing; the test is the callee. ``refuses``: takes none."""

    def __init__(self) -> None:
        self.calls: list[DialedCall] = []
        self.refuses = False

    async def prepare(self, call: DialedCall) -> DialedCall:
        return call

    async def dial(self, ready: DialedCall) -> bool:
        self.calls.append(ready)
        return not self.refuses


class Health:
    up = True


class FakeFloor:
    """Agents and their open lines, as the test says."""

    def __init__(self) -> None:
        self.states: dict[str, AgentState] = {}
        self.closed: set[str] = set()
        self.awaits: frozenset[str] = frozenset()
        self.kept: dict[str, frozenset[str]] = {}
        self.health = Health()
        self.wanted = lambda agent: False

    def has(self, agent: str) -> bool:
        return agent in self.states and agent not in self.closed

    def idle(self) -> frozenset[str]:
        states = self.states.items()
        return frozenset(a for a, s in states if isinstance(s, Available) and self.has(a))

    async def open(self, agent: str) -> bool:
        self.closed.discard(agent)
        return True

    def agent_state(self, agent_id: str) -> AgentState | None:
        return self.states.get(agent_id)

    def keep(self, by: str, agents: frozenset[str]) -> None:
        self.kept[by] = agents

    def awaited(self, agents: Collection[str]) -> frozenset[str]:
        return self.awaits & frozenset(agents)


class Tasks:
    """Has every task until it is done."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def create_task(self, work: Any, *, name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def done(self) -> None:
        while self._running:
            await asyncio.gather(*self._running)


class House:
    """One engine's campaigns on the database at ``url``; another house on it is another engine, or
    the same one after a restart."""

    def __init__(self, url: str, site: Site, now_ms: int, node: str = "node") -> None:
        self.url, self.site, self.node, self.now_ms = url, site, node, now_ms
        self.put_back_ms = 0
        self.carrier, self.floor, self.tasks = FakeCarrier(), FakeFloor(), Tasks()
        self.trunks, self.settling = Trunks(), Settling()
        line = site.trunks["line"]
        limit = Limit(line.lines, line.calls_per_second)
        share = {name: {"line": Limit()} for name in site.campaigns}
        self.trunks.set_limits({"line": limit}, share)
        self.parts = Parts(
            node,
            lambda: self.now_ms,
            lambda: self.steady_ms,
            HopperStore(url, site.site, node),
            LeadStore(url, site.site),
            DialingStore(url, site.site, node),
            PermissionStore(url, site.site),
            self.carrier,
            self.floor,
            self.floor,
            self.trunks,
            Shown(),
            self.settling,
            self.tasks,
        )
        self.run = CampaignRun(site, "sales", self.parts)

    @property
    def steady_ms(self) -> int:
        """What a clock shows that only goes forward."""
        return self.now_ms + self.put_back_ms

    def put_clock_back(self, by_ms: int) -> None:
        """The time of day is another; no time has gone by."""
        self.now_ms -= by_ms
        self.put_back_ms += by_ms

    async def close(self) -> None:
        await self.tasks.done()
        parts = self.parts
        for store in (parts.leads, parts.lists, parts.kept, parts.permissions):
            await store.close()

    def work(self, *agents: str) -> None:
        """These agents are free on open lines."""
        self.run.crew.team = frozenset((*self.run.crew.team, *agents))
        for agent in agents:
            self.be(agent, Available(self.now_ms, self.now_ms))

    def be(self, agent: str, state: AgentState) -> None:
        """An agent's state is another."""
        before = self.floor.states.get(agent, Offline(0, 0))
        self.floor.states[agent] = state
        self.run.outcomes.agent_changed(agent, before, self.now_ms)

    async def bring(
        self,
        *numbers: int,
        language: str | None = None,
        list_name: str = "list",
        part: str | None = None,
        **data: str,
    ) -> None:
        """Leads, each with one mobile number, and with these fields."""
        store = ImportStore(self.url, self.site.site)
        leads = [
            NewLead(
                n,
                (NewNumber(number(n), "mobile", HU),),
                name=f"{n}",
                language=language,
                part=part,
                data=data,
            )
            for n in numbers
        ]
        row = await store.begin(list_name, f"{numbers}", "a test", "anna", self.now_ms)
        await store.write(
            row, Piece(leads, 0, len(leads), RECKONING), self.now_ms, lambda joined: {}
        )
        await store.close()

    async def step(self, later_ms: int = 0) -> Sequence[DialedCall]:
        """What the engine does now; the calls that it places."""
        self.now_ms += later_ms
        before = len(self.carrier.calls)
        await self.run.planning.keep_up()
        await self.run.hopper.round()
        await self.run.step()
        await self.run.hopper.round()
        await self.tasks.done()
        await self.settled()
        return self.carrier.calls[before:]

    async def settled(self) -> None:
        """All that is to be written is."""
        assert await self.settling.all_written()

    # the callee's side

    def answer(self, call: DialedCall) -> None:
        self.run.outcomes.answered(self.run.outcomes.calls[call.contact], self.now_ms)

    def not_reached(self, call: DialedCall) -> None:
        """It rang for as long as it may."""
        up = self.run.outcomes.calls[call.contact]
        self.run.outcomes.not_reached(up, Result.NO_ANSWER, self.now_ms)

    def join(self, call: DialedCall, agent: str | None) -> None:
        """A person has answered, and talks to an agent."""
        self.answer(call)
        if agent is not None:
            self.be(agent, Talking(self.now_ms, 0, call.contact, queue="sales"))
        self.run.outcomes.connected(self.run.outcomes.calls[call.contact], agent, self.now_ms)

    def wrap_up(self, agent: str, contact: str) -> None:
        self.be(agent, WrapUp(self.now_ms, 0, contact, until_ms=self.now_ms + 30_000))

    def free(self, agent: str) -> None:
        self.be(agent, Available(self.now_ms, self.now_ms))

    async def rows(self, query: str) -> list[dict[str, Any]]:
        engine = open_engine(self.url)
        async with engine.begin() as connection:
            done = await connection.execute(text(query))
            found = [dict(row._mapping) for row in done]
        await engine.dispose()
        return found


def number(n: int) -> str:
    """The n-th lead's."""
    return f"+3630{1_230_000 + n:07d}"


def paused(site: Site) -> Site:
    """The same, with its campaign paused."""
    campaign = site.campaigns["sales"].model_copy(update={"paused": True})
    return site.model_copy(update={"campaigns": {"sales": campaign}})


__all__ = ["HU", "MACHINE", "House", "at", "number", "paused", "site_of"]
