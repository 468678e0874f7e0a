"""The figures of a campaign's calls: what is counted is kept, what is derived is worked out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from history.campaign_counting import QUARTER_MS
from history.campaign_figures import CallCount, WrapUpCount
from history.lead_tables import RESULTS
from routing.outbound.budget import Budget, Tally, tally_before
from routing.outbound.leads.plan import Result
from routing.outbound.standing import Count, tally_of

HOUR_MS = 3_600_000
NOTHING = Tally()


@dataclass(slots=True)
class CallFigures:
    """`calls` were begun; `results` are of those that are over, `under_way` the others. `talks`
    were with an agent: the history knows of `timed` how long they lasted (`talk_ms` together), of
    `wrap_ups` what came after (`wrap_up_ms`). `busy_ms` are the quarters of an hour in which any
    was begun."""

    calls: int = 0
    under_way: int = 0
    results: dict[Result, int] = field(default_factory=dict)
    talks: int = 0
    timed: int = 0
    talk_ms: int = 0
    wrap_ups: int = 0
    wrap_up_ms: int = 0
    busy_ms: int = 0

    def add(self, count: CallCount) -> None:
        """More calls."""
        self.calls += count.calls
        self.under_way += count.under_way
        for name, calls in zip(RESULTS, count.results, strict=True):
            result = Result(name)
            self.results[result] = self.results.get(result, 0) + calls
        self.talks += count.talks
        self.timed += count.timed
        self.talk_ms += count.talk_ms
        self.busy_ms += count.quarters * QUARTER_MS

    def add_wrap_ups(self, count: WrapUpCount) -> None:
        """What came after some of them."""
        self.wrap_ups += count.wrap_ups
        self.wrap_up_ms += count.wrap_up_ms

    def of(self, result: Result) -> int:
        """So many ended so."""
        return self.results.get(result, 0)

    @property
    def tally(self) -> Tally:
        """What the abandon rate counts of them."""
        return tally_of(Count("", result, calls) for result, calls in self.results.items())

    @property
    def answer_rate(self) -> float | None:
        """Of the calls that are over, those that a person answered: who talked, or was lost."""
        people = self.of(Result.ANSWERED) + self.of(Result.LOST)
        return _share(people, self.calls - self.under_way)

    @property
    def contacts_per_hour(self) -> float | None:
        """People reached, by the time in which calls were begun."""
        return _share(self.of(Result.ANSWERED) * HOUR_MS, self.busy_ms)

    @property
    def mean_talk_ms(self) -> float | None:
        """Of the talks that the history has."""
        return _share(self.talk_ms, self.timed)

    @property
    def mean_wrap_up_ms(self) -> float | None:
        """Of the wrap-ups that the event log has."""
        return _share(self.wrap_up_ms, self.wrap_ups)

    def told(self) -> dict[str, Any]:
        """All of them, by their names."""
        counted = {name: self.of(Result(name)) for name in RESULTS}
        return {
            "calls": self.calls,
            "under_way": self.under_way,
            **counted,
            "talks": self.talks,
            "answer_rate": self.answer_rate,
            "contacts_per_hour": self.contacts_per_hour,
            "mean_talk_ms": self.mean_talk_ms,
            "mean_wrap_up_ms": self.mean_wrap_up_ms,
            "timed": self.timed,
            "talk_ms": self.talk_ms,
            "wrap_ups": self.wrap_ups,
            "wrap_up_ms": self.wrap_up_ms,
        }


class Abandoned(NamedTuple):
    """The abandon rate as the law counts it: of a whole day, and of the 30 days that it ends."""

    day: date
    rate: Fraction
    in_30_days: Fraction


def abandoned(caps: Budget, days: Mapping[date, Tally], wanted: Iterable[date]) -> list[Abandoned]:
    """Of each of these days, by what became of the calls that were begun on them and before;
    ``caps`` says how it is counted."""
    counting = caps.counting
    found = []
    for day in wanted:
        today = days.get(day, NOTHING)
        window = tally_before(day, days) + today
        found.append(Abandoned(day, counting.rate(today), counting.rate(window)))
    return found


def worst(days: Iterable[Abandoned]) -> Abandoned | None:
    """The day with the highest rate, of equal ones the first."""
    return max(days, key=lambda each: (each.rate, -each.day.toordinal()), default=None)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
