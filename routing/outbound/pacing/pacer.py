"""How many calls to place now, for agents who shall talk and people who shall not be lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, inf
from typing import Any, NamedTuple

from routing.outbound.budget import CERTAINTY, Budget, Outcome, Reliance
from routing.outbound.pacing import events as told
from routing.outbound.pacing.forecast import Forecast
from routing.outbound.pacing.lines import Lines
from routing.outbound.pacing.pace import Mode, Pace, Throttle
from routing.outbound.pacing.prospects import Prospects, answers_at_least
from routing.outbound.pacing.spending import bearable_risk, likely, share_to_lose, sure
from routing.outbound.pacing.team import Team

_DRAWN_UP_EVERY_S = 60.0
_AHEAD_S = 3600.0
"""How far is planned where the end of the day is not known."""
_BUSY = 1.2
"""Answers to come, beside those of agents who were always busy: to expect too many holds the budget
together for the last hour, in which there is no time to make up for bad luck."""
_RESERVE = 0.2
"""Lost calls an agent that are kept back, for otherwise nothing could be risked in the end."""


class Advice(NamedTuple):
    """`calls` to place now. `held`: the abandon budget allows nothing but progressive dialing at
    the moment, though the mode would have more."""

    calls: int
    held: bool = False


class Seen(NamedTuple):
    """What was learned: the share of calls that people answer now, and how long (seconds) a call
    is in the air, a conversation and the wrap-up after it last on average."""

    answer_rate: float
    attempt_s: float
    talk_s: float
    wrap_up_s: float


class Pacer:
    """The pacing of one campaign. It has no clock and does nothing: it is told what happens
    (`hear`), in order of time, and asked for calls (`advise`) after that and every second or so.

    `ends_ms`: when the campaign's day is over, on the same clock as the events; None: it may end at
    any moment. `budget` is what has become of the day's calls so far; the pacer counts from there.
    """

    def __init__(self, pace: Pace, budget: Budget, ends_ms: int | None = None) -> None:
        self.pace = pace
        self.team = Team(pace.talk_s)
        self.lines = Lines(pace.answer_rate)
        self._with_flow: set[str] = set()
        self._throttle = Throttle(pace.calls_per_s)
        self._forecast = Forecast(self.team, self.lines)
        self._hears = self._ears()
        self._prospects: Sequence[Prospects] | None = None
        self._placed = 0
        self.new_day(budget, ends_ms)

    def new_day(self, budget: Budget, ends_ms: int | None = None) -> None:
        """What was learned is kept, and what other days were like at this hour; what was lost
        counts as `budget` says."""
        self.lines.answers.hours.next_day()
        self.replan(budget, ends_ms)

    def replan(self, budget: Budget, ends_ms: int | None = None) -> None:
        """The day's end or its budget is another than was known; it is still the same day."""
        self.budget = budget
        caps = [float(cap) for cap in (budget.day, budget.window) if cap is not None]
        self._cap = min(caps, default=None)
        self._ends_s = None if ends_ms is None else ends_ms / 1000
        self._relied_on = CERTAINTY
        self._bearable = 1.0
        self._to_come = self._progressive_per_s = 0.0
        self._drawn_up_s: float | None = None
        self._dearth = self._lingering = 1.0
        self._count()

    def take_prospects(self, prospects: Sequence[Prospects]) -> None:
        """Who is left for this pacer alone, as just counted, and until when. From now on no more
        later answers are counted on than they bring; before, leads are taken to be without end."""
        self._prospects, self._placed = prospects, 0

    def hear(self, event: told.Event) -> None:
        """Something has happened."""
        self._hears[type(event)](event)

    def advise(self, now_ms: int) -> Advice:
        """How many calls to place now; in preview, how many leads to show."""
        now_s = now_ms / 1000
        if self._drawn_up_s is None or now_s - self._drawn_up_s >= _DRAWN_UP_EVERY_S:
            self._draw_up(now_s)
        self._rely(now_s)
        free, in_air = len(self.team.free), len(self.lines)
        taken = in_air + len(self.team.talking) + len(self._with_flow)
        lines = self._throttle.left(now_ms, self.pace.lines - taken)
        if self.pace.mode is Mode.AGENTLESS:
            return Advice(max(0, lines))
        sure = max(0, free - in_air)
        bold = min(lines, free + self._room - in_air) - sure
        wants = self.pace.mode in (Mode.POWER, Mode.PREDICTIVE)
        if wants and bold > 0:
            return Advice(sure + self._boldly(free, sure, bold, now_s))
        return Advice(max(0, min(sure, lines)), held=wants and self._room == 0)

    @property
    def relies_on(self) -> Reliance:
        """What is counted on: `budget.expecting` it is what permits the calls that are advised."""
        return self._relied_on

    def may_leave(self) -> int:
        """How many of the free agents may go away at once (a pause, a call that came in) without
        more calls being exposed in the air than the budget allows."""
        free = len(self.team.free)
        return min(max(0, free + self._room - len(self.lines)), free)

    def seen(self) -> Seen:
        """What was learned until now."""
        answers, team = self.lines.answers, self.team
        wrap_up_s = team.wraps * team.wrap.mean_s()
        return Seen(answers.rate.share, answers.attempt_s(), team.talk.mean_s(), wrap_up_s)

    def _boldly(self, free: int, sure: int, most: int, now_s: float) -> int:
        """Calls beyond those for which an agent is free."""
        if self.pace.mode is Mode.POWER:
            return max(0, min(most, ceil(self.pace.ratio * free) - len(self.lines) - sure))
        if not len(self.team):
            return 0
        outlook = self._forecast.outlook(free, now_s)
        outlook.place(sure)
        return outlook.within(self._bearable, most)

    def _draw_up(self, now_s: float) -> None:
        """Forecasts anew, and how many answers the rest of the day brings."""
        self._drawn_up_s = now_s
        self._dearth = self.lines.answers.hours.dearth(now_s)
        self._forecast.draw_up(now_s)
        self._lingering = self.lines.answers.lingering()
        agents, left_s = len(self.team), self._left_s(now_s)
        self._to_come = _BUSY * agents * left_s / self.team.handling_s()
        self._progressive_per_s = agents / self._forecast.cycle_s()
        self._count()

    def _left_s(self, now_s: float) -> float:
        return _AHEAD_S if self._ends_s is None else max(0.0, self._ends_s - now_s)

    def _rely(self, now_s: float) -> None:
        """On the answers that the rest of the day is sure to bring: fewer with every second."""
        if self._ends_s is not None:
            expected = min(self._progressive_per_s * self._left_s(now_s), self._of_leads(now_s))
            live = sure(expected, self.pace.assured)
            if live != self._relied_on.live:
                self._count(live)

    def _of_leads(self, now_s: float) -> float:
        if self._prospects is None:
            return inf
        share, per_s = self.lines.answers.rate.least, self._progressive_per_s
        now_ms = round(1000 * now_s)
        return answers_at_least(self._prospects, self._placed, share, per_s, now_ms)

    def _count(self, live: int | None = None) -> None:
        """The budget is another, or what is to come: `live` answers are now counted on."""
        rate, judged = self.lines.answers.rate, len(self.lines.judged)
        live = self._relied_on.live if live is None else live
        share = likely(self._lingering * rate.most, self.pace.assured)
        self._relied_on = Reliance(live, share, judged)
        self._room = self.budget.expecting(self._relied_on).room(kept=len(self.team))
        if self._cap is not None:
            reserve = min(_RESERVE * len(self.team), self._cap * self._to_come / 10)
            share = share_to_lose(self.budget, self._cap, self._to_come, reserve)
            self._bearable = bearable_risk(share, self._cap, rate.share, self._dearth)

    # what is heard

    def _ears(self) -> dict[type, Callable[[Any], None]]:
        team, lines = self.team, self.lines
        return {
            told.LoggedIn: lambda e: team.leaves(e.agent, e.at_ms / 1000),
            told.Ready: lambda e: team.ready(e.agent, e.at_ms / 1000),
            told.Talking: lambda e: team.talks(e.agent, e.at_ms / 1000),
            told.WrapUp: lambda e: team.wraps_up(e.agent, e.at_ms / 1000),
            told.Paused: lambda e: team.leaves(e.agent, e.at_ms / 1000),
            told.LoggedOut: lambda e: team.leaves(e.agent, e.at_ms / 1000),
            told.Dialing: self._dialing,
            told.Ringing: lambda e: lines.rings(e.call, e.at_ms / 1000),
            told.Answered: self._picked_up,
            told.Connected: self._connected,
            told.Ended: lambda e: self._with_flow.discard(e.call),
            told.Lost: self._lost,
            told.NotMet: self._not_met,
            told.Machine: self._machine,
            told.Busy: lambda e: lines.nobody(e.call, e.at_ms / 1000),
            told.NoAnswer: lambda e: lines.nobody(e.call, e.at_ms / 1000),
            told.Failed: lambda e: lines.nobody(e.call, e.at_ms / 1000),
        }

    def _dialing(self, event: told.Dialing) -> None:
        self._throttle.placed(event.at_ms)
        self.lines.placed(event.call, event.at_ms / 1000)
        self._placed += 1

    def _picked_up(self, event: told.Answered) -> None:
        self.lines.picked_up(event.call, event.at_ms / 1000)
        self._count()

    def _connected(self, event: told.Connected) -> None:
        self.lines.person(event.call, event.at_ms / 1000)
        if event.agent is None:
            self._with_flow.add(event.call)
        else:
            self.team.talks(event.agent, event.at_ms / 1000)
        self._became(Outcome.LIVE)

    def _lost(self, event: told.Lost) -> None:
        if event.call in self.lines.judged:
            self.lines.person(event.call, event.at_ms / 1000)
        else:
            self.lines.hung_up(event.call)
        self._became(Outcome.LOST)

    def _not_met(self, event: told.NotMet) -> None:
        self._with_flow.discard(event.call)
        self._became(Outcome.NOT_MET)

    def _machine(self, event: told.Machine) -> None:
        self.lines.nobody(event.call, event.at_ms / 1000)
        self._became(Outcome.MACHINE)

    def _became(self, outcome: Outcome) -> None:
        self.budget = self.budget.after(outcome)
        self._count()
