"""Do-not-call registers and consents of a site, with who wrote what and when.

What is taken out stays, with the time until which it was in force: what was known at the moment of
a call can be told later.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
    update,
)
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from config.registers import OWN
from history.connection import failing, open_engine
from history.database import insert_new, upsert
from history.lead_pieces import insert_all
from history.lead_reading import AT_ONCE
from history.lead_tables import attempts, consents, do_not_call, registers


@dataclass(frozen=True, slots=True)
class Entry:
    """A number that is not to be called. `source`: own, imported or api; `until_ms`: when it was
    taken out."""

    number: str = field(repr=False)
    register: str
    since_ms: int
    source: str
    by: str
    note: str | None = None
    until_ms: int | None = None
    removed_by: str | None = None


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A consent to be called. `kind`: live, by people; automated, by calls too in which nobody
    talks. `source` says where it comes from: a form, a contract, a recording."""

    number: str = field(repr=False)
    kind: str
    given_ms: int
    source: str
    by: str
    withdrawn_ms: int | None = None
    withdrawn_source: str | None = None
    withdrawn_by: str | None = None


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """A call to a number; `result` None: it is under way."""

    campaign: str
    begun_ms: int
    ended_ms: int | None
    result: str | None
    id: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """All that the law asks of a number: entries in force, its consents, the site's calls to it."""

    entries: Sequence[Entry] = ()
    consents: Sequence[ConsentRow] = ()
    past: Sequence[PastAttempt] = ()

    def beside(self, attempt: str) -> NumberFacts:
        """Without one of the calls."""
        return replace(self, past=[each for each in self.past if each.id != attempt])


class PermissionStore:
    """Raises DatabaseAway, RecordRefused. Numbers are E.164."""

    def __init__(self, url: str, site: str) -> None:
        self._engine = open_engine(url)
        self._site = site
        dialect = self._engine.dialect.name
        self._register = upsert(dialect, registers)
        self._once = {table: insert_new(dialect, table) for table in (do_not_call, consents)}

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def facts(self, number: str) -> NumberFacts:
        """What is known at this moment, which is to be asked right before a call."""
        with failing():
            async with self._engine.connect() as connection:
                values = {"site": self._site, "of": number}
                found = (await connection.execute(_FACTS, values)).all()
        facts = [_Fact(*row) for row in found]
        return NumberFacts(
            [fact.entry(number) for fact in facts if fact.what == "entry"],
            [fact.consent(number) for fact in facts if fact.what == "consent"],
            [fact.call() for fact in facts if fact.what == "call"],
        )

    async def add(self, entries: Sequence[Entry]) -> int:
        """Those that are not in force already, of which it is kept that they came again; how many
        were new. All are of one register."""
        new = {entry.number: entry for entry in entries}
        added = 0
        with failing():
            async with self._engine.begin() as connection:
                for some in batched(list(new.values())):
                    added += await self._add(connection, some)
        return added

    async def _add(self, connection: AsyncConnection, entries: Sequence[Entry]) -> int:
        column, first = do_not_call.c, entries[0]
        numbers = [entry.number for entry in entries]
        ours = column.site == self._site, column.register == first.register
        there = (*ours, column.number.in_(numbers), column.until_ms.is_(None))
        seen = update(do_not_call).where(*there).values(seen_ms=first.since_ms)
        known = set((await connection.execute(seen.returning(column.number))).scalars())
        values = [
            {**asdict(entry), "site": self._site, "seen_ms": entry.since_ms}
            for entry in entries
            if entry.number not in known
        ]
        await insert_all(connection, self._once[do_not_call], values)
        return len(values)

    async def remove(self, number: str, register: str, by: str, now_ms: int) -> bool:
        """Out of a register; False when it is not in it."""
        return await self._take_out(register, do_not_call.c.number == number, by, now_ms) > 0

    async def take_out_unseen(self, register: str, since_ms: int, by: str) -> int:
        """Those that did not come with the copy that came at ``since_ms``; how many that were."""
        return await self._take_out(register, do_not_call.c.seen_ms < since_ms, by, since_ms)

    async def _take_out(
        self, register: str, which: ColumnElement[bool], by: str, now_ms: int
    ) -> int:
        column = do_not_call.c
        ours = column.site == self._site, column.register == register, column.until_ms.is_(None)
        out = update(do_not_call).where(*ours, which).values(until_ms=now_ms, removed_by=by)
        with failing():
            async with self._engine.begin() as connection:
                return (await connection.execute(out)).rowcount

    async def brought_in(self, register: str, entries: int, now_ms: int) -> None:
        """A copy of the register is in, as it was then."""
        values = {"site": self._site, "name": register, "imported_ms": now_ms, "entries": entries}
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(self._register, values)

    async def registers(self) -> Mapping[str, int | None]:
        """Every register by its name, with when it was last brought in."""
        column = do_not_call.c
        named = select(column.register).where(column.site == self._site).distinct()
        imported = select(registers.c.name, registers.c.imported_ms)
        with failing():
            async with self._engine.connect() as connection:
                found: dict[str, int | None] = {OWN: None}
                found |= dict.fromkeys(await connection.scalars(named))
                of_site = imported.where(registers.c.site == self._site)
                found |= {row.name: row.imported_ms for row in await connection.execute(of_site)}
        return found

    async def history(self, number: str) -> Sequence[Entry]:
        """Every entry of a number that there ever was, the first at first."""
        column = do_not_call.c
        query = select(do_not_call).where(column.site == self._site, column.number == number)
        with failing():
            async with self._engine.connect() as connection:
                rows = await connection.execute(query.order_by(column.since_ms))
                return [_entry(row._mapping) for row in rows]

    async def entries(self, register: str | None) -> AsyncIterator[Entry]:
        """What is in force, by number, streamed: of one register, or of all."""
        column = do_not_call.c
        query = select(do_not_call).where(column.site == self._site, column.until_ms.is_(None))
        if register is not None:
            query = query.where(column.register == register)
        with failing():
            async with self._engine.connect() as connection:
                async for row in await connection.stream(query.order_by(column.number)):
                    yield _entry(row._mapping)

    async def consent(self, rows: Sequence[ConsentRow]) -> int:
        """Consents that were given; one of the same kind and time is there once. How many are
        new."""
        values = [{**asdict(row), "site": self._site} for row in rows]
        with failing():
            async with self._engine.begin() as connection:
                before = await connection.scalar(select(func.count()).select_from(consents))
                await insert_all(connection, self._once[consents], values)
                after = await connection.scalar(select(func.count()).select_from(consents))
        return (after or 0) - (before or 0)

    async def withdraw(
        self, number: str, kind: str | None, source: str, by: str, now_ms: int
    ) -> int:
        """Consents of a number do not hold any more, of one kind or all; how many that were."""
        column = consents.c
        ours = column.site == self._site, column.number == number, column.withdrawn_ms.is_(None)
        query = update(consents).where(*ours, *([] if kind is None else [column.kind == kind]))
        values = {"withdrawn_ms": now_ms, "withdrawn_source": source, "withdrawn_by": by}
        with failing():
            async with self._engine.begin() as connection:
                return (await connection.execute(query.values(values))).rowcount

    async def consents(self, number: str | None = None) -> AsyncIterator[ConsentRow]:
        """Every consent, also those that were withdrawn, streamed; of one number, or of all."""
        with failing():
            async with self._engine.connect() as connection:
                async for row in await connection.stream(self._consents(number)):
                    yield _consent(row._mapping)

    def _consents(self, number: str | None) -> Select[Any]:
        column = consents.c
        query = select(consents).where(column.site == self._site)
        if number is not None:
            query = query.where(column.number == number)
        return query.order_by(column.number, column.given_ms)


