"""Callers who talk and key into real calls, and what was heard of them at the other end.

A caller says rounds: a burst of speech by which to find the round again in whatever was heard, then
keys as tones or as telephone events (RFC 4733). Everything is RTP, audio of it A-law, a packet each
20 ms both ways, from one loop for all: where a phone sends none, what Asterisk records or lets a
supervisor hear of its leg has holes, and nothing in it is where it was.
"""

from __future__ import annotations

import asyncio
import struct
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from bench.masking_line import DIGITS, Condition, Line, tones
from bench.masking_noise import at_power_1
from bench.masking_speech import VOICES, conversation
from ivr.prompts.g711 import decode_alaw, encode_alaw
from listening.audio import FRAME, RATE_HZ, Floats, Samples, peak_of
from payments.detection.keys import EVENTS
from phones.lightagent import LightAgent
from phones.loadcall import LoadCall
from phones.sipwire import DTMF_PAYLOAD

KEYS_A_ROUND = 12
KEY = Condition("", tone_ms=100)
KEY_SAMPLES = KEY.tone_ms * RATE_HZ // 1000
_SPEECH_S, _PAUSE_S = 1.5, 0.6
_SPEECH_DBM0 = -15.0
_HEADER = struct.Struct("!BBHII")
_EVENT = struct.Struct("!BBH")
_ALAW, _END, _VOLUME = 8, 0x80, 10
_EVENT_FRAMES = 5
_SILENCE = b"\xd5" * FRAME
_FARTHEST = 3 * RATE_HZ  # samples by which a round may be found elsewhere than expected


class Round(NamedTuple):
    """A burst of speech, and keys whose onsets count from its beginning."""

    line: Line
    first_frame: int
    """Which of the caller's frames it begins with."""
    by_events: bool


class Heard(NamedTuple):
    """An RTP packet's audio."""

    at_ns: int
    timestamp: int
    alaw: bytes


@dataclass
class Talker:
    """A caller. What is queued is sent frame by frame; else silence is."""

    call: LoadCall
    sent_ns: list[int] = field(default_factory=list)
    _queue: deque[bytes | tuple[int, int]] = field(default_factory=deque)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _sequence: int = 1
    _began: int = 0

    def say(self, line: Line, *, by_events: bool = False) -> Round:
        """Queue a round of `make_round`."""
        self._over.clear()
        first = len(self.sent_ns) + len(self._queue)
        codes = encode_alaw(line.audio).tobytes()
        frames: list[bytes | tuple[int, int]] = [
            codes[at : at + FRAME] for at in range(0, len(codes), FRAME)
        ]
        for digit, onset in zip(line.digits, line.onsets, strict=True) if by_events else ():
            begins = int(onset) // FRAME
            frames[begins : begins + _EVENT_FRAMES] = _event(DIGITS[digit])
        self._queue += frames
        return Round(line, first, by_events)

    def press(self, keys: str, gap_frames: int = 4) -> None:
        """Queue events, with audio between them only."""
        self._over.clear()
        for key in keys.encode("ascii"):
            self._queue += _event(key)
            self._queue += (_SILENCE for _ in range(gap_frames))

    async def silent(self) -> None:
        """Wait until all that was queued has been sent."""
        await self._over.wait()

    def tick(self) -> None:
        """Send the next 20 ms."""
        if not self._queue or self.call.ended_ns is not None:
            self._over.set()
        if self.call.media is None or self.call.ended_ns is not None:
            return
        frame = self._queue.popleft() if self._queue else _SILENCE
        for packet in self._packets(frame):
            self.call.wire.rtp(packet, self.call.media)
        self.sent_ns.append(time.monotonic_ns())

    def _packets(self, frame: bytes | tuple[int, int]) -> Iterator[bytes]:
        now = (len(self.sent_ns) + 1) * FRAME
        if isinstance(frame, bytes):
            yield self._header(_ALAW, now) + frame
            return
        number, part = frame
        self._began = now if part == 1 else self._began
        kind = DTMF_PAYLOAD | (0x80 if part == 1 else 0)
        last = part == _EVENT_FRAMES
        told = _EVENT.pack(number, _VOLUME | (_END if last else 0), part * FRAME)
        for _ in range(3 if last else 1):
            yield self._header(kind, self._began) + told

    def _header(self, kind: int, timestamp: int) -> bytes:
        self._sequence = (self._sequence + 1) & 0xFFFF
        return _HEADER.pack(0x80, kind, self._sequence, timestamp, self.call.number)


