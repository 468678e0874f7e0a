"""What follows a call: which of a lead's numbers is called next and when, or that none is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from routing.outbound.leads import besttime
from routing.outbound.leads.lead import (
    ANSWERED,
    DISPOSITION,
    DO_NOT_CALL,
    GIVEN_UP,
    Dialing,
    Done,
    Lead,
    NotPossible,
    Number,
    Ready,
    with_number,
)
from routing.outbound.leads.plan import (
    CallAgain,
    CallBack,
    Finish,
    NeverAgain,
    Plan,
    Result,
    TryNextNumber,
)

WRONG_NUMBER = "wrong_number"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended at ``at_ms``. ``disposition`` is what the agent or the flow says came of it;
    ``call_back_ms`` and ``agent`` are of one after which a time was agreed. ``never_again``: who
    was called has asked so, by key."""

    result: Result
    at_ms: int
    disposition: str | None = None
    call_back_ms: int | None = None
    agent: str | None = None
    never_again: bool = False


def said_by_default(plan: Plan, ended: Ended) -> Ended:
    """With the campaign's own word for a conversation of which nobody said what came of it."""
    is_told = ended.disposition is not None or ended.never_again
    if is_told or ended.result is not Result.ANSWERED:
        return ended
    return replace(ended, disposition=plan.default)


def end(lead: Lead, plan: Plan, ended: Ended) -> Lead:
    """The lead after its call. Raises NotPossible where there is none; ValueError of a disposition
    that the campaign does not have, or one to call back that names no time."""
    if not isinstance(lead.state, Dialing):
        raise NotPossible("end", lead.state)
    number = lead.number(lead.state.position)
    times = number.results.get(ended.result, 0) + 1
    number = replace(number, results={**number.results, ended.result: times})
    lead = replace(with_number(lead, number), last_result=ended.result)
    if ended.never_again:
        return _never_again(lead, number, ended.disposition)
    if ended.disposition is not None:
        return _after_disposition(lead, number, plan, ended)
    if ended.result is Result.ANSWERED:
        return replace(lead, state=Done(ANSWERED))
    return _after_result(lead, number, plan, ended, times)


def _after_disposition(lead: Lead, number: Number, plan: Plan, ended: Ended) -> Lead:
    name = ended.disposition or ""
    if name not in plan.dispositions:
        raise ValueError(f"the campaign has no disposition {name}")
    match plan.dispositions[name]:
        case Finish():
            return replace(lead, state=Done(DISPOSITION, name))
        case NeverAgain():
            return _never_again(lead, number, name)
        case CallAgain(after_ms=after):
            return _again(lead, number, plan, ended.at_ms + after, ended.at_ms)
        case TryNextNumber():
            return _without(lead, number, WRONG_NUMBER, plan, ended.at_ms)
        case CallBack():
            if ended.call_back_ms is None:
                raise ValueError(f"{name} needs the time that was agreed")
            at_ms = max(ended.call_back_ms, ended.at_ms)
            return replace(lead, state=Ready(at_ms, number.position, True, ended.agent))


def _never_again(lead: Lead, number: Number, disposition: str | None) -> Lead:
    closed = with_number(lead, replace(number, closed=DO_NOT_CALL))
    return replace(closed, state=Done(DO_NOT_CALL, disposition))


def _after_result(lead: Lead, number: Number, plan: Plan, ended: Ended, times: int) -> Lead:
    retry = None if ended.result is Result.INVALID else plan.retry(ended.result)
    if retry is None or times >= retry.tries:
        return _without(lead, number, ended.result, plan, ended.at_ms)
    due_ms = ended.at_ms + retry.pause_ms(times)
    if not retry.next_number:
        return _again(lead, number, plan, due_ms, ended.at_ms)
    return _next(with_number(lead, replace(number, due_ms=due_ms)), plan, ended.at_ms)


def _again(lead: Lead, number: Number, plan: Plan, due_ms: int, now_ms: int) -> Lead:
    """The same number, when it is due."""
    if lead.tries >= plan.tries:
        return replace(lead, state=Done(GIVEN_UP))
    waiting = replace(number, due_ms=due_ms)
    ready = Ready(callable_ms(waiting, now_ms), number.position)
    return replace(with_number(lead, waiting), state=ready)


def _without(lead: Lead, number: Number, why: str, plan: Plan, now_ms: int) -> Lead:
    """This number is not called any more."""
    return _next(with_number(lead, replace(number, closed=why)), plan, now_ms)


def _next(lead: Lead, plan: Plan, now_ms: int) -> Lead:
    """Whichever number may be called first."""
    ready = None if lead.tries >= plan.tries else next_call(lead.numbers, plan, now_ms)
    return replace(lead, state=Done(GIVEN_UP) if ready is None else ready)


def next_call(numbers: Iterable[Number], plan: Plan, now_ms: int) -> Ready | None:
    """The number that may be called first, of several the one that the campaign or the lead names
    first; None where no number is left to call."""
    able = [number for number in numbers if number.closed is None and _is_of(number, plan)]
    if not able:
        return None
    first = min(able, key=lambda each: (callable_ms(each, now_ms), _place_in(each, plan)))
    return Ready(callable_ms(first, now_ms), first.position)


def to_dial(lead: Lead, plan: Plan, now_ms: int) -> Number | None:
    """Which number of a lead that is due is dialled now; None: none may be."""
    state = lead.state
    ready = getattr(state, "ready", state)
    if isinstance(ready, Ready):
        meant = lead.number(ready.position)
        is_now = ready.promised or callable_ms(meant, now_ms) <= now_ms
        if meant.closed is None and _is_of(meant, plan) and is_now:
            return meant
    found = next_call(lead.numbers, plan, now_ms)
    return None if found is None or found.due_ms > now_ms else lead.number(found.position)


def callable_ms(number: Number, now_ms: int) -> int:
    """From when on a number may be called: its pause is over, and it is its best time where the
    phone is; of a phone in several zones, or none that is known, in the first, or in UTC."""
    at_ms = max(number.due_ms, now_ms)
    if not number.best:
        return at_ms
    zone = ZoneInfo(number.place.zones[0] if number.place.zones else "UTC")
    local = datetime.fromtimestamp(at_ms / 1000, zone)
    moment = besttime.next_moment(number.best, local)
    return at_ms if moment == local else round(moment.timestamp() * 1000)


def _is_of(number: Number, plan: Plan) -> bool:
    return not plan.kinds or number.kind in plan.kinds


def _place_in(number: Number, plan: Plan) -> tuple[int, int]:
    return plan.kinds.index(number.kind) if plan.kinds else 0, number.position


def recycled(lead: Lead, plan: Plan, results: Iterable[Result], now_ms: int) -> Lead:
    """A lead that was given up begins anew, with the numbers that were given up for such results;
    others stay closed. Raises NotPossible for one that is not given up."""
    if not isinstance(lead.state, Done) or lead.state.why != GIVEN_UP:
        raise NotPossible("recycle", lead.state)
    again = {result.value for result in results}
    numbers = tuple(
        replace(each, closed=None, tries=0, results={}, due_ms=0)
        if each.closed is None or each.closed in again
        else each
        for each in lead.numbers
    )
    ready = next_call(numbers, plan, now_ms)
    return lead if ready is None else replace(lead, numbers=numbers, tries=0, state=ready)