def batched(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """As many at once as a query may name."""
    for begin in range(0, len(entries), AT_ONCE):
        yield entries[begin : begin + AT_ONCE]


def _entry(row: RowMapping) -> Entry:
    return Entry(**{name: row[name] for name in _ENTRY})


def _consent(row: RowMapping) -> ConsentRow:
    return ConsentRow(**{name: row[name] for name in _CONSENT})


class _Fact(NamedTuple):
    """A row of `_FACTS`: an entry, a consent or a call."""

    what: str
    name: str
    at_ms: int
    word: str | None
    by: str | None
    until_ms: int | None
    more: str | None
    until_by: str | None

    def entry(self, number: str) -> Entry:
        return Entry(number, self.name, self.at_ms, self.word or "", self.by or "", self.more)

    def consent(self, number: str) -> ConsentRow:
        given = number, self.name, self.at_ms, self.word or "", self.by or ""
        return ConsentRow(*given, self.until_ms, self.more, self.until_by)

    def call(self) -> PastAttempt:
        return PastAttempt(self.name, self.at_ms, self.until_ms, self.word, self.by or "")


def _facts() -> Executable:
    """One statement for all three: each further one costs several changes of threads with SQLite's
    driver."""
    entry, given, call = do_not_call.c, consents.c, attempts.c
    no_ms, no_text = cast(null(), BigInteger), cast(null(), Text)
    entries = select(
        *(literal("entry").label("what"), entry.register.label("name")),
        *(entry.since_ms.label("at_ms"), entry.source, entry.by, no_ms, entry.note, no_text),
    ).where(_about(entry), entry.until_ms.is_(None))
    held = select(
        *(literal("consent"), given.kind, given.given_ms, given.source, given.by),
        *(given.withdrawn_ms, given.withdrawn_source, given.withdrawn_by),
    ).where(_about(given))
    calls = select(
        *(literal("call"), call.campaign, call.begun_ms, call.result, call.id),
        *(call.ended_ms, no_text, no_text),
    ).where(_about(call))
    return union_all(entries, held, calls).order_by("at_ms")


def _about(column: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[bool]:
    return and_(column.site == bindparam("site"), column.number == bindparam("of"))


_FACTS = _facts()
_ENTRY = tuple(each.name for each in fields(Entry))
_CONSENT = tuple(each.name for each in fields(ConsentRow))
