"""One row of the benchmark of dialing: the same days for the pacer and for those beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np

from bench.dialing_capped import best_capped
from bench.dialing_optimal import Team, busy_share, solve
from bench.dialing_policies import Limit, Progressive, Table, Tuning, Vicidial
from routing.outbound.budget import Budget
from routing.outbound.pacing import Pace
from routing.outbound.simulation.day import Day, Dialer, Tally
from routing.outbound.simulation.dialers import Paced
from routing.outbound.simulation.world import World, drifting, lifelike, memoryless, steady
from routing.simulation.distributions import Chance, Exponential, Lognormal

DAY_S = 8 * 3600.0
CAP = 0.03
SIGMA_07 = 0.7953
"""The deviation of a lognormal time, in parts of its mean, whose logarithm has one of 0.7."""
_TUNING_S = 2 * 3600.0
_WORTH_MORE = 20
_NEARLY = 1.3
"""A tuning that loses a little too many in a short day may keep the limit over a long one."""
_PRICES = (0.25, 0.5, 0.7, 1.0, 1.4, 2.0, 4.0)
"""In parts of the price at which as many are lost as by the pacer. Small teams have so few policies
that those of neighbouring prices may be nearly the same."""
_NEAR_PRICES = (0.84, 1.0, 1.19)
_FEW_POLICIES = 20
"""For more agents, prices that are near are enough."""
_MOST_PRICES, _THINNER = 6, 0.93
"""After so many prices so much fewer calls are placed, time and again: on lifelike days the tables
of large teams lose more than a few percent at any price, for their rings have no memory."""
_SMALL_TEAM = 5
"""For more agents the best under a cap that holds every day takes hours to compute."""


class Setting(NamedTuple):
    """What a row is about. `service`: "exponential" (rings without memory too: the model of the
    tables) or "lognormal" (rings as in life); `day`: "steady" or "drifting"."""

    agents: int
    answer_rate: float
    handle_s: float
    service: str = "exponential"
    day: str = "steady"

    def world(self, day_s: float = DAY_S) -> World:
        """As it is simulated."""
        lives = self.service == "lognormal"
        mean_ms = self.handle_s * 1000
        handle = Lognormal(mean_ms, SIGMA_07 * mean_ms) if lives else Exponential(mean_ms)
        make = steady if self.day == "steady" else drifting
        fates = lifelike() if lives else memoryless()
        return make(self.agents, self.answer_rate, handle, fates, day_s)


class Outcome(NamedTuple):
    """Over all days of a row."""

    busy: float
    abandon: float
    worst_day: float
    answers_a_day: float

    @classmethod
    def of(cls, days: Iterable[Tally]) -> Outcome:
        """Of days."""
        tallies = list(days)
        busy = sum(t.busy_s for t in tallies) / sum(t.at_work_s for t in tallies)
        answered = sum(t.answered for t in tallies)
        lost = sum(t.lost for t in tallies) / max(1, answered)
        return cls(busy, lost, max(t.abandon for t in tallies), answered / len(tallies))


class AtMost(NamedTuple):
    """What the best policy reaches of which no day may lose more than the cap, all rates known: its
    busy share, and of the way to the optimal policy at its own abandon rate."""

    busy: float
    reached: float


@dataclass(frozen=True)
class Row:
    """What came of a setting. `optimal`: at the pacer's abandon rate; `at_most`: for small teams
    with exponential times."""

    setting: Setting
    days: int
    pacer: Outcome
    decision_ms: float
    progressive: Outcome
    vicidial: Outcome
    tuned: Outcome
    optimal: float
    at_most: AtMost | None

    @property
    def reached(self) -> float:
        """Of the way from progressive to the optimal policy, at equal abandonment."""
        return _of_the_way(self.pacer.busy, self.progressive.busy, self.optimal)


def measure(setting: Setting, days: int, tunings: Sequence[Tuning]) -> Row:
    """Plays it."""
    world = setting.world()
    dialer = Timed(Pace(), Budget(), world.day_s)
    pacer = paced(world, dialer, days)
    progressive = played(world, Progressive, days)
    best = tuned(setting, tunings)
    return Row(
        setting,
        days,
        pacer,
        dialer.mean_ms,
        progressive,
        played(world, lambda: Vicidial(Tuning(), DAY_S), days),
        played(world, lambda: Vicidial(best, DAY_S), days),
        optimal_at(pacer.abandon, setting, days),
        at_most(setting, days, progressive.busy, pacer.answers_a_day),
    )


def at_most(setting: Setting, days: int, progressive: float, answers: float) -> AtMost | None:
    """Of so many answers on a day; as many lost as the cap allows, rounded up."""
    if setting.agents > _SMALL_TEAM or setting.service != "exponential":
        return None
    best = best_capped(setting.world(), setting.handle_s, ring_mean_s(setting), ceil(CAP * answers))
    optimal = optimal_at(best.abandon, setting, days)
    return AtMost(best.busy, _of_the_way(best.busy, progressive, optimal))


def _of_the_way(busy: float, progressive: float, optimal: float) -> float:
    """All of it where nobody is lost, and so nothing is to be gained."""
    if optimal == progressive:
        return 1.0 if busy >= progressive else 0.0
    return (busy - progressive) / (optimal - progressive)


class Timed(Paced):
    """A pacer whose decisions are timed."""

    _EACH = 16
    """One decision in so many is timed: to read the clock may cost as much as to decide."""
    _took_s = 0.0
    _asked = 0

    @property
    def mean_ms(self) -> float:
        """Of a decision, drawing up the forecast once a minute included."""
        return 1000 * self._took_s * self._EACH / max(1, self._asked)

    def calls(self, now_ms: int) -> int:
        """How many calls to place now."""
        self._asked += 1
        if self._asked % self._EACH:
            return super().calls(now_ms)
        begun_s = time.process_time()
        calls = super().calls(now_ms)
        self._took_s += time.process_time() - begun_s
        return calls


def paced(world: World, dialer: Paced, days: int) -> Outcome:
    """By the pacer, which keeps what it has learned from day to day."""
    tallies = []
    for seed in range(days):
        dialer.next_day()
        tallies.append(Day(world, dialer, seed).run())
    return Outcome.of(tallies)


def played(world: World, dialer: Callable[[], Dialer], days: int) -> Outcome:
    """By a dialer that begins anew each day."""
    return Outcome.of(Day(world, dialer(), seed).run() for seed in range(days))


def tunings(agents: int, *, quick: bool) -> list[Tuning]:
    """Those among which hindsight chooses: highest level, how many agents are to wait, what is done
    above the limit."""
    levels = (1.5, 2.0, 3.0, 5.0) if quick else (1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 9.0)
    waiting = (0.0, 0.1, 0.3) if quick else (-0.1, 0.0, 0.05, 0.1, 0.2, 0.3, 0.5)
    limits = (Limit.TAPERED,) if quick else (Limit.TAPERED, Limit.AVERAGE, Limit.HARD)
    return [
        Tuning(limit, 100 * CAP, level, 0.0, -share * agents)
        for limit, level, share in product(limits, levels, waiting)
    ]


def tuned(setting: Setting, among: Sequence[Tuning]) -> Tuning:
    """The one that keeps agents busiest with no more lost than may be: of those played on days of
    their own, as many as give a few thousand answers. Short days tell which are worth long ones."""
    day_s = _TUNING_S * min(1.0, 100 / setting.agents)
    short = _ranked(setting, among, day_s / 4, CAP * _NEARLY)
    return _ranked(setting, short[:_WORTH_MORE], day_s, CAP)[0]


def _ranked(setting: Setting, among: Sequence[Tuning], day_s: float, limit: float) -> list[Tuning]:
    """The busiest first of those that keep the limit; the others after them, by what they lose."""
    world, days = setting.world(day_s), max(1, round(100 / setting.agents))

    def rank(tuning: Tuning) -> tuple[bool, float]:
        outcome = played(world, lambda: Vicidial(tuning, day_s), days)
        is_over = outcome.abandon > limit
        return is_over, outcome.abandon if is_over else -outcome.busy

    return sorted(among, key=rank)


class Policy(NamedTuple):
    """The table at this price for a lost call, with this `part` of its calls in the air."""

    price: float
    part: float = 1.0


def optimal_at(abandon: float, setting: Setting, days: int) -> float:
    """The busy share of the optimal policy at this abandon rate, on the same days: of the best
    mixture of progressive dialing and of the policies at some prices for a lost call."""
    world, ring_s = setting.world(), ring_mean_s(setting)
    team = Team(setting.agents, setting.answer_rate, setting.handle_s, ring_s)

    @cache
    def at(policy: Policy) -> Outcome:
        targets = _targets(world, team, policy, abandon)
        return played(world, lambda: Table(targets), days)

    modelled = busy_share(team, max(abandon, 1e-4))[1]
    around = policies_around(modelled, lambda policy: at(policy).abandon > abandon)
    few = setting.agents <= _FEW_POLICIES
    middle = Policy(*(sqrt(a * b) for a, b in zip(*around[-2:], strict=True)))
    near = {middle._replace(price=middle.price * p) for p in (_PRICES if few else _NEAR_PRICES)}
    outcomes = [played(world, Progressive, days), *(at(each) for each in sorted({*around, *near}))]
    return best_mixture([(each.abandon, each.busy) for each in outcomes], abandon)


def policies_around(price: float, loses_more: Callable[[Policy], bool]) -> list[Policy]:
    """From one price on doubled or halved, until the last two lose more and no more than is
    wanted: on other days than the model's, a price may lose several times what it foretells. Where
    no price loses so little, thinner ones."""
    found = [Policy(price)]
    is_more = loses_more(found[0])
    while loses_more(found[-1]) == is_more:
        last = found[-1]
        if len(found) < _MOST_PRICES or not is_more:
            found.append(Policy(last.price * (2.0 if is_more else 0.5)))
        else:
            found.append(last._replace(part=last.part * _THINNER))
    return found


def best_mixture(points: Sequence[tuple[float, float]], at: float) -> float:
    """The upper concave hull of (abandon rate, busy share) at an abandon rate."""
    hull: list[tuple[float, float]] = []
    for x, y in sorted(points):
        while len(hull) > 1 and _is_under(hull[-1], hull[-2], (x, y)):
            hull.pop()
        hull.append((x, y))
    return float(np.interp(at, [x for x, _ in hull], [y for _, y in hull]))


def _is_under(
    point: tuple[float, float], before: tuple[float, float], after: tuple[float, float]
) -> bool:
    rise = (point[1] - before[1]) * (after[0] - before[0])
    return rise <= (after[1] - before[1]) * (point[0] - before[0])


def _targets(
    world: World, team: Team, policy: Policy, abandon: float
) -> Callable[[float, int], Sequence[int]]:
    @cache
    def table(there: Team) -> Sequence[int]:
        targets = solve(there, policy.price, abandon).targets
        return [int(policy.part * each) for each in targets]

    def targets(at_s: float, at_work: int) -> Sequence[int]:
        step = max(1, team.agents // 10) if team.agents > 25 else 1
        agents = max(step, round(at_work / step) * step)
        return table(Team(agents, world.answer_rate(at_s), team.handle_s, team.ring_s))

    return targets


def ring_mean_s(setting: Setting) -> float:
    """How long a call is in the air on average."""
    fates, chance = setting.world().fates, Chance(0)
    drawn = [fates(chance) for _ in range(20_000)]
    share = setting.answer_rate
    return sum(share * f.answer_s + (1 - share) * f.end_s for f in drawn) / len(drawn)
