"""When something happened, on both clocks."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Moment:
    """One instant: for intervals `monotonic_ns`, for people and logs `epoch_ns`.

    Linux's CLOCK_MONOTONIC is one clock for the machine, so moments of different
    processes may be subtracted.
    """

    monotonic_ns: int
    epoch_ns: int

    @classmethod
    def now(cls) -> Moment:
        """This instant."""
        return cls(time.monotonic_ns(), time.time_ns())

    def ms_since(self, earlier: Moment) -> float:
        """Milliseconds from `earlier` to this moment."""
        return (self.monotonic_ns - earlier.monotonic_ns) / 1e6


@dataclass(frozen=True)
class CallTimes:
    """The moments of a call at one phone; None for what has not happened.

    `dialled` on the calling side, `invited` (INVITE received) on the called one;
    `ended` when the phone saw the BYE, the refusal or the CANCEL, or sent its own.
    """

    dialled: Moment | None = None
    invited: Moment | None = None
    ringing: Moment | None = None
    answered: Moment | None = None
    first_audio: Moment | None = None
    ended: Moment | None = None
