"""Calls with why each was permitted, as they are handed to a regulator, and who had them when."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, and_, insert, or_, select, update

from history.connection import failing, open_engine
from history.lead_hopper import AttemptRow
from history.lead_tables import attempts, evidence_exports, lead_lists, refusals
from history.leads import attempt_of
from history.tables import contacts

PAGE = 500
"""Calls at once: a page is one short transaction, so that an export of hours holds up no writer."""


class CalledRow(NamedTuple):
    """A call, and what the history tells of its contact: `timeline` as it is stored, None where it
    knows none; `list` is empty where the list is gone."""

    attempt: AttemptRow
    list: str
    timeline: Sequence[Mapping[str, Any]] | None
    talk_ms: int | None


class CallsWanted(NamedTuple):
    """Calls of a campaign that were begun from `since_ms` until before `until_ms`; of all numbers,
    or one."""

    campaign: str
    since_ms: int
    until_ms: int
    number: str | None = None


class RefusalCount(NamedTuple):
    """So often a rule did not permit a call of a campaign on a day of the site's, `last_ms` the
    last time."""

    campaign: str
    day: str
    rule: str
    refusals: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class ExportRow:
    """Somebody had an export: written before its first row is read. `calls`, `sha256` (of all that
    was written) and `done_ms` come with its end; None: it was broken off."""

    id: str
    campaign: str
    by: str
    at_ms: int
    since_ms: int
    until_ms: int
    number: str | None = field(repr=False)
    form: str
    target: str
    calls: int | None = None
    sha256: str | None = None
    done_ms: int | None = None


class EvidenceStore:
    """Of one site. Raises DatabaseAway, RecordRefused."""

    def __init__(self, url: str, site: str) -> None:
        self._engine = open_engine(url)
        self._site = site

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def calls(self, wanted: CallsWanted) -> AsyncGenerator[CalledRow]:
        """In the order in which they were begun."""
        last: tuple[int, str] | None = None
        while True:
            with failing():
                async with self._engine.connect() as connection:
                    found = (await connection.execute(self._page(wanted, last))).all()
            for row in found:
                yield _called(row)
            if len(found) < PAGE:
                return
            last = found[-1].begun_ms, found[-1].id

    def _page(self, wanted: CallsWanted, last: tuple[int, str] | None) -> Select[Any]:
        column, told = attempts.c, contacts.c
        where = [
            column.site == self._site,
            column.campaign == wanted.campaign,
            column.begun_ms >= wanted.since_ms,
            column.begun_ms < wanted.until_ms,
        ]
        if wanted.number is not None:
            where.append(column.number == wanted.number)
        if last is not None:
            begun_ms, name = last
            same = and_(column.begun_ms == begun_ms, column.id > name)
            where += [column.begun_ms >= begun_ms, or_(column.begun_ms > begun_ms, same)]
        query = select(attempts, lead_lists.c.name.label("list"), told.timeline, told.talk_ms)
        around = attempts.outerjoin(lead_lists, lead_lists.c.id == column.list_id)
        query = query.select_from(around.outerjoin(contacts, told.id == column.id)).where(*where)
        return query.order_by(column.begun_ms, column.id).limit(PAGE)

    async def refusals(
        self, since: str, until: str, campaign: str | None = None
    ) -> Sequence[RefusalCount]:
        """Calls that were not made from one day to another, both included, by campaign, day and
        rule."""
        column = refusals.c
        query = select(*(column[name] for name in RefusalCount._fields)).where(
            column.site == self._site, column.day.between(since, until)
        )
        if campaign is not None:
            query = query.where(column.campaign == campaign)
        in_order = query.order_by(column.campaign, column.day, column.rule)
        with failing():
            async with self._engine.connect() as connection:
                return [RefusalCount(*row) for row in await connection.execute(in_order)]

    async def begin(self, row: ExportRow) -> None:
        """Somebody is about to have it."""
        with failing():
            async with self._engine.begin() as connection:
                values = {"site": self._site, **asdict(row)}
                await connection.execute(insert(evidence_exports).values(values))

    async def end(self, name: str, calls: int, sha256: str, now_ms: int) -> None:
        """All of it is written."""
        values = {"calls": calls, "sha256": sha256, "done_ms": now_ms}
        query = update(evidence_exports).where(evidence_exports.c.id == name).values(values)
        with failing():
            async with self._engine.begin() as connection:
                await connection.execute(query)

    async def exports(self, campaign: str | None, limit: int) -> Sequence[ExportRow]:
        """Who had what, the latest first: of one campaign, or of all."""
        column = evidence_exports.c
        query = select(*(column[name] for name in ExportRow.__dataclass_fields__))
        query = query.where(column.site == self._site)
        if campaign is not None:
            query = query.where(column.campaign == campaign)
        with failing():
            async with self._engine.connect() as connection:
                newest = query.order_by(column.at_ms.desc(), column.id).limit(limit)
                return [ExportRow(*row) for row in await connection.execute(newest)]


def _called(row: Row[Any]) -> CalledRow:
    return CalledRow(attempt_of(row._mapping), row.list or "", row.timeline, row.talk_ms)
