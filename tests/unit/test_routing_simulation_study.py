"""What a study says, and how surely."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from engine.scenarios.document import load_scenario, vectors
from routing.simulation.distributions import Arrivals, Chance
from routing.simulation.formulas import ErlangA, ErlangC
from routing.simulation.scenario import Expectation, Scenario, calls
from routing.simulation.study import Estimate, Study, Verdict, judge, replication, student, study
from routing.simulation.tally import figures
from tests.unit.recursion import waits

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(4, 2.776), (5, 2.571), (9, 2.262), (19, 2.093), (39, 2.023), (10**6, 1.960)],
)
def test_student(freedom: int, quantile: float) -> None:
    """As the tables have it."""
    assert student(freedom) == pytest.approx(quantile, abs=1.5e-3)


def shortened(name: str, minutes: int) -> Scenario:
    """One of those that come along, in six short replications, half of them warm-up."""
    scenario = load_scenario(vectors()[name])
    half_ms = minutes * 30_000
    length = replace(scenario.length, warm_up_ms=half_ms, duration_ms=half_ms, replications=6)
    return replace(scenario, length=length)


def test_a_short_study_of_erlang_a() -> None:
    """None of the figures is missed, and a mean is where the line through the loads is at the
    expected load, with the margin that least squares give it."""
    done = study(shortened("erlang-a", 8))
    assert not done.is_missed
    assert set(done.scenario.expect) <= set(done.estimates)
    every = [replication(done.scenario, n) for n in range(6)]
    busy = np.array([sums["all.handling_s"] / sums["all.ready_s"] for sums in every])
    excess = np.array([sums["all.load_s"] for sums in every]) - 48 * 240
    line, (squares,), _, _ = np.linalg.lstsq(np.c_[np.ones(6), excess], busy)
    share = np.linalg.inv(np.array([[6, excess.sum()], [excess.sum(), excess @ excess]]))[0, 0]
    occupancy = done.estimates["all.occupancy"]
    assert occupancy.value == pytest.approx(line[0])
    assert occupancy.margin == pytest.approx(student(4) * sqrt(squares / 4 * share))


def test_the_recursion_is_theory_itself() -> None:
    """The floor gives every call the wait of the recursion (test_routing_simulation_center); over
    many calls those are the waits of Erlang A and C, within a few percent."""
    a = ErlangA(servers=50, arrival_rate=48, mean_service=1, mean_patience=2)
    share, average = waited("erlang-a", 150_000, 50)
    assert share == pytest.approx(a.waits, rel=0.03)
    assert average == pytest.approx(a.mean_wait * 60, rel=0.05)
    c = ErlangC(servers=55, arrival_rate=0.2, mean_service=240)
    share, average = waited("erlang-c", 300_000, 55)
    assert share == pytest.approx(c.waits, rel=0.05)
    assert average == pytest.approx(c.mean_wait, rel=0.10)


def waited(name: str, number: int, servers: int) -> tuple[float, float]:
    """The share of a vector's callers who wait, and the mean wait in seconds."""
    stream = calls(load_scenario(vectors()[name]).queues.values(), [Chance(8)])
    found = waits([call for call, _ in zip(stream, range(number), strict=False)], servers)
    return sum(wait > 0 for wait in found) / number, sum(found) / number / 1000


@pytest.mark.parametrize(
    ("margin", "verdict"), [(0.4, Verdict.MET), (2.0, Verdict.OPEN), (0.1, Verdict.MET)]
)
def test_a_figure_is_judged_by_its_interval(margin: float, verdict: Verdict) -> None:
    """Within what is expected, or not to be told yet."""
    assert judge(Estimate(10.5, margin), Expectation(10, 0.1)) is verdict


def test_a_figure_that_is_off_is_missed() -> None:
    """And so is one that never came out."""
    assert judge(Estimate(12, 0.9), Expectation(10, 0.1)) is Verdict.MISSED
    expected = replace(shortened("pooled", 1), expect={"all.asa_s": Expectation(1, 1)})
    assert Study(expected, {}, {}).is_missed


def test_what_callers_are_told_on_a_day_with_two_rushes() -> None:
    """Rates, shifts and patience that change or are by chance: the engine's own estimate errs less
    than the plain queue length, though that knows the true handling time, and less than the wait
    of the last who was answered."""
    day = load_scenario(vectors()["busy-day"])
    found = figures(study(replace(day, length=replace(day.length, replications=1))).sums)
    announced, by_length, last = (
        found[f"predicted.{name}.error"] for name in ("announced", "queue_length", "last_to_enter")
    )
    assert announced < 0.9 * last
    assert announced < by_length


def test_a_center_that_nobody_calls() -> None:
    """Nothing comes out but agents who are idle."""
    scenario = shortened("erlang-a", 1)
    quiet = {n: replace(q, arrivals=Arrivals((0,))) for n, q in scenario.queues.items()}
    found = study(replace(scenario, queues=quiet)).estimates
    assert found["all.occupancy"] == Estimate(0, 0)
    assert "all.waits" not in found
