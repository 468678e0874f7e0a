"""Leads as they are written and read. Numbers are E.164, times Unix epoch milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

HIGHEST_PRIORITY = 99
APPOINTMENT = 0
"""The rank of a time that a person was promised; all others are above it."""


def rank_of(priority: int) -> int:
    """Leads are called in the order of their ranks, the smallest first."""
    return HIGHEST_PRIORITY + 1 - priority


class NewNumber(NamedTuple):
    """A number of a lead that comes in. `kind` is empty where the row does not say; `place`: where
    it may be; `best`: when to call it."""

    number: str
    kind: str
    place: str
    best: str | None = None


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead that comes in: from row ``row`` of what is imported. None: it does not say.

    `due_ms` is when it may first be called, at its number `position`; with `appointment` that time
    was promised.
    """

    row: int
    numbers: tuple[NewNumber, ...] = field(repr=False)
    external_id: str | None = None
    name: str | None = field(default=None, repr=False)
    language: str | None = None
    zone: str | None = None
    part: str | None = None
    """Of a country: `US-FL`."""
    priority: int | None = None
    due_ms: int | None = None
    position: int = 0
    appointment: bool = False
    data: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    """What of the row was left out."""


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A number of a lead; `closed`: why it is not called any more."""

    position: int
    number: str = field(repr=False)
    kind: str
    place: str
    best: str | None = None
    tries: int = 0
    last_ms: int | None = None
    results: Mapping[str, int] = field(default_factory=dict)
    due_ms: int = 0
    closed: str | None = None


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A lead; see `history.lead_tables` for what its columns mean."""

    id: int
    list_id: int
    external_id: str | None
    name: str | None = field(repr=False)
    language: str | None
    zone: str | None
    part: str | None
    priority: int
    data: Mapping[str, str] = field(repr=False)
    state: str
    place: str
    rank: int
    due_ms: int
    position: int
    tries: int
    last_ms: int | None
    recycled: int
    agent: str | None
    why: str | None
    disposition: str | None
    last_result: str | None
    lease_by: str | None
    lease_until_ms: int | None
    attempt_id: str | None
    refused: Mapping[str, Any] | None = field(repr=False)
    """The last call that was not made: `Refused.told`."""
    created_ms: int
    updated_ms: int
    numbers: tuple[NumberRow, ...] = ()


class Refused(NamedTuple):
    """The law did not permit a call to a lead, on this day of the site's (`2026-11-23`). Each of
    `reasons` has the rule, its jurisdiction and because of what."""

    lead_id: int
    at_ms: int
    day: str
    campaign: str
    number: str
    reasons: Sequence[Mapping[str, str]]

    def told(self) -> dict[str, Any]:
        """As it is stored with the lead."""
        names = ("at_ms", "campaign", "number", "reasons")
        return {name: getattr(self, name) for name in names}

    @property
    def rules(self) -> frozenset[str]:
        """Those that did not permit it."""
        return frozenset(each["rule"] for each in self.reasons)


class Joining(NamedTuple):
    """Row ``row`` came to a lead that was there: ``by`` its id or its number. ``note``: what of the
    row is not as it was written."""

    row: int
    lead_id: int
    by: str
    note: str = ""


class ImportRow(NamedTuple):
    """How far an import has come; ``told_bytes`` are the lengths of the files that tell of it."""

    id: int
    list_id: int
    fingerprint: str
    rows: int
    added: int
    joined: int
    refused: int
    told_bytes: Mapping[str, int]
    done_ms: int | None

    @property
    def begun(self) -> bool:
        """Whether an interrupted run has brought in something."""
        return self.rows > 0


class ListRow(NamedTuple):
    """A list, and how many of its leads are in which state."""

    id: int
    name: str
    created_ms: int
    changed_ms: int
    counts: Mapping[str, int]
