"""A TCP proxy that can cut, split and go deaf: a bad network before a real server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TcpProxy:
    """Forwards to `target`. Set the attributes to misbehave.

    `one_byte`: what the server says reaches the client byte by byte. `deaf`: nothing is passed
    on in either direction, and nothing is closed. `cut_after`: as soon as the client has sent
    this text and it was passed on, both connections are cut, once, before any answer.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self.one_byte = False
        self.deaf = False
        self.cut_after: bytes | None = None
        self.connections = 0
        self._target = target
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Cut every connection, without ceremony."""
        for writer in self._writers:
            writer.transport.abort()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until either side ends."""
        self.connections += 1
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, server_writer}
        both = (self._pump(reader, server_writer), self._pump(server_reader, writer, back=True))
        tasks = [asyncio.create_task(pump) for pump in both]
        self._tasks |= set(tasks)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        writer.close()
        server_writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: bool = False
    ) -> None:
        try:
            while data := await reader.read(65536):
                if not self.deaf:
                    await self._pass(data, writer, back)
        except OSError:
            return  # cut

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter, back: bool) -> None:
        if not back and self.cut_after is not None and self.cut_after in data:
            await self._pass_and_cut(data, writer)
            return
        pieces = [data[i : i + 1] for i in range(len(data))] if back and self.one_byte else [data]
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    async def _pass_and_cut(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        self.cut_after = None
        self.deaf = True  # the answer must not come back
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(0.05)  # a reset must not overtake what was written
        self.cut()
        self.deaf = False

    async def close(self) -> None:
        """End every connection."""
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def tcp_proxy(target: int) -> AsyncIterator[TcpProxy]:
    """A proxy to `target` on a port of its own."""
    proxy = TcpProxy(target)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.port = int(server.sockets[0].getsockname()[1])
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
        await server.wait_closed()
