"""What supervisors and the site want of campaigns, and what agents and calls do then."""

from __future__ import annotations

import pytest

from engine.dialing.calls import Pausing
from engine.dialing.dialer import PAUSE, START, STOP
from history.outcome import EndedBy
from routing.agent import Available
from routing.outbound.leads.plan import Result
from tests.unit.dialers import LUNCH, Open, dialer_of, taken_up
from tests.unit.dialing import number, paused

pytestmark = pytest.mark.unit


async def test_a_word_of_a_supervisor_holds_until_the_file_says_otherwise(open_house: Open) -> None:
    """Also after a restart: nobody is called whom somebody has forbidden to call."""
    house = open_house()
    await house.bring(1, 2)
    dialer = await taken_up(house)
    await dialer.order("sales", PAUSE, "maria")
    await dialer.look()
    house.work("anna")
    assert await house.step() == []
    again = open_house()
    assert (await taken_up(again)).runs["sales"].placing is False
    again.site = paused(again.site)
    third = dialer_of(again)
    await third.look()
    assert third.runs == {}
    await third.order("sales", START, "maria")
    await third.look()
    assert third.runs["sales"].placing


async def test_stop_ends_placing_and_not_the_calls_that_are_up(open_house: Open) -> None:
    """Its agents are let go when nobody can answer any more."""
    house = open_house()
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


async def test_an_agent_is_in_one_team(open_house: Open) -> None:
    """And goes to one that has fewer, while no call needs them."""
    house = open_house()
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


async def test_nobody_is_called_while_no_agent_can_be_reserved(open_house: Open) -> None:
    """Without Redis routing promises no agent: who answered would be lost."""
    house = open_house()
    await house.bring(1)
    house.work("anna")
    house.floor.health.up = False
    assert await house.step() == []
    house.floor.health.up = True
    assert [call.number for call in await house.step(1_000)] == [number(1)]


async def test_a_paused_campaign_keeps_its_agents_while_somebody_may_answer(
    open_house: Open,
) -> None:
    """Their lines stay open, and no other campaign calls anybody for them."""
    house = open_house()
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
    open_house: Open,
) -> None:
    """Those of a trunk that two campaigns share; also of who has pressed the key for no more calls,
    of which all is written before the channel is hung up."""
    house = open_house()
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


async def test_who_waits_to_leave_a_campaign_that_is_stopped_may_go(open_house: Open) -> None:
    """As soon as nobody in the air needs them, and the agents are no campaign's any more."""
    house = open_house()
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
