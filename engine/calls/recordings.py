"""Recordings of conversations: finished when the agent's leg ends, found again after a crash."""

from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, Protocol

import structlog

from engine.calls.chronicle import Chronicle
from engine.calls.story import Story
from engine.calls.stretches import ended
from history.rows import LegRow, RecordingRow
from recordings.errors import RecordingError
from recordings.finalise import Conversation
from recordings.naming import name_of
from recordings.recorder import Recorder

log = structlog.get_logger(__name__)


class Tasks(Protocol):
    """Who runs what is to be done in the background: an `asyncio.TaskGroup`."""

    def create_task(self, work: Coroutine[Any, Any, None], *, name: str) -> object: ...


class Recordings:
    """Turns what Asterisk wrote into rows, in the background, each in a task of `tasks`."""

    def __init__(self, recorder: Recorder, chronicle: Chronicle, tasks: Tasks) -> None:
        self._recorder = recorder
        self._chronicle = chronicle
        self._tasks = tasks

    def leg_ended(self, story: Story, leg: LegRow, now_ms: int) -> None:
        """An agent's leg is gone; if it was answered, its file is finished soon."""
        over = _conversation(story, leg, now_ms)
        if over is not None:
            self.over(over)

    def over(self, part: Conversation) -> None:
        """A flow's own recording has come to an end; its file is finished soon."""
        self._tasks.create_task(self._finish(part), name=f"recording {part.name.id}")

    async def recover(self, live: Iterable[Story], over: Iterable[Story]) -> None:
        """Finish what a former run left: who spoke and when, the stories that are `over` tell.
        The conversations of those that `live` go on."""
        known = [
            _conversation(story, leg, leg.ended_ms or ended(story.talks))
            for story in over
            for leg in story.legs
        ]
        by_id = {conversation.name.id: conversation for conversation in known if conversation}
        going_on = {Path(raw).stem for story in live for raw in story.recordings.values()}
        for row in await self._recorder.recover(going_on, by_id):
            self._tell(row)

    async def _finish(self, over: Conversation) -> None:
        try:
            self._tell(await self._recorder.finish(over))
        except (RecordingError, OSError) as error:
            # The raw file stays, and the next start finishes it.
            log.error("recording_not_finished", recording=over.name.id, error=type(error).__name__)

    def _tell(self, row: RecordingRow) -> None:
        self._chronicle.recorded(row)


def _conversation(story: Story, leg: LegRow, ended_ms: int | None) -> Conversation | None:
    """The conversation on an agent's leg, if it was answered, recorded, and is over."""
    raw = story.recordings.get(leg.uniqueid)
    name = name_of(Path(raw)) if raw else None
    if name is None or leg.answered_ms is None or ended_ms is None:
        return None
    reason = story.reasons.get(leg.uniqueid)
    return Conversation(name, leg.agent, leg.started_ms, ended_ms, reason)
