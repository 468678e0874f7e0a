"""Leaving a queue by key, and being called back: with a real caller, agent and carrier."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from phones.phone import Call, Phone
from phones.protocol import AnswerCalls, RefuseCalls
from tests.sip.hearing import tone_at
from tests.sip.promises import AGENT_HZ, CUSTOMER, CUSTOMER_HZ, gone
from tests.sip.running_site import NUMBER, Json, RunningSite, running_site

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

FLOWS = {
    "desk": """\
flow: desk
about: A queue with keys, for tests
owner: test@example.test
languages: [en, hu]
start: line
steps:
  line:
    queue: support
    while_waiting:
      say_position: no
      offer:
        prompt: {en: To be called back press one., hu: Visszahíváshoz nyomja meg az egyest.}
        keys: {1: promise, 2: bye, 3: elsewhere}
    answered: thanks
    on_error: bye
  promise: {callback: {}, next: confirmed, already: bye, on_error: bye}
  elsewhere: {callback: billing, next: confirmed}
  confirmed: {say: {en: We will call you back., hu: Visszahívjuk.}, next: bye}
  thanks: {say: {en: Thank you., hu: Köszönjük.}, next: bye, on_error: bye}
  bye: {hangup: normal}
"""
}


def _short_retries(site: Json) -> None:
    site["callbacks"] = {"tries": "2", "retry_after": "1s", "ring_timeout": "5s"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site whose one number leads straight into a queue."""
    async with running_site(tmp_path_factory.mktemp("site"), _short_retries, FLOWS) as running:
        yield running


async def waiting(site: RunningSite, customer: Phone) -> tuple[Call, str]:
    """A call that hears music in the queue, and its contact."""
    call = await customer.dial(f"sip:{NUMBER}@{site.card['sip']['trunk']}")
    await call.answered()
    contact = (await site.only_call("queue"))["id"]
    await call.first_audio()
    await asyncio.sleep(0.4)
    return call, contact


async def promised(site: RunningSite, customer: Phone, key: str = "1") -> str:
    """The customer has waited, pressed the key and heard the confirmation to its end."""
    call, contact = await waiting(site, customer)
    await call.send_digits(key)
    assert not (await call.ended(10)).by_us
    assert (await site.only_call("callback"))["id"] == contact
    return contact


async def test_a_key_leaves_the_queue_while_music_plays(site: RunningSite, customer: Phone) -> None:
    """And while the offer is spoken: at once, not at its end."""
    for pause_s in (0.0, 1.5):
        call, contact = await waiting(site, customer)
        await asyncio.sleep(pause_s)
        await call.send_digits("2")
        await call.ended(1.5)
        row = await site.row(contact)
        assert row["outcome"] == "flow_ended"
        (left,) = [entry for entry in row["timeline"] if entry["what"] == "left_queue"]
        assert left["fields"] == {"reason": "key"}


async def test_other_keys_do_nothing(site: RunningSite, customer: Phone) -> None:
    """The caller waits on."""
    call, contact = await waiting(site, customer)
    await call.send_digits("9#")
    await asyncio.sleep(0.5)
    assert (await site.only_call("queue"))["id"] == contact
    await call.hang_up()
    assert (await site.row(contact))["outcome"] == "abandoned"


async def test_a_customer_is_called_back_and_talks(site: RunningSite, customer: Phone) -> None:
    """Promise, hang-up, an agent comes: the agent's phone shows the customer and rings first,
    then the customer's; both hear each other, and one row tells it all."""
    await customer.policy(AnswerCalls(after_ms=300))
    contact = await promised(site, customer)
    status = await site.client.get("/api/status")
    assert next(q for q in status["queues"] if q["name"] == "support")["waiting"] == 1
    anna = await site.phone("anna", AnswerCalls(after_ms=50))
    taken = await anna.incoming()
    await taken.answered()
    assert CUSTOMER in taken.peer
    back = await customer.incoming(15)
    await back.answered()
    await back.play_tone(CUSTOMER_HZ)
    await taken.play_tone(AGENT_HZ)
    await tone_at(taken, CUSTOMER_HZ, -12)
    await tone_at(back, AGENT_HZ, -12)
    assert (await site.only_call("conversation"))["id"] == contact
    await asyncio.sleep(0.5)
    await taken.hang_up()
    await back.ended(10)
    row = await site.row(contact)
    assert (row["outcome"], row["ended_by"], row["agent"]) == ("answered", "agent", "anna")
    told = [entry["what"] for entry in row["timeline"]]
    order = ["callback_promised", "ringing", "calling_back", "answered", "conversation_ended"]
    assert [what for what in told if what in order] == order
    assert CUSTOMER[1:] not in str(row["timeline"])
    await site.agent_is("anna", "available")
    await gone(site, anna)


