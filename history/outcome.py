"""The closed vocabularies of a history row. Their values are stored as text and never renamed."""

from enum import StrEnum


class Direction(StrEnum):
    """Who placed the call, seen from the site."""

    INBOUND = "inbound"
    """A caller dialled one of the site's numbers."""

    OUTBOUND = "outbound"
    """The site dialled a lead or a callback."""


class Outcome(StrEnum):
    """What a contact came to. Every contact has exactly one."""

    HUNG_UP_IN_FLOW = "hung_up_in_flow"
    """The caller hung up while the flow was speaking or asking, before any conversation."""

    FLOW_ENDED = "flow_ended"
    """The flow came to its own end without a conversation: self-service, closed, queue timeout."""

    ABANDONED = "abandoned"
    """The caller hung up in a queue, before any agent's leg was bridged to the call."""

    ANSWERED = "answered"
    """An agent and the caller were bridged; what came after (such as a survey) changes nothing."""

    TRANSFERRED = "transferred"
    """The flow sent the caller on to somebody outside the house, who answered."""

    ENGINE_LOST = "engine_lost"
    """The engine went away before a conversation: the caller heard the apology and the fallback."""

    NOT_REACHED = "not_reached"
    """A callback was promised, and every call to the customer was in vain."""

    CALLED_AGAIN = "called_again"
    """A callback was promised, but the customer called again before: that call has its place."""

    CANCELLED = "cancelled"
    """A callback was promised, and called off: by the customer in a flow, or by a supervisor."""

    LOST = "lost"
    """A campaign called, a person answered, and no agent was there in time: they heard why."""

    MACHINE = "machine"
    """A campaign called, and no person answered: a machine, a fax, a tone of the network."""

    FAILED = "failed"
    """The flow could not go on, or another fault of ours or of the switch ended it. While the
    switch works, the caller hears the apology and reaches the fallback."""

    REJECTED = "rejected"
    """The call was refused before its answer: unknown number, no capacity, a blocked caller."""


class EndedBy(StrEnum):
    """Who ended the contact."""

    CALLER = "caller"
    """The caller's leg hung up first."""

    AGENT = "agent"
    """The agent's leg hung up first."""

    ENGINE = "engine"
    """The flow, or a limit of the site, hung up."""

    UNKNOWN = "unknown"
    """Nobody was there to see it: found over when the engine came back."""


class LegRole(StrEnum):
    """Whose leg a channel is."""

    CALLER = "caller"
    """The outside party, on the trunk."""

    AGENT = "agent"
    """An agent's phone; a contact has one leg for each phone that was rung."""

    EXTERNAL = "external"
    """Somebody outside the house, to whom the caller was transferred over a trunk."""


class RecordingState(StrEnum):
    """What the finaliser made of a raw recording."""

    COMPLETE = "complete"
    """Every sample that was written is in the WAV."""

    PARTIAL = "partial"
    """The WAV is sound but the raw file was torn: its last, incomplete sample pair was cut off."""

    EMPTY = "empty"
    """Recording began, no audio followed (the legs were never bridged): there is no WAV."""

    MISSING = "missing"
    """Recording was asked for, no raw file was ever found: there is no WAV."""
