"""What Python's garbage collector looks at, and when."""

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest

from engine.garbage import look_at_all, look_at_what_is_new, uncollected

pytestmark = pytest.mark.unit


class Knot:
    """Kept by nothing but itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def seldom() -> Iterator[None]:
    """The collector as the engine sets it."""
    before, callbacks = gc.get_threshold(), gc.callbacks.copy()
    look_at_what_is_new()
    yield
    gc.set_threshold(*before)
    gc.callbacks[:] = callbacks
    gc.unfreeze()


def tied() -> "weakref.ref[Knot]":
    return weakref.ref(Knot())


@pytest.mark.usefixtures("seldom")
def test_what_was_looked_at_twice_is_looked_at_no_more() -> None:
    """However many callers wait, a look takes no longer for them."""
    before = gc.get_freeze_count()
    waiting = [[n] for n in range(1_000)]
    gc.collect(1)
    assert gc.get_freeze_count() - before >= len(waiting)


@pytest.mark.usefixtures("seldom")
def test_a_new_cycle_goes() -> None:
    """At the next look."""
    knot = tied()
    assert knot() is not None
    gc.collect(0)
    assert knot() is None


@pytest.mark.usefixtures("seldom")
def test_an_old_cycle_goes_when_all_is_looked_at() -> None:
    """What was in use while it was new, and is in none any more."""
    knot = Knot()
    gc.collect(1)
    was = weakref.ref(knot)
    del knot
    gc.collect(1)
    assert was() is not None
    assert look_at_all() >= 1
    assert was() is None


def test_the_collector_is_away_as_long_as_anybody_reads_flows() -> None:
    """Two threads may, and the first to be done does not bring it back under the other."""
    assert gc.isenabled()
    begun, done = threading.Event(), threading.Event()

    def reads() -> None:
        with uncollected():
            begun.set()
            done.wait()

    other = threading.Thread(target=reads)
    with uncollected():
        other.start()
        begun.wait()
    assert not gc.isenabled()
    done.set()
    other.join()
    assert gc.isenabled()
