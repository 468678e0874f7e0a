"""The answer to `trunkline why` as JSON takes it: of a live contact, and of one that is over."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from config.requirement import both, spell
from desk.views import Json
from engine.calls.story import Story
from history.rows import CandidateRow, ContactRow, DecisionRow
from routing.callbacks import Promise
from routing.decision import Decision
from routing.explaining import Explanation
from routing.requirement import all_of

STATES = {
    "Offline": "offline",
    "Available": "available",
    "Reserved": "reserved",
    "Ringing": "ringing",
    "Talking": "talking",
    "WrapUp": "wrap_up",
    "Paused": "paused",
    "NotResponding": "not_responding",
    "BackOff": "back_off",
}
"""Agents' states, by their names in routing."""


def row_of(decision: Decision) -> DecisionRow:
    """A decision as stories and the history keep it."""
    candidates = tuple(CandidateRow(*each) for each in decision.candidates)
    return DecisionRow(*decision[:-1], candidates=candidates)


def explained(
    explanation: Explanation, kept: Sequence[DecisionRow] = (), promise: Json | None = None
) -> Json:
    """Of a live contact; the agents' states by their names here. ``kept`` has the decisions of its
    story, which routing does not know after a restart; ``promise`` is the callback that it is."""
    decisions = kept or [*map(row_of, explanation.decisions)]
    judgements = [{**asdict(each), "state": STATES[each.state]} for each in explanation.judgements]
    return {
        **asdict(explanation),
        "decisions": [asdict(decision) for decision in decisions],
        "judgements": judgements,
        "outcome": None,
        "wait_ms": None,
        "callback": promise,
    }


def is_out_of_line(explanation: Explanation | None) -> bool:
    """Whether routing does not know the contact, or is done with it."""
    return explanation is None or explanation.state == "Ended"


def told_of_promise(story: Story, promise: Promise, told: Json, now_ms: int) -> Json:
    """Of a callback that comes into line later: there is nothing to decide for it yet. ``told`` is
    what people are told of the promise."""
    last = story.decisions[-1] if story.decisions else None
    return {
        "at_ms": now_ms,
        "contact": story.id,
        "queue": promise.queue,
        "state": "Promised",
        "since_ms": story.promised_ms,
        "arrived_ms": None,
        "needs": spell(both(all_of(promise.skills), promise.requires)),
        "priority": None,
        "level": None,
        "position": None,
        "strategy": last.strategy if last else (),
        "decisions": [asdict(decision) for decision in story.decisions],
        "judgements": [],
        "outcome": None,
        "wait_ms": None,
        "callback": told,
    }


def told_afterwards(row: ContactRow) -> Json:
    """Of a contact that is over: to whom it was promised and why, but not what every other agent
    did meanwhile. What it asked for is as it was asked last."""
    last = row.decisions[-1] if row.decisions else None
    return {
        "at_ms": row.ended_ms,
        "contact": row.id,
        "queue": row.queue,
        "state": "Ended",
        "since_ms": row.ended_ms,
        "arrived_ms": row.queued_ms,
        "needs": last.needs if last else _asked_last(row),
        "priority": last.priority if last else None,
        "level": last.level if last else None,
        "position": None,
        "strategy": last.strategy if last else (),
        "decisions": [asdict(decision) for decision in row.decisions],
        "judgements": [],
        "outcome": row.outcome.value,
        "wait_ms": row.wait_ms,
        "callback": None,
    }


def _asked_last(row: ContactRow) -> Any:
    """Of nobody who was promised to anybody there is the timeline."""
    asked = (entry.fields["skills"] for entry in reversed(row.timeline) if "skills" in entry.fields)
    return next(asked, "") or "any"
