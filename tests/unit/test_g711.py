"""Companding against what ITU-T G.711 lays down."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.prompts.g711 import decode_alaw, decode_ulaw, encode_alaw, encode_ulaw

pytestmark = pytest.mark.unit

CODES = np.arange(256, dtype=np.uint8)
SAMPLES = np.arange(-32768, 32768).astype(np.int16)


def samples(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.array(values, dtype=np.int16)


def test_alaw_of_known_samples() -> None:
    """Silence, full scale and the first steps, on the line with even bits inverted."""
    codes = encode_alaw(samples(0, -1, 15, 16, 32767, -32768, 1000, -1000))
    assert codes.tolist() == [0xD5, 0x55, 0xD5, 0xD4, 0xAA, 0x2A, 0xFA, 0x7A]


def test_ulaw_of_known_samples() -> None:
    """Silence, full scale and the first steps, on the line with all bits inverted."""
    codes = encode_ulaw(samples(0, -1, 4, 32767, -32768, 1000, -1000))
    assert codes.tolist() == [0xFF, 0x7F, 0xFE, 0x80, 0x00, 0xCE, 0x4E]


def test_decoded_values_of_g711s_tables() -> None:
    """Ends of the first and last segments: tables 1 and 2 of G.711, as 16-bit samples."""
    assert decode_alaw(np.array([0xD5, 0x55, 0xAA, 0x2A], np.uint8)).tolist() == [
        8,
        -8,
        32256,
        -32256,
    ]
    assert decode_ulaw(np.array([0xFF, 0x7F, 0x80, 0x00], np.uint8)).tolist() == [
        0,
        0,
        32124,
        -32124,
    ]


def test_every_code_survives_decoding() -> None:
    """Tandem coding loses nothing more; only mu-law's two zeros fall together."""
    assert (encode_alaw(decode_alaw(CODES)) == CODES).all()
    again = encode_ulaw(decode_ulaw(CODES))
    assert (np.flatnonzero(again != CODES) == [0x7F]).all()


def test_the_error_is_half_a_step_at_most() -> None:
    """The nearest code is chosen: a step is a sixteenth of its segment, mu-law's with its bias."""
    size = np.abs(SAMPLES.astype(np.int32))
    alaw = np.abs(decode_alaw(encode_alaw(SAMPLES)).astype(np.int32) - SAMPLES)
    ulaw = np.abs(decode_ulaw(encode_ulaw(SAMPLES)).astype(np.int32) - SAMPLES)
    assert (alaw <= np.maximum(size / 32, 8)).all()
    assert (ulaw <= (size + 132) / 32).all()


def test_both_laws_rise_with_the_sample() -> None:
    """Louder in is never softer out."""
    for decoded in (decode_alaw(encode_alaw(SAMPLES)), decode_ulaw(encode_ulaw(SAMPLES))):
        assert (np.diff(decoded.astype(np.int32)) >= 0).all()
