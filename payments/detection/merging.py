"""One press, told by two: as an event and as tones. It counts once, at whichever is first."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from payments.detection.keys import Press

EVENT_LATER = 80_000
"""Samples, 10 s: how long an event may come after the tones of its press. Who tells of a key when
it is let go (AudioSocket, without saying how long it was held) may do so seconds after a phone has
stopped sending its tones."""

TONES_LATER = 4_800
"""600 ms: how long tones may come after their event, by jitter and by what it takes to be sure."""

NEXT_LATER = 1_200
"""150 ms: how long who is behind may still tell of a press, once the next one was told."""


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

    An event belongs to the oldest tones of its key that have none yet, tones to the oldest event:
    each to one only, so two presses of the same key stay two. Either tells of presses in their
    order. So a press that it has passed over it will not tell of any more, and a phone may tell of
    each key in another way.
    """

    def __init__(self) -> None:
        self._singles: dict[Source, deque[_Single]] = {each: deque() for each in Source}

    def counts(self, press: Press, source: Source, now: int) -> bool:
        """Whether this press, told at `now` (samples), is a new one."""
        own, others = self._singles[source], self._singles[source.other]
        while others and others[0].until < now:
            others.popleft()
        for passed_over, single in enumerate(others):
            if single.key == press.key:
                for _ in range(passed_over + 1):
                    others.popleft()
                own.clear()
                return False
        others.clear()
        for single in own:
            single.until = min(single.until, now + NEXT_LATER)
        own.append(_Single(press.key, now + _LATER[source]))
        return True

    def lasts(self, source: Source, now: int) -> None:
        """The newest press that `source` told of is not over at `now`."""
        if singles := self._singles[source]:
            singles[-1].until = now + _LATER[source]


_LATER = {Source.TONES: EVENT_LATER, Source.EVENT: TONES_LATER}
