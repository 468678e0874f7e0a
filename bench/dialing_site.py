"""A site with one campaign, whose trunk leads to the made-up network, and its agents' phones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bench.dialing_crowd import RING_TIMEOUT_S, Crowd
from bench.site import BenchSite, Json, Plan
from phones.lightagent import LightAgent, Manner

SETTING_UP_S = 60
CAMPAIGN, LIST, NUMBER = "calls", "people", "+3615550101"
_REGISTERED_S = 7200
_SILENCE_EVERY_S = 10
"""Asterisk takes a phone that sends nothing for 30 s for one that is gone."""
_RINGS_S = 0.1
_NOON = 11
"""What the site's clock shows at any time of the world's: zones go from 12 hours west on."""
_FLOW = """\
flow: line
about: Who calls back comes to the agents
owner: bench@example.test
languages: [en]
start: calls
steps:
  calls: {queue: calls, answered: bye, on_timeout: {after: 1m, go: bye}, on_error: bye}
  bye: {hangup: normal}
"""


@dataclass(frozen=True)
class Day:
    """When the campaign calls, on a clock that shows noon about now: midnight is far."""

    zone: str
    ends_ms: int

    @classmethod
    def of(cls, now_ms: int, minutes: float) -> Day:
        """It ends on a full minute, so long after the site is up and everybody is there."""
        ends_s = -(-(now_ms // 1000 + SETTING_UP_S + round(minutes * 60)) // 60) * 60
        east = _NOON - datetime.fromtimestamp(now_ms / 1000, UTC).hour
        return cls(f"Etc/GMT{-east:+d}", ends_s * 1000)

    @property
    def hours(self) -> Json:
        """As the site has them."""
        ends = datetime.fromtimestamp(self.ends_ms / 1000, ZoneInfo(self.zone))
        return {"open": {"daily": f"00:00-{ends:%H:%M}"}}


def plan(crowd: Crowd, agents: int, carrier_port: int, day: Day) -> Plan:
    """What to start."""
    return Plan(_site(crowd, agents, carrier_port, day), {"line": _FLOW}, {}, {})


def names(agents: int) -> list[str]:
    """The agents, and their phones' names."""
    return [f"agent{number}" for number in range(201, 201 + agents)]


@asynccontextmanager
async def at_their_phones(site: BenchSite, agents: int) -> AsyncIterator[Sequence[LightAgent]]:
    """All of them registered and seen as free; they answer at once and never hang up."""
    async with AsyncExitStack() as phones:
        there = [
            await phones.enter_async_context(
                LightAgent.open(
                    *(name, site.password(name), site.registrar),
                    lambda: Manner(ring_s=_RINGS_S),
                    expires_s=_REGISTERED_S,
                )
            )
            for name in names(agents)
        ]
        for name in names(agents):
            await site.agent_is(name, "available")
        breathing = asyncio.create_task(_breathe(there))
        try:
            yield there
        finally:
            breathing.cancel()
            await asyncio.gather(breathing, return_exceptions=True)


async def _breathe(agents: Sequence[LightAgent]) -> None:
    while True:
        await asyncio.sleep(_SILENCE_EVERY_S)
        for agent in agents:
            agent.send_silence()


def _site(crowd: Crowd, agents: int, carrier_port: int, day: Day) -> Json:
    return {
        "site": "bench",
        "title": "Northwind",
        "zone": day.zone,
        "languages": ["en"],
        "numbers": {NUMBER: {"flow": "line"}},
        "trunks": {"carrier": {"host": "127.0.0.1", "port": str(carrier_port)}},
        "skills": {"calls": {"about": "Calls"}},
        "agents": {
            name: {"name": name.title(), "extension": name[-3:], "skills": {"calls": "3"}}
            for name in names(agents)
        },
        "queues": {
            "calls": {"skills": {"calls": "1"}, "record": "no", "wrap_up": f"{crowd.wrap_up_s:g}s"}
        },
        "pause_reasons": ["lunch"],
        "hours": {"calls": day.hours},
        "fallback": {"number": "+3615550199", "trunk": "carrier"},
        "caller_ids": {"ours": {NUMBER: {}}},
        "campaigns": {CAMPAIGN: _campaign()},
    }


def _campaign() -> Json:
    """Nobody is called twice: so each call meets the fate that was drawn for it. What the law says
    of hours is off, as the benchmark is run at any; the abandon rate keeps its cap."""
    return {
        "mode": "predictive",
        "paused": "yes",  # until everybody is there
        "queue": "calls",
        "purpose": "a trial of the dialer",
        "commercial": "no",
        "lists": {LIST: {}},
        "order": ["first_imported"],
        "trunks": {"carrier": {"lines": "200"}},
        "caller_ids": "ours",
        "allow": ["+36*"],
        "hours": "calls",
        "later_answers": "90",  # as the simulator's
        "ring_timeout": f"{RING_TIMEOUT_S}s",
        "tries": "1",
        "rules": {"any": {"hours": "off"}, "HU": {"hours": "off"}},
    }
