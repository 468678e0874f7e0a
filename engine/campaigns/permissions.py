"""`trunkline dnc` and `trunkline consent`: registers and consents, written and told."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, fields
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import typer
from phonenumbers import SUPPORTED_REGIONS, country_code_for_region

from config.numbers import e164
from config.site import Site
from config.suggest import did_you_mean, shown
from engine import database
from engine.campaigns.reading.moments import moment_ms
from engine.campaigns.reading.one_form import OneForm, is_assigned
from engine.campaigns.reading.rows import Refused
from engine.campaigns.reading.table import Found, find_out
from engine.campaigns.telling import Telling
from engine.clock import now_ms
from engine.console import Screen, clock_time, counted
from engine.errors import LeadsRefused
from engine.loading import load_site_file
from engine.settings import Settings
from history.do_not_call import ConsentRow, Entry, PermissionStore

KINDS = ("automated", "live")
"""Of consents: to calls in which nobody talks too, or to people's alone."""
PIECE = 5_000
_NO_NUMBER = "has no number that can be dialled, or one that is none"


class Opened(NamedTuple):
    """The site and its registers."""

    site: Site
    store: PermissionStore

    def number(self, text: str) -> str:
        """In its one form. Raises LeadsRefused."""
        found = e164(text, self.site.country)
        if found is None:
            raise LeadsRefused(f"{shown(text)} is no number that can be dialled")
        return found


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Opened]:
    """Raises HistoryUnreadable."""
    site = load_site_file(settings).site
    async with database.opened(
        settings, lambda: PermissionStore(settings.sql_url, site.site)
    ) as store:
        yield Opened(site, store)


async def add(settings: Settings, number: str, register: str, note: str, by: str) -> int:
    """Nobody calls this number any more."""
    async with opened(settings) as desk:
        entry = Entry(desk.number(number), register, now_ms(), "own", by, note or None)
        new = await desk.store.add([entry])
    typer.echo("added" if new else "it was there already")
    return 0


async def remove(settings: Settings, number: str, register: str, by: str) -> int:
    """Out of a register; 1 when it is not in it."""
    async with opened(settings) as desk:
        gone = await desk.store.remove(desk.number(number), register, by, now_ms())
    typer.echo("removed" if gone else f"it is not in {register}")
    return 0 if gone else 1


async def bring_in(
    settings: Settings, file: Path, register: str, replace: bool, by: str, country: str = ""
) -> int:
    """A register from a file, its numbers written as in ``country``, else as in the site's; with
    ``replace`` what the file does not have is taken out. Where most rows have no number, what was
    read may be anything: the register is as old as before."""
    now, new, numbers = now_ms(), 0, 0
    async with opened(settings) as desk:
        written_in = _written_in(country.upper(), desk.site)
        found = find_out(file, desk.site, {}, country=written_in)
        with Telling(file, found.columns.headers) as telling:
            telling.go_on({})
            for piece in _numbers(found, written_in, telling):
                entries = [Entry(each, register, now, "imported", by) for each in piece]
                new += await desk.store.add(entries)
                numbers += len(entries)
        if not numbers:
            raise LeadsRefused(
                f"{file}: no row has a number that can be dialled in {written_in}: --country "
                "says how they are written"
            )
        if telling.refused_rows > numbers:
            raise LeadsRefused(
                f"{file}: {counted(telling.refused_rows, 'row')} refused ({telling.refused}), and "
                f"{counted(numbers, 'number')} read: {register} has these, and counts as not "
                "brought in; --country says how they are written"
            )
        gone = await desk.store.take_out_unseen(register, now, by) if replace else 0
        await desk.store.brought_in(register, numbers, now)
    typer.echo(f"{register}: {counted(numbers, 'number')}, {new:,} new, {gone:,} taken out")
    return _tell_refused(telling)


def _written_in(country: str, site: Site) -> str | None:
    """Raises LeadsRefused."""
    if country and country not in SUPPORTED_REGIONS:
        raise LeadsRefused(f"{shown(country)} is no country: write two letters, such as HU")
    return country or site.country


