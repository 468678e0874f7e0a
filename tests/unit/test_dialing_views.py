"""What is shown of campaigns and asked of them: views, previews, dispositions, blended agents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from io import StringIO

import pytest
from rich.console import Console
from structlog.testing import capture_logs

from desk.views import Json, Refused
from engine.campaigns.hopper import DRY_MS
from engine.dialing.dialer import STOP, Dialer
from engine.dialing.preview import SHOWN_MS
from engine.dialing.reasons import why
from engine.dialing.screen import picture, pictures
from engine.dialing.views import CampaignViews
from engine.errors import NotRunning
from history.dialing import DialingStore
from history.do_not_call import Entry
from history.outcome import EndedBy
from routing.agent import Paused, Talking
from routing.outbound.leads.plan import Result
from routing.outbound.sharing import SAID_MS
from tests.unit.dialing import House, at, number, paused, site_of

pytestmark = pytest.mark.unit

Open = Callable[..., House]
DAY = 86_400_000


@pytest.fixture
async def opened(database_url: str) -> AsyncIterator[Open]:
    houses: list[House] = []

    def open_house(mode: str, more: str = "", now: str = "10:00", node: str = "node") -> House:
        houses.append(House(database_url, site_of(mode, more), at(now), node))
        return houses[-1]

    yield open_house
    for house in houses:
        await house.close()


async def views_of(house: House) -> CampaignViews:
    """The API of an engine whose campaign has begun."""
    views = CampaignViews(lambda: house.site, lambda: house.now_ms)
    views.dialer = Dialer(lambda: house.site, house.parts)
    await views.dialer.look()
    house.run = views.dialer.runs["sales"]
    return views


async def test_a_campaign_is_shown_with_what_holds_it_back(opened: Open) -> None:
    house = opened("power", "ratio: 2")
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


async def test_a_campaign_that_is_not_wanted_says_who_stopped_it(opened: Open) -> None:
    house = opened("progressive")
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


async def test_an_order_is_answered_with_the_new_state(opened: Open) -> None:
    """At once, before the engine has begun with it."""
    house = opened("progressive")
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
    opened: Open, more: str, now: str, why: str
) -> None:
    house = opened("progressive", more, now)
    await house.bring(1, 2)
    views = await views_of(house)
    house.work("zoe")
    assert await house.step() == []
    shown = _picture(views)
    assert why in shown
    assert "0 at hand" in shown
    assert "nothing keeps it" not in shown


async def test_a_campaign_whose_agents_are_busy_says_what_it_waits_for(opened: Open) -> None:
    house = opened("progressive")
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


async def test_a_preview_campaign_waits_for_its_agents_word(opened: Open) -> None:
    house = opened("preview")
    await house.bring(1)
    views = await views_of(house)
    house.work("zoe")
    await house.step()
    assert "it calls when an agent says so" in _picture(views)


async def test_a_node_that_has_no_line_says_why(opened: Open) -> None:
    """As beside an engine that does not say whom it knows."""
    house = opened("progressive")
    await house.bring(1)
    older = DialingStore(house.url, house.site.site, "older")
    await older.dials(house.now_ms, {"claims": []})
    await older.close()
    views = await views_of(house)
    house.work("zoe")
    assert await house.step() == []
    assert "no line is free: older does not know this node yet" in _picture(views)


async def test_leads_at_hand_are_told_beside_those_that_are_due(opened: Open) -> None:
    house = opened("progressive")
    await house.bring(1, 2, 3)
    views = await views_of(house)
    house.work("zoe")
    await house.step()
    await house.step(30_000)
    assert "0 leads are due, 2 at hand" in _picture(views)


async def test_leads_that_the_law_refused_are_told_with_its_rule(opened: Open) -> None:
    house = opened("progressive")
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


async def test_a_campaign_is_watched_over_a_restart_of_the_engine(opened: Open) -> None:
    """The last picture stays, and says that the engine is waited for."""
    house = opened("power", "ratio: 2")
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


async def test_a_campaign_is_shown_with_what_other_nodes_have_of_it(opened: Open) -> None:
    """As they said it last; of a node that dials no more nothing is shown."""
    one, two = (opened("power", "ratio: 2", node=node) for node in ("a", "b"))
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


async def test_a_node_of_another_version_may_say_more_of_a_campaign_or_less(opened: Open) -> None:
    """It ends nobody's dialing, and what is known of it is shown."""
    house = opened("power", "ratio: 2")
    newer = DialingStore(house.url, house.site.site, "newer")
    said = {"knows": ["node"], "campaigns": {"sales": {"lines": {"talking": 2}, "mood": "good"}}}
    await newer.dials(house.now_ms, said)
    await newer.close()
    views = await views_of(house)
    [view] = views.campaigns()["campaigns"]
    glance = {"agents": {}, "lines": {"talking": 2}, "calls_per_minute": 0}
    assert view["others"] == {"newer": glance}


