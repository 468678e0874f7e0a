"""One call's recording outside of queues, where its flow asks for it: on the caller's channel."""

from dataclasses import replace

import structlog

from bridge.agi.session import AgiSession
from bridge.errors import CommandFailed
from engine.calls.services import Services
from engine.calls.story import Story
from recordings.finalise import Conversation
from recordings.naming import RecordingName

log = structlog.get_logger(__name__)


class CallRecording:
    """Made part by part, each a file: what is said to an agent is recorded on the agent's leg, so
    this one pauses in queues and in transfers to agents. Left is what the caller says, right what
    they hear.

    What the flow asks for is in the story, and holds when an engine goes on with the call.
    """

    def __init__(self, services: Services, session: AgiSession, contact: str) -> None:
        self._services = services
        self._session = session
        self._contact = contact
        self._part: Conversation | None = None

    async def switch(self, on: bool, reason: str) -> None:
        """From here on, or no more. Raises ChannelGone, CommandFailed and OSError."""
        await self.pause()
        if on:
            await self._begin(reason)
        story = self._story
        if story is not None:
            told = story.recording_switched(self._services.clock(), on, reason)
            self._services.chronicle.update(told)

    async def resume(self) -> None:
        """Begin a part, if the flow wants one and there is none; where that fails the call goes on
        unrecorded rather than not at all, and the log is watched. Raises ChannelGone."""
        story = self._story
        if story is None or not story.record or self._session.hungup.is_set():
            return
        if self._part is None:
            try:
                await self._begin(story.record_reason)
            except (CommandFailed, OSError) as error:
                log.error("recording_not_resumed", contact=self._contact, error=str(error))

    async def _begin(self, reason: str | None) -> None:
        services = self._services
        # Nobody records while a card is keyed.
        await services.pauses.over(self._session.request.uniqueid)
        story = self._story
        if story is None:
            return
        name = RecordingName(story.id, story.next_recording)
        now = services.clock()
        path = services.recorder.begin(name, now)
        services.chronicle.update(story.recorded(name.id, str(path), reason))
        try:
            await self._session.execute("MixMonitor", str(path), "D")
        except CommandFailed:
            path.unlink(missing_ok=True)
            raise
        self._part = Conversation(name, None, now, now, reason)

    async def pause(self) -> None:
        """End the part under way. Raises ChannelGone, CommandFailed."""
        if self._part is not None:
            await self._session.execute("StopMixMonitor")
            self.end()

    def end(self) -> None:
        """Asterisk records no more, or is about to stop: the part is finished, in time."""
        part, self._part = self._part, None
        if part is not None:
            self._services.recordings.over(replace(part, ended_ms=self._services.clock()))

    @property
    def _story(self) -> Story | None:
        return self._services.chronicle.story(self._contact)
