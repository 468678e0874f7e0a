"""The time that all nodes share: Redis's, as near as this node can know it.

No node's clock is trusted alone: one that is wrong by minutes would let its callers jump the
line, and end agents' wrap-ups too soon. Redis tells its time with every heartbeat. Each reply
bounds how far this machine's steady clock is from it: it was told between the sending and the
receipt. While what is believed lies within the bounds it stays, so the time does not tremble
with the network; else it moves to the nearest bound.
"""

from collections.abc import Callable
from time import monotonic_ns, time_ns

_MS = 1_000_000
MOST_BEHIND_MS = 500
"""So much may the time be ahead of Redis's after its clock went back; it stands still then."""


class SharedClock:
    """Called, it tells the time (epoch, ms). Until Redis has told it is this machine's.

    It does not go back by less than `MOST_BEHIND_MS`: it waits.
    """

    def __init__(
        self,
        wall_ns: Callable[[], int] = time_ns,
        steady_ns: Callable[[], int] = monotonic_ns,
    ) -> None:
        self._steady_ns = steady_ns
        self._ahead_ns = wall_ns() - steady_ns()
        self._latest_ms = 0

    def __call__(self) -> int:
        now_ms = (self._steady_ns() + self._ahead_ns) // _MS
        if 0 < self._latest_ms - now_ms < MOST_BEHIND_MS:
            return self._latest_ms
        self._latest_ms = now_ms
        return now_ms

    def steady_ms(self) -> float:
        """For `heard`: when something was sent or received."""
        return self._steady_ns() / _MS

    def heard(self, sent_ms: float, told_ms: int, received_ms: float) -> None:
        """Redis told its time (epoch, ms) in a reply to what was sent and received then."""
        # A whole millisecond stands for any moment within it.
        least = told_ms * _MS - int(received_ms * _MS)
        most = (told_ms + 1) * _MS - int(sent_ms * _MS)
        self._ahead_ns = min(max(self._ahead_ns, least), most)
