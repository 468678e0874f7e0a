"""Bodies with digits in them, put together in one bytearray of the right size.

No text is ever made of the digits, and nothing grows: growing would leave the old bytes behind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote_plus

Piece: TypeAlias = bytes | memoryview
Value: TypeAlias = str | int | tuple[Piece, ...]
"""A tuple is digits, in pieces: they need no quoting in any format."""

HOLE = re.compile(r"\{(\w+)\}")
_PRIVATE = 0xE000
"""Unicode's private use area: no text that anybody means has such a sign."""


class Body:
    """Pieces that become one bytearray."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = tuple(pieces)

    def build(self) -> bytearray:
        """All of it; whoever takes it wipes it."""
        built = bytearray(sum(len(piece) for piece in self._pieces))
        at = 0
        for piece in self._pieces:
            built[at : at + len(piece)] = piece
            at += len(piece)
        return built


def wipe(body: bytearray | None) -> None:
    """Zeros over all of it, in place."""
    if body is not None:
        body[:] = bytes(len(body))


def form(fields: Mapping[str, Value]) -> bytearray:
    """As a form of a web page (application/x-www-form-urlencoded)."""
    pieces: list[Piece] = []
    for name, value in fields.items():
        pieces.append(f"{'&' if pieces else ''}{quote_plus(name)}=".encode())
        if isinstance(value, tuple):
            pieces += value
        else:
            pieces.append(quote_plus(str(value)).encode())
    return Body(pieces).build()


def json_body(template: Any, values: Mapping[str, Value]) -> bytearray:
    """A JSON document from a template whose texts have `{name}` holes; a text that is nothing but
    the hole of a number becomes that number. What fills a hole is not looked through for others.
    """
    digits = [name for name, value in values.items() if isinstance(value, tuple)]
    signs = {name: chr(_PRIVATE + index) for index, name in enumerate(digits)}
    by_sign = {sign: values[name] for name, sign in signs.items()}
    texts = {name: _without(value, by_sign) for name, value in values.items()} | signs
    text = json.dumps(_filled(template, texts), ensure_ascii=False)
    pieces: list[Piece] = []
    for part in re.split(f"([{''.join(by_sign)}])" if by_sign else r"(?!)", text):
        held = by_sign.get(part)
        pieces += held if isinstance(held, tuple) else (part.encode(),)
    return Body(pieces).build()


def _without(value: Value, signs: Mapping[str, object]) -> Any:
    if not isinstance(value, str):
        return value
    return value.translate({ord(sign): None for sign in signs})


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    match template:
        case dict():
            return {key: _filled(part, values) for key, part in template.items()}
        case list() | tuple():
            return [_filled(part, values) for part in template]
        case str():
            whole = HOLE.fullmatch(template)
            if whole is not None and whole[1] in values:
                return values[whole[1]]
            return HOLE.sub(lambda found: str(values.get(found[1], found[0])), template)
    return template
