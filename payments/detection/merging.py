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
    each to one only, so two presses of the same key stay two. Events come in the order of their
    presses; tones that an event has passed over will have none.
    """

    def __init__(self) -> None:
        self._singles: dict[Source, deque[_Single]] = {each: deque() for each in Source}

    def counts(self, press: Press, source: Source, now: int) -> bool:
        """Whether this press, told at `now` (samples), is a new one."""
        waiting = self._singles[source.other]
        while waiting and waiting[0].until < now:
            waiting.popleft()
        for passed_over, single in enumerate(waiting):
            if single.key == press.key:
                for _ in range(passed_over + 1):
                    waiting.popleft()
                return False
        self._singles[source].append(_Single(press.key, now + _LATER[source]))
        return True

    def lasts(self, source: Source, now: int) -> None:
        """The newest press that `source` told of is not over at `now`."""
        if singles := self._singles[source]:
            singles[-1].until = now + _LATER[source]


_LATER = {Source.TONES: EVENT_LATER, Source.EVENT: TONES_LATER}
