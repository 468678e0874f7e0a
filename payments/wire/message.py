"""A request and its reply, and the port between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class WireRequest:
    """`path` begins with `/` and is added to the wire's own address. The body belongs to the wire,
    which wipes it."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytearray | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class WireReply:
    """What came back, whole."""

    status: int
    body: bytes = field(repr=False)

    def json(self) -> Mapping[str, Any] | None:
        """The object in it; None when it is none."""
        try:
            told = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return told if isinstance(told, dict) else None


class Wire(Protocol):
    """One request over one connection of its own, never sent twice."""

    async def send(self, request: WireRequest) -> WireReply:
        """Raises NotDone when it surely did not arrive, else NoAnswer; wipes the body."""
