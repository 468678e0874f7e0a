"""The course of a call to a lead: one value for each state; what is heard gives the next, and what
the pacer is to be told of it.

::

    InAir ──picked_up──▶ PickedUp ──connected──▶ Joined ──────┐
      │                      ├──lost──────▶ Over(lost) ◀──lost──┘
      │                      └──judged────▶ Over(machine, fax …)
      └──not_reached──▶ Over(busy, no_answer …)

News may come late or twice, for the network tells it: what does not fit a state changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from routing.outbound.leads.plan import Result
from routing.outbound.pacing import events

MEANT_MS = 2_000
"""Who picks up and hangs up again within this time was not kept waiting by anybody."""

Unanswered = type[events.Machine | events.Busy | events.NoAnswer | events.Failed]
_NOBODY: Mapping[Result, Unanswered] = {
    Result.MACHINE: events.Machine,
    Result.BUSY: events.Busy,
    Result.NO_ANSWER: events.NoAnswer,
}


class Step(NamedTuple):
    """The next state, and what it means to the pacer; None: nothing."""

    state: State
    told: events.Event | None = None


@dataclass(frozen=True, slots=True)
class _State:
    """Every verb, without effect; the states below know their own. `call` is the call's name for
    the pacer, `at_ms` when it happened."""

    call: str

    def rings(self, at_ms: int) -> Step:
        """The network says that the phone rings."""
        return Step(self)  # type: ignore[arg-type]  # every subclass is in State

    def picked_up(self, at_ms: int) -> Step:
        """By whom is not known yet."""
        return Step(self)  # type: ignore[arg-type]

    def not_reached(self, result: Result, at_ms: int) -> Step:
        """Nobody picked up, and nobody will."""
        return Step(self)  # type: ignore[arg-type]

    def is_nobody(self, result: Result, at_ms: int) -> Step:
        """What picked up is no person: machine, fax, intercept, or a tone."""
        return Step(self)  # type: ignore[arg-type]

    def connected(self, agent: str | None, at_ms: int) -> Step:
        """To an agent; None: to the campaign's flow."""
        return Step(self)  # type: ignore[arg-type]

    def lost(self, at_ms: int) -> Step:
        """A person, and nobody was there in time."""
        return Step(self)  # type: ignore[arg-type]

    def ended(self, at_ms: int, *, by_callee: bool) -> Step:
        """The channel is gone, whatever was told before."""
        return Step(self)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class InAir(_State):
    """Dialed, or ringing."""

    ringing: bool = False

    def rings(self, at_ms: int) -> Step:
        if self.ringing:
            return Step(self)
        return Step(InAir(self.call, ringing=True), events.Ringing(self.call, at_ms))

    def picked_up(self, at_ms: int) -> Step:
        return Step(PickedUp(self.call, at_ms), events.Answered(self.call, at_ms))

    def not_reached(self, result: Result, at_ms: int) -> Step:
        return Step(Over(self.call, result), _nobody(self.call, result, at_ms))

    def ended(self, at_ms: int, *, by_callee: bool) -> Step:
        return self.not_reached(Result.FAILED, at_ms)


@dataclass(frozen=True, slots=True)
class PickedUp(_State):
    """Somebody or something has picked up, at `since_ms`."""

    since_ms: int

    def is_nobody(self, result: Result, at_ms: int) -> Step:
        return Step(Over(self.call, result), _nobody(self.call, result, at_ms))

    def connected(self, agent: str | None, at_ms: int) -> Step:
        return Step(Joined(self.call, agent), events.Connected(self.call, agent, at_ms))

    def lost(self, at_ms: int) -> Step:
        return Step(Over(self.call, Result.LOST), events.Lost(self.call, at_ms))

    def ended(self, at_ms: int, *, by_callee: bool) -> Step:
        """Who hung up at once was not lost; whoever waited longer counts as a person who was."""
        if by_callee and at_ms - self.since_ms < MEANT_MS:
            return self.is_nobody(Result.NO_ANSWER, at_ms)
        return self.lost(at_ms)


@dataclass(frozen=True, slots=True)
class Joined(_State):
    """A person talks to `agent`, or is about to; None: to the flow. Whose agent was gone in that
    moment meets another, or is lost."""

    agent: str | None

    def connected(self, agent: str | None, at_ms: int) -> Step:
        if agent is None or agent == self.agent:
            return Step(self)
        return Step(Joined(self.call, agent), events.Talking(agent, at_ms))

    def lost(self, at_ms: int) -> Step:
        return Step(Over(self.call, Result.LOST), events.NotMet(self.call, at_ms))

    def ended(self, at_ms: int, *, by_callee: bool) -> Step:
        told = events.Ended(self.call, at_ms) if self.agent is None else None
        return Step(Over(self.call, Result.ANSWERED), told)


@dataclass(frozen=True, slots=True)
class Over(_State):
    """What came of it is known; the channel may still be up, for a message."""

    result: Result


State = InAir | PickedUp | Joined | Over


def _nobody(call: str, result: Result, at_ms: int) -> events.Event:
    return _NOBODY.get(result, events.Failed)(call, at_ms)
