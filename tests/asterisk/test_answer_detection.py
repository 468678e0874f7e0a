"""Who has answered, asked on the call itself: of our detector over AudioSocket, and of AMD."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from bridge.agi.server import AgiServer
from bridge.agi.session import AgiSession
from engine.listening.asterisk import AsteriskDetector
from engine.listening.own import Ears, OwnDetector
from listening.audio import Floats
from listening.listener import Care
from listening.port import AnswerDetector
from listening.values import Clock, Cue, Who
from tests.asterisk.asterisk_fixture import started
from tests.asterisk.local_calls import LocalCalls
from tests.unit.answers import tone, words
from tests.unit.lines import frames, noise, silence

pytestmark = pytest.mark.asterisk

MODULES = (
    *("app_amd", "app_audiosocket", "app_exec", "app_playback", "app_waitforsilence"),
    "res_audiosocket",
)
DIALPLAN = """
[calls]
exten => call,1,AGI(agi://127.0.0.1:{port}/call)
[far]
exten => answer,1,Answer()
 same => n,Playback({sound})
 same => n,Hangup()
"""
WORD = (silence(300), words(400), silence(4000))
GREETING = (silence(300), words(4500), silence(400), tone(500, 1000.0), silence(4000))

Detect = Callable[[Ears, AgiSession], AnswerDetector]


def own(ears: Ears, session: AgiSession) -> AnswerDetector:
    """A greeting is heard out."""
    return OwnDetector(ears, session, Care(machine=0.8, clock=Clock.GREETING))


def asterisks(ears: Ears, session: AgiSession) -> AnswerDetector:
    """As it is shipped."""
    return AsteriskDetector(session)


async def asked(
    directory: Path, sound: tuple[Floats, ...], handler: Callable[[AgiSession], Awaitable[None]]
) -> None:
    """A call that is answered with this sound, and asked by the handler; its errors are the
    test's."""
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def drive(session: AgiSession) -> None:
        try:
            await handler(session)
            over.set_result(None)
        except BaseException as error:
            over.set_exception(error)
            raise

    heard = np.concatenate(sound)
    heard += noise(len(heard) / 8, -60.0)[: len(heard)]
    (directory / "sound.sln").write_bytes(np.concatenate(frames(heard)).tobytes())
    server = AgiServer(drive)
    port = await server.start("127.0.0.1", 0)
    dialplan = DIALPLAN.format(port=port, sound=directory / "sound")
    asterisk = LocalCalls(directory / "a", dialplan, MODULES, {"amd.conf": "[general]\n"})
    try:
        async with started(asterisk):
            await asterisk.originate("call", far="answer")
            await asyncio.wait_for(over, 30)
    finally:
        await server.stop(1.0)


@pytest.mark.parametrize("detect", [own, asterisks])
async def test_a_word_is_a_persons_by_both(tmp_path: Path, detect: Detect) -> None:
    """And the call is the flow's again afterwards."""
    ears = Ears()
    await ears.start()

    async def handler(session: AgiSession) -> None:
        await session.answer()
        told = await detect(ears, session).verdict()
        assert told.who is Who.PERSON, told
        assert told.at_ms < 3000
        assert await session.get_variable("CHANNEL(state)") == "Up"

    try:
        await asked(tmp_path, WORD, handler)
    finally:
        await ears.stop()


async def test_a_message_may_be_left_once_the_beep_has_ended(tmp_path: Path) -> None:
    """The same listener goes on after its verdict."""
    ears = Ears()
    await ears.start()

    async def handler(session: AgiSession) -> None:
        await session.answer()
        detector = own(ears, session)
        told = await detector.verdict()
        assert told.who is Who.MACHINE, told
        cue = await detector.cue()
        assert isinstance(cue, Cue)
        assert 400 <= cue.beep_ms <= 560

    try:
        await asked(tmp_path, GREETING, handler)
    finally:
        await ears.stop()