async def test_a_fault_of_campaigns_ends_nothing_else(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Callers' calls go on; it is looked at again a moment later."""
    house = opened("power", "ratio: 2")
    dialer = Dialer(lambda: house.site, house.parts)

    async def fails() -> None:
        raise RuntimeError("unforeseen")

    with monkeypatch.context() as patched, capture_logs() as logs:
        patched.setattr(dialer, "look", fails)
        await dialer.take_up(frozenset())
    assert [each["event"] for each in logs] == ["campaigns_not_looked_at"]
    await dialer.take_up(frozenset())
    assert list(dialer.runs) == ["sales"]


async def test_an_agent_looks_at_a_lead_and_says_when(opened: Open) -> None:
    """The same until they have decided; a skipped one comes back, and is not called meanwhile."""
    house = opened("preview")
    await house.bring(1, 2)
    views = await views_of(house)
    house.work("zoe")
    assert await house.step() == []
    first = await views.preview("sales", "zoe")
    assert (first["number"], await views.preview("sales", "zoe")) == (number(1), first)
    second = await views.skip("sales", "zoe", first["lead"], "spoke to her today")
    assert second["number"] == number(2)
    told = await views.call("sales", "zoe", second["lead"])
    await house.tasks.done()
    [call] = house.carrier.calls
    assert (call.contact, call.agent, call.number) == (told["contact"], "zoe", number(2))
    with pytest.raises(Refused, match="another's"):
        await views.call("sales", "zoe", second["lead"])
    assert house.run.placer.blocks == {"skipped": 1}


async def never_again(house: House, *numbers: int) -> None:
    """These people have asked not to be called."""
    entries = [Entry(number(n), "own", house.now_ms, "own", "zoe") for n in numbers]
    await house.parts.permissions.add(entries)


async def test_whoever_may_not_call_a_lead_is_told_the_rule_and_its_reason(opened: Open) -> None:
    """Or what else is in the way: the law is asked again at dialing."""
    house = opened("preview")
    await house.bring(1, 2)
    views = await views_of(house)
    house.work("zoe")
    await house.step()
    lead = (await views.preview("sales", "zoe"))["lead"]
    await never_again(house, 1)
    with pytest.raises(Refused, match=r"do_not_call \(HU\): the number asked not") as refused:
        await views.call("sales", "zoe", lead)
    assert (refused.value.code, house.carrier.calls) == ("not_permitted", [])
    lead = (await views.preview("sales", "zoe"))["lead"]
    house.be("zoe", Paused(house.now_ms, 0, "lunch"))
    with pytest.raises(Refused, match="no agent is free for it any more") as refused:
        await views.call("sales", "zoe", lead)
    assert refused.value.code == "not_called"


async def test_an_agent_is_offered_only_whom_the_law_lets_call(opened: Open) -> None:
    """Who is refused counts as in every other mode, by rule and on the lead."""
    house = opened("preview")
    await house.bring(1, 2, 3)
    await never_again(house, 1, 2)
    views = await views_of(house)
    house.work("zoe")
    await house.step()
    assert (await views.preview("sales", "zoe"))["number"] == number(3)
    assert house.run.placer.blocks == {"do_not_call": 2}
    await house.settled()
    [counted] = await house.rows("SELECT rule, refusals FROM dial_refusals")
    assert counted == {"rule": "do_not_call", "refusals": 2}
    refused = await house.rows("SELECT refused FROM leads WHERE refused IS NOT NULL")
    assert len(refused) == 2


async def test_a_lead_that_the_law_refused_is_offered_once_it_may_be_called(opened: Open) -> None:
    house = opened(
        "preview", "rules: {HU: {attempts: {day: 1}}}\n    retries: {no_answer: {after: 1h}}"
    )
    await house.bring(1)
    views = await views_of(house)
    house.work("zoe")
    await house.step()
    await views.call("sales", "zoe", (await views.preview("sales", "zoe"))["lead"])
    await house.tasks.done()
    house.not_reached(house.carrier.calls[0])
    await house.settled()
    await house.step(3_600_000)
    with pytest.raises(Refused, match=r"the law refused those that were \(attempts\)"):
        await views.preview("sales", "zoe")
    house.now_ms = at("08:00") + DAY
    await views.dialer.look()  # type: ignore[union-attr]  # it is there
    await house.step()
    assert (await views.preview("sales", "zoe"))["number"] == number(1)


async def test_a_lead_that_may_not_be_called_any_more_is_taken_from_the_screen(
    opened: Open,
) -> None:
    """When the agent's screen asks again."""
    house = opened("preview")
    await house.bring(1, 2)
    views = await views_of(house)
    house.work("zoe")
    await house.step()
    assert (await views.preview("sales", "zoe"))["number"] == number(1)
    await never_again(house, 1)
    assert (await views.preview("sales", "zoe"))["number"] == number(2)
    house.be("zoe", Paused(house.now_ms, 0, "lunch"))
    await never_again(house, 2)
    assert (await views.preview("sales", "zoe"))["number"] == number(2)


async def test_an_agent_who_asks_twice_at_once_looks_at_one_lead(opened: Open) -> None:
    house = opened("preview")
    await house.bring(1, 2)
    views = await views_of(house)
    house.work("zoe")
    await house.step()
    one, two = await asyncio.gather(views.preview("sales", "zoe"), views.preview("sales", "zoe"))
    assert one["lead"] == two["lead"]
    assert house.run.hopper.choose() is not None


async def test_an_agent_whom_the_site_does_not_have_looks_at_nothing(opened: Open) -> None:
    views = await views_of(opened("preview"))
    for asked in (
        views.preview("sales", "zoo"),
        views.call("sales", "zoo", 1),
        views.skip("sales", "zoo", 1, "not now"),
    ):
        with pytest.raises(Refused, match='there is no agent "zoo", did you mean "zoe"') as refused:
            await asked
        assert (refused.value.code, refused.value.unknown) == ("no_such_agent", True)


async def test_nothing_is_shown_as_learned_before_a_call_has_ended(opened: Open) -> None:
    house = opened("progressive")
    await house.bring(1)
    views = await views_of(house)
    house.work("zoe")
    [call] = await house.step()
    assert "Learned" not in _picture(views)
    house.not_reached(call)
    assert "Learned" in _picture(views)


SCRIPT = """about: Whoever uses much
    fields: [tariff, since]
    script: {en: "{name}, I am {agent} of {seller}, about {purpose}. {tariff} since {since}."}"""


async def test_whoever_looks_at_a_lead_sees_what_to_say_and_what_may_come_of_it(
    opened: Open,
) -> None:
    """The script in the lead's words; of what the lead does not say a dash is left."""
    house = opened("preview", SCRIPT)
    await house.bring(1, language="pl", tariff="night", shoe_size="44")
    views = await views_of(house)
    house.work("zoe")
    await house.step()
    shown = await views.preview("sales", "zoe")
    assert (shown["campaign"], shown["about"]) == ("sales", "Whoever uses much")
    assert shown["script"] == (
        "1, I am Zoë of Dialing house, about a better tariff. night since —."
    )
    assert shown["fields"] == {"tariff": "night"}
    assert [(each["name"], each["then"]) for each in shown["dispositions"]] == [
        ("sold", "done"),
        ("later", "call_back"),
        ("never", "do_not_call"),
    ]
    assert (shown["number"], shown["type"]) == (number(1), "mobile")


async def test_whoever_has_a_contact_sees_its_lead_until_the_wrap_up_is_over(opened: Open) -> None:
    """In the conversation and after it, with what was said of it by then."""
    house = opened("progressive", SCRIPT)
    await house.bring(1, tariff="night")
    views = await views_of(house)
    house.work("zoe")
    [call] = await house.step()
    assert views.lead(call.contact)["script"].startswith("1, I am — of")
    house.join(call, "zoe")
    told = views.lead(call.contact)
    assert told["script"].startswith("1, I am Zoë of Dialing house")
    assert (told["contact"], told["agent"], told["disposition"]) == (call.contact, "zoe", None)
    house.wrap_up("zoe", call.contact)
    house.run.outcomes.ended(house.run.outcomes.calls[call.contact], house.now_ms, EndedBy.CALLER)
    views.dispose(call.contact, "sold", "", "zoe")
    assert views.lead(call.contact)["disposition"] == "sold"
    house.free("zoe")
    with pytest.raises(Refused, match="no call of a campaign"):
        views.lead(call.contact)


async def test_a_disposition_is_one_of_the_campaigns_with_the_time_that_it_needs(
    opened: Open,
) -> None:
    house = opened("progressive")
    await house.bring(1)
    views = await views_of(house)
    house.work("zoe")
    [call] = await house.step()
    with pytest.raises(Refused, match="nobody has talked"):
        views.dispose(call.contact, "sold", "", "zoe")
    house.join(call, "zoe")
    with pytest.raises(Refused, match='"solt" is no disposition, did you mean "sold"'):
        views.dispose(call.contact, "solt", "", "zoe")
    with pytest.raises(Refused, match="needs call_back_at"):
        views.dispose(call.contact, "later", "soon", "zoe")
    past = '"2020-01-01T10:00" has gone by: it is 2026-11-23T10:00 in Europe/Budapest'
    for when, wrong in (
        ("2020-01-01T10:00", past),
        ("2026-11-23T10:00", "has gone by"),
        ("0001-01-01T00:00", "has gone by"),
        ("2028-01-01T10:00", "more than a year ahead"),
        ("9999-12-31T23:59-12:00", "more than a year ahead"),
    ):
        with pytest.raises(Refused, match=wrong) as refused:
            views.dispose(call.contact, "later", when, "zoe")
        assert refused.value.code == "bad_call_back"
    told = views.dispose(call.contact, "later", "2026-11-24T10:00", "zoe")
    assert told["call_back_ms"] == at("10:00") + DAY
    with pytest.raises(Refused, match="no call of a campaign"):
        views.dispose("another", "sold", "", "zoe")


async def test_callers_come_before_leads_for_blended_agents(opened: Open) -> None:
    """Nobody is called while somebody waits whom they serve, and one agent is left to callers."""
    house = opened("blended", "keep_free: 1")
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


async def test_callers_whom_no_free_agent_could_take_hold_up_nobody(opened: Open) -> None:
    """Free agents call, each for one; who talks is left to those who wait for them, and callers for
    whom nobody of the team is there count for nothing."""
    house = opened("blended")
    await house.bring(*range(1, 9))
    house.work("anna", "ben")
    house.be("anna", Talking(house.now_ms, 0, "a caller"))
    house.floor.awaits = frozenset({"anna"})
    assert len(await house.step(1_000)) == 1
    assert await house.step(1_000) == []
    assert why(house.run, house.now_ms)[0].startswith("callers wait for agents who are busy")
    house.be("anna", Paused(house.now_ms, 0, "lunch"))
    assert "callers" not in "".join(why(house.run, house.now_ms))


async def test_leads_that_were_given_up_begin_anew(opened: Open) -> None:
    """As the campaign says, and so often."""
    more = "retries: {busy: {after: 1h, tries: 1}}\n    recycle: {results: [busy], after: 2d}"
    house = opened("progressive", more)
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    outcomes = house.run.outcomes
    outcomes.not_reached(outcomes.calls[call.contact], Result.BUSY, house.now_ms)
    assert await house.step(1_000) == []
    assert await house.step(DAY) == []
    assert len(await house.step(DAY + 60_000)) == 1


async def test_a_lead_that_is_looked_at_for_too_long_is_given_back_by_itself(opened: Open) -> None:
    """Nobody has to ask for another one: who went to lunch keeps no lead from the others."""
    house = opened("preview")
    await house.bring(1)
    views = await views_of(house)
    house.work("zoe", "anna")
    await house.step()
    shown = await views.preview("sales", "zoe")
    await house.step(SHOWN_MS - 1)
    assert house.run.hopper.choose() is None
    await house.step(1)
    await house.step(DRY_MS)  # a hopper that found nothing looks again after that
    chosen = house.run.hopper.choose()
    assert chosen is not None
    assert chosen.row.id == shown["lead"]
    with pytest.raises(Refused, match="another's"):
        await views.call("sales", "zoe", shown["lead"])
