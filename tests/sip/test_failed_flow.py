"""A real caller in a flow that fails: an apology and people, as when the engine is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.sip.running_site import NUMBER, Json, RunningSite, running_site, until

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

FALLBACK_HZ = 770

# No check finds it: a limit far above the failures after which a call is given up.
FLOW = """\
flow: failing
about: Divides by nothing
owner: test@example.test
languages: [en, hu]
start: {start}
vars:
  none: {{type: number, start: "0"}}
  tries: {{type: number, start: "0"}}
steps:
  hello: {{say: Hello., next: hungarian}}
  hungarian: {{language: hu, next: divide}}
  divide: {{set: {{tries: tries + 1, none: 1 / none}}, next: enough?}}
  enough?: {{branch: [{{if: tries > 99, go: end}}, {{else: divide}}]}}
  end: {{hangup: normal}}
"""
AT_ONCE = "+3615550111"


def _flows() -> dict[str, str]:
    spoken = FLOW.format(start="hello")
    at_once = FLOW.format(start="hungarian").replace("flow: failing", "flow: at_once")
    return {
        "failing": spoken,
        "at_once": "\n".join(line for line in at_once.split("\n") if "hello:" not in line),
    }


def _change(site: Json) -> None:
    site["numbers"] = {NUMBER: {"flow": "failing"}, AT_ONCE: {"flow": "at_once"}}
    site["fallback"]["apology"]["hu"] = "Elnézést kérünk, azonnal kapcsoljuk a kollégánkat."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def failing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site with a flow that fails after a word, and one that fails before the answer."""
    async with running_site(tmp_path_factory.mktemp("site"), _change, _flows()) as running:
        yield running


@pytest.mark.parametrize("number", [NUMBER, AT_ONCE], ids=["after a word", "before the answer"])
async def test_a_failed_flow_ends_with_people(failing: RunningSite, number: str) -> None:
    """The caller hears the apology and talks to the desk behind the fallback number; the history
    has one row, which says that the flow failed, and the journal's entries are settled."""
    site = failing
    call = await site.call(number=number)
    await call.first_audio()
    desk = await site.carrier.incoming(15)
    await desk.answered()
    await desk.play_tone(FALLBACK_HZ)
    await call.hear_tone(FALLBACK_HZ)
    row = await site.outcome("failed")
    assert (row["ended_by"], row["language"]) == ("engine", "hu")
    before = len(await site.client.get("/api/contacts?limit=100"))
    await call.hang_up()
    await desk.ended()
    spool = site.directory / "var" / "journal"

    async def settled() -> bool | None:
        return True if not any(spool.glob("*")) else None

    await asyncio.sleep(1.5)  # a look at the journal, which would make a row of a stranger
    await until("the journal is settled", settled, 5)
    assert len(await site.client.get("/api/contacts?limit=100")) == before
