"""Phones and calls as a test, the demonstration or a benchmark drives them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from phones import protocol
from phones.errors import CallGone, PhoneRefused, PhoneTimeout, WorkerLost
from phones.keytones import write_keys
from phones.moments import CallTimes, Moment


class Bank(Protocol):
    """What a phone needs of its bank (`phones.bank.PhoneBank`)."""

    def number(self) -> int: ...
    def follow(self, call: Call) -> None: ...
    async def ask(self, command: protocol.Command, timeout_s: float = 5.0) -> protocol.Result: ...


@dataclass(frozen=True)
class Answered:
    """The far end answered."""

    at: Moment


@dataclass(frozen=True)
class Refused:
    """The far end, or a proxy, refused: `status` 486 is busy, 404 unknown, 603 declined."""

    status: int
    reason: str
    at: Moment


@dataclass(frozen=True)
class Cancelled:
    """We hung up before an answer."""

    at: Moment


@dataclass(frozen=True)
class Broken:
    """The call ended before an answer without a SIP status: transport failure, CANCEL."""

    reason: str
    at: Moment


Outcome = Answered | Refused | Cancelled | Broken


@dataclass(frozen=True)
class Ended:
    """The call is over: who ended it, and the stack's own line."""

    by_us: bool
    reason: str
    at: Moment


@dataclass(frozen=True)
class Digit:
    """A key that the far end pressed."""

    key: str
    at: Moment


class Call:
    """One call at one phone. Everything that waits has a timeout: PhoneTimeout."""

    def __init__(self, bank: Bank, number: int, peer: str) -> None:
        self.number = number
        self.peer = peer
        self.times = CallTimes()
        self.digits: list[Digit] = []
        self.end: Ended | None = None
        self._bank = bank
        self._changed = asyncio.Event()
        self._worker_lost = False

    async def outcome(self, timeout_s: float = 10.0) -> Outcome:
        """How the attempt went; the call goes on ringing when this times out."""
        await self._until(
            "answer or refusal", lambda: bool(self.times.answered or self.end), timeout_s
        )
        if self.times.answered is not None:
            return Answered(self.times.answered)
        if self.end is None:
            raise WorkerLost("the call's worker ended")
        return _failure(self.end)

    async def answered(self, timeout_s: float = 10.0) -> Answered:
        """Wait for the answer; PhoneRefused when the attempt ends in any other way."""
        outcome = await self.outcome(timeout_s)
        if not isinstance(outcome, Answered):
            raise PhoneRefused(f"not answered: {outcome}")
        return outcome

    async def ringing(self, timeout_s: float = 10.0) -> Moment:
        """Wait for the far end's 180; CallGone when the call ends before."""
        await self._until("ringing", lambda: bool(self.times.ringing or self.end), timeout_s)
        if self.times.ringing is None:
            raise CallGone("the call ended before it rang")
        return self.times.ringing

    async def first_audio(self, timeout_s: float = 10.0) -> Moment:
        """Wait for the first received frame above -50 dBFS; CallGone without one."""
        await self._until("audio", lambda: bool(self.times.first_audio or self.end), timeout_s)
        if self.times.first_audio is None:
            raise CallGone("the call ended in silence")
        return self.times.first_audio

    async def ended(self, timeout_s: float = 10.0) -> Ended:
        """Wait for the end of the call."""
        await self._until("end of the call", lambda: self.end is not None, timeout_s)
        if self.end is None:
            raise WorkerLost("the call's worker ended")
        return self.end

    async def keyed(self, count: int, timeout_s: float = 10.0) -> str:
        """Wait until the far end has pressed `count` keys in all; return all keys."""
        await self._until(f"{count} digits", lambda: len(self.digits) >= count, timeout_s)
        return "".join(digit.key for digit in self.digits)

    async def answer(self) -> None:
        """Answer an incoming call by hand."""
        await self._bank.ask(protocol.Answer(call=self.number))

    async def refuse(self) -> None:
        """Refuse an incoming call with 486."""
        await self._bank.ask(protocol.Refuse(call=self.number))

    async def hang_up(self, timeout_s: float = 5.0) -> Ended:
        """End the call (BYE, or CANCEL before the answer) and wait for its end.

        A call that has ended meanwhile is no error: its end is returned.
        """
        with suppress(CallGone):
            await self._bank.ask(protocol.HangUp(call=self.number))
        return await self.ended(timeout_s)

    async def send_digits(self, digits: str, gap_ms: int = 120) -> None:
        """Press keys: RFC 4733 events of 100 ms, `gap_ms` apart; returns after the last."""
        seconds = len(digits) * (100 + gap_ms) / 1000
        command = protocol.SendDigits(call=self.number, digits=digits, gap_ms=gap_ms)
        await self._bank.ask(command, timeout_s=seconds + 5.0)

    async def refer(
        self, uri: str = "", *, to: Call | None = None, timeout_s: float = 5.0
    ) -> int | None:
        """Transfer the far end by the phone's own means: to `uri`, or to whom another call is.
        The SIP status that it answers, None when it refused without one."""
        other = None if to is None else to.number
        command = protocol.Refer(call=self.number, uri=uri, other=other, timeout_s=timeout_s)
        result = await self._bank.ask(command, timeout_s)
        return result.status if isinstance(result, protocol.Referred) else None

    async def play_tone(self, hz: int, dbfs: float = -12.0) -> None:
        """Say a tone until told otherwise."""
        await self._bank.ask(protocol.PlayTone(call=self.number, hz=hz, dbfs=dbfs))

    async def play_wav(self, path: Path, *, repeat: bool = True) -> None:
        """Say a recording (mono, 16 bits, 8 kHz), again and again or once; BadRecording."""
        command = protocol.PlayWav(call=self.number, path=str(path), repeat=repeat)
        await self._bank.ask(command)

    async def key_tones(self, keys: str, tone_ms: int = 90, gap_ms: int = 90) -> None:
        """Press keys whose tones alone are heard, without events; returns after the last."""
        with tempfile.TemporaryDirectory(prefix="trunkline-") as directory:
            path = Path(directory) / "keys.wav"
            seconds = write_keys(path, keys, tone_ms, gap_ms)
            await self.play_wav(path, repeat=False)
        await asyncio.sleep(seconds)

    async def stop_playing(self) -> None:
        """Say silence, within 60 ms."""
        await self._bank.ask(protocol.StopPlaying(call=self.number))

    async def hear_tone(self, hz: float, timeout_s: float = 5.0) -> protocol.Tone:
        """Wait until 100 ms of received audio, from now on, are this tone above -50 dBFS."""
        command = protocol.HearTone(call=self.number, hz=hz, timeout_s=timeout_s)
        result = await self._bank.ask(command, timeout_s)
        if not isinstance(result, protocol.Tone):
            raise PhoneRefused("the worker answered something else than a tone")
        return result

    async def levels(self) -> tuple[tuple[Moment, float], ...]:
        """Time and level (dBFS) of each 20 ms frame received in the last 10 s."""
        result = await self._bank.ask(protocol.GetLevels(call=self.number))
        return result.frames if isinstance(result, protocol.Levels) else ()

    def on_event(self, event: protocol.Event) -> None:
        """Take an event of this call from the bank."""
        match event:
            case protocol.CallIncoming(at=at):
                self.times = replace(self.times, invited=at)
            case protocol.CallRinging(at=at):
                self.times = replace(self.times, ringing=self.times.ringing or at)
            case protocol.CallAnswered(at=at):
                self.times = replace(self.times, answered=self.times.answered or at)
            case protocol.FirstAudio(at=at):
                self.times = replace(self.times, first_audio=at)
            case protocol.DigitHeard(digit=key, at=at):
                self.digits.append(Digit(key, at))
            case protocol.CallClosed(reason=reason, by_us=by_us, at=at):
                self.times = replace(self.times, ended=at)
                self.end = Ended(by_us, reason, at)
        self._wake()

    def on_worker_lost(self) -> None:
        """The bank has lost its worker: nothing more will be heard of this call."""
        self._worker_lost = True
        self._wake()

    def _wake(self) -> None:
        """Let every waiter look again: they hold the old event, later ones get the new."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _until(self, awaited: str, happened: Callable[[], bool], timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not happened():
                    if self._worker_lost:
                        raise WorkerLost("the phones' worker ended; see its log")
                    await self._changed.wait()
        except TimeoutError as error:
            raise PhoneTimeout(awaited, timeout_s) from error


def _failure(end: Ended) -> Outcome:
    """What an end before the answer means, from the stack's own line."""
    if end.by_us:
        return Cancelled(end.at)
    status, _, reason = end.reason.partition(" ")
    if len(status) == 3 and status.isdigit():
        return Refused(int(status), reason, end.at)
    return Broken(end.reason, end.at)


