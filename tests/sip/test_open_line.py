"""An agent's phone is answered once, and serves one caller after the other without ringing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from phones.phone import Call
from recordings.measure import find_tone, read_wav
from tests.sip.agents_site import (
    AGENT_HZ,
    CALLER_HZ,
    OTHER_HZ,
    agents_site,
    colleague,
    hears,
    is_deaf_to,
)
from tests.sip.running_site import Json, RunningSite, until

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """Anna is there, without a wrap-up."""
    async with agents_site(tmp_path_factory.mktemp("lines"), wrap_up="0s") as running:
        yield running


MET_MS = 60
"""A conversation here is over as soon as both have heard each other: 140 ms were seen."""


async def line_is(site: RunningSite, line: str | None, state: str = "available") -> None:
    """Wait until Anna's line, and she, are so."""

    async def look() -> Json | None:
        agents = (await site.client.get("/api/agents"))["agents"]
        anna = next(agent for agent in agents if agent["id"] == "anna")
        return anna if (anna["line"], anna["state"]) == (line, state) else None

    await until(f"line {line}, {state}", look, 15)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(site: RunningSite) -> Call:
    """Anna's line, which waits; her end of it sounds from now on."""
    phone = await site.agent("anna")
    told = await site.client.post("/api/agents/anna/line", {"open": True})
    assert [agent["line"] for agent in told["agents"]] == ["idle"]
    line = await phone.incoming()
    await line.play_tone(AGENT_HZ)
    return line


async def served(site: RunningSite, line: Call, hz: int = CALLER_HZ) -> tuple[Call, str]:
    """A caller who talks with Anna over her line, and the contact."""
    caller = await site.call()
    await caller.play_tone(hz)
    await hears(caller, AGENT_HZ)
    await hears(line, hz)
    return caller, (await site.only_call("conversation"))["id"]


async def recording_of(site: RunningSite, contact: str) -> Path:
    """The contact's one recording."""

    async def look() -> list[Json] | None:
        return (await site.row(contact))["recordings"] or None

    (recording,) = await until("a recording", look, 10)
    return Path(site.card["recordings"]) / str(recording["path"])


async def test_one_caller_after_the_other(site: RunningSite, line: Call) -> None:
    """Whoever ends a conversation, each has a leg, a recording and a row of its own; the line is
    the only call that the phone ever gets."""
    first, one = await served(site, line)
    await first.hang_up()
    await line_is(site, "idle")
    second, two = await served(site, line, OTHER_HZ)
    await site.client.post(f"/api/contacts/{two}/hangup")
    await second.ended()
    await line_is(site, "idle")
    third, three = await served(site, line)
    await line.send_digits("#1")
    await third.ended()
    await line_is(site, "idle")
    rows = [await site.row(contact) for contact in (one, two, three)]
    assert [(row["agent"], row["ended_by"]) for row in rows] == [
        *(("anna", "caller"), ("anna", "agent"), ("anna", "agent")),
    ]
    legs = [leg for row in rows for leg in row["legs"]]
    assert len({leg["uniqueid"] for leg in legs}) == 3
    assert len({leg["channel"] for leg in legs}) == 1
    for contact, own, others in ((one, CALLER_HZ, OTHER_HZ), (two, OTHER_HZ, CALLER_HZ)):
        audio = read_wav(await recording_of(site, contact))
        heard = audio.channel(1)
        assert find_tone(heard, audio.rate, own).heard_ms >= MET_MS
        assert find_tone(heard, audio.rate, others).heard_ms == 0


async def test_the_line_stays_where_the_caller_is_sent_on(site: RunningSite, line: Call) -> None:
    """And where they were on hold before."""
    cili = await colleague(site, "cili")
    caller, contact = await served(site, line)
    await line.send_digits("#8")
    await is_deaf_to(caller, AGENT_HZ)
    await line.send_digits("#8")
    await hears(caller, AGENT_HZ)
    await site.client.post(f"/api/contacts/{contact}/transfer", {"to": "agent:cili"})
    taken = await cili.incoming()
    await taken.play_tone(OTHER_HZ)
    await hears(caller, OTHER_HZ)
    await line_is(site, "idle")
    await taken.hang_up()
    await caller.ended()
    row = await site.row(contact)
    assert [leg["agent"] for leg in row["legs"]] == ["anna", "cili"]
    assert row["agent"] == "cili"


async def test_the_engine_is_killed(site: RunningSite, line: Call) -> None:
    """In mid-conversation, which goes on and leaves the line; and while the line waits, which the
    next engine finds."""
    caller, contact = await served(site, line)
    await site.kill_engine()
    await site.engine_back()
    await line_is(site, "busy", "talking")
    await hears(line, CALLER_HZ)
    await caller.hang_up()
    await line_is(site, "idle")
    row = await site.row(contact)
    assert (row["outcome"], row["agent"], row["ended_by"]) == ("answered", "anna", "caller")
    assert (await recording_of(site, contact)).exists()
    await site.kill_engine()
    await site.engine_back()
    await line_is(site, "idle")
    caller, contact = await served(site, line)
    await caller.hang_up()
    assert (await site.row(contact))["agent"] == "anna"


async def test_an_agent_who_hangs_up_the_phone_ends_both(site: RunningSite, line: Call) -> None:
    """A conversation, and the line; by the code on the phone it is open again, in that very call,
    and hung up while it waits it is only gone: nobody wants it."""
    caller, contact = await served(site, line)
    await line.hang_up()
    await caller.ended()
    await line_is(site, None)
    assert (await site.row(contact))["ended_by"] == "agent"
    anna = site.phones["anna"]
    line = await anna.dial(f"sip:{site.card['codes']['line']}@{site.card['sip']['address']}")
    await line.answered()
    await line.play_tone(AGENT_HZ)
    await line_is(site, "idle")
    caller, contact = await served(site, line)
    await caller.hang_up()
    await line_is(site, "idle")
    await line.hang_up()
    await line_is(site, None)
