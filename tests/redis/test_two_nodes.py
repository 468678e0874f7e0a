"""Two engines on one Redis, killed at random moments: nobody is promised twice, nobody is lost.

Each engine's routing is a process of its own (`one_node.py`). What happened on the lines is judged,
not what routing believes: a phone rings or talks for one caller at a time, a caller has one agent
at a time, and everybody who did not hang up is answered.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.settings import PROJECT
from routing.embedded import EmbeddedServer
from tests.redis.one_node import LEASE_MS

pytestmark = pytest.mark.redis

KILLS = 6
DRAIN_S = 30.0
BEATS_NS = 1_000_000_000
"""Until a node that is back has said so to the other, on a busy machine."""
Told = dict[str, Any]


@dataclass
class Stay:
    """An agent and a caller together, ringing or talking, from when to when (monotonic ns)."""

    agent: str
    contact: str
    begun: int
    ended: int | None = None


@dataclass
class Lines:
    """What one node's callers and its agents' phones did, as the node told."""

    arrived: dict[str, int] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    rings: dict[str, Stay] = field(default_factory=dict)
    """By agent."""
    talks: dict[str, Stay] = field(default_factory=dict)
    """By the agent's leg."""
    stays: list[Stay] = field(default_factory=list)
    busy: list[int] = field(default_factory=list)
    """When a phone was rung that was in a conversation."""
    away: list[list[int]] = field(default_factory=list)
    """From when to when the node was dead."""

    def hear(self, told: Told) -> None:
        """The next thing that happened."""
        at = told["at"]
        match told:
            case {"what": "call", "contact": contact, "arrived_ms": arrived_ms}:
                self.arrived[contact] = arrived_ms
            case {"what": "gone", "contact": contact}:
                self.gone.add(contact)
            case {"what": "ring", "agent": agent, "contact": contact}:
                self.rings[agent] = self._stay(agent, contact, at)
            case {"what": "busy"}:
                self.busy.append(at)
            case {"what": "up"}:
                self.away[-1:] = [[*self.away[-1], at]] if self.away else []
            case {"what": "quiet", "agent": agent}:
                self.rings.pop(agent).ended = at
            case {"what": "answered", "agent": agent, "contact": contact, "leg": leg}:
                self.rings.pop(agent).ended = at
                self.talks[leg] = self._stay(agent, contact, at)
                self.answered.add(contact)
            case {"what": "hung_up", "leg": leg}:
                self.talks.pop(leg).ended = at

    def killed(self) -> None:
        """The node is dead: what rang is silent, conversations go on."""
        now = time.monotonic_ns()
        for ring in self.rings.values():
            ring.ended = now
        self.rings.clear()
        self.away.append([now])

    @property
    def waiting(self) -> list[str]:
        """The callers whom nobody has answered."""
        return [name for name in self.arrived if name not in self.answered | self.gone]

    @property
    def live(self) -> str:
        """For the next process of this node."""
        talks = [(stay.contact, stay.agent, leg) for leg, stay in self.talks.items()]
        callers = [(name, self.arrived[name]) for name in self.waiting]
        return json.dumps({"callers": callers, "talks": talks})

    def _stay(self, agent: str, contact: str, at: int) -> Stay:
        stay = Stay(agent, contact, at)
        self.stays.append(stay)
        return stay


class Engine:
    """A node whose process may die and come again."""

    def __init__(self, name: str, url: str, phones: Path) -> None:
        self.lines = Lines()
        self._name, self._url, self._phones = name, url, phones
        self._process: Process | None = None
        self._hearing: asyncio.Task[None] | None = None

    async def start(self, seed: int) -> None:
        """Up, with what is on its lines."""
        words = (self._url, self._name, str(seed), str(self._phones), self.lines.live)
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.redis.one_node", *words),
            cwd=PROJECT,
            stdin=PIPE,
            stdout=PIPE,
        )
        self._hearing = asyncio.create_task(self._hear(self._process))

    async def kill(self) -> None:
        """At once, whatever it was doing; what it told before is heard."""
        process, hearing = self._running()
        process.kill()
        await process.wait()
        await hearing
        self.lines.killed()

    def no_more_callers(self) -> None:
        """Those who are there are served."""
        self._say()

    async def stop(self) -> None:
        """In order: an exception of its own fails the test."""
        process, hearing = self._running()
        self._say()
        code = await process.wait()
        await hearing
        assert code == 0

    async def end(self) -> None:
        """Whatever has become of the test."""
        if self._process is not None and self._process.returncode is None:
            await self.kill()

    def _say(self) -> None:
        stdin = self._running()[0].stdin
        assert stdin is not None
        stdin.write(b"\n")

    def _running(self) -> tuple[Process, asyncio.Task[None]]:
        assert self._process is not None
        assert self._hearing is not None
        return self._process, self._hearing

    async def _hear(self, process: Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            if line.endswith(b"\n"):  # the last may be torn
                self.lines.hear(json.loads(line))


@asynccontextmanager
async def two_engines(url: str, phones: Path) -> AsyncIterator[tuple[Engine, Engine]]:
    """Both on the same Redis; neither is up yet."""
    phones.mkdir()  # noqa: ASYNC240  # a moment, before anything runs
    both = Engine("n1", url, phones), Engine("n2", url, phones)
    try:
        yield both
    finally:
        for engine in both:
            await engine.end()


@pytest.mark.parametrize("seed", [1, 2])
async def test_nobody_is_promised_twice_and_nobody_is_lost(
    server: EmbeddedServer, tmp_path: Path, seed: int
) -> None:
    """Whichever of the two dies when, for moments or for longer than its promises stand."""
    chance = random.Random(seed)
    async with two_engines(server.url, tmp_path / "phones") as both:
        for engine in both:
            await engine.start(chance.randrange(1 << 30))
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.7, 1.6))
            victim = chance.choice(both)
            await victim.kill()
            await asyncio.sleep(chance.choice([0.0, 0.1, 1.3 * LEASE_MS / 1000]))
            await victim.start(chance.randrange(1 << 30))
        for engine in both:
            engine.no_more_callers()
        async with asyncio.timeout(DRAIN_S):
            while any(engine.lines.waiting or engine.lines.talks for engine in both):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        for engine in both:
            await engine.stop()
    stays = [stay for engine in both for stay in engine.lines.stays]
    assert len(stays) > 50 * KILLS / 6
    assert_one_at_a_time(stays, [stay.agent for stay in stays])
    assert_one_at_a_time(stays, [stay.contact for stay in stays])
    # An answer that was not written when its node died is the phone's alone to know.
    away = [times for engine in both for times in engine.lines.away]
    for at in (at for engine in both for at in engine.lines.busy):
        assert any(begun <= at <= ended + BEATS_NS for begun, ended in away)


def assert_one_at_a_time(stays: list[Stay], names: list[str]) -> None:
    """No two stays of the same name overlap."""
    by_name: dict[str, list[Stay]] = {}
    for name, stay in zip(names, stays, strict=True):
        by_name.setdefault(name, []).append(stay)
    for each in by_name.values():
        for before, after in pairwise(sorted(each, key=lambda stay: stay.begun)):
            assert before.ended is not None
            assert before.ended <= after.begun, (before, after)
