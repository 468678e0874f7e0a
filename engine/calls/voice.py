"""Speaking and listening on a caller's channel: the interpreter's `Play` and `Ask` in AGI verbs."""

from collections.abc import Awaitable, Callable

from bridge.agi.session import AgiSession
from engine.clock import Clock
from ivr.commands import Ask, Prompt, Segment
from ivr.events import Answered

ANY_KEY = "0123456789*#"
POUND = "#"

AudioOf = Callable[[Segment], Awaitable[str]]
"""Where a segment's audio lies: a path without extension."""


class Voice:
    """One channel's mouth and ears.

    Keys are collected by `GET DATA`: inside one command Asterisk drops no key, while between two
    commands an idle AGI channel reads and discards frames (run_agi in res/res_agi.c). It has one
    time limit for the first key and between keys (ast_app_getdata_full in main/app.c). Where the
    two differ, a first command takes one key and a second the rest: it is there a round trip
    after the first key ended, and a key lasts longer than that (ITU-T Q.24: 40 ms, and 40 ms
    between two).
    """

    def __init__(self, session: AgiSession, audio_of: AudioOf, silence: str, clock: Clock) -> None:
        self._session = session
        self._audio_of = audio_of
        self._silence = silence
        self._clock = clock

    async def play(self, prompt: Prompt, *, barge_in: bool = False) -> None:
        """Play to the end; with ``barge_in`` to the first key, which is lost."""
        files = [await self._audio_of(segment) for segment in prompt.segments]
        await self._play_interruptibly(files, barge_in)

    async def ask(self, ask: Ask) -> Answered:
        """Play, then collect keys until enough, the end key, or a time limit."""
        await self.play(ask.lead)
        if ask.end not in ("", POUND):
            return await self._ask_key_by_key(ask)
        *before, last = await self._files(ask.prompt)
        first = await self._play_interruptibly(before, ask.barge_in)
        if first is not None:
            return await self._after_first(ask, first)
        if not ask.barge_in:
            await self._session.stream_file(last)
            last = self._silence
        if ask.max_digits == 1 or ask.timeout_ms == ask.inter_digit_ms:
            return await self._get_data(ask, last, "", ask.timeout_ms)
        got = await self._session.get_data(last, ask.timeout_ms, 1)
        if got.timed_out:
            return Answered(self._clock(), "", timed_out=True)
        return await self._after_first(ask, got.value or POUND)

    async def _files(self, prompt: Prompt) -> list[str]:
        files = [await self._audio_of(segment) for segment in prompt.segments]
        return files or [self._silence]

    async def _play_interruptibly(self, files: list[str], barge_in: bool) -> str | None:
        for name in files:
            heard = await self._session.stream_file(name, ANY_KEY if barge_in else "")
            if heard.digit is not None:
                return heard.digit
        return None

    async def _after_first(self, ask: Ask, first: str) -> Answered:
        if first == POUND == ask.end:
            return Answered(self._clock(), "", terminated=True)
        if ask.max_digits == 1:
            return Answered(self._clock(), first)
        return await self._get_data(ask, self._silence, first, ask.inter_digit_ms)

    async def _get_data(self, ask: Ask, name: str, keyed: str, limit_ms: int) -> Answered:
        """Collect the rest with `GET DATA`, for which `#` always ends the input."""
        while True:
            wanted = ask.max_digits - len(keyed)
            got = await self._session.get_data(name, limit_ms, wanted)
            keyed += got.value
            ended = not got.timed_out and len(got.value) < wanted
            if not ended or ask.end == POUND:
                return Answered(self._clock(), keyed, got.timed_out, terminated=ended)
            # No end key was asked for, so `#` is a key like any other.
            keyed += POUND
            if len(keyed) >= ask.max_digits:
                return Answered(self._clock(), keyed)
            name, limit_ms = self._silence, ask.inter_digit_ms

    async def _ask_key_by_key(self, ask: Ask) -> Answered:
        """For an end key that `GET DATA` does not know (`*`)."""
        key = await self._play_interruptibly(await self._files(ask.prompt), ask.barge_in)
        keyed = ""
        while True:
            if key is None:
                limit = ask.inter_digit_ms if keyed else ask.timeout_ms
                key = await self._session.wait_for_digit(limit)
            if key is None:
                return Answered(self._clock(), keyed, timed_out=True)
            if key == ask.end:
                return Answered(self._clock(), keyed, terminated=True)
            keyed += key
            if len(keyed) >= ask.max_digits:
                return Answered(self._clock(), keyed)
            key = None