def _event(key: int) -> list[tuple[int, int]]:
    """Of a key (ASCII): its number, with each of its frames'."""
    number = EVENTS.index(key)
    return [(number, frame) for frame in range(1, _EVENT_FRAMES + 1)]


async def pace(talkers: Sequence[Talker], agents: Sequence[LightAgent]) -> None:
    """Have callers talk and agents be there, until cancelled."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        for talker in talkers:
            talker.tick()
        for agent in agents:
            agent.send_silence()
        due += FRAME / RATE_HZ
        await asyncio.sleep(max(0.0, due - loop.time()))


def make_round(seed: tuple[int, int], *, by_events: bool = False) -> Line:
    """Another voice and other keys for each seed; those that events will tell of have no tones, and
    begin with a packet."""
    rng = np.random.default_rng(seed)
    digits = rng.integers(10, size=KEYS_A_ROUND)
    steps = KEY_SAMPLES + rng.integers(RATE_HZ * 12 // 100, RATE_HZ * 22 // 100, KEYS_A_ROUND)
    said = _said(seed)
    onsets = len(said) + int(_PAUSE_S * RATE_HZ) + np.cumsum(steps) - KEY_SAMPLES
    audio = np.zeros(int(onsets[-1]) + RATE_HZ // 2)
    audio[: len(said)] = said
    if by_events:
        onsets -= onsets % FRAME
    for digit, onset in zip(digits, onsets, strict=True) if not by_events else ():
        audio[onset : onset + KEY_SAMPLES] = tones(DIGITS[digit], KEY_SAMPLES, KEY, rng)
    whole = np.clip(np.rint(audio[: len(audio) // FRAME * FRAME]), -32768, 32767)
    return Line(whole.astype(np.int16), digits, onsets)


def _said(seed: tuple[int, int]) -> Floats:
    talk = _talk(seed[0] % len(VOICES))
    start = seed[1] * RATE_HZ % (len(talk) - int(_SPEECH_S * RATE_HZ))
    burst = talk[start : start + int(_SPEECH_S * RATE_HZ)]
    loud: Floats = burst * peak_of(_SPEECH_DBM0) / np.sqrt(2)
    return loud


@cache
def _talk(voice: int) -> Floats:
    return at_power_1(conversation(VOICES[voice], 12, voice).astype(np.float64))


@dataclass
class Listener:
    """The agent's phone: every packet of audio, when it came, and the keys that events told of."""

    heard: list[Heard] = field(default_factory=list)
    keys: bytearray = field(default_factory=bytearray)
    _event_of: int = -1  # the timestamp of the newest

    def hear(self, packet: bytes) -> None:
        """Take one as it comes."""
        _, kind, _, timestamp, _ = _HEADER.unpack_from(packet)
        if kind & 0x7F == _ALAW:
            self.heard.append(Heard(time.monotonic_ns(), timestamp, packet[_HEADER.size :]))
        if kind & 0x7F == DTMF_PAYLOAD and timestamp != self._event_of:
            self._event_of = timestamp
            self.keys.append(EVENTS[packet[_HEADER.size]])

    def audio(self) -> tuple[Samples, list[int]]:
        """What was heard, as its timestamps have it, and when each frame of it came (ns)."""
        frames: list[bytes] = []
        came: list[int] = []
        for before, each in pairwise([self.heard[0], *self.heard]):
            missing = (each.timestamp - before.timestamp & 0xFFFFFFFF) // FRAME - 1
            if 0 < missing < _FARTHEST:
                frames += [_SILENCE] * missing
                came += [each.at_ns] * missing
            frames.append(each.alaw.ljust(FRAME, b"\xd5")[:FRAME])
            came.append(each.at_ns)
        return decode_alaw(np.frombuffer(b"".join(frames), np.uint8)), came


def find(burst: Samples, heard: Samples, about: int, within: int = _FARTHEST) -> int:
    """Where a burst of speech begins in what was heard, so near `about`."""
    start = max(0, about - within)
    among = heard[start : about + within + len(burst)].astype(np.float64)
    size = len(among) + len(burst)
    alike = np.fft.irfft(
        np.fft.rfft(among, size) * np.fft.rfft(burst.astype(np.float64), size).conj(), size
    )
    return start + int(alike[: max(1, len(among) - len(burst))].argmax())


def burst_of(line: Line) -> Samples:
    """The speech that a round begins with."""
    return line.audio[: int(_SPEECH_S * RATE_HZ)]


def cut(heard: Samples, begins: int, length: int) -> Samples:
    """So much of it from there, silence where nothing was heard."""
    return np.pad(heard[begins : begins + length], (0, max(0, begins + length - len(heard))))
