"""Something is done for a caller who waits: heard what it is, and let go when they hang up."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from bridge.errors import AmiError, ChannelGone, PlaybackFailed
from engine.performing.line import Line
from ivr.commands import SILENCE, Prompt
from ivr.errors import SpeechError

log = structlog.get_logger(__name__)

SPEAK_AFTER_S = 0.4
"""A shorter wait is no wait: a prompt that begins and is cut off at once would only irritate."""
STOP_EVERY_S = 0.05

T = TypeVar("T")


async def while_waiting(line: Line, work: Coroutine[Any, Any, T], prompt: Prompt = SILENCE) -> T:
    """What ``work`` gives. If it takes long the caller hears ``prompt`` and then music.

    Raises ChannelGone when the caller hangs up, and ``work`` is cancelled then. Of a caller who
    was gone before, nothing more is expected: the work is done.
    """
    if line.session.hungup.is_set():
        return await work
    doing = asyncio.ensure_future(work)
    hungup = asyncio.ensure_future(line.session.hungup.wait())
    pastime = Pastime(line, prompt)
    try:
        await asyncio.wait({doing, hungup}, return_when=asyncio.FIRST_COMPLETED)
        await pastime.end()
        if not doing.done():
            raise ChannelGone(line.session.request.channel)
        return await doing
    finally:
        for task in (doing, hungup, pastime.task):
            task.cancel()
        await asyncio.gather(doing, hungup, pastime.task, return_exceptions=True)


class Pastime:
    """What a caller hears while something is done: nothing at first, a prompt, then music."""

    def __init__(self, line: Line, prompt: Prompt) -> None:
        self._line = line
        self._prompt = prompt
        self._speaks = False
        self._plays = False
        self._is_over = False
        self.task = asyncio.ensure_future(self._run())

    async def end(self) -> None:
        """Silence, at once; a prompt under way is cut short. Raises ChannelGone."""
        self._is_over = True
        if not self._speaks:
            self.task.cancel()
        while self._speaks and not self.task.done():
            # Again and again: a stop that comes before the playing is lost.
            await self._cut_short()
            await asyncio.wait({self.task}, timeout=STOP_EVERY_S)
        if self.task.done():
            self.task.result()  # also a fault of ours is told
        if self._plays and not self._line.session.hungup.is_set():
            await self._line.session.music(False)

    async def _run(self) -> None:
        await asyncio.sleep(SPEAK_AFTER_S)
        if not self._prompt.segments:
            return
        try:
            await self._speak()
        except ChannelGone:
            return  # who waits for the hangup is told of it
        except (PlaybackFailed, SpeechError) as error:
            log.error("meanwhile_not_played", contact=self._line.contact, error=str(error))
        finally:
            self._speaks = False

    async def _speak(self) -> None:
        self._speaks = True
        for segment in self._prompt.segments:
            if self._is_over:
                return
            await self._line.voice.play(Prompt((segment,)))
        if not self._is_over:
            await self._line.session.music(True)
            self._plays = True

    async def _cut_short(self) -> None:
        try:
            await self._line.services.switch.stop_playback(self._line.session.request.channel)
        except AmiError as error:  # it is heard to its end
            log.warning("meanwhile_not_stopped", contact=self._line.contact, code=error.code)
