"""Engines that are lost, databases that are away, nodes that share: nobody is dialled twice, and
nobody forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from config.site import Site
from engine.campaigns.hopper import CampaignHopper
from engine.dialing.calls import Leaving, Pausing
from engine.dialing.dialer import PAUSE, START, STOP, Dialer
from engine.dialing.reasons import why
from engine.dialing.recovered import NOBODY, Met
from engine.dialing.run import CampaignRun
from history.errors import DatabaseAway
from history.lead_hopper import AttemptRow, HopperStore
from history.outcome import EndedBy
from routing.agent import Available
from routing.outbound.budget import Budget, Tally
from routing.outbound.leads.plan import Result
from routing.outbound.standing import Past
from tests.unit.dialing import House, at, number, paused, site_of

pytestmark = pytest.mark.unit

Open = Callable[..., House]
LUNCH = Leaving("pause", "lunch", 5)


@pytest.fixture
async def opened(database_url: str) -> AsyncIterator[Open]:
    """Engines on one database; one that was killed is simply not heard of any more."""
    houses: list[House] = []

    def open_house(node: str = "node", now: str = "10:00", mode: str = "progressive") -> House:
        house = House(database_url, site_of(mode), at(now), node)
        houses.append(house)
        return house

    yield open_house
    for house in houses:
        await house.close()


def dialer_of(house: House) -> Dialer:
    """The engine's dialer, which takes the place of the one run that the house has."""
    house.trunks.set_limits({}, {})
    return Dialer(lambda: house.site, house.parts)


async def taken_up(
    house: House, channels: frozenset[str] = frozenset(), met: Mapping[str, Met] = NOBODY
) -> Dialer:
    """An engine after its start."""
    dialer = dialer_of(house)
    await dialer.take_up(channels, met)
    house.run = dialer.runs["sales"]
    return dialer


async def test_calls_whose_channels_live_are_taken_up_and_others_end(opened: Open) -> None:
    """After SIGKILL: one rings, one talks, one is gone; each ends once, and none is dialed anew."""
    killed = opened()
    await killed.bring(1, 2, 3)
    killed.work("anna", "ben", "cleo")
    rings, talks, gone = await killed.step()
    killed.join(talks, "ben")
    await killed.settled()
    engine = opened(now="10:00:30")
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
    opened: Open,
) -> None:
    """Killed before the answer was written, or while the two were being joined: who talked has
    talked, who was told that nobody is there was lost."""
    killed = opened()
    await killed.bring(1, 2, 3, 4)
    killed.work("anna", "ben", "cleo", "dora")
    talked, heard_flow, unmet, not_joined = await killed.step()
    killed.join(not_joined, "dora")
    await killed.settled()
    engine = opened(now="10:00:30")
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


async def test_a_conversation_of_which_only_its_story_knew_is_one(opened: Open) -> None:
    """The engine was killed before it had written that they talk; they do, and it is over later."""
    killed = opened()
    await killed.bring(1)
    killed.work("anna")
    [call] = await killed.step()
    engine = opened(now="10:00:30")
    met = {call.contact: Met(killed.now_ms, is_met=True, agent="anna")}
    dialer = await taken_up(engine, frozenset([call.channel]), met)
    dialer.ended(call.contact, engine.now_ms, EndedBy.CALLER)
    await engine.settled()
    query = "SELECT result, answered_ms, agent FROM dial_attempts"
    assert await engine.rows(query) == [
        {"result": "answered", "answered_ms": killed.now_ms, "agent": "anna"}
    ]


async def test_what_a_flow_had_said_before_the_engine_was_lost_holds(opened: Open) -> None:
    """Of a call that is over, and of one that goes on and is said nothing more of."""
    killed = opened(mode="agentless")
    await killed.bring(1, 2)
    over, on = await killed.step()
    for call in (over, on):
        killed.join(call, None)
    await killed.settled()
    engine = opened(now="10:00:30", mode="agentless")
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


async def test_what_an_engine_was_about_to_call_comes_back(opened: Open) -> None:
    """Held leads are nobody's once the lease of a killed engine is over."""
    killed = opened()
    await killed.bring(1, 2)
    await killed.run.planning.keep_up()
    await killed.run.hopper.round()
    other = opened("other", now="10:02")
    other.work("anna", "ben")
    assert len(await other.step()) == 2


