"""Many calls from one process: a light SIP and RTP caller that checks what each call heard.

    async def menu(call: LoadCall) -> None:
        await call.dial()
        await call.hear()
        await call.press("2")
        await call.hear()
        await call.hang_up()

    async with LoadCaller.open(("127.0.0.1", 5060)) as caller:
        records = await caller.run(menu, Load("+3612345678", calls=600, rate=40))

SIPp makes calls too, but hears nothing: it cannot say when the first prompt came, nor
which. One socket carries all signalling and one all audio; calls are told apart by their
Call-ID, and by the address that the SDP answer named.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from phones import sipwire
from phones.datagrams import bound_socket, receive
from phones.errors import PhoneError
from phones.loadcall import CallRecord, LoadCall, Wire
from phones.sipwire import Line

CATCH_UP = 1.25
"""How many times the rate calls may begin after a stall."""

Script = Callable[[LoadCall], Awaitable[None]]


@dataclass(frozen=True)
class Load:
    """How many calls to `number`, how fast (new calls a second), how many at once.

    `caller` is a format of the call's index: each call shows a number of its own. Once
    `enough` says so, no further call begins.
    """

    number: str
    calls: int
    rate: float
    limit: int = 500
    caller: str = "+3630{:07d}"
    enough: Callable[[], bool] = lambda: False


class LoadCaller:
    """The sockets of many calls. Use `open`."""

    def __init__(self, remote: tuple[str, int], local_address: str) -> None:
        self._remote = remote
        self._sip = bound_socket(local_address)
        self._rtp = bound_socket(local_address)
        self._calls: dict[str, LoadCall] = {}
        self._media: dict[tuple[str, int], LoadCall] = {}
        self._unique = secrets.token_hex(4)
        self._made = 0
        self._wire = Wire(self._send_sip, self._send_rtp, self._media.__setitem__)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, remote: tuple[str, int], *, local_address: str = "127.0.0.1"
    ) -> AsyncIterator[LoadCaller]:
        """Bind the two sockets and read them until the end."""
        caller = cls(remote, local_address)
        loop = asyncio.get_running_loop()
        loop.add_reader(caller._sip, caller._read_sip)
        loop.add_reader(caller._rtp, caller._read_rtp)
        try:
            yield caller
        finally:
            for used in (caller._sip, caller._rtp):
                loop.remove_reader(used)
                used.close()

    async def run(self, script: Script, load: Load) -> list[CallRecord]:
        """Start calls at the rate, each with the script; their records, in order of start.

        A call that would exceed the limit starts late. What started late is caught up with, but
        never all at once: that would be another load than was asked for. A script that fails with
        a PhoneError gives a record with its `failure`, and its call is ended.
        """
        places = asyncio.Semaphore(load.limit)
        loop = asyncio.get_running_loop()
        begin = due = loop.time()
        async with asyncio.TaskGroup() as group:
            tasks = []
            for index in range(load.calls):
                due = max(begin + index / load.rate, due + 1 / (load.rate * CATCH_UP))
                await asyncio.sleep(max(0.0, due - loop.time()))
                due = max(due, loop.time())
                await places.acquire()
                if load.enough():
                    break
                tasks.append(group.create_task(self._one(script, load, index, places)))
        return [task.result() for task in tasks]

    async def _one(
        self, script: Script, load: Load, index: int, places: asyncio.Semaphore
    ) -> CallRecord:
        call = self._call(load, index)
        try:
            await script(call)
            return call.record()
        except PhoneError as error:
            return call.record(await self._end(call, error))
        finally:
            places.release()
            self._calls.pop(call.line.call_id, None)
            if call.media is not None and self._media.get(call.media) is call:
                del self._media[call.media]

    async def _end(self, call: LoadCall, failure: PhoneError) -> str:
        """End the call of a failed script; what failed, and what failed after it."""
        try:
            if call.answered_ns is not None:
                await call.hang_up()
            elif call.invited_ns is not None and call.ended_ns is None:
                await call.cancel()
        except PhoneError as error:
            return f"{failure}; then {error}"
        return str(failure)

    def _call(self, load: Load, index: int) -> LoadCall:
        self._made += 1
        host, port = self._sip.getsockname()
        line = Line(
            number=load.number,
            caller=load.caller.format(index),
            remote=f"{self._remote[0]}:{self._remote[1]}",
            local=f"{host}:{port}",
            media=self._rtp.getsockname(),
            call_id=f"{self._unique}{self._made:x}",
        )
        call = LoadCall(index, line, self._wire)
        self._calls[line.call_id] = call
        return call

    def _send_sip(self, data: bytes) -> None:
        self._sip.sendto(data, self._remote)

    def _send_rtp(self, data: bytes, to: tuple[str, int]) -> None:
        self._rtp.sendto(data, to)

    def _read_sip(self) -> None:
        while (data := receive(self._sip)) is not None:
            message = sipwire.parse(data[0])
            call = self._calls.get(message.call_id) if message else None
            if message is not None and call is not None:
                call.on_message(message)
            elif message is not None and message.status == 0 and message.method == "BYE":
                self._send_sip(sipwire.ok(message))

    def _read_rtp(self) -> None:
        """Drain the socket. Audio may overtake the answer that names it: read that first."""
        while (data := receive(self._rtp)) is not None:
            packet, source = data
            if source not in self._media:
                self._read_sip()
            call = self._media.get(source)
            if call is not None:
                call.on_rtp(packet, time.monotonic_ns())
