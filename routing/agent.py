"""An agent and the states an agent can be in.

Each state is a frozen value whose verbs return the next one. A verb that the state
does not know raises `IllegalTransition`.

    Offline ⇄ Available → Reserved → Ringing → Talking → WrapUp → Available
                  ⇅            └─────────┴─ no answer: NotResponding, refused: BackOff
               Paused

A missed ring too is a BackOff where the site lets agents miss more than one.

What an agent asks for while busy with a contact (pause, log out) is kept in `Then` and
takes effect afterwards. So does a phone that goes away in mid-conversation.

What somebody else decided is marked: `by` names a supervisor (or `shift:NAME`), and `held` the
verb, `logout` or `pause`, that the agent cannot take back: then the agent's own log-in, pause and
resume raise `HeldBySupervisor` until it is released. The verbs here are the agent's own;
`routing/supervising.py` has the supervisor's.

Idle time counts from the end of the last contact (its wrap-up included), or from the
log-in if that is later; a new registration of an offline agent's phone is a log-in. A pause,
a missed ring or a phone that did not answer for a while does not reset it: else pausing for
a second when one's turn comes would be the way to dodge a call.
"""

from dataclasses import replace
from typing import Self

from routing.errors import HeldBySupervisor, IllegalTransition
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


LOGOUT, PAUSE = "logout", "pause"
"""What `held` can be."""


def _own(state: str, by: str, held: str, verb: str) -> None:
    """An agent's own verb, which a supervisor may have taken away."""
    if held:
        raise HeldBySupervisor(state, verb, by)


@value(frozen=True, slots=True)
class Then:
    """What holds the agent back once the present contact is done with."""

    logout: bool = False
    unreachable: bool = False
    pause: str | None = None
    by: str = ""
    held: str = ""

    def settle(self, now_ms: int, idle_since_ms: int) -> "Available | Paused | Offline":
        """The state of an agent who handles nothing."""
        if self.logout or self.unreachable:
            kept = self.pause if not self.logout or self.held == PAUSE else None
            return Offline(now_ms, idle_since_ms, self.logout, kept, self.by, self.held)
        if self.pause is not None:
            return Paused(now_ms, idle_since_ms, self.pause, self.by, self.held)
        return Available(now_ms, idle_since_ms)

    def without_pause(self) -> "Then":
        """The pause is taken back; a log-out is still whose it was."""
        return replace(self, pause=None, by=self.by if self.logout else "", held="")


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
        self._not_held("login")
        return replace(self, then=Then(unreachable=self.then.unreachable))

    def logout(self, now_ms: int) -> Self:
        """Log out afterwards."""
        by = self.then.by if self.then.logout or self.then.held else ""
        return replace(self, then=replace(self.then, logout=True, by=by))

    def pause(self, reason: str, now_ms: int) -> Self:
        """Pause afterwards."""
        self._not_held("pause")
        by = self.then.by if self.then.logout else ""
        return replace(self, then=replace(self.then, pause=reason, by=by))

    def resume(self, now_ms: int) -> Self:
        """Takes back a pause asked for."""
        self._not_held("resume")
        return replace(self, then=self.then.without_pause())

    def _not_held(self, verb: str) -> None:
        _own(type(self).__name__, self.then.by, self.then.held, verb)

    def reachable(self, now_ms: int) -> Self:
        """The phone is back before it mattered."""
        return replace(self, then=replace(self.then, unreachable=False))

    def unreachable(self, now_ms: int) -> Self:
        """Offline afterwards; the audio of a conversation may well go on."""
        return replace(self, then=replace(self.then, unreachable=True))


