"""Places in a JSON document, as a small part of JSONPath (RFC 9535): ``$.accounts[0]["due date"]``.

Names after a dot, names in brackets and quotes, and places in a list, from its end with a minus.
There are no wildcards, filters or slices: each path leads to one value. A ``?`` at the end allows
that there is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ivr.errors import JsonPathError

_PART = re.compile(
    r"""\.(?P<name>[^\W\d]\w*)
    | \[\s*(?P<place>-?\d{1,6})\s*\]
    | \[\s*(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\]""",
    re.VERBOSE,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LIKE = 'write it like $.name, $.list[0] or $["a name"]'


class JsonPath(NamedTuple):
    """The way from the top of a document to one value."""

    parts: tuple[str | int, ...]
    optional: bool = False

    def find(self, document: Any) -> Any:
        """What is there; None when nothing is, or when it is null."""
        found = document
        for part in self.parts:
            found = _below(found, part)
        return found


def _below(value: Any, part: str | int) -> Any:
    if isinstance(part, str):
        return value.get(part) if isinstance(value, Mapping) else None
    inside = isinstance(value, list) and -len(value) <= part < len(value)
    return value[part] if inside else None


def parse(text: str) -> JsonPath:
    """The path that ``text`` writes; raises JsonPathError."""
    if not text.startswith("$"):
        raise JsonPathError("a path begins with $, " + _LIKE, 0)
    optional = text.endswith("?")
    end = len(text) - optional
    parts: list[str | int] = []
    at = 1
    while at < end:
        found = _PART.match(text, at, end)
        if found is None:
            raise JsonPathError(_fault(text[at:end]), at)
        parts.append(_part(found))
        at = found.end()
    return JsonPath(tuple(parts), optional)


def _part(found: re.Match[str]) -> str | int:
    if found["place"] is not None:
        return int(found["place"])
    if found["quoted"] is not None:
        return _ESCAPED.sub(r"\1", found["quoted"][1:-1])
    return found["name"]


def _fault(rest: str) -> str:
    if rest.startswith(("..", ".*", "[*", "[?", "[:")) or re.match(r"\[-?\d*:", rest):
        return "a path leads to one value: no .., *, filters or slices"
    return "this is no part of a path, " + _LIKE
