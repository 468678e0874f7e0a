"""Receivers and a codec that others wrote: spandsp's and multimon-ng's, both from Debian."""

from __future__ import annotations

import ctypes
import ctypes.util
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from bench.command import Unmeasured
from bench.resampling import resampled
from listening.audio import Floats, Samples

_MULTIMON_HZ = 22_050
_CHUNK = 8_000
_PIECE, _BESIDE = 480, 16  # of 160 samples; together a power of two of them
_VOIP = 2  # a frame is 33 octets
_LINEAR, _UNPACKED = 0, 0
_REMEDY = "`make setup-tests` installs it from Debian"


@cache
def _spandsp() -> ctypes.CDLL:
    name = ctypes.util.find_library("spandsp") or "libspandsp.so.2"
    try:
        library = ctypes.CDLL(name)
    except OSError as error:
        raise Unmeasured(f"libspandsp2 is not installed ({error}): {_REMEDY}") from None
    library.dtmf_rx_init.restype = ctypes.c_void_p
    library.dtmf_rx_init.argtypes = [ctypes.c_void_p] * 3
    library.dtmf_rx.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    library.dtmf_rx_get.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    library.dtmf_rx_get.restype = ctypes.c_size_t
    library.dtmf_rx_free.argtypes = [ctypes.c_void_p]
    library.gsm0610_init.restype = ctypes.c_void_p
    library.gsm0610_init.argtypes = [ctypes.c_void_p, ctypes.c_int]
    for code in (library.gsm0610_encode, library.gsm0610_decode):
        code.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    library.gsm0610_free.argtypes = [ctypes.c_void_p]
    library.g726_init.restype = ctypes.c_void_p
    library.g726_init.argtypes = [ctypes.c_void_p] + [ctypes.c_int] * 3
    for code in (library.g726_encode, library.g726_decode):
        code.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    library.g726_free.argtypes = [ctypes.c_void_p]
    return library


def spandsp(audio: Samples) -> bytes:
    """The keys that spandsp 0.0.6 hears (its `dtmf_rx`, as it comes)."""
    library = _spandsp()
    state = library.dtmf_rx_init(None, None, None)
    heard = bytearray()
    digits = ctypes.create_string_buffer(129)
    try:
        for start in range(0, len(audio), _CHUNK):
            chunk = np.ascontiguousarray(audio[start : start + _CHUNK])
            library.dtmf_rx(state, chunk.ctypes.data, len(chunk))
            count = library.dtmf_rx_get(state, digits, 128)
            heard += digits.raw[:count]
    finally:
        library.dtmf_rx_free(state)
    return bytes(heard)


def through_gsm(audio: Samples) -> Samples:
    """As GSM 06.10 (13 kbit/s), of a mobile call, makes it; whole frames of 20 ms."""
    library = _spandsp()
    state = library.gsm0610_init(None, _VOIP)
    codes = np.zeros(len(audio) // 160 * 33, np.uint8)
    heard = np.zeros(len(codes) // 33 * 160, np.int16)
    source = np.ascontiguousarray(audio)
    try:
        library.gsm0610_encode(state, codes.ctypes.data, source.ctypes.data, len(heard))
    finally:
        library.gsm0610_free(state)
    state = library.gsm0610_init(None, _VOIP)
    try:
        library.gsm0610_decode(state, heard.ctypes.data, codes.ctypes.data, len(codes))
    finally:
        library.gsm0610_free(state)
    return heard


def through_g726(audio: Samples) -> Samples:
    """As G.726 at 16 kbit/s, its coarsest rate, makes it: two bits a sample, of its change."""
    library = _spandsp()
    source, codes = np.ascontiguousarray(audio), np.zeros(len(audio), np.uint8)
    heard = np.zeros(len(audio), np.int16)
    state = library.g726_init(None, 16_000, _LINEAR, _UNPACKED)
    try:
        library.g726_encode(state, codes.ctypes.data, source.ctypes.data, len(source))
    finally:
        library.g726_free(state)
    state = library.g726_init(None, 16_000, _LINEAR, _UNPACKED)
    try:
        library.g726_decode(state, heard.ctypes.data, codes.ctypes.data, len(codes))
    finally:
        library.g726_free(state)
    return heard


CODECS: Mapping[str, Callable[[Samples], Samples]] = {"gsm": through_gsm, "g726": through_g726}
"""What may be before the law: a mobile's codec, and a cordless phone's or an old trunk's."""


def multimon(audio: Samples) -> bytes:
    """The keys that multimon-ng hears; it wants 22,050 Hz."""
    program = shutil.which("multimon-ng")
    if program is None:
        raise Unmeasured(f"multimon-ng is not installed: {_REMEDY}")
    run = subprocess.run(
        [program, "-q", "-t", "raw", "-a", "DTMF", "-"],
        input=_faster(audio).tobytes(),
        capture_output=True,
        check=True,
    )
    lines = run.stdout.decode("ascii", "replace").splitlines()
    return "".join(line.split()[-1] for line in lines if line.startswith("DTMF:")).encode("ascii")


def _faster(audio: Samples) -> Samples:
    """At 22,050 Hz: 441 samples for 160. Piece by piece, each with what is beside it: transforms
    that fit a core's cache take a third of the time."""
    padded = np.pad(audio.astype(np.float64), (_BESIDE * 160, (_PIECE + _BESIDE) * 160))
    pieces = [
        resampled(padded[at : at + (_PIECE + 2 * _BESIDE) * 160], 441, 160)
        for at in range(0, len(audio), _PIECE * 160)
    ]
    kept = slice(_BESIDE * 441, (_BESIDE + _PIECE) * 441)
    sound: Floats = np.concatenate([piece[kept] for piece in pieces])
    sound = sound[: len(audio) * 441 // 160]
    return np.clip(np.rint(sound), -32768, 32767).astype("<i2")


def in_order(sent: bytes, heard: bytes) -> int:
    """How many of the keys sent were heard, in their order (the longest common subsequence)."""
    if not heard:
        return 0
    best = np.zeros(len(heard) + 1, np.int64)
    letters = np.frombuffer(heard, np.uint8)
    for key in sent:
        matched = np.concatenate([[0], np.where(letters == key, best[:-1] + 1, 0)])
        best = np.maximum.accumulate(np.maximum(best, matched))
    return int(best[-1])