class Phone:
    """One account of a bank; made by `PhoneBank.phone`."""

    def __init__(self, bank: Bank, number: int, user: str) -> None:
        self.number = number
        self.user = user
        self._bank = bank
        self._incoming: asyncio.Queue[Call] = asyncio.Queue()

    async def register(self, timeout_s: float = 5.0) -> None:
        """Register; RegistrationRefused when the registrar refuses or is silent."""
        command = protocol.Register(phone=self.number, timeout_s=timeout_s)
        await self._bank.ask(command, timeout_s)

    async def unregister(self, timeout_s: float = 5.0) -> None:
        """Take the registration back and wait for the registrar's word."""
        command = protocol.Unregister(phone=self.number, timeout_s=timeout_s)
        await self._bank.ask(command, timeout_s)

    async def dial(self, uri: str) -> Call:
        """Call `uri`; returns as soon as the INVITE is on its way."""
        call = Call(self._bank, self._bank.number(), uri)
        call.times = CallTimes(dialled=Moment.now())
        self._bank.follow(call)
        await self._bank.ask(protocol.Dial(phone=self.number, call=call.number, uri=uri))
        return call

    async def policy(self, incoming: protocol.IncomingPolicy) -> None:
        """Treat calls that come from now on in this way."""
        await self._bank.ask(protocol.SetIncoming(phone=self.number, incoming=incoming))

    async def incoming(self, timeout_s: float = 10.0) -> Call:
        """The next incoming call, which the phone's policy already attends to."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._incoming.get()
        except TimeoutError as error:
            raise PhoneTimeout("incoming call", timeout_s) from error

    def on_incoming(self, call: Call) -> None:
        """Take a new incoming call from the bank."""
        self._incoming.put_nowait(call)
