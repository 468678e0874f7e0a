"""Rows to plain values and back: one shape for the tables and for the spool's JSON lines."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeAlias

from history.events import EventKind, EventRow
from history.outcome import Direction, EndedBy, LegRole, Outcome, RecordingState
from history.rows import (
    AnswerRow,
    CandidateRow,
    ContactRow,
    DecisionRow,
    LegRow,
    MessageRow,
    PromiseRow,
    Record,
    RecordingRow,
    TimelineEntry,
)

Values: TypeAlias = dict[str, Any]  # what a driver takes and gives: text, integers, JSON containers

_CONTAINERS = {"skills", "timeline", "decisions", "legs"}
_CONTACT = tuple(f.name for f in fields(ContactRow) if f.name not in _CONTAINERS)
_LEG = tuple(f.name for f in fields(LegRow))
_RECORDING = tuple(f.name for f in fields(RecordingRow))
_ANSWER = tuple(f.name for f in fields(AnswerRow))
_MESSAGE = tuple(f.name for f in fields(MessageRow))
_EVENT = tuple(f.name for f in fields(EventRow))


def contact_values(contact: ContactRow) -> Values:
    """The columns of `contacts`; the legs go by `leg_values`."""
    values: Values = {name: getattr(contact, name) for name in _CONTACT}
    values["skills"] = dict(contact.skills)
    values["timeline"] = [
        {**entry.fields, "at_ms": entry.at_ms, "what": entry.what} for entry in contact.timeline
    ]
    values["decisions"] = decision_values(contact.decisions)
    return values


def decision_values(decisions: Iterable[DecisionRow]) -> list[Values]:
    """As JSON takes them, in the column `contacts.decisions`."""
    return [asdict(decision) for decision in decisions]


def decisions_from(values: Iterable[Mapping[str, Any]]) -> tuple[DecisionRow, ...]:
    """What `decision_values` wrote."""
    return tuple(
        DecisionRow(
            **{
                **decision,
                "strategy": tuple(decision["strategy"]),
                "candidates": tuple(CandidateRow(**each) for each in decision["candidates"]),
            }
        )
        for decision in values
    )


def leg_values(contact: ContactRow) -> list[Values]:
    """The rows of `legs` that belong to a contact."""
    return [
        {"contact_id": contact.id, **{name: getattr(leg, name) for name in _LEG}}
        for leg in contact.legs
    ]


def recording_values(recording: RecordingRow) -> Values:
    """The columns of `recordings`."""
    return {name: getattr(recording, name) for name in _RECORDING}


def contact_from(values: Mapping[str, Any], legs: Iterable[Mapping[str, Any]]) -> ContactRow:
    """The contact that `contact_values` and `leg_values` wrote."""
    # What an older version spooled lacks the columns that came since; they have defaults.
    plain = {name: values[name] for name in _CONTACT if name in values}
    plain["direction"] = Direction(plain["direction"])
    plain["outcome"] = Outcome(plain["outcome"])
    plain["ended_by"] = EndedBy(plain["ended_by"])
    return ContactRow(
        **plain,
        skills=values["skills"],
        timeline=tuple(_timeline_entry(entry) for entry in values["timeline"]),
        decisions=decisions_from(values.get("decisions") or ()),
        legs=tuple(_leg_from(leg) for leg in legs),
    )


def recording_from(values: Mapping[str, Any]) -> RecordingRow:
    """The recording that `recording_values` wrote."""
    plain = {name: values[name] for name in _RECORDING if name in values}
    return RecordingRow(**{**plain, "state": RecordingState(plain["state"])})


def answer_values(answer: AnswerRow) -> Values:
    """The columns of `surveys`."""
    return {name: getattr(answer, name) for name in _ANSWER}


def answer_from(values: Mapping[str, Any]) -> AnswerRow:
    """The answer that `answer_values` wrote."""
    return AnswerRow(**{name: values[name] for name in _ANSWER})


def message_values(message: MessageRow) -> Values:
    """The columns of `messages`."""
    return {name: getattr(message, name) for name in _MESSAGE}


def message_from(values: Mapping[str, Any]) -> MessageRow:
    """The message that `message_values` wrote."""
    return MessageRow(**{name: values[name] for name in _MESSAGE})


def promise_values(promise: PromiseRow) -> Values:
    """The columns of `promises`."""
    return {
        "contact_id": promise.id,
        "site": promise.site,
        "node": promise.node,
        "due_ms": promise.due_ms,
        "story": promise.story,
    }


def promise_from(values: Mapping[str, Any]) -> PromiseRow:
    """The promise that `promise_values` wrote."""
    rest = {name: values[name] for name in ("site", "node", "due_ms", "story")}
    return PromiseRow(values["contact_id"], **rest)


def event_values(event: EventRow) -> Values:
    """The columns of `events`."""
    values: Values = {name: getattr(event, name) for name in _EVENT}
    values["skills"], values["serves"] = list(event.skills), list(event.serves)
    return values


def event_from(values: Mapping[str, Any]) -> EventRow:
    """The event that `event_values` wrote."""
    known = {"by": None, **values}  # a version before did not write it
    plain = {name: known[name] for name in _EVENT}
    plain["kind"] = EventKind(plain["kind"])
    plain["skills"], plain["serves"] = tuple(plain["skills"]), tuple(plain["serves"])
    return EventRow(**plain)


def dump_record(record: Record) -> str:
    """One line of JSON, without its newline. A value that JSON cannot hold becomes its text."""
    if isinstance(record, RecordingRow):
        return json.dumps({"recording": recording_values(record)}, default=str)
    if isinstance(record, AnswerRow):
        return json.dumps({"answer": answer_values(record)}, default=str)
    if isinstance(record, MessageRow):
        return json.dumps({"message": message_values(record)}, default=str)
    if isinstance(record, PromiseRow):
        return json.dumps({"promise": promise_values(record)}, default=str)
    if isinstance(record, EventRow):
        return json.dumps({"event": event_values(record)}, default=str)
    return json.dumps({"contact": contact_values(record), "legs": leg_values(record)}, default=str)


def load_record(line: str | bytes) -> Record:
    """The record of one line. Raises ValueError, KeyError or TypeError for anything else."""
    document = json.loads(line)
    if "recording" in document:
        return recording_from(document["recording"])
    if "answer" in document:
        return answer_from(document["answer"])
    if "message" in document:
        return message_from(document["message"])
    if "promise" in document:
        return promise_from(document["promise"])
    if "event" in document:
        return event_from(document["event"])
    return contact_from(document["contact"], document["legs"])


def _timeline_entry(values: Mapping[str, Any]) -> TimelineEntry:
    rest = {name: value for name, value in values.items() if name not in {"at_ms", "what"}}
    return TimelineEntry(values["at_ms"], values["what"], rest)


def _leg_from(values: Mapping[str, Any]) -> LegRow:
    plain = {name: values[name] for name in _LEG}
    return LegRow(**{**plain, "role": LegRole(plain["role"])})
