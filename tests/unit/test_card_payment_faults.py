"""Payments that an agent takes while something goes wrong: nobody is kept masked, and none is told
otherwise than it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import SessionClosed
from engine.paying.captures import Order
from payments.capture import Field
from payments.gateways import Answer
from payments.gateways.stripe import StripeGateway
from payments.ledger import State
from tests.fakes.captures import HeldCapture
from tests.fakes.paying import CONTACT, Desk, Json, desk

pytestmark = pytest.mark.unit

VISA, NO_FUNDS = "4242424242424242", "4000000000009995"
KEYED = "1230123"
"""December 2030, and a code of three digits."""


@pytest.fixture
async def anna(tmp_path: Path) -> AsyncIterator[Desk]:
    """In conversation with a caller, a payment begun."""
    async with desk(tmp_path) as at_desk:
        await at_desk.starts()
        yield at_desk


async def keyed(anna: Desk, number: str = VISA) -> Json:
    """A whole card."""
    anna.caller.keys(f"{number}#{KEYED}")
    return await anna.sees("complete")


async def ended(anna: Desk) -> Json:
    """The end that every test comes to, with nothing left open."""
    state = await anna.sees("ended")
    await anna.paying.house.tasks.rest()
    assert anna.caller.closed == 1
    assert anna.paying.takings.of(CONTACT) is None
    return state


async def test_a_fault_of_ours_keeps_nobody_masked(
    anna: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the money is asked for: it may have been made, so nobody is told otherwise, and the
    lines are as they were."""

    async def breaks(*_given: object, **_named: object) -> Answer:
        raise AttributeError("nobody thought of this")

    monkeypatch.setattr(StripeGateway, "charge", breaks)
    await keyed(anna)
    await anna.leads("complete")
    assert (await ended(anna))["result"] == "outcome-unknown"


async def test_lines_that_do_not_come_back_are_no_end_of_the_engine(
    anna: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How it ended is told and written down all the same, and no other call suffers."""
    capture = anna.caller

    async def breaks() -> None:
        capture.closed += 1
        raise SessionClosed("Asterisk is gone")

    monkeypatch.setattr(capture, "close", breaks)
    await keyed(anna)
    await anna.leads("complete")
    assert (await ended(anna))["result"] == "success"
    audit = [each.what for each in await anna.paying.ledger.audit(anna.payment)]
    assert audit[-1] == "capture ended"


async def test_who_hangs_up_after_a_decline_ends_it(anna: Desk) -> None:
    """The card is not kept for an agent who could still try again."""
    await keyed(anna, NO_FUNDS)
    await anna.leads("complete")
    await anna.sees("declined")
    anna.caller.hangs_up()
    assert (await ended(anna))["result"] == "declined"


@pytest.mark.parametrize(
    ("act", "result"),
    [("hangs_up", "caller-hung-up"), ("star", "caller-interrupted-with-star")],
)
async def test_a_caller_may_be_faster_than_the_money(
    anna: Desk, monkeypatch: pytest.MonkeyPatch, act: str, result: str
) -> None:
    """Between the agent's word and the card: it ends as the caller wanted, is not asked for again
    and again, and nothing is charged."""
    caller, begin = anna.caller, anna.paying.ledger.begin

    async def begins(*given: Any) -> Any:
        caller.keys("*") if act == "star" else caller.hangs_up()
        return await begin(*given)

    await keyed(anna)
    monkeypatch.setattr(anna.paying.ledger, "begin", begins)
    began_ms = anna.paying.money.clock.now_ms
    await anna.leads("complete")
    state = await ended(anna)
    assert (state["result"], state["problem"]) == (result, None)
    assert anna.paying.money.clock.now_ms == began_ms
    assert (await anna.paying.ledger.payment(anna.payment)).state is State.OPEN


async def test_a_field_may_be_reset_in_the_last_moment(
    anna: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was to be charged is not there any more; the capture goes on, and is charged then."""
    ledger = anna.paying.ledger
    begin, settle = ledger.begin, ledger.settle
    settled = asyncio.Event()

    async def begins(*given: Any) -> Any:
        await anna.caller.reset(Field.CODE)
        return await begin(*given)

    async def settles(*given: Any) -> Any:
        monkeypatch.undo()
        settled.set()
        return await settle(*given)

    await keyed(anna)
    monkeypatch.setattr(ledger, "begin", begins)
    monkeypatch.setattr(ledger, "settle", settles)
    await anna.leads("complete")
    await anna.sees("capturing", asked="security-code")
    await settled.wait()
    anna.caller.keys("123")
    await anna.sees("complete")
    async with asyncio.timeout(5):
        while (await anna.leads("complete"))[0] == 409:  # the first try is being written down
            continue
    assert (await ended(anna))["result"] == "success"


async def test_a_start_that_is_sent_twice_waits_for_the_same_lines(
    anna: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is answered that it has begun may have the caller key."""
    await anna.leads("cancel")
    await ended(anna)
    opening, asked = asyncio.Event(), asyncio.Event()
    beside = anna.paying.captures.beside

    async def opens(contact: str, order: Order) -> HeldCapture:
        asked.set()
        await opening.wait()
        return await beside(contact, order)

    monkeypatch.setattr(anna.paying.captures, "beside", opens)
    starts = [asyncio.create_task(anna.starts(key="43")) for _ in range(2)]
    await asked.wait()
    opening.set()
    first, second = [await each for each in starts]
    assert (first[0], second[0]) == (201, 201)
    assert first[1]["payment"] == second[1]["payment"] is not None
    await anna.leads("cancel")
    await ended(anna)


async def test_who_cancels_while_another_retries_has_it_cancelled(
    anna: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supervisor and the agent at the same moment: nothing is keyed after the last word."""
    await keyed(anna, NO_FUNDS)
    await anna.leads("complete")
    await anna.sees("declined")
    declined = anna.caller.declined

    async def declines(anew: Collection[Field]) -> None:
        if not anew:
            await declined({Field.NUMBER})  # the other's word, in that moment
        await declined(anew)

    monkeypatch.setattr(anna.caller, "declined", declines)
    assert (await anna.leads("cancel"))[0] == 200
    assert (await ended(anna))["result"] == "cancelled-by-agent"
