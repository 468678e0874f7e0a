"""What a pacer makes of the past: how long things last, who answers when, what may be lost."""

from __future__ import annotations

from itertools import product
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.outbound.budget import Budget, Tally
from routing.outbound.pacing.answers import Answers, Hours
from routing.outbound.pacing.durations import Hazard
from routing.outbound.pacing.lines import Lines
from routing.outbound.pacing.outlook import Few, Many
from routing.outbound.pacing.spending import bearable_risk, share_to_lose, sure

pytestmark = pytest.mark.unit


def seen(lasted_s: list[float], mean_s: float = 120.0) -> Hazard:
    hazard = Hazard(mean_s)
    for number, each_s in enumerate(lasted_s):
        hazard.add(each_s, float(number))
    hazard.learn(np.zeros(0))
    return hazard


def chance(hazard: Hazard, age_s: float, span_s: float) -> float:
    return float(hazard.ends_within(np.array([age_s]), np.array([span_s]))[0, 0])


def test_what_has_no_memory_ends_as_soon_at_any_age() -> None:
    """Exponential times, of which the mean is learned too."""
    draw = np.random.default_rng(1)
    hazard = seen(draw.exponential(180, 5_000).tolist())
    assert hazard.mean_s() == pytest.approx(180, rel=0.05)
    for age_s in (0, 60, 300, 700):
        assert chance(hazard, age_s, 10) == pytest.approx(1 - exp(-10 / 180), rel=0.15)


def test_a_lognormal_time_seldom_ends_at_once() -> None:
    """Its rate rises from nothing, and falls again for the longest."""
    draw = np.random.default_rng(1)
    hazard = seen(draw.lognormal(np.log(140), 0.7, 5_000).tolist())
    assert hazard.mean_s() == pytest.approx(140 * exp(0.245), rel=0.05)
    assert chance(hazard, 5, 5) < chance(hazard, 150, 5) / 3
    assert chance(hazard, 150, 5) > chance(hazard, 900, 5)


def test_who_still_talks_is_evidence_too() -> None:
    """Three short calls have ended, seven have lasted for ten minutes so far."""
    hazard = seen([30.0] * 3)
    before = hazard.mean_s()
    hazard.learn(np.full(7, 600.0))
    assert hazard.mean_s() > 3 * before


def test_answers_cluster() -> None:
    """At 8 and at 20 s: between them a call is less likely to be answered soon, and the longer it
    has rung beyond them the less likely at all."""
    answers = Answers(0.3)
    for number in range(300):
        answers.add(number % 3 == 0, (8.5, 25.5, 25.5, 20.5, 25.5, 25.5)[number % 6], number)
    answers.learn(0.0)
    ages_s, spans_s = np.array([0.0, 6.0, 10.0, 22.0]), np.array([4.0, 30.0])
    soon, ever = answers.answered_within(ages_s, spans_s).T
    assert soon[1] > 5 * soon[2]
    assert ever[0] == pytest.approx(1 / 3, rel=0.05)
    assert ever[0] > ever[2] > 10 * ever[3]


def test_the_answer_rate_is_followed() -> None:
    """It halves: a hundred answers later the new one is known."""
    answers = Answers(0.2)
    for number in range(2_000):
        answers.add(number % 5 == 0, 10.0, number * 3.0)
    assert answers.rate.share == pytest.approx(0.2, rel=0.1)
    for number in range(2_000, 3_000):
        answers.add(number % 10 == 0, 10.0, number * 3.0)
    assert answers.rate.share == pytest.approx(0.1, rel=0.2)


def test_other_days_tell_what_the_next_hour_is_like() -> None:
    """Half as many answer in the second hour: known at its first minute on the second day."""
    answers = Answers(0.2)
    for day in range(2):
        for number in range(1_000):
            answers.add(number % 5 == 0, 10.0, day * 86_400 + number * 3.0)
        answers.learn(day * 86_400 + 3_000.0)
        if day:
            break
        for number in range(1_000):
            answers.add(number % 10 == 0, 10.0, 3_600 + number * 3.0)
        answers.hours.next_day()
    before = answers.rate.share
    answers.learn(86_400 + 3_601.0)
    assert answers.rate.share == pytest.approx(before / 2, rel=0.05)


def test_a_call_ages_from_its_first_ring() -> None:
    """While it is dialed its age is what is left until it rings, as others took."""
    lines = Lines(0.2)
    for number in range(400):
        lines.placed(f"{number}", number)
        lines.rings(f"{number}", number + 3)
        lines.nobody(f"{number}", number + 20)
    lines.placed("dialed", 1_000)
    lines.placed("rings", 1_000)
    lines.rings("rings", 1_002)
    assert lines.ages_s(1_002) == [0, pytest.approx(-1, abs=0.1)]
    assert lines.ages_s(1_008) == [6, 0]


