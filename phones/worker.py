"""The child process that holds the phones: `python -m phones.worker ADDRESS PORT`.

Requests come on stdin, replies and events go out on the stdout that it was given. That
descriptor is put aside first and 1 is pointed at stderr, so that nothing the native stack
prints can get between two lines. The end of stdin ends the worker: it cannot outlive its bank.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress

from baresip.errors import BaresipError
from pydantic import BaseModel

from phones import protocol
from phones.errors import PhoneError, PhoneRefused
from phones.exchange import Exchange


class _Over(Exception):
    """Raised inside the worker's TaskGroup to cancel what still waits."""


class Pipe:
    """The upward pipe. Blocking writes: the bank always reads, and a line is small."""

    def __init__(self) -> None:
        self._fd = os.dup(1)
        os.dup2(2, 1)

    def send(self, message: BaseModel) -> None:
        """One line up; a bank that has gone is noticed at stdin's end instead."""
        rest = protocol.line(message)
        with suppress(BrokenPipeError):
            while rest:
                rest = rest[os.write(self._fd, rest) :]


async def _requests() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def _answer(exchange: Exchange, pipe: Pipe, request: protocol.Request) -> None:
    """Perform one request; whatever fails becomes its Fault."""
    try:
        result = await exchange.perform(request.command)
    except PhoneError as error:
        result = protocol.Fault(code=error.code, text=str(error))
    except (BaresipError, ValueError) as error:
        result = protocol.Fault(code=PhoneRefused.code, text=str(error))
    pipe.send(protocol.Reply(id=request.id, result=result))


async def serve(address: str, sip_port: int) -> None:
    """Run until `Shutdown` or the end of stdin."""
    pipe = Pipe()
    reader = await _requests()
    try:
        async with asyncio.TaskGroup() as tasks:
            exchange = Exchange(pipe.send, tasks)
            await exchange.start(address, sip_port)
            pipe.send(protocol.WorkerUp())
            await _read(reader, lambda request: tasks.create_task(_answer(exchange, pipe, request)))
            await exchange.close()
            raise _Over
    except* _Over:
        pass


async def _read(reader: asyncio.StreamReader, start: Callable[[protocol.Request], object]) -> None:
    """Start each request as it comes, until `Shutdown` or the end of the pipe."""
    while raw := await reader.readline():
        request = protocol.Request.model_validate_json(raw)
        if isinstance(request.command, protocol.Shutdown):
            return
        start(request)


def main() -> None:
    """The process: warnings of the stack go to stderr, which is the bank's log file."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))


if __name__ == "__main__":
    main()
