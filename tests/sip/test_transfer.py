"""Transfers on real calls: over the trunk, to an agent, in vain, and what must not be dialled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from phones.phone import Call
from phones.protocol import AnswerCalls, LetRing
from tests.sip.running_site import FALLBACK, Json, RunningSite, running_site

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

CALLER_HZ, CALLEE_HZ = 440, 620
ATTENDED, BLIND, FRAUD, AGENT = (f"+361555012{n}" for n in range(4))

FLOW = """\
flow: {name}
about: Transfers
owner: test@example.test
languages: [en]
start: go
vars: {{number: {{type: text, start: "{number}"}}}}
steps:
  go: {{transfer: {transfer}, {next}no_answer: nobody, on_error: sorry}}
  {thanks}
  nobody: {{say: Nobody answers. Please call again later., next: bye}}
  sorry: {{say: Sorry. This is not possible at the moment., next: bye}}
  bye: {{hangup: normal}}
"""
THANKS = "thanks: {say: Thank you. Good bye then., next: bye}"


def flow(name: str, transfer: str, number: str = FALLBACK, *, ends: bool = False) -> str:
    """One transfer, and what follows."""
    return FLOW.format(
        name=name,
        transfer=transfer,
        number=number,
        next="" if ends else "next: thanks, ",
        thanks="" if ends else THANKS,
    )


FLOWS = {
    "attended": flow("attended", f'{{to: "{FALLBACK}", timeout: 2s}}'),
    "blind": flow("blind", '{to: "{number}", mode: blind}', ends=True),
    "fraud": flow("fraud", '{to: "{number}"}', "+443300000000"),
    "agent": flow("agent", '{extension: "201", timeout: 2s}'),
}


def _site(site: Json) -> None:
    numbers = zip((ATTENDED, BLIND, FRAUD, AGENT), FLOWS, strict=True)
    site["numbers"] = {number: {"flow": name} for number, name in numbers}
    site["transfers"] = {"allow": ["+36155501*"]}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sending(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site that permits one range of numbers."""
    async with running_site(tmp_path_factory.mktemp("sending"), _site, FLOWS) as running:
        yield running


async def they_hear_each_other(call: Call, other: Call) -> None:
    """A tone each way."""
    await call.play_tone(CALLER_HZ)
    await other.play_tone(CALLEE_HZ)
    await other.hear_tone(CALLER_HZ)
    await call.hear_tone(CALLEE_HZ)


async def test_a_caller_talks_to_somebody_outside_and_comes_back(sending: RunningSite) -> None:
    """Ring-back until the answer, both hear each other, then the flow goes on; the history has
    the leg with its times."""
    await sending.carrier.callee.policy(AnswerCalls(after_ms=1_000))
    call = await sending.call(number=ATTENDED)
    contact = (await sending.only_call("transfer"))["id"]
    outside = await sending.carrier.incoming()
    await call.first_audio()
    assert max(level for _, level in (await call.levels())[-20:]) > -40
    await outside.answered()
    await they_hear_each_other(call, outside)
    await outside.hang_up()
    await asyncio.sleep(0.5)
    assert max(level for _, level in (await call.levels())[-20:]) > -50
    await call.ended()
    row = await sending.row(contact)
    assert (row["outcome"], row["ended_by"]) == ("transferred", "engine")
    (leg,) = [leg for leg in row["legs"] if leg["role"] == "external"]
    assert leg["channel"].startswith("PJSIP/carrier")
    assert leg["started_ms"] + 500 < leg["answered_ms"] < leg["ended_ms"]
    told = {entry["what"]: entry["fields"] for entry in row["timeline"]}
    assert told["transferring"] == {"number": FALLBACK, "trunk": "carrier"}
    assert told["transfer_ended"] == {"outcome": "ended"}
    assert FALLBACK not in sending.output


