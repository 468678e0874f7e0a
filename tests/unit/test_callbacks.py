"""A promised callback from the promise to its end, between routing, the switch and the story."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bridge.events import CustomerNotReached, CustomerUp, LegEnded, RingFailure, SwitchEvent
from config.callbacks import Callbacks as Rules
from engine.calls.calling import CustomerCall
from engine.calls.recordings import Recordings
from engine.calls.story import Story
from engine.calls.switchboard import Switchboard
from engine.views import place_of
from history.outcome import EndedBy, Outcome
from ivr.commands import CallBack, CancelCallback
from routing.callbacks import CallbackRules, Promise
from routing.contact import Contact, Relaxation
from routing.ringing import AgentLeg
from tests.fakes.house import House, unrecorded
from tests.fakes.stories import CALLER, a_story
from tests.fakes.virtual_loop import virtual_time

pytestmark = pytest.mark.unit

QUEUED = Contact(
    id="c1",
    node="n1",
    queue="support",
    skills=(("support", 3), ("technical", 2)),
    arrived_ms=2_000,
    leg="PJSIP/carrier-1",
    priority=7,
    relax=(Relaxation(60_000, (("support", 1),)),),
)


def wanted(number: str = CALLER.lstrip("+"), **changes: object) -> CallBack:
    """What a plain callback step asks for."""
    return replace(CallBack(number, None, {}, None, True, None, "en"), **changes)  # type: ignore[arg-type]  # any field


class Office:
    """A house with a caller who has left the queue, and a switchboard."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.house = House(tasks=tasks)
        self.house.services.orders.site = unrecorded(self.house.site)
        self.callbacks = self.house.services.callbacks
        self.house.router.enqueue(QUEUED)
        self.house.chronicle.begin(a_story().queued(2_000, "support", {"support": 3}))
        self.board = Switchboard(tasks)
        recordings = Recordings(self.house.services.recorder, self.house.chronicle, tasks)
        self.board.open(self.house.services, recordings)

    def rules(self, **changes: object) -> None:
        """The site's rules for callbacks are these."""
        rules = self.callbacks.site.callbacks.model_dump(mode="json", exclude_defaults=True)
        site = self.callbacks.site.model_copy(
            update={"callbacks": Rules.model_validate({**rules, **changes})}
        )
        self.callbacks.site = self.house.services.site = site

    @property
    def story(self) -> Story:
        found = self.house.chronicle.story("c1")
        assert found is not None
        return found

    @property
    def promise(self) -> Promise:
        assert self.story.promise is not None
        return self.story.promise

    async def tells(self, *events: SwitchEvent) -> None:
        for event in events:
            self.board.on_event(event)
        await settled()

    async def agent_answers(self, leg: str = "leg-1") -> None:
        """The contact's turn has come, and Anna picks up."""
        await settled()
        self.house.router.answer("c1", "anna", leg)
        await settled()

    def reached(self, uniqueid: str = "leg-1-back") -> CustomerCall | None:
        """The customer's channel asks what follows."""
        return self.callbacks.calling.reached("c1", uniqueid)

    def told(self, what: str) -> list[dict[str, object]]:
        return [dict(entry.fields) for entry in self.story.timeline if entry.what == what]


async def settled() -> None:
    """Everything that can happen now has happened."""
    for _ in range(10):
        await asyncio.sleep(0)


@asynccontextmanager
async def an_office() -> AsyncIterator[Office]:
    """What is still kept at the end is given up."""
    async with asyncio.TaskGroup() as tasks:
        office = Office(tasks)
        yield office
        for task in asyncio.all_tasks():
            if task.get_name().startswith("callback "):
                task.cancel()


def in_office(test: Callable[[Office], Awaitable[None]]) -> Callable[[], None]:
    """A conversation with an office, on the virtual clock."""

    async def conversation() -> None:
        async with an_office() as office:
            await test(office)

    run = virtual_time(conversation)
    run.__name__, run.__doc__ = test.__name__, test.__doc__
    del run.__wrapped__  # type: ignore[attr-defined]  # else pytest looks for a fixture
    return run


@in_office
async def test_the_place_and_what_was_asked_for_are_kept(office: Office) -> None:
    """The number is dialled as the carrier showed it. Until the caller leaves, it is a caller."""
    assert office.callbacks.promise("c1", wanted()) == "promised"
    assert office.promise == Promise(
        CALLER, "support", QUEUED.skills, 2_000, 10_000, QUEUED.relax, 7
    )
    assert place_of(office.story) == "queue"
    office.callbacks.keep("c1")
    assert place_of(office.story) == "callback"
    assert CALLER not in str(office.story)


