"""A campaign that runs: whom it calls when, and what comes of each call."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from engine.campaigns.reports.called import evidence_of
from engine.dialing.reasons import why
from history.campaign_evidence import EvidenceStore, RefusalCount
from history.do_not_call import Entry
from routing.agent import Paused, Talking
from routing.outbound.pacing import events
from routing.outbound.rules.ask import Told
from tests.unit.dialers import BY_CALLEE, LUNCH, Open
from tests.unit.dialing import MONDAY, House, at, number, site_of

pytestmark = pytest.mark.unit


async def test_progressive_calls_one_person_for_each_free_agent(open_house: Open) -> None:
    """An agent who talks is kept for nobody else; who is free again gets the next."""
    house = open_house()
    await house.bring(1, 2, 3, 4)
    house.work("anna", "ben")
    first = await house.step()
    assert [call.number for call in first] == [number(1), number(2)]
    assert await house.step(1_000) == []
    house.join(first[0], "anna")
    assert await house.step(1_000) == []
    house.run.outcomes.ended(house.run.outcomes.calls[first[0].contact], house.now_ms, BY_CALLEE)
    house.free("anna")
    third = await house.step(1_000)
    assert [call.number for call in third] == [number(3)]


async def test_an_agent_leaves_once_nobody_in_the_air_needs_them(open_house: Open) -> None:
    """One of two who are kept for two calls: nobody more is called for them, and they go when one
    of the calls has ended unanswered."""
    house = open_house()
    await house.bring(1, 2, 3, 4)
    house.work("anna", "ben")
    first, second = await house.step()
    paused = Paused(house.now_ms, house.now_ms, "lunch")
    assert not house.run.crew.leaves("anna", LUNCH, lambda: house.be("anna", paused))
    assert await house.step(1_000) == []
    assert house.floor.states["anna"] != paused
    house.not_reached(first)
    assert await house.step(1_000) == []
    assert house.floor.states["anna"] == paused
    house.not_reached(second)
    assert len(await house.step(1_000)) == 1


async def test_an_agent_for_whom_nobody_is_called_leaves_at_once(open_house: Open) -> None:
    """Free with nobody in the air, or in a conversation, after which the pause begins."""
    house = open_house()
    await house.bring(1)
    house.work("anna", "ben")
    (call,) = await house.step()
    house.join(call, "anna")
    assert house.run.crew.leaves("anna", LUNCH, lambda: None)
    assert house.run.crew.leaves("ben", LUNCH, lambda: None)


@pytest.mark.parametrize(("mode", "more"), [("progressive", ""), ("power", "ratio: 2")])
async def test_who_is_kept_for_a_call_is_given_to_no_caller(
    open_house: Open, mode: str, more: str
) -> None:
    """As many as calls are in the air, from before the phone rings; the others may have callers."""
    house = open_house(mode, more)
    await house.bring(1)
    house.work("anna", "ben")
    await house.step()
    assert house.floor.kept == {"sales": frozenset({"anna"})}
    (call,) = house.carrier.calls
    house.floor.states["anna"] = Talking(house.now_ms, 0, "another call")
    await house.step(1_000)
    assert house.floor.kept == {"sales": frozenset({"ben"})}
    house.not_reached(call)
    await house.step(1_000)
    assert house.floor.kept == {"sales": frozenset()}


async def test_who_has_a_lead_before_them_is_kept_for_that_call(open_house: Open) -> None:
    house = open_house("preview")
    await house.bring(1)
    house.work("anna", "ben")
    await house.step()
    chosen = house.run.hopper.choose()
    assert chosen is not None
    assert await house.run.call(chosen, "ben") is not None
    assert house.floor.kept == {"sales": frozenset({"ben"})}


async def test_blended_agents_are_kept_from_no_caller(open_house: Open) -> None:
    """Callers come first; the pacer knows of it before the next call is thought of."""
    house = open_house("blended")
    await house.bring(1, 2)
    house.work("anna", "ben")
    assert len(await house.step()) == 2
    assert house.floor.kept == {"sales": frozenset()}


async def test_nobody_is_called_without_an_open_line(open_house: Open) -> None:
    house = open_house()
    await house.bring(1, 2)
    house.work("anna", "ben")
    house.floor.closed = {"anna", "ben"}
    assert await house.step() == []
    assert why(house.run, house.now_ms) == ("no agent is on an open line",)
    house.floor.closed = {"ben"}
    assert len(await house.step(1_000)) == 1


async def test_the_part_that_a_lead_tells_reaches_the_law(open_house: Open) -> None:
    """And the call, when it is answered, after a restart too."""
    house = open_house()
    await house.bring(1, part="DE-BY")
    house.work("anna")
    [call] = await house.step()
    assert call.told == Told(part="DE-BY")
    [kept] = await house.parts.kept.under_way()
    evidence = evidence_of(kept.evidence)
    assert evidence is not None
    assert {each.jurisdiction for each in evidence.findings} == {"HU", "DE-BY"}
    again = House(house.url, house.site, house.now_ms)
    [under_way] = await again.parts.kept.under_way()
    await again.run.take_up({call.contact: under_way}, frozenset({call.channel}))
    assert again.run.outcomes.calls[call.contact].call.told == call.told
    await again.close()


async def test_nobody_is_called_outside_the_callees_hours(open_house: Open) -> None:
    """From eight to eight, and not a second later."""
    house = open_house(now="07:59:59")
    await house.bring(1, 2)
    house.work("anna")
    assert await house.step() == []
    assert len(await house.step(31_000)) == 1
    late = open_house(now="20:00")
    late.work("anna", "ben")
    assert await late.step() == []


async def test_the_evidence_is_written_before_the_call_is_made(open_house: Open) -> None:
    """With the number that is shown, the trunk, and that an agent was kept."""
    house = open_house()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    [kept] = await house.parts.kept.under_way()
    assert (kept.id, kept.caller_id, kept.trunk) == (call.contact, call.caller_id, "line")
    assert (kept.result, kept.evidence["agent_kept"]) == (None, True)


async def test_a_number_that_asked_not_to_be_called_is_blocked_and_told(open_house: Open) -> None:
    """The rule is counted; the lead comes back the next day, for lists change."""
    house = open_house()
    await house.bring(1, 2)
    entry = Entry(number(1), "own", house.now_ms, "own", "zoe")
    await house.parts.permissions.add([entry])
    house.work("anna")
    [call] = await house.step()
    assert call.number == number(2)
    assert house.run.placer.blocks == {"do_not_call": 1}
    [lead] = await house.rows("SELECT state, due_ms, tries FROM leads ORDER BY id LIMIT 1")
    assert lead == {"state": "ready", "due_ms": house.now_ms + 86_400_000, "tries": 0}


async def test_a_number_that_rings_is_called_by_nobody_else_and_soon_again(
    open_house: Open,
) -> None:
    """Also where no rule limits the calls to it; some minutes later its call is over."""
    free = "rules: {any: {attempts: off}}"
    house, other = open_house(more=free), open_house(more=free)
    campaign = house.site.campaigns["sales"]
    second = campaign.model_copy(update={"lists": {"more": campaign.lists["list"]}})
    other.run.take_site(house.site.model_copy(update={"campaigns": {"sales": second}}))
    await house.bring(1)
    await other.bring(1, list_name="more")
    house.work("anna")
    other.work("ben")
    [call] = await house.step()
    assert await other.step() == []
    assert other.run.placer.blocks == {"under_way": 1}
    [lead] = await other.rows("SELECT due_ms FROM leads ORDER BY id DESC LIMIT 1")
    assert lead["due_ms"] == other.now_ms + 120_000
    house.not_reached(call)
    await house.step()
    assert await other.step(119_000) == []
    [again] = await other.step(6_000)
    assert again.number == call.number


ASKED = "the number asked not to be called"


async def test_calls_that_were_not_made_are_counted_and_the_last_is_told(open_house: Open) -> None:
    """By rule and day, and of each lead why; refused again, it is no row more."""
    house = open_house()
    await house.bring(1)
    await house.parts.permissions.add([Entry(number(1), "own", house.now_ms, "own", "zoe")])
    house.work("anna")
    assert await house.step() == []
    for _ in range(2):
        await house.rows("UPDATE leads SET due_ms = 0 RETURNING id")
        assert await house.step(10_000) == []
    store = EvidenceStore(house.url, house.site.site)
    told = await store.refusals("2026-11-23", "2026-11-23")
    assert told == [RefusalCount("sales", "2026-11-23", "do_not_call", 3, house.now_ms)]
    assert await store.refusals("2026-11-24", "2026-11-30") == []
    await store.close()
    lead = await house.parts.lists.lead(1)
    assert lead is not None
    assert lead.refused == {
        "at_ms": house.now_ms,
        "campaign": "sales",
        "number": number(1),
        "reasons": [
            {
                "rule": "do_not_call",
                "jurisdiction": "HU",
                "because": ASKED,
            }
        ],
    }


async def test_answers_are_counted_on_of_the_campaigns_own_leads_alone(open_house: Open) -> None:
    """Of a list whose leads the filter leaves out, nobody is going to answer."""
    written = "filter: [{field: tariff, is: [night]}]\n    later_answers: 90"
    house = open_house("predictive", written)
    await house.bring(*range(50))
    house.work("anna", "ben", "cleo")
    await house.step()
    assert (house.run.planning.left, house.run.pacer.relies_on.live) == (0, 0)


async def test_later_answers_are_counted_on_only_where_the_campaign_says_so(
    open_house: Open,
) -> None:
    """And then each lead once: by one of the nodes, and of the campaigns that call its list."""
    relied_on = []
    for more, nodes in (("", 1), ("later_answers: 90", 1), ("later_answers: 90", 2)):
        house = open_house("predictive", more)
        await house.bring(*range(600))
        await house.run.planning.keep_up()
        house.run.planning.nodes = tuple(f"node {n}" for n in range(nodes))
        house.work(*(f"agent {n}" for n in range(20)))
        _learn(house)
        await house.run.planning.keep_up()
        house.run.crew.refresh(house.now_ms)
        house.run.wants(house.now_ms)
        relied_on.append(house.run.pacer.relies_on.live)
    nothing, alone, shared = relied_on
    assert nothing == 0 < shared < alone / 2 < 600 * 0.9 / 4


def _learn(house: House) -> None:
    """Half of all calls are answered."""
    for n in range(400):
        house.run.pacer.hear(events.Dialing(f"{n}", house.now_ms))
        house.run.pacer.hear(events.Answered(f"{n}", house.now_ms))
        what = events.Lost if n % 2 else events.NoAnswer
        house.run.pacer.hear(what(f"{n}", house.now_ms))


async def test_a_changed_filter_holds_for_the_next_call(open_house: Open) -> None:
    """Also of leads that were held already; without a change they stay."""
    house = open_house()
    await house.bring(1, 2)
    house.work("anna")
    await house.run.planning.keep_up()
    await house.run.hopper.round()
    house.run.take_site(site_of("progressive"))
    assert len(house.run.hopper) == 2
    house.run.take_site(site_of("progressive", "filter: [{field: tariff, is: [night]}]"))
    assert await house.step() == []
    assert await house.rows("SELECT DISTINCT state FROM leads") == [{"state": "ready"}]


async def test_agentless_calls_as_many_as_there_are_lines(open_house: Open) -> None:
    """Each line until its channel is gone."""
    house = open_house("agentless", "rules: {HU: {consent: off}}")
    await house.bring(*range(20))
    await house.run.planning.keep_up()
    assert house.run.wants(house.now_ms) == 12
    calls = await house.step()
    assert (len(calls), house.run.placer.blocks) == (12, {})
    assert house.run.wants(house.now_ms) == 0
    house.join(calls[0], None)
    assert await house.step(1_000) == []
    house.run.outcomes.ended(house.run.outcomes.calls[calls[0].contact], house.now_ms, BY_CALLEE)
    assert len(await house.step(1_000)) == 1


EARLY = (
    "it calls one person for each free agent: too few have answered today for anybody to be risked"
)


async def test_a_campaign_that_may_lose_nobody_is_progressive_and_says_so(open_house: Open) -> None:
    """On a new day with no answer yet, and no end of the day to count on."""
    house = open_house("predictive")
    await house.bring(*range(30))
    house.work("anna", "ben")
    calls = await house.step()
    assert len(calls) == 2
    assert list(house.run.slowed) == [EARLY]
    house.answer(calls[0])
    house.run.outcomes.lost(house.run.outcomes.calls[calls[0].contact], house.now_ms)
    await house.step()
    assert house.run.slowed == (
        "today's abandon rate leaves no room",
        "the abandon rate of 30 days leaves no room",
    )


async def test_who_only_looks_changes_nothing(open_house: Open) -> None:
    """Whether it is slowed is found out and logged where calls are placed, and not for a view; it
    is a warning once somebody was lost, and no matter while too few have answered."""
    house = open_house("predictive")
    await house.bring(*range(30))
    house.work("anna", "ben")
    await house.run.planning.keep_up()
    with capture_logs() as logs:
        house.run.wants(house.now_ms)
        assert (house.run.slowed, logs) == ((), [])
        calls = await house.step()
    assert [(log["event"], log["log_level"]) for log in logs] == [("campaign_slowed", "info")]
    house.answer(calls[0])
    house.run.outcomes.lost(house.run.outcomes.calls[calls[0].contact], house.now_ms)
    with capture_logs() as logs:
        await house.step()
        await house.step()
    assert [(log["event"], log["log_level"]) for log in logs] == [("campaign_slowed", "warning")]


async def test_a_good_month_lets_a_campaign_dial_ahead(open_house: Open) -> None:
    """What is kept of its calls is its budget at the start."""
    house = open_house("power", "ratio: 3")
    await house.bring(*range(30))
    yesterday = at("12:00", MONDAY - timedelta(days=1))
    await _past(house, yesterday, answered=400, lost=2)
    await _past(house, at("09:00"), answered=200)
    house.work("anna", "ben")
    assert len(await house.step()) == 6
    assert house.run.slowed == ()
    assert house.run.in_air().exposed == 4


async def _past(house: House, at_ms: int, **results: int) -> None:
    """Calls of this campaign that were made then."""
    from history.connection import open_engine
    from history.lead_tables import attempts

    rows = [
        {
            "id": f"{at_ms}-{result}-{n}",
            "site": house.site.site,
            "node": house.node,
            "campaign": "sales",
            "list_id": 1,
            "lead_id": 10**9 + n,
            "position": 0,
            "number": "+3630999",
            "begun_ms": at_ms,
            "ended_ms": at_ms,
            "result": result,
            "evidence": {},
        }
        for result, times in results.items()
        for n in range(times)
    ]
    engine = open_engine(house.url)
    async with engine.begin() as connection:
        await connection.execute(attempts.insert(), rows)
    await engine.dispose()
