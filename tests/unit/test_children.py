"""Programs are kept up, and ended when asked: on a virtual clock, with processes of ours."""

import asyncio
import signal
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from engine.children import FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_AFTER_S, Child, ChildSpec
from tests.fakes.virtual_loop import virtual_time

pytestmark = pytest.mark.unit

SPEC = ChildSpec("program", ["program"], Path("program.log"), {}, stop_within_s=3)


class FakeProcess:
    """Ends when the test says so; a stubborn one only when it is killed."""

    def __init__(self, pid: int, stubborn: bool) -> None:
        self.pid = pid
        self.signals: list[int] = []
        self.killed = False
        self._stubborn = stubborn
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def end(self, code: int) -> None:
        self._ended.set_result(code)

    def send_signal(self, signal: int) -> None:
        self.signals.append(signal)
        if not self._stubborn:
            self.end(-signal)

    def kill(self) -> None:
        self.killed = True
        self.end(-9)


class Programs:
    """What was started, when, and which unasked ends were told."""

    def __init__(self, stubborn: bool = False) -> None:
        self.started: list[FakeProcess] = []
        self.at_s: list[float] = []
        self.ends: list[int] = []
        self.child = Child(SPEC, self._ended, self._spawn)
        self._stubborn = stubborn

    async def _spawn(self, spec: ChildSpec) -> FakeProcess:
        self.started.append(FakeProcess(len(self.started) + 1, self._stubborn))
        self.at_s.append(asyncio.get_running_loop().time())
        return self.started[-1]

    async def _ended(self, code: int) -> None:
        self.ends.append(code)

    async def dies(self, after_s: float = 0) -> float:
        """The running one ends; how long it took until the next was started."""
        await asyncio.sleep(after_s)
        count = len(self.started)
        died_s = asyncio.get_running_loop().time()
        self.started[-1].end(1)
        await asyncio.sleep(LONGEST_PAUSE_S + 0.1)
        assert len(self.started) == count + 1
        return round(self.at_s[-1] - died_s, 3)


@virtual_time
async def test_a_program_that_dies_is_started_again() -> None:
    """After a pause; whoever started it is told the code."""
    programs = Programs()
    await programs.child.start()
    assert programs.child.pid == 1
    assert await programs.dies() == FIRST_PAUSE_S
    assert (programs.child.pid, programs.child.restarts, programs.ends) == (2, 1, [1])
    await programs.child.stop()


@virtual_time
async def test_the_pauses_grow_until_it_was_steady() -> None:
    """A program that cannot live must not keep the machine busy."""
    programs = Programs()
    await programs.child.start()
    pauses = [await programs.dies() for _ in range(8)]
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert await programs.dies(after_s=STEADY_AFTER_S) == FIRST_PAUSE_S
    await programs.child.stop()


@virtual_time
async def test_a_program_is_asked_to_end_and_not_started_again() -> None:
    """By its own signal; an end that was asked for is not told."""
    programs = Programs()
    await programs.child.start()
    await programs.child.stop()
    await asyncio.sleep(60)
    (process,) = programs.started
    assert (process.signals, process.killed) == ([signal.SIGTERM], False)
    assert (programs.ends, programs.child.pid) == ([], None)


@virtual_time
async def test_a_program_that_does_not_end_in_its_time_is_killed() -> None:
    """And the log says so."""
    programs = Programs(stubborn=True)
    await programs.child.start()
    began_s = asyncio.get_running_loop().time()
    with capture_logs() as logs:
        await programs.child.stop()
    assert programs.started[0].killed
    assert asyncio.get_running_loop().time() - began_s == pytest.approx(SPEC.stop_within_s)
    assert [entry["event"] for entry in logs] == ["child_killed"]


@virtual_time
async def test_stopping_between_two_runs_starts_nothing() -> None:
    """It is dead, and stays so."""
    programs = Programs()
    await programs.child.start()
    programs.started[0].end(1)
    await asyncio.sleep(FIRST_PAUSE_S / 2)
    await programs.child.stop()
    await asyncio.sleep(60)
    assert len(programs.started) == 1
