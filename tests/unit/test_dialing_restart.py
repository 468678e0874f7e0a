"""Engines that are lost, databases that are away, nodes that share: nobody is dialled twice, and
nobody forgotten."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from engine.campaigns.hopper import CampaignHopper
from engine.dialing.calls import DialedCall
from engine.dialing.left import Left
from engine.dialing.recovered import Met
from engine.dialing.run import CampaignRun
from engine.dialing.up import Word
from history.errors import DatabaseAway
from history.lead_hopper import AttemptRow, HopperStore
from history.lead_rows import LeadRow
from history.outcome import EndedBy
from tests.unit.dialers import Open, dialer_of, taken_up
from tests.unit.dialing import MONDAY, House, at, number

pytestmark = pytest.mark.unit


async def test_calls_whose_channels_live_are_taken_up_and_others_end(open_house: Open) -> None:
    """After SIGKILL: one rings, one talks, one is gone; each ends once, and none is dialed anew."""
    killed = open_house()
    await killed.bring(1, 2, 3)
    killed.work("anna", "ben", "cleo")
    rings, talks, gone = await killed.step()
    killed.join(talks, "ben")
    await killed.settled()
    engine = open_house(now="10:00:30")
    dialer = await taken_up(engine, frozenset((rings.channel, talks.channel)))
    assert [dialer.call_of(each.contact) is None for each in (rings, talks, gone)] == [
        *(False, False),
        True,
    ]
    taken = dialer.call_of(rings.contact)
    assert taken is not None
    assert taken.fields == rings.fields == {"name": "1"}
    engine.work("anna", "ben", "cleo")
    assert await engine.step(1_000) == []
    assert engine.run.in_air().calls == 1
    dialer.ended(talks.contact, engine.now_ms, EndedBy.CALLER)
    dialer.answered(rings.contact, engine.now_ms)
    dialer.connected(rings.contact, "anna", engine.now_ms)
    dialer.ended(rings.contact, engine.now_ms, EndedBy.AGENT)
    await engine.settled()
    query = "SELECT number, result FROM dial_attempts ORDER BY number"
    assert await engine.rows(query) == [
        {"number": rings.number, "result": "answered"},
        {"number": talks.number, "result": "answered"},
        {"number": gone.number, "result": "unknown"},
    ]


async def test_what_a_restart_has_found_out_of_calls_that_are_over_is_written(
    open_house: Open,
) -> None:
    """Killed before the answer was written, or while the two were being joined: who talked has
    talked, who was told that nobody is there was lost."""
    killed = open_house()
    await killed.bring(1, 2, 3, 4)
    killed.work("anna", "ben", "cleo", "dora")
    talked, heard_flow, unmet, not_joined = await killed.step()
    killed.join(not_joined, "dora")
    await killed.settled()
    engine = open_house(now="10:00:30")
    at_ms = killed.now_ms
    met = {
        talked.contact: Met(at_ms, is_met=True, agent="anna"),
        heard_flow.contact: Met(at_ms, is_met=True),
        unmet.contact: Met(at_ms, is_met=False),
        not_joined.contact: Met(at_ms, is_met=False),
    }
    await taken_up(engine, met=met)
    query = "SELECT number, result, agent FROM dial_attempts ORDER BY number"
    assert await engine.rows(query) == [
        {"number": talked.number, "result": "answered", "agent": "anna"},
        {"number": heard_flow.number, "result": "answered", "agent": None},
        {"number": unmet.number, "result": "lost", "agent": None},
        {"number": not_joined.number, "result": "lost", "agent": "dora"},
    ]


async def test_who_had_pressed_the_key_before_the_engine_was_lost_is_called_no_more(
    open_house: Open,
) -> None:
    """Its story knew, and the register did not yet: of a call that is over, and of one that is
    still up."""
    killed = open_house()
    await killed.bring(1, 2)
    killed.work("anna", "ben")
    over, up = await killed.step()
    engine = open_house(now="10:00:30")
    met = {each.contact: Met(killed.now_ms, is_met=False, opted_out=True) for each in (over, up)}
    dialer = await taken_up(engine, frozenset([up.channel]), met)
    dialer.ended(up.contact, engine.now_ms, EndedBy.CALLER)
    await engine.settled()
    listed = await engine.rows("SELECT number FROM do_not_call ORDER BY number")
    assert [each["number"] for each in listed] == sorted([over.number, up.number])


async def test_a_conversation_of_which_only_its_story_knew_is_one(open_house: Open) -> None:
    """The engine was killed before it had written that they talk; they do, and it is over later."""
    killed = open_house()
    await killed.bring(1)
    killed.work("anna")
    [call] = await killed.step()
    engine = open_house(now="10:00:30")
    met = {call.contact: Met(killed.now_ms, is_met=True, agent="anna")}
    dialer = await taken_up(engine, frozenset([call.channel]), met)
    dialer.ended(call.contact, engine.now_ms, EndedBy.CALLER)
    await engine.settled()
    query = "SELECT result, answered_ms, agent FROM dial_attempts"
    assert await engine.rows(query) == [
        {"result": "answered", "answered_ms": killed.now_ms, "agent": "anna"}
    ]


async def test_what_a_flow_had_said_before_the_engine_was_lost_holds(open_house: Open) -> None:
    """Of a call that is over, and of one that goes on and is said nothing more of."""
    killed = open_house(mode="agentless")
    await killed.bring(1, 2)
    over, on = await killed.step()
    for call in (over, on):
        killed.join(call, None)
    await killed.settled()
    engine = open_house(now="10:00:30", mode="agentless")
    met = {
        each.contact: Met(killed.now_ms, is_met=True, disposition=word)
        for each, word in ((over, "never"), (on, "sold"))
    }
    dialer = await taken_up(engine, frozenset([on.channel]), met)
    dialer.ended(on.contact, engine.now_ms, EndedBy.CALLER)
    await engine.settled()
    query = "SELECT result, disposition FROM dial_attempts ORDER BY number"
    assert await engine.rows(query) == [
        {"result": "answered", "disposition": "never"},
        {"result": "answered", "disposition": "sold"},
    ]
    facts = await engine.parts.permissions.facts(over.number)
    assert [each.register for each in facts.entries] == ["own"]


async def _talking(house: Open, *numbers: int) -> tuple[House, list[DialedCall]]:
    """An engine whose agents talk to all of these leads."""
    killed = house()
    await killed.bring(*numbers)
    agents = [f"agent {n}" for n in numbers]
    killed.work(*agents)
    calls = [*await killed.step()]
    for call, agent in zip(calls, agents, strict=True):
        killed.join(call, agent)
    return killed, calls


async def test_what_an_agent_had_said_before_the_engine_was_lost_holds(open_house: Open) -> None:
    """Who wants no more calls, who agreed upon a time, and who only nearly did: the last word
    counts. Of those one still talks, and nothing more is said."""
    killed, [never, later, corrected, talks] = await _talking(open_house, 1, 2, 3, 4)
    agreed_ms = at("10:00", MONDAY + timedelta(days=2))
    say = killed.run.outcomes.say
    for call in (never, corrected, talks):
        assert say(call.contact, Word("never", agent="zoe"))
    assert say(corrected.contact, Word("sold", agent="zoe"))
    assert say(later.contact, Word("later", agreed_ms, "zoe"))
    await killed.settled()
    engine = open_house(now="10:00:30")
    dialer = await taken_up(engine, frozenset([talks.channel]))
    assert await _listed(engine) == [never.number]
    dialer.ended(talks.contact, engine.now_ms, EndedBy.CALLER)
    await engine.settled()
    query = "SELECT number, result, disposition, agent, said FROM dial_attempts ORDER BY number"
    words = (never, "never"), (later, "later"), (corrected, "sold"), (talks, "never")
    assert await engine.rows(query) == [
        {"number": n, "result": "answered", "disposition": d, "agent": "zoe", "said": None}
        for n, d in sorted((call.number, word) for call, word in words)
    ]
    assert await _listed(engine) == sorted([never.number, talks.number])
    due = "SELECT id, due_ms, agent FROM leads WHERE state = 'ready'"
    assert await engine.rows(due) == [{"id": later.lead_id, "due_ms": agreed_ms, "agent": "zoe"}]


async def test_an_agents_word_holds_when_another_node_ends_the_call(open_house: Open) -> None:
    """A minute after the engine was lost."""
    killed, [call] = await _talking(open_house, 1)
    killed.run.outcomes.say(call.contact, Word("never", agent="zoe"))
    await killed.settled()
    other = open_house(now="10:02", node="other")
    assert await other.run.hopper.take_up(other.now_ms) == 1
    assert await _listed(other) == [call.number]


async def test_an_agents_word_holds_though_the_campaign_is_gone(open_house: Open) -> None:
    """Who asked for no more calls has asked, whatever the campaign's dispositions were."""
    killed, [call] = await _talking(open_house, 1)
    killed.run.outcomes.say(call.contact, Word("never", agent="zoe"))
    await killed.settled()
    await Left(open_house(now="10:00:30").parts).find([])
    assert await _listed(killed) == [call.number]


