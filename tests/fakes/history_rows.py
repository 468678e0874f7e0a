"""Rows to write: a whole contact as a call leaves it, with a number of the fictitious range."""

from dataclasses import replace
from typing import Any

from history.outcome import Direction, EndedBy, LegRole, Outcome, RecordingState
from history.rows import CandidateRow, ContactRow, DecisionRow, LegRow, RecordingRow, TimelineEntry

T0 = 1_800_000_000_000  # Unix epoch ms

ANSWERED = ContactRow(
    id="c1",
    site="sample",
    node="n1",
    channel="PJSIP/trunk-00000001",
    direction=Direction.INBOUND,
    caller="+3612345678",
    called="+3615550100",
    flow="main",
    language="hu",
    queue="billing",
    skills={"billing": 3, "hungarian": 2},
    agent="anna",
    started_ms=T0,
    queued_ms=T0 + 9_000,
    reserved_ms=T0 + 12_000,
    ringing_ms=T0 + 12_010,
    answered_ms=T0 + 15_000,
    ended_ms=T0 + 75_000,
    wait_ms=6_000,
    talk_ms=60_000,
    outcome=Outcome.ANSWERED,
    ended_by=EndedBy.CALLER,
    hangup_cause=16,
    timeline=(
        TimelineEntry(T0, "arrived"),
        TimelineEntry(T0 + 9_000, "queued", {"queue": "billing", "place": 1, "again": False}),
    ),
    decisions=(
        DecisionRow(
            at_ms=T0 + 12_000,
            agent="anna",
            queue="billing",
            needs="billing >= 3 and hungarian >= 2",
            priority=1,
            level=1.05,
            strategy=("best_skill", "longest_idle"),
            candidates=(
                CandidateRow("anna", 4_000, 0.5, 3, level=4.5, cost=0, alike=2),
                CandidateRow("bela", 9_000, 0.25, 2, level=3.0, cost=10),
            ),
        ),
    ),
    legs=(
        LegRow("PJSIP/trunk-00000001", "1800000000.1", LegRole.CALLER, T0, ended_ms=T0 + 75_000),
        LegRow("PJSIP/anna-00000002", "1800000012.2", LegRole.AGENT, T0 + 12_010, agent="anna"),
    ),
)

RECORDING = RecordingRow(
    id="c1-1",
    contact_id="c1",
    agent="anna",
    path="2027/01/15/c1-1.wav",
    started_ms=T0 + 15_000,
    ended_ms=T0 + 75_000,
    duration_ms=60_000,
    channels=2,
    sample_rate=8_000,
    bytes=1_920_044,
    sha256="0" * 64,
    state=RecordingState.COMPLETE,
)


def contact(contact_id: str, **changes: Any) -> ContactRow:
    """The answered contact under another id, with changes."""
    return replace(ANSWERED, id=contact_id, **changes)
