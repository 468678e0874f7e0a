"""Leads that agents look at, what they see of them, and what they say came of a talk."""

from __future__ import annotations

import asyncio

import pytest

from desk.views import Refused
from engine.campaigns.hopper import DRY_MS
from engine.dialing.preview import SHOWN_MS, Previews
from history.dialing import DialingStore
from history.do_not_call import Entry
from history.errors import DatabaseAway
from history.outcome import EndedBy
from routing.agent import Paused
from tests.unit.dialers import DAY, Open, views_of
from tests.unit.dialing import House, at, number

pytestmark = pytest.mark.unit

SCRIPT = """about: Whoever uses much
    fields: [tariff, since]
    script: {en: "{name}, I am {agent} of {seller}, about {purpose}. {tariff} since {since}."}"""


async def test_an_agent_looks_at_a_lead_and_says_when(open_house: Open) -> None:
    """The same until they have decided; a skipped one comes back, and is not called meanwhile."""
    house = open_house("preview")
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


async def test_whoever_may_not_call_a_lead_is_told_the_rule_and_its_reason(
    open_house: Open,
) -> None:
    """Or what else is in the way: the law is asked again at dialing."""
    house = open_house("preview")
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


async def test_an_agent_is_offered_only_whom_the_law_lets_call(open_house: Open) -> None:
    """Who is refused counts as in every other mode, by rule and on the lead."""
    house = open_house("preview")
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


async def test_a_lead_that_the_law_refused_is_offered_once_it_may_be_called(
    open_house: Open,
) -> None:
    house = open_house(
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
    open_house: Open,
) -> None:
    """When the agent's screen asks again."""
    house = open_house("preview")
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


async def test_a_lead_whom_an_import_has_moved_is_looked_at_by_one_agent(open_house: Open) -> None:
    """Whoever is shown it as it is now; who looks at it as it was may neither call nor skip it."""
    house = open_house("preview")
    await house.bring(1)
    house.work("zoe", "anna")
    await house.step()
    previews = Previews(house.run)
    before = await previews.next("zoe", house.now_ms)
    assert before is not None
    await house.bring(1, part="DE-BY")
    await house.step(DRY_MS)
    now = await previews.next("anna", house.now_ms)
    assert now is not None
    assert (now.lead.id, now.row.part) == (before.lead.id, "DE-BY")
    assert await previews.call("zoe", before.lead.id) is None
    assert not await previews.skip("zoe", before.lead.id, "later", house.now_ms)
    await previews.call("anna", now.lead.id)
    await house.tasks.done()
    assert [call.agent for call in house.carrier.calls] == ["anna"]


async def test_an_agent_who_asks_twice_at_once_looks_at_one_lead(open_house: Open) -> None:
    house = open_house("preview")
    await house.bring(1, 2)
    views = await views_of(house)
    house.work("zoe")
    await house.step()
    one, two = await asyncio.gather(views.preview("sales", "zoe"), views.preview("sales", "zoe"))
    assert one["lead"] == two["lead"]
    assert house.run.hopper.choose() is not None


async def test_an_agent_whom_the_site_does_not_have_looks_at_nothing(open_house: Open) -> None:
    views = await views_of(open_house("preview"))
    for asked in (
        views.preview("sales", "zoo"),
        views.call("sales", "zoo", 1),
        views.skip("sales", "zoo", 1, "not now"),
    ):
        with pytest.raises(Refused, match='there is no agent "zoo", did you mean "zoe"') as refused:
            await asked
        assert (refused.value.code, refused.value.unknown) == ("no_such_agent", True)


async def test_whoever_looks_at_a_lead_sees_what_to_say_and_what_may_come_of_it(
    open_house: Open,
) -> None:
    """The script in the lead's words; of what the lead does not say a dash is left."""
    house = open_house("preview", SCRIPT)
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


async def test_whoever_has_a_contact_sees_its_lead_until_the_wrap_up_is_over(
    open_house: Open,
) -> None:
    """In the conversation and after it, with what was said of it by then."""
    house = open_house("progressive", SCRIPT)
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
    await views.dispose(call.contact, "sold", "", "zoe")
    assert views.lead(call.contact)["disposition"] == "sold"
    house.free("zoe")
    with pytest.raises(Refused, match="no call of a campaign"):
        views.lead(call.contact)


async def test_a_disposition_is_one_of_the_campaigns_with_the_time_that_it_needs(
    open_house: Open,
) -> None:
    house = open_house("progressive")
    await house.bring(1)
    views = await views_of(house)
    house.work("zoe")
    [call] = await house.step()
    with pytest.raises(Refused, match="nobody has talked"):
        await views.dispose(call.contact, "sold", "", "zoe")
    house.join(call, "zoe")
    with pytest.raises(Refused, match='"solt" is no disposition, did you mean "sold"'):
        await views.dispose(call.contact, "solt", "", "zoe")
    with pytest.raises(Refused, match="needs call_back_at"):
        await views.dispose(call.contact, "later", "soon", "zoe")
    past = '"2020-01-01T10:00" has gone by: it is 2026-11-23T10:00 in Europe/Budapest'
    for when, wrong in (
        ("2020-01-01T10:00", past),
        ("2026-11-23T10:00", "has gone by"),
        ("0001-01-01T00:00", "has gone by"),
        ("2028-01-01T10:00", "more than a year ahead"),
        ("9999-12-31T23:59-12:00", "more than a year ahead"),
    ):
        with pytest.raises(Refused, match=wrong) as refused:
            await views.dispose(call.contact, "later", when, "zoe")
        assert refused.value.code == "bad_call_back"
    told = await views.dispose(call.contact, "later", "2026-11-24T10:00", "zoe")
    assert (told["call_back_ms"], told["is_kept"]) == (at("10:00") + DAY, True)
    with pytest.raises(Refused, match="no call of a campaign"):
        await views.dispose("another", "sold", "", "zoe")


async def test_an_agents_word_that_is_not_written_yet_is_told_so_and_holds(
    open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away while the agent says it, and back before the wrap-up is over."""
    house = open_house("progressive")
    await house.bring(1)
    views = await views_of(house)
    house.work("zoe")
    [call] = await house.step()
    house.join(call, "zoe")
    await house.settled()

    async def away(self: DialingStore, attempt: str, word: object) -> None:
        raise DatabaseAway("no route to it")

    with monkeypatch.context() as patched:
        patched.setattr(DialingStore, "said", away)
        told = await views.dispose(call.contact, "never", "", "zoe")
    assert told["is_kept"] is False
    assert views.lead(call.contact)["disposition"] == "never"
    await house.settled()
    [row] = await house.rows("SELECT said FROM dial_attempts")
    assert '"never"' in str(row["said"])


async def test_a_lead_that_is_looked_at_for_too_long_is_given_back_by_itself(
    open_house: Open,
) -> None:
    """Nobody has to ask for another one: who went to lunch keeps no lead from the others."""
    house = open_house("preview")
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
