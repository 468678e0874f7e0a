"""The six types of call, played by the rules as they are written in words, given the same calls.

The published figures of these centers come of a simulation too, so they err by some percent. Here
nothing is left to chance: every caller must fare the same by the floor of production and by fifty
lines that know nothing of it.
"""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import replace

import numpy as np
import pytest

from engine.scenarios.document import load_scenario, vectors
from routing.contact import Outcome
from routing.simulation.center import Center, Visit, Watcher
from routing.simulation.distributions import Chance
from routing.simulation.scenario import Call, Scenario

pytestmark = pytest.mark.unit

CALLS, SERVICE_MS, ERLANGS, FIRST = 4_000, 10_000_000, 84, 2
Fates = dict[int, tuple[int, bool]]
"""By the time of a call: how long it waited, in ms, and whether it was let in and answered."""


def the_calls(scenario: Scenario) -> list[Call]:
    """Of all types alike, no two at the same time."""
    chance = np.random.default_rng(7)
    times = np.cumsum(chance.exponential(SERVICE_MS / ERLANGS, CALLS) + 1)
    lasts = chance.exponential(SERVICE_MS, CALLS)
    types = chance.choice([*scenario.queues], CALLS)
    rows = zip(times, types, lasts, strict=True)
    return [Call(int(at), str(of), int(s)) for at, of, s in rows]


class InWords:
    """Who is free and has the type as first skill takes a call, else who else can: the one idle for
    the longest time. Who becomes free takes the first of the own type, else of the others who can
    be taken the one who has waited longest. Thirty may wait."""

    def __init__(self, scenario: Scenario) -> None:
        staff = [agent for group in scenario.groups for agent in group.agents()]
        self.first = {a.id: {t for t, level in a.skills if level == FIRST} for a in staff}
        self.able = {a.id: {t for t, _ in a.skills} for a in staff}
        self.idle_since = dict.fromkeys(self.able, 0)
        self.lines: dict[str, deque[Call]] = {name: deque() for name in scenario.queues}
        self.places = scenario.places or 0
        self.ends: list[tuple[int, str]] = []
        self.fates: Fates = {}

    def play(self, calls: list[Call]) -> Fates:
        for call in calls:
            self._until(call.at_ms)
            self._take(call)
        self._until(10**15)
        return self.fates

    def _take(self, call: Call) -> None:
        for able in (self.first, self.able):
            free = [(since, a) for a, since in self.idle_since.items() if call.queue in able[a]]
            if free:
                self._begin(call, min(free)[1], call.at_ms)
                return
        if sum(map(len, self.lines.values())) < self.places:
            self.lines[call.queue].append(call)
        else:
            self.fates[call.at_ms] = (0, False)

    def _begin(self, call: Call, agent: str, now_ms: int) -> None:
        self.idle_since.pop(agent, None)
        self.fates[call.at_ms] = (now_ms - call.at_ms, True)
        heapq.heappush(self.ends, (now_ms + call.service_ms, agent))

    def _until(self, at_ms: int) -> None:
        while self.ends and self.ends[0][0] <= at_ms:
            now_ms, agent = heapq.heappop(self.ends)
            for able in (self.first, self.able):
                heads = [line for name, line in self.lines.items() if name in able[agent] and line]
                if heads:
                    self._begin(min(heads, key=lambda line: line[0].at_ms).popleft(), agent, now_ms)
                    break
            else:
                self.idle_since[agent] = now_ms


class Fared(Watcher):
    """Notes what becomes of everybody."""

    def __init__(self) -> None:
        self.fates: Fates = {}

    def wait_over(self, visit: Visit) -> None:
        answered = visit.outcome is Outcome.COMPLETED
        self.fates[visit.call.at_ms] = ((visit.wait_ms or 0) * answered, answered)


def by_floor(scenario: Scenario, calls: list[Call]) -> Fates:
    """What becomes of everybody, by the floor of production."""
    fared = Fared()
    # A level of priority is worth more than any wait, as for agents who prefer their first skill.
    Center(replace(scenario, ageing_ms=10**12), iter(calls), Chance(0), fared).run(10**15)
    return fared.fates


@pytest.mark.parametrize("name", ["six-types-1", "six-types-2", "six-types-3"])
def test_every_caller_fares_as_the_rules_say(name: str) -> None:
    """The same wait to the ms, and the same callers turned away."""
    scenario = load_scenario(vectors()[name])
    calls = the_calls(scenario)
    ours, theirs = by_floor(scenario, calls), InWords(scenario).play(calls)
    assert len(ours) == CALLS
    assert [at for at in ours if ours[at] != theirs.get(at)] == []
    assert sum(wait > 0 for wait, _ in ours.values()) > CALLS / 5
    assert not all(answered for _, answered in ours.values())
