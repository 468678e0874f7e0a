"""Agents at their phones: longest idle first, not answering, pauses and codes."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from phones.phone import Call, Phone
from phones.protocol import AnswerCalls, LetRing
from tests.sip.running_site import RunningSite
from tests.sip.test_call import key

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]


async def dial_code(site: RunningSite, phone: Phone, code: str) -> None:
    """Dial a short code and listen to its confirmation to the end."""
    call = await phone.dial(f"sip:{code}@{site.card['sip']['address']}")
    await call.answered()
    await call.first_audio()
    await call.ended(15)


async def has_talked(site: RunningSite) -> tuple[Phone, Call]:
    """Anna's phone, which has just hung up, and the call that she took."""
    anna = await site.agent("anna")
    call = await site.call()
    await call.first_audio()
    await key(site, call, "1", "4711")
    taken = await anna.incoming()
    await taken.answered()
    await asyncio.sleep(0.6)
    await taken.hang_up()
    return anna, call


async def test_the_longest_idle_agent_is_rung_first(site: RunningSite) -> None:
    """Of two agents with the skill, the one idle for longer gets the call; then the other."""
    anna = await site.agent("anna")
    bela = await site.agent("bela")
    for phone in (anna, bela, anna):
        call = await site.call()
        await call.first_audio()
        await key(site, call, "1", "4711")
        taken = await phone.incoming()
        await taken.answered()
        await asyncio.sleep(0.6)
        await taken.hang_up()
        await call.ended()
        await site.agent_is(phone.user, "available")
    for phone in (anna, bela):
        await phone.unregister()
        await site.agent_is(phone.user, "offline")


async def test_a_phone_that_does_not_answer_is_passed_by(site: RunningSite) -> None:
    """The agent becomes "not responding", the caller keeps the place at the head, and the next
    agent is rung for the caller at once; the code for resume brings the silent one back."""
    bela = await site.agent("bela", LetRing())
    first = await site.call("+36201000001")
    await first.first_audio()
    await key(site, first, "1", "4711")
    ringing = await bela.incoming()
    second = await site.call("+36201000002")
    await second.first_audio()
    await key(site, second, "1", "4712")
    await ringing.ended(6)
    await site.agent_is("bela", "not_responding")
    anna = await site.phone("anna", AnswerCalls(after_ms=50))
    taken = await anna.incoming()
    await taken.answered()
    await first.play_tone(440)
    await taken.hear_tone(440)
    await second.hang_up()
    await first.hang_up()
    await taken.ended()
    await bela.policy(AnswerCalls(after_ms=50))
    await dial_code(site, bela, "*13")
    await site.agent_is("bela", "available")
    for phone in (anna, bela):
        await phone.unregister()
        await site.agent_is(phone.user, "offline")


async def test_short_codes_pause_resume_log_out_and_in(site: RunningSite) -> None:
    """Each code does what it says, and the phone hears a confirmation."""
    cili = await site.agent("cili")
    await dial_code(site, cili, "*122")
    assert (await site.agent_is("cili", "paused"))["detail"] == "training"
    await dial_code(site, cili, "*13")
    await site.agent_is("cili", "available")
    await dial_code(site, cili, "*12")
    assert (await site.agent_is("cili", "paused"))["detail"] == "lunch"
    await dial_code(site, cili, "*10")
    await site.agent_is("cili", "offline")
    await dial_code(site, cili, "*11")
    await site.agent_is("cili", "available")
    await cili.unregister()
    await site.agent_is("cili", "offline")


async def test_wrap_up_is_ended_early_by_code(site: RunningSite) -> None:
    """An agent in wrap-up who dials the code is available at once."""
    anna, call = await has_talked(site)
    await site.agent_is("anna", "wrap_up")
    await dial_code(site, anna, "*14")
    await site.agent_is("anna", "available")
    await call.ended()
    await anna.unregister()


async def test_a_paused_agent_is_not_rung(site: RunningSite) -> None:
    """A contact waits although an agent with the skill is registered, because of the pause."""
    cili = await site.agent("cili")
    await dial_code(site, cili, "*12")
    await site.agent_is("cili", "paused")
    call = await site.call()
    await call.first_audio()
    await key(site, call, "2")
    await site.only_call("queue")
    await asyncio.sleep(1)
    await site.only_call("queue")
    await dial_code(site, cili, "*13")
    taken = await cili.incoming()
    await taken.answered()
    await call.hang_up()
    await taken.ended()
    await cili.unregister()


async def test_an_agent_who_leaves_at_once_does_not_end_the_call(site: RunningSite) -> None:
    """A leg that is gone before the two are joined leaves the caller in the line, and the next
    agent gets the call."""
    bela = await site.agent("bela", LetRing())
    call = await site.call()
    await call.first_audio()
    await key(site, call, "1", "4711")
    taken = await bela.incoming()
    with engine_held(site):
        await taken.answer()
        await taken.answered()
        await taken.hang_up()
    anna = await site.phone("anna", AnswerCalls(after_ms=50))
    again = await anna.incoming()
    await again.answered()
    await again.play_tone(620)
    await call.hear_tone(620)
    await call.hang_up()
    await again.ended()
    for phone in (anna, bela):
        await phone.unregister()


@contextmanager
def engine_held(site: RunningSite) -> Iterator[None]:
    """The engine stands still meanwhile: it learns of all that happened in one go."""
    pid = int(site.card["pid"])
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
