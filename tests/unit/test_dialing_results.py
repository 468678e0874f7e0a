"""What comes of each call of a campaign, and what follows."""

from __future__ import annotations

import pytest

from engine.dialing.outcomes import Outcomes
from engine.dialing.up import Word
from history.outcome import EndedBy
from routing.agent import Offline
from routing.outbound.budget import Tally
from routing.outbound.leads.plan import Result
from tests.unit.dialers import BY_CALLEE, Open
from tests.unit.dialing import MACHINE, House, number

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("result", [Result.BUSY, Result.NO_ANSWER, Result.FAILED, Result.INVALID])
async def test_who_is_not_reached_is_called_again_as_the_campaign_says(
    open_house: Open, result: Result
) -> None:
    house = open_house()
    await house.bring(1)
    house.work("anna")
    [call] = await house.step()
    house.run.outcomes.not_reached(house.run.outcomes.calls[call.contact], result, house.now_ms)
    await house.step(1_000)
    [lead] = await house.rows("SELECT state, why, last_result, attempt_id FROM leads")
    state, why = ("done", "given_up") if result is Result.INVALID else ("ready", None)
    assert lead == {"state": state, "why": why, "last_result": result.value, "attempt_id": None}
    assert house.trunks.in_use("sales") == {}


async def test_news_of_a_failure_after_the_answer_ends_no_call(open_house: Open) -> None:
    """Nor does it twice before: what is written of a call is written once."""
    house = open_house()
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


async def test_a_call_that_asterisk_refuses_has_failed(open_house: Open) -> None:
    house = open_house()
    await house.bring(1)
    house.work("anna")
    house.carrier.refuses = True
    await house.step()
    await house.settled()
    assert await house.rows("SELECT result FROM dial_attempts") == [{"result": "failed"}]


async def test_a_machine_is_over_when_its_channel_is_gone(open_house: Open) -> None:
    """A message may be left meanwhile: the line is in use, the agent is not."""
    house = open_house()
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


async def test_a_person_for_whom_nobody_was_there_counts_as_lost_once(open_house: Open) -> None:
    """From the moment that it is known, and not when the message is over."""
    house = open_house()
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


async def test_who_was_joined_with_nobody_counts_as_lost(open_house: Open) -> None:
    """The agent's line was gone in that moment: it is no conversation, and nobody's."""
    house = open_house()
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


async def test_who_presses_the_key_is_never_called_again(open_house: Open) -> None:
    """That is written at once, and once, though the call goes on."""
    house = open_house()
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
    open_house: Open, waited_ms: int, by: EndedBy, result: str
) -> None:
    """At once: was not kept waiting. Later, or by us: a person who was lost."""
    house = open_house()
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


async def test_what_the_agent_says_counts_until_the_wrap_up_is_over(open_house: Open) -> None:
    """The last word of several."""
    house = open_house()
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


async def test_a_wrap_up_whose_end_nobody_told_ends_its_call(open_house: Open) -> None:
    """The agent is looked at, too: a call must not wait for good for an event that was lost."""
    house = open_house()
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


async def test_without_a_word_an_answered_lead_is_done(open_house: Open) -> None:
    house = open_house()
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


async def test_without_a_word_what_the_campaign_names_holds(open_house: Open) -> None:
    """Of calls in which somebody talked, and of no other."""
    more = """dispositions: {thinks: {then: retry, after: 7d}, sold: }
    default_disposition: thinks"""
    house = open_house("progressive", more)
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


async def test_what_a_flow_says_is_the_disposition(open_house: Open) -> None:
    """And who asks it not to be called again is not, from that key on, whatever it says later."""
    house = open_house("agentless", "rules: {HU: {consent: off}}")
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
