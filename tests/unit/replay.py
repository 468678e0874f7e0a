"""The figures of an event log the slow way: every second looked at, every row asked anew.

Shares nothing with `reports.fold` but the names. All times must be whole seconds.
"""

from collections.abc import Iterator, Mapping, Sequence

from history.events import EventKind, EventRow
from reports.figures import Figures, Subject
from reports.fold import Aim

Rows = Sequence[EventRow]
_SPENT = {
    "available": "available_ms",
    "offered": "offered_ms",
    "talking": "talking_ms",
    "wrap_up": "wrapping_ms",
    "paused": "paused_ms",
    "not_responding": "unresponsive_ms",
    "back_off": "unresponsive_ms",
}


def replayed(
    rows: Rows, subject: Subject, since: int, until: int, aims: Mapping[str, Aim]
) -> Figures:
    """What a second hand would count of a subject."""
    found = Figures()
    for second in range(since, until, 1_000):
        _spend(found, rows, subject, second)
    for row in rows:
        if since <= row.at_ms < until:
            _count(found, rows, row, subject, aims)
    for talk in _talks(rows, subject):
        _count_talk(found, rows, talk, since, until, aims)
    return found


def _spend(found: Figures, rows: Rows, subject: Subject, second: int) -> None:
    for agent in {row.subject for row in rows if row.kind is EventKind.STATE}:
        state = _last(rows, EventKind.STATE, agent, second)
        staff = _last(rows, EventKind.STAFF, agent, second)
        if state is None or state.detail not in _SPENT or not _is_in(subject, agent, staff):
            continue
        name = _SPENT[state.detail]
        setattr(found, name, getattr(found, name) + 1_000)
        if state.detail == "paused":
            found.pauses[state.reason or ""] += 1_000


def _last(rows: Rows, kind: EventKind, agent: str, second: int) -> EventRow | None:
    own = [r for r in rows if r.kind is kind and r.subject == agent and r.at_ms <= second]
    return own[-1] if own else None


def _is_in(subject: Subject, agent: str, staff: EventRow | None) -> bool:
    serves, skills = (staff.serves, staff.skills) if staff else ((), ())
    groups = {"agent": (agent,), "queue": serves, "skill": skills}
    return subject.name in groups[subject.kind]


def _is_of(subject: Subject, row: EventRow) -> bool:
    of = {"agent": row.agent, "queue": row.queue}
    return (
        subject.name in row.skills if subject.kind == "skill" else of[subject.kind] == subject.name
    )


def _count(
    found: Figures, rows: Rows, row: EventRow, subject: Subject, aims: Mapping[str, Aim]
) -> None:
    if row.kind is EventKind.QUEUED and subject == ("queue", row.reason):
        found.overflowed += 1
    if not _is_of(subject, row):
        return
    match row.kind:
        case EventKind.QUEUED:
            found.entered += row.attended
        case EventKind.NOT_ANSWERED:
            found.rona += row.detail == "no_answer"
            found.not_rung += row.detail != "no_answer"
        case EventKind.TRANSFERRED:
            found.transferred += 1
        case EventKind.CONSULTED:
            found.consultations += 1
        case EventKind.CONFERENCE:
            found.conferences += 1
        case EventKind.HELD:
            found.holds += 1
            found.held_ms += row.at_ms - (row.arrived_ms or 0)
        case EventKind.LEFT if row.attended:
            wait_ms = row.at_ms - (row.arrived_ms or 0)
            found.longest_wait_ms = max(found.longest_wait_ms, wait_ms)
            short = wait_ms < aims.get(row.queue or "", Aim()).short_ms
            found.short += short
            found.abandoned += not short and row.detail == "abandoned"
            found.timed_out += not short and row.detail == "timeout"


def _talks(rows: Rows, subject: Subject) -> Iterator[EventRow]:
    for row in rows:
        if _is_talk(row) and _is_of(subject, row):
            yield row


def _is_talk(row: EventRow) -> bool:
    is_state = row.kind is EventKind.STATE and row.detail == "talking"
    return is_state and row.reason != "consult"


def _count_talk(
    found: Figures,
    rows: Rows,
    talk: EventRow,
    since: int,
    until: int,
    aims: Mapping[str, Aim],
) -> None:
    wait_ms = talk.at_ms - (talk.arrived_ms or 0)
    began_here = since <= talk.at_ms < until and talk.arrived_ms is not None
    if began_here and talk.attended:
        found.longest_wait_ms = max(found.longest_wait_ms, wait_ms)
    if _was_none(rows, talk):
        return
    if began_here and talk.attended:
        found.answered += 1
        found.in_time += wait_ms <= aims.get(talk.queue or "", Aim()).within_ms
        found.wait_ms += wait_ms
        for row in (r for r in rows if r.kind is EventKind.FORETOLD and r.contact == talk.contact):
            if row.at_ms == talk.at_ms:
                came_ms = row.at_ms - (row.arrived_ms or 0)
                found.foretold += 1
                found.foretold_wait_ms += came_ms
                found.foretold_error_ms2 += (came_ms - int(row.detail or "")) ** 2
    elif began_here:
        found.dialed += talk.reason == "dialed"
        found.called_back += talk.reason != "dialed"
    after = [r for r in rows[rows.index(talk) + 1 :] if _is_state_of(r, talk.subject)]
    if after and since <= after[0].at_ms < until:
        found.handled += 1
        found.talk_ms += after[0].at_ms - talk.at_ms
    if len(after) > 1 and after[0].detail == "wrap_up" and since <= after[1].at_ms < until:
        found.wrap_up_ms += after[1].at_ms - after[0].at_ms


def _is_state_of(row: EventRow, agent: str) -> bool:
    return row.kind is EventKind.STATE and row.subject == agent


def _was_none(rows: Rows, talk: EventRow) -> bool:
    """Whether a later row says so, before the contact is answered again."""
    for row in rows[rows.index(talk) + 1 :]:
        if row.contact == talk.contact and row.kind is EventKind.VOID:
            return True
        if row.contact == talk.contact and _is_talk(row):
            return False
    return False