@in_office
async def test_another_queue_asks_for_its_own_skills(office: Office) -> None:
    """Of each skill the higher level, of the site and of the flow; here without the place."""
    asked = wanted(queue="faults", skills={"en": 2}, priority=3, keep_place=False, at_ms=99_000)
    assert office.callbacks.promise("c1", asked) == "promised"
    skills = (("en", 2), ("technical", 3))
    assert office.promise == Promise(CALLER, "faults", skills, 99_000, 99_000, (), 3)


@in_office
async def test_one_callback_is_promised_to_a_number(office: Office) -> None:
    """However it is written; and none to a number of the site, or for a queue it has not."""
    assert office.callbacks.promise("c1", wanted("+3615550100")) == "refused"
    assert office.callbacks.promise("c1", wanted(queue="nowhere")) == "refused"
    assert office.callbacks.promise("unknown", wanted()) == "refused"
    assert office.callbacks.promise("c1", wanted()) == "promised"
    office.house.chronicle.begin(a_story("c2").queued(2_000, "support", {}))
    for number in ("0036301234567", "06301234567", "06 30 123 4567", "36301234567"):
        assert office.callbacks.promise("c2", wanted(number)) == "already"
    assert office.callbacks.promise("c2", wanted("06 1 555 0100")) == "refused"


@in_office
async def test_a_number_is_known_again_however_a_carrier_shows_it(office: Office) -> None:
    """Who was promised a call as +36… calls as 06…: in the promised place, then called off."""
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    await settled()
    again = replace(a_story("c2"), caller="06301234567").queued(9_000, "support", {})
    office.house.chronicle.begin(again)
    assert office.callbacks.place_in("support", "c2") == 2_000
    office.callbacks.join("c2")
    await settled()
    assert office.house.writer.row.outcome is Outcome.CALLED_AGAIN
    assert office.callbacks.cancel_for("c2", CancelCallback("0036 30 123 4567"))
    assert office.callbacks.promise("c2", wanted("06301234567")) == "promised"


@in_office
async def test_a_national_number_is_dialled_as_the_carrier_takes_it(office: Office) -> None:
    """The caller's own as it was shown, another with its country code."""
    office.rules(allow=["+36*"])
    assert office.callbacks.promise("c1", wanted("06301234567")) == "promised"
    assert office.promise.number == CALLER
    office.house.chronicle.begin(a_story("c2").queued(2_000, "support", {}))
    assert office.callbacks.promise("c2", wanted("06 20 123 4567")) == "promised"
    story = office.house.chronicle.story("c2")
    assert story is not None
    assert story.promise is not None
    assert story.promise.number == "+36201234567"


@in_office
async def test_a_promise_called_off_as_it_is_made_is_gone(office: Office) -> None:
    """Before its keeper has had a turn: there is none to call off or to move any more."""
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    assert office.callbacks.cancel("c1")
    await settled()
    assert not office.callbacks.cancel("c1")
    assert not office.callbacks.move("c1", None)
    assert office.house.writer.row.outcome is Outcome.CANCELLED
    assert [told[0] for told in office.house.router.told].count("enqueue") == 1  # the caller's


@in_office
async def test_the_agent_answers_then_the_customer_is_called(office: Office) -> None:
    """The contact is in line with nobody on its leg; the customer sees the number they called."""
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    await settled()
    contact = office.house.router.tickets["c1"].contact
    assert (contact.leg, contact.arrived_ms, contact.relax) == ("", 2_000, QUEUED.relax)
    await office.agent_answers()
    (order,) = office.house.switch.called
    assert (order.number, order.trunk, order.channel_id) == (CALLER, "carrier", "leg-1-back")
    assert order.caller_number == "+3615550100"
    assert ("TRK_CONTACT", "c1") in order.variables
    await office.tells(CustomerUp("c1"))
    call = office.reached()
    assert call is not None
    assert call.leg == AgentLeg("anna", "leg-1")
    assert office.reached() is None
    office.callbacks.answered("c1")
    await settled()
    assert office.house.switch.hung_up == []


