"""What is shown of campaigns and asked of them: views, previews, dispositions, blended agents."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console
from structlog.testing import capture_logs

from desk.views import Json
from engine.dialing.dialer import STOP, Dialer
from engine.dialing.reasons import why
from engine.dialing.screen import picture, pictures
from engine.dialing.views import CampaignViews
from engine.errors import NotRunning
from history.dialing import DialingStore
from history.do_not_call import Entry
from routing.agent import Paused, Talking
from routing.outbound.leads.plan import Result
from routing.outbound.sharing import SAID_MS
from tests.unit.dialers import DAY, Open, views_of
from tests.unit.dialing import number, paused

pytestmark = pytest.mark.unit


async def test_a_campaign_is_shown_with_what_holds_it_back(open_house: Open) -> None:
    house = open_house("power", "ratio: 2")
    await house.bring(1, 2, 3)
    views = await views_of(house)
    house.work("zoe")
    [call] = await house.step()
    views.dialer.ringing(call.contact, house.now_ms)  # type: ignore[union-attr]  # it is there
    [view] = views.campaigns()["campaigns"]
    assert (view["state"], view["agents"], view["lines"]) == (
        "running",
        {"free": 1},
        {"ringing": 1},
    )
    assert view["trunks"] == {"line": 1}
    waits, slowed = view["why"]
    assert waits == "each free agent has a call in the air"
    assert slowed.endswith("too few have answered today for anybody to be risked")
    shown = StringIO()
    Console(width=200, file=shown).print(picture(view))
    assert f"{waits}; {slowed}" in shown.getvalue()
    assert "0.00% of 3.00%" in shown.getvalue()


def _picture(views: CampaignViews) -> str:
    """The campaign in the terminal."""
    [view] = views.campaigns()["campaigns"]
    shown = StringIO()
    Console(width=200, file=shown).print(picture(view))
    return shown.getvalue()


async def test_a_campaign_that_is_not_wanted_says_who_stopped_it(open_house: Open) -> None:
    house = open_house("progressive")
    site, house.site = house.site, paused(house.site)
    views = CampaignViews(lambda: house.site, lambda: house.now_ms)
    views.dialer = Dialer(lambda: house.site, house.parts)
    await views.dialer.look()
    assert "it is stopped by its file (`paused: yes`)" in _picture(views)
    house.site = site
    for verb, said in (("pause", "paused"), ("stop", "stopped")):
        await views.order("sales", verb, "eva")
        await views.dialer.look()
        assert f"it is {said} by order of eva" in _picture(views)
    assert "nothing keeps it" not in _picture(views)


async def test_an_order_is_answered_with_the_new_state(open_house: Open) -> None:
    """At once, before the engine has begun with it."""
    house = open_house("progressive")
    house.site = paused(house.site)
    views = CampaignViews(lambda: house.site, lambda: house.now_ms)
    views.dialer = Dialer(lambda: house.site, house.parts)
    await views.dialer.look()

    async def state_after(verb: str) -> str:
        [view] = (await views.order("sales", verb, "eva"))["campaigns"]
        return str(view["state"])

    assert await state_after("start") == "starting"
    assert "it is starting" in _picture(views)
    await views.dialer.look()
    assert await state_after("start") == "running"
    assert await state_after("pause") == "paused"
    assert await state_after("stop") == "stopping"
    await views.dialer.look()
    assert await state_after("stop") == "stopped"


@pytest.mark.parametrize(
    ("more", "now", "why"),
    [
        ("numbers: [home]", "10:00", "none has a number of `numbers` (home)"),
        ("filter: [{field: x, is: [1]}]", "10:00", "due (2) `filter` takes none"),
        ("", "07:00", "no lead that is due may be called at this hour"),
    ],
)
async def test_leads_that_are_due_and_cannot_be_called_are_told_of(
    open_house: Open, more: str, now: str, why: str
) -> None:
    house = open_house("progressive", more, now)
    await house.bring(1, 2)
    views = await views_of(house)
    house.work("zoe")
    assert await house.step() == []
    shown = _picture(views)
    assert why in shown
    assert "0 at hand" in shown
    assert "nothing keeps it" not in shown


async def test_a_campaign_whose_agents_are_busy_says_what_it_waits_for(open_house: Open) -> None:
    house = open_house("progressive")
    await house.bring(1, 2, 3, 4)
    views = await views_of(house)
    house.work("zoe", "anna", "ben")
    house.be("ben", Paused(house.now_ms, 0, "lunch"))
    first, second = await house.step()
    assert "each free agent has a call in the air" in _picture(views)
    house.join(first, "zoe")
    house.join(second, "anna")
    house.wrap_up("anna", second.contact)
    await house.step()
    shown = _picture(views)
    assert "no agent is free: 1 talking, 1 wrapping up, 1 not ready" in shown
    assert "nothing keeps it" not in shown
    house.free("anna")
    await house.step()
    assert "each free agent has a call in the air" in _picture(views)


async def test_a_preview_campaign_waits_for_its_agents_word(open_house: Open) -> None:
    house = open_house("preview")
    await house.bring(1)
    views = await views_of(house)
    house.work("zoe")
    await house.step()
    assert "it calls when an agent says so" in _picture(views)


async def test_a_node_that_has_no_line_says_why(open_house: Open) -> None:
    """As beside an engine that does not say whom it knows."""
    house = open_house("progressive")
    await house.bring(1)
    older = DialingStore(house.url, house.site.site, "older")
    await older.dials(house.now_ms, {"claims": []})
    await older.close()
    views = await views_of(house)
    house.work("zoe")
    assert await house.step() == []
    assert "no line is free: older does not know this node yet" in _picture(views)


async def test_leads_at_hand_are_told_beside_those_that_are_due(open_house: Open) -> None:
    house = open_house("progressive")
    await house.bring(1, 2, 3)
    views = await views_of(house)
    house.work("zoe")
    await house.step()
    await house.step(30_000)
    assert "0 leads are due, 2 at hand" in _picture(views)


async def test_leads_that_the_law_refused_are_told_with_its_rule(open_house: Open) -> None:
    house = open_house("progressive")
    await house.bring(1)
    await house.parts.permissions.add([Entry(number(1), "own", house.now_ms, "own", "zoe")])
    views = await views_of(house)
    house.work("zoe")
    assert await house.step() == []
    await house.step(30_000)
    assert "no lead is due: the law refused those that were (do_not_call)" in _picture(views)
    await house.bring(2)
    house.now_ms += 30_000
    await views.dialer.look()  # type: ignore[union-attr]  # it is there
    [_] = await house.step()
    assert "the law refused" not in _picture(views)


async def test_a_campaign_is_watched_over_a_restart_of_the_engine(open_house: Open) -> None:
    """The last picture stays, and says that the engine is waited for."""
    house = open_house("power", "ratio: 2")
    views = await views_of(house)
    told = views.campaigns()
    answers: list[Json | Exception] = [
        told,
        NotRunning("it does not answer"),
        {"error": {"message": "the engine is starting"}},
        told,
        {"campaigns": []},
    ]

    async def look() -> Json:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    shown = []
    async for drawn in pictures(look, "sales", told["campaigns"][0]):
        text = StringIO()
        Console(width=100, file=text).print(drawn)
        shown.append(text.getvalue())
    assert ["does not answer" in each for each in shown] == [False, True, True, False]
    assert all("sales: power" in each for each in shown)


async def test_a_campaign_is_shown_with_what_other_nodes_have_of_it(open_house: Open) -> None:
    """As they said it last; of a node that dials no more nothing is shown."""
    one, two = (open_house("power", "ratio: 2", node=node) for node in ("a", "b"))
    await one.bring(1, 2, 3)
    other, views = await views_of(one), await views_of(two)
    assert other.dialer is not None
    assert views.dialer is not None
    one.work("zoe")
    await one.step()
    one.now_ms += SAID_MS
    two.now_ms += SAID_MS
    await other.dialer.look()
    await views.dialer.look()
    [view] = views.campaigns()["campaigns"]
    glance = {"agents": {"free": 1}, "lines": {"dialing": 1}, "calls_per_minute": 1}
    assert (view["agents"], view["others"]) == ({}, {"a": glance})
    shown = StringIO()
    Console(width=100, file=shown).print(picture(view))
    assert "1 free" in shown.getvalue()
    await other.dialer.order("sales", STOP, "eva")
    one.not_reached(one.carrier.calls[0])
    await other.dialer.look()
    two.now_ms += SAID_MS
    await views.dialer.look()
    await other.dialer.look()
    await views.dialer.look()
    [view] = views.campaigns()["campaigns"]
    assert view["others"] == {}


async def test_a_node_of_another_version_may_say_more_of_a_campaign_or_less(
    open_house: Open,
) -> None:
    """It ends nobody's dialing, and what is known of it is shown."""
    house = open_house("power", "ratio: 2")
    newer = DialingStore(house.url, house.site.site, "newer")
    said = {"knows": ["node"], "campaigns": {"sales": {"lines": {"talking": 2}, "mood": "good"}}}
    await newer.dials(house.now_ms, said)
    await newer.close()
    views = await views_of(house)
    [view] = views.campaigns()["campaigns"]
    glance = {"agents": {}, "lines": {"talking": 2}, "calls_per_minute": 0}
    assert view["others"] == {"newer": glance}