async def test_a_word_that_the_campaign_does_not_know_any_more_ends_no_campaign(
    open_house: Open,
) -> None:
    """Its file was changed meanwhile: the call has ended all the same."""
    killed, [call] = await _talking(open_house, 1)
    killed.run.outcomes.say(call.contact, Word("sold", agent="zoe"))
    await killed.settled()
    engine = open_house(more="dispositions: {bought: }", now="10:00:30")
    await taken_up(engine)
    query = "SELECT result, disposition FROM dial_attempts"
    assert await engine.rows(query) == [{"result": "answered", "disposition": None}]


async def _listed(house: House) -> list[str]:
    found = await house.rows("SELECT number FROM do_not_call ORDER BY number")
    return [each["number"] for each in found]


async def test_what_an_engine_was_about_to_call_comes_back(open_house: Open) -> None:
    """Held leads are nobody's once the lease of a killed engine is over."""
    killed = open_house()
    await killed.bring(1, 2)
    await killed.run.planning.keep_up()
    await killed.run.hopper.round()
    other = open_house(node="other", now="10:02")
    other.work("anna", "ben")
    assert len(await other.step()) == 2


async def test_an_engine_that_comes_back_holds_what_its_former_self_held(open_house: Open) -> None:
    """At once: it is dead, so that whoever it held was called by nobody; whom it was calling is not
    called anew. What another node holds stays with it."""
    killed, other = open_house(), open_house(node="node-2")
    await killed.bring(1, 2, 3)
    killed.work("anna")
    [call] = await killed.step()
    assert len(killed.run.hopper) == 2
    await other.bring(4)
    await other.run.planning.keep_up()
    await other.run.hopper.round()
    engine = open_house(now="10:00:01")
    await taken_up(engine, frozenset([call.channel]))
    engine.work("anna", "ben", "cleo", "dora")
    called = await engine.step(1_000)
    assert {each.number for each in called} == {number(2), number(3)}


