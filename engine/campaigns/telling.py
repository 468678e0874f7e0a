"""The two files that tell of an import: rows that were refused, and what became of others."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from engine.campaigns.reading.rows import Refused
from history.lead_pieces import SCRATCH
from history.lead_rows import Joining, NewLead

REFUSED_HEADERS = ("refused row", "why refused")
"""Before the file's own columns: mended, it can be imported as it is."""
TOLD_HEADERS = ("row", "lead", "joined by", "note")


class Telling:
    """Both files, open to be written at their ends; only their owner may read them. Use as a
    context."""

    def __init__(self, beside: Path, headers: Sequence[str]) -> None:
        self.refused = beside.with_name(f"{beside.name}.refused.csv")
        self.told = beside.with_name(f"{beside.name}.told.csv")
        self._headers = {
            self.refused: (*REFUSED_HEADERS, *headers),
            self.told: TOLD_HEADERS,
        }
        self._files: dict[Path, TextIO] = {}
        self.refused_rows = 0
        """Of this run."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()

    def go_on(self, lengths: Mapping[str, int]) -> None:
        """Both as an import left them that is gone on with: what came after its last piece goes."""
        for path, headers in self._headers.items():
            length = lengths.get(path.name, 0)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            file = os.fdopen(descriptor, "r+", encoding="utf-8", newline="")
            self._files[path] = file
            file.truncate(length)
            file.seek(0, os.SEEK_END)
            if not length:
                csv.writer(file, lineterminator="\n").writerow(headers)

    def refuse(self, refused: Iterable[Refused], rows: Mapping[int, Sequence[str]]) -> None:
        """These rows, with the values that they have."""
        writer = csv.writer(self._files[self.refused], lineterminator="\n")
        for each in refused:
            self.refused_rows += 1
            writer.writerow((each.row, "; ".join(each.reasons), *rows[each.row]))

    def tell(self, joinings: Iterable[Joining], leads: Iterable[NewLead]) -> None:
        """What was joined, and what of a lead was left out."""
        writer = csv.writer(self._files[self.told], lineterminator="\n")
        for each in joinings:
            lead = "new" if each.lead_id > SCRATCH else each.lead_id
            writer.writerow((each.row, lead, each.by, each.note))
        writer.writerows((lead.row, "", "", note) for lead in leads for note in lead.notes)

    def lengths(self) -> dict[str, int]:
        """In bytes, on the disk."""
        for file in self._files.values():
            file.flush()
        return {path.name: path.stat().st_size for path in self._files}
