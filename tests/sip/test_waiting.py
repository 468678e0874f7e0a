"""What real callers hear in queues, and which ways lead out of them."""

from __future__ import annotations

import asyncio
import json
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from phones.phone import Call, Phone
from phones.protocol import AnswerCalls
from tests.sip.running_site import NUMBER, Json, RunningSite, running_site, until

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

NAMED, STICKY, BILLS = "+3615550131", "+3615550132", "+3615550133"
BELLS_HZ, WIND_HZ, BEEP_HZ = 600, 850, 1_000
HEAD = "about: Queues\nowner: test@example.test\nlanguages: [en]\nstart: line\n"
FLOWS = {
    "desk": f"""\
flow: desk
{HEAD}steps:
  line:
    queue: support
    while_waiting:
      say_position: no
      every: 3s
      say: [Thank you for waiting so patiently until somebody is there for you.]
      offer: {{prompt: Press two or three., keys: {{2: message, 3: bills, 4: bills_anew}}}}
    answered: bye
  message: {{voicemail: {{mailbox: support, prompt: Speak., silence: 2s}}, next: bye}}
  bills:
    queue: billing
    keep_place: yes
    while_waiting: {{say_position: no}}
    answered: bye
    on_timeout: {{after: 1m, go: bye}}
    on_error: bye
  bills_anew:
    queue: billing
    while_waiting: {{say_position: no}}
    answered: bye
    on_timeout: {{after: 1m, go: bye}}
    on_error: bye
  bye: {{hangup: normal}}
exits: {{on_error: bye}}
""",
    "bills": f"""\
flow: bills
{HEAD}steps:
  line:
    queue: billing
    while_waiting: {{say_position: no}}
    answered: bye
    on_timeout: {{after: 1m, go: bye}}
    on_error: bye
  bye: {{hangup: normal}}
""",
    "named": f"""\
flow: named
{HEAD}steps:
  line:
    queue: support
    prefer: {{agent: anna, for: 30s, insist: yes}}
    while_waiting: {{say_position: no}}
    answered: bye
    on_timeout: {{after: 1m, go: bye}}
    on_error: bye
  bye: {{hangup: normal}}
""",
    "sticky": f"""\
flow: sticky
{HEAD}steps:
  line:
    queue: support
    prefer: {{agent: last, for: 30s, within_days: 1}}
    while_waiting: {{say_position: no}}
    answered: bye
    on_timeout: {{after: 1m, go: bye}}
    on_error: bye
  bye: {{hangup: normal}}
""",
}


def _change(site: Json) -> None:
    flows = {NUMBER: "desk", NAMED: "named", STICKY: "sticky", BILLS: "bills"}
    site["numbers"] = {number: {"flow": flow} for number, flow in flows.items()}
    site["queues"]["support"]["music"] = "bells"
    site["queues"]["billing"]["music"] = "wind"
    site["mailboxes"] = {"support": {"about": "Support"}}


def _music(folder: Path, hz: int) -> None:
    """Ten seconds of a tone, as an operator would put a file there."""
    folder.mkdir(parents=True)
    samples = 8_000 * np.sin(2 * np.pi * hz * np.arange(80_000) / 8_000)
    with wave.open(str(folder / "tone.wav"), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSite]:
    """Two queues, each with music of its own."""
    directory = tmp_path_factory.mktemp("site")
    for name, hz in (("bells", BELLS_HZ), ("wind", WIND_HZ)):
        _music(directory / "var" / "music" / name, hz)
    async with running_site(directory, _change, FLOWS) as running:
        yield running


async def _gone(site: RunningSite, *phones: Phone) -> None:
    for phone in phones:
        await phone.unregister()
        await site.agent_is(phone.user, "offline")


async def _over(taken: Call, call: Call) -> None:
    await taken.hang_up()
    await call.ended()


async def test_each_queue_has_music_of_its_own_also_after_words(site: RunningSite) -> None:
    """Who goes on to another queue hears that one's; a comfort message brings back the same."""
    call = await site.call()
    await call.hear_tone(BELLS_HZ)
    await asyncio.sleep(8)  # an announcement has come and gone
    await call.hear_tone(BELLS_HZ, 10)
    await call.send_digits("3")
    await call.hear_tone(WIND_HZ)
    await call.hang_up()


async def test_a_key_in_a_comfort_message_leaves_for_the_voicemail(site: RunningSite) -> None:
    """At once, whatever is being said; the message is kept."""
    call = await site.call()
    await call.hear_tone(BELLS_HZ)
    contact = (await site.only_call("queue"))["id"]
    await asyncio.sleep(2)  # the words have begun
    await call.send_digits("2")
    await call.hear_tone(BEEP_HZ, 6)
    await asyncio.sleep(0.5)
    await call.play_tone(440)
    await asyncio.sleep(3)
    await call.hang_up()
    row = await site.row(contact)
    did = [(entry["what"], entry["fields"]) for entry in row["timeline"]]
    assert "message_left" in dict(did), did[-8:]

    async def look() -> bool | None:
        code, printed = await site.trunkline("messages", "list", "support", "--json")
        return (code == 0 and len(json.loads(printed)) == 1) or None

    await until("the message", look, 10)


async def test_who_keeps_the_place_goes_before_who_came_later(site: RunningSite) -> None:
    """And who does not stands behind: told by who talks to the agent first."""
    for key, first in (("3", "+36201000001"), ("4", "+36201000002")):
        early = await site.call("+36201000001")
        await early.hear_tone(BELLS_HZ)
        late = await site.call("+36201000002", BILLS)
        await late.hear_tone(WIND_HZ)
        await early.send_digits(key)
        await early.hear_tone(WIND_HZ)
        cili = await site.phone("cili", AnswerCalls(after_ms=50))
        for number, call in sorted(
            (("+36201000001", early), ("+36201000002", late)), key=lambda each: each[0] != first
        ):
            taken = await cili.incoming()
            await taken.answered()
            assert number in taken.peer
            await asyncio.sleep(0.6)
            await _over(taken, call)
        await _gone(site, cili)


async def test_a_named_agent_and_the_last_one_are_rung_before_others(site: RunningSite) -> None:
    """Although somebody else has been idle for longer."""
    bela = await site.agent("bela")
    anna = await site.agent("anna")
    for number, phone in ((NAMED, anna), (STICKY, anna), (NAMED, anna)):
        call = await site.call("+36201000003", number)
        taken = await phone.incoming()
        await taken.answered()
        await asyncio.sleep(0.6)
        await _over(taken, call)
        await site.agent_is(phone.user, "available")
    stranger = await site.call("+36201000004", STICKY)
    taken = await bela.incoming()
    await taken.answered()
    await asyncio.sleep(0.6)
    await _over(taken, stranger)
    await _gone(site, anna, bela)


async def test_a_named_agent_who_is_away_is_waited_for(site: RunningSite) -> None:
    """While the caller insists nobody else is rung, who is free."""
    bela = await site.agent("bela")
    call = await site.call("+36201000005", NAMED)
    contact = (await site.only_call("queue"))["id"]
    await asyncio.sleep(1)
    assert (await site.only_call("queue"))["id"] == contact
    anna = await site.phone("anna", AnswerCalls(after_ms=50))
    taken = await anna.incoming()
    await taken.answered()
    await asyncio.sleep(0.6)
    await _over(taken, call)
    await _gone(site, anna, bela)
