"""What is known of the next half minute: tables by age of what ends, and when."""

from __future__ import annotations

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
        self.chances: Floats = np.zeros((rows, _SPANS))
        self.rows: list[list[float]] = []

    def fill(self, chances: Floats) -> None:
        """With the chances of `ages_s`."""
        self.chances = chances
        self.rows = chances.tolist()

    def at(self, age_s: float) -> int:
        """The row of an age."""
        row = int((age_s - self._least_s) / self._step_s)
        return 0 if row < 0 else min(row, self._last)


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
            hazard.learn(np.array([now_s - since_s for since_s in since.values()]))
        self._spans = answers.likely_ages_s(_SPANS) + lines.setup_s
        self._calls.fill(answers.answered_within(self._calls.ages_s, self._spans))
        self._talks.fill(self._after_wrap_up())
        if team.wraps:
            self._wraps.fill(team.wrap.ends_within(self._wraps.ages_s, self._spans))
        self._new = answers.answered_within(np.array([-lines.setup_s]), self._spans)[0]

    def outlook(self, free: int, now_s: float) -> Outlook:
        """Of the calls in the air and of the agents as they are."""
        team, lines = self._team, self._lines
        calls = [self._calls.at(age_s) for age_s in lines.ages_s(now_s)]
        talks = [self._talks.at(now_s - since_s) for since_s in team.talking.values()]
        wraps = [self._wraps.at(now_s - since_s) for since_s in team.wrapping.values()]
        if len(calls) + len(talks) + len(wraps) + len(lines.judged) <= FEW:
            return self._few(free, calls, talks, wraps)
        return self._many(free, calls, talks, wraps)

    def cycle_s(self) -> float:
        """From one conversation of an agent to the next, in progressive dialing."""
        answers = self._lines.answers
        return self._team.handling_s() + answers.attempt_s() / answers.rate.share

    def _few(self, free: int, calls: list[int], talks: list[int], wraps: list[int]) -> Outlook:
        answers = [self._calls.rows[row] for row in calls]
        answers += [[self._lines.people] * _SPANS] * len(self._lines.judged)
        ends = [self._talks.rows[row] for row in talks] + [self._wraps.rows[row] for row in wraps]
        return Few(free, answers, ends, self._new.tolist())

    def _many(self, free: int, calls: list[int], talks: list[int], wraps: list[int]) -> Outlook:
        judged = np.full((len(self._lines.judged), _SPANS), self._lines.people)
        answers = np.concatenate((self._calls.chances[calls], judged))
        ends = np.concatenate((self._talks.chances[talks], self._wraps.chances[wraps]))
        variance = (answers * (1 - answers)).sum(axis=0) + (ends * (1 - ends)).sum(axis=0)
        return Many(free, answers.sum(axis=0) - ends.sum(axis=0), variance, self._new)

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
