"""A callback from the call in which it is promised to the one that keeps it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge.agi.session import AgiSession
from config.transfers import Transfers
from engine.calls import waiting
from engine.house import House as EntryPoints
from engine.publishing.flows import Flows
from history.outcome import Outcome
from tests.fakes.agi_client import FakeCall, conversation, joining
from tests.fakes.house import House
from tests.unit.conversation import program
from tests.unit.test_engine_call import until

pytestmark = pytest.mark.unit

TEXT = """
languages: [en]
start: line
steps:
  line: {queue: support, answered: thanks, on_timeout: {after: 50ms, go: promise}, on_error: sorry}
  promise: {callback: support, next: duty, on_error: sorry}
  duty: {transfer: {to: "+3615550199"}, next: bye, busy: bye, on_error: sorry}
  thanks: {say: {en: Thanks}, next: end}
  bye: {say: {en: Bye}, next: end}
  sorry: {say: {en: Sorry}, next: end}
  end: {hangup: normal}
"""
CONTACT = "1700000000.1"
OK, SET = "200 result=0", "200 result=1"
PLAYED = "200 result=0 endpos=1"


@asynccontextmanager
async def a_house(monkeypatch: pytest.MonkeyPatch, text: str = TEXT) -> AsyncIterator[House]:
    """A site that permits a transfer to the duty phone."""
    monkeypatch.setattr(waiting, "FIRST_ANNOUNCEMENT_S", 3_600.0)
    async with asyncio.TaskGroup() as tasks:
        house = House(tasks=tasks)
        flow = program(text)
        # A story names its flow, which a test's header calls so.
        house.services.flows = Flows(1, {"support": flow, flow.name: flow})
        allowed = Transfers(allow=["+3615550199"])
        house.services.site = house.site.model_copy(update={"transfers": allowed})
        yield house


@asynccontextmanager
async def calling(house: House) -> AsyncIterator[FakeCall]:
    """A call that has been answered and waits in line."""

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_call(session, "+3615550100")

    async with conversation(handler) as call:
        await call.answers('EXEC Answer ",i"', OK)
        await call.answers("SET MUSIC ON default", OK)
        yield call


async def ends(call: FakeCall, word: str) -> None:
    await call.answers(f'STREAM FILE {word} ""', PLAYED)
    await call.answers("SET VARIABLE TRK_STAGE done", SET)
    await call.answers("HANGUP", SET)


async def busy_duty(call: FakeCall) -> None:
    """The transfer that comes after the promise leads nowhere."""
    await call.answers("SET VARIABLE TRK_STAGE transfer", SET)
    await call.answers('SET VARIABLE GOSUB_RETVAL ""', SET)
    assert (await call.hears()).startswith("EXEC Dial")
    call.says(OK)
    await call.answers("GET VARIABLE DIALSTATUS", "200 result=1 (BUSY)")
    await call.answers("GET VARIABLE DIALEDPEERNAME", "200 result=1 (PJSIP/carrier-7)")
    await call.answers("SET VARIABLE TRK_STAGE flow", SET)


@asynccontextmanager
async def called_back(house: House) -> AsyncIterator[FakeCall]:
    """It is the contact's turn: Anna waits, and the customer has answered and talks to her."""
    await until(lambda: [told[0] for told in house.router.told].count("enqueue") == 2)
    house.router.answer(CONTACT, "anna", "leg-1")
    await until(lambda: bool(house.switch.called))

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).called_back(session, CONTACT)

    (order,) = house.switch.called
    async with conversation(handler, uniqueid=order.channel_id) as call:
        await call.answers(joining("leg-1"), SET)
        assert await call.hears() == "EXEC Bridge leg-1"
        yield call


async def test_the_flow_goes_on_behind_the_queue_whatever_came_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A transfer after the promise is not where the customer who is called back goes on."""
    async with a_house(monkeypatch) as house:
        async with calling(house) as call:
            await busy_duty(call)
            await ends(call, "bye")
        async with called_back(house) as call:
            house.now += 5_000
            call.says(OK)
            await call.answers("SET VARIABLE TRK_STAGE flow", SET)
            await ends(call, "thanks")
    assert house.writer.row.outcome is Outcome.ANSWERED
