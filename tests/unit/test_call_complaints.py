"""What users of today's queues complain of, and what happens here instead: callers, callbacks."""

import asyncio
from dataclasses import replace

import pytest

from bridge.events import CustomerUp
from engine.calls import waiting
from engine.calls.orders import NOTICE
from engine.calls.recovery import Over, judge
from engine.publishing.flows import Flows
from engine.views import place_of
from history.outcome import Outcome
from history.rows import ContactRow
from routing.matcher import Assignment
from tests.fakes.agi_client import joining
from tests.fakes.house import House
from tests.fakes.routing import a_contact, an_agent
from tests.fakes.stories import CALLER, a_story
from tests.unit.conversation import program
from tests.unit.test_callbacks import QUEUED, Office, an_office, in_office, settled, wanted
from tests.unit.test_engine_call import CONTACT, OK, announced, calling, until

pytestmark = pytest.mark.unit

FLOW = """
languages: [en]
start: line
steps:
  line: {queue: support, max_waiting: 2, answered: end, on_full: end, on_error: end}
  end: {hangup: normal}
"""
BILLING = FLOW.replace("support", "payments")
DONE = "SET VARIABLE TRK_STAGE done"
SET = "200 result=1"


async def test_an_announcement_does_not_keep_the_first_in_line_from_an_agent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Complaint: who is first in line is not offered while their place is announced. The caller is
    in line all the while, and an answer cuts the announcement short."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 0.0)
    house = House({"support": program(FLOW)})
    async with calling(house) as call:
        await call.answers("SET MUSIC ON default", OK)
        await announced(call)
        assert [told[0] for told in house.router.told] == ["enqueue"]
        house.router.answer(CONTACT, "anna", "leg-1")
        await until(lambda: bool(house.switch.stopped))
        call.says("200 result=0 endpos=1")
        await call.answers("SET MUSIC OFF", OK)
        await call.answers(joining("leg-1"), SET)
        await call.answers("EXEC Bridge leg-1", "HANGUP", "200 result=-1")
        await call.answers(DONE, SET)
    assert house.writer.row.outcome is Outcome.ANSWERED


def promised(office: Office, contact: str = "c1", number: str = "") -> None:
    """The caller of this contact was promised a callback, and has hung up."""
    asked = wanted(number) if number else wanted()
    assert office.callbacks.promise(contact, asked) == "promised"
    office.callbacks.keep(contact)


def permit(office: Office, number: str) -> None:
    """The site lets callers be called there."""
    allowed = office.house.site.callbacks.model_copy(update={"allow": [number]})
    office.callbacks.site = office.house.site.model_copy(update={"callbacks": allowed})


def calls_again(office: Office) -> None:
    """The same customer is on the line and waits in the queue."""
    office.house.chronicle.begin(
        a_story("c2").queued(9_000, "support", {}).waits_at({"at": "line"})
    )
    office.callbacks.join("c2")


def rows(office: Office) -> dict[str, Outcome]:
    """How the contacts that are over ended."""
    records = office.house.writer.rows
    return {row.id: row.outcome for row in records if isinstance(row, ContactRow)}


@in_office
async def test_a_callback_is_not_made_twice(office: Office) -> None:
    """Complaint: a customer is called twice. One is promised to a number however often it is asked
    for, and who was reached is out of the line."""
    promised(office)
    office.house.chronicle.begin(a_story("c2").queued(9_000, "support", {}))
    assert office.callbacks.promise("c2", wanted("0036301234567")) == "already"
    await office.agent_answers()
    await office.tells(CustomerUp("c1"))
    assert office.reached() is not None
    office.callbacks.answered("c1")
    await asyncio.sleep(3_600)
    assert len(office.house.switch.called) == 1
    assert [told[0] for told in office.house.router.told].count("enqueue") == 2  # caller, callback


@in_office
async def test_a_caller_who_keys_another_number_is_called_there_alone(office: Office) -> None:
    """One callback a customer; the number keyed first may be promised to somebody else."""
    permit(office, "+36201234567")
    assert office.callbacks.promise("c1", wanted("+36201234567")) == "promised"
    assert office.callbacks.promise("c1", wanted()) == "promised"
    assert office.promise.number == CALLER
    office.house.chronicle.begin(a_story("c2").queued(9_000, "support", {}))
    assert office.callbacks.promise("c2", wanted("+36201234567")) == "promised"


@in_office
async def test_a_callback_that_was_called_off_is_not_made_by_the_next_engine(
    office: Office,
) -> None:
    """Complaint: a customer is called though they were served. The engine may die before the row
    of the callback is in the history: its live record tells already that nobody is to be called."""
    promised(office)
    await settled()
    office.house.chronicle.begin(a_story("c2").queued(9_000, "support", {}))
    office.callbacks.answered("c2")
    (verdict,) = judge([office.house.live.saved["c1"]], [], [], 20_000)
    assert isinstance(verdict, Over)
    await settled()


