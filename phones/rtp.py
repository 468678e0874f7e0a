"""RTP of a caller under load: telephone-events out, talk spurts in. No I/O, no clock.

RFC 3550 for the header, RFC 4733 for the events.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from phones.tones import decode_alaw

_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_KEYS = "0123456789*#ABCD"
_END_BIT, _VOLUME = 0x80, 10
_MARKER = 0x80
_LOUD_SAMPLES = 16
_AUDIBLE_PEAK = 150
_FRAME = 160
FINGERPRINT_PACKETS = 10
_ALAW_PAYLOAD = 8
_SILENCE = b"\xd5" * _FRAME

_QUIET = bytes(
    code
    for code, sample in enumerate(decode_alaw(bytes(range(256))))
    if abs(int(sample)) < _AUDIBLE_PEAK
)
"""The A-law codes below about -47 dBFS: what is left without them is sound."""


def audible(payload: bytes) -> bool:
    """Whether 20 ms of A-law hold sound: a tenth of the samples beyond the quiet codes."""
    return len(payload.translate(None, _QUIET)) > _LOUD_SAMPLES


@dataclass(frozen=True)
class Spurt:
    """A stretch of sound: when it began, and what it is.

    `fingerprint` is the CRC-32 of its first ten packets, 200 ms of A-law. Asterisk plays an
    A-law file without touching its octets, so one prompt has one fingerprint; 0 means that
    the spurt was shorter.
    """

    at_ns: int
    fingerprint: int


def fingerprint_of(alaw: bytes) -> int:
    """What a call that plays this A-law must hear first: its first spurt's fingerprint."""
    hearing = SpurtHearing()
    for number in range(len(alaw) // _FRAME):
        header = _HEADER.pack(0x80, _ALAW_PAYLOAD, 0, number * _FRAME, 0)
        hearing.hear(header + alaw[number * _FRAME :][:_FRAME], 0)
    return hearing.spurts[0].fingerprint if hearing.spurts else 0


class SpurtHearing:
    """Finds the spurts in a call's packets.

    Asterisk sends nothing between two prompts but lets the timestamp run: a step of more
    than two packets, a marker or a silent packet ends a spurt. Late arrival does not.
    """

    def __init__(self) -> None:
        self.spurts: list[Spurt] = []
        self._next_timestamp: int | None = None
        self._packets = FINGERPRINT_PACKETS
        self._crc = 0

    def hear(self, packet: bytes, at_ns: int) -> bool:
        """Take a packet; True if a spurt began with it or got its fingerprint."""
        if len(packet) <= _HEADER.size or not audible(packet[_HEADER.size :]):
            self._next_timestamp = None
            return False
        _, kind, _, timestamp, _ = _HEADER.unpack_from(packet)
        due, self._next_timestamp = self._next_timestamp, (timestamp + _FRAME) & 0xFFFFFFFF
        began = due is None or kind & _MARKER or (timestamp - due) & 0xFFFFFFFF > _FRAME
        if began:
            self.spurts.append(Spurt(at_ns, 0))
            self._packets = self._crc = 0
        return self._add(packet[_HEADER.size :]) or bool(began)

    def _add(self, payload: bytes) -> bool:
        if self._packets >= FINGERPRINT_PACKETS:
            return False
        self._crc = zlib.crc32(payload, self._crc)
        self._packets += 1
        if self._packets < FINGERPRINT_PACKETS:
            return False
        self.spurts[-1] = Spurt(self.spurts[-1].at_ns, self._crc)
        return True


class Recognition:
    """Whether a known sound has come: its A-law octets in order, wherever the listening began.

    For sound that follows another without a gap, as music that begins when a key ends a prompt.
    """

    def __init__(self, sound: bytes) -> None:
        self._sound = sound
        self._heard = b""
        self.heard = False

    def hear(self, packet: bytes) -> bool:
        """Take a packet; True if the sound is complete with it."""
        if self.heard:
            return False
        self._heard = (self._heard + packet[_HEADER.size :])[-len(self._sound) - _FRAME :]
        self.heard = self._sound in self._heard
        return self.heard


class RtpSender:
    """Makes the packets of a call: a frame of silence, and pressed keys.

    A key has one timestamp and running durations. Every call sends in one sequence.
    """

    def __init__(self, ssrc: int, event_payload: int) -> None:
        self._ssrc = ssrc
        self._payload = event_payload
        self._sequence = 0
        self._timestamp = 0
        self._key = 0

    def silence(self) -> bytes:
        """20 ms of A-law silence.

        Asterisk's `Answer` holds the dialplan until it hears a first frame, for up to
        500 ms (main/channel.c, __ast_answer): a phone always sends one at once.
        """
        self._sequence = (self._sequence + 1) & 0xFFFF
        header = _HEADER.pack(
            0x80, _ALAW_PAYLOAD | _MARKER, self._sequence, self._timestamp, self._ssrc
        )
        return header + _SILENCE

    def press(self, key: str, at_ms: int) -> None:
        """Begin a key, `at_ms` after the call's begin. ValueError for what is no key."""
        self._key = _KEYS.index(key)
        self._timestamp = at_ms * 8 & 0xFFFFFFFF

    def packet(self, held_ms: int, *, first: bool = False, last: bool = False) -> bytes:
        """The key has been down for `held_ms`; send the `last` one three times (RFC 4733)."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        kind = self._payload | (_MARKER if first else 0)
        flags = _VOLUME | (_END_BIT if last else 0)
        return _HEADER.pack(0x80, kind, self._sequence, self._timestamp, self._ssrc) + _EVENT.pack(
            self._key, flags, held_ms * 8
        )
