"""A call as a regulator reads it: one row, with all that was said of it before it was made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from history.campaign_evidence import CalledRow
from routing.outbound.leads.plan import Result
from routing.outbound.rules.ask import local
from routing.outbound.rules.evidence import Evidence, Finding, moment, rows

COLUMNS = (
    *("call", "campaign", "list", "lead", "number", "country", "begun", "callee_clock", "asked"),
    *("caller_id", "trunk", "permitted", "agent_kept", "automated", "commercial", "rules"),
    *("lists", "consents", "result", "abandoned", "answered", "ended", "talk_ms", "agent"),
    *("disposition", "message"),
)
"""Of CSV, in order; whatever is new comes last, for whoever reads by place. They are told of in
docs/campaigns.md."""

_ABANDONED = {Result.LOST.value: "yes", Result.UNKNOWN.value: "unknown"}
_MESSAGES = {
    "message_left": "left on the machine",
    "sorry_played": "said, nobody was there",
    "opted_out": "said, opted out by key",
}
"""What the timeline of a contact says of messages; what came last goes first."""


def told(row: CalledRow) -> dict[str, Any]:
    """By `COLUMNS`, and `evidence` as it is stored. Times are UTC, ISO 8601, but for the
    callee's."""
    call, evidence = row.attempt, evidence_of(row.attempt.evidence)
    return {
        "call": call.id,
        "campaign": call.campaign,
        "list": row.list,
        "lead": call.lead_id,
        "number": call.number,
        **_before(evidence, call.begun_ms, call.evidence),
        "begun": moment(call.begun_ms),
        "caller_id": call.caller_id or (evidence.caller_id if evidence else None),
        "trunk": call.trunk,
        "result": call.result,
        "abandoned": None if call.result is None else _ABANDONED.get(call.result, "no"),
        "answered": _moment(call.answered_ms),
        "ended": _moment(call.ended_ms),
        "talk_ms": row.talk_ms,
        "agent": call.agent,
        "disposition": call.disposition,
        "message": _message(row.timeline or ()),
        "evidence": call.evidence,
    }


def evidence_of(stored: Mapping[str, Any]) -> Evidence | None:
    """What the law had said; None where it is of a form that this version does not know."""
    try:
        return msgspec.convert(stored, Evidence)
    except msgspec.ValidationError:
        return None


def _before(evidence: Evidence | None, begun_ms: int, stored: Mapping[str, Any]) -> dict[str, Any]:
    """What was known before it was dialled; of an unknown form all that is stored."""
    if evidence is None:
        names = ("country", "callee_clock", "asked", "permitted", "agent_kept", "automated")
        unknown = dict.fromkeys((*names, "commercial", "lists", "consents"))
        return {**unknown, "rules": json.dumps(stored, ensure_ascii=False)}
    return {
        "country": evidence.country,
        "callee_clock": "; ".join(_clocks(begun_ms, evidence.zones)),
        "asked": evidence.at,
        "permitted": not evidence.refusals,
        "agent_kept": evidence.agent_kept,
        "automated": evidence.automated,
        "commercial": evidence.commercial,
        "rules": " | ".join(_rules(evidence)),
        "lists": "; ".join(_seen(evidence.findings, "do_not_call")),
        "consents": "; ".join(_seen(evidence.findings, "consent")),
    }


def _clocks(at_ms: int, zones: Iterable[str]) -> Iterator[str]:
    """Of each zone that may be the callee's."""
    for zone in zones:
        yield f"{local(at_ms, zone).isoformat(timespec='seconds')} {zone}"


def _rules(evidence: Evidence) -> Iterator[str]:
    for row in rows(evidence):
        saw = f" [{row['saw']}]" if row["saw"] else ""
        by = f" ({row['set_by']})" if row["set_by"] else ""
        yield f"{row['rule']} {row['jurisdiction']}: {row['verdict']}, {row['because']}{saw}{by}"


def _seen(findings: Iterable[Finding], rule: str) -> list[str]:
    """What the rule had looked at in any jurisdiction: of lists each with what it said and when,
    of consents each with its kind, source and time."""
    found: dict[str, None] = {}
    for finding in findings:
        if finding.rule != rule:
            continue
        for name, fact in finding.saw.items():
            if rule == "consent":
                held = fact if name == "consents" and isinstance(fact, list) else ()
                found |= dict.fromkeys(held)
            elif name != "consent":
                found[f"{name}: {fact}"] = None
    return list(found)


def _message(timeline: Sequence[Mapping[str, Any]]) -> str | None:
    said = [each["what"] for each in timeline]
    return next((text for what, text in reversed(_MESSAGES.items()) if what in said), None)


def _moment(at_ms: int | None) -> str | None:
    return None if at_ms is None else moment(at_ms)
