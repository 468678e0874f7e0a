"""The best that can be done knowing how many agents talk and how many calls ring, and all rates:
a constrained Markov decision process.

Calls ring for an exponential time and are then answered with some chance, conversations last an
exponential time, and a call is lost if nobody is free when it is answered. With a price on a lost
call, less a rebate on every answer so that a share `cap` of them comes for free, value iteration
gives the greatest busy share net of it. By the duality of linear programs the least of these over
all prices is the greatest busy share with that share of the answers lost (Altman, "Constrained
Markov Decision Processes", 1999).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, exp, log, sqrt

import numpy as np

_EXACT = 2e-4
"""The busy share is known as well as this."""
_SWEEPS = 60_000
_NARROWED = 11
"""So often the range of prices is narrowed, each time to 0.62 of it: to some 5 %."""


@dataclass(frozen=True)
class Team:
    """`answer_rate` a share, `handle_s` and `ring_s` means."""

    agents: int
    answer_rate: float
    handle_s: float
    ring_s: float = 15.0

    @property
    def progressive(self) -> float:
        """The busy share of progressive dialing."""
        return self.handle_s / (self.handle_s + self.ring_s / self.answer_rate)


@dataclass(frozen=True)
class Solution:
    """`net`: the greatest busy share less what was paid for lost calls; `targets`: by the number of
    free agents, how many calls are to be in the air."""

    net: float
    targets: tuple[int, ...]


@dataclass(frozen=True)
class _Grid:
    """States that matter: `busy` from `least_busy` on, at most `most_rings` calls in the air."""

    least_busy: int
    most_rings: int


def _grid(team: Team) -> _Grid:
    """All of them for small teams; of large ones, those near to everybody being busy."""
    spare = team.agents if team.agents <= 25 else ceil(6 * sqrt(team.agents))
    rings = team.agents / team.handle_s * team.ring_s / team.answer_rate
    return _Grid(max(0, team.agents - spare), ceil(rings + 5 * sqrt(rings) + 2 / team.answer_rate))


@lru_cache(maxsize=4096)
def solve(team: Team, price: float, cap: float) -> Solution:
    """Value iteration on the uniformised chain. `price` in busy-seconds of one agent."""
    grid = _grid(team)
    busy = np.arange(grid.least_busy, team.agents + 1)[:, None].astype(np.float64)
    rings = np.arange(grid.most_rings + 1)[None, :].astype(np.float64)
    frees, ends = busy / team.handle_s, rings / team.ring_s
    frees[0] *= grid.least_busy == 0
    pace = float(frees[-1, 0] + ends[0, -1])
    paid = price / team.agents * (np.where(busy == team.agents, 1.0, 0.0) - cap)
    reward = (busy / team.agents - paid * ends * team.answer_rate) / pace
    frees, answered, missed = (
        frees / pace,
        ends * team.answer_rate / pace,
        ends * (1 - team.answer_rate) / pace,
    )
    stays = 1 - frees - answered - missed
    value = np.zeros(stays.shape)
    for _ in range(_SWEEPS):
        best = np.maximum.accumulate(value[:, ::-1], axis=1)[:, ::-1]
        after = reward + stays * best
        after[1:] += frees[1:] * best[:-1]
        after[:, 1:] += missed[:, 1:] * best[:, :-1]
        after[:-1, 1:] += answered[:, 1:] * best[1:, :-1]
        after[-1, 1:] += answered[0, 1:] * best[-1, :-1]
        change = after - value
        value = after - after[0, 0]
        if float(np.ptp(change)) * pace < _EXACT:
            break
    net = float(change.max() + change.min()) / 2 * pace
    targets = np.argmax(value[::-1], axis=1)
    return Solution(net, tuple(int(target) for target in targets))


def busy_share(team: Team, abandon: float) -> tuple[float, float]:
    """The greatest busy share with this share of the answers lost, and its price: the least net
    gain over all prices, by golden section."""
    golden = (sqrt(5) - 1) / 2
    least, most = log(5.0), log(40_000.0)
    low, high = most - golden * (most - least), least + golden * (most - least)
    net_low, net_high = (solve(team, exp(at), abandon).net for at in (low, high))
    for _ in range(_NARROWED):
        if net_low < net_high:
            most, high, net_high = high, low, net_low
            low = most - golden * (most - least)
            net_low = solve(team, exp(low), abandon).net
        else:
            least, low, net_low = low, high, net_high
            high = least + golden * (most - least)
            net_high = solve(team, exp(high), abandon).net
    price = exp(low if net_low < net_high else high)
    return min(net_low, net_high), price
