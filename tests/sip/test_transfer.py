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
BRIDGE, BLIND, FRAUD, AGENT, ASKED, ASKED_AGENT, SHORT, SHORT_AGENT = (
    f"+361555012{n}" for n in range(8)
)

NUMBERS = (BRIDGE, BLIND, FRAUD, AGENT, ASKED, ASKED_AGENT, SHORT, SHORT_AGENT)

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
    "bridge": flow("bridge", f'{{to: "{FALLBACK}", timeout: 2s}}'),
    "blind": flow("blind", '{to: "{number}", mode: blind}', ends=True),
    "fraud": flow("fraud", '{to: "{number}"}', "+443300000000"),
    "agent": flow("agent", '{extension: "201", timeout: 2s}'),
    "asked": flow("asked", f'{{to: "{FALLBACK}", mode: attended, timeout: 2s}}'),
    "asked_agent": flow("asked_agent", "{agent: anna, mode: attended, accept: 1, timeout: 2s}"),
    "short": flow("short", f'{{to: "{FALLBACK}", timeout: 2s, max: 2s}}'),
    "short_agent": flow("short_agent", "{agent: anna, timeout: 2s, max: 2s}"),
}


def _site(site: Json) -> None:
    numbers = zip(NUMBERS, FLOWS, strict=True)
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


async def is_loud(call: Call) -> bool:
    """Whether anything was heard on it in the last moments."""
    return max(level for _, level in (await call.levels())[-20:]) > -40


def steps_of(row: Json) -> list[str]:
    """The way of a call through its flow."""
    return [entry["fields"].get("step") for entry in row["timeline"] if entry["what"] == "step"]


async def test_a_caller_talks_to_somebody_outside_and_comes_back(sending: RunningSite) -> None:
    """Ring-back until the answer, both hear each other, then the flow goes on; the history has
    the leg with its times."""
    await sending.carrier.callee.policy(AnswerCalls(after_ms=1_000))
    call = await sending.call(number=BRIDGE)
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
    call = await sending.call(number=BRIDGE)
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


async def test_who_accepts_by_the_key_is_joined(sending: RunningSite) -> None:
    """The caller hears music meanwhile, who answers hears the whisper, and then each the other."""
    await sending.carrier.callee.policy(AnswerCalls(after_ms=300))
    call = await sending.call(number=ASKED)
    contact = (await sending.only_call("transfer"))["id"]
    outside = await sending.carrier.incoming()
    await call.first_audio()
    await outside.answered()
    await outside.first_audio()
    await asyncio.sleep(1)
    assert await is_loud(call), "no music"
    assert await is_loud(outside), "no whisper"
    await outside.send_digits("1")
    await they_hear_each_other(call, outside)
    await outside.hang_up()
    await call.ended()
    row = await sending.row(contact)
    assert row["outcome"] == "transferred"
    assert "thanks" in steps_of(row)
    (leg,) = [leg for leg in row["legs"] if leg["role"] == "external"]
    assert leg["answered_ms"] - leg["started_ms"] > 1_000, "the whisper counts as conversation"


async def test_a_mailbox_takes_no_call(sending: RunningSite) -> None:
    """It answers and keys nothing: its leg ends, and the caller is back."""
    await sending.carrier.callee.policy(AnswerCalls(after_ms=100))
    call = await sending.call(number=ASKED)
    contact = (await sending.only_call("transfer"))["id"]
    outside = await sending.carrier.incoming()
    await outside.answered()
    await outside.ended(40)
    await call.ended()
    row = await sending.row(contact)
    assert row["outcome"] == "flow_ended"
    assert "nobody" in steps_of(row)


async def test_who_hangs_up_in_the_whisper_gives_the_caller_back(sending: RunningSite) -> None:
    """At once, and as if nobody had answered."""
    await sending.carrier.callee.policy(AnswerCalls(after_ms=100))
    call = await sending.call(number=ASKED)
    contact = (await sending.only_call("transfer"))["id"]
    outside = await sending.carrier.incoming()
    await outside.answered()
    await outside.first_audio()
    await outside.hang_up()
    await call.ended()
    row = await sending.row(contact)
    assert row["outcome"] == "flow_ended"
    assert "nobody" in steps_of(row)


async def test_a_caller_who_leaves_in_the_whisper_leaves_nobody_on_the_line(
    sending: RunningSite,
) -> None:
    """Who then accepts is let go."""
    await sending.carrier.callee.policy(AnswerCalls(after_ms=100))
    call = await sending.call(number=ASKED)
    contact = (await sending.only_call("transfer"))["id"]
    outside = await sending.carrier.incoming()
    await outside.answered()
    await outside.first_audio()
    await call.hang_up()
    await asyncio.sleep(0.5)
    await outside.send_digits("1")
    await outside.ended()
    row = await sending.row(contact)
    assert (row["outcome"], row["ended_by"]) == ("hung_up_in_flow", "caller")


@pytest.mark.parametrize(("key", "step"), [("1", "thanks"), ("2", "nobody")])
async def test_an_agent_may_be_asked_too(sending: RunningSite, key: str, step: str) -> None:
    """And is in wrap-up afterwards, or not at all in conversation."""
    anna = await sending.agent("anna", AnswerCalls(after_ms=300))
    call = await sending.call(number=ASKED_AGENT)
    contact = (await sending.only_call("flow"))["id"]
    taken = await anna.incoming()
    await taken.answered()
    await taken.first_audio()
    await call.first_audio()
    assert await is_loud(call), "no music"
    await asyncio.sleep(0.5)
    await taken.send_digits(key)
    if key == "1":
        await they_hear_each_other(call, taken)
        await taken.hang_up()
    else:
        await asyncio.sleep(1)
        await taken.send_digits(key)
        await taken.ended(20)
    await call.ended()
    assert step in steps_of(await sending.row(contact))
    await sending.agent_is("anna", "available", 20)


async def test_a_conversation_ends_in_the_time_that_the_flow_gives(sending: RunningSite) -> None:
    """Outside and with an agent; the caller is in the flow again."""
    anna = await sending.agent("anna", AnswerCalls(after_ms=100))
    await sending.carrier.callee.policy(AnswerCalls(after_ms=100))
    places = (
        (SHORT, "transfer", sending.carrier.incoming),
        (SHORT_AGENT, "conversation", anna.incoming),
    )
    for number, place, takes in places:
        call = await sending.call(number=number)
        other = await takes()
        await other.answered()
        contact = (await sending.only_call(place))["id"]
        await they_hear_each_other(call, other)
        await other.ended(5)
        await call.ended()
        assert "thanks" in steps_of(await sending.row(contact))
    await sending.agent_is("anna", "available", 20)
