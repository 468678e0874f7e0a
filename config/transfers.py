"""Which numbers outside the house may be called for a caller: a guard against toll fraud."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from config.document import DocumentModel
from config.duration import Duration, Seconds
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


class ByAgents(DocumentModel):
    """What becomes of callers whom agents transfer, or consult somebody about."""

    keep_place: bool = Field(
        default=False,
        description="whether a caller stands in the new queue as if there from the first arrival "
        "in a queue; an agent may say otherwise of each",
    )
    priority: Annotated[int, Field(ge=0, le=100)] = Field(
        default=0, description="of a caller who is transferred to a queue"
    )
    ring_timeout: Seconds = Field(
        default=Duration(20_000), description="how long a colleague, or a number outside, is rung"
    )
    unanswered: Literal["agent", "queue"] = Field(
        default="agent",
        description="where a caller goes for whom nobody answers: back to the agent, and to the "
        "queue where that one does not answer either, or to the queue at once",
    )
    agent_leaves: Literal["completes", "returns"] = Field(
        default="completes",
        description="what it means when an agent hangs up who consults somebody: the caller is "
        "theirs, or goes where a caller goes for whom nobody answers",
    )


class Transfers(Permitted):
    """Where callers may be sent outside the house. Nowhere, unless it is written here.

    A pattern is a number or the beginning of one with ``*``: ``+36*``. What ``deny`` names is
    refused, though ``allow`` names it too. It holds for flows and for agents.
    """

    trunk: Name | None = Field(
        default=None, description="the trunk that leads there; without it the fallback's"
    )
    by_agents: ByAgents = Field(
        default=ByAgents(), description="callers whom agents transfer in a conversation"
    )


def plain_number(text: str) -> str:
    """A number without what people write between its digits."""
    return "".join(sign for sign in text if sign not in " -()./")


def _named(number: str, patterns: list[str]) -> bool:
    return any(
        number.startswith(pattern[:-1]) if pattern.endswith("*") else number == pattern
        for pattern in patterns
    )
