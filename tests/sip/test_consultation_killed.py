"""The engine is killed while an agent consults somebody: nobody hears silence for long."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.sip.agents_site import (
    AGENT_HZ,
    CALLER_HZ,
    OTHER_HZ,
    agents_site,
    colleague,
    hears,
    talking,
    told,
)
from tests.sip.running_site import RunningSite

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """See `agents_site`."""
    async with agents_site(tmp_path_factory.mktemp("killed"), wrap_up="0s") as running:
        yield running


async def test_in_a_consultation(site: RunningSite) -> None:
    """Asterisk gives the caller back to the agent at once; the new engine lets who was consulted
    go, knows who talks, and the flow goes on when the agent has hung up."""
    cili = await colleague(site, "cili")
    async with talking(site) as talk:
        await talk.wants("consult", "agent:cili")
        asked = await cili.incoming()
        await asked.answered()
        await asked.play_tone(OTHER_HZ)
        await hears(talk.anna, OTHER_HZ)
        await site.kill_engine()
        await hears(talk.caller, AGENT_HZ)
        await hears(talk.anna, CALLER_HZ)
        await site.engine_back()
        await asked.ended()
        await site.agent_is("cili", "available")
        await site.agent_is("anna", "talking")
        await hears(talk.caller, AGENT_HZ)
        await talk.anna.hang_up()
        await talk.caller.ended()
        row = await site.row(talk.contact)
    assert (row["outcome"], row["agent"], row["ended_by"]) == ("answered", "anna", "agent")


async def test_in_a_conference(site: RunningSite) -> None:
    """All three talk on, and each is free when it is over."""
    cili = await colleague(site, "cili")
    async with talking(site) as talk:
        await talk.wants("consult", "agent:cili")
        asked = await cili.incoming()
        await asked.answered()
        await asked.play_tone(OTHER_HZ)
        await hears(talk.anna, OTHER_HZ)
        await talk.wants("conference")
        await talk.anna.stop_playing()
        await hears(talk.caller, OTHER_HZ)
        await site.kill_engine()
        await site.engine_back()
        await hears(talk.caller, OTHER_HZ)
        await site.agent_is("cili", "talking")
        await talk.anna.hang_up()
        await site.agent_is("anna", "available")
        await hears(talk.caller, OTHER_HZ)
        row = await talk.over()
        await asked.ended()
        await site.agent_is("cili", "available")
    assert row["outcome"] == "answered"
    assert len(told(row, "conference")) == 1
