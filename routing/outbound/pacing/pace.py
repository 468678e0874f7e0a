"""What a campaign wants of its pacing."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from math import ceil


class Mode(Enum):
    """How calls are placed for agents."""

    PREVIEW = "preview"
    """Each free agent is shown a lead, and says when to call: what is asked for are leads."""
    PROGRESSIVE = "progressive"
    """One call in the air for each free agent: nobody is ever lost."""
    POWER = "power"
    """`Pace.ratio` calls in the air for each free agent."""
    PREDICTIVE = "predictive"
    """As many as the abandon budget and the forecast of the next half minute allow."""
    AGENTLESS = "agentless"
    """The flow talks: as many as lines and calls a second allow."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a campaign is paced.

    `ratio`: of power dialing. `lines`: in the air and in conversation at once; `calls_per_s`: None
    is no limit. `assured`: of the answers that even progressive dialing is sure to bring until the
    end of the day, the share that is counted on to make up for the worst case, which keeps the caps
    at its end if they come; the worst case is then that twice as many of the calls in the air are
    answered as may be by what was learned. With 0 it is that all of them are and no more come: the
    caps hold at every moment of the day, whatever happens, at the price of a slow morning.
    `answer_rate`, `talk_s`: what is expected before anything was seen.
    """

    mode: Mode = Mode.PREDICTIVE
    ratio: float = 1.5
    lines: int = 10_000
    calls_per_s: float | None = None
    assured: float = 0.9
    answer_rate: float = 0.2
    talk_s: float = 150.0

    def __post_init__(self) -> None:
        if self.ratio < 1:
            raise ValueError("a ratio is 1 or more")
        if self.lines < 0 or (self.calls_per_s is not None and self.calls_per_s <= 0):
            raise ValueError("lines are 0 or more, calls a second more than 0")
        if not 0 <= self.assured <= 1 or not 0 < self.answer_rate <= 1 or self.talk_s <= 0:
            raise ValueError("shares are from 0 to 1, an answer rate and a talk more than 0")


class Throttle:
    """No more than so many calls within any second; 2.5 a second are three within any 1.2 s."""

    def __init__(self, calls_per_s: float | None) -> None:
        self._most = None if calls_per_s is None else ceil(calls_per_s)
        self._within_ms = 0.0 if calls_per_s is None else 1000 * ceil(calls_per_s) / calls_per_s
        self._placed_ms: deque[int] = deque()

    def at(self, calls_per_s: float | None) -> Throttle:
        """At another pace; what was placed lately counts."""
        other = Throttle(calls_per_s)
        other._placed_ms = self._placed_ms
        return other

    def left(self, now_ms: int, wanted: int) -> int:
        """Of the wanted calls, how many may be placed at once."""
        if self._most is None:
            return wanted
        while self._placed_ms and self._placed_ms[0] <= now_ms - self._within_ms:
            self._placed_ms.popleft()
        return min(wanted, self._most - len(self._placed_ms))

    def placed(self, now_ms: int) -> None:
        """A call was placed."""
        if self._most is not None:
            self._placed_ms.append(now_ms)