@in_office
async def test_no_customer_is_called_before_an_agent_is_there_for_them(office: Office) -> None:
    """Complaint: customers are called back when no agent is there, or more than agents are free.
    An agent waits on the line before a customer's phone rings."""
    promised(office)
    office.house.chronicle.begin(a_story("c2").queued(3_000, "support", {}))
    permit(office, "+36201234567")
    promised(office, "c2", "+36201234567")
    await asyncio.sleep(8 * 3_600)
    assert office.house.switch.called == []
    await office.agent_answers()
    await asyncio.sleep(3_600)
    assert [order.contact for order in office.house.switch.called] == ["c1"]


@in_office
async def test_who_calls_again_is_not_called_meanwhile(office: Office) -> None:
    """Complaint: the callback comes although the customer has rung again. While they wait in the
    queue it is theirs: whoever was rung for the first call is let go, and nobody is called."""
    promised(office)
    await office.agent_answers()
    calls_again(office)
    await settled()
    assert office.house.switch.hung_up == ["leg-1-back", "leg-1"]
    assert rows(office) == {"c1": Outcome.CALLED_AGAIN}
    story = office.house.chronicle.story("c2")
    assert story is not None
    assert place_of(story) == "queue"
    assert story.promise is not None
    assert story.promise.arrived_ms == QUEUED.arrived_ms
    await asyncio.sleep(3_600)
    assert len(office.house.switch.called) == 1


@in_office
async def test_who_calls_again_is_no_callback_to_the_agent(office: Office) -> None:
    """No notice is played to the agent, and the phone shows who is on the line."""
    promised(office)
    calls_again(office)
    story = office.house.chronicle.story("c2")
    assert story is not None
    office.house.chronicle.update(replace(story, record=False))
    there = a_contact("c2", queue="support")
    for contact, is_callback in ((there, False), (replace(there, leg=""), True)):
        asked = Assignment(contact, an_agent("anna"))
        order = office.house.services.orders.order(asked, "leg-1", 15_000)
        assert (NOTICE in dict(order.variables)) == is_callback
        assert order.caller_number == CALLER


@in_office
async def test_who_calls_again_and_is_answered_is_not_called_back(office: Office) -> None:
    """Complaint: the callback still comes after the customer was served."""
    promised(office)
    calls_again(office)
    story = office.house.chronicle.story("c2")
    assert story is not None
    office.callbacks.answered("c2")
    answered = story.answered(10_000, "anna", "PJSIP/anna-1", "leg-1")
    assert answered.promise is None
    office.house.chronicle.begin(a_story("c3").queued(11_000, "support", {}))
    assert office.callbacks.promise("c3", wanted()) == "promised"  # nothing is left of the first
    await asyncio.sleep(3_600)
    assert office.house.switch.called == []


@in_office
async def test_who_calls_again_and_gives_up_is_called_back_once(office: Office) -> None:
    """The promise was not kept yet: it stands, at the place that it had."""
    promised(office)
    calls_again(office)
    office.callbacks.keep("c2")
    await settled()
    contact = office.house.router.tickets["c2"].contact
    assert (contact.arrived_ms, contact.leg, contact.skills) == (2_000, "", QUEUED.skills)
    office.house.router.answer("c2", "anna", "leg-2")
    await settled()
    assert [order.contact for order in office.house.switch.called] == ["c2"]


@in_office
async def test_a_customer_who_is_talked_to_on_the_callback_does_not_end_it(office: Office) -> None:
    """Somebody else at the customer's number calls meanwhile: they wait like others."""
    promised(office)
    await office.agent_answers()
    await office.tells(CustomerUp("c1"))
    calls_again(office)
    story = office.house.chronicle.story("c2")
    assert story is not None
    assert story.promise is None
    assert office.reached() is not None
    await settled()


@pytest.mark.parametrize(("text", "arrived_ms"), [(FLOW, 2_000), (BILLING, 10_000)])
async def test_who_calls_again_has_the_promised_place(
    monkeypatch: pytest.MonkeyPatch, text: str, arrived_ms: int
) -> None:
    """In the queue where it was promised, and in no other; hanging up gives it back to the
    callback."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 3_600.0)
    async with an_office() as office:
        house = office.house
        house.services.flows = Flows(1, {"support": program(text)})
        promised(office)
        if text == FLOW:
            house.router.waiting = 2  # full, for all who have no place in it
        async with calling(house) as call:
            await call.answers("SET MUSIC ON default", OK)
            contact = house.router.tickets[CONTACT].contact
            assert (contact.arrived_ms, contact.leg != "") == (arrived_ms, True)
            call.says("HANGUP")
            await call.answers(DONE, SET)
        await until(lambda: house.router.tickets[CONTACT].contact.leg == "")
        contact = house.router.tickets[CONTACT].contact
        assert (contact.queue, contact.arrived_ms) == ("support", 2_000)
        assert rows(office) == {"c1": Outcome.CALLED_AGAIN}
