"""The event log: what happened to agents and to contacts in queues, one row each, never changed.

It is the one source of every report (`reports/`): whoever reads the rows again in their order comes
to the same figures. It knows nothing of telephony. The rows tell enough by themselves to be read
from any moment on: who leaves a queue or is answered is told with when the wait began and what
was asked for, so no earlier row of a contact is needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class EventKind(StrEnum):
    """What a row tells. The values are stored and never renamed."""

    STATE = "state"
    """`agent` is in the state `detail` from now on, with `reason` where paused or offline, for
    `contact` of `queue` where there is one. Of a conversation also what `QUEUED` tells."""

    STAFF = "staff"
    """`agent` has these `skills` and `serves` these queues from now on."""

    QUEUED = "queued"
    """`contact` joined the line of `queue`; `reason` is the queue that it left unanswered before,
    if there was one."""

    LEFT = "left"
    """`contact` left `queue` without an answer: `detail` says how (`Leaving`)."""

    NOT_ANSWERED = "not_answered"
    """`agent` was rung for `contact` in vain: `detail` is no_answer, busy, unreachable, failed or
    stopped."""

    TURNED_AWAY = "turned_away"
    """`contact` was not let into `queue`: `detail` is full, no_agents or long_wait."""

    PROMISED = "promised"
    """`contact` will be called back for `queue`."""

    TRANSFERRED = "transferred"
    """`contact` went on from its conversation with `agent`, of `queue`; `detail` is where to:
    queue, agent or outside."""

    HELD = "held"
    """`contact` was on hold from `arrived_ms` to now in its conversation with `agent`, of `queue`:
    the caller heard music, in a consultation too."""

    CONSULTED = "consulted"
    """`agent` asked somebody about `contact`; `detail` is whom: queue, agent or outside."""

    CONFERENCE = "conference"
    """`agent`, `contact` and who was consulted talk together from now on."""

    FORETOLD = "foretold"
    """The answer to `contact` of `queue`, just told, came after a wait that had been expected, from
    `arrived_ms` on, to be `detail` ms."""

    VOID = "void"
    """The last answer of `contact`, by `agent`, was none: `detail` is not_joined (the agent's leg
    was gone), not_accepted (the agent did not take it) or not_reached (a callback's customer)."""

    ORDERED = "ordered"
    """The supervisor `by` said what is to be with `agent`: `detail` is login, logout, pause,
    resume, end_wrap_up or release, or `logout held`, `pause held` where the agent cannot take it
    back; of a pause with its `reason`."""

    PAUSE_OVER = "pause_over"
    """`agent` has been on the pause `reason` for as long as the site allows: `detail` is marked, or
    returned where the agent was made available."""


CONSULT = "consult"
"""The reason of a state for a colleague's question about `contact`, not for `contact` itself."""


DIALED = "dialed"
"""The reason of a state for a conversation with somebody whom a campaign has called."""


class Leaving(StrEnum):
    """How a contact left a queue without an answer."""

    ABANDONED = "abandoned"  # it hung up
    TIMEOUT = "timeout"  # the queue's time was over
    WITHDRAWN = "withdrawn"  # by a key, or the flow took it out
    LOST = "lost"  # its engine was lost meanwhile


class AgentState(StrEnum):
    """What an agent does."""

    OFFLINE = "offline"  # reason: logged_out, or unreachable
    AVAILABLE = "available"
    OFFERED = "offered"  # promised a contact, or rung for it
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"  # reason: one of the site's
    NOT_RESPONDING = "not_responding"  # did not answer; no contacts until back
    BACK_OFF = "back_off"  # the phone refused; tried again in a few seconds


OF_AGENTS = frozenset({EventKind.STATE, EventKind.STAFF, EventKind.ORDERED, EventKind.PAUSE_OVER})
"""Told of an agent, whatever contact is in hand."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """One row. The first four fields tell rows apart: the same thing told twice, as after a
    restart, is one row.

    `subject` is the agent of `OF_AGENTS`, the contact of all others. `number` is the place
    among the rows of one engine's run; that of a `LEFT` is 0, which has no second one at its time.
    `arrived_ms` is what the wait counts from; `attended` whether a caller is on the line, as not
    with a callback, nor where a campaign has called; `skills` those that the contact asked for when
    it joined the line; `by` who decided on a state that was not the agent's own doing: a
    supervisor's name, or `shift:NAME`.
    """

    at_ms: int
    kind: EventKind
    subject: str
    number: int
    node: str
    agent: str | None = None
    contact: str | None = None
    queue: str | None = None
    detail: str | None = None
    reason: str | None = None
    arrived_ms: int | None = None
    attended: bool = True
    skills: tuple[str, ...] = ()
    serves: tuple[str, ...] = ()
    by: str | None = None

    @property
    def id(self) -> str:
        """Which row this is, among all records of its kind."""
        return f"{self.at_ms}/{self.kind}/{self.subject}/{self.number}"


class Spoke(NamedTuple):
    """A contact, as far as it tells whether a customer had to come again. `number` is what the
    contact came from, `answered_ms` when an agent first talked with it."""

    id: str
    number: str
    topic: str | None
    queue: str | None
    agent: str | None
    skills: tuple[str, ...]
    started_ms: int
    answered_ms: int | None
    ended_ms: int


class RolledUp(NamedTuple):
    """The figures of one queue, agent or skill in one quarter of an hour (epoch, ms), by name."""

    kind: str
    name: str
    since_ms: int
    until_ms: int
    figures: Mapping[str, Any]
