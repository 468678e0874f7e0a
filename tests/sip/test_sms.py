"""Text messages of real calls, to a gateway on this machine."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from phones.phone import Refused
from tests.fakes.web_service import WebService, text, web_service
from tests.sip.running_site import NUMBER, Json, RunningSite, running_site

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

QUEUE = "+3615550121"
FLOWS = {
    "desk": """\
flow: desk
about: Writes instead of answering
owner: test@example.test
languages: [en]
start: link
steps:
  link: {sms: "See https://example.test/form", next: bye, on_error: sorry}
  sorry: {hangup: congestion}
  bye: {hangup: busy}
""",
    "line": """\
flow: line
about: A key in the queue sends a link
owner: test@example.test
languages: [en]
start: line
steps:
  line:
    queue: support
    while_waiting: {every: 20s, offer: {prompt: Press two., keys: {2: link}}}
    answered: bye
    on_timeout: {after: 1m, go: bye}
    on_error: bye
  link: {sms: {text: "Form: {call.called}", from: Shop}, next: sent, on_error: bye}
  sent: {say: We have sent it., next: bye}
  bye: {hangup: normal}
""",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway() -> AsyncIterator[WebService]:
    """It takes every message."""
    async with web_service(text("{}", 202)) as service:
        yield service


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def writing(
    tmp_path_factory: pytest.TempPathFactory, gateway: WebService
) -> AsyncIterator[RunningSite]:
    """A site that may write to Hungarian numbers."""

    def change(site: Json) -> None:
        site["numbers"] = {NUMBER: {"flow": "desk"}, QUEUE: {"flow": "line"}}
        site["services"] = {"texting": {"url": gateway.url}}
        site["sms"] = {"service": "texting", "path": "/messages", "allow": ["+36*"]}

    async with running_site(tmp_path_factory.mktemp("writing"), change, FLOWS) as running:
        yield running


async def test_a_call_that_is_never_answered_is_written_to(
    writing: RunningSite, gateway: WebService
) -> None:
    """The caller's network is told busy, and the caller has a message; the log has neither."""
    phone = await writing.carrier.caller("+36201234567")
    call = await phone.dial(f"sip:{NUMBER}@{writing.card['sip']['trunk']}")
    refused = await call.outcome()
    assert isinstance(refused, Refused)
    assert refused.status == 486
    (asked,) = gateway.asked
    told = json.loads(asked.body)
    assert told == {"to": "+36201234567", "text": "See https://example.test/form"}
    row = await writing.outcome("rejected")
    assert "sms_sent" in [entry["what"] for entry in row["timeline"]]
    log = (writing.directory / "var" / "log" / "engine.log").read_text("utf-8")
    assert "201234567" not in log
    assert "example.test/form" not in log


async def test_a_key_in_the_queue_sends_it(writing: RunningSite, gateway: WebService) -> None:
    """The caller hears that it was sent, and leaves."""
    call = await writing.call("+36201000002", QUEUE)
    await writing.only_call("queue")
    await call.first_audio()
    await call.send_digits("2")
    await call.ended()
    told = json.loads(gateway.asked[-1].body)
    assert told == {"to": "+36201000002", "from": "Shop", "text": "Form: 3615550121"}


async def test_a_number_that_is_not_permitted_is_not_written_to(
    writing: RunningSite, gateway: WebService
) -> None:
    """Whoever shows it as their own."""
    before = len(gateway.asked)
    phone = await writing.carrier.caller("+447700900123")
    call = await phone.dial(f"sip:{NUMBER}@{writing.card['sip']['trunk']}")
    refused = await call.outcome()
    assert isinstance(refused, Refused)
    assert refused.status == 503
    assert len(gateway.asked) == before
