"""One direction of a call: frames as the network brings them in, one every 20 ms out.

Nothing is held back to even the times out: that would be heard as delay, of which the masker needs
all there is. A frame goes on when it comes. What is late is replaced by silence and follows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from listening.audio import FRAME

SOONEST = 80
"""A frame follows the one before by 10 ms at least, so that a burst is caught up with, evenly."""
LATEST = FRAME + 120
"""After 35 ms there is silence in place of a frame."""
KEPT = 5
"""Frames that wait at most, 100 ms: the oldest of more are dropped."""


class Lane:
    """Frames are bytes of signed linear; `silence` makes one."""

    def __init__(self, silence: Callable[[], bytes]) -> None:
        self._silence = silence
        self._waiting: deque[bytes] = deque(maxlen=KEPT)
        self._last = -LATEST

    def put(self, frame: bytes) -> None:
        """The newest frame."""
        self._waiting.append(frame)

    def take(self, now: int) -> bytes | None:
        """The frame that is due at `now`; None: not yet. To be asked after each `put`, and every
        10 ms besides."""
        since = now - self._last
        if self._waiting and since >= SOONEST:
            self._last = now
            return self._waiting.popleft()
        if since < LATEST:
            return None
        # As if it had come in time; where nobody asked for long, from now on.
        self._last = self._last + FRAME if since < 2 * LATEST else now
        return self._silence()
