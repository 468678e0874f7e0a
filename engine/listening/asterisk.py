"""Asterisk's own detector: app_amd, and its wait for silence."""

from __future__ import annotations

import time

from bridge.agi.session import AgiSession
from listening.amd import APPLICATION, CAUSE, STATUS, read_amd
from listening.values import Cue, Verdict

QUIET_MS = 1_500
"""Its greeting has pauses of half a second; after its beep there is nothing."""
LONGEST_S = 30


class AsteriskDetector:
    """One call's. What its commands raise is raised: ChannelGone, CommandFailed, SessionClosed."""

    def __init__(self, session: AgiSession, within_ms: int | None = None) -> None:
        """The verdict is there ``within_ms``; by default within what amd.conf says, 5 s."""
        self._session = session
        self._limits = () if within_ms is None else ("", "", "", str(within_ms))
        self._began = time.monotonic()

    async def verdict(self) -> Verdict:
        """After a word and 800 ms of silence, a long greeting, or when its time is over."""
        self._began = time.monotonic()
        await self._session.execute(APPLICATION, *self._limits)
        status = await self._session.get_variable(STATUS) or ""
        cause = await self._session.get_variable(CAUSE) or ""
        return read_amd(status, cause, self._now_ms())

    async def cue(self) -> Cue | None:
        """Once it has been silent; None after `LONGEST_S`."""
        await self._session.execute("WaitForSilence", f"{QUIET_MS}", "1", f"{LONGEST_S}")
        if await self._session.get_variable("WAITSTATUS") != "SILENCE":
            return None
        return Cue(self._now_ms(), 0)

    def _now_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)
