"""A call from end to end: menu, queue, conversation, wrap-up, history, recording."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from phones.phone import Call
from phones.protocol import AnswerCalls
from recordings.measure import find_tone, read_wav
from tests.sip.hearing import tone_at
from tests.sip.running_site import Json, RunningSite, until

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

CALLER_HZ, AGENT_HZ = 440, 620


async def key(site: RunningSite, call: Call, *digits: str) -> None:
    """Answer the flow's questions one after another, each after hearing its prompt begin."""
    for group in digits:
        await asyncio.sleep(0.4)
        await call.send_digits(group)


async def test_a_call_reaches_an_agent_and_is_recorded_and_told(site: RunningSite) -> None:
    """Menu, account, queue, agent: both hear each other, the recording has both apart, and one
    history row tells every step with its time."""
    anna = await site.agent("anna")
    call = await site.call()
    contact = (await site.only_call("flow"))["id"]
    await call.first_audio()
    await key(site, call, "1", "4711")
    taken = await anna.incoming()
    await taken.answered()
    await call.play_tone(CALLER_HZ)
    await taken.play_tone(AGENT_HZ)
    await tone_at(taken, CALLER_HZ, -12)
    await tone_at(call, AGENT_HZ, -12)
    await site.agent_is("anna", "talking")
    await asyncio.sleep(0.5)
    await taken.hang_up()
    await site.agent_is("anna", "wrap_up")
    await call.ended()
    await site.agent_is("anna", "available")

    row = await site.row(contact)
    assert (row["outcome"], row["ended_by"], row["agent"]) == ("answered", "agent", "anna")
    assert row["queue"] == "support"
    assert row["skills"] == {"support": 1}
    told = [entry["what"] for entry in row["timeline"]]
    for earlier, later in zip(
        ("started", "queued", "ringing", "answered", "conversation_ended"),
        ("queued", "ringing", "answered", "conversation_ended", "ended"),
        strict=True,
    ):
        assert told.index(earlier) < told.index(later)
    times = [entry["at_ms"] for entry in row["timeline"]]
    assert times == sorted(times)
    # But for their times, in which these digits come by chance.
    assert "4711" not in str([{**entry, "at_ms": None} for entry in row["timeline"]])
    why = await site.client.get(f"/api/contacts/{contact}/why")
    assert [each["agent"] for each in why["decisions"]] == ["anna"]
    assert [each["agent"] for each in why["decisions"][0]["candidates"]] == ["anna"]
    await check_recording(site, contact)
    await anna.unregister()
    await site.agent_is("anna", "offline")


async def check_recording(site: RunningSite, contact: str) -> None:
    """Two channels, the agent's voice on one and the caller's on the other."""

    async def recorded() -> Json | None:
        row = await site.row(contact)
        return row if row["recordings"] else None

    (recording,) = (await until("a recording", recorded, 10))["recordings"]
    assert (recording["channels"], recording["state"]) == (2, "complete")
    audio = read_wav(Path(site.card["recordings"]) / recording["path"])
    assert audio.duration_ms == pytest.approx(recording["duration_ms"], abs=1)
    for channel, own, other in ((0, AGENT_HZ, CALLER_HZ), (1, CALLER_HZ, AGENT_HZ)):
        side = audio.channel(channel)
        assert find_tone(side, audio.rate, own).heard_ms > 300
        assert find_tone(side, audio.rate, other).heard_ms == 0


async def test_a_caller_waits_with_music_and_a_place_until_an_agent_comes(
    site: RunningSite,
) -> None:
    """Nobody is there: music is heard and the place is told; the first agent gets the call."""
    call = await site.call()
    await call.first_audio()
    await key(site, call, "1", "4711")
    waiting = await site.only_call("queue")
    status = await site.client.get("/api/status")
    assert next(q for q in status["queues"] if q["name"] == "support")["waiting"] == 1
    await asyncio.sleep(2)
    heard = [level for at, level in await call.levels()][-50:]
    assert max(heard) > -50
    bela = await site.phone("bela", AnswerCalls(after_ms=50))
    taken = await bela.incoming()
    await taken.answered()
    await taken.play_tone(AGENT_HZ)
    await call.hear_tone(AGENT_HZ)
    await call.hang_up()
    await taken.ended()
    row = await site.row(waiting["id"])
    assert (row["outcome"], row["ended_by"], row["agent"]) == ("answered", "caller", "bela")
    await site.agent_is("bela", "available")
    await bela.unregister()
    await site.agent_is("bela", "offline")


async def test_a_caller_who_gives_up_in_the_queue_is_abandoned(site: RunningSite) -> None:
    """Hanging up while waiting leaves a row, and nothing else."""
    call = await site.call()
    await call.first_audio()
    await key(site, call, "1", "4711")
    contact = (await site.only_call("queue"))["id"]
    await call.hang_up()
    row = await site.row(contact)
    assert (row["outcome"], row["ended_by"], row["queue"]) == ("abandoned", "caller", "support")
    status = await site.client.get("/api/status")
    assert status["calls"] == []
    assert all(queue["waiting"] == 0 for queue in status["queues"])


async def test_a_caller_who_gives_up_while_the_phone_rings_stops_the_ringing(
    site: RunningSite,
) -> None:
    """The agent's phone stops at once and the agent is available again, without wrap-up."""
    anna = await site.agent("anna", AnswerCalls(after_ms=2500))
    call = await site.call()
    await call.first_audio()
    await key(site, call, "1", "4711")
    ringing = await anna.incoming()
    await site.agent_is("anna", "ringing")
    await call.hang_up()
    assert not (await ringing.ended(2)).by_us
    await site.agent_is("anna", "available", within_s=2)
    await anna.unregister()


async def test_an_unknown_number_is_refused(site: RunningSite) -> None:
    """A number that is not the site's gets 404 and never reaches the engine."""
    phone = await site.carrier.caller("+36201234567")
    call = await phone.dial(f"sip:+3615559999@{site.card['sip']['trunk']}")
    outcome = await call.outcome()
    assert getattr(outcome, "status", None) == 404
    assert (await site.client.get("/api/status"))["calls"] == []


async def test_the_log_of_asterisk_is_clean(site: RunningSite) -> None:
    """After all these calls Asterisk has warned of nothing."""
    lines = [
        line for line in site.asterisk_log.splitlines() if "WARNING" in line or "ERROR" in line
    ]
    assert lines == []


async def test_an_agents_phone_hears_the_flow_of_a_number(site: RunningSite) -> None:
    """Whoever writes flows tries them from a softphone; written with the plus or without."""
    anna = await site.agent("anna")
    for number in ("+3615550100", "3615550100"):
        call = await anna.dial(f"sip:{number}@{site.card['sip']['address']}")
        contact = (await site.only_call("flow"))["id"]
        await call.first_audio()
        await call.hang_up()
        row = await site.row(contact)
        assert (row["called"], row["outcome"]) == ("+3615550100", "hung_up_in_flow")
    await anna.unregister()
    await site.agent_is("anna", "offline")
