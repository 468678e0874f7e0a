"""Which numbers outside the house may be called for a caller: a guard against toll fraud."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from config.document import DocumentModel
from config.values import Name, NumberPattern, Unique

NUMBER = re.compile(r"\+[0-9]{6,15}")
"""E.164, as transfers take it."""


class Permitted(DocumentModel):
    """Numbers that may be reached: none, unless it is written here.

    A pattern is a number or the beginning of one with ``*``: ``+36*``. What ``deny`` names is
    refused, though ``allow`` names it too.
    """

    allow: Annotated[list[NumberPattern], Unique] = Field(
        default=[], description="numbers, or their beginnings: +36*"
    )
    deny: Annotated[list[NumberPattern], Unique] = Field(
        default=[], description="numbers of these that are refused: +3690*"
    )

    def permit(self, number: str) -> bool:
        """Whether ``number``, which is E.164, may be reached."""
        if NUMBER.fullmatch(number) is None:
            return False
        return _named(number, self.allow) and not self.denies(number)

    def denies(self, number: str) -> bool:
        """Whether ``deny`` names ``number``, which is E.164."""
        return _named(number, self.deny)

    def __str__(self) -> str:
        """For who is told what is permitted: ``+36* except +3690*``."""
        refused = f" except {', '.join(self.deny)}" if self.deny else ""
        return f"{', '.join(self.allow) or 'none'}{refused}"


class Transfers(Permitted):
    """Where flows may send callers outside the house. Nowhere, unless it is written here.

    A pattern is a number or the beginning of one with ``*``: ``+36*``. What ``deny`` names is
    refused, though ``allow`` names it too.
    """

    trunk: Name | None = Field(
        default=None, description="the trunk that leads there; without it the fallback's"
    )


def plain_number(text: str) -> str:
    """A number without what people write between its digits."""
    return "".join(sign for sign in text if sign not in " -()./")


def _named(number: str, patterns: list[str]) -> bool:
    return any(
        number.startswith(pattern[:-1]) if pattern.endswith("*") else number == pattern
        for pattern in patterns
    )
