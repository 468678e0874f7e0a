"""The load caller through a real Asterisk: every call judged by what it heard and keyed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from phones.loadcall import LoadCall
from phones.rtpload import Load, LoadCaller
from tests.sip.plain_pbx import PlainPbx

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def caller(pbx: PlainPbx) -> AsyncIterator[LoadCaller]:
    async with LoadCaller.open(("127.0.0.1", pbx.port)) as opened:
        yield opened


async def _menu(call: LoadCall) -> None:
    await call.dial()
    await call.hear()
    await call.press(str(1000 + call.number))
    await call.bye()


@pytest.mark.alone
async def test_every_call_hears_the_prompt_and_is_understood(
    pbx: PlainPbx, caller: LoadCaller
) -> None:
    """40 calls at 40/s: all hear the same prompt, and all their digits arrive."""
    records = await caller.run(_menu, Load("read", calls=40, rate=40))
    assert [record.failure for record in records] == [""] * 40
    assert sorted(pbx.digits) == [str(1000 + number) for number in range(40)]
    assert len({record.spurts[0].fingerprint for record in records}) == 1
    assert all(record.first_prompt_ms is not None for record in records)
    assert not any(record.by_us for record in records)


async def test_a_caller_hangs_up_at_any_stage(caller: LoadCaller) -> None:
    """Before the answer, in the prompt, after it: each ends by our own doing."""

    async def stages(call: LoadCall) -> None:
        await call.dial()
        if call.number % 2:
            await call.hear()
        await call.hang_up()

    records = await caller.run(stages, Load("read", calls=6, rate=20))
    assert [(record.failure, record.by_us) for record in records] == [("", True)] * 6


async def test_a_refused_call_is_a_failure_with_its_status(caller: LoadCaller) -> None:
    """404 fails the script that wanted an answer, and says why."""
    (record,) = await caller.run(_menu, Load("nobody", calls=1, rate=1))
    assert record.status == 404
    assert record.failure == "refused with 404"


async def test_a_failed_script_leaves_no_call_behind(caller: LoadCaller) -> None:
    """A script that waits in vain gives its record, and its call is hung up."""

    async def deaf(call: LoadCall) -> None:
        await call.dial()
        await call.hear()
        await call.hear(timeout_s=0.2)

    (record,) = await caller.run(deaf, Load("read", calls=1, rate=1))
    assert record.failure == "sound: not within 0.2 s"
    assert record.by_us


async def test_a_call_is_cancelled_before_the_answer(caller: LoadCaller, pbx: PlainPbx) -> None:
    """Nobody registered answers at the trunk: CANCEL ends the call with 487."""

    async def impatient(call: LoadCall) -> None:
        dialling = asyncio.create_task(call.dial())
        await asyncio.sleep(0.2)
        await call.cancel()
        await asyncio.wait({dialling})
        dialling.exception()

    (record,) = await caller.run(impatient, Load("fallback", calls=1, rate=1))
    assert (record.status, record.by_us, record.answered_ns) == (487, True, None)
