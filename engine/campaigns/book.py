"""`trunkline leads`: what its parts do, and how they tell of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from config.site import Site
from engine.campaigns.importing import Outcome, Progress, Target, scratch
from engine.campaigns.importing import bring_in as bring
from engine.campaigns.reading.headers import LEFT_OUT, field_of
from engine.campaigns.reading.table import find_out
from engine.campaigns.sources import FileSource, Source, query_source
from engine.campaigns.telling import Telling
from engine.console import counted, plain_console
from engine.database import opened
from engine.errors import LeadsRefused
from engine.loading import load_site_file
from engine.settings import Settings
from history.lead_imports import ImportStore


@dataclass(frozen=True)
class Wanted:
    """What to bring in, from where, and how: ``file`` or ``sql``."""

    list: str
    file: Path | None
    mapped: Mapping[str, str]
    encoding: str
    sql: str
    query: str
    dry_run: bool
    by: str


async def bring_in(settings: Settings, wanted: Wanted, as_json: bool) -> int:
    """Bring it in; 1 when rows were refused."""
    site = load_site_file(settings).site
    source = await _source(wanted, site)
    if not as_json:
        _tell_source(source)
    async with _target(settings, site, wanted) as target, _interruptible():
        with Telling(_beside(wanted), source.columns.headers) as telling, _bar(source) as progress:
            outcome = await bring(source, target, telling, progress)
    if as_json:
        _tell_json(outcome, telling, wanted, source)
    else:
        _tell(outcome, telling, wanted)
    return 1 if outcome.refused else 0


async def _source(wanted: Wanted, site: Site) -> Source:
    if (wanted.file is None) is not bool(wanted.sql) or bool(wanted.sql) is not bool(wanted.query):
        raise LeadsRefused("name a file, or a database with --sql and what to ask it with --query")
    if wanted.file is None:
        return await query_source(wanted.sql, wanted.query, wanted.mapped, site)
    return FileSource(find_out(wanted.file, site, wanted.mapped, wanted.encoding or None))


@asynccontextmanager
async def _target(settings: Settings, site: Site, wanted: Wanted) -> AsyncIterator[Target]:
    async with opened(settings, lambda: ImportStore(settings.sql_url, site.site)) as store:
        if not wanted.dry_run:
            yield Target(store, site, wanted.list, wanted.by)
            return
        async with scratch(store, site) as apart:
            yield Target(apart, site, wanted.list, wanted.by)


@asynccontextmanager
async def _interruptible() -> AsyncIterator[None]:
    """Who presses Ctrl-C is told how it goes on."""
    try:
        yield
    except asyncio.CancelledError:
        typer.echo("interrupted: the same command goes on where it was", err=True)
        raise


def _beside(wanted: Wanted) -> Path:
    """Where the files that tell of it lie."""
    path = wanted.file or Path(f"{wanted.list}.sql")
    return path.with_name(f"{path.name}.dry-run") if wanted.dry_run else path


@contextmanager
def _bar(source: Source) -> Iterator[Progress]:
    """On a terminal: how far it has come."""
    console = plain_console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Bar(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("rows", total=source.total)
        yield lambda rows: bar.update(task, completed=rows)


def _tell_source(source: Source) -> None:
    columns = source.columns
    typer.echo(f"{source.name}: {source.told()}")
    for header, target in zip(columns.headers, columns.targets, strict=True):
        name, remark = field_of(target), columns.remarks.get(header)
        what = "left out" if target == LEFT_OUT else target if name is None else f"field {name}"
        typer.echo(f"  {header}: {what}" + (f" ({remark})" if remark else ""))


def _tell_json(outcome: Outcome, telling: Telling, wanted: Wanted, source: Source) -> None:
    files = {"refused_file": str(telling.refused), "told_file": str(telling.told)}
    remarks = {"columns": dict(source.columns.remarks), "dry_run": wanted.dry_run}
    typer.echo(json.dumps({**outcome._asdict(), **files, **remarks}))


def _tell(outcome: Outcome, telling: Telling, wanted: Wanted) -> None:
    if outcome.went_on_at:
        typer.echo(f"went on behind row {outcome.went_on_at:,} of an interrupted import")
    would = "would be " if wanted.dry_run else ""
    typer.echo(f"{counted(outcome.added, 'lead')} {would}added to {outcome.list}")
    typer.echo(f"{counted(outcome.joined, 'row')} {would}joined: {telling.told}")
    typer.echo(f"{counted(outcome.refused, 'row')} {would}refused: {telling.refused}")
