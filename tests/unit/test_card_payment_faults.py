"""Payments that an agent takes while something goes wrong: nobody is kept masked, and none is told
otherwise than it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.errors import SessionClosed
from payments.cashier import Outcome
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

    async def breaks(*_given: object, **_named: object) -> Outcome:
        raise AttributeError("nobody thought of this")

    monkeypatch.setattr(anna.paying.money.cashier, "pay", breaks)
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
