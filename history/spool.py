"""Records that memory may not hold any longer, kept on disk in order until the database is back.

A spool is one file of JSON lines, appended at its end and read from its start. It holds callers'
numbers, so only its owner may read it (file 0600, directory 0700).
"""

import os
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

import structlog

from history.codec import dump_record, load_record
from history.errors import RecordRefused
from history.rows import Record

Settled: TypeAlias = Callable[[RecordRefused | None], None]
"""Called once with None when the record is committed, or with why it never will be."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A record on its way to the database, and whom to tell."""

    record: Record
    settled: Settled | None = None


class Spool:
    """A first-in first-out file; every method raises OSError when the disk fails."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "history.jsonl"
        self._refused = directory / "history-refused.jsonl"
        self._offset = 0  # of the oldest line
        self._ahead, self._end = 0, 0  # how many lines `peek` gave, and where they end
        # Callbacks live in memory only, one per line that this process wrote; lines that an earlier
        # process left behind have none.
        self._settled: deque[Settled | None] = deque()

    def open(self) -> None:
        """Make the directory and count what an earlier process left behind."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.exists():
            self._end_torn_line()
            with self._path.open("rb") as file:
                self._settled.extend(None for _ in file)

    def __len__(self) -> int:
        return len(self._settled)

    def append(self, entry: Entry) -> None:
        """Write one record at the end."""
        _append(self._path, dump_record(entry.record) + "\n")
        self._settled.append(entry.settled)

    def put_first(self, entries: Collection[Entry]) -> None:
        """Write records before all others: they are older than what is on disk. All or none."""
        rest = self._path.read_bytes()[self._offset :] if self._path.exists() else b""
        draft = self._path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        _append(draft, "".join(dump_record(entry.record) + "\n" for entry in entries))
        with draft.open("ab") as file:
            file.write(rest)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        self._settled.extendleft(entry.settled for entry in reversed(list(entries)))
        self._offset = 0

    def peek(self, limit: int) -> list[Entry]:
        """The oldest records, at most `limit`; `drop` removes exactly these.

        A line that is no record (torn by a crash) moves to the refused file and is left out.
        """
        self._path.touch(mode=0o600)  # a person may have moved it away, and a new one begins at 0
        if self._path.stat().st_size < self._offset:
            self._offset = 0
        with self._path.open("rb") as file:
            file.seek(self._offset)
            lines = list(islice(file, limit))
        self._ahead = len(lines)
        self._end = self._offset + sum(map(len, lines))
        entries = zip(lines, self._settled, strict=False)
        return [entry for line, settled in entries if (entry := self._load(line, settled))]

    def drop(self) -> None:
        """Forget what the last `peek` gave; an empty spool gives its disk space back."""
        # A person who cut the file short leaves nothing to read: the rest is gone.
        for _ in range(self._ahead or len(self._settled)):
            self._settled.popleft()
        self._offset, self._ahead = self._end, 0
        if not self._settled:
            self._path.unlink(missing_ok=True)
            self._offset = 0

    def refuse(self, record: Record) -> None:
        """Set a record aside for a person: the database will never take it."""
        _append(self._refused, dump_record(record) + "\n")

    def _load(self, line: bytes, settled: Settled | None) -> Entry | None:
        try:
            return Entry(load_record(line), settled)
        except (ValueError, KeyError, TypeError):
            log.error("history_spool_line_unreadable", bytes=len(line), kept_in=str(self._refused))
            _append(self._refused, line.decode(errors="replace"))
            return None

    def _end_torn_line(self) -> None:
        with self._path.open("r+b") as file:
            if file.seek(0, os.SEEK_END) and file.seek(-1, os.SEEK_END) and file.read() != b"\n":
                file.write(b"\n")


def _append(path: Path, text: str) -> None:
    with open(path, "a", encoding="utf-8", opener=_private) as file:
        file.write(text)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
