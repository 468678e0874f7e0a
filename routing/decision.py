"""Why an agent was chosen: noted when it is done, as it cannot be worked out afterwards."""

from typing import NamedTuple

from routing.strategy import FreeAgent, Pair, Strategy
from routing.work import occupancy


class Candidate(NamedTuple):
    """A free agent who suited a contact, by what strategies look at. `occupancy`: the share of the
    last hour; `level`: the mean in what was asked for; `alike`: how many more were free of the
    same skills and cost, all of whom stood behind this one; `score_ms`: what the agent brought to
    the score, where the strategy has it."""

    agent: str
    idle_ms: int
    occupancy: float
    contacts: int
    level: float
    cost: int
    alike: int = 0
    score_ms: int | None = None


class Decision(NamedTuple):
    """`agent` was chosen at `at_ms` (epoch) from the `candidates`, the best first: of each kind of
    agents the first, and of these kinds the best ones. None where the contact was for this agent
    alone. `needs` is the expression that all of them meet, `level` the contact's priority with
    what its wait was worth, `strategy` the queue's."""

    at_ms: int
    agent: str
    queue: str
    needs: str
    priority: int
    level: float
    strategy: tuple[str, ...]
    candidates: tuple[Candidate, ...]


def candidate(
    free: FreeAgent, pair: Pair, alike: int, now_ms: int, strategy: Strategy
) -> Candidate:
    """What a strategy sees of a free agent at `now_ms`."""
    busy = round(occupancy(free.work.busy_mark, now_ms), 3)
    idle_ms, level = now_ms - free.idle_since_ms, pair.fit / 1_000
    score_ms = strategy.score_ms(idle_ms, pair)
    return Candidate(free.id, idle_ms, busy, free.work.contacts, level, pair.cost, alike, score_ms)
