"""WAV files as voices and studios make them."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.prompts.g711 import encode_alaw, encode_ulaw
from ivr.prompts.wav import Signal, read_wave, write_wave

pytestmark = pytest.mark.unit

Array = npt.NDArray[Any]
PCM, FLOAT, ALAW, ULAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
WAVE: Signal = 0.5 * np.sin(np.arange(400) / 10)


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
        for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def form(tag: int, bits: int, *, channels: int = 1, rate: int = 22_050, more: bytes = b"") -> bytes:
    frame = channels * bits // 8
    return struct.pack("<HHIIHH", tag, channels, rate, rate * frame, frame, bits) + more


def wav(tag: int, bits: int, body: bytes, **others: Any) -> bytes:
    return riff((b"fmt ", form(tag, bits, **others)), (b"data", body))


def int24(signal: Array) -> bytes:
    whole = np.rint(signal * 8_388_607).astype("<i4")
    return bytes(whole.view("u1").reshape(-1, 4)[:, :3].tobytes())


def samples(signal: Array) -> npt.NDArray[np.int16]:
    whole: npt.NDArray[np.int16] = np.rint(signal * 32_767).astype(np.int16)
    return whole


@pytest.mark.parametrize(
    ("tag", "bits", "encode", "exact_to"),
    [
        (PCM, 8, lambda s: np.rint(s * 127 + 128).astype("u1").tobytes(), 0.01),
        (PCM, 16, lambda s: samples(s).tobytes(), 1e-4),
        (PCM, 24, int24, 1e-6),
        (PCM, 32, lambda s: np.rint(s * 2_147_483_647).astype("<i4").tobytes(), 1e-8),
        (FLOAT, 32, lambda s: s.astype("<f4").tobytes(), 1e-7),
        (FLOAT, 64, lambda s: s.astype("<f8").tobytes(), 0),
        (ALAW, 8, lambda s: encode_alaw(samples(s)).tobytes(), 0.02),
        (ULAW, 8, lambda s: encode_ulaw(samples(s)).tobytes(), 0.02),
    ],
)
def test_every_usual_kind_of_sample_is_read(
    tag: int, bits: int, encode: Callable[[Signal], bytes], exact_to: float
) -> None:
    """To the precision of the kind; the rate comes with it."""
    signal, rate = read_wave(wav(tag, bits, encode(WAVE)))
    assert rate == 22_050
    assert np.abs(signal - WAVE).max() <= exact_to


def test_the_extensible_kind_says_its_tag_further_on() -> None:
    """As editors write 24 bits and floating point."""
    more = struct.pack("<HHIH", 22, 24, 4, PCM) + bytes(14)
    signal, _ = read_wave(wav(EXTENSIBLE, 24, int24(WAVE), more=more))
    assert np.abs(signal - WAVE).max() < 1e-6


def test_channels_are_mixed() -> None:
    """A stereo recording becomes the mean of both sides."""
    body = np.array([100, 300, -100, -300], "<i2").tobytes()
    signal, _ = read_wave(wav(PCM, 16, body, channels=2))
    assert (signal * 32_768).tolist() == [200, -200]


def test_what_stands_around_the_samples_is_skipped() -> None:
    """Names, cue points, broadcast data: before and after, of odd length too."""
    data = riff(
        (b"bext", b"odd"),
        (b"fmt ", form(PCM, 16)),
        (b"LIST", b"INFO"),
        (b"data", samples(WAVE).tobytes()),
        (b"cue ", b"1234"),
    )
    assert read_wave(data)[0].size == WAVE.size


def test_a_stream_with_an_endless_header_is_read() -> None:
    """espeak-ng cannot know the length when it writes the header to a pipe."""
    data = bytearray(wav(PCM, 16, samples(WAVE).tobytes()))
    data[4:8] = data[40:44] = b"\xff\xff\xff\x7f"
    signal, rate = read_wave(bytes(data))
    assert (rate, signal.size) == (22_050, WAVE.size)


def test_what_we_write_we_read() -> None:
    """Sample for sample."""
    signal, rate = read_wave(write_wave(samples(WAVE), 8_000))
    assert rate == 8_000
    assert (np.rint(signal * 32_768) == samples(WAVE)).all()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "RIFF"),
        (b"ID3\x04 an mp3 under a wrong name", "RIFF"),
        (riff((b"fmt ", form(PCM, 16))), "samples are missing"),
        (riff((b"data", b"1234"), (b"fmt ", form(PCM, 16))), "format or"),
        (riff((b"fmt ", b"\1\0"), (b"data", b"")), "cut off"),
        (wav(2, 4, b"1234"), "format 2 with 4 bits"),
        (wav(PCM, 12, b"1234"), "format 1 with 12 bits"),
        (wav(PCM, 16, b"1234", rate=1), "1 Hz"),
        (wav(PCM, 16, b"1234", channels=0), "0 channels"),
        (wav(PCM, 8, bytes(4_000 * 601), rate=4_000), "longer than 600 s"),
        (wav(FLOAT, 32, np.array([np.nan], "<f4").tobytes()), "no numbers"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(data: bytes, said: str) -> None:
    """Never a click of noise on the line."""
    with pytest.raises(ValueError, match=said):
        read_wave(data)


@given(st.binary(max_size=80), st.sampled_from([b"", b"RIFF1234WAVE", b"RIFF1234WAVEfmt "]))
def test_no_bytes_at_all_make_another_error(tail: bytes, head: bytes) -> None:
    """Whatever lies in the directory of recordings is a signal, or refused."""
    with contextlib.suppress(ValueError):
        signal, rate = read_wave(head + tail)
        assert np.isfinite(signal).all()
        assert 4_000 <= rate <= 192_000
