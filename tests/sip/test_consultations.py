"""Agents consult somebody about a caller: complete, cancel, toggle, confer; and whoever hangs up,
the right ones stay together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from phones.phone import Call
from phones.protocol import LetRing
from tests.sip.agents_site import (
    AGENT_HZ,
    CALLER_HZ,
    OTHER_HZ,
    Talk,
    agents_site,
    colleague,
    hears,
    is_deaf_to,
    talking,
    told,
)
from tests.sip.running_site import FALLBACK, RunningSite

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """See `agents_site`."""
    async with agents_site(tmp_path_factory.mktemp("consult"), wrap_up="0s") as running:
        yield running


@asynccontextmanager
async def consulting(site: RunningSite) -> AsyncIterator[tuple[Talk, Call]]:
    """Anna talks to Cili about the caller, who hears music."""
    cili = await colleague(site, "cili")
    async with talking(site) as talk:
        assert (await talk.wants("consult", "agent:cili"))["mode"] == "consult"
        asked = await cili.incoming()
        await asked.answered()
        await asked.play_tone(OTHER_HZ)
        await hears(talk.anna, OTHER_HZ)
        await hears(asked, AGENT_HZ)
        await is_deaf_to(talk.caller, AGENT_HZ)
        yield talk, asked


async def test_the_caller_is_left_to_who_was_consulted(site: RunningSite) -> None:
    """Anna is in wrap-up, Cili has the contact, and the caller hears her."""
    async with consulting(site) as (talk, asked):
        await site.agent_is("cili", "talking")
        await talk.wants("complete")
        await hears(talk.caller, OTHER_HZ)
        await hears(asked, CALLER_HZ)
        await talk.anna.ended()
        state = await site.agent_is("cili", "talking")
        assert state["detail"] == talk.contact
        row = await talk.over()
    assert (row["outcome"], row["agent"]) == ("answered", "cili")
    assert told(row, "handed_over") == [{"agent": "anna", "to": "agent:cili", "note": None}]


async def test_who_was_consulted_is_let_go(site: RunningSite) -> None:
    """And Anna talks with the caller again; Cili is free at once."""
    async with consulting(site) as (talk, asked):
        await talk.wants("cancel")
        await asked.ended()
        await hears(talk.caller, AGENT_HZ)
        await hears(talk.anna, CALLER_HZ)
        await site.agent_is("cili", "available")
        row = await talk.over()
    assert (row["outcome"], row["agent"]) == ("answered", "anna")


async def test_from_one_to_the_other(site: RunningSite) -> None:
    """Who is not talked to hears music."""
    async with consulting(site) as (talk, asked):
        await talk.wants("toggle")
        await hears(talk.caller, AGENT_HZ)
        await is_deaf_to(asked, AGENT_HZ)
        await talk.wants("toggle")
        await hears(asked, AGENT_HZ)
        await is_deaf_to(talk.caller, AGENT_HZ)
        await talk.wants("toggle")
        await hears(talk.anna, CALLER_HZ)


async def test_a_conference_of_three(site: RunningSite) -> None:
    """Each hears both others; when Anna leaves, the caller and Cili talk on."""
    async with consulting(site) as (talk, asked):
        await talk.wants("conference")
        await each_hears_the_others(talk, asked)
        await talk.anna.hang_up()
        await site.agent_is("anna", "available")
        await hears(talk.caller, OTHER_HZ)
        await hears(asked, CALLER_HZ)
        row = await talk.over()
        await asked.ended()
    assert row["agent"] == "cili"
    assert len(told(row, "conference")) == 1


async def each_hears_the_others(talk: Talk, other: Call) -> None:
    """One of two after the other: a mixture of tones is none of them."""
    tones = {talk.caller: CALLER_HZ, talk.anna: AGENT_HZ, other: OTHER_HZ}
    for speaker, hz in tones.items():
        for call in tones:
            if call is not speaker:
                await call.stop_playing()
        await speaker.play_tone(hz)
        await asyncio.gather(*(call.hear_tone(hz) for call in tones if call is not speaker))
    for call, hz in tones.items():
        await call.play_tone(hz)


async def test_a_conference_that_one_leaves(site: RunningSite) -> None:
    """Cili hangs up, and Anna and the caller talk on; from toggling, too."""
    async with consulting(site) as (talk, asked):
        await talk.wants("toggle")
        await hears(talk.caller, AGENT_HZ)
        await talk.wants("conference")
        await each_hears_the_others(talk, asked)
        await asked.hang_up()
        await hears(talk.caller, AGENT_HZ)
        await hears(talk.anna, CALLER_HZ)
        await site.agent_is("cili", "available")


async def test_an_agent_who_hangs_up_leaves_the_caller_to_the_other(site: RunningSite) -> None:
    """As if the agent had said so."""
    async with consulting(site) as (talk, asked):
        await talk.anna.hang_up()
        await hears(talk.caller, OTHER_HZ)
        await hears(asked, CALLER_HZ)
        await site.agent_is("anna", "available")
        assert (await talk.over())["agent"] == "cili"


async def test_who_is_consulted_and_hangs_up(site: RunningSite) -> None:
    """Agent and caller are together again."""
    async with consulting(site) as (talk, asked):
        await asked.hang_up()
        await hears(talk.caller, AGENT_HZ)
        await hears(talk.anna, CALLER_HZ)


@pytest.mark.parametrize("verb", ["", "toggle", "conference"])
async def test_a_caller_who_hangs_up_ends_it_all(site: RunningSite, verb: str) -> None:
    """At any stage."""
    async with consulting(site) as (talk, asked):
        if verb:
            await talk.wants(verb)
            await hears(talk.caller, AGENT_HZ) if verb == "toggle" else None
        row = await talk.over()
        await asked.ended()
        await talk.anna.ended()
    assert row["ended_by"] == "caller"


async def test_nobody_answers(site: RunningSite) -> None:
    """Anna hears it ring, and then the caller again; one who gives up has the caller at once."""
    async with talking(site) as talk:
        cili = await colleague(site, "cili", LetRing())
        await talk.wants("consult", "agent:cili")
        await talk.caller.stop_playing()
        ringing = await cili.incoming()
        await asyncio.sleep(0.5)
        assert max(level for _, level in (await talk.anna.levels())[-20:]) > -40, "no ringing"
        await talk.caller.play_tone(CALLER_HZ)
        await ringing.ended()
        await hears(talk.anna, CALLER_HZ)
        await hears(talk.caller, AGENT_HZ)


async def test_hold(site: RunningSite) -> None:
    """Music for the caller, and nothing for the agent; the history has how long."""
    async with talking(site) as talk:
        await talk.wants("hold")
        await talk.caller.first_audio()
        await is_deaf_to(talk.caller, AGENT_HZ)
        assert (await talk.wants("hold"))["error"]["code"] == "not_now"
        await talk.wants("resume")
        await hears(talk.caller, AGENT_HZ)
        row = await talk.over()
    assert [entry["what"] for entry in row["timeline"]].count("held") == 1


async def test_somebody_outside_is_consulted(site: RunningSite) -> None:
    """And then has the caller, whom Anna leaves."""
    async with talking(site) as talk:
        await talk.wants("consult", FALLBACK)
        outside = await site.carrier.incoming()
        await outside.answered()
        await outside.play_tone(OTHER_HZ)
        await hears(talk.anna, OTHER_HZ)
        await talk.wants("complete")
        await hears(talk.caller, OTHER_HZ)
        await hears(outside, CALLER_HZ)
        await talk.anna.ended()
        await outside.hang_up()
        await talk.caller.ended()
        row = await site.row(talk.contact)
    assert [leg["role"] for leg in row["legs"] if leg["answered_ms"]] == ["agent", "external"]
    assert FALLBACK not in site.output


async def test_whoever_of_a_queue_is_due_is_consulted(site: RunningSite) -> None:
    """Chosen, rung and reserved as for a caller; in the queue's figures it is no caller."""
    async with talking(site) as talk:
        cili = await colleague(site, "cili")
        await talk.wants("consult", "queue:billing", note="Wrong bill")
        asked = await cili.incoming()
        await asked.answered()
        await asked.play_tone(OTHER_HZ)
        await hears(talk.anna, OTHER_HZ)
        await talk.wants("complete")
        await hears(talk.caller, OTHER_HZ)
        row = await talk.over()
    assert row["agent"] == "cili"
    assert told(row, "consulting") == [{"agent": "anna", "to": "queue:billing"}]
    figures = (await site.client.get("/api/status"))["today"]["queue"]
    assert "billing" not in figures or figures["billing"]["entered"] == 0