async def test_who_does_not_answer_gives_the_caller_back(sending: RunningSite) -> None:
    """After the time that the flow gives."""
    await sending.carrier.callee.policy(LetRing())
    call = await sending.call(number=ATTENDED)
    contact = (await sending.only_call("transfer"))["id"]
    outside = await sending.carrier.incoming()
    await outside.ended(5)
    await call.ended()
    row = await sending.row(contact)
    assert row["outcome"] == "flow_ended"
    steps = [entry["fields"].get("step") for entry in row["timeline"] if entry["what"] == "step"]
    assert "nobody" in steps


async def test_a_blind_transfer_ends_with_the_conversation(sending: RunningSite) -> None:
    """The caller hears no more of the flow, and leaves when the other does."""
    await sending.carrier.callee.policy(AnswerCalls(after_ms=100))
    call = await sending.call(number=BLIND)
    contact = (await sending.only_call("transfer"))["id"]
    outside = await sending.carrier.incoming()
    await outside.answered()
    await they_hear_each_other(call, outside)
    await outside.hang_up()
    await call.ended()
    assert (await sending.row(contact))["outcome"] == "transferred"


async def test_a_caller_who_hangs_up_ends_the_transfer(sending: RunningSite) -> None:
    """Both legs are gone, and the row says who ended it."""
    await sending.carrier.callee.policy(AnswerCalls(after_ms=100))
    call = await sending.call(number=BLIND)
    contact = (await sending.only_call("transfer"))["id"]
    outside = await sending.carrier.incoming()
    await outside.answered()
    await they_hear_each_other(call, outside)
    await call.hang_up()
    await outside.ended()
    row = await sending.row(contact)
    assert (row["outcome"], row["ended_by"]) == ("transferred", "caller")


async def test_a_number_that_is_not_permitted_is_never_dialled(sending: RunningSite) -> None:
    """Also where only the call knows it; the log has no number."""
    call = await sending.call(number=FRAUD)
    contact = (await sending.only_call("flow"))["id"]
    await call.ended()
    row = await sending.row(contact)
    told = [entry["what"] for entry in row["timeline"]]
    assert "transfer_refused" in told
    assert "transferring" not in told
    log = (sending.directory / "var" / "log" / "engine.log").read_text("utf-8")
    assert "transfer_refused" in log
    assert "443300000000" not in log


async def test_a_caller_is_transferred_to_an_agent(sending: RunningSite) -> None:
    """Who is talking then, and in wrap-up afterwards; the caller comes back to the flow."""
    anna = await sending.agent("anna", AnswerCalls(after_ms=1_000))
    call = await sending.call(number=AGENT)
    contact = (await sending.only_call("flow"))["id"]
    taken = await anna.incoming()
    await call.first_audio()
    assert max(level for _, level in (await call.levels())[-20:]) > -40, "no ring-back"
    await taken.answered()
    await they_hear_each_other(call, taken)
    await sending.agent_is("anna", "talking")
    second = await sending.call("+36201000002", AGENT)
    await second.ended()
    await taken.hang_up()
    await sending.agent_is("anna", "wrap_up")
    await call.ended()
    row = await sending.row(contact)
    assert (row["outcome"], row["agent"]) == ("answered", "anna")
    steps = [entry["fields"].get("step") for entry in row["timeline"] if entry["what"] == "step"]
    assert "thanks" in steps
    await sending.agent_is("anna", "available", 20)


async def test_an_agent_who_does_not_answer_gives_the_caller_back(sending: RunningSite) -> None:
    """No other agent is offered the caller; that agent is passed by from now on."""
    anna = await sending.agent("anna", LetRing())
    call = await sending.call(number=AGENT)
    contact = (await sending.only_call("flow"))["id"]
    ringing = await anna.incoming()
    await ringing.ended(5)
    await sending.agent_is("anna", "not_responding")
    await call.ended()
    row = await sending.row(contact)
    steps = [entry["fields"].get("step") for entry in row["timeline"] if entry["what"] == "step"]
    assert "nobody" in steps
