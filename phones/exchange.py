"""Every phone and call of one worker process, on baresip's single Runtime.

The stack is process-global (one Runtime a process), but a Runtime holds any number of
user agents: so a process is a bank of phones that share one SIP port.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from baresip.call import Call
from baresip.config import Account, Config
from baresip.errors import RegistrationError
from baresip.events import StackEvent
from baresip.runtime import Runtime
from baresip.ua import UserAgent

from phones import protocol
from phones.errors import CallGone, PhoneRefused, RegistrationRefused
from phones.moments import Moment
from phones.softphone import LiveCall, Mouth
from phones.tones import read_wav, steady_tone

logger = logging.getLogger(__name__)

_TICK_S = 0.01
_NO_JITTER_BUFFER = "audio_jitter_buffer_type off\n"
"""After a new source (SSRC) baresip's would wait for the time stamps of the old one to come round:
over an agent's open line nothing would be heard. On one host there is no jitter."""


def _config(address: str, sip_port: int) -> Config:
    """The stack on one address; with `sip_port` 0 the kernel chooses the port."""
    listen = f"sip_listen {address}:{sip_port}\n"
    return Config(
        net_interface=address,
        max_concurrent_calls=None,
        native_log_level="warning",
        extra_config_text=f"{listen}{_NO_JITTER_BUFFER}",
    )


