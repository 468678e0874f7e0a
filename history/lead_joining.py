"""Which rows of an import are leads that are there already: pure.

The same external id is the same lead; else the same number is, whatever the ids say: who has
several contracts is still one person to call. What a later row says counts, where it says
something, of the kind of a number too; its further numbers come behind. No number is in a list
twice, so nobody is called twice from one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from history.lead_rows import Joining, LeadRow, NewLead, NewNumber


@dataclass
class Home:
    """A lead, there already or new, with what the rows that came to it say."""

    lead: NewLead
    id: int | None
    """None: it is new."""

    had: tuple[NewNumber, ...] = ()
    """Its numbers, if it was there."""

    said: NewLead | None = None
    """All that came to one that was there."""


@dataclass(frozen=True)
class Known:
    """What of a batch the list has already, by external id and by number."""

    by_id: Mapping[str, int] = field(default_factory=dict)
    by_number: Mapping[str, int] = field(default_factory=dict)
    leads: Mapping[int, LeadRow] = field(default_factory=dict)

    def and_also(self, other: Known) -> Known:
        """Both; where they differ, what the other says."""
        return Known(
            {**self.by_id, **other.by_id},
            {**self.by_number, **other.by_number},
            {**self.leads, **other.leads},
        )


@dataclass
class Joined:
    """What becomes of a batch. Of new leads the ids are still to be given."""

    new: list[Home] = field(default_factory=list)
    changed: list[Home] = field(default_factory=list)
    told: list[tuple[NewLead, Home, str, str]] = field(default_factory=list)
    """A row, the lead that it came to, by what, and what of it was left."""

    def joinings(self, ids: Mapping[int, int]) -> list[Joining]:
        """As they are told; ``ids`` has those of new leads by their row."""
        return [
            Joining(lead.row, ids[home.lead.row] if home.id is None else home.id, by, note)
            for lead, home, by, note in self.told
        ]


def join(batch: Sequence[NewLead], known: Known) -> Joined:
    """Each row to its lead, in their order."""
    return _Joiner(known).run(batch)


class _Joiner:
    def __init__(self, known: Known) -> None:
        homes = {id_: _there(id_, row) for id_, row in known.leads.items()}
        self._by_id = {each: homes[id_] for each, id_ in known.by_id.items()}
        self._by_number = {each: homes[id_] for each, id_ in known.by_number.items()}
        self._joined = Joined()

    def run(self, batch: Iterable[NewLead]) -> Joined:
        for lead in batch:
            home, by = self._home(lead)
            if home is None:
                home = Home(lead, None)
                self._joined.new.append(home)
            else:
                self._merge(lead, home, by)
            self._settle(lead, home)
        return self._joined

    def _home(self, lead: NewLead) -> tuple[Home | None, str]:
        if lead.external_id is not None and lead.external_id in self._by_id:
            return self._by_id[lead.external_id], "id"
        found = (self._by_number[n.number] for n in lead.numbers if n.number in self._by_number)
        return next(found, None), "number"

    def _merge(self, lead: NewLead, home: Home, by: str) -> None:
        further = tuple(n for n in lead.numbers if n.number not in self._by_number)
        notes = self._notes(lead, home)
        home.lead = _merged(home.lead, lead, further)
        if home.id is not None:
            if home.said is None:
                self._joined.changed.append(home)
            home.said = lead if home.said is None else _merged(home.said, lead, ())
        self._joined.told.append((lead, home, by, "; ".join(notes)))

    def _notes(self, lead: NewLead, home: Home) -> list[str]:
        elsewhere = [
            number.number
            for number in lead.numbers
            if self._by_number.get(number.number, home) is not home
        ]
        notes = [f"{number} stays with another lead" for number in elsewhere]
        ids = {lead.external_id, home.lead.external_id} - {None}
        if len(ids) > 1:
            notes.append(f"its id {lead.external_id} is not kept")
        return notes

    def _settle(self, lead: NewLead, home: Home) -> None:
        for number in home.lead.numbers:
            self._by_number.setdefault(number.number, home)
        if home.lead.external_id is not None:
            self._by_id.setdefault(home.lead.external_id, home)


def _merged(lead: NewLead, later: NewLead, further: tuple[NewNumber, ...]) -> NewLead:
    """What the later row says, where it says something."""
    return replace(
        lead,
        numbers=(*_of_kinds(lead.numbers, later.numbers), *further),
        external_id=lead.external_id or later.external_id,
        name=later.name or lead.name,
        language=later.language or lead.language,
        zone=later.zone or lead.zone,
        part=later.part or lead.part,
        priority=lead.priority if later.priority is None else later.priority,
        due_ms=later.due_ms if later.appointment else lead.due_ms,
        appointment=later.appointment or lead.appointment,
        data={**lead.data, **later.data},
    )


def _of_kinds(numbers: Sequence[NewNumber], later: Sequence[NewNumber]) -> Sequence[NewNumber]:
    kinds = {each.number: each.kind for each in later}
    return [each._replace(kind=kinds.get(each.number) or each.kind) for each in numbers]


def _there(id_: int, row: LeadRow) -> Home:
    lead = _as_new(row)
    return Home(lead, id_, lead.numbers)


def _as_new(row: LeadRow) -> NewLead:
    numbers = tuple(NewNumber(n.number, n.kind, n.place, n.best) for n in row.numbers)
    return NewLead(
        row=0,
        numbers=numbers,
        external_id=row.external_id,
        name=row.name,
        language=row.language,
        zone=row.zone,
        part=row.part,
        priority=row.priority,
        data=row.data,
    )
