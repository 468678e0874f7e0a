"""What happened on the lines of several nodes, as their processes told it (`one_node.py`)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from tests.redis.one_node import ONLY_AT, RING_MS

Told = dict[str, Any]
MS = 1_000_000


@dataclass
class Stay:
    """An agent and a caller together, ringing or talking, from when to when (monotonic ns)."""

    agent: str
    contact: str
    begun: int
    ended: int | None = None


class Wait(NamedTuple):
    """A contact in line at a node, promised to nobody, from when to when (monotonic ns)."""

    node: str
    contact: str
    begun: int
    ended: int


class Choice(NamedTuple):
    """A node gave a contact to an agent, and rang."""

    node: str
    contact: str
    agent: str
    at: int


@dataclass
class World:
    """What all nodes know of together."""

    phones: Path
    arrived: dict[str, int] = field(default_factory=dict)
    off_ms: list[int] = field(default_factory=list)
    """How far from the true time each arrival was stamped."""
    promised: set[str] = field(default_factory=set)
    answers: list[tuple[str, int]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    waits: list[Wait] = field(default_factory=list)
    choices: list[Choice] = field(default_factory=list)
    adoptions: list[tuple[str, str]] = field(default_factory=list)

    @property
    def answered(self) -> set[str]:
        """Everybody who was."""
        return {contact for contact, _ in self.answers}

    def waiting(self, names: set[str] | dict[str, int]) -> list[str]:
        """Those of them whom nobody has answered."""
        return [name for name in names if name not in self.answered | self.gone]

    def passed_over(self) -> list[tuple[float, Choice, Wait]]:
        """Whoever was in line before a contact that was given to an agent whom they could have had,
        the longest first: for how long (ms) they had been there, or for how much longer they were,
        if that is less, as they were given to somebody else then."""
        return sorted(self._passed_over(), key=lambda each: -each[0])

    def _passed_over(self) -> Iterator[tuple[float, Choice, Wait]]:
        for choice in self.choices:
            place = self.arrived.get(choice.contact, 0), choice.contact
            for wait in self.waits:
                was_there = wait.begun < choice.at < wait.ended
                is_first = (self.arrived[wait.contact], wait.contact) < place
                if was_there and is_first and _can_ring(wait.node, choice.agent):
                    for_ns = min(choice.at - wait.begun, wait.ended - choice.at)
                    yield for_ns / MS, choice, wait


@dataclass
class Lines:
    """What one node's callers and its agents' phones did."""

    node: str
    world: World
    own: set[str] = field(default_factory=set)
    """Those who called this node, and are on its switch."""
    rings: dict[str, Stay] = field(default_factory=dict)
    """By agent."""
    talks: dict[str, Stay] = field(default_factory=dict)
    """By the agent's leg."""
    stays: list[Stay] = field(default_factory=list)
    busy: list[int] = field(default_factory=list)
    """When a phone was rung that was in use."""
    away: list[list[int]] = field(default_factory=list)
    """From when to when the node was dead, or stood still."""
    is_up: asyncio.Event = field(default_factory=asyncio.Event)
    _in_line: dict[str, int] = field(default_factory=dict)
    _meant: dict[tuple[str, str], int] = field(default_factory=dict)

    def hear(self, told: Told) -> None:
        """The next thing that happened."""
        self._hear_of_line(told)
        self._hear_of_phones(told)

    def _hear_of_line(self, told: Told) -> None:
        at = told["at"]
        match told:
            case {"what": "call" | "callback" as what, "contact": contact}:
                self._came(contact, told, is_promise=what == "callback")
            case {"what": "gone", "contact": contact}:
                self.world.gone.add(contact)
                self._no_longer_in_line(contact, at)
            case {"what": "meant", "contact": contact, "agent": agent}:
                self._meant[contact, agent] = at
                self._no_longer_in_line(contact, at)
            case {"what": "returned", "contact": contact}:
                self._in_line[contact] = at
            case {"what": "adopted", "node": node}:
                self.world.adoptions.append((self.node, node))
            case {"what": "up"}:
                self.is_up.set()
                self.back(at)

    def _hear_of_phones(self, told: Told) -> None:
        at = told["at"]
        match told:
            case {"what": "ring", "agent": agent, "contact": contact}:
                self.rings[agent] = self._stay(agent, contact, at)
                self._chosen(contact, agent)
            case {"what": "busy", "agent": agent, "contact": contact}:
                self.busy.append(at)
                self._chosen(contact, agent)
            case {"what": "quiet", "agent": agent}:
                ring = self.rings.pop(agent)
                # A node that stood still tells late of a phone that its switch rang no longer.
                ring.ended = min(at, ring.begun + RING_MS * MS)
            case {"what": "answered", "agent": agent, "contact": contact, "leg": leg}:
                self.rings.pop(agent).ended = at
                self.talks[leg] = self._stay(agent, contact, at)
                self.world.answers.append((contact, at))
            case {"what": "hung_up", "leg": leg}:
                self.talks.pop(leg).ended = at

    def _came(self, contact: str, told: Told, *, is_promise: bool) -> None:
        self.world.arrived[contact] = told["arrived_ms"]
        if is_promise:
            self.world.promised.add(contact)
            return
        self.world.off_ms.append(told["arrived_ms"] - told["true_ms"])
        self.own.add(contact)
        self._in_line[contact] = told["at"]

    def _chosen(self, contact: str, agent: str) -> None:
        at = self._meant.pop((contact, agent), None)
        if at is not None:
            self.world.choices.append(Choice(self.node, contact, agent, at))

    def _no_longer_in_line(self, contact: str, at: int) -> None:
        begun = self._in_line.pop(contact, None)
        if begun is not None:
            self.world.waits.append(Wait(self.node, contact, begun, at))

    def went(self, *, died: bool) -> None:
        """The node's process is dead, and what rang is silent, or it stands still. Conversations
        go on."""
        now = time.monotonic_ns()
        if died:
            for ring in self.rings.values():
                ring.ended = now
            self.rings.clear()
            talking = {stay.agent for stay in self.talks.values()}
            for phone in self.world.phones.iterdir():
                if phone.name not in talking and phone.read_text() in ("", self.node):
                    phone.unlink()
        for contact in tuple(self._in_line):
            self._no_longer_in_line(contact, now)
        self.away.append([now])

    def back(self, at: int) -> None:
        """The node is up, with those who called it in line."""
        if self.away and len(self.away[-1]) == 1:
            self.away[-1].append(at)
        meant = {contact for contact, _ in self._meant}
        for contact in self.world.waiting(self.own):
            if contact not in meant:
                self._in_line.setdefault(contact, at)

    @property
    def live(self) -> str:
        """For the next process of this node."""
        talks = [(stay.contact, stay.agent, leg) for leg, stay in self.talks.items()]
        callers = [(name, self.world.arrived[name]) for name in self.world.waiting(self.own)]
        promised = self.world.waiting(self.world.promised)
        return json.dumps({"callers": callers, "talks": talks, "promised": promised})

    def _stay(self, agent: str, contact: str, at: int) -> Stay:
        stay = Stay(agent, contact, at)
        self.stays.append(stay)
        return stay


def _can_ring(node: str, agent: str) -> bool:
    return ONLY_AT.get(agent, node) == node


def assert_one_at_a_time(stays: list[Stay], names: list[str]) -> None:
    """No two stays of the same name overlap."""
    by_name: dict[str, list[Stay]] = {}
    for name, stay in zip(names, stays, strict=True):
        by_name.setdefault(name, []).append(stay)
    for each in by_name.values():
        for before, after in pairwise(sorted(each, key=lambda stay: stay.begun)):
            assert before.ended is not None
            assert before.ended <= after.begun, (before, after)
