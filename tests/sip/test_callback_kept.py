"""Promises that are kept whatever is lost, moved and called off: with real phones."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from phones.phone import Phone
from phones.protocol import AnswerCalls
from tests.sip.promises import (
    CUSTOMER_HZ,
    FLOWS,
    GREETING_HZ,
    confirmed,
    gone,
    listed,
    promised,
    short_tries,
    told,
)
from tests.sip.running_site import RunningSite, running_site

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

WRITTEN_S = 0.3
"""The history's batches are committed after 0.1 s at the latest."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site whose flow promises callbacks by key."""
    directory = tmp_path_factory.mktemp("site")
    async with running_site(directory, short_tries, FLOWS) as running:
        yield running


async def test_an_agent_says_that_it_is_a_machine(site: RunningSite, customer: Phone) -> None:
    """By #9 in the conversation: it was none, and the customer is called again."""
    await customer.policy(AnswerCalls())
    contact = await promised(site, customer, "2")
    anna = await site.phone("anna", AnswerCalls())
    taken = await anna.incoming()
    machine = await customer.incoming(15)
    await machine.play_tone(GREETING_HZ)
    await taken.hear_tone(GREETING_HZ)
    await machine.stop_playing()
    await taken.send_digits("#9")
    await taken.ended(5)
    await machine.ended(15)
    taken = await anna.incoming(15)
    back = await customer.incoming(15)
    await back.play_tone(CUSTOMER_HZ)
    await taken.hear_tone(CUSTOMER_HZ)
    await back.hang_up()
    row = await site.row(contact)
    assert (row["outcome"], len(told(row, "machine"))) == ("answered", 1)
    assert row["talk_ms"] < 5_000
    await site.agent_is("anna", "available")
    await gone(site, anna)


async def test_a_promise_outlives_the_live_state(site: RunningSite, customer: Phone) -> None:
    """The engine is killed and Redis has lost everything: it is kept at its time, once, and a
    supervisor sees it, moves it and may call it off."""
    contact = await promised(site, customer, "3")
    await site.only_call("callback")
    await asyncio.sleep(WRITTEN_S)
    await site.kill_engine()
    shutil.rmtree(site.directory / "var" / "redis", ignore_errors=True)
    await site.engine_back()
    (kept,) = await listed(site)
    assert (kept["contact"], kept["first"]) == (contact, "customer")
    assert (await site.trunkline("callbacks", "at", contact, "23:59"))[0] == 0
    assert (await listed(site))[0]["state"] == "later"
    anna = await site.phone("anna", AnswerCalls())
    assert (await site.trunkline("callbacks", "now", contact))[0] == 0
    back = await confirmed(customer)
    taken = await anna.incoming()
    await back.play_tone(CUSTOMER_HZ)
    await taken.hear_tone(CUSTOMER_HZ)
    await back.hang_up()
    assert (await site.row(contact))["outcome"] == "answered"
    assert await listed(site) == []
    await site.agent_is("anna", "available")
    await gone(site, anna)


async def test_a_supervisor_and_the_customer_call_it_off(
    site: RunningSite, customer: Phone
) -> None:
    """Each has its row; one that is over cannot be called off again."""
    first = await promised(site, customer, "1")
    assert (await site.trunkline("callbacks", "cancel", first))[0] == 0
    assert (await site.row(first))["outcome"] == "cancelled"
    assert (await site.trunkline("callbacks", "cancel", first))[0] == 1
    second = await promised(site, customer, "3")
    await promised(site, customer, "4")
    row = await site.row(second)
    assert (row["outcome"], row["ended_by"]) == ("cancelled", "caller")
