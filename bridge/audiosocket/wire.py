"""AudioSocket's frames: a byte that says what it is, two of length (big endian), and the payload.

Kinds and their payloads are those of res/res_audiosocket.c: a call tells its UUID (16 bytes) first,
then audio (signed linear, 16 bits, little endian, 8 kHz, mono) and keys (one byte of ASCII, when a
key is let go). Either end may say that it hangs up; Asterisk takes the end of the connection for
the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple, TypeAlias
from uuid import UUID

HEADER = 3
LONGEST = 4096
"""Bytes of the longest payload that is taken: 256 ms of audio, more than any RTP packet has."""


class Kind(IntEnum):
    """What a frame is."""

    HANGUP = 0x00
    UUID = 0x01
    DTMF = 0x03
    AUDIO = 0x10
    ERROR = 0xFF


class HungUp(NamedTuple):
    """The other end leaves."""


class Identified(NamedTuple):
    """The connection is that of this call."""

    call: UUID


class Keyed(NamedTuple):
    """A key was pressed and let go. It is a number, for a bytearray that is wiped: `repr` and `str`
    are redacted."""

    key: int

    def __repr__(self) -> str:
        return "Keyed(key=<redacted>)"

    def __str__(self) -> str:
        return repr(self)


class Heard(NamedTuple):
    """Audio, in the reader's own buffer: to be copied by whoever keeps it."""

    audio: memoryview


class Failed(NamedTuple):
    """The other end tells of an error, by a code of its own."""

    code: int


Frame: TypeAlias = HungUp | Identified | Keyed | Heard | Failed


class ProtocolViolation(Exception):
    """This is not AudioSocket, or not as it is spoken at 8 kHz; the text holds no payload."""


class FrameReader:
    """Bytes in as the network cuts them, frames out.

    What is read lies in one buffer that never grows, and a frame's bytes are zeros once it was
    told, for it may be a key.
    """

    def __init__(self) -> None:
        self._held = bytearray(HEADER + LONGEST)
        self._view = memoryview(self._held)
        self._filled = 0

    def room(self) -> memoryview:
        """Where the next bytes are to be written; never empty."""
        return self._view[self._filled :]

    def wrote(self, count: int) -> Iterator[Frame]:
        """So many bytes were written there: the frames that are whole now. It is to be read to its
        end before the next call. Kinds that nobody knows are passed over.

        Raises ProtocolViolation.
        """
        self._filled += count
        at = 0
        try:
            while self._filled - at >= HEADER:
                size = self._held[at + 1] << 8 | self._held[at + 2]
                if size > LONGEST:
                    raise ProtocolViolation(f"a frame of {size} bytes")
                if self._filled - at < HEADER + size:
                    break
                frame = _frame(self._held[at], self._view[at + HEADER : at + HEADER + size])
                at += HEADER + size
                if frame is not None:
                    yield frame
        finally:
            self._keep_from(at)

    def wipe(self) -> None:
        """Forget whatever has come."""
        self._view[:] = bytes(len(self._held))
        self._filled = 0

    def _keep_from(self, at: int) -> None:
        rest = self._filled - at
        if at:
            self._view[:rest] = self._view[at : self._filled]
            self._view[rest : self._filled] = bytes(at)
        self._filled = rest


def _frame(kind: int, payload: memoryview) -> Frame | None:
    match kind:
        case Kind.AUDIO if len(payload) % 2 == 0:
            return Heard(payload)
        case Kind.DTMF if len(payload) == 1:
            return Keyed(payload[0])
        case Kind.UUID if len(payload) == 16:
            return Identified(UUID(bytes=bytes(payload)))
        case Kind.HANGUP:
            return HungUp()
        case Kind.ERROR:
            return Failed(payload[0] if payload else 0)
        case Kind.AUDIO | Kind.DTMF | Kind.UUID:
            raise ProtocolViolation(f"{Kind(kind).name} of {len(payload)} bytes")
    return None


def audio_frame(audio: bytes) -> bytes:
    """A frame of audio, as it is sent."""
    return bytes((Kind.AUDIO, len(audio) >> 8, len(audio) & 0xFF)) + audio


HANGUP = bytes((Kind.HANGUP, 0, 0))
"""What makes Asterisk's application end as one that was done, and not as one that failed."""
