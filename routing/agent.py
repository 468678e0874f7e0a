"""An agent and the states an agent can be in.

Each state is a frozen value whose verbs return the next one. A verb that the state
does not know raises `IllegalTransition`.

    Offline ⇄ Available → Reserved → Ringing → Talking → WrapUp → Available
                  ⇅            └─────────┴─ no answer: NotResponding, refused: BackOff
               Paused

A missed ring too is a BackOff where the site lets agents miss more than one.

What an agent asks for while busy with a contact (pause, log out) is kept in `Then` and
takes effect afterwards. So does a phone that goes away in mid-conversation.

Idle time counts from the end of the last contact (its wrap-up included), or from the
log-in if that is later; a new registration of an offline agent's phone is a log-in. A pause,
a missed ring or a phone that did not answer for a while does not reset it: else pausing for
a second when one's turn comes would be the way to dodge a call.
"""

from dataclasses import replace
from typing import Self

from routing.errors import IllegalTransition
from routing.preference import GREATEST_NEED, Preference
from routing.skills import Skills
from routing.values import value


@value(frozen=True, slots=True)
class Agent:
    """What the site says about an agent. `phone` is the switch's name of the phone; `cost` counts
    where a queue's strategy looks for the cheapest; `prefers` chooses among those who wait."""

    id: str
    phone: str
    skills: Skills
    cost: int = 0
    prefers: Preference = GREATEST_NEED


@value(frozen=True, slots=True)
class Then:
    """What holds the agent back once the present contact is done with."""

    logout: bool = False
    unreachable: bool = False
    pause: str | None = None

    def settle(self, now_ms: int, idle_since_ms: int) -> "Available | Paused | Offline":
        """The state of an agent who handles nothing."""
        if self.logout:
            return Offline(now_ms, idle_since_ms, by_code=True)
        if self.unreachable:
            return Offline(now_ms, idle_since_ms, pause_reason=self.pause)
        if self.pause is not None:
            return Paused(now_ms, idle_since_ms, self.pause)
        return Available(now_ms, idle_since_ms)


@value(frozen=True, slots=True)
class _State:
    """The verbs of handling a contact, each refused unless a state below allows it.

    `since_ms`: when the state began; `idle_since_ms`: see above (both epoch, ms).
    """

    since_ms: int
    idle_since_ms: int

    def reserve(self, contact: str, now_ms: int) -> "Reserved":
        """A contact is promised to the agent."""
        raise IllegalTransition(type(self).__name__, "reserve")

    def ring(self, now_ms: int) -> "Ringing":
        """The phone was told to ring."""
        raise IllegalTransition(type(self).__name__, "ring")

    def release(self, now_ms: int) -> "AgentState":
        """The contact went away through no doing of the agent."""
        raise IllegalTransition(type(self).__name__, "release")

    def miss(self, now_ms: int) -> "AgentState":
        """The phone rang and nobody answered (RONA)."""
        raise IllegalTransition(type(self).__name__, "miss")

    def refuse(self, until_ms: int, now_ms: int) -> "AgentState":
        """The ring came to nothing; the phone may be tried again at `until_ms`."""
        raise IllegalTransition(type(self).__name__, "refuse")

    def answer(self, leg: str, now_ms: int, queue: str = "") -> "Talking":
        """The agent answered on `leg` for a contact of `queue`."""
        raise IllegalTransition(type(self).__name__, "answer")

    def finish(self, wrap_up_ms: int, now_ms: int) -> "AgentState":
        """The agent's leg ended."""
        raise IllegalTransition(type(self).__name__, "finish")

    def wake(self, now_ms: int) -> "AgentState":
        """Wrap-up or back-off is over: its time is up, or the agent says so."""
        raise IllegalTransition(type(self).__name__, "wake")


@value(frozen=True, slots=True)
class _Free(_State):
    """Handles no contact: what the agent asks for happens at once."""

    def login(self, now_ms: int) -> "AgentState":
        """The agent wants contacts: by code, from the desk, or by a new registration."""
        return Available(now_ms, self.idle_since_ms)

    def logout(self, now_ms: int) -> "AgentState":
        """The agent is done until a log-in or a new registration."""
        return Offline(now_ms, self.idle_since_ms, by_code=True)

    def pause(self, reason: str, now_ms: int) -> "AgentState":
        """No contacts for now, and why."""
        return Paused(now_ms, self.idle_since_ms, reason)

    def resume(self, now_ms: int) -> "AgentState":
        """Back from a pause, or from not responding."""
        return Available(now_ms, self.idle_since_ms)

    def reachable(self, now_ms: int) -> "AgentState":
        """The phone can be rung again."""
        return self  # type: ignore[return-value]  # every subclass is in AgentState

    def unreachable(self, now_ms: int) -> "AgentState":
        """The phone cannot be rung."""
        return Offline(now_ms, self.idle_since_ms)


