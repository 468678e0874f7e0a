"""When agents are meant to be at work, and how far they are.

Pure: a shift's `Calendar` says for any moment whether the shift is on, and until when. Whoever has
several shifts is at work in any of them, and held to the strictest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol

from routing import agent as agents
from routing.agent import AgentState

BY_SHIFT = "shift:"
"""Begins the name of who did it, where that was a shift's beginning or end."""


class Outside(IntEnum):
    """What is done with agents while none of their shifts is on; each does what those before do."""

    ALLOW = 0
    """Nothing: a shift is only looked at."""
    LOGOUT = 1
    """At the end of a shift they are logged out after what is in hand, and a phone that registers
    logs nobody in; who logs in by code works on."""
    REFUSE = 2
    """Nor can they log in by code."""


class ShiftTime(NamedTuple):
    """Whether a shift is on, since when and until when (epoch, ms); None: not within a year."""

    on: bool
    since_ms: int | None
    until_ms: int | None


class Calendar(Protocol):
    """When a shift is on. Equal to another that says the same."""

    def at(self, now_ms: int) -> ShiftTime:
        """How it stands at `now_ms`."""
        ...


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift of the site. `logs_in`: agents whose phone is there are logged in at its start."""

    name: str
    calendar: Calendar
    outside: Outside = Outside.ALLOW
    logs_in: bool = False


class Duty(NamedTuple):
    """How an agent's shifts stand: the one that is on (else empty), since when one is or none is,
    and when that may change."""

    shift: str
    since_ms: int | None
    changes_ms: int | None
    outside: Outside
    logs_in: bool


def duty_at(shifts: Sequence[Shift], now_ms: int) -> Duty | None:
    """None for an agent without shifts."""
    if not shifts:
        return None
    times = [(shift, shift.calendar.at(now_ms)) for shift in shifts]
    changes_ms = min((t.until_ms for _, t in times if t.until_ms is not None), default=None)
    outside = max(shift.outside for shift in shifts)
    for shift, time in times:
        if time.on:
            return Duty(shift.name, time.since_ms, changes_ms, outside, shift.logs_in)
    ended_ms = max((t.since_ms for _, t in times if t.since_ms is not None), default=None)
    return Duty("", ended_ms, changes_ms, outside, logs_in=False)


class Adherence(StrEnum):
    """How what an agent does goes with the shift."""

    PRESENT = "present"
    LATE = "late"  # the shift is on and the agent was not here since it began
    LEFT = "left"  # the shift is on and the agent has gone
    EARLY = "early"  # no shift is on yet and the agent is here
    OVERTIME = "overtime"  # the shift is over and the agent is still here
    OFF = "off"


class Kept(NamedTuple):
    """`ms`: for how long, where it is other than present or off."""

    adherence: Adherence
    ms: int = 0


def kept(duty: Duty, state: AgentState, login_ms: int, now_ms: int) -> Kept:
    """How an agent in this state, who logged in at `login_ms`, keeps to the shift."""
    began_ms = duty.since_ms or 0
    if isinstance(state, agents.Offline):
        if not duty.shift:
            return Kept(Adherence.OFF)
        if state.since_ms < began_ms:
            return Kept(Adherence.LATE, now_ms - began_ms)
        return Kept(Adherence.LEFT, now_ms - state.since_ms)
    if duty.shift:
        return Kept(Adherence.PRESENT)
    if login_ms > began_ms:
        return Kept(Adherence.EARLY, now_ms - login_ms)
    return Kept(Adherence.OVERTIME, now_ms - began_ms)
