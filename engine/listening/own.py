"""Our own detector: the call's audio comes over AudioSocket, and goes back to the dialplan with the
verdict."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import numpy as np
import structlog

from bridge.agi.session import AgiSession
from bridge.audiosocket.server import AudioLeg, AudioSocketServer
from listening.audio import FRAME
from listening.listener import Care, Listener
from listening.values import Cue, Heard, Verdict, Who

log = structlog.get_logger(__name__)

VERDICT_S = 12.0
"""Longer than any verdict takes: audio that does not come must not hold a call up."""
CUE_S = 60.0
_FRAME_BYTES = 2 * FRAME


class Ears:
    """Where the audio of calls comes in."""

    def __init__(self) -> None:
        self._server = AudioSocketServer(self._take)
        self._expected: dict[UUID, _Hearing] = {}
        self._address = ""

    async def start(self) -> None:
        """Listen on a port of this machine's."""
        self._address = f"127.0.0.1:{await self._server.start()}"

    async def stop(self) -> None:
        """Every call goes back to its dialplan."""
        await self._server.stop()

    async def hear(self, session: AgiSession, listener: Listener, within_s: float) -> Heard | None:
        """What the listener tells next of this call; None if nothing in time, or the audio was
        lost. Raises what the session's commands raise."""
        call, hearing = uuid4(), _Hearing(listener)
        self._expected[call] = hearing
        timeout = asyncio.get_running_loop().call_later(within_s, hearing.end)
        try:
            # TryExec: an application that fails must not end the call (app_exec.c). Its argument
            # holds a comma, which only separates there.
            await session.execute("TryExec", f"AudioSocket({call}", f"{self._address})")
        finally:
            timeout.cancel()
            self._expected.pop(call, None)
        return hearing.told

    def _take(self, call: UUID, leg: AudioLeg) -> _Hearing | None:
        hearing = self._expected.pop(call, None)
        if hearing is not None:
            hearing.leg = leg
        return hearing


class OwnDetector:
    """One call's."""

    def __init__(self, ears: Ears, session: AgiSession, care: Care) -> None:
        self._ears = ears
        self._session = session
        self._listener = Listener(care)

    async def verdict(self) -> Verdict:
        """Within two seconds of what the clock runs from. A call whose audio does not come is a
        person's: hanging up on one is the graver error."""
        heard = await self._ears.hear(self._session, self._listener, VERDICT_S)
        if isinstance(heard, Verdict):
            return heard
        log.warning("answer_not_heard")
        return Verdict(Who.PERSON, round(VERDICT_S * 1000), 0.0, "its audio was not heard")

    async def cue(self) -> Cue | None:
        """After the beep, or a silence; None after `CUE_S`."""
        heard = await self._ears.hear(self._session, self._listener, CUE_S)
        return heard if isinstance(heard, Cue) else None


class _Hearing:
    """One stretch of a call's audio, until its listener tells something."""

    def __init__(self, listener: Listener) -> None:
        self.told: Heard | None = None
        self.leg: AudioLeg | None = None
        self._listener = listener
        self._rest = bytearray()

    def heard(self, audio: memoryview) -> None:
        """Packets may be of any length."""
        self._rest += audio
        while self.told is None and len(self._rest) >= _FRAME_BYTES:
            frame = np.frombuffer(bytes(self._rest[:_FRAME_BYTES]), "<i2")
            del self._rest[:_FRAME_BYTES]
            self.told = self._listener.hear(frame)
        if self.told is not None:
            self.end()

    def keyed(self, key: int) -> None:
        """Nobody was asked to press one."""

    def gone(self) -> None:
        """The call has ended, or Asterisk has."""
        self.leg = None

    def end(self) -> None:
        """Give the call back to its dialplan."""
        if self.leg is not None:
            self.leg.hang_up()
            self.leg = None
