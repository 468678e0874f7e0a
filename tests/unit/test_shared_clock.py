"""The clock that all nodes share."""

import pytest

from routing.clock import SharedClock

pytestmark = pytest.mark.unit

MS = 1_000_000


class Machine:
    """A machine whose clock is wrong, and Redis, whose time counts. Times in ms."""

    def __init__(self, wrong_by: int = 0) -> None:
        self.true = 1_000_000
        self.wrong_by = wrong_by
        self.clock = SharedClock(
            lambda: (self.true + self.wrong_by) * MS, lambda: (self.true - 400_000) * MS
        )

    def beat(self, *, there: int = 0, back: int = 0) -> None:
        """A heartbeat takes so long on its way, and on the way back."""
        sent = self.clock.steady_ms()
        self.true += there
        told = self.true
        self.true += back
        self.clock.heard(sent, told, self.clock.steady_ms())


@pytest.mark.parametrize("wrong_by", [0, 300_000, -120_000])
def test_a_clock_that_is_wrong_by_minutes_is_right_after_a_heartbeat(wrong_by: int) -> None:
    """It would let its callers jump the line, or age falsely."""
    machine = Machine(wrong_by)
    assert machine.clock() == machine.true + wrong_by
    machine.beat()
    machine.true += 5_000
    assert abs(machine.clock() - machine.true) <= 1


def test_a_slow_network_does_not_move_a_clock_that_is_right() -> None:
    """A reply that was long on its way bounds the time loosely; within the bounds nothing moves."""
    machine = Machine()
    for there, back in ((0, 80), (80, 0), (40, 3), (0, 0)):
        machine.beat(there=there, back=back)
        assert machine.clock() == machine.true


def test_a_slow_reply_is_wrong_by_no_more_than_its_way() -> None:
    """And the next quick one makes it good."""
    machine = Machine(wrong_by=60_000)
    machine.beat(there=2, back=100)
    assert abs(machine.clock() - machine.true) <= 101
    machine.true += 1_000
    machine.beat()
    machine.true += 600
    assert abs(machine.clock() - machine.true) <= 1


def test_a_step_of_the_machines_clock_moves_nothing() -> None:
    """Time goes on by the steady clock: an administrator may set the other one."""
    machine = Machine()
    machine.beat()
    machine.wrong_by = 3_600_000
    assert machine.clock() == machine.true


def test_it_stands_still_rather_than_going_back_a_little() -> None:
    """Steps on a contact's way are in order."""
    machine = Machine(wrong_by=50)
    before = machine.clock()
    machine.beat()
    assert machine.clock() == before
    machine.true += 60
    assert abs(machine.clock() - machine.true) <= 1
