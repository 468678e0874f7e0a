"""What nodes share: lines, caps, numbers to show; nobody is dialed by two of them."""

from __future__ import annotations

import asyncio

import pytest

from config.site import Site
from engine.dialing.reasons import why
from history.outcome import EndedBy
from routing.outbound.budget import Budget, Tally
from routing.outbound.standing import Past
from tests.unit.dialers import Open, dialer_of, taken_up

pytestmark = pytest.mark.unit


async def test_nodes_part_lines_and_keep_the_caps_each_on_its_own_calls(open_house: Open) -> None:
    """Of twelve lines each of two has six, the second as soon as the first has let go of them."""
    one, two = open_house(node="a"), open_house(node="b")
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
async def test_calls_of_a_node_that_is_gone_keep_their_lines(
    open_house: Open, is_back: bool
) -> None:
    """They are up in its Asterisk: who rang for as long as a phone rings, who talked until it is
    back and tells, or for an hour; also when the other node has ended them long ago."""
    gone, here = open_house(node="gone"), open_house(node="here")
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
        back = open_house(node="gone", now="10:10")
        told = await taken_up(back, frozenset([talks.channel]))
        assert back.trunks.in_use("sales") == {"line": 1}
        assert await free(12) == 6
        told.ended(talks.contact, back.now_ms, EndedBy.CALLER)
        assert await free(60) == 12
    here.now_ms += 3_600_000
    assert await free(60) == 12


async def test_a_clock_that_is_put_back_keeps_no_calls_back(open_house: Open) -> None:
    """Neither those of a trunk's next second, nor what nodes say to each other."""
    house = open_house()
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


async def test_of_two_who_are_about_to_call_a_number_at_most_one_does(open_house: Open) -> None:
    """Two engines with a lead each, of lists of their own: both have looked the number up, and
    neither had written its call."""
    house, other = open_house(), open_house(node="other")
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
    open_house: Open,
) -> None:
    """On the site's day; neither of two nodes knows of the other's call by itself."""
    house, other = open_house(), open_house(node="other")
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
    again = open_house(now="19:59")
    again.site = showing_once(again.site)
    again.work("anna")
    again.run.take_site(again.site)
    assert await again.step() == []
    next_day = open_house(now="10:00")
    next_day.site = showing_once(next_day.site)
    next_day.now_ms += 24 * 3_600_000
    next_day.run.take_site(next_day.site)
    next_day.work("anna")
    assert len(await next_day.step()) == 1


async def test_a_number_was_shown_also_by_a_campaign_that_is_gone(open_house: Open) -> None:
    """Renamed at noon, it does not begin the day anew."""
    house = open_house()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    sales = house.site.campaigns["sales"]
    again = open_house()
    again.site = house.site.model_copy(update={"campaigns": {"selling": sales}})
    dialer = dialer_of(again)
    await dialer.take_up(frozenset())
    assert again.parts.shown.times(call.caller_id) == 1


async def test_who_joins_reckons_with_what_the_others_have_in_the_air(open_house: Open) -> None:
    """They were alone until then, and may have risked what others had left over."""
    one, two = open_house(node="a"), open_house(node="b")
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


async def test_who_has_talked_is_not_called_again_by_the_node_that_takes_over(
    open_house: Open,
) -> None:
    """Of the conversation it is known that there was one, and with whom."""
    killed = open_house()
    await killed.bring(1, 2)
    killed.work("anna", "ben")
    talks, _ = await killed.step()
    killed.join(talks, "anna")
    await killed.settled()
    other = open_house(node="other", now="10:02")
    assert await other.run.hopper.take_up(other.now_ms) == 2
    query = "SELECT result, answered_ms, agent FROM dial_attempts ORDER BY number"
    assert await other.rows(query) == [
        {"result": "answered", "answered_ms": killed.now_ms, "agent": "anna"},
        {"result": "unknown", "answered_ms": None, "agent": None},
    ]
