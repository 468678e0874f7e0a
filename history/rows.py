"""The rows as the rest of the house sees them: frozen values, times in Unix epoch milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from history.events import EventRow
from history.outcome import Direction, EndedBy, LegRole, Outcome, RecordingState

Scalar: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One step of a contact, such as `at_ms=…, what="queued", fields={"queue": "billing"}`."""

    at_ms: int
    what: str
    fields: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LegRow:
    """One channel of a contact. `cause` is the Q.850 number that Asterisk gave at hang-up."""

    channel: str
    uniqueid: str
    role: LegRole
    started_ms: int
    agent: str | None = None
    answered_ms: int | None = None
    ended_ms: int | None = None
    cause: int | None = None


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """An agent who was free and suited a contact. `occupancy` is the share of the last hour (0 to
    1); `alike` counts those of the same skills and cost who stood behind; `score_ms` is what the
    agent brought to the score, None where the queue goes by none."""

    agent: str
    idle_ms: int
    occupancy: float
    contacts: int
    level: float
    cost: int
    alike: int = 0
    score_ms: int | None = None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """Why `agent` was chosen for a contact: the best of the `candidates` by the `strategy`, all of
    whom met what it `needs`; `level` is its priority with what its wait was worth. No candidates
    where it was for that agent alone."""

    at_ms: int
    agent: str
    queue: str
    needs: str
    priority: int
    level: float
    strategy: tuple[str, ...]
    candidates: tuple[CandidateRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact, with its legs, written whole: a second write of the same id replaces the first.

    `topic` is what the flow said the contact was about (`call.topic`).
    `flow_version` is the published version of the flows that the contact ran to its end.
    `decisions` has the latest agents to whom it was promised.
    `wait_ms` runs from entering the queue to the bridge (or to leaving the queue without one),
    `talk_ms` from the bridge to the end of the conversation; None where there was no such stretch.
    """

    id: str
    site: str
    node: str
    channel: str
    direction: Direction
    started_ms: int
    ended_ms: int
    outcome: Outcome
    ended_by: EndedBy
    caller: str | None = field(default=None, repr=False)
    called: str | None = None
    flow: str | None = None
    flow_version: int | None = None
    topic: str | None = None
    language: str | None = None
    queue: str | None = None
    skills: Mapping[str, int] = field(default_factory=dict)
    agent: str | None = None
    queued_ms: int | None = None
    reserved_ms: int | None = None
    ringing_ms: int | None = None
    answered_ms: int | None = None
    wait_ms: int | None = None
    talk_ms: int | None = None
    hangup_cause: int | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    decisions: tuple[DecisionRow, ...] = ()
    legs: tuple[LegRow, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """One recording of one conversation. `path` is relative to the recordings directory.

    `path` and `sha256` (hexadecimal, of the whole WAV) are None when the state says there is none.
    `reason` is the flow's, where it asked for the recording; without `agent` it is of the flow
    itself: left is then what the caller says, right what they hear.
    """

    id: str
    contact_id: str
    agent: str | None
    path: str | None
    started_ms: int
    ended_ms: int
    duration_ms: int
    channels: int
    sample_rate: int
    bytes: int
    sha256: str | None
    state: RecordingState
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One question of a survey as a caller answered it: a score, or the message that was spoken.

    The contact's own row may come later. Asked again in one contact, the last answer counts.
    """

    contact_id: str
    survey: str
    question: str
    score: int | None
    message: str | None
    at_ms: int

    @property
    def id(self) -> str:
        """Which answer this is, among all records of its kind."""
        return f"{self.contact_id}/{self.survey}/{self.question}"


@dataclass(frozen=True, slots=True)
class MessageRow:
    """What a caller left in a mailbox: `ms` of speech in the WAV file `path`, which is relative
    to the directory of messages. `heard_ms`: when somebody first heard it; None: nobody yet."""

    id: str
    mailbox: str
    contact_id: str
    at_ms: int
    ms: int
    caller: str | None = field(repr=False)
    path: str
    heard_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A callback that is still to be made, `due_ms` at the earliest, with the contact's `story`
    as JSON takes it; None: it is not to be made any more, and the row goes."""

    id: str
    site: str
    node: str
    due_ms: int
    story: Mapping[str, Any] | None = field(repr=False)


Record: TypeAlias = ContactRow | RecordingRow | AnswerRow | MessageRow | PromiseRow | EventRow
