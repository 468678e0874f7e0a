"""A flow that asks a web service, in a real call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from tests.fakes.web_service import WebService, web_service
from tests.sip.running_site import NUMBER, Json, RunningSite, running_site

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

FLOW = """
flow: bills
about: Asks for a bill and tells it
owner: test@example.test
languages: [en]
start: account
exits: {on_timeout: bye, on_invalid: bye, on_error: sorry}
vars:
  account: {type: digits, length: 8}
  due: {type: money, currency: EUR}
  name: {type: text}
steps:
  account:
    collect: {into: account, prompt: Your number please., timeout: 5s}
    next: bill
  bill:
    http:
      get: "/accounts/{account}"
      service: crm
      query: {caller: "{call.caller}"}
      timeout: 5s
      read: {due: $.due, name: "$.owners[0].name"}
      expect: {schema: {type: object, properties: {due: {type: number}}, required: [due]}}
      meanwhile: One moment please.
    on_status: {404: unknown}
    on_hangup: left
    next: tell
  tell: {say: "{name}, you owe {due}.", next: bye}
  unknown: {say: We do not know this number., next: bye}
  sorry: {say: We are sorry., next: bye}
  left: {http: {post: /left, service: crm, body: {call: "{call.id}"}}, next: bye, on_error: bye}
  bye: {hangup: normal}
"""


class Crm:
    """Knows account 47110815; takes a while to say so, or for ever."""

    def __init__(self) -> None:
        self.delay_s = 0.0

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            return web.json_response({})
        await asyncio.sleep(self.delay_s)
        if not request.path.endswith("/47110815"):
            return web.json_response({"error": "no such account"}, status=404)
        return web.json_response({"due": 12.5, "owners": [{"name": "Anna"}]})


@pytest.fixture(scope="module")
def crm() -> Crm:
    return Crm()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(crm: Crm) -> AsyncIterator[WebService]:
    async with web_service(crm) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(
    tmp_path_factory: pytest.TempPathFactory, service: WebService
) -> AsyncIterator[RunningSite]:
    def change(site: Json) -> None:
        site["numbers"] = {NUMBER: {"flow": "bills"}}
        site["services"] = {
            "crm": {
                "url": f"{service.url}/api",
                "headers": {"Authorization": "Bearer secret:crm_token"},
            }
        }

    directory = Path(tmp_path_factory.mktemp("http"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TRUNKLINE_SECRET_CRM_TOKEN", "s3cret")
        async with running_site(directory, change, {"bills": FLOW}) as running:
            yield running


async def called(site: RunningSite, account: str) -> list[str]:
    """What the flow did in a call with this account."""
    call = await site.call()
    contact = (await site.only_call("flow"))["id"]
    await call.first_audio()
    await asyncio.sleep(0.4)
    await call.send_digits(account)
    await call.ended(15)
    return did(await site.row(contact))


def did(row: Json) -> list[str]:
    steps = [entry["fields"] for entry in row["timeline"] if entry["what"] == "step"]
    return [f"{step['step']}: {step['did']}" for step in steps]


async def test_a_bill_is_asked_for_and_told(
    site: RunningSite, service: WebService, crm: Crm
) -> None:
    """With the site's secret; what was keyed and what came back stand in no log."""
    crm.delay_s = 0.0
    steps = await called(site, "47110815")
    assert steps[-4:] == ["bill: http crm", "bill: status 200", "tell: say", "bye: hangup"]
    asked = service.asked[-1]
    assert asked.path == "/api/accounts/47110815?caller=36201234567"
    assert asked.headers["Authorization"] == "Bearer s3cret"
    log = (site.directory / "var" / "log" / "engine.log").read_text("utf-8")
    assert '"web_request"' in log
    assert not any(word in log for word in ("47110815", "s3cret", "36201234567", "Anna"))


async def test_an_unknown_account_goes_its_way(site: RunningSite, crm: Crm) -> None:
    """By its status."""
    crm.delay_s = 0.0
    assert (await called(site, "12345678"))[-3:] == [
        *("bill: status 404", "unknown: say", "bye: hangup"),
    ]


async def test_a_slow_reply_is_waited_for_with_a_prompt_and_music(
    site: RunningSite, crm: Crm
) -> None:
    """The caller hears the prompt, then music, and the answer as soon as it is there."""
    crm.delay_s = 3.0
    call = await site.call()
    await call.first_audio()
    await asyncio.sleep(0.4)
    await call.send_digits("47110815")
    await asyncio.sleep(2.8)
    heard = [level for _, level in await call.levels()][-40:]
    assert max(heard) > -50
    ended = asyncio.get_running_loop().time()
    await call.ended(15)
    assert asyncio.get_running_loop().time() - ended < 8


async def test_a_hangup_ends_the_wait_at_once(
    site: RunningSite, service: WebService, crm: Crm
) -> None:
    """The flow goes on where that leads, without the caller."""
    crm.delay_s = 60.0
    call = await site.call()
    contact = (await site.only_call("flow"))["id"]
    await call.first_audio()
    await asyncio.sleep(0.4)
    await call.send_digits("47110815")
    await asyncio.sleep(1.0)
    await call.hang_up()
    row = await site.row(contact, within_s=3)
    assert did(row)[-3:] == ["left: http crm", "left: status 200", "bye: hangup"]
    assert row["ended_by"] == "caller"
    assert service.asked[-1].body == f'{{"call":"{contact}"}}'


async def test_the_log_of_asterisk_is_clean(site: RunningSite) -> None:
    """After all these calls Asterisk has warned of nothing."""
    lines = [
        line for line in site.asterisk_log.splitlines() if "WARNING" in line or "ERROR" in line
    ]
    assert lines == []
