"""A bank of phones: one worker process, and the pipes to it, as one async context.

    async with PhoneBank.open(log=Path("phones.log")) as bank:
        agent = await bank.phone("anna", secret, "127.0.0.1", 5060, incoming=AnswerCalls())
        await agent.register()

The worker takes signalling and audio off the caller's event loop, which therefore never
stalls, and is never stalled by, a conversation.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

import phones
from phones import protocol
from phones.errors import BY_CODE, PhoneError, PhoneRefused, PhoneTimeout, WorkerLost
from phones.phone import Call, Phone

_START_S = 15.0
_STOP_S = 6.0
_REPLY_MARGIN_S = 5.0
_LINE_BYTES = 1 << 20
DEFAULT_CODECS = ("pcma", "pcmu")


class PhoneBank:
    """Phones that share one worker, one address and one SIP port. Use `open`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._up = asyncio.Event()
        self._pending: dict[int, asyncio.Future[protocol.Result]] = {}
        self._phones: dict[int, Phone] = {}
        self._calls: dict[int, Call] = {}
        self._numbers = 0
        self._lost = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls, *, address: str = "127.0.0.1", sip_port: int = 0, log: Path | None = None
    ) -> AsyncIterator[PhoneBank]:
        """Start a worker and stop it at the end; live calls are hung up.

        `address` must be an address of a network interface: 127.0.0.1, not 127.0.0.2.
        With `sip_port` 0 the kernel chooses. What the native stack says goes to `log`.
        """
        with _log_file(log) as sink:
            bank = cls(await _spawn(address, sip_port, sink))
        reader = asyncio.create_task(bank._read(), name="phones-bank")
        try:
            await bank._started(reader)
            yield bank
        finally:
            await bank._stop()
            await reader

    @property
    def pid(self) -> int:
        """The worker's process id, for those who measure its CPU time."""
        return self._process.pid

    async def phone(
        self,
        user: str,
        password: str = "",
        domain: str = "127.0.0.1",
        port: int = 0,
        *,
        incoming: protocol.IncomingPolicy | None = None,
        codecs: tuple[str, ...] = DEFAULT_CODECS,
    ) -> Phone:
        """Make a phone of the account `user@domain:port`; it is not yet registered."""
        policy = incoming or protocol.LetRing()
        phone = Phone(self, self.number(), user)
        self._phones[phone.number] = phone
        await self.ask(
            protocol.OpenPhone(
                phone=phone.number,
                user=user,
                password=password,
                domain=domain,
                port=port,
                incoming=policy,
                codecs=codecs,
            )
        )
        return phone

    def number(self) -> int:
        """The next number for a phone, a dialled call or a request."""
        self._numbers += 1
        return self._numbers

    def follow(self, call: Call) -> None:
        """Deliver the events of a dialled call, which `call.number` names."""
        self._calls[call.number] = call

    async def ask(self, command: protocol.Command, timeout_s: float = 5.0) -> protocol.Result:
        """Send a command and return its result.

        PhoneTimeout when the worker does not answer; WorkerLost when it is gone; else the
        error that the worker names.
        """
        request = protocol.Request(id=self.number(), command=command)
        answer: asyncio.Future[protocol.Result] = asyncio.get_running_loop().create_future()
        self._pending[request.id] = answer
        try:
            async with asyncio.timeout(timeout_s + _REPLY_MARGIN_S):
                await self._send(request)
                result = await answer
        except TimeoutError as error:
            raise PhoneTimeout(f"worker's answer to {command.op}", timeout_s) from error
        finally:
            self._pending.pop(request.id, None)
        if isinstance(result, protocol.Fault):
            raise _error(result, timeout_s)
        return result

    async def _send(self, request: protocol.Request) -> None:
        stdin = self._process.stdin
        if self._lost or stdin is None:
            raise WorkerLost("the phones' worker has ended; see its log")
        stdin.write(protocol.line(request))
        try:
            await stdin.drain()
        except ConnectionError as error:
            raise WorkerLost("the phones' worker has ended; see its log") from error

    async def _read(self) -> None:
        """Deliver what the worker says until its end."""
        stdout = self._process.stdout
        while stdout is not None and (raw := await stdout.readline()):
            self._take(protocol.upward.validate_json(raw))
        self._lost = True
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(WorkerLost("the phones' worker ended; see its log"))
        for call in tuple(self._calls.values()):
            call.on_worker_lost()

    def _take(self, message: protocol.Reply | protocol.WorkerUp | protocol.Event) -> None:
        match message:
            case protocol.WorkerUp():
                self._up.set()
            case protocol.Reply(id=number, result=result):
                answer = self._pending.get(number)
                if answer is not None and not answer.done():
                    answer.set_result(result)
            case protocol.CallIncoming(phone=phone, call=number):
                call = Call(self, number, message.peer)
                self._calls[number] = call
                call.on_event(message)
                self._phones[phone].on_incoming(call)
            case _:
                self._to_call(message)

    def _to_call(self, event: protocol.Event) -> None:
        call = self._calls.get(event.call)
        if call is None:
            return
        call.on_event(event)
        if isinstance(event, protocol.CallClosed):
            del self._calls[event.call]

    async def _started(self, reader: asyncio.Task[None]) -> None:
        up = asyncio.create_task(self._up.wait(), name="phones-bank-up")
        try:
            async with asyncio.timeout(_START_S):
                await asyncio.wait({up, reader}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError as error:
            raise PhoneTimeout("start of the phones' worker", _START_S) from error
        finally:
            up.cancel()
        if not self._up.is_set():
            raise WorkerLost("the phones' worker did not start; see its log")

    async def _stop(self) -> None:
        """Ask the worker to end; kill it (it alone) when it does not."""
        if self._process.stdin is not None:
            with suppress(ConnectionError, WorkerLost):
                await self._send(protocol.Request(id=0, command=protocol.Shutdown()))
            self._process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_S):
                await self._process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


def _log_file(log: Path | None) -> IO[bytes]:
    return (log or Path(os.devnull)).open("ab")


def _error(fault: protocol.Fault, timeout_s: float) -> PhoneError:
    if fault.code == PhoneTimeout.code:
        return PhoneTimeout(fault.text, timeout_s)
    return BY_CODE.get(fault.code, PhoneRefused)(fault.text)


async def _spawn(address: str, sip_port: int, sink: IO[bytes]) -> asyncio.subprocess.Process:
    """The worker, with this very package on its path wherever the program was started."""
    root = str(Path(next(iter(phones.__path__))).parent)
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "phones.worker",
        address,
        str(sip_port),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=sink,
        env={**os.environ, "PYTHONPATH": path},
        limit=_LINE_BYTES,
    )
