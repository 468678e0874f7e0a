"""Which rows of an import are leads that are there already: pure.

The same external id is the same lead; else the same number is, whatever the ids say: who has
several contracts is still one person to call. What a later row says counts, where it says
something, of the kind and the best time of its numbers too, and its zone and part of the country
for all numbers of the lead; its further numbers come behind. No number is in a list twice, so
nobody is called twice from one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from history.lead_rows import APPOINTMENT, Joining, LeadRow, NewLead, NewNumber


class Reckoning(NamedTuple):
    """What only routing knows of a number that is there."""

    place: Callable[[str, str | None, str | None], str]
    """Where a number may be, of a lead that tells this zone and this part of its country."""

    due_ms: Callable[[str | None, str, int], int]
    """From when on a number is called, with this best time at this place, no sooner than that."""


@dataclass
class Home:
    """A lead, there already or new, with what the rows that came to it say."""

    lead: NewLead
    id: int | None
    """None: it is new."""

    there: LeadRow | None = None
    """As it was, if it was there."""

    said: NewLead | None = None
    """All that came to one that was there."""

    @property
    def had(self) -> int:
        """How many numbers it had."""
        return 0 if self.there is None else len(self.there.numbers)


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


def join(batch: Sequence[NewLead], known: Known, reckoning: Reckoning, now_ms: int) -> Joined:
    """Each row to its lead, in their order."""
    return _Joiner(known, reckoning, now_ms).run(batch)


class _Joiner:
    def __init__(self, known: Known, reckoning: Reckoning, now_ms: int) -> None:
        self._reckoning, self._now_ms = reckoning, now_ms
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
        notes, before = self._notes(lead, home), home.lead
        home.lead = self._reckoned(_merged(before, lead, further), home)
        if home.id is not None:
            if home.said is None:
                self._joined.changed.append(home)
            home.said = lead if home.said is None else _merged(home.said, lead, ())
        told = "; ".join((*notes, *_changes(before, home.lead)))
        self._joined.told.append((lead, home, by, told))

    def _reckoned(self, lead: NewLead, home: Home) -> NewLead:
        """Where its numbers are, and when it is due, by all that is known of it."""
        zone, part = lead.zone, lead.part
        if zone is not None or part is not None:
            place = self._reckoning.place
            placed = [n._replace(place=place(n.number, zone, part)) for n in lead.numbers]
            lead = replace(lead, numbers=tuple(placed))
        if lead.appointment:
            return lead
        pause_ms = home.there.numbers[lead.position].due_ms if home.there else 0
        number, from_ms = lead.numbers[lead.position], max(self._now_ms, pause_ms)
        return replace(lead, due_ms=self._reckoning.due_ms(number.best, number.place, from_ms))

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
        numbers=(*_as_said(lead.numbers, later.numbers), *further),
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


def _as_said(numbers: Sequence[NewNumber], later: Sequence[NewNumber]) -> Iterator[NewNumber]:
    said = {each.number: each for each in later}
    for each in numbers:
        now = said.get(each.number, each)
        yield each._replace(kind=now.kind or each.kind, best=now.best or each.best)


def _changes(before: NewLead, after: NewLead) -> Iterator[str]:
    """What decides when a lead is called and is another now."""
    yield from _change("zone", before.zone, after.zone)
    yield from _change("part", before.part, after.part)
    for was, now in zip(before.numbers, after.numbers, strict=False):
        yield from _change(f"best_time of {now.number}", was.best, now.best)


def _change(what: str, before: str | None, after: str | None) -> Iterator[str]:
    if after != before:
        yield f"{what} is {after} now" + (f", was {before}" if before else "")


def _there(id_: int, row: LeadRow) -> Home:
    return Home(_as_new(row), id_, row)


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
        due_ms=row.due_ms,
        position=row.position,
        appointment=row.rank == APPOINTMENT,
        data=row.data,
    )
