"""What a caller's network is told when a flow hangs up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from phones.phone import Refused
from tests.asterisk.sip_call import SipCall
from tests.sip.running_site import Json, RunningSite, running_site, until

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

CALLER = "+36201234567"
REFUSED = {
    "busy": ("+3615550111", 486, 17),
    "congestion": ("+3615550112", 503, 34),
    "rejected": ("+3615550113", 403, 21),
    "normal": ("+3615550114", 603, None),
}
AFTER_A_WORD = "+3615550115"

FLOW = """\
flow: {name}
about: Hangs up
owner: test@example.test
languages: [en]
start: {start}
steps:
  hello: {{say: Hello., next: bye}}
  bye: {{hangup: {cause}}}
"""


def _flows() -> dict[str, str]:
    flows = {
        f"refuse_{cause}": FLOW.format(name=f"refuse_{cause}", start="bye", cause=cause)
        for cause in REFUSED
    }
    # Without the step that nothing leads to.
    flows = {
        name: "\n".join(line for line in text.split("\n") if "hello:" not in line)
        for name, text in flows.items()
    }
    return {**flows, "word": FLOW.format(name="word", start="hello", cause="busy")}


def _numbers(site: Json) -> None:
    site["numbers"] = {
        **{number: {"flow": f"refuse_{cause}"} for cause, (number, _, _) in REFUSED.items()},
        AFTER_A_WORD: {"flow": "word"},
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def refusing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site with a number for each cause."""
    async with running_site(tmp_path_factory.mktemp("refusing"), _numbers, _flows()) as running:
        yield running


async def newest_row_of(site: RunningSite, number: str) -> Json:
    """The history of the last call to a number."""

    async def look() -> Json | None:
        rows: list[Json] = await site.client.get("/api/contacts?limit=1")
        return rows[0] if rows and rows[0]["called"] == number else None

    found: Json = await until(f"a row of {number}", look, 10)
    return found


@pytest.mark.parametrize("cause", REFUSED)
async def test_a_call_is_refused_with_the_flows_cause(refusing: RunningSite, cause: str) -> None:
    """Unanswered, with the SIP status that stands for the cause."""
    number, status, q850 = REFUSED[cause]
    phone = await refusing.carrier.caller(CALLER)
    call = await phone.dial(f"sip:{number}@{refusing.card['sip']['trunk']}")
    outcome = await call.outcome()
    assert isinstance(outcome, Refused)
    assert outcome.status == status
    row = await newest_row_of(refusing, number)
    assert (row["outcome"], row["hangup_cause"]) == ("rejected" if q850 else "flow_ended", q850)


async def test_an_answered_call_ends_with_the_cause_in_the_bye(refusing: RunningSite) -> None:
    """As Q.850 in the Reason (RFC 3326), from which the caller's network makes its tone."""
    host, _, port = refusing.card["sip"]["trunk"].rpartition(":")

    def talk() -> list[str]:
        with SipCall((host, int(port)), "127.0.0.1", CALLER, AFTER_A_WORD) as call:
            assert call.invite() == 200
            return call.wait_for_bye()

    bye = await asyncio.to_thread(talk)
    assert any(line.startswith("Reason: Q.850;cause=17") for line in bye)
