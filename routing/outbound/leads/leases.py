"""Who has a lead in hand: for a time, so that what an engine held comes back when it dies."""

from __future__ import annotations

from dataclasses import dataclass

LEASE_MS = 60_000
"""How long a lead stays with an engine that says nothing more."""
RENEWED_MS = 20_000
"""How often an engine says that it is there."""
MARGIN_MS = 10_000
"""A lead is not dialled so near its lease's end: the call could begin after it."""


def runs_of(node: str) -> str:
    """With what the names of all runs of a node's engine begin."""
    return f"{node}/"


@dataclass(frozen=True, slots=True)
class Lease:
    """``by`` is one run of an engine: after a restart it is another (`runs_of`)."""

    by: str
    until_ms: int

    def holds(self, now_ms: int) -> bool:
        """Whether nobody else may have the lead."""
        return now_ms < self.until_ms

    def suffices(self, now_ms: int) -> bool:
        """Whether a call may still be begun on it."""
        return now_ms < self.until_ms - MARGIN_MS
