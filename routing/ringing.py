"""The port to whatever rings the phones, and how a ring can end."""

from typing import Protocol

from routing.matcher import Assignment
from routing.values import value


@value(frozen=True, slots=True)
class AgentLeg:
    """An agent who answered; `leg` is the switch's handle of the agent's side."""

    agent: str
    leg: str


@value(frozen=True, slots=True)
class Answered:
    """The agent is there, on `leg`."""

    leg: AgentLeg


@value(frozen=True, slots=True)
class Opened:
    """The agent answered, and their line stays open: nobody is there to talk to yet."""


@value(frozen=True, slots=True)
class NoAnswer:
    """It rang for its whole time and nobody answered (RONA)."""


@value(frozen=True, slots=True)
class Busy:
    """The phone is in use, or its user declined."""


@value(frozen=True, slots=True)
class Unreachable:
    """No phone is registered, or it does not react."""


@value(frozen=True, slots=True)
class Failed:
    """It could not be rung for another `reason` (a static text)."""

    reason: str


@value(frozen=True, slots=True)
class Stopped:
    """It was stopped on request."""


RingOutcome = Answered | Opened | NoAnswer | Busy | Unreachable | Failed | Stopped


class Ringer(Protocol):
    """Rings agents' phones. None of its methods raises for a channel already gone."""

    async def ring(self, assignment: Assignment, timeout_ms: int) -> RingOutcome:
        """Rings the agent's phone and says how that ended."""

    async def stop_ringing(self, assignment: Assignment) -> None:
        """Stops the ring; the pending `ring` then returns `Stopped` (or how it did end)."""

    async def drop(self, leg: AgentLeg) -> None:
        """Hangs up an agent who answered for nobody."""
