"""A report of campaigns as a table for a person, as JSON or CSV for a machine."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from engine.campaigns.reports.figures import CallFigures
from engine.campaigns.reports.report import By, Report, Row, Standing
from engine.console import Screen
from engine.reporting.lengths import length, share
from engine.spreadsheet import plain
from history.lead_tables import RESULTS
from reports.intervals import local
from routing.outbound.budget import Budget
from routing.outbound.leads.plan import Result

_RESULTS = tuple(result for result in RESULTS if result != Result.ANSWERED)
_SHOWN = (
    *("calls", "answered", "talks", "lost", "answer rate", "abandon rate", "contacts/h"),
    *("mean talk", "mean wrap-up"),
)
_LAW = ("worst day", "30 days")
_SHARED = ("share", "success")

COLUMNS = (
    *("campaign", "name", "from", "to", "calls", "under_way", *RESULTS, "talks", "answer_rate"),
    *("contacts_per_hour", "mean_talk_ms", "mean_wrap_up_ms", "timed", "talk_ms", "wrap_ups"),
    *("wrap_up_ms", "abandon_rate", "abandon_day", "abandon_day_rate", "abandon_30_days"),
    *("share", "success"),
)
"""Of CSV, in order; whatever is new comes last, for whoever reads by place."""


def as_document(report: Report) -> dict[str, Any]:
    """One object; times are ISO 8601 with the zone's offset, lengths in milliseconds, shares from
    0 to 1, null where there is nothing to be a share or mean of."""
    return {
        "by": report.wanted.by.value,
        "campaign": report.wanted.campaign or None,
        "zone": str(report.zone),
        "from": _iso(report, report.since_ms),
        "to": _iso(report, report.until_ms),
        "caps": {name: _caps(budget) for name, budget in sorted(report.caps.items())},
        "rows": [_told(report, row) for row in report.rows],
        "leads": [standing._asdict() for standing in report.leads],
    }


def as_json(report: Report) -> str:
    """`as_document` as text."""
    return json.dumps(as_document(report), ensure_ascii=False)


def as_csv(report: Report) -> str:
    """A line for each row, under one of column names; of leads it tells nothing."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in report.rows:
        told = _told(report, row)
        writer.writerow({name: plain(value) for name, value in told.items()})
    return text.getvalue()


def show(screen: Screen, report: Report) -> None:
    """What matters at a glance; JSON and CSV have the rest."""
    by, span = report.wanted.by, _span(report)
    if not report.rows:
        of = f" of {report.wanted.campaign}" if report.wanted.campaign else ""
        screen.say(f"No call{of} was begun from {span}.")
    else:
        law = _LAW if by is By.CAMPAIGN else _LAW[1:] if by is By.DAY else ()
        shared = _SHARED if by is By.DISPOSITION else ()
        named = () if by is By.CAMPAIGN else (by.value,)
        columns = ("campaign", *named, *_SHOWN, *law, *shared)
        rows = [_cells(report, row) for row in report.rows]
        screen.table(f"Calls by {by.value}, {span}", columns, rows)
        _show_results(screen, report)
    for line in _notes(report):
        screen.say(line)
    if report.leads:
        screen.table("Leads, now", ("campaign", "list", "", "how", "leads"), _leads(report.leads))


def _show_results(screen: Screen, report: Report) -> None:
    """How calls ended that nobody answered."""
    columns = ("campaign", report.wanted.by.value, *_RESULTS, "under way")
    if report.wanted.by is By.CAMPAIGN:
        columns = (columns[0], *columns[2:])
    rows = [
        (
            *_named(report, row),
            *(row.figures.of(Result(result)) or "" for result in _RESULTS),
            row.figures.under_way or "",
        )
        for row in report.rows
    ]
    screen.table("Calls without a talk", columns, rows)


def _cells(report: Report, row: Row) -> tuple[Any, ...]:
    f, by = row.figures, report.wanted.by
    cells = (
        *(*_named(report, row), f.calls, f.of(Result.ANSWERED), f.talks, _lost(f)),
        *(share(f.answer_rate), _percent(row.rate)),
        "" if f.contacts_per_hour is None else f"{f.contacts_per_hour:.1f}",
        *(length(f.mean_talk_ms), length(f.mean_wrap_up_ms)),
    )
    if row.law is not None:
        worst = f"{_percent(row.law.rate)} {row.law.day}"
        days = _percent(row.law.in_30_days)
        return (*cells, worst, days) if by is By.CAMPAIGN else (*cells, days)
    if by is By.DISPOSITION:
        return *cells, share(row.share), "yes" if row.success else ""
    return cells


def _lost(figures: CallFigures) -> str:
    """As the abandon rate beside it counts them."""
    unknown = figures.of(Result.UNKNOWN)
    return f"{figures.tally.lost}" + (f" ({unknown} unknown)" if unknown else "")


def _named(report: Report, row: Row) -> tuple[str, ...]:
    match report.wanted.by:
        case By.CAMPAIGN:
            return (row.campaign,)
        case By.HOUR:
            return row.campaign, _clock(report, row.since_ms)
        case By.DAY:
            return row.campaign, local(row.since_ms, report.zone).strftime("%Y-%m-%d")
    return row.campaign, row.name


def _percent(rate: float | Fraction) -> str:
    """Caps are held to hundredths."""
    return f"{float(rate):.2%}"


def _notes(report: Report) -> list[str]:
    """The caps, where rates stand beside them."""
    if report.wanted.by not in (By.CAMPAIGN, By.DAY):
        return []
    return [
        f"{name}: the cap is {_cap(budget.day)} a day, {_cap(budget.window)} in 30 days"
        for name, budget in sorted(report.caps.items())
        if budget.day is not None or budget.window is not None
    ]


def _cap(cap: Fraction | None) -> str:
    return "none" if cap is None else _percent(cap)


def _caps(budget: Budget) -> dict[str, Any]:
    counting = budget.counting
    return {
        "day": _number(budget.day),
        "in_30_days": _number(budget.window),
        "false_machines": float(counting.wrong_machines),
        "people_taken": float(counting.taken),
        "lost_before_verdict": counting.lost_before_verdict,
    }


def _number(cap: Fraction | None) -> float | None:
    return None if cap is None else float(cap)


def _leads(standings: Sequence[Standing]) -> list[tuple[Any, ...]]:
    return [
        (each.campaign, each.list, "left" if each.left else "finished", each.how, each.leads)
        for each in standings
    ]


def _told(report: Report, row: Row) -> dict[str, Any]:
    law = row.law
    return {
        "campaign": row.campaign,
        "name": row.name or None,
        "from": _iso(report, row.since_ms),
        "to": _iso(report, row.until_ms),
        **row.figures.told(),
        "abandon_rate": row.rate,
        "abandon_day": None if law is None else law.day.isoformat(),
        "abandon_day_rate": None if law is None else float(law.rate),
        "abandon_30_days": None if law is None else float(law.in_30_days),
        "share": row.share,
        "success": row.success,
    }


def _iso(report: Report, at_ms: int) -> str:
    return local(at_ms, report.zone).isoformat()


def _span(report: Report) -> str:
    return f"{_clock(report, report.since_ms)} to {_clock(report, report.until_ms)}"


def _clock(report: Report, at_ms: int) -> str:
    return local(at_ms, report.zone).strftime("%Y-%m-%d %H:%M %Z")
