"""How many calls a campaign may lose: answered by a person for whom nobody was there in time.

The cap is a budget that is never overspent, not an average that is hoped for: a call is risked
only if the rate stays under the cap whatever becomes of all that are under way. `Tally` counts what
has become of them, `Counting` is how a regulator makes a rate of that, `Budget` says what may be
risked, and `Reliance` what is counted on beyond certainty, where a campaign allows any of it.

Sources: 16 CFR 310.4(b)(4)(i) (Telemarketing Sales Rule: 3 % of what people answered, per campaign
over 30 days); 47 CFR 64.1200(a)(7); Ofcom, "Revised statement of policy on the persistent misuse of
an electronic communications network or service", 2010, annex 1 (per campaign and calendar day, with
the corrections for machine detection).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from fractions import Fraction
from math import ceil, floor, sqrt
from typing import ClassVar

THREE_PERCENT = Fraction(3, 100)
UNBOUNDED = 1_000_000
WINDOW_DAYS = 30
"""Over so many days, the present one among them, the second cap counts."""


class Outcome(Enum):
    """What a call counts as. Others (busy, nobody answered, failed) count as nothing."""

    LIVE = "live"
    """A person answered, and an agent (or the flow, in a campaign without agents) was there in
    time."""
    LOST = "lost"
    """A person answered and nobody was there in time; or it was hung up before it had rung for as
    long as it must, whoever would have answered."""
    NOT_MET = "not met"
    """It counted as live, and is lost: its agent was gone before the two heard each other."""
    MACHINE = "machine"
    """Detection said that a machine answered."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a campaign's calls, on one day or on several."""

    live: int = 0
    lost: int = 0
    machines: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.live + other.live, self.lost + other.lost, self.machines + other.machines)

    def after(self, outcome: Outcome) -> Tally:
        """With one call more."""
        match outcome:
            case Outcome.LIVE:
                return replace(self, live=self.live + 1)
            case Outcome.LOST:
                return replace(self, lost=self.lost + 1)
            case Outcome.NOT_MET:
                return replace(self, live=self.live - 1, lost=self.lost + 1)
            case Outcome.MACHINE:
                return replace(self, machines=self.machines + 1)


@dataclass(frozen=True, slots=True)
class Counting:
    """How the rate of a tally is counted.

    `wrong_machines`: the share of the verdicts "machine" that were people, as measured; these count
    as lost. `taken`: where nobody has measured that, the share (below 1) of the people who answer
    that detection is expected to take for machines; for the others as many are added to the lost.
    `lost_before_verdict`: calls are lost before detection has judged them, so as many of
    them are taken for machines as of the others (Ofcom's D'; not for the US). With neither the rate
    is lost / (live + lost).
    """

    wrong_machines: Fraction = Fraction(0)
    lost_before_verdict: bool = False
    taken: Fraction = Fraction(0)

    def people(self, tally: Tally) -> Fraction:
        """Of the calls that were lost, the share that is taken for people's."""
        if not self.lost_before_verdict or not tally.live:
            return Fraction(1)
        return Fraction(tally.live, tally.live + tally.machines)

    def lost(self, tally: Tally) -> Fraction:
        """How many people were lost, as this counts them."""
        lost = tally.lost * self.people(tally) + tally.machines * self.wrong_machines
        return lost + (tally.live + lost) * self.taken_to_others

    @property
    def taken_to_others(self) -> Fraction:
        """For each person who was judged right, so many were taken for machines."""
        return self.taken / (1 - self.taken)

    def rate(self, tally: Tally) -> Fraction:
        """Of the people who answered, the share that was lost; 0 while nobody has."""
        lost = self.lost(tally)
        answered = tally.live + lost
        return lost / answered if answered else Fraction(0)

    def excess(self, tally: Tally, cap: Fraction) -> Fraction:
        """By so many lost people the tally is over the cap, had they not been called; negative: so
        many more it could stand, did nobody else answer."""
        return self.lost(tally) - tally.live * cap / (1 - cap)


@dataclass(frozen=True, slots=True)
class Reliance:
    """What is counted on. `live` answers are still to come today. Of the calls in the air for which
    no agent is free, `picked_up` are answered, whoever it was, and of the others this `share` at
    most, and `_DEVIATIONS` standard deviations of a binomial and one more; 1: all of them may be.
    """

    live: int = 0
    share: float = 1.0
    picked_up: int = 0

    _DEVIATIONS: ClassVar[float] = 6.0

    def answered_of(self, exposed: int) -> int:
        """Of so many exposed calls, how many are answered at most."""
        others = exposed - self.picked_up
        if others <= 0 or self.share >= 1:
            return exposed
        deviation = sqrt(others * self.share * (1 - self.share))
        likely = 1 + ceil(others * self.share + self._DEVIATIONS * deviation)
        return min(exposed, self.picked_up + likely)

    def exposed_for(self, answered: int) -> int:
        """The most calls of which no more than so many are answered."""
        if answered <= self.picked_up + 1 or self.share >= 1:
            return answered
        share, wanted = self.share, answered - self.picked_up - 1
        half = self._DEVIATIONS / 2 * sqrt(share * (1 - share))
        root = (sqrt(half * half + share * wanted) - half) / share
        exposed = max(answered, self.picked_up + floor(root * root))
        return exposed if self.answered_of(exposed) <= answered else exposed - 1


