"""Which contact an agent takes who suits the heads of several queues.

Greatest need: the first in the one order of all, in which each contact counts by what its queue is
to reach (`routing/targets.py`), as it does in the others. By level: the same order, in which the
contacts of some queues count for this agent as so many levels of priority more; as levels are
worth a bounded wait, nobody starves by it. By share: of the queues that wait, the one that lacks
most of its share in what this agent has served since the log-in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from routing.order import Place, ahead
from routing.work import Work


class Head(NamedTuple):
    """The first of a line that an agent may take."""

    queue: str
    place: Place


@dataclass(frozen=True, slots=True)
class GreatestNeed:
    """Whoever is first in the one order of all."""

    def first(self, heads: Iterable[Head], work: Work, ageing_ms: int | None) -> Place | None:
        """The place of the contact to take; None where nobody waits."""
        return min((head.place for head in heads), default=None)


@dataclass(frozen=True, slots=True)
class ByLevel:
    """`levels`: so many levels more for the contacts of these queues, as (queue, level)."""

    levels: tuple[tuple[str, int], ...]

    def first(self, heads: Iterable[Head], work: Work, ageing_ms: int | None) -> Place | None:
        """The place of the contact to take; None where nobody waits."""
        levels = dict(self.levels)
        seen = (ahead(place, levels.get(queue, 0), ageing_ms) for queue, place in heads)
        return min(seen, default=None)


@dataclass(frozen=True, slots=True)
class ByShare:
    """`weights`: the shares of these queues, as (queue, weight); one that is not named weighs 1.

    The queue is taken of which a contact more would leave the least quotient of contacts served
    and weight (D'Hondt's rule): each queue that waits comes
    after a bounded number of others.
    """

    weights: tuple[tuple[str, int], ...]

    def first(self, heads: Iterable[Head], work: Work, ageing_ms: int | None) -> Place | None:
        """The place of the contact to take; None where nobody waits."""
        weights, served = dict(self.weights), dict(work.served)
        seen = (
            ((served.get(queue, 0) + 1) / weights.get(queue, 1), place) for queue, place in heads
        )
        return min(seen, default=(0.0, None))[1]


Preference = GreatestNeed | ByLevel | ByShare

GREATEST_NEED = GreatestNeed()
