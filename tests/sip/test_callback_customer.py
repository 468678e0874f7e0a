"""Customers who are called before an agent is, and machines: with real phones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from phones.phone import Phone
from phones.protocol import AnswerCalls, LetRing, RefuseCalls
from tests.sip.promises import (
    AGENT_HZ,
    CUSTOMER_HZ,
    FLOWS,
    GREETING_HZ,
    confirmed,
    gone,
    hears_after_silence,
    promised,
    short_tries,
    told,
)
from tests.sip.running_site import RunningSite, running_site

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

JOINED_WITHIN_MS = 200


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site whose flow promises callbacks by key."""
    directory = tmp_path_factory.mktemp("site")
    async with running_site(directory, short_tries, FLOWS) as running:
        yield running


async def test_a_customer_who_is_there_is_joined_at_once(
    site: RunningSite, customer: Phone
) -> None:
    """The agent's phone rings once the customer has pressed one; both hear each other."""
    await customer.policy(AnswerCalls(after_ms=200))
    contact = await promised(site, customer, "1")
    anna = await site.phone("anna", AnswerCalls())
    back = await confirmed(customer)
    taken = await anna.incoming()
    await taken.answered()
    await back.play_tone(CUSTOMER_HZ)
    await taken.play_tone(AGENT_HZ)
    await taken.hear_tone(CUSTOMER_HZ)
    await back.hear_tone(AGENT_HZ)
    assert (await site.only_call("conversation"))["id"] == contact
    await taken.hang_up()
    await back.ended(10)
    row = await site.row(contact)
    assert (row["outcome"], row["agent"]) == ("answered", "anna")
    (there,), (answered,) = told(row, "customer_confirmed"), told(row, "answered")
    assert answered["at_ms"] - there["at_ms"] <= JOINED_WITHIN_MS
    await site.agent_is("anna", "available")
    await gone(site, anna)


async def test_a_customer_whose_agent_has_gone_waits_for_the_next(
    site: RunningSite, customer: Phone
) -> None:
    """At the front of the queue, on the line; it is one call to them."""
    await customer.policy(AnswerCalls())
    contact = await promised(site, customer, "1")
    anna = await site.phone("anna", LetRing())
    back = await confirmed(customer)
    await anna.incoming()
    await site.agent_is("anna", "not_responding")
    bela = await site.phone("bela", AnswerCalls())
    taken = await bela.incoming()
    await back.play_tone(CUSTOMER_HZ)
    await taken.hear_tone(CUSTOMER_HZ)
    await back.hang_up()
    await taken.ended(10)
    row = await site.row(contact)
    assert (row["outcome"], row["agent"], len(told(row, "calling_back"))) == ("answered", "bela", 1)
    await site.agent_is("bela", "available")
    await gone(site, anna, bela)


async def test_a_machine_is_nobodys_conversation(site: RunningSite, customer: Phone) -> None:
    """It plays its greeting and presses nothing: a message is left, no agent is rung, and the call
    counts. Busy the next time, the customer is given up."""
    await customer.policy(AnswerCalls())
    contact = await promised(site, customer, "1")
    anna = await site.phone("anna", AnswerCalls())
    machine = await customer.incoming(15)
    await machine.play_tone(GREETING_HZ)
    await machine.answered()
    await asyncio.sleep(3)
    await machine.stop_playing()
    await customer.policy(RefuseCalls())
    await hears_after_silence(machine)
    await machine.ended(25)
    await (await customer.incoming(15)).ended()
    row = await site.row(contact)
    assert (row["outcome"], row["agent"]) == ("not_reached", None)
    reasons = [entry["fields"]["reason"] for entry in told(row, "not_called_back")]
    assert reasons == ["not_confirmed", "busy"]
    assert not told(row, "ringing")
    await site.agent_is("anna", "available")
    await gone(site, anna)
