"""What is known of the next half minute: tables by age of what ends, and when."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from routing.outbound.pacing.durations import Floats
from routing.outbound.pacing.lines import Lines
from routing.outbound.pacing.outlook import FEW, Few, Many, Outlook
from routing.outbound.pacing.team import Team

_SPANS = 4


class _Table:
    """Chances within each span, by age."""

    def __init__(self, least_s: float, step_s: float, rows: int) -> None:
        self.ages_s: Floats = least_s + step_s * np.arange(rows, dtype=np.float64)
        self._least_s, self._step_s, self._last = least_s, step_s, rows - 1
        self._rows: list[list[float]] = []
        self._moments: Floats = np.zeros((rows, 2 * _SPANS))

    def fill(self, chances: Floats) -> None:
        """With the chances of `ages_s`."""
        self._rows = chances.tolist()
        self._moments = np.hstack((chances, chances * (1 - chances)))

    def at(self, age_s: float) -> list[float]:
        """The chances at an age."""
        row = int((age_s - self._least_s) / self._step_s)
        return self._rows[0 if row < 0 else min(row, self._last)]

    def total(self, ages_s: Floats) -> tuple[Floats, Floats]:
        """Of all of these ages together: the mean number within each span, and its variance."""
        rows = ((ages_s - self._least_s) / self._step_s).astype(np.intp)
        rows = np.minimum(np.maximum(rows, 0), self._last)
        total = self._moments[rows].sum(axis=0)
        return total[:_SPANS], total[_SPANS:]


class Forecast:
    """Drawn up now and then from what was learned; looked up at every decision.

    Its spans are the times from now after which a call placed now is answered, if it is: four of
    them, equally likely.
    """

    def __init__(self, team: Team, lines: Lines) -> None:
        self._team = team
        self._lines = lines
        self._calls = _Table(-20.0, 1.0, 81)
        self._talks = _Table(0.0, 5.0, 240)
        self._wraps = _Table(0.0, 2.0, 60)
        self.draw_up(0.0)

    def draw_up(self, now_s: float) -> None:
        """Of everything that was seen."""
        team, lines, answers = self._team, self._lines, self._lines.answers
        answers.learn(now_s)
        for hazard, since in ((team.talk, team.talking), (team.wrap, team.wrapping)):
            hazard.learn(_ages(since, now_s))
        self._spans = answers.likely_ages_s(_SPANS) + lines.setup_s
        self._calls.fill(answers.answered_within(self._calls.ages_s, self._spans))
        self._talks.fill(self._after_wrap_up())
        self._wraps.fill(team.wrap.ends_within(self._wraps.ages_s, self._spans))
        self._new = answers.answered_within(np.array([-lines.setup_s]), self._spans)[0]

    def outlook(self, free: int, now_s: float) -> Outlook:
        """Of the calls in the air and of the agents as they are."""
        team, lines = self._team, self._lines
        if len(lines) + len(team.talking) + len(team.wrapping) <= FEW:
            return self._few(free, now_s)
        return self._many(free, now_s)

    def cycle_s(self) -> float:
        """From one conversation of an agent to the next, in progressive dialing."""
        answers = self._lines.answers
        return self._team.handling_s() + answers.attempt_s() / answers.rate.share

    def _few(self, free: int, now_s: float) -> Outlook:
        team, lines = self._team, self._lines
        answers = [self._calls.at(age_s) for age_s in lines.ages_s(now_s)]
        answers += [[lines.people] * _SPANS] * len(lines.judged)
        ends = [self._talks.at(now_s - since_s) for since_s in team.talking.values()]
        ends += [self._wraps.at(now_s - since_s) for since_s in team.wrapping.values()]
        return Few(free, answers, ends, self._new.tolist())

    def _many(self, free: int, now_s: float) -> Outlook:
        team, lines = self._team, self._lines
        answers = self._calls.total(np.array(lines.ages_s(now_s)))
        talks = self._talks.total(_ages(team.talking, now_s))
        wraps = self._wraps.total(_ages(team.wrapping, now_s))
        judged = len(lines.judged) * lines.people
        mean = answers[0] - talks[0] - wraps[0] + judged
        variance = answers[1] + talks[1] + wraps[1] + judged * (1 - lines.people)
        return Many(free, mean, variance, self._new)

    def _after_wrap_up(self) -> Floats:
        """The chance of those who talk to be free: the end of the conversation falls into one of
        the spans, and the wrap-up, if there is one, is over by the end of this or a later one."""
        team, spans = self._team, self._spans
        ended = team.talk.ends_within(self._talks.ages_s, spans)
        if not team.wraps:
            return ended
        middle = (np.concatenate(([0.0], spans[:-1])) + spans) / 2
        left_s = np.maximum(spans - middle[:, None], 0.0)
        over = team.wrap.ends_within(np.zeros(1), left_s.ravel())[0].reshape(left_s.shape)
        free = np.triu(1 - team.wraps + team.wraps * over)
        chances: Floats = np.diff(ended, axis=1, prepend=0.0) @ free
        return chances


def _ages(since_s: Mapping[str, float], now_s: float) -> Floats:
    return now_s - np.fromiter(since_s.values(), np.float64, len(since_s))