class Exchange:
    """The worker's phones; `emit` gets every event for the bank.

    Every task is owned by `tasks`, which the worker's TaskGroup is.
    """

    def __init__(self, emit: Callable[[protocol.Event], None], tasks: asyncio.TaskGroup) -> None:
        self._emit = emit
        self._tasks = tasks
        self._runtime = Runtime()
        self._phones: dict[int, UserAgent] = {}
        self._policies: dict[int, protocol.IncomingPolicy] = {}
        self._calls: dict[int, LiveCall] = {}
        self._by_handle: dict[int, LiveCall] = {}
        self._unclaimed: defaultdict[int, list[tuple[StackEvent, Moment]]] = defaultdict(list)
        self._incoming = 0
        self._clock: asyncio.Task[None] | None = None

    async def start(self, address: str, sip_port: int) -> None:
        """Bring the stack up."""
        await self._runtime.start(_config(address, sip_port))
        self._runtime.subscribe(self._on_stack_event)
        self._clock = self._tasks.create_task(self._media_clock())

    async def close(self) -> None:
        """Hang up what lives and take the stack down."""
        for call in tuple(self._calls.values()):
            with suppress(CallGone):
                await call.hang_up()
        if self._clock is not None:
            self._clock.cancel()
        await self._runtime.close()

    async def perform(self, command: protocol.Command) -> protocol.Result:
        """Do what the bank asks; PhoneError for what cannot be done."""
        match command:
            case protocol.HearTone():
                return await self._hear_tone(command)
            case protocol.GetLevels(call=number):
                frames = self._call(number).ear.frames
                return protocol.Levels(frames=tuple((f.at, round(f.dbfs, 1)) for f in frames))
            case protocol.PlayTone(call=number, hz=hz, dbfs=dbfs):
                self._call(number).speak(Mouth(steady_tone(hz, dbfs), repeat=True))
            case protocol.PlayWav(call=number, path=path, repeat=repeat):
                self._call(number).speak(Mouth(read_wav(Path(path)), repeat=repeat))
            case protocol.StopPlaying(call=number):
                self._call(number).speak(None)
            case protocol.SetIncoming(phone=phone, incoming=incoming):
                self._policies[phone] = incoming
            case protocol.Refer(call=number, uri=uri, other=other, timeout_s=timeout_s):
                whom = None if other is None else self._call(other)
                status = await self._call(number).refer(uri, whom, timeout_s)
                return protocol.Referred(status=status)
            case protocol.Shutdown():
                pass
            case _:
                await self._signal(command)
        return protocol.Done()

    async def _signal(self, command: protocol.Command) -> None:
        """The commands that put something on the SIP wire."""
        match command:
            case protocol.OpenPhone():
                await self._open(command)
            case protocol.Register(phone=phone, timeout_s=timeout_s):
                await self._register(phone, timeout_s)
            case protocol.Unregister(phone=phone, timeout_s=timeout_s):
                await self._phone(phone).unregister(timeout=timeout_s)
            case protocol.Dial(phone=phone, call=number, uri=uri):
                self._adopt(number, await self._phone(phone).dial(uri))
            case protocol.Answer(call=number):
                await self._call(number).answer()
            case protocol.Refuse(call=number):
                await self._call(number).refuse()
            case protocol.HangUp(call=number):
                await self._call(number).hang_up()
            case protocol.SendDigits(call=number, digits=digits, gap_ms=gap_ms):
                await self._call(number).send_digits(digits, gap_ms)

    async def _open(self, command: protocol.OpenPhone) -> None:
        domain = f"{command.domain}:{command.port}" if command.port else command.domain
        account = Account(
            command.user,
            domain,
            command.password,
            reg_interval=600 if command.port else 0,
            audio_codecs=command.codecs,
        )
        agent = await UserAgent.create(self._runtime, account, transfer_policy="reject")
        agent.on_incoming(lambda call: self._ring(command.phone, call, Moment.now()))
        self._phones[command.phone] = agent
        self._policies[command.phone] = command.incoming

    async def _register(self, phone: int, timeout_s: float) -> None:
        """A phone that is registered leaves first: baresip would send both at once, each to be
        challenged, and whichever came last at the registrar would win."""
        agent = self._phone(phone)
        try:
            await agent.unregister(timeout=timeout_s)
            await agent.register(timeout=timeout_s)
        except RegistrationError as error:
            raise RegistrationRefused(str(error)) from error

    async def _hear_tone(self, command: protocol.HearTone) -> protocol.Result:
        ear = self._call(command.call).ear
        heard: asyncio.Future[protocol.Tone] = asyncio.get_running_loop().create_future()
        watch = ear.watch(
            command.hz,
            lambda tone: heard.set_result(protocol.Tone(hz=tone.hz, at=tone.at, dbfs=tone.dbfs)),
        )
        try:
            async with asyncio.timeout(command.timeout_s):
                return await heard
        except TimeoutError:
            return protocol.Fault(code="timeout", text=f"{command.hz:g} Hz was not heard")
        finally:
            ear.unwatch(watch)

    def _phone(self, phone: int) -> UserAgent:
        if phone not in self._phones:
            raise PhoneRefused(f"there is no phone {phone}")
        return self._phones[phone]

    def _call(self, number: int) -> LiveCall:
        if number not in self._calls:
            raise CallGone("the call has ended")
        return self._calls[number]

    def _on_stack_event(self, event: StackEvent) -> None:
        """Stamp the event and give it to its call.

        A call's first events can come before its object (dialled: `dial` has not yet
        returned): they wait in `_unclaimed` until the call is adopted.
        """
        at = Moment.now()
        if event.call in self._by_handle:
            self._deliver(self._by_handle[event.call], event, at)
        elif event.call:
            self._unclaimed[event.call].append((event, at))

    def _deliver(self, call: LiveCall, event: StackEvent, at: Moment) -> None:
        call.on_event(event, at)
        if call.closed:
            self._calls.pop(call.number, None)
            self._by_handle.pop(call.handle, None)

    def _adopt(self, number: int, call: Call) -> LiveCall:
        live = LiveCall(number, call, self._emit)
        self._calls[number] = self._by_handle[live.handle] = live
        for event, at in self._unclaimed.pop(live.handle, []):
            self._deliver(live, event, at)
        return live

    def _ring(self, phone: int, call: Call, at: Moment) -> None:
        self._incoming -= 1
        told = protocol.CallIncoming(phone=phone, call=self._incoming, peer=call.peer or "", at=at)
        self._emit(told)
        live = self._adopt(self._incoming, call)
        self._tasks.create_task(self._obey(self._policies[phone], live))

    async def _obey(self, policy: protocol.IncomingPolicy, call: LiveCall) -> None:
        """Treat an incoming call as its phone's policy says; it may end meanwhile."""
        try:
            match policy:
                case protocol.AnswerCalls(after_ms=after_ms):
                    await asyncio.sleep(after_ms / 1000)
                    await call.answer()
                case protocol.RefuseCalls(after_ms=after_ms):
                    await asyncio.sleep(after_ms / 1000)
                    await call.refuse()
                case protocol.LetRing():
                    pass
        except CallGone:
            return
        except PhoneRefused as error:
            logger.warning("incoming call %d: %s", call.number, error)

    async def _media_clock(self) -> None:
        """Move every call's audio each 10 ms, half a frame, so that times are that exact."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for call in tuple(self._calls.values()):
                call.tick()
            due = max(due + _TICK_S, loop.time())
            await asyncio.sleep(due - loop.time())
