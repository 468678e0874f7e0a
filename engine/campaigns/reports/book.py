"""`trunkline campaign report`, `evidence`, `exports` and `refusals`: what they do, over the site's
database."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from config.site import Site
from engine import database
from engine.campaigns.reports import printing
from engine.campaigns.reports.evidence import Export, target
from engine.campaigns.reports.evidence import Wanted as EvidenceWanted
from engine.campaigns.reports.report import OPTIONS, Wanted, check, make
from engine.clock import now_ms
from engine.console import Screen, clock_time, counted
from engine.loading import load_site_file
from engine.reporting.report import period
from engine.settings import Settings
from history.campaign_evidence import EvidenceStore, ExportRow, RefusalCount
from history.campaign_figures import CampaignCounts
from routing.outbound.rules.ask import local


async def report(settings: Settings, wanted: Wanted, form: str) -> int:
    """Print it as a table, `json` or `csv`."""
    async with _counts(settings) as (site, store):
        made = await make(store, site, wanted, now_ms())
    if form == "json":
        typer.echo(printing.as_json(made))
    elif form == "csv":
        typer.echo(printing.as_csv(made), nl=False)
    else:
        printing.show(Screen(), made)
    return 0


async def evidence(settings: Settings, wanted: EvidenceWanted, file: Path | None) -> int:
    """Write it, line by line, and that it was had."""
    async with _counts(settings) as (site, counts):
        await check(counts, site, wanted.campaign)
    async with _evidence(settings) as (site, store):
        export = Export(store, site, wanted, now_ms)
        with target(file) as out:
            async with aclosing(export.pieces()) as pieces:
                async for piece in pieces:
                    out.write(piece)
    written = f"{counted(export.calls, 'call')} written, sha256 {export.sha256}"
    typer.echo(f"{wanted.target}: {written}" if file else written, err=True)
    return 0


async def exports(settings: Settings, campaign: str, limit: int, as_json: bool) -> int:
    """Who had the evidence of whose calls."""
    async with _evidence(settings) as (site, store):
        found = await store.exports(campaign or None, limit)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in found], ensure_ascii=False))
    else:
        rows = [_cells(row, ZoneInfo(site.zone)) for row in found]
        Screen().table("Evidence that was exported", _COLUMNS, rows)
    return 0


_COLUMNS = ("when", "by", "campaign", "from", "to", "number", "form", "to file", "calls", "sha256")


def _cells(row: ExportRow, zone: ZoneInfo) -> tuple[object, ...]:
    period = clock_time(row.since_ms, zone), clock_time(row.until_ms, zone)
    calls = "broken off" if row.done_ms is None else row.calls
    where = row.number or "", row.form, row.target, calls, row.sha256 or ""
    return clock_time(row.at_ms, zone), row.by, row.campaign, *period, *where


async def refusals(settings: Settings, campaign: str, since: str, until: str, form: str) -> int:
    """How often which rule did not permit a call: as a table, `json` or `csv`."""
    async with _evidence(settings) as (site, store):
        zone = ZoneInfo(site.zone)
        begin_ms, end_ms = period(since, until, zone, now_ms(), OPTIONS)
        first, last = (f"{local(at_ms, site.zone):%Y-%m-%d}" for at_ms in (begin_ms, end_ms - 1))
        found = await store.refusals(first, last, campaign or None)
    if form == "json":
        typer.echo(json.dumps([row._asdict() for row in found], ensure_ascii=False))
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerows([RefusalCount._fields, *found])
    else:
        rows = [(*row[:-1], clock_time(row.last_ms, zone)) for row in found]
        Screen().table("Calls that were not made", (*RefusalCount._fields[:-1], "last"), rows)
    return 0


@asynccontextmanager
async def _counts(settings: Settings) -> AsyncIterator[tuple[Site, CampaignCounts]]:
    site = load_site_file(settings).site
    make_it = lambda: CampaignCounts(settings.sql_url, site.site)  # noqa: E731
    async with database.opened(settings, make_it) as store:
        with database.told():
            yield site, store


@asynccontextmanager
async def _evidence(settings: Settings) -> AsyncIterator[tuple[Site, EvidenceStore]]:
    site = load_site_file(settings).site
    make_it = lambda: EvidenceStore(settings.sql_url, site.site)  # noqa: E731
    async with database.opened(settings, make_it) as store:
        with database.told():
            yield site, store
