"""To which numbers calls may be transferred: a guard against toll fraud."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from config.document import DocumentModel
from config.values import Name, NumberPattern, Unique

NUMBER = re.compile(r"\+[0-9]{6,15}")
"""E.164, as transfers take it."""


class Transfers(DocumentModel):
    """Where flows may send callers outside the house. Nowhere, unless it is written here.

    A pattern is a number or the beginning of one with ``*``: ``+36*``. What ``deny`` names is
    refused, though ``allow`` names it too.
    """

    allow: Annotated[list[NumberPattern], Unique] = Field(
        default=[], description="numbers, or their beginnings: +36*"
    )
    deny: Annotated[list[NumberPattern], Unique] = Field(
        default=[], description="numbers of these that are refused: +3690*"
    )
    trunk: Name | None = Field(
        default=None, description="the trunk that leads there; without it the fallback's"
    )

    def permit(self, number: str) -> bool:
        """Whether a call may be sent to ``number``, which is E.164."""
        if NUMBER.fullmatch(number) is None:
            return False
        return _named(number, self.allow) and not _named(number, self.deny)


def plain_number(text: str) -> str:
    """A number without what people write between its digits."""
    return "".join(sign for sign in text if sign not in " -()./")


def _named(number: str, patterns: list[str]) -> bool:
    return any(
        number.startswith(pattern[:-1]) if pattern.endswith("*") else number == pattern
        for pattern in patterns
    )
