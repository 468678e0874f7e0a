"""The best that can be done if no day may lose more than a fixed number of calls, however unlucky
it is: what the optimal policy loses by a cap that holds every day.

The model is that of `bench.dialing_optimal`, over one day: how many agents are free, how many calls
ring, and how many more may be lost are known, and so are all rates and the whole day's roster.
Backward induction on the uniformised chain (Puterman, "Markov Decision Processes", 1994, chapters 4
and 11) finds how many calls to place in each state at each moment; never more of them exposed than
may still be lost. An agent who goes home does so at once, or at the end of the conversation in
hand, which is counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.outbound.simulation.world import World

_SEGMENT_S = 1800.0
"""For so long at most the answer rate is taken to be the same."""
_BROKEN_S = 600.0
"""In busy-seconds: what a call costs that is lost beyond the number. Only an agent who goes home
while calls are in the air makes one."""

Floats = NDArray[np.float64]


class Capped(NamedTuple):
    """The busy share, and the share of answers that is lost."""

    busy: float
    abandon: float


class _Segment(NamedTuple):
    """A part of the day in which nothing changes. `joined`: agents more at its end."""

    lasts_s: float
    agents: int
    answer_rate: float
    joined: int


class _Value(NamedTuple):
    """What is still to come, by free agents, calls in the air and calls that may be lost."""

    net_s: Floats
    lost: Floats
    answers: Floats


def best_capped(world: World, handle_s: float, ring_s: float, lost_at_most: int) -> Capped:
    """Over a day that begins with nothing in the air. Times are means of exponential ones."""
    segments = list(_segments(world))
    most_rings = max(_most_rings(each, handle_s, ring_s) for each in segments)
    shape = (world.agents + 1, most_rings + 1, lost_at_most + 1)
    value = _Value(*(np.zeros(shape) for _ in range(3)))
    for segment in reversed(segments):
        value = _before_roster(value, segment.joined, handle_s)
        value = _before(value, segment, handle_s, ring_s)
    first = segments[0].agents
    begin = first, int(value.net_s[first, : first + lost_at_most + 1, -1].argmax()), lost_at_most
    at_work_s = sum(each.lasts_s * each.agents for each in segments)
    answers = max(1.0, float(value.answers[begin]))
    return Capped(float(value.net_s[begin] / at_work_s), float(value.lost[begin] / answers))


def _segments(world: World) -> Iterator[_Segment]:
    """Between every change of the roster."""
    shifts = [shift for agent in world.shifts for shift in agent]
    edges = {edge for shift in shifts for edge in shift}
    cuts = sorted(edges | set(np.arange(0.0, world.day_s, _SEGMENT_S)) | {world.day_s})
    at_work = [sum(s.from_s <= cut < s.until_s for s in shifts) for cut in cuts]
    for number, (begins_s, ends_s) in enumerate(pairwise(cuts)):
        agents, later = at_work[number], at_work[number + 1]
        joined = later - agents if ends_s < world.day_s else 0
        rate = world.answer_rate((begins_s + ends_s) / 2)
        yield _Segment(ends_s - begins_s, agents, rate, joined)


def _most_rings(segment: _Segment, handle_s: float, ring_s: float) -> int:
    rings = segment.agents / handle_s * ring_s / segment.answer_rate
    return ceil(rings + 5 * sqrt(rings) + 2 / segment.answer_rate)


def _before_roster(value: _Value, joined: int, handle_s: float) -> _Value:
    """Before so many agents joined, free, or (negative) left: the free ones first."""
    for _ in range(abs(joined)):
        shifted = _Value(*(part.copy() for part in value))
        for new, old in zip(shifted, value, strict=True):
            if joined > 0:
                new[:-1] = old[1:]
            else:
                new[1:] = old[:-1]
        if joined < 0:
            shifted.net_s[0] += handle_s
        value = shifted
    return value


def _before(value: _Value, segment: _Segment, handle_s: float, ring_s: float) -> _Value:
    """Before the segment, step by step of the uniformised chain."""
    free, rings, left = np.indices(value.net_s.shape)
    busy: Floats = np.maximum(segment.agents - free, 0.0)
    pace = segment.agents / handle_s + (value.net_s.shape[1] - 1) / ring_s
    frees: Floats = busy / (handle_s * pace)
    ends: Floats = rings / (ring_s * pace)
    answered: Floats = ends * segment.answer_rate
    missed: Floats = ends - answered
    stays: Floats = 1 - frees - ends
    earned: Floats = busy / pace
    earned[0, :, 0] -= answered[0, :, 0] * _BROKEN_S
    lost = answered * (free == 0)
    allowed = np.less_equal(rings - free, left)

    def back(part: Floats) -> Floats:
        before: Floats = stays * part
        before[:-1] += frees[:-1] * part[1:]
        before[:, 1:] += missed[:, 1:] * part[:, :-1]
        before[1:, 1:] += answered[1:, 1:] * part[:-1, :-1]
        before[0, 1:, 1:] += answered[0, 1:, 1:] * part[0, :-1, :-1]
        before[0, 1:, 0] += answered[0, 1:, 0] * part[0, :-1, 0]
        return before

    for _ in range(round(segment.lasts_s * pace)):
        placed = free, _best_rings(value.net_s, allowed), left
        value = _Value(
            back(value.net_s[placed]) + earned,
            back(value.lost[placed]) + lost,
            back(value.answers[placed]) + answered,
        )
    return value


def _best_rings(net_s: Floats, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many calls to have in the air: not fewer than there are, nor more exposed than may be
    lost. Where there already are more, as many as there are."""
    most = net_s.shape[1] - 1
    worth = np.where(allowed, net_s, -np.inf)[:, ::-1]
    is_best = worth >= np.maximum.accumulate(worth, axis=1)
    from_the_end = np.where(is_best, np.arange(most + 1)[None, :, None], 0)
    best = most - np.maximum.accumulate(from_the_end, axis=1)[:, ::-1]
    rings: NDArray[np.int64] = np.where(allowed, best, np.arange(most + 1)[None, :, None])
    return rings