async def test_an_engine_that_comes_back_holds_what_its_former_self_held(opened: Open) -> None:
    """At once: it is dead, so that whoever it held was called by nobody; whom it was calling is not
    called anew. What another node holds stays with it."""
    killed, other = opened(), opened("node-2")
    await killed.bring(1, 2, 3)
    killed.work("anna")
    [call] = await killed.step()
    assert len(killed.run.hopper) == 2
    await other.bring(4)
    await other.run.planning.keep_up()
    await other.run.hopper.round()
    engine = opened(now="10:00:01")
    await taken_up(engine, frozenset([call.channel]))
    engine.work("anna", "ben", "cleo", "dora")
    called = await engine.step(1_000)
    assert {each.number for each in called} == {number(2), number(3)}


async def test_a_call_of_which_nobody_knows_whether_it_was_written_is_not_made(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database was lost in the middle of the write: its lead is as it was, and called later."""
    house = opened()
    await house.bring(1)
    house.work("anna")
    begin = HopperStore.begin

    async def written_and_not_told(self: HopperStore, attempt: AttemptRow, by: str) -> bool:
        await begin(self, attempt, by)
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
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The agent went while the call was written: it counts as none."""
    house = opened()
    await house.bring(1)
    house.work("anna")
    begin = HopperStore.begin

    async def meanwhile(self: HopperStore, attempt: AttemptRow, by: str) -> bool:
        house.floor.closed = {"anna"}
        return await begin(self, attempt, by)

    monkeypatch.setattr(HopperStore, "begin", meanwhile)
    assert await house.step() == []
    assert await house.rows("SELECT id FROM dial_attempts") == []
    [lead] = await house.rows("SELECT state, tries, last_ms FROM leads")
    assert lead["tries"] == 0
    assert lead["last_ms"] is None
    monkeypatch.setattr(HopperStore, "begin", begin)
    house.floor.closed = set()
    assert len(await house.step(6_000)) == 1


async def test_a_word_of_a_supervisor_holds_until_the_file_says_otherwise(opened: Open) -> None:
    """Also after a restart: nobody is called whom somebody has forbidden to call."""
    house = opened()
    await house.bring(1, 2)
    dialer = await taken_up(house)
    await dialer.order("sales", PAUSE, "maria")
    await dialer.look()
    house.work("anna")
    assert await house.step() == []
    again = opened()
    assert (await taken_up(again)).runs["sales"].placing is False
    again.site = paused(again.site)
    third = dialer_of(again)
    await third.look()
    assert third.runs == {}
    await third.order("sales", START, "maria")
    await third.look()
    assert third.runs["sales"].placing


async def test_stop_ends_placing_and_not_the_calls_that_are_up(opened: Open) -> None:
    """Its agents are let go when nobody can answer any more."""
    house = opened()
    await house.bring(1, 2)
    dialer = await taken_up(house)
    house.work("zoe")
    await dialer.look()
    [call] = await house.step()
    await dialer.order("sales", STOP, "maria")
    await dialer.look()
    assert await house.step() == []
    assert dialer.teams.wants_line("zoe")
    dialer.answered(call.contact, house.now_ms)
    dialer.ended(call.contact, house.now_ms, EndedBy.CALLER)
    await dialer.look()
    assert dialer.runs == {}
    assert not dialer.teams.wants_line("zoe")


async def test_nodes_part_lines_and_keep_the_caps_each_on_its_own_calls(opened: Open) -> None:
    """Of twelve lines each of two has six, the second as soon as the first has let go of them."""
    one, two = opened("a"), opened("b")
    dialers = [await taken_up(each) for each in (one, two)]

    async def free(later_ms: int) -> list[int]:
        for house, dialer in zip((one, two), dialers, strict=True):
            house.now_ms += later_ms
            await dialer.look()
        return [house.trunks.free("sales", house.steady_ms) for house in (one, two)]

    assert await free(0) == [12, 0]
    assert await free(11_000) == [6, 0]
    assert await free(1_000) == [6, 6]
    await one.step()
    assert not one.run.book.standing.alone


@pytest.mark.parametrize("is_back", [True, False])
async def test_calls_of_a_node_that_is_gone_keep_their_lines(opened: Open, is_back: bool) -> None:
    """They are up in its Asterisk: who rang for as long as a phone rings, who talked until it is
    back and tells, or for an hour; also when the other node has ended them long ago."""
    gone, here = opened("gone"), opened("here")
    await gone.bring(1, 2)
    await taken_up(gone)
    gone.work("anna", "ben")
    talks, _ = await gone.step()
    gone.join(talks, "anna")
    await gone.settled()
    dialer = await taken_up(here)

    async def free(seconds: int) -> int:
        for _ in range(seconds):
            here.now_ms += 1_000
            await dialer.look()
        return here.trunks.free("sales", here.steady_ms)

    assert await free(50) == 10
    here.now_ms += 60_000
    assert await here.run.hopper.take_up(here.now_ms) == 2
    assert await free(20) == 10
    assert await free(60) == 11
    if is_back:
        back = opened("gone", now="10:10")
        told = await taken_up(back, frozenset([talks.channel]))
        assert back.trunks.in_use("sales") == {"line": 1}
        assert await free(12) == 6
        told.ended(talks.contact, back.now_ms, EndedBy.CALLER)
        assert await free(60) == 12
    here.now_ms += 3_600_000
    assert await free(60) == 12


async def test_a_clock_that_is_put_back_keeps_no_calls_back(opened: Open) -> None:
    """Neither those of a trunk's next second, nor what nodes say to each other."""
    house = opened()
    await house.bring(1, 2)
    dialer = await taken_up(house)
    house.now_ms += 7_200_000
    await dialer.look()
    trunk = house.site.trunks["line"].model_copy(update={"lines": None, "calls_per_second": 2.0})
    house.site = house.site.model_copy(update={"trunks": {"line": trunk}})
    await dialer.look()
    house.work("anna", "ben")
    assert len(await house.step()) == 2
    house.put_clock_back(3_600_000)
    house.now_ms += 1_001
    await dialer.look()
    assert house.trunks.free("sales", house.steady_ms) == 2


async def test_an_agent_is_in_one_team(opened: Open) -> None:
    """And goes to one that has fewer, while no call needs them."""
    house = opened()
    campaign = house.site.campaigns["sales"]
    agents = dict.fromkeys(("anna", "ben", "cleo", "dora"), house.site.agents["zoe"])
    house.site = house.site.model_copy(
        update={"campaigns": {"sales": campaign, "more": campaign}, "agents": agents}
    )
    for name in agents:
        house.floor.states[name] = Available(0, 0)
    dialer = await taken_up(house)
    teams = [run.crew.team for run in dialer.runs.values()]
    assert (len(teams[0]), len(teams[1]), teams[0] & teams[1]) == (2, 2, frozenset())
    await dialer.order("more", PAUSE, "maria")
    await dialer.look()
    assert len(dialer.runs["sales"].crew.team) == 4
    await dialer.order("more", START, "maria")
    for _ in range(3):
        await dialer.look()
    assert [len(run.crew.team) for run in dialer.runs.values()] == [2, 2]


async def test_nobody_is_called_while_no_agent_can_be_reserved(opened: Open) -> None:
    """Without Redis routing promises no agent: who answered would be lost."""
    house = opened()
    await house.bring(1)
    house.work("anna")
    house.floor.health.up = False
    assert await house.step() == []
    house.floor.health.up = True
    assert [call.number for call in await house.step(1_000)] == [number(1)]


async def test_who_asks_for_no_more_calls_has_asked_though_the_call_is_over(opened: Open) -> None:
    """Another engine has taken its end for unknown meanwhile."""
    house = opened()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    other = opened("other", now="10:02")
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
    opened: Open,
) -> None:
    """Asterisk has said the message and noted the key; the engine that reads the note has ended the
    call as unknown already."""
    killed = opened()
    await killed.bring(1)
    killed.work("anna")
    [call] = await killed.step()
    engine = opened(now="10:00:30")
    dialer = await taken_up(engine)
    assert dialer.call_of(call.contact) is None
    dialer.opted_out(call.contact, engine.now_ms)
    assert await dialer.is_written()
    facts = await engine.parts.permissions.facts(call.number)
    assert [(each.register, each.until_ms) for each in facts.entries] == [("own", None)]


