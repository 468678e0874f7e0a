"""`trunkline report`: figures of any time, folded from the event log of the history."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.site import Site
from engine.database import opened
from engine.errors import NoSuchSubject, SettingsInvalid
from engine.loading import load_site_file
from engine.settings import Settings
from engine.site_rules import aims_of, productive_of
from history.events import Spoke
from history.eventstore import EventStore
from history.rollups import Rollups
from reports.figures import Figures, Kind, Subject
from reports.fold import LATE_MS, REMEMBERED_MS, Cells, Fold, together
from reports.intervals import Step, borders, local
from reports.resolution import by_customer, counted, judged
from reports.rolled import Misaligned, cells_of, moved

DAY_MS = 86_400_000
Named = tuple[str, str]
"""What a period's beginning and end are called where they are typed."""
Progress = Callable[[int, int], None]
"""How many rows are read, of how many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is of; times as they were typed. No `names`: all."""

    kind: Kind
    since: str = "today"
    until: str = ""
    step: Step = Step.WHOLE
    names: tuple[str, ...] = ()


class Row(NamedTuple):
    """The figures of one queue, agent or skill in one interval (epoch, ms)."""

    name: str
    since_ms: int
    until_ms: int
    figures: Figures


class Report(NamedTuple):
    """`rows` by interval and name, without those of which there is nothing to tell."""

    wanted: Wanted
    zone: ZoneInfo
    since_ms: int
    until_ms: int
    rows: Sequence[Row]


async def make(settings: Settings, wanted: Wanted, now_ms: int, progress: Progress) -> Report:
    """The report. Raises SettingsInvalid, NoSuchSubject, SiteInvalid, HistoryUnreadable."""
    site = load_site_file(settings).site
    zone = ZoneInfo(site.zone)
    since_ms, until_ms = period(wanted.since, wanted.until, zone, now_ms)
    cuts = borders(since_ms, until_ms, wanted.step, zone)
    async with _store(settings) as (store, rollups):
        rolled, kept_ms = await _rolled(rollups, cuts, wanted, zone)
        later = [kept_ms, *(at_ms for at_ms in cuts if at_ms > kept_ms)]
        recent = await _folded(store, later, site, now_ms, progress) if later[1:] else {}
        cells = together(rolled, moved(recent, later, cuts))
        cells = together(cells, await _resolved(store, cuts, site, now_ms))
    names = _names(wanted, site, cells)
    rows = [
        Row(name, cuts[number], cuts[number + 1], cells[Subject(wanted.kind, name)][number])
        for number, _ in enumerate(pairwise(cuts))
        for name in names
        if number in cells.get(Subject(wanted.kind, name), {})
    ]
    return Report(wanted, zone, since_ms, until_ms, rows)


async def _rolled(
    rollups: Rollups, cuts: Sequence[int], wanted: Wanted, zone: ZoneInfo
) -> tuple[Cells, int]:
    """What is rolled up of this time, and from when on events tell."""
    kept_ms = max(cuts[0], await rollups.until() or 0)
    found = [piece async for piece in rollups.between(cuts[0], min(kept_ms, cuts[-1]))]
    try:
        return cells_of(found, cuts), kept_ms
    except Misaligned as error:
        option = "--from" if error.at_ms == cuts[0] else "--to"
        typed = wanted.since if option == "--from" else wanted.until
        since = local(kept_ms, zone).strftime("%Y-%m-%d")
        allowed = f"a full quarter of an hour: before {since} figures are kept by these alone"
        raise SettingsInvalid(option, typed, allowed) from None


async def _folded(
    store: EventStore, cuts: Sequence[int], site: Site, now_ms: int, progress: Progress
) -> Cells:
    fold = Fold(cuts, aims_of(site), productive_of(site))
    since_ms, until_ms = cuts[0] - REMEMBERED_MS, cuts[-1] + LATE_MS
    for row in await store.before(since_ms):
        fold.take(row)
    done, of = 0, await store.count(since_ms, until_ms)
    async for page in store.between(since_ms, until_ms):
        for row in page:
            fold.take(row)
        done += len(page)
        progress(done, max(done, of))
    return fold.so_far(min(now_ms, cuts[-1]))


async def _resolved(store: EventStore, cuts: Sequence[int], site: Site, now_ms: int) -> Cells:
    window_ms = site.reports.resolved_after * DAY_MS
    # A contact lasts a day at most, or it was a promise.
    since_ms, until_ms = cuts[0] - window_ms - DAY_MS, cuts[-1] + window_ms
    customers = _customers(store, since_ms, until_ms)
    found = [each async for own in customers for each in judged(own, window_ms, now_ms)]
    return counted(found, cuts)


async def _customers(
    store: EventStore, since_ms: int, until_ms: int
) -> AsyncIterator[Sequence[Spoke]]:
    """The contacts of one customer after the other, of which a page may have a part."""
    last: Sequence[Spoke] = ()
    async for page in store.contacts(since_ms, until_ms):
        *whole, last = by_customer([*last, *page])
        for own in whole:
            yield own
    if last:
        yield last


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[tuple[EventStore, Rollups]]:
    async with (
        opened(settings, lambda: EventStore(settings.sql_url)) as store,
        opened(settings, lambda: Rollups(settings.sql_url)) as rollups,
    ):
        yield store, rollups


def _names(wanted: Wanted, site: Site, cells: Cells) -> Sequence[str]:
    known = {subject.name for subject in cells if subject.kind == wanted.kind}
    of_site = {"queue": [*site.queues], "agent": [*site.agents], "skill": [*site.skills]}
    known.update(of_site[wanted.kind])
    for name in wanted.names:
        if name not in known:
            raise NoSuchSubject(wanted.kind, name, sorted(known))
    return wanted.names or sorted(known)


# when


def period(
    since: str, until: str, zone: ZoneInfo, now_ms: int, named: Named = ("--from", "--to")
) -> tuple[int, int]:
    """Both as they were typed; without `until` it ends now, as it does at the latest. Raises
    SettingsInvalid."""
    begin, end = named
    since_ms = moment(begin, since, zone, now_ms)
    until_ms = now_ms
    if until:
        until_ms = min(now_ms, moment(end, until, zone, now_ms, end=True))
    if since_ms >= until_ms:
        raise SettingsInvalid(begin, since, f"a time before {end}, and before now")
    return since_ms, until_ms


def moment(option: str, text: str, zone: ZoneInfo, now_ms: int, *, end: bool = False) -> int:
    """A day stands for its beginning, or as an `end` for the beginning of the next one."""
    days = {"today": 0, "yesterday": 1}
    try:
        if text in days:
            day = local(now_ms, zone).date() - timedelta(days=days[text])
        elif "T" in text or " " in text:
            at = datetime.fromisoformat(text)
            return round((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp() * 1000)
        else:
            day = date.fromisoformat(text)
        at = datetime.combine(day + timedelta(days=end), time(), zone)
        return round(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        allowed = "a day or a time, like 2026-11-23, 2026-11-23T08:30, today or yesterday"
        raise SettingsInvalid(option, text, allowed) from None