@in_office
async def test_it_is_tried_again_and_then_given_up(office: Office) -> None:
    """Three times; each time the agent is let go, and the row tells what happened."""
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    for attempt in (1, 2, 3):
        await office.agent_answers(f"leg-{attempt}")
        assert len(office.house.switch.called) == attempt
        office.house.now += 1_000
        await office.tells(CustomerNotReached("c1", RingFailure.BUSY))
        assert office.house.switch.hung_up[-1] == f"leg-{attempt}"
        assert ("conversation_ended", "c1") in office.house.router.told
        if attempt < 3:
            assert office.promise.due_ms == office.house.now + attempt * 600_000
            office.house.now = office.promise.due_ms
            await asyncio.sleep(1_200)
    row = office.house.writer.row
    assert (row.outcome, row.ended_by, row.agent) == (Outcome.NOT_REACHED, EndedBy.ENGINE, None)
    reasons = [e.fields["reason"] for e in row.timeline if e.what == "not_called_back"]
    assert reasons == ["busy"] * 3
    assert office.callbacks.promise("c1", wanted()) == "refused"  # the contact is over


@in_office
async def test_an_agent_who_hangs_up_meanwhile_rings_nobody_any_longer(office: Office) -> None:
    """The customer's phone stops, and the customer is called at another time."""
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    await office.agent_answers()
    await office.tells(LegEnded("PJSIP/anna-1", "leg-1", "leg-1", 16, ""))
    assert "leg-1-back" in office.house.switch.hung_up
    assert office.told("not_called_back")[0]["reason"] == "agent_left"


@in_office
async def test_a_customer_who_hangs_up_at_once_was_not_reached(office: Office) -> None:
    """Between the answer and the engine's word: nobody else would tell."""
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    await office.agent_answers()
    gone = LegEnded("PJSIP/carrier-2", "leg-1-back", "leg-1-back", 16, "")
    await office.tells(CustomerUp("c1"), gone)
    assert office.told("not_called_back")[0]["reason"] == "hung_up"
    assert "leg-1" in office.house.switch.hung_up


@in_office
async def test_a_link_that_is_down_is_a_call_in_vain(office: Office) -> None:
    """The agent does not wait for ever."""
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    office.house.switch.down = True
    await office.agent_answers()
    assert office.told("not_called_back")[0]["reason"] == "failed"


@in_office
async def test_who_calls_again_and_is_answered_is_not_called(office: Office) -> None:
    """Also while the agent's phone rings for the callback; the number may be promised anew."""
    office.callbacks.promise("c1", wanted())
    office.callbacks.keep("c1")
    await settled()
    office.house.chronicle.begin(a_story("c2").queued(3_000, "support", {}))
    office.callbacks.answered("c2")
    await settled()
    assert office.house.writer.row.outcome is Outcome.CALLED_AGAIN
    assert office.house.router.told[-1][:2] == ("withdraw", "c1")
    assert office.callbacks.promise("c2", wanted()) == "promised"


@in_office
async def test_a_callback_at_a_time_is_not_in_line_before(office: Office) -> None:
    """The agents are for those who wait."""
    office.callbacks.promise("c1", wanted(at_ms=70_000))
    before = list(office.house.router.told)
    office.callbacks.keep("c1")
    await asyncio.sleep(59)
    assert office.house.router.told == before
    office.house.now = 70_000
    await asyncio.sleep(2)
    assert office.house.router.told[-1][:3] == ("enqueue", "c1", "support")


def test_a_promise_outlives_a_restart_in_the_story() -> None:
    """As JSON and back."""
    promise = Promise(CALLER, "support", QUEUED.skills, 2_000, 3_000, QUEUED.relax, 7, 2)
    story = a_story().promised(3_000, promise)
    assert Story.from_record(json.loads(json.dumps(story.to_record()))) == story


def test_a_live_record_from_before_there_were_promises_is_read() -> None:
    """An upgrade loses no call."""
    record = a_story().to_record()
    del record["promise"], record["back"]
    assert Story.from_record(json.loads(json.dumps(record))) == a_story()


def test_the_number_of_tries_is_limited() -> None:
    """The rules of the moment count, not those of the promise."""
    tried = Promise(CALLER, "support", (), 0, 0).tried()
    again = tried.again(CallbackRules(2, 50), 1_000)
    assert again is not None
    assert (again.due_ms, again.tries) == (1_050, 1)
    assert tried.again(CallbackRules(1, 50), 1_000) is None
