"""Agents' codes at their limits, a supervisor's word, and phones that vanish: with real phones."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest
import pytest_asyncio

from phones.protocol import LetRing
from tests.sip.running_site import Json, RunningSite, running_site
from tests.sip.test_agents import dial_code, has_talked
from tests.sip.test_call import key

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]


OFTEN = """\
[anna](+type=aor)
qualify_frequency = 1
qualify_timeout = 1.0
"""


def _change(site: Json) -> None:
    """Notes of five seconds that can be made longer, and one agent at lunch at a time."""
    site["queues"]["support"]["wrap_up"] = {"time": "5s", "extend": "20s", "most": "25s"}
    site["queues"]["support"]["ring_timeout"] = "15s"
    site["pause_reasons"] = {"lunch": {"at_once": "1"}, "training": {}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site with limits, whose Asterisk asks anna's phone every second whether it is there."""
    directory = tmp_path_factory.mktemp("site")
    local = directory / "var" / "asterisk" / "local"
    local.mkdir(parents=True)
    (local / "pjsip.conf").write_text(OFTEN, "utf-8")
    async with running_site(directory, _change) as running:
        yield running


async def ordered(site: RunningSite, *words: str) -> Json:
    """What `trunkline agents` said, as a supervisor on this machine uses it."""
    code, printed = await site.trunkline("agents", *words, "--by", "maria", "--json")
    told: Json = json.loads(printed)
    return {**told, "code": code}


async def word(site: RunningSite, agent: str, order: Json) -> None:
    """The same over the API, as another program does."""
    told = await site.client.post(f"/api/agents/{agent}/orders", order)
    assert [each["id"] for each in told["agents"]] == [agent]


async def test_a_wrap_up_is_extended_by_code(site: RunningSite) -> None:
    """By as much as the queue says, once; a second time there is no more to have."""
    anna, call = await has_talked(site)
    before = await site.agent_is("anna", "wrap_up")
    assert before["until_ms"] - before["since_ms"] == 5_000
    for _ in range(2):
        await dial_code(site, anna, "*16")
        after = await site.agent_is("anna", "wrap_up")
        assert after["until_ms"] - after["since_ms"] == 25_000
    await word(site, "anna", {"verb": "end_wrap_up", "by": "maria"})
    await site.agent_is("anna", "available")
    await call.ended()
    await anna.unregister()


async def test_a_pause_is_refused_when_as_many_are_on_it_as_may_be(site: RunningSite) -> None:
    """The one too many stays available, hears so, and may have another pause."""
    anna, bela = await site.agent("anna"), await site.agent("bela")
    await dial_code(site, anna, "*121")
    await site.agent_is("anna", "paused")
    await dial_code(site, bela, "*121")
    await site.agent_is("bela", "available")
    await dial_code(site, bela, "*122")
    assert (await site.agent_is("bela", "paused"))["detail"] == "training"
    for phone in (anna, bela):
        await dial_code(site, phone, "*13")
        await phone.unregister()


async def test_who_is_forced_out_while_rung_stops_ringing(site: RunningSite) -> None:
    """The caller is at the next agent's phone at once. What is held, neither a code nor a new
    registration takes back."""
    anna = await site.agent("anna", LetRing())
    call = await site.call()
    await call.first_audio()
    await key(site, call, "1", "4711")
    ringing = await anna.incoming()
    bela = await site.agent("bela")
    await word(site, "anna", {"verb": "logout", "by": "maria", "hold": True})
    await ringing.ended(5)
    taken = await bela.incoming()
    await taken.answered()
    assert (await site.only_call("conversation"))["agent"] == "bela"
    held = await site.agent_is("anna", "offline")
    assert (held["by"], held["held"]) == ("maria", True)
    await dial_code(site, anna, "*11")
    await anna.unregister()
    await anna.register()
    assert (await site.agent_is("anna", "offline"))["held"]
    await word(site, "anna", {"verb": "release", "by": "maria"})
    await dial_code(site, anna, "*11")
    await site.agent_is("anna", "available")
    await call.hang_up()
    await taken.ended()
    for phone in (anna, bela):
        await phone.unregister()


async def test_nobody_is_logged_in_without_a_phone(site: RunningSite) -> None:
    """The command says why, and its exit code that it was not done."""
    told = await ordered(site, "login", "cili")
    assert (told["code"], told["refused"][0]["code"]) == (1, "phone_away")


async def test_a_phone_that_vanishes_is_not_offered_anything(site: RunningSite) -> None:
    """Complaint: unregistered phones stay available. One that is still registered, but answers
    no OPTIONS, is away: its agent is offline before anybody is offered, and back with the phone."""
    anna = await site.agent("anna")
    with phones_frozen(site):
        gone = await site.agent_is("anna", "offline")
        assert not gone["held"]
        call = await site.call()
        await call.first_audio()
        await key(site, call, "1", "4711")
        await site.only_call("queue")
        await asyncio.sleep(1)
        await site.only_call("queue")
        assert (await site.agent_is("anna", "offline"))["since_ms"] == gone["since_ms"]
    taken = await anna.incoming()
    await taken.answered()
    await call.hang_up()
    await taken.ended()
    await anna.unregister()


@contextmanager
def phones_frozen(site: RunningSite) -> Iterator[None]:
    """Agents' phones stand still meanwhile, as after a power cut: nobody unregisters them."""
    os.kill(site.bank.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(site.bank.pid, signal.SIGCONT)
