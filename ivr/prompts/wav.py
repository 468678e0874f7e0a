"""WAV as voices and studios write it, read into samples; and our own written.

The layout is that of "Multimedia Programming Interface and Data Specifications 1.0" (IBM and
Microsoft, 1991) with the WAVEFORMATEXTENSIBLE of 2001, whose sub-format begins with the old tag.
"""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ivr.prompts.g711 import Samples, decode_alaw, decode_ulaw

Signal = npt.NDArray[np.float64]

MAX_SECONDS = 600
"""No prompt is longer; what is, was put here by mistake."""

_RATES = range(4_000, 192_001)
_PCM, _FLOAT, _ALAW, _ULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_FORMAT = struct.Struct("<HHIIHH")


@dataclass(frozen=True, slots=True)
class _Format:
    tag: int
    channels: int
    rate: int
    bits: int

    @property
    def frame_bytes(self) -> int:
        return self.channels * self.bits // 8


def read_wave(data: bytes) -> tuple[Signal, int]:
    """Samples (channels mixed, full scale 1.0) and rate in Hz; ValueError says what is wrong.

    Read are PCM of 8, 16, 24 and 32 bits, floating point of 32 and 64, A-law and µ-law, of any
    number of channels. A stream's header may claim any length, as espeak-ng's does: what is there
    counts.
    """
    form, body = _chunks(data)
    decode = _DECODERS.get((form.tag, form.bits))
    if decode is None:
        raise ValueError(
            f"WAV format {form.tag} with {form.bits} bits is not known: "
            "use PCM of 8, 16, 24 or 32 bits, 32-bit float, A-law or µ-law"
        )
    if form.rate not in _RATES or not form.channels:
        raise ValueError(f"a WAV of {form.rate} Hz and {form.channels} channels cannot be used")
    body = body[: len(body) - len(body) % form.frame_bytes]
    if len(body) > MAX_SECONDS * form.rate * form.frame_bytes:
        raise ValueError(f"the WAV is longer than {MAX_SECONDS} s")
    signal = decode(body).reshape(-1, form.channels).mean(axis=1)
    if not np.isfinite(signal).all():
        raise ValueError("the WAV holds samples that are no numbers")
    return signal, form.rate


def write_wave(samples: Samples, rate: int) -> bytes:
    """16-bit mono PCM, which every program reads."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def _chunks(data: bytes) -> tuple[_Format, bytes]:
    """The format and the samples' bytes, wherever they stand in the file."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("no readable WAV: it does not begin with RIFF and WAVE")
    form: _Format | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        content = data[at + 8 : at + 8 + size]
        if name == b"fmt ":
            form = _format(content)
        elif name == b"data":
            if form is None:
                break
            return form, content
        at += 8 + size + size % 2
    raise ValueError("no readable WAV: its format or its samples are missing")


def _format(content: bytes) -> _Format:
    if len(content) < _FORMAT.size:
        raise ValueError("no readable WAV: its format is cut off")
    tag, channels, rate, _, _, bits = _FORMAT.unpack_from(content)
    if tag == _EXTENSIBLE and len(content) >= 26:
        tag = int.from_bytes(content[24:26], "little")
    return _Format(tag, channels, rate, bits)


def _pcm8(body: bytes) -> Signal:
    # Eight bits are unsigned, all wider ones signed.
    return (np.frombuffer(body, "u1").astype(np.float64) - 128) / 128


def _pcm16(body: bytes) -> Signal:
    return np.frombuffer(body, "<i2") / 32_768


def _pcm24(body: bytes) -> Signal:
    wide = np.zeros((len(body) // 3, 4), "u1")
    wide[:, 1:] = np.frombuffer(body, "u1").reshape(-1, 3)
    return wide.reshape(-1).view("<i4") / 2_147_483_648


def _pcm32(body: bytes) -> Signal:
    return np.frombuffer(body, "<i4") / 2_147_483_648


def _float32(body: bytes) -> Signal:
    return np.frombuffer(body, "<f4").astype(np.float64)


def _float64(body: bytes) -> Signal:
    return np.frombuffer(body, "<f8").astype(np.float64)


def _alaw(body: bytes) -> Signal:
    return decode_alaw(np.frombuffer(body, "u1")) / 32_768


def _ulaw(body: bytes) -> Signal:
    return decode_ulaw(np.frombuffer(body, "u1")) / 32_768


_DECODERS: Mapping[tuple[int, int], Callable[[bytes], Signal]] = {
    (_PCM, 8): _pcm8,
    (_PCM, 16): _pcm16,
    (_PCM, 24): _pcm24,
    (_PCM, 32): _pcm32,
    (_FLOAT, 32): _float32,
    (_FLOAT, 64): _float64,
    (_ALAW, 8): _alaw,
    (_ULAW, 8): _ulaw,
}
