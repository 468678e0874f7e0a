"""In which encoding a file is, told by its bytes."""

from __future__ import annotations

import codecs
import hashlib
import math
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

PIECE = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as that of UTF-16 does
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CODE_PAGES = {
    "windows-1250": "cp1250",
    "iso-8859-2": "iso8859-2",
    "windows-1252": "cp1252",
    "windows-1257": "cp1257",
}
"""Of those that say the same of a file the first is taken. Names as people write them, and as
Python does."""

# Letters beyond ASCII in per cent of a language's letters: rounded counts of running text. Names
# have others too, so none is impossible.
_LETTERS: Mapping[str, Mapping[str, float]] = {
    "hu": dict(zip("áéíóöőúüű", (3.6, 3.8, 0.6, 1.1, 1.0, 0.9, 0.3, 0.6, 0.2), strict=True)),
    "pl": dict(zip("ąćęłńóśźż", (1.0, 0.4, 1.1, 1.8, 0.2, 0.8, 0.7, 0.1, 0.8), strict=True)),
    "et": dict(zip("äõöüšž", (1.1, 1.0, 0.2, 0.7, 0.05, 0.03), strict=True)),
    "west": dict(zip("éèàêçöüäßñáíóô", (1.9, 0.3, 0.5, 0.2, 0.1, *[0.3] * 9), strict=True)),
}
_LANGUAGES = {
    "windows-1250": ("hu", "pl"),
    "iso-8859-2": ("hu", "pl"),
    "windows-1252": ("west", "et"),
    "windows-1257": ("et", "pl"),
}
_OTHER_LETTER, _NO_LETTER, _UNDEFINED = 0.001, 0.0001, 0.000001
_CAPITALS = 0.2
"""How much rarer capitals are."""


class Encoding(NamedTuple):
    """`name` is for people, `codec` for Python; `sha256` is of the file's bytes."""

    name: str
    codec: str
    sha256: str
    lines: int


def encoding_of(path: Path) -> Encoding:
    """Read the whole file once, a piece at a time: one letter at its end may tell.

    What is valid UTF-8 is that, or UTF-16 by its mark or its zero bytes, or UTF-32 by its mark;
    else the code page whose reading gives the letters that a language of Central Europe has most.
    Raises OSError.
    """
    seen, digest, lines = Counter[int](), hashlib.sha256(), 0
    utf8: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    head = b""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            head = head or piece[:4096]
            lines += piece.count(b"\n")
            digest.update(piece)
            utf8 = _still(utf8, piece)
            if utf8 is None:
                seen.update(byte for byte in piece if byte >= 0x80)
    name, codec = _judge(head, seen, is_utf8=_is_complete(utf8))
    return Encoding(name, codec, digest.hexdigest(), lines)


def _still(
    decoder: codecs.IncrementalDecoder | None, piece: bytes
) -> codecs.IncrementalDecoder | None:
    if decoder is not None:
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            return None
    return decoder


def _is_complete(decoder: codecs.IncrementalDecoder | None) -> bool:
    return decoder is not None and not decoder.getstate()[0]


def _judge(head: bytes, seen: Mapping[int, int], *, is_utf8: bool) -> tuple[str, str]:
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return codec.removesuffix("-sig"), codec
    if head.count(0) > len(head) // 4:  # of a text in letters every second byte of UTF-16 is zero
        little = head[1::2].count(0) > head[::2].count(0)
        return "utf-16", "utf-16-le" if little else "utf-16-be"
    if is_utf8:
        return "utf-8", "utf-8"
    best = max(CODE_PAGES, key=lambda name: _likelihood(name, seen))
    return best, CODE_PAGES[best]


def _likelihood(name: str, seen: Mapping[int, int]) -> float:
    """The logarithm of how likely these bytes are, in the best of its languages."""
    signs = {byte: bytes([byte]).decode(CODE_PAGES[name], "replace") for byte in seen}
    return max(
        sum(count * math.log(_share(signs[byte], _LETTERS[each])) for byte, count in seen.items())
        for each in _LANGUAGES[name]
    )


def _share(sign: str, letters: Mapping[str, float]) -> float:
    usual = letters.get(sign.lower())
    if usual is not None:
        return usual * (1 if sign.islower() else _CAPITALS)
    if sign == "\N{REPLACEMENT CHARACTER}" or (not sign.isprintable() and not sign.isspace()):
        return _UNDEFINED
    return _OTHER_LETTER if sign.isalpha() else _NO_LETTER
