"""The forms in which a card's number could lie in a file or in a process's memory."""

from __future__ import annotations

import struct
from base64 import b64encode
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

RAW = "bytes"
"""The stream of the bytes as they are."""
STRIDES = (32, 40, 48, 56, 64)
"""Bytes from one of CPython's small numbers, or strings of one sign, to the next: they lie in a row
in each process (`_PyRuntime`), so a list of them is an array of addresses that differ by multiples
of one of these, as the digits differ by one."""
WIDTHS = ("<i2", "<i4", "<i8", "<f4", "<f8")
"""Kinds of arrays in which a digit could have a place of its own, as a number or as ASCII."""
_STEP = 100
"""What stands for no step in a stream of steps; 0 stands for what is none."""


class Form(NamedTuple):
    """`pattern` in a stream: RAW, one of the digits that an array holds (`held_in`), or one of the
    steps between addresses (`steps`)."""

    name: str
    stream: str
    pattern: bytes


def forms(digits: str) -> Iterator[Form]:
    """Of 12 to 19 decimal digits. A part is enough: its first and its last four may be known."""
    for name, pattern in _texts(digits):
        yield Form(name, RAW, pattern)
    for name, pattern in _binary(digits):
        yield Form(name, RAW, pattern)
    values = np.array([int(digit) for digit in digits], dtype=np.int64)
    for kind in WIDTHS:
        yield Form(f"array ({kind})", kind, values.astype(np.uint8).tobytes())
    apart = (np.diff(values) + _STEP).astype(np.uint8).tobytes()
    for stride in STRIDES:
        yield Form(f"addresses {stride} bytes apart", stream_of(stride), apart)


SUCCESSION = "date and code"


def succession(expiry: str, code: str) -> Iterator[Form]:
    """Of a date and a security code, one after the other as they are keyed, in those forms that are
    long enough not to be found all the time."""
    for form in forms(expiry + code):
        if len(form.pattern) >= len(expiry + code) and form.name not in _TOO_COMMON:
            yield form._replace(name=f"{SUCCESSION}, {form.name}")


_TOO_COMMON = frozenset({"one number (<u8)", "one number (>u8)"})
"""Of seven digits, mostly zeros."""


def stream_of(stride: int) -> str:
    """The name of the stream of steps of this many bytes."""
    return f"steps of {stride}"


def held_in(data: bytes, kind: str) -> bytes:
    """The digits that an array of this kind holds, as numbers or as ASCII; 255 for all else."""
    words = np.frombuffer(data, kind, count=len(data) // np.dtype(kind).itemsize)
    told = np.full(len(words), 255, dtype=np.uint8)
    for zero in (0, 48):
        digits = (words >= zero) & (words <= zero + 9)
        told[digits] = words[digits] - zero
    return told.tobytes()


def steps(words: np.ndarray[tuple[int], np.dtype[np.int64]], stride: int) -> bytes:
    """From each word to the next, in strides; those that are none, or more than 9, are zeros."""
    apart = np.diff(words)
    near = (np.abs(apart) <= 9 * stride) & (apart % stride == 0)
    told = np.where(near, apart // stride + _STEP, 0)
    return told.astype(np.uint8).tobytes()


def _texts(digits: str) -> Iterator[tuple[str, bytes]]:
    groups = _groups(digits)
    yield "ASCII but its first four", digits[4:].encode()
    yield "ASCII but its last four", digits[:-4].encode()
    yield "ASCII, spaced groups", " ".join(groups).encode()
    yield "ASCII, dashed groups", "-".join(groups).encode()
    for way, text in (("", digits), (", reversed", digits[::-1])):
        yield f"ASCII{way}", text.encode()
        for name, mark in (("spaces", " "), ("commas", ","), ("commas and spaces", ", ")):
            yield f"ASCII, {name} between{way}", mark.join(text).encode()
        yield f"UTF-16 LE{way}", text.encode("utf-16-le")
        yield f"UTF-16 BE{way}", text.encode("utf-16-be")
        yield f"UTF-16 LE, spaces between{way}", " ".join(text).encode("utf-16-le")
        yield f"UTF-32 LE{way}", text.encode("utf-32-le")
        yield f"hexadecimal of ASCII{way}", text.encode().hex().encode()
        for before in range(3):
            yield f"base64, {before} bytes on{way}", _base64(text.encode(), before)


def _base64(data: bytes, before: int) -> bytes:
    """Only the signs that depend on nothing around it."""
    encoded = b64encode(b"\0" * before + data)
    first = -(-before * 8 // 6)
    return encoded[first : (before + len(data)) * 8 // 6]


def _groups(digits: str) -> list[str]:
    """As they are printed on cards: 4-6-5 of fifteen, else by four."""
    if len(digits) == 15:
        return [digits[:4], digits[4:10], digits[10:]]
    return [digits[at : at + 4] for at in range(0, len(digits), 4)]


def _binary(digits: str) -> Iterator[tuple[str, bytes]]:
    for way, text in (("", digits), (", reversed", digits[::-1])):
        values = [int(digit) for digit in text]
        for begin in (0, 1):
            pairs = [(a, b) for a, b in zip(values[begin::2], values[begin + 1 :: 2], strict=False)]
            yield f"BCD from nibble {begin}{way}", bytes(a << 4 | b for a, b in pairs)
            low = bytes(b << 4 | a for a, b in pairs)
            yield f"BCD, low nibble first, from nibble {begin}{way}", low
        yield f"array (u1){way}", bytes(values)
    yield from _whole(int(digits))


def _whole(number: int) -> Iterator[tuple[str, bytes]]:
    """The number as one: as the machine, and as CPython has it (`ob_digit` of 30 bits each)."""
    if number < 1 << 64:
        yield "one number (<u8)", number.to_bytes(8, "little")
        yield "one number (>u8)", number.to_bytes(8, "big")
    limbs = []
    while number:
        limbs.append(number & (1 << 30) - 1)
        number >>= 30
    yield "one number (Python)", struct.pack(f"<{len(limbs)}I", *limbs)