CERTAINTY = Reliance()


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be risked, after `today` and after `before`, the tally of the 29 days before.

    Caps are shares of 1; None: that cap is off. Neither is ever exceeded through a call that
    `permits` allowed, whatever becomes of it and of the others under way, unless something is
    counted on (`expecting`). What machine detection costs by its mistakes is counted, but no pacing
    can prevent it: once that alone is over a cap, nothing may be risked.
    """

    day: Fraction | None = THREE_PERCENT
    window: Fraction | None = THREE_PERCENT
    counting: Counting = Counting()
    before: Tally = Tally()
    today: Tally = Tally()
    counted_on: Reliance = CERTAINTY

    def __post_init__(self) -> None:
        if any(cap is not None and not 0 <= cap < 1 for cap in (self.day, self.window)):
            raise ValueError("a cap is a share from 0 to less than 1")

    def after(self, outcome: Outcome) -> Budget:
        """With one call more today."""
        return replace(self, today=self.today.after(outcome))

    def tomorrow(self, before: Tally) -> Budget:
        """On a new day; `before` as `tally_before` gives it."""
        return replace(self, before=before, today=Tally())

    def expecting(self, what: Reliance) -> Budget:
        """With its live answers in advance, which the rest of the day is sure to bring: what this
        permits keeps the caps to the end of the day, but not at every moment of it."""
        return replace(self, today=self.today + Tally(live=what.live), counted_on=what)

    def permits(self, exposed: int, kept: int = 0) -> bool:
        """Whether so many calls may be in the air (dialing, ringing, or being judged) at once:
        `exposed` without an agent who is kept for them, `kept` with one.

        Progressive dialing, with nothing exposed, is always permitted.
        """
        lost = self.counted_on.answered_of(exposed)
        others = exposed - lost + kept
        return exposed == 0 or all(self._stands(lost, others, cap) for cap in self._caps())

    def room(self, kept: int = 0) -> int:
        """How many calls may be exposed at once beside `kept` others; `UNBOUNDED` without a cap."""
        answered = min((self._if_all_lost(*cap) for cap in self._caps()), default=UNBOUNDED)
        least, most = 0, min(self.counted_on.exposed_for(max(0, answered)), UNBOUNDED)
        if not self.counting.wrong_machines and not self.counting.taken:
            return most  # nothing is worse than to lose them
        while least < most:
            middle = (least + most + 1) // 2
            least, most = (middle, most) if self.permits(middle, kept) else (least, middle - 1)
        return least

    def spare(self) -> float:
        """How many more people could be lost if nobody else answered; negative: too many were."""
        return float(
            min((-self.counting.excess(*cap) for cap in self._caps()), default=Fraction(UNBOUNDED))
        )

    def rates(self) -> tuple[Fraction, Fraction]:
        """Today's rate, and that of the 30 days."""
        counting = self.counting
        return counting.rate(self.today), counting.rate(self.before + self.today)

    def _caps(self) -> Iterable[tuple[Tally, Fraction]]:
        if self.day is not None:
            yield self.today, self.day
        if self.window is not None:
            yield self.before + self.today, self.window

    def _if_all_lost(self, tally: Tally, cap: Fraction) -> int:
        each = self.counting.people(tally) * (1 + self.counting.taken_to_others)
        return floor(-self.counting.excess(tally, cap) / each)

    def _stands(self, lost: int, others: int, counted: tuple[Tally, Fraction]) -> bool:
        """A call answered by a person who has an agent only lowers the rate, unless detection takes
        more people for machines than the cap has room for. In the others the excess is convex
        (linear in those lost, quadratic in machines), so that the worst is one of the extremes: all
        that can be have an agent, are lost, or machines, or nothing."""
        tally, cap = counted
        extremes = (
            tally,
            tally + Tally(live=lost + others),
            tally + Tally(lost=lost),
            tally + Tally(lost=lost, machines=others),
            tally + Tally(machines=lost + others),
        )
        return all(self.counting.excess(extreme, cap) <= 0 for extreme in extremes)


def tally_before(today: date, days: Mapping[date, Tally]) -> Tally:
    """Of the days before `today` that count with it under the cap of 30 days."""
    first = today - timedelta(days=WINDOW_DAYS - 1)
    return sum((tally for day, tally in days.items() if first <= day < today), Tally())
