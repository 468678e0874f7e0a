"""Functions in a call: where they run, how long, and what becomes of their errors."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.agi.session import AgiSession
from engine.house import House as EntryPoints
from ivr.functions import flow_function, marked
from ivr.steps.base import Known
from tests.fakes.agi_client import FakeCall, conversation
from tests.fakes.house import House
from tests.unit.conversation import program
from tests.unit.test_engine_call import OK

pytestmark = pytest.mark.unit


FLOW = """
languages: [en]
start: ask
vars: {name: {type: text}}
steps:
  ask:
    python: {call: function, give: {number: "{call.caller}"}, take: {name: result}, timeout: 50ms}
    next: hello
    on_error: sorry
  hello: {say: "Hello {name}", next: end}
  sorry: {say: Sorry, next: end}
  end: {hangup: normal}
"""


@asynccontextmanager
async def calling(
    function: Callable[..., Any] | None = None,
) -> AsyncIterator[tuple[House, FakeCall]]:
    """A call whose flow calls the function, which is known by the name ``function``."""
    mark = marked(function)
    known = Known(functions={"function": mark} if mark is not None else None)
    house = House({"support": program(FLOW, known)})

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_call(session, "+3615550100")

    async with conversation(handler) as call:
        await call.answers('EXEC Answer ",i"', OK)
        yield house, call


async def hears(call: FakeCall, said: str) -> None:
    await call.answers(f'STREAM FILE {said} ""', "200 result=0 endpos=1")
    await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    await call.answers("HANGUP", "200 result=1")


async def test_a_plain_function_runs_in_a_thread() -> None:
    """It may block without holding up other calls."""
    threads: list[str] = []

    @flow_function
    def function(number: str) -> str:
        threads.append(threading.current_thread().name)
        return f"{number[-3:]}x"

    async with calling(function) as (_, call):
        await call.answers('STREAM FILE hello ""', "200 result=0 endpos=1")
        for _ in "567":
            assert (await call.hears()).startswith("STREAM FILE ")
            call.says("200 result=0 endpos=1")
        await hears(call, "x")
    assert threads == ["flow function"]


async def test_a_coroutine_function_runs_in_the_loop() -> None:
    """With the engine's other work."""

    @flow_function
    async def function(number: str) -> str:
        await asyncio.sleep(0)
        return "anna"

    async with calling(function) as (_, call):
        await hears(call, "hello_anna")


async def test_a_function_that_raises_is_told_without_its_words() -> None:
    """They may hold what the caller keyed; where it happened is what its author needs."""

    @flow_function
    def function(number: str) -> str:
        raise ValueError(f"no {number}")

    with capture_logs() as lines:
        async with calling(function) as (_, call):
            await hears(call, "sorry")
    (told,) = [line for line in lines if line["event"] == "function_failed"]
    assert (told["function"], told["error"]) == ("function", "ValueError")
    assert told["at"][-1].startswith("test_function_calls.py:")
    assert told["at"][-1].endswith(" function")
    assert "36301234567" not in str(lines)


async def test_a_function_cannot_end_the_engine() -> None:
    """Neither from a thread nor from the loop."""

    @flow_function
    async def function(number: str) -> str:
        raise SystemExit

    async with calling(function) as (_, call):
        await hears(call, "sorry")


@pytest.mark.parametrize("blocks", [True, False])
async def test_a_slow_function_is_not_waited_for(blocks: bool) -> None:
    """A thread goes on unheard, a coroutine is cancelled."""
    gate, cancelled = threading.Event(), asyncio.Event()

    @flow_function
    def blocking(number: str) -> str:
        gate.wait(5)
        return ""

    @flow_function
    async def waiting(number: str) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return ""

    async with calling(blocking if blocks else waiting) as (house, call):
        await hears(call, "sorry")
    gate.set()
    told = [entry.fields.get("did") for entry in house.writer.row.timeline]
    assert "failed: the function took too long" in told
    assert blocks or cancelled.is_set()


async def test_a_coroutine_that_handles_its_end_is_not_waited_for() -> None:
    """It may close what it opened; the caller goes on at the time limit."""
    gate, ended = asyncio.Event(), asyncio.Event()

    @flow_function
    async def closing(number: str) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            await gate.wait()
            ended.set()
        return ""

    async with calling(closing) as (_, call):
        await hears(call, "sorry")
        assert not ended.is_set()
        gate.set()
        await asyncio.wait_for(ended.wait(), 5)


async def test_a_function_that_is_gone_leads_to_on_error() -> None:
    """The version was published before its functions were part of it."""
    async with calling() as (house, call):
        await hears(call, "sorry")
    told = [entry.fields.get("did") for entry in house.writer.row.timeline]
    assert "failed: there is no such function" in told
