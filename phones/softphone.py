"""The worker's side of a call: baresip's call with ears, a mouth and our event names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import numpy as np
from baresip.call import Call
from baresip.errors import (
    AudioNotActive,
    AudioRestarted,
    BaresipError,
    StaleHandleError,
    TransferFailed,
)
from baresip.events import Event, StackEvent

from phones import protocol
from phones.ear import Ear, HeardFrame
from phones.errors import CallGone, PhoneRefused
from phones.moments import Moment
from phones.tones import FRAME_SAMPLES, Samples

_FRAME_BYTES = 2 * FRAME_SAMPLES
_AHEAD, _AHEAD_ONCE = 3, 50
"""Frames that the mouth is ahead of the line: 60 ms; what is said once, a second. The stack sends
silence where it has nothing, and a tone with a hole in it is no key, or two."""
_READ_BYTES = 32768
ACCEPTED = 202
"""Of REFER (RFC 3515, section 2.4.2)."""


class Mouth:
    """What a phone says: samples once or again and again, given out frame by frame."""

    def __init__(self, samples: Samples, *, repeat: bool) -> None:
        self._samples = samples
        self._repeat = repeat and len(samples) > 0
        self._next = 0
        self.ahead = _AHEAD if repeat else _AHEAD_ONCE

    def frame(self) -> Samples:
        """The next 20 ms; shorter at the end of a recording, empty after it."""
        at = np.arange(self._next, self._next + FRAME_SAMPLES)
        self._next += FRAME_SAMPLES
        length = len(self._samples)
        return self._samples[at % length if self._repeat else at[at < length]]


class LiveCall:
    """One call of the worker, named by `number` on the pipe."""

    def __init__(self, number: int, call: Call, emit: Callable[[protocol.Event], None]) -> None:
        self.number = number
        self.ear = Ear(self._first_audio)
        self.mouth: Mouth | None = None
        self.closed = False
        self._call = call
        self._emit = emit
        self._ended_by_us = False
        self._takes_back = False

    @property
    def handle(self) -> int:
        """The stack's handle of the call."""
        return int(self._call.handle)

    def on_event(self, event: StackEvent, at: Moment) -> None:
        """Tell the bank what the stack reported, if it is one of the moments of a call."""
        match event.event:
            case Event.CALL_RINGING:
                self._emit(protocol.CallRinging(call=self.number, at=at))
            case Event.CALL_ESTABLISHED:
                self._emit(protocol.CallAnswered(call=self.number, at=at))
            case Event.CALL_DTMF_START:
                digit = event.text or ""
                self._emit(protocol.DigitHeard(call=self.number, digit=digit, at=at))
            case Event.CALL_CLOSED:
                self._on_closed(event.text or "", at)

    def speak(self, mouth: Mouth | None) -> None:
        """Say this, or silence, instead of what is being said.

        The stack takes back what it has not sent with its next frame, and whatever is written
        before: so nothing is, and where there is nothing to take back it is not asked to.
        """
        self.mouth = mouth
        with suppress(AudioNotActive, AudioRestarted):
            self._takes_back = self._call.audio.info().tx_buffered > 0
            if self._takes_back:
                self._call.audio.flush_tx()

    async def answer(self) -> None:
        """200 OK."""
        await _attempt(self._call.answer())

    async def refuse(self) -> None:
        """486 Busy Here."""
        self._ended_by_us = True
        await _attempt(self._call.reject())

    async def hang_up(self) -> None:
        """BYE, or CANCEL before the answer, or 486 for a call that rings here."""
        self._ended_by_us = True
        await _attempt(self._call.hangup())

    async def send_digits(self, digits: str, gap_ms: int) -> None:
        """RFC 4733 events, one after the other; returns after the last."""
        await _attempt(self._call.send_dtmf(digits, gap_ms))

    async def refer(self, uri: str, other: LiveCall | None, timeout_s: float) -> int | None:
        """REFER; what the far end says to it, 202 when it did as it was asked."""
        try:
            if other is None:
                await self._call.transfer(uri, timeout=timeout_s)
            else:
                await self._call.attended_transfer(other._call, timeout=timeout_s)
        except TransferFailed as refused:
            return refused.status
        return ACCEPTED

    def tick(self) -> None:
        """Move audio both ways: what came goes to the ear, the mouth stays ahead.

        A re-INVITE replaces the streams (AudioRestarted); the next tick binds to the new.
        """
        try:
            self._listen()
            self._speak()
        except (AudioNotActive, AudioRestarted):
            return

    def _listen(self) -> None:
        received = self._call.audio.read(_READ_BYTES)
        if received:
            self.ear.hear(np.frombuffer(received, np.int16), Moment.now())

    def _speak(self) -> None:
        if self.mouth is None:
            return
        line = self._call.audio.info()
        if self._takes_back and line.tx_buffered:
            return
        self._takes_back = False
        room = min(self.mouth.ahead * _FRAME_BYTES, line.tx_capacity) - line.tx_buffered
        for _ in range(room // _FRAME_BYTES):
            self._call.audio.write(self.mouth.frame().tobytes())

    def _first_audio(self, frame: HeardFrame) -> None:
        self._emit(protocol.FirstAudio(call=self.number, at=frame.at, dbfs=frame.dbfs))

    def _on_closed(self, reason: str, at: Moment) -> None:
        self.closed = True
        by_us = self._ended_by_us
        self._emit(protocol.CallClosed(call=self.number, reason=reason, by_us=by_us, at=at))


async def _attempt(request: Awaitable[None]) -> None:
    """Await a request to the stack, its errors in our own terms."""
    try:
        await request
    except StaleHandleError as error:
        raise CallGone("the call has ended") from error
    except (BaresipError, ValueError) as error:
        raise PhoneRefused(str(error)) from error
