"""`trunkline campaign evidence`: why each call was permitted, for a regulator, and who had it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sys
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4
from zoneinfo import ZoneInfo

from config.calling_law import PRESETS_FILE
from config.numbers import e164
from config.site import Site
from config.suggest import shown
from engine.campaigns.reports.called import COLUMNS, told
from engine.campaigns.reports.report import OPTIONS
from engine.clock import Clock
from engine.errors import LeadsRefused
from engine.reporting.report import Named, period
from engine.spreadsheet import plain
from history.campaign_evidence import CallsWanted, EvidenceStore, ExportRow
from routing.outbound.rules import evidence
from routing.outbound.rules.evidence import moment

NUMBERS = frozenset({"number", "caller_id"})
"""Of E.164 a spreadsheet makes a number, no formula."""
WORDS = {True: "yes", False: "no", None: ""}


class Form(StrEnum):
    """How it is written."""

    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose calls, begun when; times as they were typed. `target` is where it goes, for the
    record of who had it."""

    campaign: str
    by: str
    since: str = "today"
    until: str = ""
    number: str = field(default="", repr=False)
    form: Form = Form.CSV
    target: str = "-"
    named: Named = OPTIONS


class Export:
    """One, which is on record before its first line. `calls` are so many as are written."""

    def __init__(self, store: EvidenceStore, site: Site, wanted: Wanted, clock: Clock) -> None:
        """Raises SettingsInvalid, LeadsRefused."""
        self._store, self._site, self._clock = store, site, clock
        now_ms = clock()
        typed = wanted.since, wanted.until
        begin_ms, end_ms = period(*typed, ZoneInfo(site.zone), now_ms, wanted.named)
        number = _number(site, wanted.number)
        self._wanted = CallsWanted(wanted.campaign, begin_ms, end_ms, number)
        self.row = ExportRow(
            uuid4().hex,
            *(wanted.campaign, wanted.by, now_ms, begin_ms, end_ms, number),
            *(wanted.form.value, wanted.target),
        )
        self.calls = 0
        self.sha256 = ""

    async def pieces(self) -> AsyncGenerator[bytes]:
        """All of it, line by line. Raises DatabaseAway."""
        await self._store.begin(self.row)
        digest = hashlib.sha256()
        async with aclosing(self._lines()) as lines:
            async for line in lines:
                piece = line.encode()
                digest.update(piece)
                yield piece
        self.sha256 = digest.hexdigest()
        await self._store.end(self.row.id, self.calls, self.sha256, self._clock())

    async def _lines(self) -> AsyncGenerator[str]:
        is_csv = self.row.form == Form.CSV
        yield _comments(self.header()) if is_csv else _json({"header": self.header()})
        if is_csv:
            yield _csv(COLUMNS)
        async with aclosing(self._store.calls(self._wanted)) as rows:
            async for row in rows:
                self.calls += 1
                yield _cells(told(row)) if is_csv else _json(told(row))

    def header(self) -> Mapping[str, Any]:
        """What it is of, and by which rules."""
        row = self.row
        return {
            "export": row.id,
            "campaign": row.campaign,
            "site": self._site.site,
            "title": self._site.title,
            "zone": self._site.zone,
            "from": moment(row.since_ms),
            "to": moment(row.until_ms),
            "number": row.number,
            "exported": moment(row.at_ms),
            "exported_by": row.by,
            "form_of_evidence": evidence.FORM,
            "rules": rules_version(self._site, row.campaign),
        }


def rules_version(site: Site, campaign: str) -> str:
    """The name of the rules in force: another one, once a preset, the site or the campaign sets
    any of them otherwise. What held for a call is in its row."""
    own = site.campaigns[campaign].rules if campaign in site.campaigns else {}
    layers = [site.calling_rules, own]
    written = [{place: each.model_dump_json() for place, each in layer.items()} for layer in layers]
    text = json.dumps([PRESETS_FILE.read_text(encoding="utf-8"), *written], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextmanager
def target(file: Path | None) -> Iterator[BinaryIO]:
    """Where it is written: standard output, or a file of its owner's, which is there once it is
    whole."""
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = file.with_name(f"{file.name}.part")
    try:
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        with part.open("wb") as opened:
            yield opened
        part.replace(file)
    except OSError as wrong:
        raise LeadsRefused(f"{file}: {wrong.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def _number(site: Site, text: str) -> str | None:
    if not text:
        return None
    found = e164(text, site.country)
    if found is None:
        raise LeadsRefused(f"{shown(text)} is no number that can be dialled")
    return found


def _comments(header: Mapping[str, Any]) -> str:
    return "".join(
        f"# {name}: {'' if value is None else value}\n" for name, value in header.items()
    )


def _cells(row: Mapping[str, Any]) -> str:
    return _csv(_cell(name, row[name]) for name in COLUMNS)


def _cell(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return WORDS[value]
    return value if name in NUMBERS else plain(value)


def _csv(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _json(value: Mapping[str, Any]) -> str:
    return f"{json.dumps(value, ensure_ascii=False)}\n"
