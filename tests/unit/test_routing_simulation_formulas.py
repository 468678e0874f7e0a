"""The closed forms, held to published figures and to the chain that they solve."""

import pytest

from routing.simulation.formulas import ErlangA, ErlangC, FinitePool, erlang_b

pytestmark = pytest.mark.unit


def test_erlang_c() -> None:
    """0.2 calls a second of 240 s, 55 agents."""
    pool = ErlangC(servers=55, arrival_rate=0.2, mean_service=240)
    assert pool.waits == pytest.approx(0.2387, abs=5e-5)
    assert pool.mean_wait == pytest.approx(8.184, abs=5e-4)
    assert pool.service_level(15) == pytest.approx(0.8459, abs=5e-5)
    assert pool.occupancy == pytest.approx(48 / 55)


def test_erlang_a() -> None:
    """48 calls a minute of one minute, 50 agents, patience of two minutes."""
    pool = ErlangA(servers=50, arrival_rate=48, mean_service=1, mean_patience=2)
    assert pool.waits == pytest.approx(0.4678, abs=5e-5)
    assert pool.abandons == pytest.approx(0.0309, abs=5e-5)
    assert pool.mean_wait * 60 == pytest.approx(3.71, abs=5e-3)
    assert pool.occupancy == pytest.approx(0.930, abs=5e-4)


def test_a_pool_with_places_to_wait() -> None:
    """84 erlangs of ten minutes, 90 agents, 30 places."""
    pool = FinitePool(servers=90, places=30, arrival_rate=8.4, mean_service=10)
    assert pool.blocked == pytest.approx(0.0036, abs=5e-5)
    assert pool.mean_wait == pytest.approx(0.450, abs=5e-4)


def test_where_the_forms_meet() -> None:
    """No place to wait is Erlang B; endless patience and endless places are Erlang C."""
    assert FinitePool(9, 0, 4, 2).blocked == pytest.approx(erlang_b(9, 8))
    endless = ErlangC(9, 4, 2)
    assert FinitePool(9, 5000, 4, 2).mean_wait == pytest.approx(endless.mean_wait)
    assert FinitePool(9, 5000, 4, 2).waits == pytest.approx(endless.waits)
    assert ErlangA(9, 4, 2, 1e5).waits == pytest.approx(endless.waits, rel=1e-3)


def test_a_pool_that_never_catches_up() -> None:
    """Erlang C has no answer for it, Erlang A has."""
    with pytest.raises(ValueError, match="never catch up"):
        ErlangC(servers=8, arrival_rate=4, mean_service=2)
    assert ErlangA(8, 8, 2, 2).abandons == pytest.approx(0.5, abs=0.05)
