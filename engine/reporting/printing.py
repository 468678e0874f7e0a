"""A report as a table for a person, as JSON or CSV for a machine."""

import csv
import io
import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from engine.console import Screen
from engine.reporting.lengths import length, share
from engine.reporting.report import Report, Row
from reports.figures import COLUMNS, Figures, Kind
from reports.intervals import Step, local

Cells = tuple[Any, ...]

_TITLES: dict[Kind, str] = {"queue": "Queues", "agent": "Agents", "skill": "Skills"}
_OF_QUEUE = (
    *("entered", "answered", "in time", "ASA", "longest", "hung up", "rate", "timed out"),
    *("AHT", "transferred", "resolved", "RONA", "occupancy", "utilisation"),
    "expected wait",
)
_OF_AGENT = (
    *("signed in", "available", "handling", "paused", "occupancy", "utilisation", "handled"),
    *("AHT", "answered", "ASA", "transferred", "resolved", "RONA"),
)


def as_json(report: Report) -> str:
    """One object; times are ISO 8601 with the zone's offset, lengths in milliseconds, shares from
    0 to 1."""
    told = {
        "of": report.wanted.kind,
        "zone": str(report.zone),
        "interval": report.wanted.step.value,
        "from": _iso(report, report.since_ms),
        "to": _iso(report, report.until_ms),
        "rows": [_told(report, row) for row in report.rows],
    }
    return json.dumps(told, ensure_ascii=False)


def as_csv(report: Report) -> str:
    """A line for each interval and name, under one of column names; nothing stands where a share
    or mean is of nothing."""
    text = io.StringIO()
    columns = ["name", "from", "to", *COLUMNS]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in report.rows:
        told = _told(report, row)
        told["pauses"] = " ".join(f"{why}={ms}" for why, ms in sorted(told["pauses"].items()))
        writer.writerow(told)
    return text.getvalue()


def show(screen: Screen, report: Report) -> None:
    """A table for each interval."""
    kind = report.wanted.kind
    columns = (kind, *(_OF_AGENT if kind == "agent" else _OF_QUEUE))
    cells = of_agent if kind == "agent" else of_queue
    if not report.rows:
        screen.say(f"Nothing is known of {_TITLES[kind].lower()} from {_span(report)}.")
    for (since_ms, until_ms), rows in groupby(report.rows, lambda row: row[1:3]):
        title = f"{_TITLES[kind]}, {_span(report, since_ms, until_ms)}"
        screen.table(title, columns, [(row.name, *cells(row.figures)) for row in rows])
    if report.wanted.step is Step.WHOLE and any(row.figures.first_pending for row in report.rows):
        screen.say(
            "resolved: of first contacts whose days to come again are over (docs/reports.md)"
        )


def of_queue(figures: Figures) -> Cells:
    """Of a queue or skill, in the order of the columns."""
    f = figures
    return (
        *(f.entered, f.answered, share(f.service_level), length(f.asa_ms)),
        *(length(f.longest_wait_ms), f.abandoned, share(f.abandon_rate), f.timed_out),
        *(length(f.aht_ms), share(f.transfer_rate), share(f.first_contact_resolution)),
        *(f.rona, share(f.occupancy), share(f.utilisation)),
        "" if f.expected_wait_error is None else f"±{f.expected_wait_error:.0%}",
    )


def of_agent(figures: Figures) -> Cells:
    """Of an agent, in the order of the columns."""
    f = figures
    return (
        *(length(f.signed_in_ms), length(f.available_ms), length(f.handling_ms)),
        *(length(f.paused_ms), share(f.occupancy), share(f.utilisation), f.handled),
        *(length(f.aht_ms), f.answered, length(f.asa_ms), share(f.transfer_rate)),
        *(share(f.first_contact_resolution), f.rona),
    )


def _told(report: Report, row: Row) -> dict[str, Any]:
    period = {"from": _iso(report, row.since_ms), "to": _iso(report, row.until_ms)}
    return {"name": row.name, **period, **row.figures.told()}


def _iso(report: Report, at_ms: int) -> str:
    return local(at_ms, report.zone).isoformat()


def _span(report: Report, since_ms: int | None = None, until_ms: int | None = None) -> str:
    return " to ".join(_clocks(report, since_ms or report.since_ms, until_ms or report.until_ms))


def _clocks(report: Report, *moments: int) -> Iterator[str]:
    for at_ms in moments:
        yield local(at_ms, report.zone).strftime("%Y-%m-%d %H:%M %Z")
