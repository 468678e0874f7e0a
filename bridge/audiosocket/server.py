"""The AudioSocket server: takes connections from this machine, known by the ids that they tell."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from typing import Protocol, cast
from uuid import UUID

import structlog

from bridge.audiosocket.wire import (
    HANGUP,
    Failed,
    Frame,
    FrameReader,
    Heard,
    HungUp,
    Identified,
    Keyed,
    ProtocolViolation,
    audio_frame,
)

log = structlog.get_logger(__name__)

SILENT_S = 2.0
"""So long a connection may keep to itself whose it is: Asterisk tells it at once."""
LEAVES_S = 1.0
"""So long Asterisk may take to leave when it was told to."""
AT_ONCE = 1024
_UNSENT = 32_000
"""Bytes, two seconds of audio, that may wait for an Asterisk that does not read: audio that is any
later is of no use."""


class LegOwner(Protocol):
    """What a connected leg tells whoever takes it."""

    def heard(self, audio: memoryview) -> None:
        """Signed linear at 8 kHz, to be copied by whoever keeps it."""

    def keyed(self, key: int) -> None:
        """The ASCII code of a key that was pressed."""

    def gone(self) -> None:
        """The connection is over, whoever ended it. Told once."""


Take = Callable[[UUID, "AudioLeg"], LegOwner | None]
"""Who owns the leg with this id; None: nobody waits for it, or it is there already."""


class AudioSocketServer:
    """Owns every connection."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._legs: set[AudioLeg] = set()
        self._listener: asyncio.Server | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; return the bound port. Raises ValueError of a host that is not this machine's
        own: audio with card digits in it goes over no network."""
        if not ipaddress.ip_address(host).is_loopback:
            raise ValueError("AudioSocket is for this machine alone")
        self._listener = await asyncio.get_running_loop().create_server(
            lambda: AudioLeg(self), host, port
        )
        return int(self._listener.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Every leg is hung up: Asterisk's dialplan goes on with it."""
        if self._listener is not None:
            self._listener.close()
        for leg in tuple(self._legs):
            leg.hang_up()

    # What a leg tells.

    def connected(self, leg: AudioLeg) -> bool:
        """Whether there is room for it."""
        if len(self._legs) >= AT_ONCE:
            log.warning("audiosocket_full", legs=len(self._legs))
            return False
        self._legs.add(leg)
        return True

    def identified(self, call: UUID, leg: AudioLeg) -> LegOwner | None:
        """Its owner."""
        owner = self._take(call, leg)
        if owner is None:
            log.warning("audiosocket_unknown_id")
        return owner

    def disconnected(self, leg: AudioLeg) -> None:
        """It is gone."""
        self._legs.discard(leg)


class AudioLeg(asyncio.BufferedProtocol):
    """One connection: a leg of a call."""

    def __init__(self, server: AudioSocketServer) -> None:
        self._server = server
        self._reader = FrameReader()
        self._owner: LegOwner | None = None
        self._over = False
        self._deadline: asyncio.TimerHandle | None = None

    def send(self, audio: bytes) -> None:
        """Audio for whoever is on this leg, to be heard at once."""
        if not self._over and self._transport.get_write_buffer_size() < _UNSENT:
            self._transport.write(audio_frame(audio))

    def hang_up(self) -> None:
        """Give the leg back to Asterisk's dialplan. Nothing is told after this.

        Asterisk closes the connection: were it closed here, audio that is under way would be
        answered by a reset, which Asterisk takes for a failure.
        """
        self._owner = None
        if not self._over:
            self._over = True
            self._transport.write(HANGUP)
            self._wait_no_longer()
            self._deadline = asyncio.get_running_loop().call_later(LEAVES_S, self._transport.abort)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It has a moment to say whose it is."""
        self._transport = cast(asyncio.Transport, transport)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(SILENT_S, self._refuse, "silent")
        if not self._server.connected(self):
            self._refuse("full")

    def get_buffer(self, sizehint: int) -> memoryview:
        """The reader's own: no other copy is made of what comes."""
        return self._reader.room()

    def buffer_updated(self, nbytes: int) -> None:
        """Frames, whole ones and the beginnings of others."""
        try:
            for frame in self._reader.wrote(nbytes):
                if not self._over:
                    self._take(frame)
        except ProtocolViolation as violation:
            self._refuse(str(violation))
        if self._over:
            self._reader.wipe()

    def eof_received(self) -> None:
        """Asterisk has hung up."""

    def connection_lost(self, exc: Exception | None) -> None:
        """The last thing that is told."""
        self._over = True
        self._wait_no_longer()
        self._reader.wipe()
        self._server.disconnected(self)
        owner, self._owner = self._owner, None
        if owner is not None:
            owner.gone()

    # Within.

    def _take(self, frame: Frame) -> None:
        match frame, self._owner:
            case Identified(call=call), None:
                self._identified(call)
            case Heard(audio=audio), owner if owner is not None:
                owner.heard(audio)
            case Keyed(key=key), owner if owner is not None:
                owner.keyed(key)
            case HungUp() | Failed(), owner if owner is not None:
                self._over = True
                self._transport.close()
            case _:
                self._refuse("out of turn")

    def _identified(self, call: UUID) -> None:
        self._wait_no_longer()
        self._owner = self._server.identified(call, self)
        if self._owner is None:
            self._refuse("unknown id")

    def _wait_no_longer(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()

    def _refuse(self, why: str) -> None:
        if not self._over:
            log.warning("audiosocket_refused", reason=why)
            self._over = True
            self._wait_no_longer()
            self._transport.abort()
