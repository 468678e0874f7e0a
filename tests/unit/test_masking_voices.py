"""What `bench.masking_calls` hears of real calls is what was said in them, where it was said."""

import struct

import numpy as np
import pytest

from bench.masking_line import DIGITS
from bench.masking_voices import Listener, burst_of, cut, find, make_round
from ivr.prompts.g711 import decode_alaw, encode_alaw
from listening.audio import FRAME

pytestmark = pytest.mark.unit

ALAW, EVENT = 8, 101


def packet(kind: int, timestamp: int, payload: bytes) -> bytes:
    return struct.pack("!BBHII", 0x80, kind, 1, timestamp, 7) + payload


def test_lost_packets_are_silence_and_events_are_not_heard() -> None:
    """So that what follows stays where it was said; a clock that begins anew is no loss."""
    listener = Listener()
    said = (1000 * np.sin(np.arange(6 * FRAME))).astype(np.int16)
    for number in (0, 1, 4, 5):
        frame = said[number * FRAME : (number + 1) * FRAME]
        listener.hear(
            packet(ALAW, 0xFFFFFF00 + number * FRAME & 0xFFFFFFFF, encode_alaw(frame).tobytes())
        )
        listener.hear(packet(EVENT, 0, bytes(4)))
    listener.hear(packet(ALAW, 77, bytes([0xD5] * FRAME)))
    heard, came = listener.audio()
    expected = decode_alaw(encode_alaw(said))
    expected[2 * FRAME : 4 * FRAME] = heard[2 * FRAME]
    assert np.array_equal(heard[: 6 * FRAME], expected)
    assert abs(int(heard[2 * FRAME])) <= 8
    assert len(heard) == 7 * FRAME == len(came) * FRAME


def test_a_phone_knows_the_keys_of_events() -> None:
    """Each once, though its packets are many; the same key again is another one."""
    listener = Listener()
    for timestamp, number in ((160, 4), (160, 4), (160, 4), (1600, 4), (3200, 11), (3200, 11)):
        listener.hear(packet(EVENT, timestamp, bytes([number, 10, 0, 160])))
    assert (bytes(listener.keys), listener.heard) == (b"44#", [])


def test_a_round_by_events_has_no_tones() -> None:
    """Nothing but its speech; and its keys begin with a packet."""
    line = make_round((1, 2), by_events=True)
    spoken = len(burst_of(line))
    assert np.abs(line.audio[:spoken]).max() > 1000
    assert not line.audio[spoken:].any()
    assert not (line.onsets % FRAME).any()
    assert len(line.digits) == len(line.onsets) > 10
    assert set(line.digits) <= set(range(len(DIGITS)))


def test_a_round_is_found_by_its_speech() -> None:
    """Also in noise, 240 ms later than it was said; its keys are where they should be then."""
    line = make_round((1, 2))
    noise = 100 * np.random.default_rng(1).standard_normal(len(line.audio) + 40_000)
    noise[21_920 : 21_920 + len(line.audio)] += line.audio
    heard = noise.astype(np.int16)
    begins = find(burst_of(line), heard, 20_000)
    assert begins == 21_920
    tone = cut(heard, begins, len(line.audio))[line.onsets[0] :][:800].astype(np.float64)
    before = cut(heard, begins, len(line.audio))[line.onsets[0] - 400 :][:400].astype(np.float64)
    assert tone.std() > 20 * before.std()


def test_what_was_not_heard_is_silence() -> None:
    """At the end of a recording that is too short."""
    assert cut(np.ones(10, np.int16), 8, 5).tolist() == [1, 1, 0, 0, 0]
