"""The recordings of one engine, from the name given to MixMonitor to the finished row."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

import structlog

from history.rows import RecordingRow
from recordings.errors import StillRecording
from recordings.finalise import Conversation, finalise
from recordings.naming import RecordingName, name_of, raw_path
from recordings.raw import PAIR_BYTES, SAMPLE_RATE, is_open_for_writing, make_raw

Sleep: TypeAlias = Callable[[float], Awaitable[None]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RecorderSettings:
    """How long Asterisk may take to close a file after its channel ended, and how often to look."""

    close_timeout_s: float = 10.0
    look_every_s: float = 0.05


class Recorder:
    """Hands out paths and turns what was written there into rows."""

    def __init__(
        self,
        directory: Path,
        settings: RecorderSettings = RecorderSettings(),
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._directory = directory.absolute()
        self._settings = settings
        self._sleep = sleep

    def begin(self, name: RecordingName, started_ms: int) -> Path:
        """The path for `MixMonitor(path,bD)`, an empty and private file. Raises OSError."""
        path = raw_path(self._directory, name, started_ms)
        make_raw(path)
        return path

    async def finish(self, conversation: Conversation) -> RecordingRow:
        """Wait until Asterisk has closed the file, then finalise it in a thread.

        Raises StillRecording, which loses nothing: the file stays for `recover`; and OSError.
        """
        raw = raw_path(self._directory, conversation.name, conversation.started_ms)
        await self._closed(raw)
        return await self._finalise(raw, conversation)

    async def recover(
        self, live: Collection[str], known: Mapping[str, Conversation] = MappingProxyType({})
    ) -> list[RecordingRow]:
        """Finish at start what an earlier process left, but for the ids in `live`. `known` are
        those, by id, of whom the caller knows who spoke and when; of others the file tells.

        A file that Asterisk still writes is left alone too: its conversation outlived the engine.
        One that cannot be finished is logged and left for the next start.
        """
        rows = []
        for raw, name in await asyncio.to_thread(_orphans, self._directory, set(live)):
            try:
                conversation = known.get(name.id) or _orphan(raw, name)
                rows.append(await self._finalise(raw, conversation))
            except OSError as error:
                log.error("recording_not_recovered", path=str(raw), errno=error.errno)
        return rows

    async def _finalise(self, raw: Path, conversation: Conversation) -> RecordingRow:
        row = await asyncio.to_thread(finalise, self._directory, raw, conversation)
        log.info("recording_finished", recording=row.id, state=row.state, ms=row.duration_ms)
        return row

    async def _closed(self, raw: Path) -> None:
        for _ in range(round(self._settings.close_timeout_s / self._settings.look_every_s)):
            if not is_open_for_writing(raw):
                return
            await self._sleep(self._settings.look_every_s)
        raise StillRecording(raw)


def _orphans(directory: Path, live: set[str]) -> list[tuple[Path, RecordingName]]:
    return [
        (raw, name)
        for raw in sorted(directory.glob("*/*/*/*.raw"))
        if (name := name_of(raw)) and name.id not in live and not is_open_for_writing(raw)
    ]


def _orphan(raw: Path, name: RecordingName) -> Conversation:
    """Who spoke is not known any more; when follows from the file: it ended at its last write."""
    status = raw.stat()
    ended_ms = status.st_mtime_ns // 1_000_000
    duration_ms = status.st_size // PAIR_BYTES * 1000 // SAMPLE_RATE
    return Conversation(name, None, ended_ms - duration_ms, ended_ms)
