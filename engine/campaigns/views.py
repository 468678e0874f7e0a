"""What the desk does with leads: fills `desk.leads`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from config.numbers import e164
from config.site import Site
from desk.leads import Word
from desk.views import Json, Refused, Unavailable
from engine.campaigns.importing import Target, bring_in
from engine.campaigns.leadbook import calls_told
from engine.campaigns.permissions import consent_kind, consent_source, given_ms
from engine.campaigns.reading.rows import Refused as RefusedRow
from engine.campaigns.sources import SentSource
from engine.clock import now_ms
from engine.errors import LeadsRefused
from history.do_not_call import ConsentRow, Entry, PermissionStore
from history.errors import DatabaseAway, RecordRefused
from history.lead_imports import ImportStore
from history.lead_rows import Joining, NewLead
from history.leads import LeadStore


class Hearing:
    """What is told of an import, kept for the answer to who sent it."""

    def __init__(self) -> None:
        self.refused: list[Json] = []
        self.notes: list[Json] = []

    def go_on(self, lengths: Mapping[str, int]) -> None:
        """There is nothing to go on with."""

    def refuse(self, refused: Iterable[RefusedRow], rows: Mapping[int, Sequence[str]]) -> None:
        self.refused += [{"row": each.row, "why": "; ".join(each.reasons)} for each in refused]

    def tell(self, joinings: Iterable[Joining], leads: Iterable[NewLead]) -> None:
        self.notes += [each._asdict() for each in joinings]

    def lengths(self) -> Mapping[str, int]:
        return {}


class LeadViews:
    """`site` is the one in force; its ``name`` stays."""

    def __init__(self, site: Callable[[], Site], name: str, url: str) -> None:
        self._site = site
        self._leads = LeadStore(url, name)
        self._imports = ImportStore(url, name)
        self._permissions = PermissionStore(url, name)

    async def close(self) -> None:
        """Close every connection."""
        for store in (self._leads, self._imports, self._permissions):
            await store.close()

    async def lists(self) -> list[Json]:
        with _answering():
            return [each._asdict() for each in await self._leads.lists()]

    async def bring_in(self, name: str, sent: Sequence[Json], by: str) -> Json:
        hearing = Hearing()
        with _answering():
            site = self._site()
            source, to = SentSource(sent, {}, site), Target(self._imports, site, name, by)
            outcome = await bring_in(source, to, hearing, lambda rows: None)
        told = {
            "columns": dict(source.columns.remarks),
            "refused_rows": hearing.refused,
            "joined_rows": hearing.notes,
        }
        return {**outcome._asdict(), **told}

    async def lead(self, lead_id: int) -> Json:
        with _answering():
            row = await self._leads.lead(lead_id)
            if row is None:
                raise Refused("no_such_lead", f"there is no lead {lead_id}", unknown=True)
            calls = await self._leads.attempts(lead_id)
            contacts = await self._leads.contacts(lead_id)
        return {**asdict(row), "attempts": calls_told(calls, contacts)}

    async def entries(self, number: str) -> list[Json]:
        with _answering():
            found = await self._permissions.history(self._number(number))
        return [asdict(entry) for entry in found]

    async def enter(self, number: str, word: Word) -> bool:
        one_form, note = self._number(number), word.note or None
        entry = Entry(one_form, word.register, now_ms(), "api", word.by, note)
        with _answering():
            return await self._permissions.add([entry]) > 0

    async def take_out(self, number: str, word: Word) -> bool:
        one_form = self._number(number)
        with _answering():
            return await self._permissions.remove(one_form, word.register, word.by, now_ms())

    async def consents(self, number: str) -> list[Json]:
        one_form = self._number(number)
        with _answering():
            return [asdict(row) async for row in self._permissions.consents(one_form)]

    async def consent(self, number: str, word: Word) -> bool:
        with _answering():
            row = ConsentRow(
                self._number(number),
                consent_kind(word.kind or "automated"),
                given_ms(word.given, self._site()),
                consent_source(word.source),
                word.by,
            )
            return await self._permissions.consent([row]) > 0

    async def withdraw(self, number: str, word: Word) -> bool:
        with _answering():
            kind = consent_kind(word.kind) if word.kind else None
            source, one_form = consent_source(word.source), self._number(number)
            gone = await self._permissions.withdraw(one_form, kind, source, word.by, now_ms())
        return gone > 0

    def _number(self, text: str) -> str:
        found = e164(text, self._site().country)
        if found is None:
            raise Refused("bad_number", "this is no number that can be dialled")
        return found


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except LeadsRefused as refused:
        raise Refused("bad_leads", str(refused)) from None
    except (DatabaseAway, RecordRefused) as failure:
        raise Unavailable(failure.reason) from None
