"""The engine is killed with a call in the menu, in the queue and in conversation."""

from __future__ import annotations

import pytest

from phones.phone import Call
from tests.sip.running_site import NUMBER, Json, RunningSite, until
from tests.sip.test_call import key

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

FALLBACK_HZ = 770


async def reaches_the_fallback(site: RunningSite, call: Call) -> None:
    """The caller hears the apology and then the desk behind the fallback number."""
    await call.first_audio()
    desk = await site.carrier.incoming(15)
    await desk.answered()
    await desk.play_tone(FALLBACK_HZ)
    await call.hear_tone(FALLBACK_HZ)
    await call.hang_up()
    await desk.ended()


@pytest.mark.parametrize("stage", ["flow", "queue"])
async def test_callers_before_a_conversation_reach_the_fallback(
    site: RunningSite, stage: str
) -> None:
    """An apology, the fallback number, and a history row that says so once the engine is back."""
    call = await site.call()
    await call.first_audio()
    if stage == "queue":
        await key(site, call, "1", "4711")
    contact = (await site.only_call(stage))["id"]
    told = site.output.count("engine is back")
    await site.kill_engine()
    await reaches_the_fallback(site, call)
    await site.engine_back()

    async def look() -> bool | None:
        return site.output.count("engine is back") == told + 1 or None

    await until("who keeps it up says that it is back", look, 10)
    row = await site.row(contact)
    assert row["outcome"] == "engine_lost"
    assert row["caller"] == "+36201234567"
    assert "apology" in [entry["what"] for entry in row["timeline"]]


@pytest.mark.parametrize("back_first", [True, False], ids=["engine back first", "call ends first"])
async def test_a_conversation_goes_on_and_is_in_the_history(
    site: RunningSite, back_first: bool
) -> None:
    """Killing the engine does not touch the conversation; its row is there afterwards."""
    anna = await site.agent("anna")
    call = await site.call()
    await call.first_audio()
    await key(site, call, "1", "4711")
    taken = await anna.incoming()
    await taken.answered()
    contact = (await site.only_call("conversation"))["id"]
    await call.play_tone(440)
    await taken.play_tone(620)
    await taken.hear_tone(440)
    await site.kill_engine()
    await taken.hear_tone(440)
    await call.hear_tone(620)
    if back_first:
        await site.engine_back()
        await taken.hear_tone(440)
        await site.agent_is("anna", "talking")
    await taken.hang_up()
    await call.ended(15)
    if not back_first:
        await site.engine_back()
    row = await site.row(contact)
    assert (row["outcome"], row["agent"]) == ("answered", "anna")
    assert row["talk_ms"] > 200
    await site.agent_is("anna", "available", within_s=30)
    await anna.unregister()
    await site.agent_is("anna", "offline")


async def test_a_call_that_comes_while_the_engine_is_away(site: RunningSite) -> None:
    """It hears the apology and reaches the fallback; the history knows of it."""
    before = len(await site.client.get("/api/contacts?limit=100"))
    await site.kill_engine()
    call = await site.call()
    await reaches_the_fallback(site, call)
    await site.engine_back()

    async def one_more() -> list[Json] | None:
        rows: list[Json] = await site.client.get("/api/contacts?limit=100")
        return rows if len(rows) > before else None

    rows = await until("a row of the call", one_more, 10)
    assert len(rows) == before + 1
    assert rows[0]["outcome"] == "engine_lost"
    assert (rows[0]["caller"], rows[0]["called"]) == ("+36201234567", NUMBER)
