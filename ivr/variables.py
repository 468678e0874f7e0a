"""A flow's variables: declared once, typed, alive for one call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from config.document import DocumentModel

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class Variable(DocumentModel):
    """``digits`` and a ``number`` are read out sign by sign, ``text`` as it stands, its digits one
    by one: what a caller keyed never becomes a prompt of its own.

    ``sensitive`` values are never spoken, traced, logged or saved with the call.
    """

    type: Literal["digits", "text", "number"]
    length: int | None = Field(default=None, ge=1, le=64)
    sensitive: bool = False

    def fits(self, value: str) -> bool:
        """Whether ``value`` is one of this type (and length)."""
        if self.length is not None and len(value) != self.length:
            return False
        match self.type:
            case "digits":
                return value.isascii() and value.isdigit()
            case "number":
                return _NUMBER.fullmatch(value) is not None
            case "text":
                return True


CALL_VARIABLES: Mapping[str, Variable] = {
    "call.caller": Variable(type="digits"),
    "call.called": Variable(type="digits"),
    "call.language": Variable(type="text"),
}
"""What every flow can use without declaring it."""
