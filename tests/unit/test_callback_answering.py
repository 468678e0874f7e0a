"""Who answers a callback: a person goes on to an agent, a machine hears a message and no more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.agi.session import AgiSession
from bridge.events import CustomerUp
from config.callbacks import Callbacks
from engine.calls import waiting
from engine.calls.recordings import Recordings
from engine.calls.switchboard import Switchboard
from engine.house import House as EntryPoints
from engine.publishing.flows import Flows
from history.outcome import Outcome
from ivr.commands import CallBack
from routing.agent import Agent
from routing.matcher import Assignment
from routing.ringing import RingOutcome
from tests.fakes.agi_client import FakeCall, conversation, joining
from tests.fakes.house import House, unrecorded
from tests.fakes.stories import CALLER, a_story
from tests.unit.conversation import program
from tests.unit.test_engine_call import until

pytestmark = pytest.mark.unit

FLOW = """
languages: [en]
start: line
steps:
  line: {queue: support, answered: end, on_timeout: {after: 1m, go: end}, on_error: end}
  end: {hangup: normal}
"""
OK, SET, PLAYED = "200 result=0", "200 result=1", "200 result=0 endpos=1"
NOTHING_KEYED, ONE = "200 result= (timeout)", "200 result=1"
ASKS = "GET DATA press_one 4000 1"
ANNA = Agent("anna", "anna", ())


class Back:
    """A house whose customer is being called back."""

    def __init__(self, house: House, ring: asyncio.Task[RingOutcome] | None) -> None:
        self.house, self.ring = house, ring

    @property
    def calls_off(self) -> list[str]:
        """Why the customer was not reached, each time."""
        story = self.house.chronicle.story("c1")
        assert story is not None
        told = (entry for entry in story.timeline if entry.what == "not_called_back")
        return [str(entry.fields["reason"]) for entry in told]

    @asynccontextmanager
    async def answered(self) -> AsyncIterator[FakeCall]:
        """Something has answered, and the channel asks what follows."""
        (order,) = self.house.switch.called

        async def handler(session: AgiSession) -> None:
            await EntryPoints(self.house.services).called_back(session, "c1")

        async with conversation(handler, uniqueid=order.channel_id) as call:
            yield call

    def released(self) -> bool:
        """Whether the contact is out of the line, so that its agent is free."""
        return self.house.router.told[-1][:2] == ("withdraw", "c1")


@asynccontextmanager
async def called(
    monkeypatch: pytest.MonkeyPatch, first: str, **rules: object
) -> AsyncIterator[Back]:
    """A customer is called back under these rules; an agent is kept for them, or waits."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 3_600.0)
    written = {"greeting": {"en": "Press one."}, "message": {"en": "We called."}, **rules}
    async with asyncio.TaskGroup() as tasks:
        house = House(tasks=tasks)
        flow = program(FLOW)
        house.services.flows = Flows(1, {"support": flow})
        site = house.site.model_copy(update={"callbacks": Callbacks.model_validate(written)})
        house.services.site = house.services.callbacks.site = site
        house.services.orders.site = unrecorded(site)
        board = Switchboard(tasks)
        board.open(house.services, Recordings(house.services.recorder, house.chronicle, tasks))
        story = a_story().queued(2_000, "support", {"support": 1})
        house.chronicle.begin(story)
        callbacks = house.services.callbacks
        asked = CallBack(CALLER, "support", {}, None, True, None, "en", first=first)  # type: ignore[arg-type]  # one of two
        assert callbacks.promise("c1", asked) == "promised"
        callbacks.keep("c1")
        await until(lambda: "c1" in house.router.tickets)
        ring = None
        if first == "customer":
            assignment = Assignment(house.router.tickets["c1"].contact, ANNA)
            ring = asyncio.create_task(house.services.ringer.ring(assignment, 90_000))
        else:
            house.router.answer("c1", "anna", "leg-1")
        await until(lambda: bool(house.switch.called))
        board.on_event(CustomerUp("c1"))
        yield Back(house, ring)
        if ring is not None:
            ring.cancel()
        callbacks.cancel("c1")


async def leaves_a_message(call: FakeCall) -> None:
    await call.answers('EXEC WaitForSilence "1500,1,30"', OK)
    await call.answers('STREAM FILE we_called ""', PLAYED)
    await ends(call)


