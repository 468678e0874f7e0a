"""What a campaign may lose: how regulators count it, and a cap that holds whatever happens."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import comb
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.outbound.budget import (
    UNBOUNDED,
    Budget,
    Counting,
    Outcome,
    Reliance,
    Tally,
    tally_before,
)

pytestmark = pytest.mark.unit

US = Counting()
OFCOM = Counting(lost_before_verdict=True)


def test_ofcoms_worked_example() -> None:
    """Drops 29, live 9, machines 7: D' = 29 * (1 - 7/16), and D' / (9 + D') = 64.44 %."""
    day = Tally(live=9, lost=29, machines=7)
    assert OFCOM.lost(day) == 29 * (1 - Fraction(7, 16))
    assert round(float(OFCOM.rate(day)) * 100, 2) == 64.44


def test_without_the_correction_every_lost_call_was_a_person() -> None:
    """The Telemarketing Sales Rule knows no machines among the calls that were lost."""
    assert US.rate(Tally(live=97, lost=3, machines=1_000)) == Fraction(3, 100)


def test_wrong_verdicts_of_a_machine_are_lost_people() -> None:
    """1 % wrong verdicts over 40 % machines use 0.66 of 3 %: 0.4 of 60 people and those 0.4."""
    counting = Counting(wrong_machines=Fraction(1, 100))
    rate = counting.rate(Tally(live=60, machines=40))
    assert rate == Fraction(4, 604)


def test_nobody_has_answered_yet() -> None:
    """A day begins at 0 %, and with nothing that may be risked."""
    budget = Budget()
    assert budget.rates() == (Fraction(0), Fraction(0))
    assert budget.room() == 0
    assert not budget.permits(exposed=1)
    assert budget.permits(exposed=0, kept=5)


@pytest.mark.parametrize(("live", "room"), [(32, 0), (33, 1), (64, 1), (65, 2), (970, 30)])
def test_one_call_may_be_lost_for_each_33_that_were_not(live: int, room: int) -> None:
    """97 live answers carry three lost ones, 33 the first: 1 / 34 is under 3 %."""
    budget = Budget(window=None, today=Tally(live=live))
    assert budget.room() == room
    assert budget.permits(room)
    assert not budget.permits(room + 1)


def test_spare_is_what_could_still_be_lost() -> None:
    """In parts of a call, for who plans with it; negative once too many were lost."""
    assert Budget(window=None, today=Tally(live=97, lost=1)).spare() == 2
    assert Budget(window=None, today=Tally(live=97, lost=4)).spare() == -1


def test_the_day_and_the_30_days_both_hold() -> None:
    """A month that was spent leaves nothing for a good day, nor a good month for a bad day."""
    spent, saved = Tally(live=970, lost=30), Tally(live=10_000)
    assert Budget(before=spent, today=Tally(live=970)).room() == 30
    assert Budget(before=spent + Tally(lost=20), today=Tally(live=970)).room() == 10
    assert Budget(before=saved, today=Tally(live=97, lost=3)).room() == 0
    assert Budget(day=None, before=saved, today=Tally(live=97, lost=3)).room() == 309


def test_answers_that_are_sure_to_come_may_be_counted_on() -> None:
    """What is risked on them is made up for by them: 20 of 66 answers are still to come."""
    budget = Budget(today=Tally(live=46))
    assert budget.room() == 1
    assert budget.expecting(Reliance(20)).room() == 2
    two_lost = budget.expecting(Reliance(20)).after(Outcome.LOST).after(Outcome.LOST)
    assert two_lost.rates()[0] < Fraction(3, 100)
    assert budget.today == Tally(live=46)


def test_not_all_calls_in_the_air_are_answered() -> None:
    """With 45 that could be lost, 100 calls may be exposed of which one in five is answered, six
    standard deviations more and one; those picked up may all be people."""
    budget = Budget(today=Tally(live=45 * 97 // 3))
    assert budget.room() == 45
    assert budget.expecting(Reliance(share=0.2)).room() == 100
    assert budget.expecting(Reliance(share=0.2, picked_up=20)).room() == 62
    assert budget.expecting(Reliance(share=0.2, picked_up=45)).room() == 45
    assert Budget(day=None, window=None).expecting(Reliance(share=0.2)).room() == UNBOUNDED
    assert Budget().expecting(Reliance(share=0.2)).room() == 0


@given(st.integers(0, 3_000), st.floats(0.01, 1), st.integers(0, 50))
def test_so_many_are_exposed_that_no_more_are_answered_than_may_be(
    answered: int, share: float, picked_up: int
) -> None:
    """And one more would be too many, but for the rounding of one."""
    likely = Reliance(0, share, picked_up)
    exposed = likely.exposed_for(answered)
    assert exposed >= answered >= likely.answered_of(exposed)
    assert likely.answered_of(exposed + 2) > answered


def test_six_standard_deviations_are_next_to_never() -> None:
    """Of the exact binomial: once in five million decisions at the worst, however few calls."""
    for share in (0.1, 0.2, 0.5):
        for exposed in range(1, 400):
            most = Reliance(share=share).answered_of(exposed)
            assert _more_than(most, exposed, share) < 2e-7, (share, exposed, most)


def _more_than(most: int, of: int, share: float) -> float:
    chances = (comb(of, k) * share**k * (1 - share) ** (of - k) for k in range(most + 1, of + 1))
    return sum(chances)


def test_a_cap_may_be_off() -> None:
    """Each is a figure of the campaign; with neither nothing is held back."""
    assert Budget(day=None, window=None).room() == UNBOUNDED
    assert Budget(day=None, window=None).permits(1_000)
    with pytest.raises(ValueError, match="from 0 to less than 1"):
        Budget(day=Fraction(3))


def test_a_cap_of_nothing_permits_no_risk() -> None:
    """Zero is a cap as any other: progressive dialing all day."""
    assert Budget(day=Fraction(0), today=Tally(live=100_000)).room() == 0


def test_thirty_days_are_today_and_the_29_before() -> None:
    """Older days count no more, and today's row is not counted twice."""
    today = date(2028, 3, 1)
    days = {today - timedelta(days=back): Tally(live=1) for back in range(40)}
    assert tally_before(today, days) == Tally(live=29)
    assert Budget(today=Tally(live=5)).tomorrow(Tally(live=29)).before == Tally(live=29)


def test_mistakes_of_detection_alone_can_forbid_all_risk() -> None:
    """10 % wrong verdicts: every machine costs a tenth of a call, and the budget knows."""
    counting = Counting(wrong_machines=Fraction(1, 10))
    clean = Budget(counting=counting, today=Tally(live=970))
    assert clean.room() == 30
    assert clean.room(kept=100) == 20
    assert Budget(counting=counting, today=Tally(live=970, machines=400)).room() == 0


_COUNTINGS = st.builds(
    Counting,
    wrong_machines=st.sampled_from([Fraction(0), Fraction(1, 100), Fraction(1, 5)]),
    lost_before_verdict=st.booleans(),
    taken=st.sampled_from([Fraction(0), Fraction(1, 100), Fraction(1, 5)]),
)
_CAPS = st.sampled_from([None, Fraction(0), Fraction(3, 100), Fraction(1, 10)])
_BEFORE = st.builds(Tally, st.integers(0, 500), st.integers(0, 10), st.integers(0, 300))
_ROUNDS = st.tuples(
    st.lists(st.sampled_from([Outcome.LIVE, Outcome.MACHINE, None]), max_size=8),
    st.lists(st.sampled_from([*Outcome, None]), max_size=9),
    st.randoms(use_true_random=False),
)


@settings(max_examples=60, deadline=None)
@given(_COUNTINGS, _CAPS, _CAPS, _BEFORE, st.lists(_ROUNDS, max_size=20))
def test_never_overspent(
    counting: Counting,
    day: Fraction | None,
    window: Fraction | None,
    before: Tally,
    rounds: list[tuple[list[Outcome | None], list[Outcome | None], Random]],
) -> None:
    """Calls go out with an agent for each, and beside them as many as are permitted. Whatever
    becomes of all of them, in whatever order: no lost call breaks a cap."""
    budget = Budget(day, window, counting, before, Tally(live=40))
    for kept, exposed, chance in rounds:
        calls = kept + exposed[: budget.room(len(kept))]
        chance.shuffle(calls)
        for outcome in calls:
            budget = budget if outcome is None else budget.after(outcome)
            if outcome is Outcome.LOST:
                of_day, of_window = budget.rates()
                assert day is None or of_day <= day
                assert window is None or of_window <= window
