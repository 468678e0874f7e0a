"""`trunkline leads`: lists and leads told, exported, and begun anew."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import typer

from config.numbers import e164
from config.site import Site
from config.suggest import did_you_mean, shown
from engine import database
from engine.campaigns.reading.headers import FIELD
from engine.campaigns.recycling import Recycling
from engine.campaigns.recycling import recycle as run
from engine.clock import now_ms
from engine.console import Screen, clock_time, counted
from engine.errors import LeadsRefused
from engine.loading import load_site_file
from engine.reporting.lengths import length
from engine.reporting.report import moment
from engine.settings import Settings
from history.lead_hopper import AttemptRow
from history.lead_rows import LeadRow, ListRow
from history.leads import DialedContact, LeadFilter, LeadStore
from routing.outbound.leads.plan import Plan, Result

STATES = ("ready", "held", "dialing", "done")
KEPT = ("id", "external_id", "name", "language", "zone", "part", "priority")
STANDING = ("state", "why", "disposition", "tries", "last_result", "due_ms", "last_ms")

REFUSED = ("refused_ms", "refused_by", "refused_because")
"""The last call that the law did not permit."""


class Opened(NamedTuple):
    """The site and its leads."""

    site: Site
    store: LeadStore

    async def list_named(self, name: str) -> ListRow:
        """Raises LeadsRefused."""
        lists = await self.store.lists()
        for each in lists:
            if each.name == name:
                return each
        hint = did_you_mean(name, [each.name for each in lists])
        raise LeadsRefused(f"there is no list {shown(name)}, {hint}")

    async def where(self, name: str, state: str, number: str) -> LeadFilter:
        """Raises LeadsRefused."""
        if state and state not in STATES:
            raise LeadsRefused(f"--state {shown(state)}: {did_you_mean(state, STATES)}")
        list_id = (await self.list_named(name)).id if name else None
        one_form = e164(number, self.site.country) if number else None
        if number and one_form is None:
            raise LeadsRefused(f"{shown(number)} is no number that can be dialled")
        return LeadFilter(list_id, state or None, one_form)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Opened]:
    """Raises HistoryUnreadable."""
    site = load_site_file(settings).site
    async with database.opened(settings, lambda: LeadStore(settings.sql_url, site.site)) as store:
        yield Opened(site, store)


async def show_lists(settings: Settings, as_json: bool) -> int:
    """Every list, and how its leads stand."""
    async with opened(settings) as desk:
        lists, zone = await desk.store.lists(), ZoneInfo(desk.site.zone)
    if as_json:
        typer.echo(json.dumps([each._asdict() for each in lists], ensure_ascii=False))
        return 0
    rows = [
        (each.name, clock_time(each.changed_ms, zone), *(each.counts.get(s, 0) for s in STATES))
        for each in lists
    ]
    Screen().table("Lists", ("list", "changed", *STATES), rows)
    return 0


async def show_all(
    settings: Settings, name: str, state: str, number: str, limit: int, as_json: bool
) -> int:
    """Leads, the latest first."""
    async with opened(settings) as desk:
        rows = await desk.store.newest(await desk.where(name, state, number), limit)
        zone = ZoneInfo(desk.site.zone)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
        return 0
    Screen().table("Leads", _COLUMNS, [_row(row, zone) for row in rows])
    return 0


_SAID = ("language", "zone", "part")
"""What a lead says beside its own fields."""
_COLUMNS = ("id", "name", "number", "state", "tries", "last", "next call", "why", "not called")


def _row(row: LeadRow, zone: ZoneInfo) -> tuple[Any, ...]:
    due = clock_time(row.due_ms, zone) if row.state == "ready" else ""
    number = row.numbers[row.position].number if row.numbers else ""
    why = row.disposition or row.why or ""
    stands = row.state, row.tries, row.last_result or "", due, why, _rules(row)
    return row.id, row.name or "", number, *stands


def _rules(row: LeadRow) -> str:
    """Which rules of law did not permit a call, since the last that was made."""
    if row.refused is None or row.refused["at_ms"] < (row.last_ms or 0):
        return ""
    return ", ".join(dict.fromkeys(each["rule"] for each in row.refused["reasons"]))


async def show(settings: Settings, lead_id: int, as_json: bool) -> int:
    """One lead, its numbers, and each call to it."""
    async with opened(settings) as desk:
        row = await desk.store.lead(lead_id)
        if row is None:
            raise LeadsRefused(f"there is no lead {lead_id}")
        calls = await desk.store.attempts(lead_id)
        contacts = await desk.store.contacts(lead_id)
        zone = ZoneInfo(desk.site.zone)
    if as_json:
        told = {**asdict(row), "attempts": calls_told(calls, contacts)}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return 0
    screen = Screen()
    screen.table(f"Lead {lead_id}", _COLUMNS, [_row(row, zone)])
    said = [(name, getattr(row, name)) for name in _SAID if getattr(row, name)]
    screen.table("Fields", ("field", "value"), [*said, *sorted(row.data.items())])
    numbers = [
        (n.number, n.kind, n.place, n.best or "", n.tries, n.closed or "") for n in row.numbers
    ]
    screen.table("Numbers", ("number", "kind", "place", "best time", "tries", "closed"), numbers)
    if row.refused is not None:
        screen.table("Not called", _REFUSED, _reasons(row.refused, zone))
    screen.table("Calls", _CALLS, [_call(each, contacts.get(each.id), zone) for each in calls])
    if contacts:
        screen.say("trunkline history CALL tells how one went, of those that were answered.")
    return 0


_REFUSED = ("when", "campaign", "number", "rule", "where", "because")


def _reasons(refused: Mapping[str, Any], zone: ZoneInfo) -> list[tuple[Any, ...]]:
    when = clock_time(refused["at_ms"], zone), refused["campaign"], refused["number"]
    names = ("rule", "jurisdiction", "because")
    return [(*when, *(each[name] for name in names)) for each in refused["reasons"]]


_CALLS = ("begun", "campaign", "number", "result", "agent", "disposition", "talk", "call")


def _call(call: AttemptRow, contact: DialedContact | None, zone: ZoneInfo) -> tuple[Any, ...]:
    begun = clock_time(call.begun_ms, zone), call.campaign, call.number, call.result or "under way"
    talk = "" if contact is None else length(contact.talk_ms)
    return (
        *begun,
        call.agent or "",
        call.disposition or "",
        talk,
        "" if contact is None else call.id,
    )


def calls_told(
    calls: Sequence[AttemptRow], contacts: Mapping[str, DialedContact]
) -> list[dict[str, Any]]:
    """Calls to a lead, each with its `contact` as the history has it, or null."""
    found = {name: contact._asdict() for name, contact in contacts.items()}
    return [{**asdict(call), "contact": found.get(call.id)} for call in calls]


async def export(settings: Settings, name: str, state: str) -> int:
    """A list as CSV, row by row."""
    async with opened(settings) as desk:
        where = await desk.where(name, state, "")
        own = await desk.store.fields(where.list_id or 0)
        writer = csv.writer(sys.stdout, lineterminator="\n")
        ours = (*KEPT, "phone", *STANDING, *REFUSED)
        writer.writerow((*ours, *(FIELD + each if each in ours else each for each in own)))
        async for rows in desk.store.pieces(where):
            writer.writerows(_cells(row, own) for row in rows)
    return 0


def _cells(row: LeadRow, own: Sequence[str]) -> list[Any]:
    values = [getattr(row, each) for each in KEPT]
    values.append("; ".join(number.number for number in row.numbers))
    values += [getattr(row, each) for each in STANDING]
    values += _why_not_called(row)
    values += [row.data.get(name) for name in own]
    return ["" if value is None else value for value in values]


def _why_not_called(row: LeadRow) -> list[Any]:
    if row.refused is None:
        return [None] * len(REFUSED)
    reasons = row.refused["reasons"]
    told = ("; ".join(each[name] for each in reasons) for name in ("rule", "because"))
    return [row.refused["at_ms"], *told]


async def attempts(settings: Settings, since: str, until: str, campaign: str) -> int:
    """Calls of a time, with why each was permitted: a JSON object a line."""
    async with opened(settings) as desk:
        zone, now = ZoneInfo(desk.site.zone), now_ms()
        begin = moment("--from", since, zone, now)
        end = moment("--to", until, zone, now, end=True) if until else now
        async for row in desk.store.attempts_between(begin, end, campaign or None):
            typer.echo(json.dumps(asdict(row), ensure_ascii=False))
    return 0


async def recycle(
    settings: Settings, name: str, results: Sequence[str], older_ms: int, times: int
) -> int:
    """Leads that were given up begin anew."""
    which = Recycling([_result(each) for each in results], older_ms, times)
    async with opened(settings) as desk:
        list_id = (await desk.list_named(name)).id
        anew = await run(desk.store, list_id, which, Plan(), now_ms())
    typer.echo(f"{counted(anew, 'lead')} of {name} ready again")
    return 0


def _result(text: str) -> Result:
    try:
        return Result(text)
    except ValueError:
        hint = did_you_mean(text, [*Result])
        raise LeadsRefused(f"--result {shown(text)}: {hint}") from None
