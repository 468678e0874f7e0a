"""What a pacer is told. Every moment is `at_ms`, in ms of any clock that only goes forward; agents
and calls have whatever names the teller gives them.

An agent: `LoggedIn` → `Ready` → (`Connected`, `Talking`) → `WrapUp` (or none) → `Ready` … →
`Paused`, `LoggedOut`.
A call: `Dialing` → `Ringing` (or none) → `Answered` → `Connected`, `Lost` or `Machine`; or it ends
unanswered as `Busy`, `NoAnswer` or `Failed`.
"""

from __future__ import annotations

from typing import NamedTuple


class LoggedIn(NamedTuple):
    """An agent is at work, and not ready yet."""

    agent: str
    at_ms: int


class Ready(NamedTuple):
    """An agent is free for a call."""

    agent: str
    at_ms: int


class Talking(NamedTuple):
    """An agent talks, or is taken otherwise, and not with a call of this campaign (for those
    `Connected` says it): a call that came in, of blended agents."""

    agent: str
    at_ms: int


class WrapUp(NamedTuple):
    """An agent's conversation is over, and notes are written."""

    agent: str
    at_ms: int


class Paused(NamedTuple):
    """An agent is at work, and takes no calls."""

    agent: str
    at_ms: int


class LoggedOut(NamedTuple):
    """An agent is gone."""

    agent: str
    at_ms: int


class Dialing(NamedTuple):
    """A call was placed."""

    call: str
    at_ms: int


class Ringing(NamedTuple):
    """Its phone rings."""

    call: str
    at_ms: int


class Answered(NamedTuple):
    """It was picked up. Whether by a person, or whether anybody is there for them, comes next."""

    call: str
    at_ms: int


class Connected(NamedTuple):
    """A person has an agent in time. `agent` None: the campaign's flow, where it has no agents."""

    call: str
    agent: str | None
    at_ms: int


class Ended(NamedTuple):
    """A call that the campaign's flow had is over; of those that agents have, `WrapUp` and `Ready`
    tell."""

    call: str
    at_ms: int


class Lost(NamedTuple):
    """A person answered and nobody was there in time; or the call was hung up before it had rung
    for as long as it must."""

    call: str
    at_ms: int


class NotMet(NamedTuple):
    """Who was `Connected` has met nobody: the agent was gone in that moment, and no other was there
    in time. It was lost, and never live."""

    call: str
    at_ms: int


class Machine(NamedTuple):
    """Detection says that a machine answered."""

    call: str
    at_ms: int


class Busy(NamedTuple):
    """The line was busy."""

    call: str
    at_ms: int


class NoAnswer(NamedTuple):
    """It rang for as long as it may."""

    call: str
    at_ms: int


class Failed(NamedTuple):
    """It could not be placed: a number that is none, a trunk that takes no more."""

    call: str
    at_ms: int


Event = (
    LoggedIn
    | Ready
    | Talking
    | WrapUp
    | Paused
    | LoggedOut
    | Dialing
    | Ringing
    | Answered
    | Connected
    | Ended
    | Lost
    | NotMet
    | Machine
    | Busy
    | NoAnswer
    | Failed
)