async def is_joined(call: FakeCall, back: Back) -> None:
    """The agent who was kept free is rung now, and talks with them."""
    await call.answers("SET MUSIC ON default", OK)
    await until(lambda: len(back.house.switch.rung) == 1)
    back.house.router.answer("c1", "anna", "leg-1")
    await call.answers("SET MUSIC OFF", OK)
    await call.answers(joining("leg-1"), SET)
    assert await call.hears() == "EXEC Bridge leg-1"
    back.house.now += 5_000
    call.says(OK)
    await call.answers("SET VARIABLE TRK_STAGE flow", SET)
    await ends(call)


async def ends(call: FakeCall) -> None:
    await call.answers("SET VARIABLE TRK_STAGE done", SET)
    await call.answers("HANGUP", SET)


async def test_who_presses_nothing_is_no_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked twice; the agent is free before the message is left after the beep, and the try
    counts."""
    async with called(monkeypatch, "customer") as back, back.answered() as call:
        await call.answers(ASKS, NOTHING_KEYED)
        await call.answers(ASKS, NOTHING_KEYED)
        assert (await call.hears()).startswith("EXEC WaitForSilence")
        assert back.released()
        call.says(OK)
        await call.answers('STREAM FILE we_called ""', PLAYED)
        assert back.calls_off == []  # the call goes on: they are not called again meanwhile
        await ends(call)
        await until(lambda: bool(back.calls_off))
        assert back.calls_off == ["not_confirmed"]
        assert back.house.switch.rung == []


async def test_who_presses_one_gets_the_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose phone rings then, while they hear music; any other key is none."""
    async with called(monkeypatch, "customer") as back, back.answered() as call:
        await call.answers(ASKS, "200 result=9")
        await call.answers(ASKS, ONE)
        await is_joined(call, back)
    assert back.house.writer.row.outcome is Outcome.ANSWERED


async def test_who_hangs_up_while_they_are_asked_was_not_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is no machine; they are called another time."""
    async with called(monkeypatch, "customer") as back:
        async with back.answered() as call:
            await call.answers(ASKS, "HANGUP", "200 result=-1")
        await until(back.released)
        assert back.calls_off == ["hung_up"]


@pytest.mark.parametrize("status", ["MACHINE", "HUMAN"])
async def test_asterisks_guess_is_taken_where_the_site_wants_it(
    monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    """A doubtful answer is a person."""
    async with called(monkeypatch, "customer", confirm="amd") as back, back.answered() as call:
        await call.answers('EXEC AMD ""', OK)
        await call.answers("GET VARIABLE AMDSTATUS", f"200 result=1 ({status})")
        if status == "HUMAN":
            await is_joined(call, back)
            return
        await leaves_a_message(call)
        await until(lambda: bool(back.calls_off))
        assert back.calls_off == ["machine"]


async def test_without_a_message_the_call_just_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a language that has none, too."""
    rules = {"confirm": "key", "message": {"hu": "Hívtuk."}}
    async with called(monkeypatch, "agent", **rules) as back, back.answered() as call:
        await call.answers(ASKS, NOTHING_KEYED)
        await call.answers(ASKS, NOTHING_KEYED)
        await ends(call)
        await until(lambda: bool(back.calls_off))
        assert back.calls_off == ["not_confirmed"]
        assert "leg-1" in back.house.switch.hung_up  # who waited is let go


async def test_who_cannot_be_asked_is_taken_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Better a machine for an agent than nobody for a customer."""
    async with called(monkeypatch, "agent", confirm="key") as back, back.answered() as call:
        await call.answers(ASKS, "200 result=-1")
        await call.answers("CHANNEL STATUS", "200 result=6")
        await call.answers(joining("leg-1"), SET)
        assert await call.hears() == "EXEC Bridge leg-1"
        back.house.now += 5_000
        call.says(OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await ends(call)


async def test_an_agent_says_that_it_is_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a conversation that was none: the message is left, and the customer is called again."""
    async with called(monkeypatch, "agent") as back, back.answered() as call:
        await call.answers(joining("leg-1"), SET)
        assert await call.hears() == "EXEC Bridge leg-1"
        back.house.now += 8_000
        back.house.services.callbacks.is_machine("another")
        assert "leg-1" not in back.house.switch.hung_up
        back.house.services.callbacks.is_machine("c1")
        await until(lambda: "leg-1" in back.house.switch.hung_up)
        call.says(OK)
        await call.answers("SET VARIABLE TRK_STAGE flow", SET)
        await leaves_a_message(call)
        story = back.house.chronicle.story("c1")
        assert story is not None
        assert story.promise is not None
        assert (story.talked, story.promise.tries, back.calls_off) == (False, 1, ["machine"])
        assert story.promise.due_ms == back.house.now + 600_000
