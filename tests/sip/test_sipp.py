"""SIPp through a real Asterisk: calls by the score, each one judged."""

from __future__ import annotations

import asyncio

import pytest

from phones.bank import PhoneBank
from phones.errors import SippFailed
from phones.protocol import LetRing
from phones.scenario import (
    Uniform,
    account,
    answered,
    await_bye,
    bye,
    calling,
    cancel,
    hang_up_sometimes,
    invite,
    pause,
    press,
    refused,
    table,
    uas_agent,
)
from phones.sipp import SippResult, SippRun, run_sipp
from tests.sip.plain_pbx import PlainPbx

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]


async def _call(pbx: PlainPbx, scenario: str, number: str, calls: int) -> SippResult:
    rows = table([(number, "+36301234567")])
    return await run_sipp(
        SippRun(scenario, f"127.0.0.1:{pbx.port}", calls, rows, rate=20, timeout_s=20)
    )


async def test_every_call_keys_its_own_digits(pbx: PlainPbx) -> None:
    """20 calls, each with digits of its own: all of them arrive, none twice."""
    keyed = [str(1000 + i) for i in range(20)]
    scenario = calling(
        "digits", invite(), answered(), pause(600), press("[field2]"), await_bye(8000)
    )
    rows = table([("read", f"+3630{digits}000", digits) for digits in keyed])
    run = SippRun(scenario, f"127.0.0.1:{pbx.port}", 20, rows, rate=20, timeout_s=30)
    result = await run_sipp(run)
    assert (result.successful, result.failed) == (20, 0), result
    assert sorted(pbx.digits) == keyed


async def test_some_callers_hang_up_early(pbx: PlainPbx) -> None:
    """Half of the calls skip the pause: all end well, and the mean length shows both kinds."""
    scenario = calling(
        "impatient", invite(), answered(), hang_up_sometimes(0.5), pause(Uniform(400, 500)), bye()
    )
    result = await _call(pbx, scenario, "echo", 30)
    assert (result.successful, result.failed) == (30, 0), result
    assert 0.02 < result.mean_call_s < 0.45


async def test_a_refusal_can_be_what_is_wanted(pbx: PlainPbx) -> None:
    """404 is a success for a scenario that waits for it, a failure for one that does not."""
    assert (await _call(pbx, calling("404", invite(), refused(404)), "nobody", 3)).successful == 3
    result = await _call(pbx, calling("answer", invite(), answered(), bye()), "nobody", 3)
    assert result.failed == 3
    assert result.causes == {"FailedUnexpectedMessage": 3}
    assert any("404" in line for line in result.errors)


async def test_callers_cancel_while_it_rings(pbx: PlainPbx) -> None:
    """CANCEL before the answer ends in 487, for every call."""
    async with PhoneBank.open() as bank:
        anna = await bank.phone("anna", "secret-anna", "127.0.0.1", pbx.port, incoming=LetRing())
        await anna.register()
        result = await _call(pbx, calling("cancel", invite(), cancel(100)), "anna", 5)
        await anna.unregister()
    assert (result.successful, result.failed) == (5, 0), result


@pytest.mark.parametrize("talk", [None, Uniform(100, 300)])
async def test_sipp_takes_calls_as_an_agent(pbx: PlainPbx, talk: Uniform | None) -> None:
    """A SIPp agent registers by digest, answers, and hangs up itself or waits for the BYE."""
    remote = f"127.0.0.1:{pbx.port}"
    agent = uas_agent(ringing=50, talk=talk)
    rows = table([account("bela", "secret-bela")])
    port = pbx.carrier_port
    registered = await run_sipp(SippRun(agent.register, remote, 1, rows, local_port=port))
    assert registered.successful == 1, registered
    ending = (pause(200), bye()) if talk is None else (await_bye(5000),)
    callee = asyncio.create_task(
        run_sipp(SippRun(agent.take_calls, remote, 5, local_port=port, timeout_s=20))
    )
    await asyncio.sleep(0.2)
    callers = await _call(pbx, calling("to agent", invite(), answered(), *ending), "bela", 5)
    assert (callers.successful, callers.failed) == (5, 0), callers
    assert (await callee).successful == 5


async def test_a_broken_scenario_is_told_from_failed_calls(pbx: PlainPbx) -> None:
    """When SIPp cannot run at all, that is an error with SIPp's own words."""
    with pytest.raises(SippFailed, match="xml"):
        await _call(pbx, "<scenario>", "echo", 1)


async def test_a_run_is_stopped_in_time(pbx: PlainPbx) -> None:
    """A run that takes too long is stopped, and says so."""
    scenario = calling("long", invite(), answered(), pause(60_000), bye())
    rows = table([("echo", "+36301234567")])
    run = SippRun(scenario, f"127.0.0.1:{pbx.port}", 1, rows, timeout_s=1)
    assert (await run_sipp(run)).timed_out
