"""No recording of a call runs, and nobody listens to its caller, while a card is keyed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from bridge.errors import AmiError
from bridge.events import LiveChannel, Running

log = structlog.get_logger(__name__)

CONFIRM_S = 2.0
"""Within which Asterisk must have confirmed that every recording is paused."""
SPIES = frozenset({"ChanSpy", "ExtenSpy", "Broadcast"})
"""Applications that listen to other channels."""
SNOOP = "Snoop/"
"""Channels that ARI listens by: Snoop/UNIQUEID-NUMBER (`stasis_app_control_snoop()` in
res/res_stasis_snoop.c)."""


class NotPaused(Exception):
    """Somebody records or listens and cannot be made to stop, or nobody knows: no card may be
    captured. `reason` is a word for the log and the desk."""

    code = "recordings_not_paused"

    def __init__(self, reason: str) -> None:
        super().__init__(f"no card can be captured: {reason}")
        self.reason = reason


class Taps(Protocol):
    """What is needed of `bridge.switch.Switch`."""

    async def mute_recordings(self, channel: str, on: bool) -> bool: ...

    async def running(self) -> tuple[Running, ...]: ...


class Pause:
    """While it lasts, nobody records. `broken` is set should somebody begin to record or to listen
    to the caller all the same, or nobody could tell: what is being captured must end at once."""

    def __init__(self, caller: str, agent: str | None) -> None:
        self.broken = asyncio.Event()
        self.over = asyncio.Event()
        self.caller = caller
        self.legs = (caller,) if agent is None else (caller, agent)


class RecordingPauses:
    """The pauses of one Asterisk. A recording that begins meanwhile waits for `over`; where one is
    begun by others, `tapped` tells."""

    def __init__(self, switch: Taps) -> None:
        self._switch = switch
        self._pauses: dict[str, Pause] = {}
        """By the unique id of each leg."""

    @asynccontextmanager
    async def paused(self, caller: str, agent: str | None = None) -> AsyncIterator[Pause]:
        """Every recording of these legs (their unique ids) is paused when this is entered, as
        Asterisk has confirmed, and goes on when it is left, whatever happened. Raises NotPaused.

        Enter it before the first prompt, leave it when both are out of the relay.
        """
        pause = Pause(caller, agent)
        if any(leg in self._pauses for leg in pause.legs):
            raise NotPaused("busy")
        self._pauses |= dict.fromkeys(pause.legs, pause)
        try:
            await self._begin(pause)
            yield pause
        finally:
            await asyncio.shield(self._end(pause))

    async def over(self, uniqueid: str) -> None:
        """Until no card is being keyed on this leg."""
        pause = self._pauses.get(uniqueid)
        if pause is not None:
            await pause.over.wait()

    def tapped(self, uniqueid: str) -> None:
        """Somebody has begun to record a channel, goes on to, or listens to it. Of an agent's leg
        all may hear what the agent does."""
        pause = self._pauses.get(uniqueid)
        if pause is not None and uniqueid == pause.caller:
            log.error("payment_overheard", channel=uniqueid)
            pause.broken.set()

    def unwatched(self) -> None:
        """The link to Asterisk is lost: nobody tells of who begins to record or to listen."""
        for pause in self._pauses.values():
            pause.broken.set()

    async def resume_left(self, channels: Iterable[LiveChannel]) -> None:
        """Have recordings go on that an engine had paused which is no more, or could not resume."""
        for channel in channels:
            if channel.muted and channel.uniqueid not in self._pauses:
                await self._resume(channel.uniqueid)

    async def _begin(self, pause: Pause) -> None:
        try:
            async with asyncio.timeout(CONFIRM_S):
                for leg in pause.legs:
                    if not await self._switch.mute_recordings(leg, True):
                        raise NotPaused("hung_up")
                # Afterwards: whoever begins to listen from here on is told of.
                if _overheard(pause.caller, await self._switch.running()):
                    raise NotPaused("overheard")
        except TimeoutError:
            raise NotPaused("not_confirmed") from None
        except AmiError as error:
            log.error("recordings_not_paused", error=error.code)
            raise NotPaused("not_confirmed") from None
        if pause.broken.is_set():
            raise NotPaused("overheard")

    async def _end(self, pause: Pause) -> None:
        for leg in pause.legs:
            await self._resume(leg)
            self._pauses.pop(leg, None)
        pause.over.set()

    async def _resume(self, leg: str) -> None:
        try:
            await self._switch.mute_recordings(leg, False)
        except AmiError as error:
            # The note on the channel stays, and the next link to Asterisk finds it.
            log.error("recordings_not_resumed", channel=leg, error=error.code)


def _overheard(caller: str, running: Iterable[Running]) -> bool:
    """Whether somebody listens to the caller, or may, by what channels say that they do."""
    channels = tuple(running)
    name = next((each.channel for each in channels if each.uniqueid == caller), "")
    return any(_listens(each, caller, name) for each in channels)


def _listens(running: Running, caller: str, name: str) -> bool:
    """Who does not say whom it listens to may listen to anybody. A spy takes the beginning of a
    channel's name, or its unique id."""
    if running.channel.startswith(SNOOP):
        return running.channel.startswith(f"{SNOOP}{caller}-")
    if running.application not in SPIES:
        return False
    whom = running.arguments.partition(",")[0].strip()
    if running.application != "ChanSpy" or not whom or whom == "all":
        return True
    return name.lower().startswith(whom.lower()) or caller.startswith(whom)