async def test_a_customer_who_is_busy_is_tried_again_and_then_given_up(
    site: RunningSite, customer: Phone
) -> None:
    """Twice here; the agent is free again each time, and the row says what became of it."""
    await customer.policy(RefuseCalls())
    contact = await promised(site, customer)
    anna = await site.phone("anna", AnswerCalls(after_ms=50))
    for _ in range(2):
        taken = await anna.incoming(15)
        await taken.answered()
        await (await customer.incoming(15)).ended()
        await taken.ended(15)
    row = await site.row(contact)
    assert (row["outcome"], row["ended_by"], row["agent"]) == ("not_reached", "engine", None)
    reasons = [e["fields"]["reason"] for e in row["timeline"] if e["what"] == "not_called_back"]
    assert reasons == ["busy", "busy"]
    await site.agent_is("anna", "available")
    await gone(site, anna)


async def test_a_customer_who_calls_again_and_is_answered_is_not_called_back(
    site: RunningSite, customer: Phone
) -> None:
    """The promise ends with the answer, and its row says why."""
    contact = await promised(site, customer, "3")
    call = await customer.dial(f"sip:{NUMBER}@{site.card['sip']['trunk']}")
    await call.answered()
    anna = await site.phone("anna", AnswerCalls(after_ms=50))
    taken = await anna.incoming()
    await taken.answered()
    assert (await site.row(contact))["outcome"] == "called_again"
    assert (await site.only_call("conversation"))["id"] != contact
    await call.hang_up()
    await taken.ended(15)
    await site.agent_is("anna", "available")
    await gone(site, anna)


async def test_a_customer_who_calls_again_and_gives_up_is_called_back_once(
    site: RunningSite, customer: Phone
) -> None:
    """The second call is the one in line, and the callback when it has ended: one row each."""
    await customer.policy(AnswerCalls(after_ms=300))
    contact = await promised(site, customer)
    call, again = await waiting(site, customer)
    assert (await site.row(contact))["outcome"] == "called_again"
    await call.hang_up()
    assert (await site.only_call("callback"))["id"] == again
    anna = await site.phone("anna", AnswerCalls(after_ms=50))
    taken = await anna.incoming()
    await taken.answered()
    back = await customer.incoming(15)
    await back.play_tone(CUSTOMER_HZ)
    await taken.hear_tone(CUSTOMER_HZ)
    await taken.hang_up()
    await back.ended(10)
    assert (await site.row(again))["outcome"] == "answered"
    status = await site.client.get("/api/status")
    assert next(q for q in status["queues"] if q["name"] == "support")["waiting"] == 0
    await site.agent_is("anna", "available")
    await gone(site, anna)


async def test_a_promise_outlives_the_engine(site: RunningSite, customer: Phone) -> None:
    """SIGKILL while the contact waits: the next engine keeps the promise."""
    await customer.policy(AnswerCalls(after_ms=300))
    contact = await promised(site, customer)
    await site.kill_engine()
    await site.engine_back()
    assert (await site.only_call("callback"))["id"] == contact
    anna = await site.phone("anna", AnswerCalls(after_ms=50))
    taken = await anna.incoming()
    await taken.answered()
    back = await customer.incoming(15)
    await back.answered()
    await back.play_tone(CUSTOMER_HZ)
    await taken.hear_tone(CUSTOMER_HZ)
    await back.hang_up()
    await taken.ended(10)
    row = await site.row(contact)
    assert (row["outcome"], row["ended_by"]) == ("answered", "caller")
    await gone(site, anna)