@value(frozen=True, slots=True)
class Offline(_Free):
    """Takes no part. After a log-out `by_code`, a phone that is merely reachable changes
    nothing. `pause_reason`: the pause to go back to when the phone is reachable again, or, where
    that is held, at the log-in; it had lasted `spent_ms`."""

    by_code: bool = False
    pause_reason: str | None = None
    by: str = ""
    held: str = ""
    spent_ms: int = 0

    def login(self, now_ms: int) -> "AgentState":
        if self.held == PAUSE:
            return self._back(now_ms, now_ms)
        _own("Offline", self.by, self.held, "login")
        return Available(now_ms, now_ms)

    def logout(self, now_ms: int) -> "AgentState":
        if self.held:
            return replace(self, by_code=True)
        return Offline(now_ms, self.idle_since_ms, by_code=True)

    def resume(self, now_ms: int) -> "AgentState":
        raise IllegalTransition("Offline", "resume")

    def pause(self, reason: str, now_ms: int) -> "AgentState":
        raise IllegalTransition("Offline", "pause")

    def register(self, now_ms: int) -> "AgentState":
        """A phone has newly registered: a log-in, after which a pause is still a pause."""
        return self if self.held == LOGOUT else self._back(now_ms, now_ms)

    def reachable(self, now_ms: int) -> "AgentState":
        if self.by_code:
            return self
        return self._back(now_ms, self.idle_since_ms or now_ms)

    def _back(self, now_ms: int, idle_since_ms: int) -> "AgentState":
        if self.pause_reason is None:
            return Available(now_ms, idle_since_ms)
        pause = self.pause_reason, self.by, self.held
        return Paused(now_ms, idle_since_ms, *pause, spent_ms=self.spent_ms)

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
    """Asked for no contacts; `reason` is one of the site's. `over`: longer than the site allows,
    and its supervisors were told; `spent_ms`: of this pause before the phone was away."""

    reason: str
    by: str = ""
    held: str = ""
    over: bool = False
    spent_ms: int = 0

    def login(self, now_ms: int) -> "AgentState":
        self._not_held("login")
        return Available(now_ms, self.idle_since_ms)

    def logout(self, now_ms: int) -> "AgentState":
        out = Offline(now_ms, self.idle_since_ms, by_code=True)
        return replace(self._away(now_ms), by_code=True) if self.held else out

    def pause(self, reason: str, now_ms: int) -> "AgentState":
        """Asked for again, a pause is not a new one: its time goes on."""
        if reason == self.reason:
            return self
        self._not_held("pause")
        return Paused(now_ms, self.idle_since_ms, reason)

    def resume(self, now_ms: int) -> "AgentState":
        self._not_held("resume")
        return Available(now_ms, self.idle_since_ms)

    def unreachable(self, now_ms: int) -> "AgentState":
        return self._away(now_ms)

    def had_enough(self) -> "Paused":
        """As long as the site allows, or longer."""
        return replace(self, over=True)

    def _away(self, now_ms: int) -> Offline:
        spent_ms = self.spent_ms + now_ms - self.since_ms
        pause = self.reason, self.by, self.held
        return Offline(now_ms, self.idle_since_ms, False, *pause, spent_ms)

    def _not_held(self, verb: str) -> None:
        _own("Paused", self.by, self.held, verb)


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
        until_ms = now_ms + wrap_up_ms
        return WrapUp(now_ms, now_ms, self.contact, self.then, until_ms, self.queue)


@value(frozen=True, slots=True)
class WrapUp(_Busy):
    """Finishes the paperwork of `contact`, until `until_ms` at the latest. `queue` is where the
    contact was."""

    until_ms: int = 0
    queue: str = ""

    def wake(self, now_ms: int) -> "AgentState":
        return self.then.settle(now_ms, now_ms)

    def extend(self, by_ms: int, most_ms: int) -> "WrapUp":
        """So much longer, but `most_ms` in all."""
        return replace(self, until_ms=min(self.until_ms + by_ms, self.since_ms + most_ms))


AgentState = (
    Offline | Available | Reserved | Ringing | Talking | WrapUp | Paused | NotResponding | BackOff
)


def freed(state: AgentState) -> AgentState:
    """The same, with nothing held."""
    match state:
        case Offline() | Paused():
            return replace(state, held="")
        case Reserved() | Ringing() | Talking() | WrapUp():
            return replace(state, then=replace(state.then, held=""))
        case _:
            return state


def marked(state: AgentState, by: str, held: str = "") -> AgentState:
    """The same, as somebody else's doing: that of a pause or log-out, now or afterwards."""
    match state:
        case Offline() | Paused():
            return replace(state, by=by, held=held)
        case Reserved() | Ringing() | Talking() | WrapUp():
            return replace(state, then=replace(state.then, by=by, held=held))
        case _:
            return state


def doer(state: AgentState) -> str:
    """Whose doing it is that an agent is paused or offline; empty: the agent's own, or nobody's.

    Who is offline only as the phone is away, or logged out of a pause that is held, keeps the name
    of who paused them, for when they are back."""
    match state:
        case Offline(by_code=by_code, by=by, held=held):
            return by if by_code and held != PAUSE else ""
        case Paused(by=by):
            return by
        case _:
            return ""


def in_hand(state: AgentState) -> str | None:
    """The contact that an agent has, is rung for, or writes notes of."""
    return state.contact if isinstance(state, _Busy) else None


def is_held(state: AgentState) -> bool:
    """Whether a supervisor's word stands, now or for afterwards."""
    match state:
        case Offline(held=held) | Paused(held=held):
            return bool(held)
        case Reserved(then=then) | Ringing(then=then) | Talking(then=then) | WrapUp(then=then):
            return bool(then.held)
        case _:
            return False
