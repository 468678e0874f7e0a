"""Simulated days of a campaign, and the dialers that a pacer is held to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.dialing_capped import best_capped
from bench.dialing_optimal import Team, busy_share
from bench.dialing_policies import Limit, Progressive, Table, Tuning, Vicidial
from bench.dialing_rows import Outcome, Setting, Timed, best_mixture, paced, played, policies_around
from routing.outbound.budget import Budget
from routing.outbound.pacing import Pace, events
from routing.outbound.simulation.day import Day, Tally
from routing.outbound.simulation.world import drifting, lifelike, memoryless, steady
from routing.simulation.distributions import Chance, Exponential

pytestmark = pytest.mark.unit

HOUR_S = 3_600.0
FIVE = Team(5, 0.3, 180.0)
DAYS = ("steady", "drifting")


def test_progressive_dialing_loses_nobody() -> None:
    """Whatever the day, its rings and its conversations are like: not while agents come and go
    either."""
    for service in ("exponential", "lognormal"):
        for day in DAYS:
            world = Setting(5, 0.3, 180.0, service, day).world(4 * HOUR_S)
            assert Day(world, Progressive(), seed=1).run().lost == 0


def test_progressive_dialing_is_as_busy_as_its_formula() -> None:
    """handle / (handle + ring / answer rate): 0.783 at 30 %."""
    world = steady(20, 0.3, Exponential(180_000), memoryless(), 4 * HOUR_S)
    days = [Day(world, Progressive(), seed).run() for seed in range(4)]
    assert Team(20, 0.3, 180.0).progressive == pytest.approx(0.7826, abs=1e-4)
    assert Outcome.of(days).busy == pytest.approx(0.7826, abs=0.015)


def test_the_optimal_policy_is_as_known() -> None:
    """Five agents, 30 % answer, 3 % of them lost: 0.833 busy; with less lost less."""
    assert busy_share(FIVE, 0.03)[0] == pytest.approx(0.833, abs=0.001)
    assert FIVE.progressive < busy_share(FIVE, 0.01)[0] < 0.82


def test_the_best_under_a_cap_that_no_day_breaks() -> None:
    """With no call to lose it is progressive dialing, on days on which agents come and go too; with
    some it is busier than that, and less busy than what need not keep its cap on every day."""
    day, drifts = (Setting(5, 0.3, 180.0, day=day).world(4 * HOUR_S) for day in DAYS)
    assert best_capped(day, 180.0, 15.0, 0).busy == pytest.approx(FIVE.progressive, abs=0.005)
    assert best_capped(day, 180.0, 15.0, 0).abandon == 0
    played = Outcome.of(Day(drifts, Progressive(), seed).run() for seed in range(20))
    assert best_capped(drifts, 180.0, 15.0, 0).busy == pytest.approx(played.busy, abs=0.01)
    best = best_capped(day, 180.0, 15.0, 8)
    assert 7 / 360 < best.abandon < 8 / 330
    assert FIVE.progressive + 0.03 < best.busy < busy_share(FIVE, best.abandon)[0]


def test_policies_are_mixed_as_is_best() -> None:
    """Two that are nearly the same tell nothing of what lies beyond them."""
    points = [(0.0, 0.8), (0.0235, 0.8807), (0.0239, 0.8806), (0.01, 0.82), (0.16, 0.92)]
    assert best_mixture(points, 0.01175) == pytest.approx((0.8 + 0.8807) / 2)
    assert best_mixture(points, 0.0239) == pytest.approx(0.8807, abs=2e-4)
    assert 0.8807 < best_mixture(points, 0.05) < 0.9


def test_prices_are_sought_until_one_loses_more_and_one_no_more() -> None:
    """Whichever way the model is wrong: between them lies what is compared with."""
    assert _prices_around(9, wanted=70) == [9, 18, 36, 72]
    assert _prices_around(200, wanted=70) == [200, 100, 50]


def _prices_around(price: float, wanted: float) -> list[float]:
    found = policies_around(price, lambda policy: policy.price < wanted)
    assert {each.part for each in found} == {1}
    return [each.price for each in found]


def test_where_every_price_loses_more_fewer_calls_are_placed() -> None:
    """Down to progressive dialing, if need be: something is always compared with."""
    *dearer, thinner, thinnest = policies_around(1, lambda policy: policy.part > 0.9)
    assert dearer == [(1, 1), (2, 1), (4, 1), (8, 1), (16, 1), (32, 1)]
    assert (thinner.price, thinnest.price) == (32, 32)
    assert (thinner.part, thinnest.part) == pytest.approx((0.93, 0.93 * 0.93))


def test_everybody_meets_the_same_fates() -> None:
    """The same calls in the same order: a table that asks for one call for each free agent is
    progressive dialing."""
    world = Setting(5, 0.3, 180.0).world(HOUR_S)
    one = Day(world, Progressive(), seed=3).run()
    other = Day(world, Table(lambda at_s, agents: range(agents + 1)), seed=3).run()
    assert one == other
    assert Day(world, Progressive(), seed=4).run() != one


def test_the_pacer_is_busier_and_keeps_the_cap() -> None:
    """Two hours of five agents: far from a day, but the cap holds."""
    world = Setting(5, 0.3, 60.0).world(2 * HOUR_S)
    dialer = Timed(Pace(), Budget(), world.day_s)
    pacer, progressive = paced(world, dialer, 1), played(world, Progressive, 1)
    assert dialer.mean_ms > 0
    assert pacer.busy > progressive.busy + 0.03
    assert 0 < pacer.abandon <= 0.03


def test_a_large_team_is_busy_on_a_short_day_too() -> None:
    """Two hundred calls are in the air for those who are about to be free. Were all of them
    answered, the cap would be broken; nine in ten will not be."""
    world = Setting(100, 0.1, 60.0).world(HOUR_S)
    pacer = paced(world, Timed(Pace(), Budget(), world.day_s), 1)
    sure = paced(world, Timed(Pace(assured=0), Budget(), world.day_s), 1)
    assert pacer.busy > sure.busy + 0.1
    assert 0.005 < pacer.abandon <= 0.03


def test_the_cap_holds_though_six_times_as_many_answer_from_one_minute_to_the_next() -> None:
    """And back again, ten times: of the calls in the air more are answered than was reckoned
    with, and agents who came free meanwhile have them."""
    calm = Setting(50, 0.1, 60.0).world(HOUR_S)
    world = replace(calm, answer_rate=lambda at_s: 0.6 if at_s // 180 % 2 else 0.1)
    pacer = paced(world, Timed(Pace(), Budget(), world.day_s), 2)
    assert pacer.abandon > 0.01
    assert pacer.worst_day <= 0.03


def test_wrap_up_is_time_with_a_call_too() -> None:
    """A quarter of the handling time is wrap-up: who is in it is known to be free soon."""
    whole = Setting(5, 0.3, 60.0).world(2 * HOUR_S)
    parted = replace(whole, wrap_up=0.25)
    busy = [paced(each, Timed(Pace(), Budget(), each.day_s), 2) for each in (whole, parted)]
    assert busy[1].busy > busy[0].busy - 0.02
    assert busy[1].worst_day <= 0.03
    assert played(parted, Progressive, 1) == played(whole, Progressive, 1)


def test_agents_come_and_go() -> None:
    """They are at work for their shifts, and a little longer for a conversation in hand."""
    world = drifting(5, 0.3, Exponential(60_000), memoryless(), 8 * HOUR_S)
    tally = Day(world, Progressive(), seed=1).run()
    planned_s = sum(shift.until_s - shift.from_s for shifts in world.shifts for shift in shifts)
    assert planned_s == 5 * 7.5 * HOUR_S - 2 * HOUR_S
    assert planned_s <= tally.at_work_s < planned_s * 1.03
    assert (world.answer_rate(0), world.answer_rate(5 * HOUR_S)) == (0.3, 0.15)


@pytest.mark.parametrize("day_s", [HOUR_S / 2, 8 * HOUR_S])
def test_who_talks_through_a_break_stays(day_s: float) -> None:
    """Conversations of 50 minutes, and days too short for every shift: whoever talks is at work."""
    world = drifting(20, 0.5, Exponential(3_000_000), memoryless(), day_s)
    for seed in range(5):
        tally = Day(world, Progressive(), seed).run()
        assert 0.5 * tally.at_work_s < tally.busy_s <= tally.at_work_s <= 20 * day_s


def test_lifelike_rings() -> None:
    """Answers at 6 to 10 and at 18 to 22 s; whoever does not answer is busy, or rings to 25 s."""
    fate, chance = lifelike(), Chance(1)
    drawn = [fate(chance) for _ in range(500)]
    assert all(6 <= f.answer_s <= 10 or 18 <= f.answer_s <= 22 for f in drawn)
    assert 0.6 < sum(f.end_s == 25 for f in drawn) / 500 < 0.8
    assert 0.02 < sum(f.end_s < 3 for f in drawn) / 500 < 0.09


class Vici:
    """A VICIdial whose agents do nothing, asked every half second."""

    def __init__(self, tuning: Tuning, agents: int, free: int) -> None:
        self.dialer = Vicidial(tuning, 8 * HOUR_S)
        self.at_ms = 0
        for number in range(agents):
            self.dialer.hear(events.LoggedIn(f"a{number}", 0))
        for number in range(free):
            self.dialer.hear(events.Ready(f"a{number}", 0))

    def level_after(self, seconds: int) -> float:
        for _ in range(2 * seconds):
            self.at_ms += 500
            self.dialer.calls(self.at_ms)
        return self.dialer.level

    def answered(self, calls: int, lost: int) -> None:
        for number in range(calls):
            kind = events.Lost if number < lost else events.Talking
            self.dialer.hear(events.Dialing(f"c{number}", self.at_ms))
            if kind is events.Lost:
                self.dialer.hear(events.Lost(f"c{number}", self.at_ms))
            else:
                self.dialer.hear(events.Connected(f"c{number}", "a0", self.at_ms))
                self.dialer.hear(events.Ready("a0", self.at_ms))


def test_vicidials_level_grows_with_the_share_that_waits() -> None:
    """Every 15 s by R / A: 1.2, 1.44, 1.728, and never beyond its maximum."""
    vici = Vici(Tuning(max_level=1.5), agents=10, free=2)
    assert vici.level_after(14) == 1.0
    assert vici.level_after(1) == pytest.approx(1.2)
    assert vici.level_after(15) == pytest.approx(1.44)
    assert vici.level_after(15) == 1.5


def test_vicidials_tuning() -> None:
    """Of 2 free in 10, one is meant to wait: half as fast; an intensity of 50 is half as much
    again."""
    assert Vici(Tuning(diff_target=-1), 10, 2).level_after(15) == pytest.approx(1.1)
    assert Vici(Tuning(intensity=50), 10, 2).level_after(15) == pytest.approx(1.3)


def test_vicidial_falls_back_above_its_limit() -> None:
    """Hard: to 1; average: by half; tapered: not before the last thousand seconds."""
    levels = {}
    for limit in Limit:
        vici = Vici(Tuning(limit), agents=10, free=5)
        vici.level_after(30)
        vici.answered(60, lost=3)
        levels[limit] = vici.level_after(15)
    assert levels[Limit.HARD] == 1.0
    assert levels[Limit.AVERAGE] == pytest.approx(levels[Limit.TAPERED] / 2)


def test_rates_of_a_day() -> None:
    """Busy of the time at work, lost of the answers; nobody answered: nobody lost."""
    tally = Tally(placed=100, answered=20, lost=1, busy_s=50.0, at_work_s=100.0)
    assert (tally.busy, tally.abandon) == (0.5, 0.05)
    assert Tally().abandon == 0
