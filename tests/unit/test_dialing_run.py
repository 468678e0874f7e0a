"""A campaign that runs: whom it calls when, and what comes of each call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from engine.campaigns.reports.called import evidence_of
from engine.dialing.calls import Leaving
from engine.dialing.outcomes import Outcomes
from engine.dialing.reasons import why
from engine.dialing.up import Word
from history.campaign_evidence import EvidenceStore, RefusalCount
from history.do_not_call import Entry
from history.outcome import EndedBy
from routing.agent import Offline, Paused, Talking
from routing.outbound.budget import Tally
from routing.outbound.leads.plan import Result
from routing.outbound.pacing import events
from routing.outbound.rules.ask import Told
from tests.unit.dialing import MACHINE, MONDAY, House, at, number, site_of

pytestmark = pytest.mark.unit

Open = Callable[..., House]
LUNCH = Leaving("pause", "lunch", 5)


@pytest.fixture
async def opened(database_url: str) -> AsyncIterator[Open]:
    """Houses on one database, closed when the test is over."""
    houses: list[House] = []

    def open_house(mode: str = "progressive", more: str = "", now: str = "10:00") -> House:
        house = House(database_url, site_of(mode, more), at(now))
        houses.append(house)
        return house

    yield open_house
    for house in houses:
        await house.close()


async def test_progressive_calls_one_person_for_each_free_agent(opened: Open) -> None:
    """An agent who talks is kept for nobody else; who is free again gets the next."""
    house = opened()
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


BY_CALLEE = EndedBy.CALLER


async def test_an_agent_leaves_once_nobody_in_the_air_needs_them(opened: Open) -> None:
    """One of two who are kept for two calls: nobody more is called for them, and they go when one
    of the calls has ended unanswered."""
    house = opened()
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


async def test_an_agent_for_whom_nobody_is_called_leaves_at_once(opened: Open) -> None:
    """Free with nobody in the air, or in a conversation, after which the pause begins."""
    house = opened()
    await house.bring(1)
    house.work("anna", "ben")
    (call,) = await house.step()
    house.join(call, "anna")
    assert house.run.crew.leaves("anna", LUNCH, lambda: None)
    assert house.run.crew.leaves("ben", LUNCH, lambda: None)


@pytest.mark.parametrize(("mode", "more"), [("progressive", ""), ("power", "ratio: 2")])
async def test_who_is_kept_for_a_call_is_given_to_no_caller(
    opened: Open, mode: str, more: str
) -> None:
    """As many as calls are in the air, from before the phone rings; the others may have callers."""
    house = opened(mode, more)
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


async def test_who_has_a_lead_before_them_is_kept_for_that_call(opened: Open) -> None:
    house = opened("preview")
    await house.bring(1)
    house.work("anna", "ben")
    await house.step()
    chosen = house.run.hopper.choose()
    assert chosen is not None
    assert await house.run.call(chosen, "ben") is not None
    assert house.floor.kept == {"sales": frozenset({"ben"})}


async def test_blended_agents_are_kept_from_no_caller(opened: Open) -> None:
    """Callers come first; the pacer knows of it before the next call is thought of."""
    house = opened("blended")
    await house.bring(1, 2)
    house.work("anna", "ben")
    assert len(await house.step()) == 2
    assert house.floor.kept == {"sales": frozenset()}


async def test_nobody_is_called_without_an_open_line(opened: Open) -> None:
    house = opened()
    await house.bring(1, 2)
    house.work("anna", "ben")
    house.floor.closed = {"anna", "ben"}
    assert await house.step() == []
    assert why(house.run, house.now_ms) == ("no agent is on an open line",)
    house.floor.closed = {"ben"}
    assert len(await house.step(1_000)) == 1


async def test_the_part_that_a_lead_tells_reaches_the_law(opened: Open) -> None:
    """And the call, when it is answered, after a restart too."""
    house = opened()
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


async def test_nobody_is_called_outside_the_callees_hours(opened: Open) -> None:
    """From eight to eight, and not a second later."""
    house = opened(now="07:59:59")
    await house.bring(1, 2)
    house.work("anna")
    assert await house.step() == []
    assert len(await house.step(31_000)) == 1
    late = opened(now="20:00")
    late.work("anna", "ben")
    assert await late.step() == []


async def test_the_evidence_is_written_before_the_call_is_made(opened: Open) -> None:
    """With the number that is shown, the trunk, and that an agent was kept."""
    house = opened()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    [kept] = await house.parts.kept.under_way()
    assert (kept.id, kept.caller_id, kept.trunk) == (call.contact, call.caller_id, "line")
    assert (kept.result, kept.evidence["agent_kept"]) == (None, True)


async def test_a_number_that_asked_not_to_be_called_is_blocked_and_told(opened: Open) -> None:
    """The rule is counted; the lead comes back the next day, for lists change."""
    house = opened()
    await house.bring(1, 2)
    entry = Entry(number(1), "own", house.now_ms, "own", "zoe")
    await house.parts.permissions.add([entry])
    house.work("anna")
    [call] = await house.step()
    assert call.number == number(2)
    assert house.run.placer.blocks == {"do_not_call": 1}
    [lead] = await house.rows("SELECT state, due_ms, tries FROM leads ORDER BY id LIMIT 1")
    assert lead == {"state": "ready", "due_ms": house.now_ms + 86_400_000, "tries": 0}


async def test_a_number_that_rings_is_called_by_nobody_else_and_soon_again(opened: Open) -> None:
    """Also where no rule limits the calls to it; some minutes later its call is over."""
    free = "rules: {any: {attempts: off}}"
    house, other = opened(more=free), opened(more=free)
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


async def test_calls_that_were_not_made_are_counted_and_the_last_is_told(opened: Open) -> None:
    """By rule and day, and of each lead why; refused again, it is no row more."""
    house = opened()
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


@pytest.mark.parametrize("result", [Result.BUSY, Result.NO_ANSWER, Result.FAILED, Result.INVALID])
async def test_who_is_not_reached_is_called_again_as_the_campaign_says(
    opened: Open, result: Result
) -> None:
    house = opened()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    house.run.outcomes.not_reached(house.run.outcomes.calls[call.contact], result, house.now_ms)
    await house.step(1_000)
    [lead] = await house.rows("SELECT state, why, last_result, attempt_id FROM leads")
    state, why = ("done", "given_up") if result is Result.INVALID else ("ready", None)
    assert lead == {"state": state, "why": why, "last_result": result.value, "attempt_id": None}
    assert house.trunks.in_use("sales") == {}


async def test_news_of_a_failure_after_the_answer_ends_no_call(opened: Open) -> None:
    """Nor does it twice before: what is written of a call is written once."""
    house = opened()
    await house.bring(1, 2)
    house.work("anna", "ben")
    first, second = await house.step()
    outcomes = house.run.outcomes
    house.answer(first)
    outcomes.not_reached(outcomes.calls[first.contact], Result.FAILED, house.now_ms)
    house.join(first, "anna")
    lost = outcomes.calls[second.contact]
    for result in (Result.BUSY, Result.FAILED):
        outcomes.not_reached(lost, result, house.now_ms)
    await house.settled()
    told = await house.rows("SELECT id, result FROM dial_attempts")
    assert {row["id"]: row["result"] for row in told} == {
        first.contact: None,
        second.contact: "busy",
    }


async def test_a_call_that_asterisk_refuses_has_failed(opened: Open) -> None:
    house = opened()
    await house.bring(1)
    house.work("anna")
    house.carrier.refuses = True
    await house.step()
    await house.settled()
    assert await house.rows("SELECT result FROM dial_attempts") == [{"result": "failed"}]


async def test_a_machine_is_over_when_its_channel_is_gone(opened: Open) -> None:
    """A message may be left meanwhile: the line is in use, the agent is not."""
    house = opened()
    await house.bring(1, 2)
    house.work("anna")
    [call] = await house.step()
    up = house.run.outcomes.calls[call.contact]
    house.answer(call)
    house.run.outcomes.judged(up, MACHINE, house.now_ms)
    assert len(await house.step(1_000)) == 1
    assert house.trunks.in_use("sales") == {"line": 2}
    house.run.outcomes.ended(up, house.now_ms, EndedBy.ENGINE)
    await house.settled()
    assert house.trunks.in_use("sales") == {"line": 1}
    first = "SELECT result FROM dial_attempts WHERE result IS NOT NULL"
    assert await house.rows(first) == [{"result": "machine"}]
    assert house.run.book.today.machines == 1


async def test_a_person_for_whom_nobody_was_there_counts_as_lost_once(opened: Open) -> None:
    """From the moment that it is known, and not when the message is over."""
    house = opened()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    up = house.run.outcomes.calls[call.contact]
    house.answer(call)
    house.be("anna", Offline(house.now_ms, 0))
    house.run.outcomes.lost(up, house.now_ms)
    assert house.run.book.today.lost == 1
    house.run.outcomes.ended(up, house.now_ms + 9_000, EndedBy.ENGINE)
    await house.settled()
    assert house.run.pacer.budget.today.lost == house.run.book.today.lost == 1
    assert await house.rows("SELECT result FROM dial_attempts") == [{"result": "lost"}]


async def test_who_was_joined_with_nobody_counts_as_lost(opened: Open) -> None:
    """The agent's line was gone in that moment: it is no conversation, and nobody's."""
    house = opened()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    house.join(call, "anna")
    house.free("anna")
    house.run.outcomes.lost(house.run.outcomes.calls[call.contact], house.now_ms)
    house.run.outcomes.ended(house.run.outcomes.calls[call.contact], house.now_ms, EndedBy.ENGINE)
    await house.settled()
    assert house.run.book.today == house.run.pacer.budget.today == Tally(live=0, lost=1)
    assert await house.rows("SELECT result FROM dial_attempts") == [{"result": "lost"}]


async def test_answers_are_counted_on_of_the_campaigns_own_leads_alone(opened: Open) -> None:
    """Of a list whose leads the filter leaves out, nobody is going to answer."""
    written = "filter: [{field: tariff, is: [night]}]\n    later_answers: 90"
    house = opened("predictive", written)
    await house.bring(*range(50))
    house.work("anna", "ben", "cleo")
    await house.step()
    assert (house.run.planning.left, house.run.pacer.relies_on) == (0, 0)


async def test_later_answers_are_counted_on_only_where_the_campaign_says_so(opened: Open) -> None:
    """And then each lead once: by one of the nodes, and of the campaigns that call its list."""
    relied_on = []
    for more, nodes in (("", 1), ("later_answers: 90", 1), ("later_answers: 90", 2)):
        house = opened("predictive", more)
        await house.bring(*range(600))
        await house.run.planning.keep_up()
        house.run.planning.nodes = tuple(f"node {n}" for n in range(nodes))
        house.work(*(f"agent {n}" for n in range(20)))
        _learn(house)
        await house.run.planning.keep_up()
        house.run.crew.refresh(house.now_ms)
        house.run.wants(house.now_ms)
        relied_on.append(house.run.pacer.relies_on)
    nothing, alone, shared = relied_on
    assert nothing == 0 < shared < alone / 2 < 600 * 0.9 / 4


def _learn(house: House) -> None:
    """Half of all calls are answered."""
    for n in range(400):
        house.run.pacer.hear(events.Dialing(f"{n}", house.now_ms))
        house.run.pacer.hear(events.Answered(f"{n}", house.now_ms))
        what = events.Lost if n % 2 else events.NoAnswer
        house.run.pacer.hear(what(f"{n}", house.now_ms))


async def test_a_changed_filter_holds_for_the_next_call(opened: Open) -> None:
    """Also of leads that were held already; without a change they stay."""
    house = opened()
    await house.bring(1, 2)
    house.work("anna")
    await house.run.planning.keep_up()
    await house.run.hopper.round()
    house.run.take_site(site_of("progressive"))
    assert len(house.run.hopper) == 2
    house.run.take_site(site_of("progressive", "filter: [{field: tariff, is: [night]}]"))
    assert await house.step() == []
    assert await house.rows("SELECT DISTINCT state FROM leads") == [{"state": "ready"}]


async def test_who_presses_the_key_is_never_called_again(opened: Open) -> None:
    """That is written at once, and once, though the call goes on."""
    house = opened()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    up = house.run.outcomes.calls[call.contact]
    house.answer(call)
    house.run.outcomes.lost(up, house.now_ms)
    house.run.outcomes.opted_out(up, house.now_ms)
    await house.settled()
    listed = "SELECT number, register FROM do_not_call WHERE until_ms IS NULL"
    assert await house.rows(listed) == [{"number": number(1), "register": "own"}]
    assert await house.rows("SELECT why FROM leads") == [{"why": "do_not_call"}]


@pytest.mark.parametrize(
    ("waited_ms", "by", "result"),
    [
        (500, EndedBy.CALLER, "no_answer"),
        (2_500, EndedBy.CALLER, "lost"),
        (500, EndedBy.ENGINE, "lost"),
    ],
)
async def test_who_hangs_up_before_anybody_is_there(
    opened: Open, waited_ms: int, by: EndedBy, result: str
) -> None:
    """At once: was not kept waiting. Later, or by us: a person who was lost."""
    house = opened()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    up = house.run.outcomes.calls[call.contact]
    house.answer(call)
    house.run.outcomes.ended(up, house.now_ms + waited_ms, by)
    await house.settled()
    assert await house.rows("SELECT result FROM dial_attempts") == [{"result": result}]


async def in_wrap_up(house: House) -> tuple[Outcomes, str]:
    """Anna has talked with somebody, who has hung up."""
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    house.join(call, "anna")
    outcomes, contact = house.run.outcomes, call.contact
    house.wrap_up("anna", contact)
    outcomes.ended(outcomes.calls[contact], house.now_ms, EndedBy.CALLER)
    return outcomes, contact


async def test_what_the_agent_says_counts_until_the_wrap_up_is_over(opened: Open) -> None:
    """The last word of several."""
    house = opened()
    outcomes, contact = await in_wrap_up(house)
    assert outcomes.say(contact, Word("sold"))
    tomorrow = house.now_ms + 86_400_000
    assert outcomes.say(contact, Word("later", tomorrow, "anna"))
    assert await house.rows("SELECT result FROM dial_attempts") == [{"result": None}]
    house.free("anna")
    await house.settled()
    assert not outcomes.say(contact, Word("sold"))
    [row] = await house.rows("SELECT state, due_ms, agent, rank FROM leads")
    assert row == {"state": "ready", "due_ms": tomorrow, "agent": "anna", "rank": 0}
    [attempt] = await house.rows("SELECT result, disposition, agent FROM dial_attempts")
    assert attempt == {"result": "answered", "disposition": "later", "agent": "anna"}


async def test_a_wrap_up_whose_end_nobody_told_ends_its_call(opened: Open) -> None:
    """The agent is looked at, too: a call must not wait for good for an event that was lost."""
    house = opened()
    outcomes, contact = await in_wrap_up(house)
    assert outcomes.say(contact, Word("sold"))
    await house.step(1_000)
    assert contact in outcomes.calls
    del house.floor.states["anna"]
    await house.step(1_000)
    assert outcomes.calls == {}
    query = "SELECT disposition, ended_ms FROM dial_attempts"
    ended_ms = house.now_ms - 2_000
    assert await house.rows(query) == [{"disposition": "sold", "ended_ms": ended_ms}]


async def test_without_a_word_an_answered_lead_is_done(opened: Open) -> None:
    house = opened()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    house.join(call, "anna")
    house.free("anna")
    house.run.outcomes.ended(house.run.outcomes.calls[call.contact], house.now_ms, BY_CALLEE)
    await house.settled()
    assert await house.rows("SELECT state, why FROM leads") == [
        {"state": "done", "why": "answered"}
    ]


async def test_without_a_word_what_the_campaign_names_holds(opened: Open) -> None:
    """Of calls in which somebody talked, and of no other."""
    more = """dispositions: {thinks: {then: retry, after: 7d}, sold: }
    default_disposition: thinks"""
    house = opened("progressive", more)
    await house.bring(1, 2)
    house.work("anna", "ben")
    [call, other] = await house.step()
    house.join(call, "anna")
    house.free("anna")
    house.run.outcomes.ended(house.run.outcomes.calls[call.contact], house.now_ms, BY_CALLEE)
    house.not_reached(other)
    await house.settled()
    query = "SELECT result, disposition FROM dial_attempts ORDER BY number"
    assert await house.rows(query) == [
        {"result": "answered", "disposition": "thinks"},
        {"result": "no_answer", "disposition": None},
    ]
    due = "SELECT due_ms FROM leads ORDER BY id"
    assert (await house.rows(due))[0] == {"due_ms": house.now_ms + 7 * 86_400_000}


async def test_what_a_flow_says_is_the_disposition(opened: Open) -> None:
    """And who asks it not to be called again is not, from that key on, whatever it says later."""
    house = opened("agentless", "rules: {HU: {consent: off}}")
    await house.bring(1, 2)
    first, second = await house.step()
    outcomes = house.run.outcomes
    for call, word in ((first, "sold"), (second, "never")):
        house.join(call, None)
        outcomes.said(outcomes.calls[call.contact], word, house.now_ms)
    await house.settled()
    listed = "SELECT number FROM do_not_call WHERE until_ms IS NULL"
    assert await house.rows(listed) == [{"number": second.number}]
    outcomes.said(outcomes.calls[second.contact], "sold", house.now_ms)
    for word in ("solt", "later"):  # unknown, and one for which a time must be agreed
        outcomes.said(outcomes.calls[first.contact], word, house.now_ms)
    for call in (first, second):
        outcomes.ended(outcomes.calls[call.contact], house.now_ms, BY_CALLEE)
    await house.settled()
    query = "SELECT disposition FROM dial_attempts ORDER BY number"
    assert await house.rows(query) == [{"disposition": "sold"}] * 2
    leads = "SELECT why FROM leads ORDER BY id"
    assert await house.rows(leads) == [{"why": "disposition"}, {"why": "do_not_call"}]


async def test_agentless_calls_as_many_as_there_are_lines(opened: Open) -> None:
    """Each line until its channel is gone."""
    house = opened("agentless", "rules: {HU: {consent: off}}")
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


async def test_a_campaign_that_may_lose_nobody_is_progressive_and_says_so(opened: Open) -> None:
    """On a new day with no answer yet, and no end of the day to count on."""
    house = opened("predictive")
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


async def test_who_only_looks_changes_nothing(opened: Open) -> None:
    """Whether it is slowed is found out and logged where calls are placed, and not for a view; it
    is a warning once somebody was lost, and no matter while too few have answered."""
    house = opened("predictive")
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


async def test_a_good_month_lets_a_campaign_dial_ahead(opened: Open) -> None:
    """What is kept of its calls is its budget at the start."""
    house = opened("power", "ratio: 3")
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
