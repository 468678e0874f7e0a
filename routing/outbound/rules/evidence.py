"""Why a call was permitted, or was not: values that are kept with the call, and shown to who asks.

    stored = to_json(decision.evidence)
    evidence = from_json(stored)

Every rule of every jurisdiction is told, also one that is off: what it looked at, what it said, and
who had set it. Numbers are E.164; times are ISO 8601, in UTC unless a zone is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec

FORM = 1
"""The form of what is stored; another number is another form."""

Fact = str | int | float | bool | list[str] | None
Verdict = Literal["permits", "refuses", "off"]


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one rule of one jurisdiction said of a call.

    `saw` is what it looked at. `until_ms`, of a refusal: from when on it would permit the call, all
    else being as it is; None: no time alone changes it. `agent_helps`: it would permit the call
    with an agent kept for it.
    """

    rule: str
    jurisdiction: str
    verdict: Verdict
    because: str
    saw: Mapping[str, Fact] = {}
    set_by: str = ""
    until_ms: int | None = None
    agent_helps: bool = False


class Evidence(msgspec.Struct, frozen=True):
    """A call, and everything that was said of it at the moment of dialing."""

    at: str
    campaign: str
    number: str
    caller_id: str | None
    country: str
    zones: tuple[str, ...]
    agent_kept: bool
    automated: bool
    commercial: bool
    findings: tuple[Finding, ...]
    form: int = FORM

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The rules that did not permit it; none: it was permitted."""
        return tuple(each for each in self.findings if each.verdict == "refuses")


class Permit(msgspec.Struct, frozen=True):
    """The call may be made, now."""

    evidence: Evidence


class Refusal(msgspec.Struct, frozen=True):
    """The call may not be made. `again_ms`: the first moment at which it may be, if nothing else
    changes; None: time alone does not do it, or not within a year. `agent_helps`: it may be made
    now, with an agent kept for it."""

    evidence: Evidence
    again_ms: int | None
    agent_helps: bool

    @property
    def reasons(self) -> tuple[Finding, ...]:
        """The rules that did not permit it."""
        return self.evidence.refusals


Decision = Permit | Refusal


def to_json(evidence: Evidence) -> bytes:
    """As it is stored."""
    return msgspec.json.encode(evidence)


def from_json(stored: bytes | str) -> Evidence:
    """What `to_json` has written; msgspec.ValidationError for anything else."""
    return msgspec.json.decode(stored, type=Evidence)


def rows(evidence: Evidence) -> Iterator[dict[str, str]]:
    """One row of a table for each rule, for a regulator: plain texts, the same columns in all."""
    for finding in evidence.findings:
        yield {
            "at": evidence.at,
            "campaign": evidence.campaign,
            "number": evidence.number,
            "caller_id": evidence.caller_id or "",
            "country": evidence.country,
            "rule": finding.rule,
            "jurisdiction": finding.jurisdiction,
            "verdict": finding.verdict,
            "because": finding.because,
            "saw": "; ".join(f"{name}: {_plain(fact)}" for name, fact in finding.saw.items()),
            "set_by": finding.set_by,
        }


def moment(at_ms: int) -> str:
    """A moment in UTC, ISO 8601, to the millisecond."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z")
"""As `moment` writes one, within a text too."""


def epoch_ms(text: str) -> int:
    """What `moment` has written, Unix epoch, ms."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _plain(fact: Fact) -> str:
    match fact:
        case None:
            return "none"
        case bool():
            return "yes" if fact else "no"
        case list():
            return ", ".join(fact) or "none"
    return str(fact)
