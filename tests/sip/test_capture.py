"""A card is keyed in a real call: what reaches whom, and that all is as before afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from phones.errors import PhoneTimeout
from phones.phone import Call
from tests.sip.agents_site import AGENT_HZ, CALLER_HZ, hears, is_deaf_to, talking, told
from tests.sip.capture_site import (
    CARD,
    CODE,
    KEYED,
    PAYS,
    TONES_HZ,
    begun,
    capture_site,
    loudest,
    paying,
    reload_asterisk,
    spoken,
    tones,
)
from tests.sip.hearing import tone_at
from tests.sip.running_site import Json, RunningSite, until
from tests.unit.lines import voice

# Tones that come late for want of a processor are other tones.
pytestmark = [
    pytest.mark.sip,
    pytest.mark.alone,
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """See `capture_site`."""
    async with capture_site(tmp_path_factory.mktemp("capture")) as running:
        yield running


def everything(directory: Path) -> Json:
    """What the site has on its disk as text, by file."""
    files = (path for path in directory.rglob("*") if path.is_file() and path.suffix != ".sln")
    return {str(path): path.read_bytes() for path in files}


async def test_events_and_tones_make_one_card_and_the_agent_hears_none(
    site: RunningSite, tmp_path: Path
) -> None:
    """Half of it by events, half by tones alone; both talk before, meanwhile and afterwards, the
    payment is made, and no log has a digit of it."""
    speech = spoken(tmp_path, "speech", iter([voice(3000)]))
    keys = spoken(tmp_path, "keys", tones(KEYED[8:]))
    async with talking(site) as talk:
        payment = await begun(talk)
        await talk.caller.play_wav(speech)
        await hears(talk.caller, AGENT_HZ)
        await until("Anna hears the caller speak", lambda: speaks(talk.anna), 10)
        await talk.caller.stop_playing()
        await talk.caller.send_digits(KEYED[:8])
        await talk.caller.play_wav(keys, repeat=False)
        deaf = [is_deaf_to(talk.anna, hz) for hz in TONES_HZ]
        await asyncio.gather(hears(talk.caller, AGENT_HZ), *deaf)
        seen = await payment.comes_to("complete")
        assert seen["last4"] == CARD[-4:]
        await payment.wants("complete")
        assert (await payment.comes_to("ended"))["result"] == "success"
        await talk.caller.play_tone(CALLER_HZ)
        await hears(talk.anna, CALLER_HZ)
        await hears(talk.caller, AGENT_HZ)
        row = await talk.over()
    assert row["outcome"] == "answered"
    assert len(told(row, "capture")) == len(told(row, "capture_over")) == 1
    for path, text in everything(site.directory / "var" / "log").items():
        assert CARD.encode() not in text, path


async def test_a_caller_alone_pays_with_prompts_and_keys_into_them(site: RunningSite) -> None:
    """And the flow goes on."""
    call = await site.call(number=PAYS)
    await call.first_audio()
    for part in KEYED[:17], KEYED[17:21], CODE:
        await asyncio.sleep(0.3)
        await call.send_digits(part)
    await call.ended(20)
    row = await site.outcome("flow_ended")
    assert told(row, "payment_ended")[0]["result"] == "success"
    assert told(row, "payment_ended")[0]["last4"] == CARD[-4:]


async def test_the_agent_cancels_and_both_talk_on(site: RunningSite) -> None:
    """At once; and may begin again."""
    async with paying(site) as payment:
        talk = payment.talk
        await talk.caller.send_digits("4242")
        await payment.wants("cancel")
        await hears(talk.anna, CALLER_HZ)
        await hears(talk.caller, AGENT_HZ)
        again = await begun(talk, "2")
        await again.wants("cancel")
        await hears(talk.anna, CALLER_HZ)


async def test_who_hangs_up_meanwhile_is_gone_and_the_other_is_free(site: RunningSite) -> None:
    """The caller, then the agent, whose caller goes on in the flow."""
    async with paying(site) as payment:
        talk = payment.talk
        await talk.caller.hang_up()
        await talk.anna.ended()
        assert (await payment.comes_to("ended"))["result"] == "caller-hung-up"
        assert (await site.row(talk.contact))["ended_by"] == "caller"
    async with paying(site) as payment:
        talk = payment.talk
        await talk.anna.hang_up()
        await talk.caller.ended()
        row = await site.row(talk.contact)
        assert (row["outcome"], row["ended_by"]) == ("answered", "agent")


async def test_asterisk_reads_its_configuration_again_meanwhile(site: RunningSite) -> None:
    """Nobody notices."""
    async with paying(site) as payment:
        talk = payment.talk
        await reload_asterisk(site)
        await talk.caller.send_digits("4242")
        await payment.shows(4)


async def speaks(call: Call) -> bool | None:
    """Whether somebody does."""
    return True if await loudest(call) > -30 else None


async def _process(site: RunningSite) -> int:
    """The capture process, by what the engine says of it."""

    async def look() -> int | None:
        for line in reversed((site.directory / "var/log/engine.log").read_text().splitlines()):
            if '"capture_process_up"' in line:
                return int(line.split('"pid": ')[1].split(",")[0])
        return None

    found: int = await until("a capture process", look, 10)
    return found


async def test_a_capture_process_that_is_killed_leaves_nobody_in_silence(
    site: RunningSite,
) -> None:
    """Both talk again, the agent is told, and another card can be taken."""
    async with paying(site) as payment:
        talk = payment.talk
        await talk.caller.send_digits("4242")
        await talk.caller.play_tone(CALLER_HZ)
        killed = await _process(site)
        os.kill(killed, signal.SIGKILL)
        await hears(talk.caller, AGENT_HZ)
        await hears(talk.anna, CALLER_HZ)
        assert (await payment.comes_to("ended"))["result"] == "internal-error"

        async def look() -> bool | None:
            return True if await _process(site) != killed else None

        await until("another process", look, 10)
        again = await begun(talk, "2")
        await talk.caller.stop_playing()
        await talk.caller.send_digits("4242")
        await again.shows(4)


async def test_a_capture_process_that_hangs_lets_no_key_through(
    site: RunningSite, tmp_path: Path
) -> None:
    """It is stopped while a card is keyed by tones, for so long that Asterisk takes both legs out
    of it. The agent hears no key of it, neither then nor when the process was killed and the caller
    keys on, and the two talk again when no key comes any more."""
    keys = spoken(tmp_path, "keys", tones(KEYED))
    async with paying(site) as payment:
        talk = payment.talk
        await talk.caller.play_wav(keys)
        await payment.shows(2)
        stopped = await _process(site)
        os.kill(stopped, signal.SIGSTOP)
        heard = [_heard(talk.anna, hz, 10) for hz in TONES_HZ]
        assert await asyncio.gather(*heard) == [False] * len(TONES_HZ)
        assert await _process(site) != stopped
        await talk.caller.stop_playing()
        assert (await payment.comes_to("ended"))["result"] == "internal-error"
        await talk.caller.play_tone(CALLER_HZ)
        await tone_at(talk.anna, CALLER_HZ, -12)
        await hears(talk.caller, AGENT_HZ)


async def _heard(call: Call, hz: int, within_s: float) -> bool:
    try:
        await call.hear_tone(hz, timeout_s=within_s)
    except PhoneTimeout:
        return False
    return True


async def test_an_engine_that_is_killed_leaves_nobody_in_silence(
    site: RunningSite, tmp_path: Path
) -> None:
    """Asterisk alone brings them together once the caller keys no more, with no tone on the way;
    the new engine knows who talks, and the flow goes on when the agent has hung up."""
    keys = spoken(tmp_path, "keys", tones("4242"))
    async with paying(site) as payment:
        talk = payment.talk
        await talk.caller.play_wav(keys)
        await payment.shows(2)
        await site.kill_engine()
        heard = [_heard(talk.anna, hz, 4) for hz in TONES_HZ]
        assert await asyncio.gather(*heard) == [False] * len(TONES_HZ)
        await talk.caller.stop_playing()
        await hears(talk.caller, AGENT_HZ)
        await talk.caller.play_tone(CALLER_HZ)
        await hears(talk.anna, CALLER_HZ)
        await site.engine_back()
        await site.agent_is("anna", "talking")
        await hears(talk.anna, CALLER_HZ)
        await talk.anna.hang_up()
        await talk.caller.ended()
        row = await site.row(talk.contact)
    assert (row["outcome"], row["agent"], row["ended_by"]) == ("answered", "anna", "agent")
    await site.agent_is("anna", "available")


async def test_keys_sent_as_events_after_the_engine_was_killed_reach_no_agent(
    site: RunningSite,
) -> None:
    """The caller goes on keying for six seconds; then both talk."""
    async with paying(site) as payment:
        talk = payment.talk
        await talk.caller.stop_playing()
        await talk.caller.send_digits("42")
        await payment.shows(2)
        await site.kill_engine()
        await talk.caller.send_digits("424242424242", gap_ms=400)
        await hears(talk.caller, AGENT_HZ)
        await talk.caller.play_tone(CALLER_HZ)
        await hears(talk.anna, CALLER_HZ)
        assert not talk.anna.digits
        await site.engine_back()
        await talk.anna.hang_up()
        await talk.caller.ended()
    await site.agent_is("anna", "available")
