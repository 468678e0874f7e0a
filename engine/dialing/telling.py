"""What the switch and the journal say of leads' calls, told to whoever runs the campaigns."""

from __future__ import annotations

import asyncio

from agi_scripts.journal import ENDED, JournalEntry
from bridge.events import LEAD, LeadFailure, LeadNotReached, LeadRinging, LeadUp, LegEnded
from engine.calls.services import Services
from engine.calls.stage import NO_MORE, WITHOUT_ENGINE
from engine.dialing.calls import DialedCalls
from history.outcome import EndedBy
from routing.outbound.leads.plan import Result

TOLD_WITHIN_S = 3.0
"""So long whoever has a call may take to tell its end: its session a few ms, the journal is read
each second."""
_RESULTS = {
    LeadFailure.BUSY: Result.BUSY,
    LeadFailure.NO_ANSWER: Result.NO_ANSWER,
    LeadFailure.CANCELLED: Result.NO_ANSWER,
    LeadFailure.INVALID: Result.INVALID,
}


def lead_told(
    event: LeadRinging | LeadUp | LeadNotReached, dialing: DialedCalls | None, now_ms: int
) -> None:
    """An event of the switch. One of whom nothing more is heard, as the link was lost, has not
    failed if they have answered: their session tells."""
    call = dialing.call_of(event.contact) if dialing is not None else None
    if dialing is None or call is None:
        return
    match event:
        case LeadRinging(contact=contact):
            dialing.ringing(contact, now_ms)
        case LeadUp(contact=contact):
            dialing.answered(contact, now_ms)
        case LeadNotReached(contact=contact, reason=reason) if call.answered_ms is None:
            dialing.not_reached(contact, _RESULTS.get(reason, Result.FAILED), now_ms)
            dialing.ended(contact, now_ms, EndedBy.UNKNOWN)


async def leg_over(event: LegEnded, services: Services, at_ms: int) -> None:
    """A lead's channel is gone; if nobody has told of the end of the call by now, nobody will."""
    await asyncio.sleep(TOLD_WITHIN_S)
    contact, dialing = event.uniqueid.removesuffix(LEAD), services.dialing
    if dialing is not None and services.chronicle.story(contact) is None:
        dialing.ended(contact, at_ms, EndedBy.UNKNOWN)


async def journaled(entry: JournalEntry, dialing: DialedCalls | None) -> bool:
    """What the dialplan has noted of a call that no engine met: a person may have been there, and
    nobody was for them, though an agent was about to be joined with them. Whether it is written, so
    that the note may go."""
    if dialing is None or entry.what != ENDED or entry.stage not in WITHOUT_ENGINE:
        return True
    call = dialing.call_of(entry.contact)
    if call is None or call.connected_ms is None or call.agent is not None:
        dialing.answered(entry.contact, entry.at_ms)
        dialing.lost(entry.contact, entry.at_ms)
    if entry.stage == NO_MORE:
        dialing.opted_out(entry.contact, entry.at_ms)
    dialing.ended(entry.contact, entry.at_ms, EndedBy.UNKNOWN)
    return await dialing.is_written()
