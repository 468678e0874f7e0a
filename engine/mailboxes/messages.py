"""What callers say into mailboxes: files, and the takes of one call until they are kept."""

import asyncio
import math
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from history.rows import MessageRow
from ivr.commands import LAST_TAKE
from recordings.errors import NotARecording
from recordings.measure import levels_dbfs, read_wav
from recordings.naming import RecordingName

FORMAT = "wav"
"""What Asterisk writes: 16 bits at 8 kHz, one channel."""
NOTHING_SAID_DBFS = -50.0
"""The loudest tenth of a second of a line without a speaker; nobody speaks as softly."""

UNSAVED = 3
"""Takes of an engine that was lost before it had saved their count: more than it can have begun."""


class Messages:
    """The directory of messages: `YYYY/MM/DD/<contact>-<n>.wav`, the day in UTC."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.absolute()

    def begin(self, name: RecordingName, at_ms: int) -> Path:
        """An empty file, for its owner's eyes only, that Asterisk will fill.

        Raises FileExistsError when there is one of that name, which stays as it is, and OSError.
        """
        day = datetime.fromtimestamp(at_ms / 1000, UTC)
        path = self._directory / f"{day:%Y/%m/%d}" / f"{name.id}.{FORMAT}"
        for directory in reversed(path.parents[:4]):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        return path

    def relative(self, path: Path) -> str:
        """As a row has it."""
        return str(path.relative_to(self._directory))

    def path(self, row: MessageRow) -> Path:
        """Where a message's audio lies."""
        return self._directory / row.path

    def older_than(self, at_ms: int) -> list[Path]:
        """Every take that was last written before then, kept as a message or not."""
        takes = self._directory.glob(f"*/*/*/*.{FORMAT}")
        return [path for path in takes if _written_ms(path) < at_ms]

    def delete(self, row: MessageRow) -> None:
        """The audio goes; it is no fault if it is gone."""
        self.path(row).unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Take:
    """What was recorded in one go. `handle` is its name for the flow."""

    handle: str
    path: Path
    at_ms: int

    @property
    def sound(self) -> str:
        """As Asterisk wants it: without the suffix."""
        return str(self.path.with_suffix(""))

    async def said_ms(self) -> int:
        """How long it is, in ms; 0 when nothing was said."""
        return await asyncio.to_thread(_said_ms, self.path)


class CallMessages:
    """The takes of one call: what is not kept by its end is deleted.

    `number` gives the next take's number: a contact may have several calls, as when it is called
    back, and a number that was used stays so.
    """

    def __init__(self, messages: Messages, contact: str, number: Callable[[], int]) -> None:
        self._messages = messages
        self._contact = contact
        self._number = number
        self._takes: dict[str, Take] = {}
        self._kept: set[str] = set()

    def begin(self, at_ms: int) -> Take:
        """A new take, with its file. Raises OSError."""
        for _ in range(UNSAVED):
            with suppress(FileExistsError):
                return self._begun(at_ms)
        return self._begun(at_ms)

    def _begun(self, at_ms: int) -> Take:
        name = RecordingName(self._contact, self._number())
        take = Take(name.id, self._messages.begin(name, at_ms), at_ms)
        self._takes[take.handle] = take
        return take

    def find(self, handle: str) -> Take | None:
        """The take of that name; `LAST_TAKE` is the newest."""
        if handle == LAST_TAKE:
            return next(reversed(self._takes.values()), None)
        return self._takes.get(handle)

    def keep(self, take: Take, mailbox: str, ms: int, caller: str | None) -> MessageRow:
        """The row of a take that is a message from now on."""
        self._kept.add(take.handle)
        path = self._messages.relative(take.path)
        return MessageRow(take.handle, mailbox, self._contact, take.at_ms, ms, caller, path)

    def discard(self, handle: str) -> None:
        """The take is gone; its name is not given again."""
        take = self.find(handle)
        if take is not None and take.handle not in self._kept:
            take.path.unlink(missing_ok=True)

    def end(self) -> None:
        """The call is over."""
        for handle in self._takes:
            self.discard(handle)


def _written_ms(path: Path) -> float:
    try:
        return path.stat().st_mtime * 1000
    except FileNotFoundError:  # somebody has just deleted it
        return math.inf


def _said_ms(path: Path) -> int:
    try:
        audio = read_wav(path)
    except (NotARecording, OSError):
        return 0
    levels = levels_dbfs(audio.channel(0), audio.rate)
    return audio.duration_ms if levels.size and levels.max() > NOTHING_SAID_DBFS else 0
