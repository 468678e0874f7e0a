"""What the graph writes in a step's box and at its ways out, unless the kind says it better."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from config.problem import Path

_EXITS = {
    "on_timeout": "silent",
    "on_invalid": "wrong key",
    "on_error": "error",
    "on_hangup": "hung up",
}
_SIGNS = {"star": "*", "hash": "#"}
_SAYS_NOTHING = frozenset({"go", "goto", "then", "target", "to"})


def exit_words(path: Path) -> str:
    """``("menu", "options", "star")`` is ``*``, ``("on_timeout", "go")`` is ``silent``."""
    for part in reversed(path):
        if isinstance(part, int):
            return str(part + 1)
        if part not in _SAYS_NOTHING:
            return _EXITS.get(part) or _SIGNS.get(part) or part.replace("_", " ")
    return ""


def first_words(body: Any) -> str:
    """The first text in what a step does: ``{hangup: normal}`` is ``normal``."""
    if isinstance(body, BaseModel):
        body = dict(body)
    if isinstance(body, Mapping):
        return next((text for text in map(first_words, body.values()) if text), "")
    return body if isinstance(body, str) else ""


def duration_words(ms: int) -> str:
    """A duration as a flow's author writes it: ``15m``."""
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if ms % size == 0:
            return f"{ms // size}{unit}"
    return f"{ms}ms"
