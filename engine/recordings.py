"""Recordings of conversations: finished when the agent's leg ends, found again after a crash."""

import asyncio
from pathlib import Path

import structlog

from engine.chronicle import Chronicle
from engine.story import Story
from history.rows import LegRow, RecordingRow
from recordings.errors import RecordingError
from recordings.finalise import Conversation
from recordings.naming import name_of
from recordings.recorder import Recorder

log = structlog.get_logger(__name__)


class Recordings:
    """Turns what Asterisk wrote into rows, in the background, each in a task of `tasks`."""

    def __init__(self, recorder: Recorder, chronicle: Chronicle, tasks: asyncio.TaskGroup) -> None:
        self._recorder = recorder
        self._chronicle = chronicle
        self._tasks = tasks

    def leg_ended(self, story: Story, leg: LegRow, now_ms: int) -> None:
        """An agent's leg is gone; if it was answered, its file is finished soon."""
        path = story.recordings.get(leg.uniqueid)
        name = name_of(Path(path)) if path else None
        if name is None or leg.answered_ms is None:
            return
        over = Conversation(name, leg.agent, leg.started_ms, now_ms)
        self._tasks.create_task(self._finish(over), name=f"recording {name.id}")

    async def recover(self, live: set[str]) -> None:
        """Finish what a former run left, but for the recordings in `live`."""
        for row in await self._recorder.recover(live):
            self._tell(row)

    async def _finish(self, over: Conversation) -> None:
        try:
            self._tell(await self._recorder.finish(over))
        except (RecordingError, OSError) as error:
            # The raw file stays, and the next start finishes it.
            log.error("recording_not_finished", recording=over.name.id, error=type(error).__name__)

    def _tell(self, row: RecordingRow) -> None:
        self._chronicle.recorded(row)
