"""Sums whose mean is known, by which chance is taken out of the figures."""

from dataclasses import replace

import numpy as np
import pytest

from engine.scenarios.document import load_scenario, vectors
from routing.rules import QueueRules
from routing.simulation.control import BLOCKED, LOAD, WAIT_S, WAITED, Pooled, known, pool_of
from routing.simulation.distributions import Arrivals, Chance, Constant, Exponential
from routing.simulation.formulas import ErlangC, FinitePool
from routing.simulation.scenario import AgentGroup, Call, Length, QueueScenario, Scenario, calls
from routing.simulation.study import study
from tests.unit.recursion import waits

pytestmark = pytest.mark.unit

HOUR_MS = 3_600_000
SIX_TYPES = load_scenario(vectors()["six-types-3"])


def changed(scenario: Scenario, **queue: object) -> Scenario:
    """With this of every queue."""
    queues = {
        name: replace(each, **queue)  # type: ignore[arg-type]
        for name, each in scenario.queues.items()
    }
    return replace(scenario, queues=queues)


def test_several_queues_are_one_pool() -> None:
    """All agents, all callers, the same places."""
    pool = pool_of(SIX_TYPES)
    assert pool is not None
    assert (pool.servers, pool.places, pool.mean_service) == (90, 30, 600_000)
    assert pool.arrival_rate == pytest.approx(504 / HOUR_MS)
    assert [*known(SIX_TYPES)] == [LOAD, WAIT_S, WAITED, BLOCKED]


def test_one_queue_is_another_pool() -> None:
    """One agent more; nobody is turned away where there are places without end."""
    assert pool_of(load_scenario(vectors()["pooled"])) == FinitePool(91, 30, 504 / HOUR_MS, 600_000)
    assert [*known(load_scenario(vectors()["erlang-c"]))] == [LOAD, WAIT_S, WAITED]


@pytest.mark.parametrize(
    "other",
    [
        changed(SIX_TYPES, service=Constant(600_000)),
        changed(SIX_TYPES, patience=Constant(600_000)),
        changed(SIX_TYPES, arrivals=Arrivals((84, 85), HOUR_MS)),
        changed(SIX_TYPES, arrivals=Arrivals((90,))),
        replace(SIX_TYPES, length=replace(SIX_TYPES.length, warm_up_ms=7 * HOUR_MS)),
        replace(SIX_TYPES, groups=tuple(replace(group, misses=0.1) for group in SIX_TYPES.groups)),
    ],
    ids=["service", "patience", "rates", "overload", "warm-up", "misses"],
)
def test_what_theory_does_not_know(other: Scenario) -> None:
    """Then the load alone is known."""
    assert [*known(other)] == [LOAD]


def test_the_pool_is_that_of_the_recursion() -> None:
    """With places for everybody; those beyond the time do not count."""
    chance = np.random.default_rng(2)
    rows = zip(
        np.cumsum(chance.exponential(1_000, 500)), chance.exponential(9_000, 500), strict=True
    )
    given = [Call(int(at), "calls", int(service)) for at, service in rows]
    length = Length(duration_ms=200_000, warm_up_ms=100_000)
    pooled = Pooled(FinitePool(10, 500, 1, 1), length)
    assert [*pooled.watched(given)] == given
    every = zip(given, waits(given, 10), strict=True)
    counted = [wait for call, wait in every if wait and 100_000 <= call.at_ms < 300_000]
    assert pooled.sums() == {BLOCKED: 0, WAITED: len(counted), WAIT_S: sum(counted) / 1000}
    assert len(counted) > 10


def test_who_finds_no_place_is_turned_away() -> None:
    """Two agents and one place: the fourth caller is, the fifth waits at the place of the third."""
    pooled = Pooled(FinitePool(2, 1, 1, 1), Length(duration_ms=1_000))
    given = [Call(at, "calls", 100) for at in (0, 1, 2, 3, 100)]
    assert [*pooled.watched(given)] == given
    assert pooled.sums() == {BLOCKED: 1, WAITED: 2, WAIT_S: (98 + 1) / 1000}


def test_the_pool_comes_to_what_theory_knows() -> None:
    """On average, over many calls."""
    scenario = load_scenario(vectors()["pooled"])
    long = replace(scenario, length=replace(scenario.length, duration_ms=500 * HOUR_MS))
    pool = pool_of(long)
    assert pool is not None
    pooled = Pooled(pool, long.length)
    for call in pooled.watched(calls(long.queues.values(), [Chance(4)])):
        if call.at_ms > long.length.end_ms:
            break
    sums, means = pooled.sums(), known(long)
    assert sums[WAITED] == pytest.approx(means[WAITED], rel=0.1)
    assert sums[WAIT_S] == pytest.approx(means[WAIT_S], rel=0.2)
    assert sums[BLOCKED] == pytest.approx(means[BLOCKED], rel=0.5)


def test_chance_is_taken_out() -> None:
    """The interval of a mean wait is less than half as wide as where the warm-up is too short for
    theory to know anything."""
    theory = ErlangC(servers=5, arrival_rate=0.3, mean_service=10)
    queue = QueueScenario("calls", QueueRules(wrap_up_ms=0), Arrivals((1080,)), Exponential(10_000))
    length = Length(duration_ms=600_000, warm_up_ms=300_000, replications=20)
    center = Scenario("", {"calls": queue}, (AgentGroup("agent", 5, ()),), length)
    unsettled = replace(center, length=replace(length, warm_up_ms=0))
    narrow, wide = (study(each).estimates["all.asa_s"] for each in (center, unsettled))
    assert narrow.margin < wide.margin / 2
    assert narrow.low < theory.mean_wait < narrow.high