def _numbers(found: Found, country: str | None, telling: Telling) -> Iterator[Sequence[str]]:
    """The numbers of a file, some at once; rows without one are told."""
    one_form, rows = OneForm(country), found.rows()
    is_parted = country_code_for_region(country or "") == 1

    def number_of(text: str) -> str | None:
        number = one_form(text)
        return number if number is not None and is_assigned(number) else None

    while piece := list(islice(rows, PIECE)):
        cells = {
            row: [_phone(texts, at, is_parted) for at in found.columns.phones if at < len(texts)]
            for row, texts in piece
        }
        read = {
            row: [number_of(text) for text in texts if text.strip()] for row, texts in cells.items()
        }
        bad = [row for row, numbers in read.items() if not numbers or None in numbers]
        telling.refuse([Refused(row, (_NO_NUMBER,)) for row in bad], dict(piece))
        yield [number for row in read for number in read[row] if number is not None]


def _phone(texts: Sequence[str], at: int, is_parted: bool) -> str:
    """Of a row; where the register of the US has the area code in a column before the number's,
    with that."""
    text, before = texts[at].strip(), texts[at - 1].strip() if at else ""
    has_area = is_parted and _AREA.fullmatch(before) and _IN_AREA.fullmatch(text)
    return before + text if has_area else text


_AREA, _IN_AREA = re.compile("[0-9]{3}"), re.compile("[0-9]{3}-?[0-9]{4}")


def _tell_refused(telling: Telling) -> int:
    refused = telling.refused_rows
    if refused:
        typer.echo(f"{counted(refused, 'row')} refused: {telling.refused}")
    return 1 if refused else 0


async def check(settings: Settings, number: str, as_json: bool) -> int:
    """Every entry of a number; 1 when one is in force."""
    async with opened(settings) as desk:
        entries = await desk.store.history(desk.number(number))
        zone = ZoneInfo(desk.site.zone)
    in_force = [entry for entry in entries if entry.until_ms is None]
    if as_json:
        typer.echo(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False))
        return 1 if in_force else 0
    if entries:
        rows = [(*_row(e, zone), e.note or "") for e in entries]
        Screen().table("Do-not-call entries", (*_COLUMNS, "note"), rows)
    registers = sorted({entry.register for entry in in_force})
    typer.echo(f"not to be called: {', '.join(registers)}" if registers else "on no register")
    return 1 if in_force else 0


_COLUMNS = ("register", "since", "until", "source", "by", "removed by")


def _row(entry: Entry, zone: ZoneInfo) -> tuple[str, ...]:
    until = clock_time(entry.until_ms, zone)
    since = clock_time(entry.since_ms, zone)
    return entry.register, since, until, entry.source, entry.by, entry.removed_by or ""


async def show(settings: Settings, as_json: bool) -> int:
    """Every register, and when it was last brought in."""
    async with opened(settings) as desk:
        registers, zone = await desk.store.registers(), ZoneInfo(desk.site.zone)
    if as_json:
        typer.echo(json.dumps(registers, ensure_ascii=False))
    else:
        rows = [(name, clock_time(at, zone)) for name, at in sorted(registers.items())]
        Screen().table("Do-not-call registers", ("register", "brought in"), rows)
    return 0


async def export(settings: Settings, register: str) -> int:
    """What is in force, as CSV."""
    async with opened(settings) as desk:
        found = desk.store.entries(register or None)
        await _write(found, [each.name for each in fields(Entry)])
    return 0


async def _write(rows: AsyncIterator[Entry] | AsyncIterator[ConsentRow], names: list[str]) -> None:
    """As CSV, row by row: there may be millions."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    async for row in rows:
        writer.writerow(["" if (v := getattr(row, name)) is None else v for name in names])


async def give(settings: Settings, number: str, kind: str, source: str, given: str, by: str) -> int:
    """A number's owner has consented."""
    async with opened(settings) as desk:
        at_ms = given_ms(given, desk.site)
        row = ConsentRow(desk.number(number), consent_kind(kind), at_ms, consent_source(source), by)
        new = await desk.store.consent([row])
    typer.echo("written" if new else "it was there already")
    return 0


