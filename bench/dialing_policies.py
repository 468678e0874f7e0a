"""Dialers to hold a pacer to: progressive, VICIdial's adaptive level, and any table of targets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from routing.outbound.pacing import events as told
from routing.outbound.pacing.events import Event


class Counting:
    """Knows how many agents are free and at work, and how many calls are in the air."""

    def __init__(self) -> None:
        self._agents: set[str] = set()
        self._free: set[str] = set()
        self.in_air = self.answered = self.lost = 0

    @property
    def free(self) -> int:
        """Agents."""
        return len(self._free)

    @property
    def at_work(self) -> int:
        """Agents, free or not."""
        return len(self._agents)

    def hear(self, event: Event) -> None:
        """Something has happened."""
        match event:
            case told.Dialing():
                self.in_air += 1
            case told.NoAnswer():
                self.in_air -= 1
            case told.Connected(agent=agent):
                self.in_air -= 1
                self.answered += 1
                self._free.discard(agent or "")
            case told.Lost():
                self.in_air -= 1
                self.answered += 1
                self.lost += 1
            case told.LoggedIn(agent=agent):
                self._agents.add(agent)
            case told.Ready(agent=agent):
                self._free.add(agent)
            case told.LoggedOut(agent=agent):
                self._agents.discard(agent)
                self._free.discard(agent)


class Progressive(Counting):
    """A call in the air for each free agent."""

    def calls(self, now_ms: int) -> int:
        """How many calls to place now."""
        return max(0, self.free - self.in_air)


Targets = Callable[[float, int], Sequence[int]]
"""At a moment (seconds) and with so many agents at work: by the number of free agents, how many
calls are to be in the air."""


class Table(Counting):
    """So many calls in the air as a table says, once for every state."""

    def __init__(self, targets: Targets) -> None:
        super().__init__()
        self._targets = targets

    def calls(self, now_ms: int) -> int:
        """How many calls to place now."""
        if not self.at_work:
            return 0
        targets = self._targets(now_ms / 1000, self.at_work)
        target = targets[min(self.free, len(targets) - 1)]
        return max(0, max(target, self.free) - self.in_air)


class Limit(Enum):
    """What VICIdial does once more is lost than may be."""

    HARD = "hard"
    AVERAGE = "average"
    TAPERED = "tapered"


@dataclass(frozen=True)
class Tuning:
    """A VICIdial campaign's settings, as shipped."""

    limit: Limit = Limit.HARD
    drop_percent: float = 3.0
    max_level: float = 3.0
    intensity: float = 0.0
    diff_target: float = 0.0


class Vicidial(Counting):
    """VICIdial's adaptive level. Calls that nobody is free for are lost at once here, so that
    nobody answered ever waits."""

    def __init__(self, tuning: Tuning, day_s: float) -> None:
        super().__init__()
        self.level = 1.0
        self._tuning = tuning
        self._day_s = day_s
        self._sampled_s = self._adapted_s = self._placed_s = 0.0
        self._samples: deque[tuple[int, int]] = deque(maxlen=15)
        self._last: deque[tuple[float, bool]] = deque()

    def hear(self, event: Event) -> None:
        """Something has happened."""
        super().hear(event)
        if isinstance(event, told.Connected | told.Lost):
            self._last.append((event.at_ms / 1000, isinstance(event, told.Lost)))

    def calls(self, now_ms: int) -> int:
        """How many calls to place now."""
        now_s = now_ms / 1000
        while self._sampled_s + 1 <= now_s:
            self._sampled_s += 1
            self._samples.append((self.free, self.at_work))
            if self._sampled_s - self._adapted_s >= 15:
                self._adapted_s = self._sampled_s
                self._adapt(now_s)
        if now_s < self._placed_s + 2.5:
            return 0
        self._placed_s = now_s
        lines = self.at_work - self.free + self.in_air
        return max(0, round(self.level * self.at_work) - lines)

    def _adapt(self, now_s: float) -> None:
        tuning = self._tuning
        ready = sum(free for free, _ in self._samples) / len(self._samples)
        agents = sum(at_work for _, at_work in self._samples) / len(self._samples)
        if agents:
            self._difference((ready + tuning.diff_target) / agents)
        self._limit(now_s)
        self.level = max(self.level, 1.0)

    def _difference(self, difference: float) -> None:
        intensity = self._tuning.intensity / 100
        difference *= 1 + intensity if difference >= 0 else abs(intensity - 1)
        self.level = min(max(self.level * (1 + difference), 1.0), self._tuning.max_level)

    def _limit(self, now_s: float) -> None:
        while self._last and self._last[0][0] < now_s - 60:
            self._last.popleft()
        if len(self._last) > 20 and 2 * sum(lost for _, lost in self._last) > len(self._last):
            self.level /= 2
        if self.answered > 50 and 100 * self.lost > self._tuning.drop_percent * self.answered:
            match self._tuning.limit:
                case Limit.HARD:
                    self.level = 1.0
                case Limit.AVERAGE:
                    self.level /= 2
                case Limit.TAPERED:
                    self.level *= min(1.0, (self._day_s - now_s) / 1000)
