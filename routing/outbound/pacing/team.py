"""Who is free, who talks and who writes notes, and since when (seconds)."""

from __future__ import annotations

from routing.outbound.pacing.durations import Average, Hazard


class Team:
    """The agents of a campaign, and how long their conversations and their wrap-ups last."""

    def __init__(self, talk_s: float) -> None:
        self.free: dict[str, float] = {}
        self.talking: dict[str, float] = {}
        self.wrapping: dict[str, float] = {}
        self.talk = Hazard(talk_s)
        self.wrap = Hazard(talk_s / 6)
        self._wraps = Average(0.0)

    def __len__(self) -> int:
        """How many take calls, now or after the one in hand."""
        return len(self.free) + len(self.talking) + len(self.wrapping)

    @property
    def wraps(self) -> float:
        """The share of conversations that a wrap-up follows."""
        return self._wraps.value

    def ready(self, agent: str, at_s: float) -> None:
        """Free, since then."""
        self._ended(agent, at_s, wraps=False)
        self.free[agent] = at_s

    def talks(self, agent: str, at_s: float) -> None:
        """In a conversation since then."""
        self._ended(agent, at_s, wraps=False)
        self.talking[agent] = at_s

    def wraps_up(self, agent: str, at_s: float) -> None:
        """The conversation is over; notes since then."""
        self._ended(agent, at_s, wraps=True)
        self.wrapping[agent] = at_s

    def leaves(self, agent: str, at_s: float) -> None:
        """Takes no calls any more."""
        self._ended(agent, at_s, wraps=False)

    def handling_s(self) -> float:
        """How long a call takes an agent on average."""
        return self.talk.mean_s() + self.wraps * self.wrap.mean_s()

    def _ended(self, agent: str, at_s: float, *, wraps: bool) -> None:
        self.free.pop(agent, None)
        if (since_s := self.talking.pop(agent, None)) is not None:
            self.talk.add(at_s - since_s, at_s)
            self._wraps.add(wraps)
        elif (since_s := self.wrapping.pop(agent, None)) is not None:
            self.wrap.add(at_s - since_s, at_s)
