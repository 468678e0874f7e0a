"""The engine is killed while a campaign calls: nobody is called twice, nobody is left alone."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import pytest
import pytest_asyncio

from phones.phone import Call, Phone
from phones.protocol import AnswerCalls, LetRing
from tests.sip.agents_site import AGENT_HZ, CALLER_HZ, OTHER_HZ, agents_site, hears, is_deaf_to
from tests.sip.running_site import NUMBER, Json, RunningSite, until

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

FIRST, SECOND, THIRD = "+36301110001", "+36301110002", "+36301110003"
CAMPAIGN: Json = {
    "mode": "progressive",
    "paused": "yes",
    "queue": "support",
    "purpose": "your contract",
    "commercial": "no",
    "lists": {"people": {}},
    "order": ["first_imported"],
    "trunks": {"carrier": {}},
    "caller_ids": "ours",
    "allow": ["+36*"],
    "tries": "1",
    "rules": {"any": {"hours": "off"}, "HU": {"hours": "off"}},
}
AT_ONCE_S = 20
"""Less than a lease of a lead lasts."""


def _calls(site: Json) -> None:
    site["caller_ids"] = {"ours": {NUMBER: {}}}
    site["campaigns"] = {"sales": CAMPAIGN}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """One campaign, which is paused, with two leads; Anna's phone answers."""
    directory = tmp_path_factory.mktemp("campaign")
    async with agents_site(directory, wrap_up="0s", change=_calls) as running:
        await bring(running, FIRST, SECOND)
        yield running


class Begun(NamedTuple):
    """Anna's open line, and the phones of the leads."""

    line: Call
    leads: Sequence[Phone]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def begun(site: RunningSite) -> Begun:
    """The campaign has begun; its first lead lets it ring."""
    phones = [await site.carrier.caller(number) for number in (FIRST, SECOND, THIRD)]
    await phones[0].policy(LetRing())
    for phone in phones[1:]:
        await phone.policy(AnswerCalls())
    anna = await site.agent("anna")
    await site.client.post("/api/campaigns/sales/orders", {"verb": "start", "by": "a test"})
    line = await anna.incoming()
    await line.play_tone(AGENT_HZ)
    return Begun(line, phones)


async def bring(site: RunningSite, *numbers: str) -> None:
    """Leads to be called."""
    leads = [{"id": number, "phone": number} for number in numbers]
    await site.client.post("/api/lists/people/leads", leads)


async def line_is_idle(site: RunningSite) -> None:
    """Anna waits for the next."""

    async def look() -> bool | None:
        agents = (await site.client.get("/api/agents"))["agents"]
        anna = next(agent for agent in agents if agent["id"] == "anna")
        return (anna["line"], anna["state"]) == ("idle", "available") or None

    await until("an idle line", look, 15)


async def attempts(site: RunningSite) -> list[Json]:
    """Every call of the campaign, in their order."""
    code, printed = await site.trunkline("leads", "attempts", "--from", "today")
    assert code == 0, printed
    return [json.loads(line) for line in printed.splitlines()]


async def ended_attempts(site: RunningSite) -> list[Json]:
    """Once what came of each of them is written."""

    async def look() -> list[Json] | None:
        found = await attempts(site)
        return found if all(each["result"] for each in found) else None

    found: list[Json] = await until("what came of each call", look, 15)
    return found


async def answer(call: Call) -> None:
    """The lead picks up, and talks to Anna."""
    await call.answer()
    await call.play_tone(CALLER_HZ)
    await hears(call, AGENT_HZ)


async def test_who_rings_goes_on_and_the_next_is_called_at_once(
    site: RunningSite, begun: Begun
) -> None:
    """Their call is the engine's again when it is back; so are the leads that it held. Killed again
    in the moment in which the second is to be joined, they are, or are told and let go; what came
    of each call is written, with the contact as with the lead, and Anna is free."""
    first, second, _ = begun.leads
    called = await first.incoming()
    await site.kill_engine()
    await site.engine_back()
    await answer(called)
    await hears(begun.line, CALLER_HZ)
    await called.hang_up()
    called = await second.incoming(AT_ONCE_S)
    await called.answered()
    await site.kill_engine()
    await site.engine_back()
    await called.hang_up()
    await line_is_idle(site)
    one, two = await ended_attempts(site)
    assert (one["number"], one["result"], one["agent"]) == (FIRST, "answered", "anna")
    assert two["number"] == SECOND
    assert two["result"] in ("answered", "lost")
    for each in (one, two):
        row = await site.row(each["id"])
        talked_to = "anna" if each["result"] == "answered" else None
        assert (row["outcome"], row["agent"]) == (each["result"], talked_to)
    [shown] = (await site.client.get("/api/campaigns"))["campaigns"]
    assert shown["abandoned"]["lost_today"] == (two["result"] == "lost")


async def test_who_is_on_hold_has_talked_though_the_agents_phone_is_gone_too(
    site: RunningSite, begun: Begun
) -> None:
    """As any caller they hear the apology and are put through to people, and not told that nobody
    was there for them; no abandoned call is counted."""
    await bring(site, THIRD)
    called = await begun.leads[2].incoming(AT_ONCE_S)
    await called.answered()
    await called.play_tone(CALLER_HZ)
    await hears(called, AGENT_HZ)
    contact = (await attempts(site))[-1]["id"]
    held = await site.client.post(f"/api/contacts/{contact}/hold", {"by": "anna"})
    assert "error" not in held, held
    await is_deaf_to(called, AGENT_HZ)
    os.kill(site.card["pid"], signal.SIGSTOP)
    await begun.line.hang_up()
    await site.kill_engine()
    people = await site.carrier.incoming(30)
    await people.answered()
    await people.play_tone(OTHER_HZ)
    await hears(called, OTHER_HZ)
    await site.engine_back()
    await called.hang_up()
    *earlier, third = await ended_attempts(site)
    assert (third["number"], third["result"], third["agent"]) == (THIRD, "answered", "anna")
    row = await site.row(contact)
    assert (row["outcome"], row["agent"]) == ("answered", "anna")
    [shown] = (await site.client.get("/api/campaigns"))["campaigns"]
    assert shown["abandoned"]["lost_today"] == sum(each["result"] == "lost" for each in earlier)
