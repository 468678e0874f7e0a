"""One call of a `LoadCaller`: a small SIP dialog, its spurts, and verbs for a script."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from phones import sipwire
from phones.errors import CallGone, PhoneRefused, PhoneTimeout
from phones.rtp import Recognition, RtpSender, Spurt, SpurtHearing
from phones.sipwire import Line, Message

_T1_S = 0.5
_KEY_MS = 80


@dataclass
class Wire:
    """How a call reaches the sockets of its `LoadCaller`."""

    sip: Callable[[bytes], None]
    rtp: Callable[[bytes, tuple[str, int]], None]
    bind: Callable[[tuple[str, int], LoadCall], None]


@dataclass(frozen=True)
class CallRecord:
    """What became of a call. Times are monotonic ns, None for what did not happen.

    `failure` is empty if the script ran to its end.
    """

    number: int
    invited_ns: int | None
    answered_ns: int | None
    ended_ns: int | None
    status: int
    by_us: bool
    spurts: tuple[Spurt, ...]
    digits: str
    failure: str = ""

    @property
    def first_prompt_ms(self) -> float | None:
        """From the INVITE to the first audible packet."""
        if self.invited_ns is None or not self.spurts:
            return None
        return (self.spurts[0].at_ns - self.invited_ns) / 1e6


@dataclass
class LoadCall:
    """A call as its script sees it: dial, hear, press, hang up, each with a time-out."""

    number: int
    line: Line
    wire: Wire
    invited_ns: int | None = None
    answered_ns: int | None = None
    ended_ns: int | None = None
    status: int = 0
    by_us: bool = False
    digits: str = ""
    hearing: SpurtHearing = field(default_factory=SpurtHearing)
    media: tuple[str, int] | None = None
    _sender: RtpSender = field(init=False)
    _to: str = ""
    _ack: bytes = b""
    _bye_answered: bool = False
    _listened: int = 0
    _awaited: Recognition | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._sender = RtpSender(self.number, sipwire.DTMF_PAYLOAD)

    async def dial(self, timeout_s: float = 10.0) -> None:
        """INVITE and wait for the answer; PhoneRefused for any other final response."""
        self.invited_ns = time.monotonic_ns()
        request = sipwire.invite(self.line)
        await self._resend(request, lambda: self.status > 0, timeout_s)
        await self._until("answer", lambda: self.status >= 200, timeout_s)
        if self.status >= 300:
            raise PhoneRefused(f"refused with {self.status}")

    async def hear(self, timeout_s: float = 10.0) -> Spurt:
        """Wait for the next spurt of sound, until its fingerprint is known or it is over.

        A spurt that is over before 200 ms, or was torn by a busy Asterisk, has none.
        """
        spurts, index = self.hearing.spurts, self._listened
        await self._until(
            "sound",
            lambda: len(spurts) > index + 1 or any(s.fingerprint for s in spurts[index:]),
            timeout_s,
        )
        self._listened += 1
        return spurts[index]

    async def recognise(self, sound: bytes, timeout_s: float = 10.0) -> None:
        """Wait until this A-law has been heard, from now on, whatever else comes before it."""
        awaited = self._awaited = Recognition(sound)
        await self._until("the awaited sound", lambda: awaited.heard, timeout_s)
        self._awaited = None

    async def press(self, digits: str, gap_ms: int = 60) -> None:
        """Press keys of 80 ms each; sound that began before the last one's end is not awaited."""
        for index, key in enumerate(digits):
            if index:
                await asyncio.sleep(gap_ms / 1000)
            await self._press(key)

    async def hang_up(self, timeout_s: float = 5.0) -> None:
        """BYE, and wait for its 200; nothing if the far end was first."""
        if self.ended_ns is not None:
            return
        self.by_us = True
        self.ended_ns = time.monotonic_ns()
        bye = sipwire.bye(self.line, self._to)
        await self._resend(bye, lambda: self._bye_answered, timeout_s)

    async def cancel(self, timeout_s: float = 5.0) -> None:
        """End a call that `dial` has not brought through: CANCEL, or BYE if an answer crossed."""
        self.by_us = True
        await self._resend(sipwire.cancel(self.line), lambda: self.status >= 200, timeout_s)
        if self.status < 300:
            await self.hang_up(timeout_s)

    async def bye(self, timeout_s: float = 10.0) -> None:
        """Wait for the far end's BYE."""
        await self._until("BYE", lambda: self.ended_ns is not None, timeout_s, alive=False)

    def on_message(self, message: Message) -> None:
        """Take a SIP message of this call."""
        match message.status, message.method:
            case 0, "BYE":
                self.wire.sip(sipwire.ok(message))
                self.ended_ns = self.ended_ns or time.monotonic_ns()
            case 0, "INVITE":
                self.wire.sip(sipwire.ok(message, self.line))
            case 0, _:
                return
            case _, "INVITE":
                self._on_answer(message)
            case _, "BYE":
                self._bye_answered = True
        self._wake()

    def on_rtp(self, packet: bytes, at_ns: int) -> None:
        """Take an RTP packet of this call."""
        awaited = self._awaited
        if self.hearing.hear(packet, at_ns) or (awaited and awaited.hear(packet)):
            self._wake()

    def record(self, failure: str = "") -> CallRecord:
        """What has become of the call so far."""
        return CallRecord(
            self.number,
            self.invited_ns,
            self.answered_ns,
            self.ended_ns,
            self.status,
            self.by_us,
            tuple(self.hearing.spurts),
            self.digits,
            failure,
        )

    def _on_answer(self, message: Message) -> None:
        """Acknowledge a final response, again and again if it is repeated."""
        if message.status < 200:
            self.status = max(self.status, message.status)
            return
        if self.status < 200:
            self.status = message.status
            self._to = message.headers.get("to", "")
            self._ack = sipwire.ack(self.line, self._to, refused=message.status >= 300)
            self.wire.sip(self._ack)
            self._begin(message)
        else:
            self.wire.sip(self._ack)

    def _begin(self, message: Message) -> None:
        now = time.monotonic_ns()
        if message.status >= 300:
            self.ended_ns = now
            return
        self.answered_ns = now
        self.media = message.media()
        if self.media is not None:
            self.wire.bind(self.media, self)
            self.wire.rtp(self._sender.silence(), self.media)

    async def _press(self, key: str) -> None:
        sender = self._sender
        if self.media is None or self.ended_ns is not None:
            raise CallGone("the call has ended")
        sender.press(key, (time.monotonic_ns() - (self.invited_ns or 0)) // 1_000_000)
        self.wire.rtp(sender.packet(20, first=True), self.media)
        await asyncio.sleep(_KEY_MS / 2000)
        self.wire.rtp(sender.packet(_KEY_MS // 2), self.media)
        await asyncio.sleep(_KEY_MS / 2000)
        self._listened = len(self.hearing.spurts)
        for _ in range(3):
            self.wire.rtp(sender.packet(_KEY_MS, last=True), self.media)
        self.digits += key

    async def _resend(self, request: bytes, done: Callable[[], bool], timeout_s: float) -> None:
        """Send until answered, at RFC 3261's intervals (T1 of 500 ms, doubled)."""
        loop = asyncio.get_running_loop()
        deadline, wait_s = loop.time() + timeout_s, _T1_S
        while (left_s := deadline - loop.time()) > 0:
            self.wire.sip(request)
            with suppress(PhoneTimeout):
                return await self._until("response", done, min(wait_s, left_s), alive=False)
            wait_s *= 2
        raise PhoneTimeout("response", timeout_s)

    async def _until(
        self, awaited: str, happened: Callable[[], bool], timeout_s: float, *, alive: bool = True
    ) -> None:
        """Wait; with `alive`, CallGone when the call ends first."""
        try:
            async with asyncio.timeout(timeout_s):
                while not happened():
                    if alive and self.ended_ns is not None:
                        raise CallGone(f"the call ended before: {awaited}")
                    await self._changed.wait()
        except TimeoutError as error:
            if not happened():  # it may have come while this process had no turn to read it
                raise PhoneTimeout(awaited, timeout_s) from error

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
