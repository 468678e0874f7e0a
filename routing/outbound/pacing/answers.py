"""What becomes of calls, by their age: the chance that one that has rung so long is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from routing.outbound.pacing.durations import Floats

_LAST_S = 60
"""Calls that are older are taken for so old."""
_STEP_S = 1.0


class Ages:
    """At which ages calls are answered, or end unanswered: a histogram that forgets.

    Its prior is evenly spread over half a minute and counts as `_PRIOR` calls: enough for the first
    minutes of a first day, soon nothing beside what was seen.
    """

    _PRIOR = 4.0
    _MEMORY_S = 3 * 3600.0

    def __init__(self) -> None:
        ages_s = np.arange(_LAST_S)
        self._seen = np.where(ages_s < 30, self._PRIOR / 30, 1e-3)
        self._at_s = 0.0
        self.cumulative: Floats = np.zeros(_LAST_S + 1)
        self.learn()

    def add(self, age_s: float, at_s: float) -> None:
        """One more at this age."""
        self._seen *= np.exp(min(0.0, self._at_s - at_s) / self._MEMORY_S)
        self._at_s = at_s
        self._seen[min(int(age_s), _LAST_S - 1)] += 1

    def learn(self) -> None:
        """Of what was seen."""
        np.cumsum(self._seen, out=self.cumulative[1:])
        self.cumulative /= self.cumulative[-1]


@dataclass
class Rate:
    """The share of calls that are answered: of the last ones, as far back as about `_ANSWERS` of
    them, or `_MEMORY_S` where more are answered in that time."""

    share: float
    _ANSWERS = 50.0
    _MEMORY_S = 1200.0
    _PRIOR = 5.0
    _answered: float = field(init=False)
    _ended: float = field(init=False)
    _at_s: float = 0.0

    def __post_init__(self) -> None:
        self._answered, self._ended = self._PRIOR, self._PRIOR / self.share

    def add(self, answered: bool, at_s: float) -> None:
        """One more has come to its end."""
        if self._answered > self._ANSWERS:
            by_number = 1 - self._ANSWERS / self._answered
            by_time = -np.expm1(min(0.0, self._at_s - at_s) / self._MEMORY_S)
            self.scale(1 - min(by_number, by_time))
        self._at_s = at_s
        self._answered += answered
        self._ended += 1
        self.share = self._answered / self._ended

    @property
    def least(self) -> float:
        """The share less three standard deviations of what is known of it."""
        return max(0.0, self.share - self._doubt)

    @property
    def most(self) -> float:
        """The share and three standard deviations more."""
        return min(1.0, self.share + self._doubt)

    @property
    def _doubt(self) -> float:
        return 3 * sqrt(self.share * (1 - self.share) / self._ended)

    def scale(self, by: float) -> None:
        """What is known counts so much less."""
        self._answered *= by
        self._ended *= by

    def turn(self, by: float) -> None:
        """From now on so many times as many are answered."""
        self._answered = min(self._answered * by, self._ended)
        self.share = self._answered / self._ended


class Hours:
    """The share of calls that were answered, by hour of the day, over the last days."""

    _DAYS = 5.0
    _ENOUGH = 10.0

    def __init__(self) -> None:
        self._answered = np.zeros(24)
        self._ended = np.zeros(24)

    def add(self, answered: bool, at_s: float) -> None:
        """A call has come to its end."""
        hour = int(at_s // 3600) % 24
        self._answered[hour] += answered
        self._ended[hour] += 1

    def next_day(self) -> None:
        """What was seen counts less."""
        for seen in (self._answered, self._ended):
            seen *= 1 - 1 / self._DAYS

    def turn(self, before_s: float, now_s: float) -> float:
        """How many times as many are answered now as before, as far as other days tell."""
        before, now = int(before_s // 3600) % 24, int(now_s // 3600) % 24
        if before == now or min(self._answered[before], self._answered[now]) < self._ENOUGH:
            return 1.0
        shares = self._answered / np.maximum(self._ended, 1.0)
        return float(shares[now] / shares[before])

    def dearth(self, now_s: float) -> float:
        """How many times as many are answered on the whole as in this hour, as far as it is known;
        half to twice as many."""
        hour = int(now_s // 3600) % 24
        if self._answered[hour] < self._ENOUGH:
            return 1.0
        whole = self._answered.sum() / self._ended.sum()
        return float(np.clip(whole * self._ended[hour] / self._answered[hour], 0.5, 2.0))


class Answers:
    """Whether and when calls are answered."""

    def __init__(self, share: float) -> None:
        self.rate = Rate(share)
        self.has_learned = False
        self.hours = Hours()
        self._learned_s: float | None = None
        self._answered = Ages()
        self._ended = Ages()
        self._edges = np.arange(_LAST_S + 1) * _STEP_S

    def add(self, answered: bool, age_s: float, at_s: float) -> None:
        """A call was answered at this age, or ended unanswered."""
        self.has_learned = True
        self.rate.add(answered, at_s)
        self.hours.add(answered, at_s)
        (self._answered if answered else self._ended).add(age_s, at_s)

    def learn(self, now_s: float) -> None:
        """Of all of them; in a new hour, of what it was on other days."""
        if self._learned_s is not None:
            self.rate.turn(self.hours.turn(self._learned_s, now_s))
        self._learned_s = now_s
        self._answered.learn()
        self._ended.learn()

    def likely_ages_s(self, number: int) -> Floats:
        """So many ages at which calls are answered, each as likely as the next."""
        at = (np.arange(number) + 0.5) / number
        ages: Floats = np.interp(at, self._answered.cumulative, self._edges)
        return ages

    def answered_within(self, ages_s: Floats, spans_s: Floats) -> Floats:
        """The chance that a call of each age is answered within each span: ages down, spans across.

        By Bayes: of the calls that will be answered those are left that have not been by now, and
        of the others those that have not ended.
        """
        share = self.rate.share
        by_now = np.interp(ages_s, self._edges, self._answered.cumulative)
        ended = np.interp(ages_s, self._edges, self._ended.cumulative)
        by_then = np.interp(ages_s[:, None] + spans_s, self._edges, self._answered.cumulative)
        left = share * (1 - by_now) + (1 - share) * (1 - ended)
        chances: Floats = share * (by_then - by_now[:, None]) / np.maximum(left, 1e-6)[:, None]
        return chances

    def attempt_s(self) -> float:
        """How long a call is in the air on average."""
        share = self.rate.share
        return share * _mean_s(self._answered) + (1 - share) * _mean_s(self._ended)

    def lingering(self) -> float:
        """How much longer than others those calls are in the air that will be answered: of the
        calls in the air as many times more are than of those placed. 1 where they are not."""
        return max(1.0, _mean_s(self._answered) / self.attempt_s())


def _mean_s(ages: Ages) -> float:
    return float((1 - ages.cumulative).sum() - 0.5) * _STEP_S
