"""How much room words take. A picture is drawn before any font is known, so this is an estimate.

The widths are rounded up from DejaVu Sans, which is wider than Arial, Helvetica or Roboto.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_NARROW = frozenset("iljIft.,:;'|!()[]{}/\\ -·")
_WIDE = frozenset("mwMW@%—…")


def width(text: str, size: float) -> float:
    """Pixels that ``text`` takes at a font size of ``size`` pixels."""
    return sum(_em(sign) for sign in text) * size


def _em(sign: str) -> float:
    if unicodedata.east_asian_width(sign) in "WF":
        return 1.0
    if unicodedata.combining(sign):
        return 0.0
    if sign in _NARROW:
        return 0.38
    if sign in _WIDE:
        return 0.95
    return 0.7 if sign.isupper() else 0.61


def wrapped(text: str, size: float, most: float, lines: int) -> tuple[str, ...]:
    """``text`` in at most so many lines of at most ``most`` pixels; what is left out shows as …"""
    found = [*_lines(text.split(), size, most)]
    if len(found) > lines:
        found = [*found[: lines - 1], f"{found[lines - 1]} …"]
    return tuple(cut(line, size, most) for line in found)


def _lines(words: list[str], size: float, most: float) -> Iterator[str]:
    line = ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if line and width(longer, size) > most:
            yield line
            longer = word
        line = longer
    if line:
        yield line


def cut(text: str, size: float, most: float) -> str:
    """As much of ``text`` as has room, with … for the rest."""
    if width(text, size) <= most:
        return text
    text = text.removesuffix(" …")
    while text and width(f"{text}…", size) > most:
        text = text[:-1]
    return f"{text.rstrip()}…"
