"""Leads between their rows and the values that routing decides about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from history.lead_hopper import Ending
from history.lead_rows import APPOINTMENT, LeadRow, NumberRow, rank_of
from history.leads import Again
from routing.outbound.leads import besttime
from routing.outbound.leads.following import Ended, recycled
from routing.outbound.leads.lead import (
    DO_NOT_CALL,
    Dialing,
    Done,
    Held,
    Lead,
    NotPossible,
    Number,
    Ready,
    State,
)
from routing.outbound.leads.leases import Lease
from routing.outbound.leads.place import Place
from routing.outbound.leads.plan import Plan, Result


def lead_of(row: LeadRow) -> Lead:
    """The lead of a row."""
    return Lead(
        id=row.id,
        numbers=tuple(_number_of(number) for number in row.numbers),
        state=_state_of(row),
        rank=rank_of(row.priority),
        tries=row.tries,
        last_ms=row.last_ms,
        last_result=Result(row.last_result) if row.last_result else None,
    )


def _state_of(row: LeadRow) -> State:
    ready = Ready(row.due_ms, row.position, row.rank == APPOINTMENT, row.agent)
    lease = Lease(row.lease_by or "", row.lease_until_ms or 0)
    match row.state:
        case "held":
            return Held(ready, lease)
        case "dialing":
            return Dialing(row.attempt_id or "", row.position, lease)
        case "done":
            return Done(row.why or "", row.disposition)
    return ready


def _number_of(row: NumberRow) -> Number:
    return Number(
        position=row.position,
        number=row.number,
        kind=row.kind,
        place=Place.parse(row.place),
        best=besttime.parse(row.best or ""),
        tries=row.tries,
        last_ms=row.last_ms,
        results={Result(name): times for name, times in row.results.items()},
        due_ms=row.due_ms,
        closed=row.closed,
    )


def ending_of(dialed: Lead, lead: Lead, ended: Ended, row: LeadRow) -> Ending:
    """What is written of the call to ``dialed``; ``lead`` is the same after it."""
    if not isinstance(dialed.state, Dialing):
        raise NotPossible("end", dialed.state)
    number = lead.number(dialed.state.position)
    return Ending(
        attempt=dialed.state.attempt,
        lead_id=lead.id,
        result=ended.result,
        ended_ms=ended.at_ms,
        lead={**_values_of(lead, row), "last_result": ended.result.value},
        numbers=[_row_of(number)],
        disposition=ended.disposition,
        contact_id=dialed.state.attempt,
        agent=ended.agent,
        never_again=number.number if number.closed == DO_NOT_CALL else None,
    )


def _values_of(lead: Lead, row: LeadRow) -> Mapping[str, Any]:
    match lead.state:
        case Ready(due_ms=due_ms, position=position, promised=promised, agent=agent):
            return {
                "state": "ready",
                "due_ms": due_ms,
                "position": position,
                "rank": APPOINTMENT if promised else rank_of(row.priority),
                "agent": agent,
            }
        case Done(why=why, disposition=disposition):
            return {"state": "done", "why": why, "disposition": disposition}
    raise ValueError(f"a call does not leave a lead {type(lead.state).__name__}")


def _row_of(number: Number) -> NumberRow:
    return NumberRow(
        position=number.position,
        number=number.number,
        kind=number.kind,
        place=str(number.place),
        tries=number.tries,
        results={result.value: times for result, times in number.results.items()},
        due_ms=number.due_ms,
        closed=number.closed,
    )


def again_of(
    lead: Lead, row: LeadRow, plan: Plan, results: Collection[Result], now_ms: int
) -> Again | None:
    """What is written of a lead that begins anew; None: no number of it may."""
    after = recycled(lead, plan, results, now_ms)
    if not isinstance(after.state, Ready):
        return None
    return Again(row.id, _values_of(after, row), [_row_of(number) for number in after.numbers])