async def test_a_call_of_which_nobody_knows_whether_it_was_written_is_not_made(
    open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database was lost in the middle of the write: its lead is as it was, and called later."""
    house = open_house()
    await house.bring(1)
    house.work("anna")
    begin = HopperStore.begin

    async def written_and_not_told(
        self: HopperStore, attempt: AttemptRow, known: LeadRow, by: str
    ) -> bool:
        await begin(self, attempt, known, by)
        raise DatabaseAway("Gone")

    monkeypatch.setattr(HopperStore, "begin", written_and_not_told)
    assert await house.step() == []
    assert house.trunks.in_use("sales") == {}
    monkeypatch.setattr(HopperStore, "begin", begin)
    [call] = await house.step(6_000)
    [row] = await house.rows("SELECT id FROM dial_attempts")
    [lead] = await house.rows("SELECT tries FROM leads")
    assert (row["id"], lead["tries"]) == (call.contact, 1)


async def test_a_call_that_may_not_be_made_any_more_is_taken_back(
    open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent went while the call was written: it counts as none."""
    house = open_house()
    await house.bring(1)
    house.work("anna")
    begin = HopperStore.begin

    async def meanwhile(self: HopperStore, attempt: AttemptRow, known: LeadRow, by: str) -> bool:
        house.floor.closed = {"anna"}
        return await begin(self, attempt, known, by)

    monkeypatch.setattr(HopperStore, "begin", meanwhile)
    assert await house.step() == []
    assert await house.rows("SELECT id FROM dial_attempts") == []
    [lead] = await house.rows("SELECT state, tries, last_ms FROM leads")
    assert lead["tries"] == 0
    assert lead["last_ms"] is None
    monkeypatch.setattr(HopperStore, "begin", begin)
    house.floor.closed = set()
    assert len(await house.step(6_000)) == 1


async def test_who_asks_for_no_more_calls_has_asked_though_the_call_is_over(
    open_house: Open,
) -> None:
    """Another engine has taken its end for unknown meanwhile."""
    house = open_house()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    other = open_house(node="other", now="10:02")
    assert await other.run.hopper.take_up(other.now_ms) == 1
    [left] = await other.rows("SELECT left_ms FROM dial_attempts")
    assert left["left_ms"] == other.now_ms
    house.answer(call)
    up = house.run.outcomes.calls[call.contact]
    house.run.outcomes.lost(up, house.now_ms)
    house.run.outcomes.opted_out(up, house.now_ms)
    await house.settled()
    [told] = await other.rows("SELECT left_ms FROM dial_attempts")
    assert told["left_ms"] is None
    facts = await other.parts.permissions.facts(call.number)
    assert [(each.register, each.until_ms) for each in facts.entries] == [("own", None)]


async def test_who_pressed_the_key_while_there_was_no_engine_is_never_called_again(
    open_house: Open,
) -> None:
    """Asterisk has said the message and noted the key; the engine that reads the note has ended the
    call as unknown already."""
    killed = open_house()
    await killed.bring(1)
    killed.work("anna")
    [call] = await killed.step()
    engine = open_house(now="10:00:30")
    dialer = await taken_up(engine)
    assert dialer.call_of(call.contact) is None
    dialer.opted_out(call.contact, engine.now_ms)
    assert await dialer.is_written()
    facts = await engine.parts.permissions.facts(call.number)
    assert [(each.register, each.until_ms) for each in facts.entries] == [("own", None)]


async def test_a_campaign_that_fails_begins_anew_and_ends_nothing_else(
    open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of one campaign must not end callers' calls: the engine goes on."""
    house = open_house()
    await house.bring(1)
    dialer, failed = dialer_of(house), asyncio.Event()
    begun = CampaignRun.step

    async def step(self: CampaignRun) -> None:
        if not failed.is_set():
            failed.set()
            raise ValueError("a fault")
        await begun(self)
        again.set()

    again = asyncio.Event()
    monkeypatch.setattr(CampaignRun, "step", step)
    monkeypatch.setattr("engine.dialing.dialer.ANEW_S", 0.0)
    running = asyncio.create_task(dialer.run())
    async with asyncio.timeout(5):
        await again.wait()
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_campaign_ends_also_while_the_database_is_away(
    open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end is nobody's fault: other campaigns, and the engine, go on."""
    house, asked, looks = open_house(), asyncio.Event(), asyncio.Event()

    async def never_done(self: CampaignHopper) -> None:
        looks.set()
        await asyncio.Future()

    async def away(self: HopperStore, by: str) -> None:
        asked.set()
        raise DatabaseAway("Gone")

    monkeypatch.setattr(HopperStore, "release", away)
    monkeypatch.setattr(CampaignHopper, "round", never_done)
    running = asyncio.create_task(house.run.hopper.run())
    await looks.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert asked.is_set()


async def test_a_call_whose_end_is_written_has_its_line_after_a_restart_too(
    open_house: Open,
) -> None:
    """Until its channel is gone; also where its campaign is no longer the site's."""
    killed = open_house()
    campaign = killed.site.campaigns["sales"]
    killed.site = killed.site.model_copy(update={"campaigns": {"sales": campaign, "x": campaign}})
    await killed.bring(1, 2)
    dialer = await taken_up(killed)
    killed.work("anna", "ben")
    pressed, rings = await killed.step()
    dialer.answered(pressed.contact, killed.now_ms)
    dialer.lost(pressed.contact, killed.now_ms)
    dialer.opted_out(pressed.contact, killed.now_ms)
    assert await dialer.is_written()
    engine = open_house(now="10:00:30")
    engine.site = engine.site.model_copy(update={"campaigns": {"x": campaign}})
    again = dialer_of(engine)
    await again.take_up(frozenset([pressed.channel, rings.channel, "another"]))
    await again.look()
    assert engine.trunks.free("x", engine.steady_ms) == 10
    for call in (pressed, rings):
        again.ended(call.contact, engine.now_ms, EndedBy.UNKNOWN)
    assert engine.trunks.free("x", engine.steady_ms) == 12