async def test_a_fault_of_campaigns_ends_nothing_else(
    open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Callers' calls go on; it is looked at again a moment later."""
    house = open_house("power", "ratio: 2")
    dialer = Dialer(lambda: house.site, house.parts)

    async def fails() -> None:
        raise RuntimeError("unforeseen")

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(dialer, "look", fails)
        await dialer.take_up(frozenset())
    assert [each["event"] for each in logs] == ["campaigns_not_looked_at"]
    await dialer.take_up(frozenset())
    assert list(dialer.runs) == ["sales"]


async def test_nothing_is_shown_as_learned_before_a_call_has_ended(open_house: Open) -> None:
    house = open_house("progressive")
    await house.bring(1)
    views = await views_of(house)
    house.work("zoe")
    [call] = await house.step()
    assert "Learned" not in _picture(views)
    house.not_reached(call)
    assert "Learned" in _picture(views)


async def test_callers_come_before_leads_for_blended_agents(open_house: Open) -> None:
    """Nobody is called while somebody waits whom they serve, and one agent is left to callers."""
    house = open_house("blended", "keep_free: 1")
    await house.bring(1, 2, 3, 4)
    house.work("anna", "ben", "cleo")
    house.floor.awaits = frozenset({"ben"})
    assert await house.step() == []
    house.floor.awaits = frozenset()
    first = await house.step(1_000)
    assert len(first) == 2
    house.be("anna", Talking(house.now_ms, 0, "a caller"))
    assert await house.step(1_000) == []
    assert house.run.in_air().exposed == 0


async def test_callers_whom_no_free_agent_could_take_hold_up_nobody(open_house: Open) -> None:
    """Free agents call, each for one; who talks is left to those who wait for them, and callers for
    whom nobody of the team is there count for nothing."""
    house = open_house("blended")
    await house.bring(*range(1, 9))
    house.work("anna", "ben")
    house.be("anna", Talking(house.now_ms, 0, "a caller"))
    house.floor.awaits = frozenset({"anna"})
    assert len(await house.step(1_000)) == 1
    assert await house.step(1_000) == []
    assert why(house.run, house.now_ms)[0].startswith("callers wait for agents who are busy")
    house.be("anna", Paused(house.now_ms, 0, "lunch"))
    assert "callers" not in "".join(why(house.run, house.now_ms))


async def test_leads_that_were_given_up_begin_anew(open_house: Open) -> None:
    """As the campaign says, and so often."""
    more = "retries: {busy: {after: 1h, tries: 1}}\n    recycle: {results: [busy], after: 2d}"
    house = open_house("progressive", more)
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    outcomes = house.run.outcomes
    outcomes.not_reached(outcomes.calls[call.contact], Result.BUSY, house.now_ms)
    assert await house.step(1_000) == []
    assert await house.step(DAY) == []
    assert len(await house.step(DAY + 60_000)) == 1
