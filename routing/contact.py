"""A contact (a call, later a chat or a mail) and the states of its wait for an agent.

Each state is a frozen value whose verbs return the next one. A verb that the state
does not know raises `IllegalTransition`.

    Waiting ⇄ Reserved → Ringing → Talking → Ended
       ↑_________________|            every state → Ended
"""

from dataclasses import replace
from enum import StrEnum
from typing import Literal, NamedTuple, Self

from config.requirement import ANYONE, Requirement
from routing.errors import IllegalTransition
from routing.skills import Skills
from routing.values import value

Channel = Literal["voice"]
"""Kinds of contact. The matcher never looks at it; chat and mail come later."""


FIRST = 1_000
"""The priority of who was called and has answered, above every caller's (0 to 100): callers may
wait, and the law gives these people two seconds."""


class Outcome(StrEnum):
    """Why a contact is over."""

    COMPLETED = "completed"  # an agent talked to it
    ABANDONED = "abandoned"  # the caller hung up before an agent answered
    TIMEOUT = "timeout"  # the flow took it out of the queue after its longest wait
    WITHDRAWN = "withdrawn"  # the flow took it out for another reason
    UNANSWERED = "unanswered"  # it was for one agent, whose phone was rung in vain
    LOST = "lost"  # its channel was gone when the engine came back


class Relaxation(NamedTuple):
    """What is asked of an agent once a contact has waited `after_ms`, in place of all before."""

    after_ms: int
    skills: Skills
    requires: Requirement = ANYONE


class Preferred(NamedTuple):
    """Until it has waited `for_ms`, a contact waits for this `agent` alone: who served the customer
    last (sticky), or whom the customer asked for (named).

    It keeps its place meanwhile, before nobody and behind nobody by it. One who `insists` waits
    even while the agent is paused or away; else it is for anyone as soon as the agent is.
    """

    agent: str
    for_ms: int
    insists: bool = False


@value(frozen=True, slots=True)
class Contact:
    """What does not change while the contact lives, but for the skills that its wait relaxes.

    An agent needs all of `skills`, must meet `requires` beside, and what the queue's rules say.
    `leg` is the switch's handle of the caller's side, opaque here; empty while nobody is on
    the line, as for a promised callback. `priority` is higher for what goes first.
    `arrived_ms` is what the place in line and the wait are counted from, for good. `relax`
    has the steps that are still to come, the earliest first. A contact for one `agent` is in
    no line: it is promised at once, and over when the ring comes to nothing. `ring_timeout_ms`
    None: as its queue says. `of_queue`: where one came from that is in no line, for its wrap-up.
    """

    id: str
    node: str
    queue: str
    skills: Skills
    arrived_ms: int
    leg: str
    priority: int = 0
    channel: Channel = "voice"
    relax: tuple[Relaxation, ...] = ()
    agent: str | None = None
    ring_timeout_ms: int | None = None
    requires: Requirement = ANYONE
    preferred: Preferred | None = None
    of_queue: str = ""

    @property
    def was_called(self) -> bool:
        """Whether a campaign has called them, and they have answered: no caller, who waits."""
        return self.priority >= FIRST

    @property
    def waits(self) -> bool:
        """Whether somebody waits in line who has called."""
        return bool(self.leg) and not self.was_called

    @property
    def relaxes_ms(self) -> int | None:
        """When less will be asked than now (epoch, ms); None: never."""
        steps = [step.after_ms for step in self.relax[:1]]
        if self.preferred is not None:
            steps.append(self.preferred.for_ms)
        return self.arrived_ms + min(steps) if steps else None

    def relaxed(self, now_ms: int) -> Self:
        """The contact with what is asked for it at `now_ms`."""
        waited_ms = now_ms - self.arrived_ms
        if self.preferred is not None and self.preferred.for_ms <= waited_ms:
            return self.for_anyone().relaxed(now_ms)
        due = [step for step in self.relax if step.after_ms <= waited_ms]
        if not due:
            return self
        last, to_come = due[-1], self.relax[len(due) :]
        return replace(self, skills=last.skills, requires=last.requires, relax=to_come)

    def for_anyone(self) -> Self:
        """The contact without the agent that it preferred."""
        return self if self.preferred is None else replace(self, preferred=None)


@value(frozen=True, slots=True)
class _State:
    """Every verb, refused; the states below allow what they know. `since_ms`: epoch, ms."""

    since_ms: int

    def reserve(self, agent: str, now_ms: int) -> "Reserved":
        """It is promised to `agent`; nothing rings yet."""
        raise IllegalTransition(type(self).__name__, "reserve")

    def ring(self, now_ms: int) -> "Ringing":
        """The agent's phone was told to ring."""
        raise IllegalTransition(type(self).__name__, "ring")

    def give_back(self, now_ms: int) -> "Waiting":
        """The promise came to nothing; the contact waits again, at its old place."""
        raise IllegalTransition(type(self).__name__, "give_back")

    def answer(self, leg: str, now_ms: int) -> "Talking":
        """The agent answered on `leg`."""
        raise IllegalTransition(type(self).__name__, "answer")

    def end(self, outcome: Outcome, now_ms: int) -> "Ended":
        """It is over."""
        return Ended(now_ms, outcome)


@value(frozen=True, slots=True)
class Waiting(_State):
    """In line. `since_ms` is when it (again) began to wait, not its place in line."""

    def reserve(self, agent: str, now_ms: int) -> "Reserved":
        return Reserved(now_ms, agent)


@value(frozen=True, slots=True)
class Reserved(_State):
    """Promised to `agent`; the store holds the lease."""

    agent: str

    def ring(self, now_ms: int) -> "Ringing":
        return Ringing(now_ms, self.agent)

    def give_back(self, now_ms: int) -> Waiting:
        return Waiting(now_ms)


@value(frozen=True, slots=True)
class Ringing(_State):
    """The phone of `agent` rings for it; the store holds the lease."""

    agent: str

    def give_back(self, now_ms: int) -> Waiting:
        return Waiting(now_ms)

    def answer(self, leg: str, now_ms: int) -> "Talking":
        return Talking(now_ms, self.agent, leg)


@value(frozen=True, slots=True)
class Talking(_State):
    """In conversation with `agent`, whose side is `leg`."""

    agent: str
    leg: str

    def hand_over(self, agent: str, leg: str, now_ms: int) -> "Talking":
        """Another agent has it from now on."""
        return Talking(now_ms, agent, leg)


@value(frozen=True, slots=True)
class Ended(_State):
    """Over; the record stays until history has its row."""

    outcome: Outcome

    def end(self, outcome: Outcome, now_ms: int) -> "Ended":
        raise IllegalTransition("Ended", "end")


ContactState = Waiting | Reserved | Ringing | Talking | Ended


def agent_of(state: ContactState) -> str | None:
    """The agent that the contact is promised to, rings at or talks with."""
    match state:
        case Reserved(agent=agent) | Ringing(agent=agent) | Talking(agent=agent):
            return agent
        case _:
            return None
