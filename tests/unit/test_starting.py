"""A program that is started: how long it may take, and what is told when it does not come."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine import starting
from engine.children import ChildSpec
from engine.errors import ChildFailed
from engine.starting import Comebacks, until_ready
from tests.fakes.virtual_loop import virtual_time

pytestmark = pytest.mark.unit


class Program:
    """It writes a line every ten seconds for as long as it gets on, and is ready at some time."""

    def __init__(self, log: Path, ready_s: float, silent_s: float = 1e9) -> None:
        self.spec = ChildSpec("engine", ["engine"], log, {})
        self.ended = asyncio.Event()
        self._ready_s, self._silent_s = ready_s, silent_s

    async def started(self) -> float:
        """How long it was waited for."""
        writing = asyncio.create_task(self._write())
        try:
            await until_ready(self.spec, self._ready, self.ended, 90)
        finally:
            writing.cancel()
            await asyncio.wait({writing})
        return self._now()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _ready(self) -> bool:
        return self._now() >= self._ready_s

    async def _write(self) -> None:
        while self._now() < self._silent_s:
            with self.spec.log.open("a") as log:
                log.write("prompts made\n")
            await asyncio.sleep(10)


@virtual_time
async def test_a_start_may_take_as_long_as_it_gets_on(tmp_path: Path) -> None:
    """Hundreds of prompts on a slow machine are minutes, and no failure."""
    assert 600 <= await Program(tmp_path / "log", 600).started() < 601


@virtual_time
async def test_a_start_without_a_word_is_given_up(tmp_path: Path) -> None:
    """Its log, which is named, tells the last that it did."""
    with pytest.raises(ChildFailed, match="not ready, and silent for 90 s"):
        await Program(tmp_path / "log", 600, silent_s=100).started()


@virtual_time
async def test_a_start_is_given_up_at_last_whatever_is_written(tmp_path: Path) -> None:
    """Who only writes that something fails never comes up."""
    with pytest.raises(ChildFailed):
        await Program(tmp_path / "log", starting.LONGEST_S + 60).started()


@virtual_time
async def test_who_ends_while_starting_is_told_so(tmp_path: Path) -> None:
    """At once, not when its time is over."""
    program = Program(tmp_path / "log", 600)
    program.ended.set()
    with pytest.raises(ChildFailed, match="it ended while starting"):
        await program.started()


@virtual_time
async def test_one_that_ended_is_told_to_be_back_when_it_is_ready_again() -> None:
    """Once, though it ended twice; and again the next time. What is not back at the end is told of
    nothing."""
    told: list[str] = []
    is_ready, never = asyncio.Event(), asyncio.Event()

    async def ready() -> bool:
        return is_ready.is_set()

    async def not_ready() -> bool:
        return never.is_set()

    comebacks = Comebacks(told.append)
    for times in (1, 2):
        is_ready.clear()
        comebacks.expect("engine", ready)
        comebacks.expect("engine", ready)
        await asyncio.sleep(60)
        assert told == ["engine"] * (times - 1)
        is_ready.set()
        await asyncio.sleep(60)
        assert told == ["engine"] * times
    comebacks.expect("asterisk", not_ready)
    await comebacks.stop()
    assert told == ["engine", "engine"]
