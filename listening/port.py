"""What the dialer asks of whoever listens to an answered call. Asterisk's own detector and ours
are behind it (`engine.listening`)."""

from __future__ import annotations

from typing import Protocol

from listening.values import Cue, Verdict


class AnswerDetector(Protocol):
    """One answered call's, which it has to itself until it has told."""

    async def verdict(self) -> Verdict:
        """Who has answered. Raises what the call's own commands raise when it has ended."""

    async def cue(self) -> Cue | None:
        """When a machine records, after its verdict; None: it did not come to an end in time."""
