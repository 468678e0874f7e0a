"""One press, told by two: as an event and as tones. It counts once, at whichever is first."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from payments.detection.keys import Press

BEFORE = 4_800
"""Samples, 600 ms: how long after the one the other may come at most (an event that waits for the
key's release, a jitter buffer), measured to the end of the press where that is known."""


class Source(Enum):
    """Who tells of a press."""

    EVENT = "event"
    TONES = "tones"

    @property
    def other(self) -> Source:
        """The one that may tell of the same press."""
        return Source.TONES if self is Source.EVENT else Source.EVENT


@dataclass(slots=True, repr=False)
class _Single:
    """A press that only one has told of so far."""

    key: int
    until: int


class Merger:
    """Presses from both sources in, each press out once.

    An event and tones of the same key belong together when one comes while the other lasts or
    within `BEFORE` after; the oldest ones first, each with one only. So two presses of the same
    key stay two.
    """

    def __init__(self) -> None:
        self._singles: dict[Source, deque[_Single]] = {each: deque() for each in Source}

    def counts(self, press: Press, source: Source, now: int) -> bool:
        """Whether this press, told at `now` (samples), is a new one."""
        waiting = self._singles[source.other]
        while waiting and waiting[0].until < now:
            waiting.popleft()
        for single in waiting:
            if single.key == press.key:
                waiting.remove(single)
                return False
        self._singles[source].append(_Single(press.key, now + BEFORE))
        return True

    def lasts(self, source: Source, now: int) -> None:
        """The newest press that `source` told of is not over at `now`."""
        if singles := self._singles[source]:
            singles[-1].until = now + BEFORE