async def withdraw(settings: Settings, number: str, kind: str, source: str, by: str) -> int:
    """It does not hold any more; 1 when there was none."""
    async with opened(settings) as desk:
        wanted = consent_kind(kind) if kind else None
        gone = await desk.store.withdraw(
            desk.number(number), wanted, consent_source(source), by, now_ms()
        )
    typer.echo(f"{counted(gone, 'consent')} withdrawn")
    return 0 if gone else 1


async def bring_in_consents(settings: Settings, file: Path, by: str) -> int:
    """Consents from a file with the columns number, kind, source and given."""
    new = 0
    async with opened(settings) as desk:
        found = find_out(file, desk.site, {})
        if lacks := [name for name in _GIVEN if name not in found.columns.targets]:
            raise LeadsRefused(f"{file}: has no column {' and none '.join(lacks)}")
        with Telling(file, found.columns.headers) as telling:
            telling.go_on({})
            for piece in _consents(found, desk, telling, by):
                new += await desk.store.consent(piece)
    typer.echo(f"{counted(new, 'new consent')}")
    return _tell_refused(telling)


_GIVEN = ("kind", "source", "given")


def _consents(
    found: Found, desk: Opened, telling: Telling, by: str
) -> Iterator[Sequence[ConsentRow]]:
    rows, targets = found.rows(), found.columns.targets
    while piece := list(islice(rows, PIECE)):
        good: list[ConsentRow] = []
        for row, cells in piece:
            values = {target: cell.strip() for target, cell in zip(targets, cells, strict=False)}
            phones = [cells[at] for at in found.columns.phones if at < len(cells)]
            try:
                kind, source = (
                    consent_kind(values.get("kind", "")),
                    consent_source(values.get("source", "")),
                )
                at_ms = given_ms(values.get("given", ""), desk.site)
                good += [ConsentRow(desk.number(p), kind, at_ms, source, by) for p in phones]
            except LeadsRefused as wrong:
                telling.refuse([Refused(row, (str(wrong),))], {row: cells})
        yield good


async def show_consents(settings: Settings, number: str, as_json: bool) -> int:
    """A number's consents; 1 when none holds."""
    async with opened(settings) as desk:
        rows = [row async for row in desk.store.consents(desk.number(number))]
        zone = ZoneInfo(desk.site.zone)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    else:
        Screen().table("Consents", _CONSENT_COLUMNS, [_consent_row(row, zone) for row in rows])
    return 0 if any(row.withdrawn_ms is None for row in rows) else 1


_CONSENT_COLUMNS = ("kind", "given", "source", "by", "withdrawn", "how", "by")


def _consent_row(row: ConsentRow, zone: ZoneInfo) -> tuple[str, ...]:
    withdrawn = clock_time(row.withdrawn_ms, zone), row.withdrawn_source or ""
    given = clock_time(row.given_ms, zone)
    return row.kind, given, row.source, row.by, *withdrawn, row.withdrawn_by or ""


async def export_consents(settings: Settings) -> int:
    """Every consent, also those that were withdrawn, as CSV."""
    async with opened(settings) as desk:
        await _write(desk.store.consents(), [each.name for each in fields(ConsentRow)])
    return 0


def consent_kind(text: str) -> str:
    """One of `KINDS`. Raises LeadsRefused."""
    if text not in KINDS:
        raise LeadsRefused(f"{shown(text)} is no kind of consent, {did_you_mean(text, KINDS)}")
    return text


def consent_source(text: str) -> str:
    """Not empty. Raises LeadsRefused."""
    if not text.strip() or not text.isprintable():
        raise LeadsRefused("a consent needs its source: the form, contract or recording")
    return text.strip()


def given_ms(text: str, site: Site) -> int:
    """A moment on the site's clock, a day from its beginning; none: now. Raises LeadsRefused."""
    if not text:
        return now_ms()
    try:
        return moment_ms(text if ":" in text else f"{text} 00:00", ZoneInfo(site.zone))
    except ValueError as wrong:
        raise LeadsRefused(f"{shown(text)} {wrong}") from None
