"""Whom a campaign calls in the benchmark on a real Asterisk: drawn by chance, once as numbers of
the made-up network (`phones.fates`), and once as fates of the simulator. Both are of one law.

People answer after 6 to 10 s or 18 to 22 s, as in `routing.outbound.simulation.world.lifelike`, in
whole seconds; of the others one in twenty is busy at once, a quarter ends by itself, and the rest
ring until they are given up. A conversation lasts an exponential time in steps of five seconds,
the least that a number can tell.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import TextIO

from phones.fates import (
    BUSY,
    CONGESTED,
    REJECTED,
    STAY_STEP_S,
    SUBSCRIBERS,
    UNAVAILABLE,
    UNKNOWN,
    Called,
    Fate,
    steps_of,
)
from routing.outbound.simulation.world import Fate as Simulated
from routing.outbound.simulation.world import World, steady
from routing.simulation.distributions import Chance

PREFIXES = ("+3620", "+3630", "+3631", "+3650", "+3670")
"""Of mobile phones in Hungary."""
_PEOPLE = tuple(product(PREFIXES, range(SUBSCRIBERS)))
RING_TIMEOUT_S = 25
_BUSY, _ENDS = 0.05, 0.3
_EARLY, _FIRST_S, _SECOND_S, _SPREAD_S = 0.6, 6, 18, 4
_ENDINGS = (
    Called(Fate.REFUSED, 0, UNAVAILABLE),
    Called(Fate.REFUSED, 0, REJECTED),
    Called(Fate.REFUSED, 0, CONGESTED),
    Called(Fate.REFUSED, 0, UNKNOWN),
    Called(Fate.ANNOUNCED, 0),
)
"""How calls that nobody answers end by themselves, each as often as the others."""


@dataclass(frozen=True)
class Crowd:
    """`answer_rate`: of all calls; `handle_s`: from the answer until the agent is free again, on
    average, of which `wrap_up_s` are always the agent's notes."""

    answer_rate: float
    handle_s: float
    wrap_up_s: float

    @property
    def mean_ms(self) -> float:
        """Of `sample`, but for what the steps and the longest stay make of it."""
        return self.handle_s * 1000

    def sample(self, chance: Chance) -> float:
        """How long an agent has an answered call, in ms."""
        return (self._stays(chance) * STAY_STEP_S + self.wrap_up_s) * 1000

    def world(self, agents: int, minutes: float) -> World:
        """The same as the simulator has it: everybody is there from beginning to end."""
        return steady(agents, self.answer_rate, self, self._simulated, minutes * 60)

    def called(self, chance: Chance) -> Called:
        """One call."""
        if chance.uniform() < self.answer_rate:
            return Called(Fate.PERSON, self._answers_s(chance), self._stays(chance))
        return self._unanswered(chance)

    def numbers(self, count: int, seed: int) -> Iterator[str]:
        """So many different people, in the order in which they are called."""
        chance, taken = Chance(seed), set[str]()
        while len(taken) < count:
            called = self.called(chance)
            number = called.number(*_PEOPLE[int(chance.uniform() * len(_PEOPLE))])
            if number not in taken:
                taken.add(number)
                yield number

    def write(self, file: TextIO, count: int, seed: int) -> None:
        """A list of leads, as `trunkline leads import` takes it."""
        rows = csv.writer(file)
        rows.writerow(("id", "phone.mobile"))
        rows.writerows(enumerate(self.numbers(count, seed), 1))

    def _simulated(self, chance: Chance) -> Simulated:
        given_up = self._unanswered(chance)
        ends_s = given_up.ring_s if given_up.fate is not Fate.NOBODY else RING_TIMEOUT_S
        return Simulated(chance.uniform(), self._answers_s(chance), ends_s)

    def _answers_s(self, chance: Chance) -> int:
        first_s = _FIRST_S if chance.uniform() < _EARLY else _SECOND_S
        return first_s + round(_SPREAD_S * chance.uniform())

    def _unanswered(self, chance: Chance) -> Called:
        kind, part = chance.uniform(), chance.uniform()
        if kind < _BUSY:
            return Called(Fate.REFUSED, 1 + round(2 * part), BUSY)
        if kind < _ENDS:
            ending = _ENDINGS[int(chance.uniform() * len(_ENDINGS))]
            return ending._replace(ring_s=5 + round(18 * part))
        return Called(Fate.NOBODY, 0, int(100 * chance.uniform()))  # what it ends in tells nothing

    def _stays(self, chance: Chance) -> int:
        return steps_of(chance.exponential() * (self.handle_s - self.wrap_up_s))
