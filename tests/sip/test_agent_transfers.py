"""Agents send callers on: to a queue, a colleague, a number; and nobody is ever lost."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from phones.protocol import AnswerCalls, LetRing
from tests.sip.agents_site import (
    CALLER_HZ,
    OTHER_HZ,
    agents_site,
    away,
    colleague,
    hears,
    talking,
    told,
)
from tests.sip.running_site import FALLBACK, RunningSite

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """See `agents_site`."""
    async with agents_site(tmp_path_factory.mktemp("agents")) as running:
        yield running


async def test_to_a_queue_with_the_place_kept(site: RunningSite) -> None:
    """The first agent is in wrap-up at once, the second sees the note and talks with the caller;
    the wait is counted from the first arrival."""
    async with talking(site) as talk:
        cili = await colleague(site, "cili")
        answer = await talk.wants("transfer", "queue:billing", note="Wrong bill", keep_place=True)
        assert answer["contact"] == talk.contact
        await talk.anna.ended()
        taken = await cili.incoming()
        await taken.answered()
        assert "36201234567" in taken.peer, "the phone shows who calls"
        await taken.play_tone(OTHER_HZ)
        await hears(taken, CALLER_HZ)
        await hears(talk.caller, OTHER_HZ)
        await site.agent_is("cili", "talking")
        await site.agent_is("anna", "available")
        row = await talk.over()
    assert (row["outcome"], row["agent"], row["queue"]) == ("answered", "cili", "billing")
    (handed,) = told(row, "handed_over")
    assert handed == {"agent": "anna", "to": "queue:billing", "note": "Wrong bill"}
    legs = [leg["agent"] for leg in row["legs"] if leg["answered_ms"]]
    assert legs == ["anna", "cili"]


async def test_to_a_colleague(site: RunningSite) -> None:
    """By name or extension."""
    async with talking(site) as talk:
        cili = await colleague(site, "cili")
        await talk.wants("transfer", "203")
        taken = await cili.incoming()
        await taken.answered()
        await taken.play_tone(OTHER_HZ)
        await hears(taken, CALLER_HZ)
        await hears(talk.caller, OTHER_HZ)
        await taken.hang_up()
        await talk.caller.ended()
        row = await site.row(talk.contact)
    assert (row["outcome"], row["ended_by"], row["agent"]) == ("answered", "agent", "cili")


async def test_a_colleague_who_does_not_answer_gives_the_caller_back(site: RunningSite) -> None:
    """To the agent who sent them, who is in wrap-up."""
    async with talking(site) as talk:
        cili = await colleague(site, "cili", LetRing())
        await talk.wants("transfer", "agent:cili")
        await talk.anna.ended()
        ringing = await cili.incoming()
        back = await site.phones["anna"].incoming()
        await ringing.ended()
        await back.answered()
        await hears(back, CALLER_HZ)
        row = await talk.over()
    assert (row["outcome"], row["agent"]) == ("answered", "anna")
    assert told(row, "not_taken") == [{"to": "agent:cili"}]


async def test_whom_nobody_takes_waits_in_the_queue(site: RunningSite) -> None:
    """The agent has gone too: the caller is in the queue again, and the next agent answers."""
    async with talking(site) as talk:
        cili = await colleague(site, "cili", LetRing())
        await talk.wants("transfer", "agent:cili")
        await cili.incoming()
        await talk.anna.ended()
        await away(site, "anna")
        await site.only_call("queue", 15)
        bela = await site.phone("bela")
        taken = await bela.incoming()
        await taken.answered()
        await hears(taken, CALLER_HZ)
        row = await talk.over()
    assert (row["outcome"], row["agent"]) == ("answered", "bela")
    await away(site, "bela")


async def test_to_a_number_outside(site: RunningSite) -> None:
    """Where the site permits it, and only there."""
    async with talking(site) as talk:
        refused = await talk.wants("transfer", "+443300000000")
        assert refused["error"]["code"] == "not_permitted"
        await hears(talk.anna, CALLER_HZ)
        await talk.wants("transfer", FALLBACK)
        outside = await site.carrier.incoming()
        await outside.answered()
        await hears(outside, CALLER_HZ)
        await talk.anna.ended()
        await outside.hang_up()
        await talk.caller.ended()
        row = await site.row(talk.contact)
    assert row["outcome"] == "answered"
    assert [leg["role"] for leg in row["legs"] if leg["answered_ms"]] == ["agent", "external"]
    assert FALLBACK not in site.output


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("queue:biling", "no_such_target"),
        ("queue:billing", "no_agents"),
        ("agent:cili", "unreachable"),
        ("agent:anna", "no_such_target"),
        ("299", "no_such_target"),
    ],
)
async def test_what_cannot_be_is_refused_before_anything_happens(
    site: RunningSite, to: str, code: str
) -> None:
    """Caller and agent talk on."""
    async with talking(site) as talk:
        await away(site, "cili")
        refused = await talk.wants("transfer", to)
        assert refused["error"]["code"] == code
        await hears(talk.anna, CALLER_HZ)


async def test_a_caller_who_hangs_up_while_it_rings(site: RunningSite) -> None:
    """The phone stops ringing, and nobody has anything in hand."""
    async with talking(site) as talk:
        cili = await colleague(site, "cili", LetRing())
        await talk.wants("transfer", "agent:cili")
        ringing = await cili.incoming()
        row = await talk.over()
        await ringing.ended()
        assert row["ended_by"] == "caller"
        await cili.policy(AnswerCalls(after_ms=100))
        await away(site, "cili")


async def test_by_keys_on_the_phone(site: RunningSite) -> None:
    """A code, the number of a queue, and #."""
    async with talking(site) as talk:
        cili = await colleague(site, "cili")
        await talk.anna.send_digits("#2300#")
        taken = await cili.incoming()
        await taken.answered()
        await hears(taken, CALLER_HZ)
        await talk.anna.ended()
        row = await talk.over()
    assert (row["agent"], row["queue"]) == ("cili", "billing")


async def test_a_phones_own_transfer_is_refused(site: RunningSite) -> None:
    """REFER would take the caller out of the engine's hands: the phone is told no, and caller and
    agent talk on."""
    async with talking(site) as talk:
        blind = await talk.anna.refer("sip:203@127.0.0.1")
        assert blind is None or blind >= 400
        await hears(talk.anna, CALLER_HZ)
        cili = await colleague(site, "cili")
        own = await site.phones["anna"].dial(f"sip:203@{site.card['sip']['address']}")
        await (await cili.incoming()).answered()
        await own.answered()
        attended = await talk.anna.refer(to=own)
        assert attended is None or attended >= 400
        await own.hang_up()
        assert (await site.agent_is("anna", "talking"))["detail"] == talk.contact


async def test_by_the_command(site: RunningSite) -> None:
    """0 and nothing printed; 1 and why, where it is refused."""
    async with talking(site) as talk:
        code, printed = await site.trunkline("calls", "hold", talk.contact)
        assert (code, printed) == (0, "")
        code, printed = await site.trunkline("calls", "transfer", talk.contact, "--to", "queue:x")
        assert (code, printed) == (1, 'unknown queue "x", allowed: billing, support\n')
        code, printed = await site.trunkline("calls", "hold", "nobody")
        assert (code, printed) == (1, "no agent talks with this contact's caller\n")
