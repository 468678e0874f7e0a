"""An agent's phone is answered once, and serves one caller after the other without ringing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from phones.phone import Call
from tests.sip.agents_site import AGENT_HZ, CALLER_HZ, OTHER_HZ, agents_site, hears
from tests.sip.running_site import Json, RunningSite, until

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """Anna is there, without a wrap-up."""
    async with agents_site(tmp_path_factory.mktemp("lines"), wrap_up="0s") as running:
        yield running


async def line_is(site: RunningSite, line: str | None, within_s: float = 10) -> Json:
    """Wait until Anna's line is so, and she is available unless it is busy."""

    async def look() -> Json | None:
        agents = (await site.client.get("/api/agents"))["agents"]
        anna = next(agent for agent in agents if agent["id"] == "anna")
        there = anna["state"] == ("talking" if line == "busy" else "available")
        return anna if anna["line"] == line and there else None

    found: Json = await until(f"line {line}", look, within_s)
    return found


async def open_line(site: RunningSite) -> Call:
    """Anna's line, which waits; her end of it sounds from now on."""
    phone = await site.agent("anna")
    assert await site.client.post("/api/agents/anna/line", {"open": True})
    line = await phone.incoming()
    await line.answered()
    await line.play_tone(AGENT_HZ)
    await line_is(site, "idle")
    return line


async def served(site: RunningSite, line: Call, hz: int = CALLER_HZ) -> tuple[Call, str]:
    """A caller who talks with Anna over her line, and the contact."""
    caller = await site.call()
    await caller.play_tone(hz)
    await hears(caller, AGENT_HZ)
    await hears(line, hz)
    return caller, (await site.only_call("conversation"))["id"]


async def test_one_caller_after_the_other(site: RunningSite) -> None:
    """Whoever hangs up, each has a leg, a recording and a row of their own; the phone rings once,
    for the line."""
    line = await open_line(site)
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
    assert [row["ended_by"] for row in rows] == ["caller", "agent", "agent"]
    assert {row["agent"] for row in rows} == {"anna"}
    legs = [leg for row in rows for leg in row["legs"] if leg["answered_ms"]]
    assert len({leg["uniqueid"] for leg in legs}) == 3
    assert len({leg["channel"] for leg in legs}) == 1
