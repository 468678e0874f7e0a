"""Whether a call may be made: every rule of every jurisdiction is asked, and what it said kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from routing.outbound.rules import abandoning, answering, attempts, hours, identity, lists
from routing.outbound.rules.ask import Ask, Call, Callee, Known, Said, callee_of
from routing.outbound.rules.evidence import Decision, Evidence, Finding, Permit, Refusal, moment
from routing.outbound.rules.law import Law

RULES: Mapping[str, Callable[[Any, Ask], Said]] = {
    "allow": identity.allow,
    "numbers": identity.numbers,
    "caller_id": identity.caller_id,
    "hours": hours.hours,
    "campaign_hours": hours.campaign_hours,
    "do_not_call": lists.do_not_call,
    "consent": lists.consent,
    "under_way": attempts.under_way,
    "attempts": attempts.attempts,
    "abandoned_lock": attempts.abandoned_lock,
    "machine_lock": attempts.machine_lock,
    "ring": answering.ring,
    "answer": answering.answer,
    "message": answering.message,
    "abandon_rate": abandoning.abandon_rate,
}
"""Every rule by the name of its field in `Rules`."""

LOOKS = 200
"""So many moments are tried for the next that suits all rules."""
HORIZON_MS = 366 * 86_400_000


def permitted(call: Call, known: Known, law: Law, at_ms: int) -> Decision:
    """Whether `call` may be made at `at_ms` (Unix epoch, ms).

    To be asked at the moment of dialing, with the lists looked at anew: what was permitted when a
    lead was chosen may not be any more.
    """
    callee = callee_of(call.number, call.told, law)
    evidence = Evidence(
        at=moment(at_ms),
        campaign=call.campaign,
        number=call.number,
        caller_id=call.caller_id,
        country=callee.place.country,
        zones=callee.zones,
        agent_kept=call.agent_kept,
        automated=call.automated,
        commercial=call.commercial,
        findings=tuple(_findings(call, known, callee, law, at_ms)),
    )
    refusals = evidence.refusals
    if not refusals:
        return Permit(evidence)
    again_ms = _again_ms(refusals, call, known, callee, law, at_ms)
    return Refusal(evidence, again_ms, all(each.agent_helps for each in refusals))


def _findings(call: Call, known: Known, callee: Callee, law: Law, at_ms: int) -> Iterator[Finding]:
    for jurisdiction in callee.jurisdictions:
        ask = Ask(call, known, callee, law.rules(jurisdiction), at_ms)
        for name in RULES:
            yield _finding(name, jurisdiction, ask)


def _finding(name: str, jurisdiction: str, ask: Ask) -> Finding:
    rule, set_by = getattr(ask.rules, name), ask.rules.set_by.get(name, "")
    if rule is None:
        return Finding(name, jurisdiction, "off", "this rule is off", set_by=set_by)
    said = RULES[name](rule, ask)
    return Finding(
        rule=name,
        jurisdiction=jurisdiction,
        verdict="permits" if said.permits else "refuses",
        because=said.because,
        saw=said.saw,
        set_by=set_by,
        until_ms=said.until_ms,
        agent_helps=not said.permits and _agent_helps(name, rule, ask),
    )


def _agent_helps(name: str, rule: object, ask: Ask) -> bool:
    if ask.call.agent_kept or ask.call.automated:
        return False
    return RULES[name](rule, replace(ask, call=replace(ask.call, agent_kept=True))).permits


def _again_ms(
    refusals: tuple[Finding, ...],
    call: Call,
    known: Known,
    callee: Callee,
    law: Law,
    at_ms: int,
) -> int | None:
    """The first moment that suits all: each time on to the last of those that the rules ask for.
    No rule ever says a moment that is later than the first which suits it."""
    last_ms = at_ms + HORIZON_MS
    for _ in range(LOOKS):
        times = [each.until_ms for each in refusals]
        if any(time is None for time in times):
            return None
        at_ms = max(time for time in times if time is not None)
        if at_ms > last_ms:
            return None
        found = _findings(call, looked_again(known, at_ms), callee, law, at_ms)
        refusals = tuple(each for each in found if each.verdict == "refuses")
        if not refusals:
            return at_ms
    return None


def looked_again(known: Known, at_ms: int) -> Known:
    """The same, had the lists been looked at then, and said what they do now, and were calls over
    that are under way."""
    listings = tuple(each._replace(looked_ms=at_ms) for each in known.listings)
    past = tuple(
        each if each.ended_ms is not None else each._replace(ended_ms=at_ms) for each in known.past
    )
    return replace(known, listings=listings, past=past)