@value(frozen=True, slots=True)
class _Busy(_State):
    """Handles `contact`: what the agent asks for is kept in `then`."""

    contact: str
    then: Then = Then()

    def login(self, now_ms: int) -> Self:
        """Takes back a log-out or pause asked for."""
        return replace(self, then=Then(unreachable=self.then.unreachable))

    def logout(self, now_ms: int) -> Self:
        """Log out afterwards."""
        return replace(self, then=replace(self.then, logout=True))

    def pause(self, reason: str, now_ms: int) -> Self:
        """Pause afterwards."""
        return replace(self, then=replace(self.then, pause=reason))

    def resume(self, now_ms: int) -> Self:
        """Takes back a pause asked for."""
        return replace(self, then=replace(self.then, pause=None))

    def reachable(self, now_ms: int) -> Self:
        """The phone is back before it mattered."""
        return replace(self, then=replace(self.then, unreachable=False))

    def unreachable(self, now_ms: int) -> Self:
        """Offline afterwards; the audio of a conversation may well go on."""
        return replace(self, then=replace(self.then, unreachable=True))


@value(frozen=True, slots=True)
class Offline(_Free):
    """Takes no part. After a log-out `by_code`, a phone that is merely reachable changes
    nothing. `pause_reason`: the pause to go back to when the phone is reachable again."""

    by_code: bool = False
    pause_reason: str | None = None

    def login(self, now_ms: int) -> "AgentState":
        return Available(now_ms, now_ms)

    def resume(self, now_ms: int) -> "AgentState":
        raise IllegalTransition("Offline", "resume")

    def pause(self, reason: str, now_ms: int) -> "AgentState":
        raise IllegalTransition("Offline", "pause")

    def register(self, now_ms: int) -> "AgentState":
        """A phone has newly registered: a log-in, after which a pause is still a pause."""
        return Then(pause=self.pause_reason).settle(now_ms, now_ms)

    def reachable(self, now_ms: int) -> "AgentState":
        if self.by_code:
            return self
        return Then(pause=self.pause_reason).settle(now_ms, self.idle_since_ms or now_ms)

    def unreachable(self, now_ms: int) -> "AgentState":
        return self


@value(frozen=True, slots=True)
class Available(_Free):
    """Waits for a contact."""

    def login(self, now_ms: int) -> "AgentState":
        return self

    def resume(self, now_ms: int) -> "AgentState":
        return self

    def reserve(self, contact: str, now_ms: int) -> "Reserved":
        return Reserved(now_ms, self.idle_since_ms, contact)


@value(frozen=True, slots=True)
class Paused(_Free):
    """Asked for no contacts; `reason` is one of the site's."""

    reason: str

    def unreachable(self, now_ms: int) -> "AgentState":
        return Offline(now_ms, self.idle_since_ms, pause_reason=self.reason)


@value(frozen=True, slots=True)
class NotResponding(_Free):
    """Did not answer; a log-in, a resume or a new registration makes available."""


@value(frozen=True, slots=True)
class BackOff(_Free):
    """The phone was busy or refused, or rang in vain and may do so once more; it is tried again at
    `until_ms`."""

    until_ms: int

    def wake(self, now_ms: int) -> "AgentState":
        return Available(now_ms, self.idle_since_ms)


@value(frozen=True, slots=True)
class _Offered(_Busy):
    """Promised a contact, which may still come to nothing. The store holds the lease."""

    def release(self, now_ms: int) -> "AgentState":
        return self.then.settle(now_ms, self.idle_since_ms)

    def miss(self, now_ms: int) -> "AgentState":
        if self.then != Then():
            return self.release(now_ms)
        return NotResponding(now_ms, self.idle_since_ms)

    def refuse(self, until_ms: int, now_ms: int) -> "AgentState":
        if self.then != Then():
            return self.release(now_ms)
        return BackOff(now_ms, self.idle_since_ms, until_ms)


@value(frozen=True, slots=True)
class Reserved(_Offered):
    """Nothing rings yet."""

    def ring(self, now_ms: int) -> "Ringing":
        return Ringing(now_ms, self.idle_since_ms, self.contact, self.then)


@value(frozen=True, slots=True)
class Ringing(_Offered):
    """The phone rings."""

    def answer(self, leg: str, now_ms: int, queue: str = "") -> "Talking":
        return Talking(now_ms, self.idle_since_ms, self.contact, self.then, leg, queue)


@value(frozen=True, slots=True)
class Talking(_Busy):
    """In conversation over `leg`. `queue` is where the contact was: its rules say how long the
    wrap-up is, and the contact may be elsewhere or forgotten by then."""

    leg: str = ""
    queue: str = ""

    def take_over(self, contact: str, queue: str, now_ms: int) -> "Talking":
        """Who was consulted about a contact of `queue` has it from now on, over the same leg."""
        return replace(self, since_ms=now_ms, contact=contact, queue=queue)

    def finish(self, wrap_up_ms: int, now_ms: int) -> "AgentState":
        if wrap_up_ms <= 0:
            return self.then.settle(now_ms, now_ms)
        return WrapUp(now_ms, now_ms, self.contact, self.then, now_ms + wrap_up_ms)


@value(frozen=True, slots=True)
class WrapUp(_Busy):
    """Finishes the paperwork of `contact`, until `until_ms` at the latest."""

    until_ms: int = 0

    def wake(self, now_ms: int) -> "AgentState":
        return self.then.settle(now_ms, now_ms)


AgentState = (
    Offline | Available | Reserved | Ringing | Talking | WrapUp | Paused | NotResponding | BackOff
)
