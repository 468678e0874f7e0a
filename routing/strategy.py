"""Whom a contact gets when several agents suit it and are free.

A strategy is a list of criteria; each decides where those before it leave a tie, and behind all of
them stands the longest idle time, then the agent's id. Each criterion is a number, the least
first, and a sum of two parts: one of the agent alone, by which the free agents of the same skills
stand in line, and one of the pair, which is the same for all of that line. So of each line only
the head can be the best, and only the heads are compared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from routing.work import Work


class Criterion(StrEnum):
    """What tells one free agent from another."""

    LONGEST_IDLE = "longest_idle"  # free for the longest time
    LEAST_OCCUPIED = "least_occupied"  # busy the least lately
    FEWEST_CONTACTS = "fewest_contacts"  # the fewest since the log-in
    BEST_SKILL = "best_skill"  # the highest level in what is asked for
    COST = "cost"  # the cheapest
    SCORE = "score"  # the weighed sum of `Score`


@dataclass(frozen=True, slots=True)
class Score:
    """What counts as much as how long a contact's wait, in ms of that wait.

    `idle`: each millisecond that the agent is idle; `skill_ms`: each level that the agent has in
    what is asked for; `cost_ms`: each unit of what the agent costs, against it. The score of a
    pair is thus affine in the contact's wait and in the agent's idle time (Chan, Koole, L'Ecuyer,
    "Dynamic call center routing policies using call waiting and agent idle times", 2014). As the
    wait counts alike in every queue, the best pair is the same at whatever moment it is made, and
    a bonus is bounded: nobody starves by it.
    """

    idle: float = 1.0
    skill_ms: int = 0
    cost_ms: int = 0


class FreeAgent(NamedTuple):
    """What does not change while an agent is free."""

    id: str
    idle_since_ms: int
    work: Work


class Pair(NamedTuple):
    """What is the same of a contact's wish and all agents of one kind: how well they suit it (in
    thousandths of a level) and what each costs."""

    fit: int
    cost: int


AgentKey = tuple[int | str, ...]
"""An agent's place for a contact, the least first."""


@dataclass(frozen=True, eq=False, slots=True)
class Order:
    """How free agents of one kind stand in line; one object for each way, to look up fast. A key
    has so many `parts` before the agent's id."""

    of: Callable[[FreeAgent], AgentKey]
    parts: int


@dataclass(frozen=True, slots=True)
class Strategy:
    """The criteria of a queue, the first the most important."""

    criteria: tuple[Criterion, ...] = (Criterion.LONGEST_IDLE,)
    score: Score = Score()

    @property
    def order(self) -> Order:
        """How the agents of one kind stand in line for it."""
        return _order(self)

    def added(self, pairs: Sequence[Pair]) -> tuple[list[int] | None, ...]:
        """What each pair adds to every part of the order's keys; None: nothing, for none of them.
        So the heads of lines compare, whose agents' part of a key knows nothing of the contact."""
        parts: list[list[int] | None] = [
            [self._of_pair(criterion, pair) for pair in pairs] if criterion in _PAIRED else None
            for criterion in self.criteria
        ]
        return (*parts, *[None] * (self.order.parts - len(parts)))

    def key(self, own: AgentKey, pair: Pair) -> AgentKey:
        """The place of an agent for a contact among all who suit it."""
        if not _PAIRED & {*self.criteria}:
            return own
        more = [of[0] if of else 0 for of in self.added([pair])]
        return (*(int(part) + n for part, n in zip(own, more, strict=False)), own[-1])

    def head_start_ms(self, pair: Pair) -> int:
        """What a contact gains in the eyes of an agent who suits it well. The agent's idle time
        and cost are the same for every contact and tell nothing."""
        return self.score.skill_ms * pair.fit // 1_000 if Criterion.SCORE in self.criteria else 0

    def score_ms(self, idle_ms: int, pair: Pair) -> int | None:
        """What an agent who has been idle for so long brings to a pair's score, in ms of waiting;
        the contact's own wait is the same for all. None where nothing goes by it."""
        if Criterion.SCORE not in self.criteria:
            return None
        return round(self.score.idle * idle_ms) - self._of_pair(Criterion.SCORE, pair)

    def of_agent(self, criterion: Criterion, agent: FreeAgent) -> int:
        """The part of a criterion that is the agent's alone."""
        match criterion:
            case Criterion.LONGEST_IDLE:
                return agent.idle_since_ms
            case Criterion.LEAST_OCCUPIED:
                return agent.work.busy_mark
            case Criterion.FEWEST_CONTACTS:
                return agent.work.contacts
            case Criterion.SCORE:
                return round(self.score.idle * agent.idle_since_ms)
            case _:
                return 0

    def _of_pair(self, criterion: Criterion, pair: Pair) -> int:
        match criterion:
            case Criterion.BEST_SKILL:
                return -pair.fit
            case Criterion.COST:
                return pair.cost
            case Criterion.SCORE:
                return self.score.cost_ms * pair.cost - self.score.skill_ms * pair.fit // 1_000
            case _:
                return 0


_PAIRED = frozenset({Criterion.BEST_SKILL, Criterion.COST, Criterion.SCORE})

LONGEST_IDLE = Strategy()


@cache
def _order(strategy: Strategy) -> Order:
    if strategy == LONGEST_IDLE:
        return Order(lambda agent: (agent.idle_since_ms, agent.id), 1)
    return Order(
        lambda agent: (
            *(strategy.of_agent(criterion, agent) for criterion in strategy.criteria),
            agent.idle_since_ms,
            agent.id,
        ),
        len(strategy.criteria) + 1,
    )
