"""What is simulated: queues with their callers, agents, and for how long."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from routing.agent import Agent
from routing.contact import Relaxation
from routing.preference import GREATEST_NEED, Preference
from routing.rules import QueueRules, RoutingRules
from routing.simulation.distributions import Arrivals, Chance, Constant, Distribution
from routing.skills import Skills

AT_ONCE = Constant(0)


@dataclass(frozen=True)
class QueueScenario:
    """A queue and who calls it. `patience` None: they wait for ever."""

    name: str
    rules: QueueRules
    arrivals: Arrivals
    service: Distribution
    patience: Distribution | None = None
    priority: int = 0
    relax: tuple[Relaxation, ...] = ()


@dataclass(frozen=True)
class AgentGroup:
    """Agents who are all alike, at work from `from_ms` until `until_ms` (None: to the end).

    Their phones ring for `ring` before they answer; of `misses` (a share) of the rings they do not,
    and are back after `back_after_ms`.
    """

    name: str
    count: int
    skills: Skills
    cost: int = 0
    prefers: Preference = GREATEST_NEED
    ring: Distribution = AT_ONCE
    misses: float = 0.0
    back_after_ms: int = 60_000
    from_ms: int = 0
    until_ms: int | None = None

    def agents(self) -> Iterator[Agent]:
        """Each of them."""
        for number in range(self.count):
            name = f"{self.name}-{number:04d}"
            yield Agent(name, name, self.skills, self.cost, self.prefers)


@dataclass(frozen=True)
class Length:
    """How much is simulated: `replications` independent ones, each of `duration_ms` after a
    `warm_up_ms` that counts for nothing."""

    duration_ms: int
    warm_up_ms: int = 0
    replications: int = 10
    seed: int = 1

    @property
    def end_ms(self) -> int:
        """When one replication is over."""
        return self.warm_up_ms + self.duration_ms


@dataclass(frozen=True)
class Expectation:
    """A figure that is to come out as `value`, give or take the share `within` of it."""

    value: float
    within: float


@dataclass(frozen=True)
class Scenario:
    """`places`: so many may wait, all queues together, before others are turned away.
    `ageing_ms`, `missed_calls`: as in `RoutingRules`. `predicts`: in which ways each who waits is
    told how long (`predictors.NAMES`), to measure the error of that."""

    about: str
    queues: Mapping[str, QueueScenario]
    groups: tuple[AgentGroup, ...]
    length: Length
    places: int | None = None
    ageing_ms: int | None = 60_000
    missed_calls: int = 1
    predicts: tuple[str, ...] = ()
    expect: Mapping[str, Expectation] = field(default_factory=dict)

    def expected_load_s(self) -> float:
        """How long the conversations of all who call while it counts last together, on average."""
        begin_ms, end_ms = self.length.warm_up_ms, self.length.end_ms
        return sum(
            queue.arrivals.expected(begin_ms, end_ms) * queue.service.mean_ms / 1000
            for queue in self.queues.values()
        )

    def rules(self) -> RoutingRules:
        """As routing takes them."""
        queues = {queue.name: queue.rules for queue in self.queues.values()}
        return RoutingRules(queues, self.ageing_ms, missed_calls=self.missed_calls)


class Call(NamedTuple):
    """One who calls: what chance has decided, whatever routing makes of it. Times in ms."""

    at_ms: int
    queue: str
    service_ms: int
    patience_ms: int | None = None


def calls(queues: Iterable[QueueScenario], chances: Iterable[Chance]) -> Iterator[Call]:
    """Everybody who calls, in order of time; each queue draws from a chance of its own, so what
    changes in one leaves the others as they were."""
    streams = (_calls_of(queue, chance) for queue, chance in zip(queues, chances, strict=True))
    return heapq.merge(*streams, key=attrgetter("at_ms"))


def _calls_of(queue: QueueScenario, chance: Chance) -> Iterator[Call]:
    at_ms = queue.arrivals.next_ms(0, chance)
    while at_ms is not None:
        service_ms = round(queue.service.sample(chance))
        patience = queue.patience
        patience_ms = None if patience is None else round(patience.sample(chance))
        yield Call(int(at_ms), queue.name, service_ms, patience_ms)
        at_ms = queue.arrivals.next_ms(at_ms, chance)
