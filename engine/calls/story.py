"""The story of one contact while it lives: values, told on until it closes as a history row."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from config.requirement import ANYONE, Requirement, spell
from engine.calls import stretches
from engine.calls.stretches import Stretches
from history.codec import decision_values, decisions_from
from history.outcome import Direction, EndedBy, LegRole, Outcome
from history.rows import ContactRow, DecisionRow, LegRow, Scalar, TimelineEntry
from routing.callbacks import Promise
from routing.contact import Contact
from routing.ledger import MOST_DECISIONS
from routing.skills import Skills, skill_set

_PROMISES = frozenset(
    {"callback_promised", "callback_joined", "callback_moved", "not_called_back", "machine"}
)
"""After these a promise stands, if any."""


@dataclass(frozen=True, slots=True)
class Story:
    """What is known of a contact so far. Times are Unix epoch milliseconds.

    A contact may wait and talk more than once: `waits` and `talks` have each stretch.
    `recordings` has the raw file of each agent's leg that is recorded, by its unique id, and
    `reasons` why, where the flow said so. `takes` counts the messages that were begun. `record` is
    what the flow said last of recording; None while it has said nothing: then each queue decides.
    `resume` is the flow's state at the last point from which a restarted engine could go on,
    `back_to` that in the queue for which a callback stands, or would: the last one before it.
    `transfer` is the leg of somebody outside who is being called, or talks with the caller.
    `campaign` and `lead` are of who was called by a campaign: it is an outbound
    contact then, and `caller` is who was called. An empty campaign is one that is not known.
    `promise` is a callback that is still to be made, `back` the unique id of the last channel that
    was made for one; `alone`: the caller has left, and the contact waits by itself. `note` is what
    the agent who handed the caller on tells the next one.
    """

    id: str
    site: str
    node: str
    channel: str
    started_ms: int
    leg: str
    caller: str | None = field(default=None, repr=False)
    called: str | None = None
    flow: str | None = None
    flow_version: int | None = None
    topic: str | None = field(default=None, repr=False)
    disposition: str | None = None
    language: str | None = None
    queue: str | None = None
    skills: Mapping[str, int] = field(default_factory=dict)
    agent: str | None = None
    waits: Stretches = ()
    talks: Stretches = ()
    reserved_ms: int | None = None
    ringing_ms: int | None = None
    recordings: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    takes: int = 0
    record: bool | None = None
    record_reason: str | None = None
    resume: Mapping[str, Any] | None = None
    back_to: Mapping[str, Any] | None = None
    transfer: LegRow | None = None
    promise: Promise | None = None
    back: str = ""
    alone: bool = False
    note: str | None = field(default=None, repr=False)
    campaign: str | None = None
    lead: int | None = None
    timeline: tuple[TimelineEntry, ...] = ()
    decisions: tuple[DecisionRow, ...] = ()
    legs: tuple[LegRow, ...] = ()

    def tell(self, at_ms: int, what: str, **fields: Scalar) -> Self:
        """The story with one more entry in its timeline."""
        return replace(self, timeline=(*self.timeline, TimelineEntry(at_ms, what, fields)))

    def dialed(self, at_ms: int, trunk: str, ringing_ms: int | None, answered_ms: int) -> Self:
        """A campaign has called a lead by this trunk, and somebody or something has answered."""
        told = self.tell(at_ms, "dialed", campaign=self.campaign, lead=self.lead, trunk=trunk)
        if ringing_ms is not None:
            told = told.tell(ringing_ms, "lead_ringing")
        return told.tell(answered_ms, "lead_answered")

    def queued(
        self,
        at_ms: int,
        queue: str,
        skills: Mapping[str, int],
        requires: Requirement = ANYONE,
    ) -> Self:
        """The contact entered a queue."""
        asked = _spell(skill_set(skills), requires)
        told = self.tell(at_ms, "queued", queue=queue, skills=asked)
        return replace(
            told,
            queue=queue,
            skills=dict(skills),
            waits=stretches.opened(self.waits, at_ms),
        )

    def waits_at(self, state: Mapping[str, Any]) -> Self:
        """The flow is in a queue. What was promised of an earlier one stays as it was promised."""
        return replace(self, resume=state, back_to=self.back_to if self.promise else state)

    def left_queue(self, at_ms: int, reason: str) -> Self:
        """The contact is back in its flow without a conversation."""
        told = self.tell(at_ms, "left_queue", reason=reason)
        return replace(told, waits=stretches.closed(self.waits, at_ms))

    def turned_away(self, at_ms: int, queue: str, reason: str) -> Self:
        """The queue was not entered: it is full, or nobody is there."""
        return replace(self.tell(at_ms, "turned_away", queue=queue, reason=reason), queue=queue)

    def relaxed(self, at_ms: int, contact: Contact) -> Self:
        """Less is asked of an agent from now on."""
        return self.tell(at_ms, "relaxed", skills=_spell(contact.skills, contact.requires))

    def chosen(self, decision: DecisionRow) -> Self:
        """An agent is meant for it."""
        return replace(self, decisions=(*self.decisions[1 - MOST_DECISIONS :], decision))

    def promised(self, at_ms: int, promise: Promise) -> Self:
        """The caller will be called back."""
        told = self.tell(at_ms, "callback_promised", queue=promise.queue, due_ms=promise.due_ms)
        return replace(told, promise=promise)

    def joined(self, at_ms: int, promise: Promise) -> Self:
        """The customer was promised a callback in an earlier call, and waits on the line now."""
        told = self.tell(at_ms, "callback_joined", queue=promise.queue, due_ms=promise.due_ms)
        return replace(told, promise=promise)

    def left_alone(self) -> Self:
        """Nobody is on the line any more, and the contact goes on."""
        return replace(self, alone=True)

    def calling_back(self, at_ms: int, promise: Promise, uniqueid: str) -> Self:
        """An agent has answered, and the customer is called, on a channel of this unique id."""
        return replace(
            self.tell(at_ms, "calling_back", agent=self.agent, attempt=promise.tries),
            promise=promise,
            back=uniqueid,
            resume=self.back_to,
        )

    def not_called_back(self, at_ms: int, reason: str, again: Promise | None) -> Self:
        """The customer was not reached, or need not be; `again` is when the next call is made."""
        due_ms = again.due_ms if again is not None else None
        told = self.tell(at_ms, "not_called_back", reason=reason, due_ms=due_ms)
        waits = stretches.closed(self.waits, at_ms)
        return replace(told, promise=again, waits=waits, agent=None)

    def moved(self, at_ms: int, promise: Promise) -> Self:
        """Somebody wants the customer to be called at another time."""
        told = self.tell(at_ms, "callback_moved", due_ms=promise.due_ms)
        return replace(told, promise=promise, waits=stretches.closed(self.waits, at_ms))

    def was_machine(self, at_ms: int, promise: Promise) -> Self:
        """Whom the agent was joined with was nobody: it was no conversation, and `promise` still
        stands."""
        told = self.tell(at_ms, "machine", agent=self.agent)
        return replace(told, agent=None, talks=self.talks[:-1], promise=promise, alone=True)

    def rung(self, at_ms: int, agent: str, channel_id: str) -> Self:
        """An agent was reserved and the phone is rung; the leg is closed by `leg_ended`."""
        leg = LegRow(channel_id, channel_id, LegRole.AGENT, at_ms, agent)
        told = self.tell(at_ms, "ringing", agent=agent)
        return replace(
            told,
            agent=agent,
            reserved_ms=at_ms,
            ringing_ms=at_ms,
            legs=(*self.legs, leg),
        )

    def recorded(self, uniqueid: str, path: str, reason: str | None = None) -> Self:
        """The conversation on this leg is recorded to a raw file, if there will be one. What the
        flow itself records has its recording's id in the leg's place, and a reason of its own."""
        reasons = self.reasons
        if reason is None and self.record:
            reason = self.record_reason
        if reason:
            reasons = {**reasons, uniqueid: reason}
        recordings = {**self.recordings, uniqueid: path}
        return replace(self, recordings=recordings, reasons=reasons)

    def recording_switched(self, at_ms: int, on: bool, reason: str) -> Self:
        """The flow says whether the call is recorded from here on."""
        told = self.tell(at_ms, "recording", on=on, reason=reason)
        return replace(told, record=on, record_reason=reason)

    @property
    def next_recording(self) -> int:
        """The number of the next recording, from 1; one of a ring in vain keeps its own."""
        return len(self.recordings) + 1

    def not_answered(self, at_ms: int, agent: str, reason: str) -> Self:
        """The agent's phone was rung in vain."""
        return replace(self.tell(at_ms, "not_answered", agent=agent, reason=reason), agent=None)

    def not_accepted(self, at_ms: int, agent: str) -> Self:
        """The agent has answered, and did not take the call."""
        return replace(self.tell(at_ms, "not_accepted", agent=agent), agent=None)

    def answered(self, at_ms: int, agent: str, channel: str, uniqueid: str) -> Self:
        """Caller and agent are being joined; nothing is promised any more."""
        told = self.tell(at_ms, "answered", agent=agent)
        legs = tuple(
            replace(leg, channel=channel, answered_ms=at_ms) if leg.uniqueid == uniqueid else leg
            for leg in self.legs
        )
        return replace(
            told,
            agent=agent,
            talks=stretches.opened(self.talks, at_ms),
            waits=stretches.closed(self.waits, at_ms),
            promise=None,
            alone=False,
            legs=legs,
        )

    def not_joined(self, at_ms: int, uniqueid: str) -> Self:
        """The agent's leg was gone before the two were joined: the contact has waited on."""
        legs = tuple(
            replace(leg, answered_ms=None) if leg.uniqueid == uniqueid else leg for leg in self.legs
        )
        return replace(
            self.tell(at_ms, "not_joined", agent=self.agent),
            agent=None,
            talks=self.talks[:-1],
            waits=stretches.reopened(self.waits),
            legs=legs,
        )

    def conversation_ended(self, at_ms: int, by: EndedBy) -> Self:
        """The conversation is over; the first report of it counts."""
        if not self.in_conversation:
            return self
        told = self.tell(at_ms, "conversation_ended", by=by.value)
        return replace(told, talks=stretches.closed(self.talks, at_ms))

    def noted(self, note: str) -> Self:
        """What the next agent is told."""
        return replace(self, note=note or self.note)

    def handed_over(self, at_ms: int, by: str, to: str, note: str = "") -> Self:
        """An agent sends the caller on, and leaves."""
        return self.noted(note).tell(at_ms, "handed_over", agent=by, to=to, note=note or None)

    def taken_over(self, at_ms: int, by: str, to: str, agent: str | None) -> Self:
        """Who was consulted has the caller from now on: another agent, or (None) somebody outside,
        with whom it is no conversation with an agent any more."""
        told = self.handed_over(at_ms, by, to).conversation_ended(at_ms, EndedBy.AGENT)
        if agent is None:
            return replace(told, agent=None)
        told = told.tell(at_ms, "answered", agent=agent)
        return replace(told, agent=agent, talks=stretches.opened(told.talks, at_ms))

    def guest_rung(self, at_ms: int, uniqueid: str, agent: str | None) -> Self:
        """Somebody is called whom the agent consults; None: outside."""
        role = LegRole.EXTERNAL if agent is None else LegRole.AGENT
        leg = LegRow(uniqueid, uniqueid, role, at_ms, agent)
        return replace(self.tell(at_ms, "guest_rung", agent=agent), legs=(*self.legs, leg))

    def guest_answered(self, at_ms: int, uniqueid: str, channel: str) -> Self:
        """And has answered."""
        legs = tuple(
            replace(leg, channel=channel, answered_ms=at_ms) if leg.uniqueid == uniqueid else leg
            for leg in self.legs
        )
        return replace(self.tell(at_ms, "guest_answered"), legs=legs)

    def transferring(self, at_ms: int, number: str, trunk: str) -> Self:
        """Somebody outside is called for the caller; their leg is closed by `transferred`."""
        told = self.tell(at_ms, "transferring", number=number, trunk=trunk)
        uniqueid = f"{self.id}-transfer-{len(self.legs) + 1}"
        leg = LegRow("", uniqueid, LegRole.EXTERNAL, at_ms)
        return replace(told, transfer=leg)

    def transfer_answered(self, at_ms: int) -> Self:
        """They have answered, and talk with the caller from now on."""
        if self.transfer is None:
            return self
        told = self.tell(at_ms, "transfer_answered")
        return replace(told, transfer=replace(self.transfer, answered_ms=at_ms))

    def transferred(self, at_ms: int, channel: str, outcome: str) -> Self:
        """The transfer is over, and how it went. An answer that was not told, as the link to the
        switch was down, was when the ringing began, at the earliest."""
        told = self.tell(at_ms, "transfer_ended", outcome=outcome)
        leg = self.transfer
        if leg is None:
            return told
        answered_ms = (leg.answered_ms or leg.started_ms) if outcome == "ended" else None
        over = replace(leg, channel=channel, answered_ms=answered_ms, ended_ms=at_ms)
        return replace(told, transfer=None, legs=(*self.legs, over))

    def leg_ended(self, uniqueid: str, at_ms: int, cause: int | None) -> Self:
        """A channel of the contact is gone."""
        legs = tuple(
            replace(leg, ended_ms=at_ms, cause=cause)
            if leg.uniqueid == uniqueid and leg.ended_ms is None
            else leg
            for leg in self.legs
        )
        return replace(self, legs=legs)

    def leg_of(self, uniqueid: str) -> LegRow | None:
        """The leg whose channel has this unique id."""
        return next((leg for leg in self.legs if leg.uniqueid == uniqueid), None)

    @property
    def direction(self) -> Direction:
        """Who has called, seen from the site."""
        return Direction.INBOUND if self.campaign is None else Direction.OUTBOUND

    @property
    def line(self) -> str:
        """The unique id of the customer's channel; of a caller it is the contact's id."""
        return self.back or self.id

    @property
    def in_conversation(self) -> bool:
        """Joined with an agent, as far as is known."""
        return stretches.is_open(self.talks)

    @property
    def in_queue(self) -> bool:
        """Waiting for an agent."""
        return stretches.is_open(self.waits)

    @property
    def why_not_reached(self) -> str | None:
        """How the last call to a customer ended that reached nobody."""
        told = (entry for entry in reversed(self.timeline) if entry.what == "not_called_back")
        entry = next(told, None)
        return None if entry is None else str(entry.fields["reason"])

    @property
    def promised_ms(self) -> int:
        """When (epoch, ms) what is promised now was: the latest promise, move or try."""
        told = (e.at_ms for e in reversed(self.timeline) if e.what in _PROMISES)
        return next(told, self.started_ms)

    @property
    def is_outside(self) -> bool:
        """With somebody outside, whom an agent had consulted and left the caller to."""
        outside = (leg for leg in self.legs if leg.role is LegRole.EXTERNAL)
        return self.agent is None and any(leg.answered_ms and not leg.ended_ms for leg in outside)

    @property
    def talked(self) -> bool:
        """Was, or is, joined with an agent."""
        return bool(self.talks)

    @property
    def was_transferred(self) -> bool:
        """Was joined with somebody outside."""
        return any(leg.role is LegRole.EXTERNAL and leg.answered_ms for leg in self.legs)

    def close(
        self, at_ms: int, outcome: Outcome, by: EndedBy, cause: int | None = None
    ) -> ContactRow:
        """The history row of the finished contact."""
        told = self.tell(at_ms, "ended", outcome=outcome.value, by=by.value)
        return ContactRow(
            id=self.id,
            site=self.site,
            node=self.node,
            channel=self.channel,
            direction=self.direction,
            started_ms=self.started_ms,
            ended_ms=at_ms,
            outcome=outcome,
            ended_by=by,
            caller=self.caller,
            called=self.called,
            flow=self.flow,
            flow_version=self.flow_version,
            topic=self.topic,
            language=self.language,
            queue=self.queue,
            skills=self.skills,
            agent=self.agent,
            queued_ms=stretches.began(self.waits),
            reserved_ms=self.reserved_ms,
            ringing_ms=self.ringing_ms,
            answered_ms=stretches.began(self.talks),
            wait_ms=stretches.total_ms(self.waits, at_ms),
            talk_ms=stretches.total_ms(self.talks, at_ms),
            hangup_cause=cause,
            timeline=told.timeline,
            decisions=self.decisions,
            legs=tuple(
                leg if leg.ended_ms is not None else replace(leg, ended_ms=at_ms)
                for leg in self.legs
            ),
        )

    def to_record(self) -> dict[str, Any]:
        """Its fields as JSON takes them, for the live record in Redis.

        Nothing is copied, unlike by `asdict`, which took a fifth of the engine's time a call.
        """
        record = _fields(self)
        record["timeline"] = [_fields(entry) for entry in self.timeline]
        record["decisions"] = decision_values(self.decisions)
        record["legs"] = [_fields(leg) for leg in self.legs]
        record["transfer"] = _fields(self.transfer) if self.transfer is not None else None
        record["promise"] = self.promise.to_record() if self.promise is not None else None
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The story that `to_record` was taken of."""
        timeline = tuple(TimelineEntry(**entry) for entry in record["timeline"])
        legs = tuple(_leg(leg) for leg in record["legs"])
        periods = {name: stretches.from_record(record[name]) for name in ("waits", "talks")}
        promise, transfer = record.get("promise"), record.get("transfer")
        told = {
            "timeline": timeline,
            "decisions": decisions_from(record.get("decisions", ())),
            "legs": legs,
            "transfer": _leg(transfer) if transfer is not None else None,
            "promise": Promise.from_record(promise) if promise is not None else None,
        }
        return cls(**{**record, **periods, **told})


def _leg(record: Mapping[str, Any]) -> LegRow:
    return LegRow(**{**record, "role": LegRole(record["role"])})


def _fields(value: Story | TimelineEntry | LegRow) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def _spell(skills: Skills, requires: Requirement) -> str:
    """All that is asked of an agent, in a few words."""
    named = [f"{skill} {level}" for skill, level in sorted(skills)]
    return ", ".join([*named, spell(requires)] if requires != ANYONE else named)
