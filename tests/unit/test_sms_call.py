"""Text messages of real calls: what the gateway is sent, and what must never be."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest
from structlog.testing import capture_logs

from bridge.agi.session import AgiSession
from config.services import Service
from config.sms import Sms
from engine.house import House as EntryPoints
from tests.fakes.agi_client import FakeCall, conversation
from tests.fakes.house import House
from tests.fakes.web_service import Answer, WebService, text, web_service
from tests.unit.conversation import program

pytestmark = pytest.mark.unit

TEXT = """
languages: [en]
start: link
vars: {number: {type: text, start: "%s"}}
steps:
  link: {sms: {to: "{number}", text: "Pay at https://example.test"}, next: %s, on_error: sorry}
  sorry: {say: {en: Sorry}, next: end}
  end: {hangup: busy}
"""
MORE = TEXT.replace(
    "  sorry:",
    """  second: {sms: {to: "+36201234567", text: Hello}, next: third, on_error: sorry}
  third: {sms: {to: "+36201234567", text: Hello again}, next: end, on_error: sorry}
  sorry:""",
)
SET = "200 result=1"
OK = "200 result=0"


def a_house(
    service: WebService, to: str = "06 20 123 4567", then: str = "end", **sms: Any
) -> House:
    """A site with a gateway, which permits Hungarian numbers and no premium ones."""
    house = House({"support": program((TEXT if then == "end" else MORE) % (to, then))})
    asked = Service(url=service.url, retries=1)
    house.web.configure({"texting": asked}, {})
    written = {"service": "texting", "allow": ["+36*"], "deny": ["+3690*"], **sms}
    house.services.site = house.site.model_copy(update={"sms": Sms.model_validate(written)})
    return house


@asynccontextmanager
async def calling(house: House) -> AsyncIterator[FakeCall]:
    """A call that nobody has answered yet."""

    async def handler(session: AgiSession) -> None:
        await EntryPoints(house.services).take_call(session, "+3615550100")

    async with house.web.open(), conversation(handler) as call:
        yield call


async def is_refused(call: FakeCall) -> None:
    """The call ends unanswered."""
    await call.answers("SET VARIABLE TRK_STAGE done", SET)
    await call.answers("EXEC Hangup 17", OK)
    await call.answers("HANGUP", SET)


async def hears_sorry(call: FakeCall) -> None:
    """The call is answered for the apology."""
    await call.answers('EXEC Answer ",i"', OK)
    await call.answers('STREAM FILE sorry ""', "200 result=0 endpos=1")
    await call.answers("SET VARIABLE TRK_STAGE done", SET)
    await call.answers("EXEC Hangup 17", OK)
    await call.answers("HANGUP", SET)


def told(house: House) -> list[str]:
    """What the history tells of the call."""
    return [entry.what for entry in house.writer.row.timeline]


async def test_a_missed_call_is_answered_by_a_text_message() -> None:
    """The number as E.164, a key of its own; the call is refused, and costs the caller nothing.
    Neither log nor history has the number or the text."""
    async with web_service(text("{}", 202)) as service:
        house = a_house(service, **{"from": "Northwind", "path": "/messages"})
        with capture_logs() as logs:
            async with calling(house) as call:
                await is_refused(call)
    (asked,) = service.asked
    assert (asked.method, asked.path) == ("POST", "/messages")
    assert json.loads(asked.body) == {
        "to": "+36201234567",
        "from": "Northwind",
        "text": "Pay at https://example.test",
    }
    assert len(asked.headers["Idempotency-Key"]) == 32
    assert "sms_sent" in told(house)
    for kept in (str(logs), str(house.writer.row.timeline)):
        assert "201234567" not in kept
        assert "example.test" not in kept


async def test_a_form_is_sent_as_the_gateway_wants_it() -> None:
    """Other names, a fixed field, and no sender: then its key is left out."""
    body = {"To": "{to}", "From": "{from}", "Body": "{text}", "Ref": "t-{id}", "DLR": "1"}
    async with web_service(text("ok")) as service:
        house = a_house(service, format="form", body=body)
        async with calling(house) as call:
            await is_refused(call)
    (asked,) = service.asked
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qs(asked.body) == {
        "To": ["+36201234567"],
        "Body": ["Pay at https://example.test"],
        "Ref": [f"t-{asked.headers['Idempotency-Key']}"],
        "DLR": ["1"],
    }


async def test_a_message_is_sent_once_however_often_the_gateway_is_asked() -> None:
    """A gateway that is away for a moment is asked again, with the same key."""
    async with web_service(text("", 503), text("", 200)) as service:
        house = a_house(service)
        async with calling(house) as call:
            await is_refused(call)
    keys = [asked.headers["Idempotency-Key"] for asked in service.asked]
    assert len(keys) == 2
    assert len(set(keys)) == 1


@pytest.mark.parametrize("answer", [text("no credit", 402), text("", 302, Location="/x")])
async def test_a_gateway_that_does_not_take_it_is_told_to_the_flow(answer: Answer) -> None:
    """Nobody is told that a message comes."""
    async with web_service(answer) as service:
        house = a_house(service)
        async with calling(house) as call:
            await hears_sorry(call)
    assert "sms_sent" not in told(house)


@pytest.mark.parametrize("to", ["+36901234567", "+44 7700 900123", "12345"])
async def test_what_the_site_does_not_permit_is_never_sent(to: str) -> None:
    """Whatever the flow was checked with; the log does not name the number."""
    async with web_service(text("{}")) as service:
        house = a_house(service, to)
        with capture_logs() as logs:
            async with calling(house) as call:
                await hears_sorry(call)
    assert service.asked == []
    assert "sms_refused" in told(house)
    assert to.replace(" ", "").removeprefix("+") not in str(logs)


async def test_one_call_may_send_so_many() -> None:
    """Whatever its flow says."""
    async with web_service(text("{}")) as service:
        house = a_house(service, then="second", per_call=2)
        async with calling(house) as call:
            await hears_sorry(call)
    assert len(service.asked) == 2


async def test_a_site_that_sends_none_any_more_leaves_by_on_error() -> None:
    """It was changed while the call went on."""
    async with web_service(text("{}")) as service:
        house = a_house(service)
        house.services.site = house.site.model_copy(update={"sms": None})
        async with calling(house) as call:
            await hears_sorry(call)
    assert service.asked == []
