"""A flow's own recording on real calls: what is on it, what is not, and why it was made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from phones.protocol import AnswerCalls
from recordings.measure import find_tone, read_wav
from tests.sip.running_site import Json, RunningSite, running_site, until

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

CALLER_HZ, AGENT_HZ, SECRET_HZ = 440, 620, 850
FLOW = """\
flow: desk
about: Records, then does not
owner: test@example.test
languages: [en]
start: loud
exits: {on_timeout: quiet, on_invalid: quiet}
vars: {pin: {type: digits, sensitive: true}}
steps:
  loud: {record: {on: yes, reason: quality}, next: choose}
  choose: {menu: {prompt: "Billing, one. Nothing, two.", options: {1: line, 2: quiet}}}
  line: {queue: billing, answered: quiet, on_timeout: {after: 20s, go: quiet}, on_error: quiet}
  quiet: {record: {on: no, reason: pin}, next: pin}
  pin: {collect: {into: pin, prompt: Your pin., timeout: 3s, tries: 1}, next: bye, on_timeout: bye}
  bye: {hangup: normal}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def recording(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """A site whose queue `billing` says that nothing is recorded."""
    directory = tmp_path_factory.mktemp("recording")
    async with running_site(directory, None, {"desk": FLOW}) as running:
        yield running


async def recordings_of(site: RunningSite, contact: str, count: int) -> list[Json]:
    """So many recordings, once they are in the index."""

    async def look() -> list[Json] | None:
        found: list[Json] = (await site.row(contact))["recordings"]
        return found if len(found) == count else None

    rows: list[Json] = await until("recordings", look, 15)
    return rows


async def test_a_flow_is_recorded_until_it_says_otherwise(recording: RunningSite) -> None:
    """The caller's voice is left, the prompt right; what comes after `off` is not there."""
    call = await recording.call()
    contact = (await recording.only_call("flow"))["id"]
    await call.play_tone(CALLER_HZ)
    await call.first_audio()
    await asyncio.sleep(1)
    await call.send_digits("2")
    await asyncio.sleep(1)
    await call.play_tone(SECRET_HZ)
    await asyncio.sleep(1)
    await call.hang_up()
    (row,) = await recordings_of(recording, contact, 1)
    assert (row["reason"], row["state"], row["agent"]) == ("quality", "complete", None)
    audio = read_wav(Path(recording.card["recordings"]) / row["path"])
    caller, heard = audio.channel(0), audio.channel(1)
    assert find_tone(caller, audio.rate, CALLER_HZ).heard_ms > 500
    assert find_tone(caller, audio.rate, SECRET_HZ).heard_ms == 0
    assert heard.any()
    told = (await recording.row(contact))["timeline"]
    switched = [entry["fields"] for entry in told if entry["what"] == "recording"]
    assert switched == [{"on": True, "reason": "quality"}, {"on": False, "reason": "pin"}]


async def test_a_flow_overrides_its_queue(recording: RunningSite) -> None:
    """The queue's conversations are not recorded, this one is: on the agent's leg, apart from
    the flow's own part."""
    cili = await recording.agent("cili", AnswerCalls(after_ms=100))
    call = await recording.call()
    contact = (await recording.only_call("flow"))["id"]
    await call.first_audio()
    await asyncio.sleep(0.5)
    await call.send_digits("1")
    taken = await cili.incoming()
    await taken.answered()
    await call.play_tone(CALLER_HZ)
    await taken.play_tone(AGENT_HZ)
    await call.hear_tone(AGENT_HZ)
    await asyncio.sleep(1)
    await taken.hang_up()
    await asyncio.sleep(0.5)
    await call.hang_up()
    rows = await recordings_of(recording, contact, 2)
    assert [(row["agent"], row["reason"]) for row in rows] == [
        (None, "quality"),
        ("cili", "quality"),
    ]
    talk = read_wav(Path(recording.card["recordings"]) / rows[1]["path"])
    assert find_tone(talk.channel(0), talk.rate, AGENT_HZ).heard_ms > 300
    part = read_wav(Path(recording.card["recordings"]) / rows[0]["path"])
    assert find_tone(part.channel(1), part.rate, AGENT_HZ).heard_ms == 0