_CHANCES = st.lists(st.lists(st.floats(0, 1), min_size=2, max_size=2), max_size=3)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3), _CHANCES, _CHANCES, st.integers(0, 2))
def test_the_chance_to_be_lost_is_that_of_all_cases(
    free: int, answers: list[list[float]], ends: list[list[float]], more: int
) -> None:
    """Every combination of calls answered and agents free, added up."""
    new = [0.1, 0.3]
    few = Few(free, answers, ends, new)
    few.place(more)
    expected = 0.0
    for span in range(2):
        up = [row[span] for row in answers] + [new[span]] * more
        down = [row[span] for row in ends]
        for case in product((0, 1), repeat=len(up) + len(down)):
            happens = [c if x else 1 - c for c, x in zip(up + down, case, strict=True)]
            if sum(case[: len(up)]) - sum(case[len(up) :]) >= free:
                expected += float(np.prod(happens)) / 2
    assert few.lost() == pytest.approx(expected, abs=1e-9)


def test_of_many_the_normal_distribution_is_near_enough() -> None:
    """100 agents: as many calls may be placed, give or take two in a hundred."""
    draw = np.random.default_rng(1)
    answers, ends = draw.random((80, 4)) / 5, draw.random((94, 4)) / 10
    new = np.full(4, 0.09)
    variance = (answers * (1 - answers)).sum(axis=0) + (ends * (1 - ends)).sum(axis=0)
    many = Many(12, answers.sum(axis=0) - ends.sum(axis=0), variance, new)
    few = Few(12, answers.tolist(), ends.tolist(), new.tolist())
    assert many.lost() == pytest.approx(few.lost(), abs=0.005)
    for bearable in (0.01, 0.03, 0.1):
        assert many.within(bearable, 500) == pytest.approx(few.within(bearable, 500), abs=2)
        many, few = (
            Many(12, answers.sum(axis=0) - ends.sum(axis=0), variance, new),
            Few(12, answers.tolist(), ends.tolist(), new.tolist()),
        )


def test_the_budget_is_spread_over_what_is_to_come() -> None:
    """Lost share k of n answers: k n = spare + (1 - k) n c / (1 - c)."""
    budget = Budget(window=None, today=Tally(live=970, lost=20))
    share = share_to_lose(budget, 0.03, 500, reserve=0)
    assert 20 + share * 500 == pytest.approx(0.03 * (970 + 20 + 500))
    assert share_to_lose(budget, 0.03, 500, reserve=4) < share
    assert share_to_lose(budget, 0.03, 1, reserve=0) == 1
    overspent = Budget(window=None, today=Tally(live=970, lost=100))
    assert share_to_lose(overspent, 0.03, 500, reserve=0) == 0


def test_however_much_is_left_no_more_than_twice_the_cap_is_risked() -> None:
    """And less than the share itself, for later calls add to what a call risks: the more, the
    fewer people answer."""
    assert bearable_risk(1.0, 0.03, 0.2) == 0.06
    assert bearable_risk(0, 0.03, 0.2) == 0
    risks = [bearable_risk(0.03, 0.03, rate) for rate in (0.05, 0.1, 0.3, 0.9)]
    assert risks == pytest.approx([0.0135, 0.0135, 0.021, 0.0225])


def test_more_is_risked_in_hours_in_which_fewer_answer() -> None:
    """Half as many in the afternoon: twice as much then as in the morning, and over all answers
    what is risked evenly. An hour of which little is known is like the others."""
    hours, morning_s, afternoon_s = Hours(), 9 * 3600.0, 15 * 3600.0
    for at_s, calls in ((morning_s, 400), (afternoon_s, 800)):
        for call in range(calls):
            hours.add(call < 40, at_s)
    dearths = [hours.dearth(morning_s), hours.dearth(afternoon_s)]
    assert dearths == pytest.approx([2 / 3, 4 / 3])
    hours.add(True, 20 * 3600.0)
    assert hours.dearth(20 * 3600.0) == 1
    risks = [bearable_risk(0.03, 0.03, 0.1, dearth) for dearth in (*dearths, 1)]
    assert risks == pytest.approx([0.009, 0.018, 0.0135])
    assert bearable_risk(1.0, 0.03, 0.2, 2.0) == 0.06


def test_few_answers_are_not_relied_on() -> None:
    """Three standard deviations fewer may come."""
    assert sure(400, assured=1) == 340
    assert sure(400, assured=0.5) == 170
    assert sure(9, assured=1) == 0
