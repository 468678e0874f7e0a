"""A call in which a web service is asked: what Asterisk is told meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bridge.agi.session import AgiSession
from engine.house import House as EntryPoints
from engine.performing import meanwhile
from history.outcome import EndedBy, Outcome
from tests.fakes.agi_client import FakeCall, conversation
from tests.fakes.house import House
from tests.fakes.web_service import WebService, text, web_service
from tests.unit.conversation import program
from tests.unit.test_engine_call import OK, until

pytestmark = pytest.mark.unit

FLOW = """
languages: [en]
start: ask
vars: {name: {type: text}}
exits: {on_error: sorry}
steps:
  ask:
    http: {get: "%s/name", read: {name: $.name}, meanwhile: "One moment."}
    next: hello
    on_hangup: tell
  hello: {say: "Hello {name}", next: end}
  sorry: {say: Sorry, next: end}
  tell: {http: {post: "%s/left", body: [left]}, next: end, on_error: end}
  end: {hangup: normal}
"""
NUMBER = "+3615550100"
PLAYED = "200 result=0 endpos=1"


class Held:
    """An answer that comes when the test lets it."""

    def __init__(self, content: str) -> None:
        self._content = content
        self._let = asyncio.Event()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        await self._let.wait()
        return web.Response(text=self._content)

    def let(self) -> None:
        self._let.set()


@asynccontextmanager
async def calling(service: WebService) -> AsyncIterator[tuple[House, FakeCall]]:
    """A call whose flow asks the service at once."""
    house = House({"support": program(FLOW % (service.url, service.url))})

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_call(session, NUMBER)

    async with house.web.open(), conversation(handler) as call:
        await call.answers('EXEC Answer ",i"', OK)
        yield house, call


async def hangs_up(call: FakeCall, said: str) -> None:
    await call.answers(f'STREAM FILE {said} ""', PLAYED)
    await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    await call.answers("HANGUP", "200 result=1")


@pytest.fixture
def _speaks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meanwhile, "SPEAK_AFTER_S", 0.0)


async def test_a_quick_reply_is_waited_for_in_silence() -> None:
    """No prompt begins only to be cut off."""
    async with web_service(text('{"name": "Anna"}')) as service, calling(service) as (_, call):
        await hangs_up(call, "hello_anna")


@pytest.mark.usefixtures("_speaks_at_once")
async def test_a_slow_reply_is_waited_for_with_a_prompt_and_music() -> None:
    """And the music ends with the wait."""
    answer = Held('{"name": "Anna"}')
    async with web_service(answer) as service, calling(service) as (_, call):
        await call.answers('STREAM FILE one_moment ""', PLAYED)
        await call.answers("SET MUSIC ON", OK)
        answer.let()
        await call.answers("SET MUSIC OFF", OK)
        await hangs_up(call, "hello_anna")


@pytest.mark.usefixtures("_speaks_at_once")
async def test_a_reply_cuts_the_prompt_short() -> None:
    """No music begins after it."""
    answer = Held('{"name": "Anna"}')
    async with web_service(answer) as service, calling(service) as (house, call):
        assert await call.hears() == 'STREAM FILE one_moment ""'
        answer.let()
        await until(lambda: bool(house.switch.stopped))
        call.says(PLAYED)
        await hangs_up(call, "hello_anna")
    assert set(house.switch.stopped) == {"PJSIP/trunk-00000001"}


@pytest.mark.usefixtures("_speaks_at_once")
async def test_without_the_link_the_prompt_is_heard_to_its_end() -> None:
    """The call goes on all the same."""
    answer = Held('{"name": "Anna"}')
    async with web_service(answer) as service, calling(service) as (house, call):
        house.switch.down = True
        assert await call.hears() == 'STREAM FILE one_moment ""'
        with capture_logs() as lines:
            answer.let()
            await until(lambda: any(line["event"] == "meanwhile_not_stopped" for line in lines))
        call.says(PLAYED)
        await hangs_up(call, "hello_anna")


@pytest.mark.usefixtures("_speaks_at_once")
async def test_a_prompt_that_cannot_be_played_costs_no_reply() -> None:
    """Only the words are missing."""
    answer = Held('{"name": "Anna"}')
    async with web_service(answer) as service, calling(service) as (_, call):
        await call.answers('STREAM FILE one_moment ""', "200 result=-1 endpos=0")
        await call.answers("CHANNEL STATUS", "200 result=6")
        answer.let()
        await hangs_up(call, "hello_anna")


async def test_a_caller_who_hangs_up_ends_the_wait_at_once() -> None:
    """The request is given up, and the flow goes its way for that."""
    left = text("")
    async with (
        web_service(Held(""), left) as service,
        calling(service) as (house, call),
    ):
        await until(lambda: len(service.asked) == 1)
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", "200 result=1")
    assert [asked.path for asked in service.asked] == ["/name", "/left"]
    assert service.asked[1].body == '["left"]'
    row = house.writer.row
    assert (row.outcome, row.ended_by) == (Outcome.HUNG_UP_IN_FLOW, EndedBy.CALLER)


async def test_a_service_that_is_away_leads_to_on_error() -> None:
    """The reason is in the contact's timeline."""
    async with web_service(text("")) as service:
        pass
    async with calling(service) as (house, call):
        await hangs_up(call, "sorry")
    told = [entry.fields.get("did") for entry in house.writer.row.timeline]
    assert "failed: the service cannot be reached" in told
