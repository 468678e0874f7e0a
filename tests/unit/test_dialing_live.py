"""The benchmark of dialing on a real Asterisk: whom it calls, what it counts, what it expects."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from bench.dialing_crowd import RING_TIMEOUT_S, Crowd
from bench.dialing_report import Attempt, Stretch, Talk, attempts_in, came_to
from bench.dialing_site import Day
from bench.dialing_twin import Interval, Twin, intervals
from phones.fates import Fate, told_by
from routing.simulation.distributions import Chance

pytestmark = pytest.mark.unit

CROWD = Crowd(answer_rate=0.3, handle_s=60.0, wrap_up_s=5.0)
NOON_MS = 1_795_348_800_000
MINUTE_MS = 60_000


def test_the_list_is_the_seeds_and_calls_nobody_twice() -> None:
    """The same numbers in the same order, and others with another seed."""
    numbers = list(CROWD.numbers(3000, seed=1))
    assert len(set(numbers)) == 3000
    assert numbers == list(CROWD.numbers(3000, seed=1))
    assert numbers != list(CROWD.numbers(3000, seed=2))


def test_numbers_and_simulator_are_of_one_law() -> None:
    """As many people answer, after as long and for as long; and what ends the other calls takes
    as long: the means of 5,000 are equal but for chance."""
    called = [told for number in CROWD.numbers(5000, seed=1) if (told := told_by(number))]
    assert len(called) == 5000
    answered = [each for each in called if each.fate is Fate.PERSON]
    others = [each for each in called if each.fate is not Fate.PERSON]
    chance, world = Chance(7), CROWD.world(agents=20, minutes=30)
    fates = [world.fates(chance) for _ in range(5000)]
    assert len(answered) / 5000 == pytest.approx(CROWD.answer_rate, abs=0.02)
    assert _mean(each.ring_s for each in answered) == pytest.approx(
        _mean(fate.answer_s for fate in fates), rel=0.04
    )
    in_air = (each.ring_s if each.fate is not Fate.NOBODY else RING_TIMEOUT_S for each in others)
    assert _mean(in_air) == pytest.approx(_mean(fate.end_s for fate in fates), rel=0.03)
    handled = [world.handle.sample(chance) / 1000 for _ in range(5000)]
    stays = [(each.stay_s or 0) + CROWD.wrap_up_s for each in answered]
    assert _mean(stays) == pytest.approx(_mean(handled), rel=0.08)
    assert _mean(handled) == pytest.approx(CROWD.handle_s, rel=0.05)


def _mean(values: Any) -> float:
    found = list(values)
    return float(sum(found) / len(found))


def test_calls_that_nobody_answers_end_in_many_ways() -> None:
    """Ringing in vain most of all; the busy, refusals and announcements too."""
    fates = Counter(told.fate for n in CROWD.numbers(2000, seed=3) if (told := told_by(n)))
    assert fates.keys() == {Fate.PERSON, Fate.NOBODY, Fate.REFUSED, Fate.ANNOUNCED}
    assert fates[Fate.NOBODY] > fates[Fate.REFUSED] > fates[Fate.ANNOUNCED] > 0


def test_figures_are_counted_as_the_simulator_counts() -> None:
    """Notes after a conversation are an agent's time as well, and time after the end is none's."""
    stretch = Stretch(agents=2, from_ms=0, until_ms=MINUTE_MS, wrap_up_s=5.0)
    attempts = [
        Attempt("a", 0, 8_000, "answered"),
        Attempt("b", 1_000, 9_000, "answered"),
        Attempt("c", 2_000, 10_000, "lost"),
        Attempt("d", 3_000, None, "busy"),
    ]
    talks = {"a": Talk("anna", 8_100, 28_100), "b": Talk("bela", 9_300, 70_000)}
    came = came_to(stretch, attempts, talks)
    assert came.figures.busy == pytest.approx((25_000 + 50_700) / 120_000)
    assert came.figures.abandon == pytest.approx(1 / 3)
    assert came.figures.answer_rate == 0.75
    assert came.figures.placed_per_min == 4
    assert came.to_agent_ms == [100, 300]
    assert came.results == {"answered": 2, "lost": 1, "busy": 1}


def test_attempts_are_read_as_the_command_prints_them() -> None:
    """A JSON object a line; the contact is named by the attempt where none is noted."""
    told = {"id": "x", "contact_id": None, "begun_ms": 5, "answered_ms": None, "result": "busy"}
    assert attempts_in(json.dumps(told) + "\n") == [Attempt("x", 5, None, "busy")]


@pytest.mark.parametrize("hour", range(24))
def test_the_day_ends_with_the_stretch_and_far_from_midnight(hour: int) -> None:
    """On a full minute, 30 to 32 minutes after the site is up, at about noon of the site's."""
    now_ms = NOON_MS + hour * 3_600_000 + 17_345
    day = Day.of(now_ms, minutes=30)
    assert day.ends_ms % MINUTE_MS == 0
    assert 31 * MINUTE_MS <= day.ends_ms - now_ms <= 32 * MINUTE_MS
    assert day.hours["open"]["daily"] == "00:00-11:32"


def test_the_twin_is_played_many_times_for_an_interval() -> None:
    """Most stretches are within it, and the answer rate's is around what was asked for."""
    told: list[int] = []
    expected = intervals(Twin(CROWD, agents=4, minutes=4), 6, told.append)
    assert told == [1, 2, 3, 4, 5, 6]
    assert expected["answer_rate"].has(0.3)
    assert 0 < expected["busy"].least < expected["busy"].mean < expected["busy"].most < 1
    assert not Interval(0.1, 0.2, 0.3).has(0.31)
