"""What is simulated: a team, how people answer, how long they talk, and how that goes through the
day. Whoever dials meets the same fates: the n-th call placed on a day is always the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from routing.simulation.distributions import Chance, Distribution

HOUR_S = 3600.0


class Fate(NamedTuple):
    """What becomes of a call: `draw` is held against the answer rate of the moment, and it is
    answered after `answer_s` or ends after `end_s`."""

    draw: float
    answer_s: float
    end_s: float


Fates = Callable[[Chance], Fate]


def memoryless(mean_s: float = 15.0) -> Fates:
    """Rings for an exponential time, whether it is answered or not: the model of the tables."""

    def fate(chance: Chance) -> Fate:
        lasts_s = chance.exponential() * mean_s
        return Fate(chance.uniform(), lasts_s, lasts_s)

    return fate


def lifelike(timeout_s: float = 25.0) -> Fates:
    """Answers cluster at 6 to 10 s and at 18 to 22 s; one in twenty calls is busy within 3 s, some
    end by themselves, and the others ring until the timeout."""

    def fate(chance: Chance) -> Fate:
        first = chance.uniform() < 0.6
        answer_s = (6.0 if first else 18.0) + 4.0 * chance.uniform()
        kind, part = chance.uniform(), chance.uniform()
        end_s = 1 + 2 * part if kind < 0.05 else 5 + 18 * part if kind < 0.3 else timeout_s
        return Fate(chance.uniform(), answer_s, end_s)

    return fate


class Shift(NamedTuple):
    """An agent is at work for this time."""

    from_s: float
    until_s: float


@dataclass(frozen=True)
class World:
    """`answer_rate`: at a moment of the day; `handle`: from the answer until the agent is free
    again; `shifts`: of each agent, in order of time; `wrap_up`: the share of `handle` that is left
    when the callee has hung up."""

    agents: int
    answer_rate: Callable[[float], float]
    handle: Distribution
    fates: Fates
    shifts: tuple[tuple[Shift, ...], ...]
    day_s: float
    wrap_up: float = 0.0


def steady(
    agents: int, answer_rate: float, handle: Distribution, fates: Fates, day_s: float
) -> World:
    """Everybody is there all day, and nothing changes."""
    shifts = ((Shift(0.0, day_s),),) * agents
    return World(agents, lambda _: answer_rate, handle, fates, shifts, day_s)


def drifting(
    agents: int, answer_rate: float, handle: Distribution, fates: Fates, day_s: float
) -> World:
    """Half as many answer from noon on. One agent in five comes an hour late, one in five goes an
    hour early, and each has a break of half an hour, at times spread over the day. On a day too
    short for that they are there as far as it goes."""
    shifts = tuple(_shifts_of(number, day_s) for number in range(agents))

    def rate(at_s: float) -> float:
        return answer_rate if at_s < day_s / 2 else answer_rate / 2

    return World(agents, rate, handle, fates, shifts, day_s)


def _shifts_of(number: int, day_s: float) -> tuple[Shift, ...]:
    begin_s = HOUR_S if number % 5 == 1 else 0.0
    end_s = day_s - HOUR_S if number % 5 == 3 else day_s
    break_s = day_s * (0.3 + 0.4 * (number * 0.618 % 1))
    shifts = Shift(begin_s, break_s), Shift(break_s + HOUR_S / 2, end_s)
    return tuple(shift for shift in shifts if shift.from_s < shift.until_s)


def fates_of_day(world: World, seed: int) -> tuple[Iterator[Fate], Iterator[float]]:
    """The fates of calls in the order of their placing, and how long those that are connected last
    (seconds), in the order of their answers."""
    calls, talks = Chance(2 * seed), Chance(2 * seed + 1)

    def each_call() -> Iterator[Fate]:
        while True:
            yield world.fates(calls)

    def each_talk() -> Iterator[float]:
        while True:
            yield world.handle.sample(talks) / 1000

    return each_call(), each_talk()