async def test_who_has_talked_is_not_called_again_by_the_node_that_takes_over(
    opened: Open,
) -> None:
    """Of the conversation it is known that there was one, and with whom."""
    killed = opened()
    await killed.bring(1, 2)
    killed.work("anna", "ben")
    talks, _ = await killed.step()
    killed.join(talks, "anna")
    await killed.settled()
    other = opened("other", now="10:02")
    assert await other.run.hopper.take_up(other.now_ms) == 2
    query = "SELECT result, answered_ms, agent FROM dial_attempts ORDER BY number"
    assert await other.rows(query) == [
        {"result": "answered", "answered_ms": killed.now_ms, "agent": "anna"},
        {"result": "unknown", "answered_ms": None, "agent": None},
    ]


async def test_a_campaign_that_fails_begins_anew_and_ends_nothing_else(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of one campaign must not end callers' calls: the engine goes on."""
    house = opened()
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


async def test_of_two_who_are_about_to_call_a_number_at_most_one_does(opened: Open) -> None:
    """Two engines with a lead each, of lists of their own: both have looked the number up, and
    neither had written its call."""
    house, other = opened(), opened("other")
    campaign = house.site.campaigns["sales"]
    lists = {"another": campaign.lists["list"]}
    second = house.site.campaigns | {"sales": campaign.model_copy(update={"lists": lists})}
    await house.bring(1)
    await other.bring(1, list_name="another")
    other.run.take_site(house.site.model_copy(update={"campaigns": second}))
    for engine in (house, other):
        engine.work("anna")
        await engine.run.planning.keep_up()
        await engine.run.hopper.round()
        assert len(engine.run.hopper) == 1
    await asyncio.gather(house.run.step(), other.run.step())
    await house.tasks.done()
    await other.tasks.done()
    assert len(house.carrier.calls) + len(other.carrier.calls) <= 1


def showing_once(site: Site) -> Site:
    """With one number to show, once a day."""
    pool = {"+3615550100": site.caller_ids["main"]["+3615550100"]}
    once = {each: it.model_copy(update={"calls_per_day": 1}) for each, it in pool.items()}
    return site.model_copy(update={"caller_ids": {"main": once}})


async def test_a_number_is_shown_as_often_as_it_may_be_over_nodes_and_restarts(
    opened: Open,
) -> None:
    """On the site's day; neither of two nodes knows of the other's call by itself."""
    house, other = opened(), opened("other")
    await house.bring(1)
    for engine in (house, other):
        engine.site = showing_once(engine.site)
        engine.run.take_site(engine.site)
        engine.work("anna")
    [call] = await house.step()
    house.not_reached(call)
    await other.bring(2)
    assert await other.step() == []
    assert other.run.placer.blocks == {"caller_ids": 1}
    assert "each number of the pool was shown as often as it may be today" in why(
        other.run, other.now_ms
    )
    [left] = await other.rows("SELECT count(*) AS calls FROM dial_attempts")
    assert left["calls"] == 1
    again = opened(now="19:59")
    again.site = showing_once(again.site)
    again.work("anna")
    again.run.take_site(again.site)
    assert await again.step() == []
    next_day = opened(now="10:00")
    next_day.site = showing_once(next_day.site)
    next_day.now_ms += 24 * 3_600_000
    next_day.run.take_site(next_day.site)
    next_day.work("anna")
    assert len(await next_day.step()) == 1


async def test_a_number_was_shown_also_by_a_campaign_that_is_gone(opened: Open) -> None:
    """Renamed at noon, it does not begin the day anew."""
    house = opened()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    sales = house.site.campaigns["sales"]
    again = opened()
    again.site = house.site.model_copy(update={"campaigns": {"selling": sales}})
    dialer = dialer_of(again)
    await dialer.take_up(frozenset())
    assert again.parts.shown.times(call.caller_id) == 1


async def test_a_campaign_ends_also_while_the_database_is_away(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end is nobody's fault: other campaigns, and the engine, go on."""
    house, asked, looks = opened(), asyncio.Event(), asyncio.Event()

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


async def test_a_paused_campaign_keeps_its_agents_while_somebody_may_answer(opened: Open) -> None:
    """Their lines stay open, and no other campaign calls anybody for them."""
    house = opened()
    campaign = house.site.campaigns["sales"]
    house.site = house.site.model_copy(
        update={"campaigns": {"sales": campaign, "more": campaign.model_copy()}}
    )
    await house.bring(1)
    dialer = await taken_up(house)
    house.floor.states["zoe"] = Available(house.now_ms, house.now_ms)
    house.run.crew.team, dialer.runs["more"].crew.team = frozenset(["zoe"]), frozenset()
    [call] = await house.step()
    await dialer.order("sales", PAUSE, "eva")
    await dialer.look()
    assert dialer.teams.wants_line("zoe")
    assert dialer.runs["more"].crew.team == frozenset()
    dialer.not_reached(call.contact, Result.BUSY, house.now_ms)
    await dialer.look()
    assert dialer.runs["more"].crew.team == frozenset(["zoe"])


async def test_a_paused_campaigns_calls_keep_their_lines_until_their_channels_are_gone(
    opened: Open,
) -> None:
    """Those of a trunk that two campaigns share; also of who has pressed the key for no more calls,
    of which all is written before the channel is hung up."""
    house = opened()
    campaign = house.site.campaigns["sales"]
    house.site = house.site.model_copy(update={"campaigns": {"sales": campaign, "more": campaign}})
    await house.bring(1, 2)
    dialer = await taken_up(house)
    house.work("anna", "ben")
    first, second = await house.step()
    await dialer.order("sales", PAUSE, "eva")
    await dialer.look()
    assert house.trunks.free("more", house.steady_ms) == 10
    dialer.not_reached(first.contact, Result.BUSY, house.now_ms)
    dialer.answered(second.contact, house.now_ms)
    dialer.lost(second.contact, house.now_ms)
    dialer.opted_out(second.contact, house.now_ms)
    assert await dialer.is_written()
    assert house.trunks.free("more", house.steady_ms) == 11
    dialer.ended(second.contact, house.now_ms, EndedBy.ENGINE)
    assert house.trunks.free("more", house.steady_ms) == 12


async def test_a_call_whose_end_is_written_has_its_line_after_a_restart_too(opened: Open) -> None:
    """Until its channel is gone; also where its campaign is no longer the site's."""
    killed = opened()
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
    engine = opened(now="10:00:30")
    engine.site = engine.site.model_copy(update={"campaigns": {"x": campaign}})
    again = dialer_of(engine)
    await again.take_up(frozenset([pressed.channel, rings.channel, "another"]))
    await again.look()
    assert engine.trunks.free("x", engine.steady_ms) == 10
    for call in (pressed, rings):
        again.ended(call.contact, engine.now_ms, EndedBy.UNKNOWN)
    assert engine.trunks.free("x", engine.steady_ms) == 12


async def test_who_joins_reckons_with_what_the_others_have_in_the_air(opened: Open) -> None:
    """They were alone until then, and may have risked what others had left over."""
    one, two = opened("a"), opened("b")
    await one.bring(1, 2, 3, 4)
    await taken_up(one)
    one.work("anna", "ben")
    assert len(await one.step()) == 2
    await two.run.book.look_up(two.now_ms, Budget(), ("a", "b"))
    assert two.run.book.standing.others == (Past(Tally(lost=2)),)
    assert two.run.book.standing.budget().today == Tally(lost=2)
    for call in one.carrier.calls:
        one.not_reached(call)
    await one.settled()
    assert len(await one.step(5_000)) == 2
    two.now_ms += 31_000
    assert two.run.book.is_doubtful(two.now_ms)
    await two.run.book.look_up(two.now_ms, Budget(), ("a", "b"))
    assert two.run.book.standing.budget().today == Tally()
    assert not two.run.book.is_doubtful(two.now_ms + 60_000)


async def test_who_waits_to_leave_a_campaign_that_is_stopped_may_go(opened: Open) -> None:
    """As soon as nobody in the air needs them, and the agents are no campaign's any more."""
    house = opened()
    await house.bring(1)
    dialer = await taken_up(house)
    house.work("anna")
    (call,) = await house.step()
    gone: list[str] = []
    assert not dialer.leaves("anna", LUNCH, lambda: gone.append("anna"))
    assert dialer.pausing("anna") == Pausing(LUNCH, 1)
    await dialer.order("sales", STOP, "maria")
    await dialer.look()
    assert (gone, house.floor.kept["sales"]) == ([], frozenset({"anna"}))
    dialer.not_reached(call.contact, Result.BUSY, house.now_ms)
    await dialer.look()
    assert (gone, house.floor.kept["sales"]) == (["anna"], frozenset())
    assert (dialer.runs, dialer.pausing("anna")) == ({}, None)
