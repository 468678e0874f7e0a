"""The engine is killed while a campaign calls: nobody is called twice, nobody is left alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from phones.phone import Call
from phones.protocol import AnswerCalls, LetRing
from tests.sip.agents_site import AGENT_HZ, CALLER_HZ, agents_site, hears
from tests.sip.running_site import NUMBER, Json, RunningSite, until

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

FIRST, SECOND = "+36301110001", "+36301110002"
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
        leads = [{"id": number, "phone": number} for number in (FIRST, SECOND)]
        await running.client.post("/api/lists/people/leads", leads)
        yield running


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


async def answer(site: RunningSite, call: Call) -> None:
    """The lead picks up, and talks to Anna."""
    await call.answer()
    await call.play_tone(CALLER_HZ)
    await hears(call, AGENT_HZ)


async def test_who_rings_goes_on_and_the_next_is_called_at_once(site: RunningSite) -> None:
    """Their call is the engine's again when it is back; so are the leads that it held. Killed again
    in the moment in which the second is to be joined, they are, or are told and let go; what came
    of each call is written, and Anna is free."""
    first, second = [await site.carrier.caller(number) for number in (FIRST, SECOND)]
    await first.policy(LetRing())
    await second.policy(AnswerCalls())
    anna = await site.agent("anna")
    await site.client.post("/api/campaigns/sales/orders", {"verb": "start", "by": "a test"})
    line = await anna.incoming()
    await line.play_tone(AGENT_HZ)
    called = await first.incoming()
    await site.kill_engine()
    await site.engine_back()
    await answer(site, called)
    await hears(line, CALLER_HZ)
    await called.hang_up()
    called = await second.incoming(AT_ONCE_S)
    await called.answered()
    await site.kill_engine()
    await site.engine_back()
    await called.hang_up()
    await line_is_idle(site)

    async def look() -> list[Json] | None:
        found = await attempts(site)
        return found if all(each["result"] for each in found) else None

    one, two = await until("what came of both", look, 15)
    assert (one["number"], one["result"], one["agent"]) == (FIRST, "answered", "anna")
    assert two["number"] == SECOND
    assert two["result"] in ("answered", "lost")
