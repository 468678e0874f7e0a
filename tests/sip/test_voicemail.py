"""Messages left by real callers: what was said is on them, and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from phones.phone import Call
from recordings.measure import find_tone, read_wav
from tests.fakes.smtp_server import MailServer, mail_server
from tests.sip.running_site import Json, RunningSite, running_site, until

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

HZ, OTHER_HZ = 440, 850
FLOW = """\
flow: desk
about: Takes messages
owner: test@example.test
languages: [en]
start: message
steps:
  message:
    voicemail: {mailbox: support, prompt: Speak., silence: 2s}
    next: bye
    on_error: bye
  bye: {say: Thank you., next: end}
  end: {hangup: normal}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def post() -> AsyncIterator[MailServer]:
    """Where the site's mail goes."""
    async with mail_server() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def taking(
    tmp_path_factory: pytest.TempPathFactory, post: MailServer
) -> AsyncIterator[RunningSite]:
    """A site with one mailbox, whose messages are mailed too."""

    def change(site: Json) -> None:
        deliver = {"email": ["desk@example.test"]}
        site["mailboxes"] = {"support": {"about": "Support", "keep": "30d", "deliver": deliver}}
        host = {"host": "127.0.0.1", "port": str(post.port), "encryption": "none"}
        site["mail"] = {**host, "from": "ivr@example.test"}

    directory = tmp_path_factory.mktemp("taking")
    async with running_site(directory, change, {"desk": FLOW}) as running:
        yield running


async def messages(site: RunningSite, count: int) -> list[Json]:
    """What `trunkline messages list` shows, the newest first, once there are so many."""

    async def look() -> list[Json] | None:
        code, printed = await site.trunkline("messages", "list", "support", "--json")
        assert code == 0, printed
        found: list[Json] = json.loads(printed)
        return found if len(found) == count else None

    rows: list[Json] = await until(f"{count} messages", look, 20)
    return rows


async def speaking(site: RunningSite, caller: str = "+36201234567") -> Call:
    """A caller who has heard the tone, and speaks."""
    call = await site.call(caller)
    await call.first_audio()
    await call.hear_tone(1_000)
    await asyncio.sleep(0.5)
    await call.play_tone(HZ)
    return call


def audio(site: RunningSite, row: Json) -> Path:
    """Where the message lies."""
    return site.directory / "var" / "messages" / str(row["path"])


async def test_a_message_is_recorded_heard_again_and_kept(taking: RunningSite) -> None:
    """One plays it to the caller, three keeps it; what was said after it is not on it."""
    call = await speaking(taking)
    await asyncio.sleep(3)
    await call.send_digits("#")
    await call.stop_playing()
    await asyncio.sleep(1)
    await call.send_digits("1")
    await call.hear_tone(HZ)
    await asyncio.sleep(1)
    await call.send_digits("3")
    await call.ended()
    (row,) = await messages(taking, 1)
    assert row["ms"] == pytest.approx(3_000, abs=500)
    assert (row["caller"], row["heard_ms"]) == ("+36201234567", None)
    said = read_wav(audio(taking, row))
    assert find_tone(said.channel(0), said.rate, HZ).heard_ms > 2_000
    assert find_tone(said.channel(0), said.rate, 1_000).heard_ms == 0
    assert audio(taking, row).stat().st_mode & 0o077 == 0


async def test_the_message_was_mailed_with_what_was_said(
    taking: RunningSite, post: MailServer
) -> None:
    """Within seconds, the file that lies in the mailbox."""
    (row,) = await messages(taking, 1)

    async def mailed() -> bool | None:
        return bool(post.mails) or None

    await until("mail", mailed, 15)
    (mail,) = post.mails
    assert mail["To"] == "desk@example.test"
    (attached,) = mail.iter_attachments()
    assert attached.get_content() == audio(taking, row).read_bytes()


async def test_who_hangs_up_while_speaking_has_left_it(taking: RunningSite) -> None:
    """A silence ends a message too; who hangs up is not asked what to do with it."""
    call = await speaking(taking, "+36201000002")
    await asyncio.sleep(3)
    await call.hang_up()
    row = (await messages(taking, 2))[0]
    assert row["caller"] == "+36201000002"
    assert row["ms"] > 2_500
    history = await taking.outcome("hung_up_in_flow")
    assert "message_left" in [entry["what"] for entry in history["timeline"]]


async def test_who_says_nothing_is_asked_once_more_and_leaves_nothing(taking: RunningSite) -> None:
    """The noise of a line is no message."""
    call = await taking.call("+36201000003")
    await call.ended(30)
    await messages(taking, 2)
    history = await taking.outcome("flow_ended")
    told = [entry["fields"].get("did") for entry in history["timeline"]]
    assert "nothing said 2 of 2" in told
    assert len([*(taking.directory / "var" / "messages").rglob("*.wav")]) == 2


async def test_messages_are_exported_and_deleted(taking: RunningSite) -> None:
    """On the command line, beside the running engine, whose gauge tells how many wait."""
    rows = await messages(taking, 2)
    output = taking.directory / "message.wav"
    code, printed = await taking.trunkline("messages", "export", rows[0]["id"], str(output))
    assert code == 0, printed
    assert output.read_bytes() == audio(taking, rows[0]).read_bytes()
    await unheard(taking, 2)
    code, printed = await taking.trunkline("messages", "delete", rows[0]["id"], "--json")
    assert (code, json.loads(printed)) == (0, {"deleted": [rows[0]["id"]], "missing": []})
    assert not audio(taking, rows[0]).exists()
    await unheard(taking, 1)


async def unheard(site: RunningSite, count: int) -> None:
    """The gauge says so, at its next look."""
    line = f'trunkline_messages_unheard{{mailbox="support"}} {count}.0'

    async def look() -> bool | None:
        return line in await site.client.text("/metrics") or None

    await until(line, look, 15)
