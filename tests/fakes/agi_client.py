"""Asterisk's side of FastAGI, for tests: over a socket, or straight into a wire."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bridge.agi.server import AgiServer
from bridge.agi.session import AgiSession
from bridge.agi.wire import AgiLimits, AgiWire
from engine.calls.stage import about_to_talk

CHANNEL = "PJSIP/trunk-00000001"
CALLER = "+36301234567"
UNIQUEID = "1700000000.1"

Handler = Callable[[AgiSession], Awaitable[None]]


def request_lines(
    script: str = "inbound", *args: str, channel: str = CHANNEL, uniqueid: str = UNIQUEID
) -> bytes:
    """The request as launch_netscript and setup_env (res_agi.c) write it, shortened."""
    lines = [
        "agi_network: yes",
        f"agi_network_script: {script}",
        f"agi_request: agi://127.0.0.1/{script}",
        f"agi_channel: {channel}",
        "agi_language: en",
        f"agi_uniqueid: {uniqueid}",
        f"agi_callerid: {CALLER}",
        "agi_dnid: 3611234567",
        "agi_context: from-trunk",
        "agi_extension: 3611234567",
        *(f"agi_arg_{n}: {arg}" for n, arg in enumerate(args, start=1)),
    ]
    return ("\n".join(lines) + "\n\n").encode()


def parse_args(text: str) -> list[str]:
    """The words of a command, by parse_args() of res/res_agi.c, step by step."""
    found: list[str] = []
    quoted = escaped = False
    whitespace = True
    for letter in text:
        if letter == '"' and not escaped:
            quoted = not quoted
            if quoted and whitespace:
                found.append("")
                whitespace = False
        elif letter in " \t" and not quoted and not escaped:
            whitespace = True
        elif letter == "\\" and not escaped:
            escaped = True
        else:
            if whitespace:
                found.append("")
                whitespace = False
            found[-1] += letter
            escaped = False
    return found


@dataclass
class FakeCall:
    """One call's connection to the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def dial(
        cls, port: int, script: str = "inbound", *args: str, uniqueid: str = UNIQUEID
    ) -> "FakeCall":
        """Connect and say what Asterisk says first."""
        call = await cls.connect(port)
        call.writer.write(request_lines(script, *args, uniqueid=uniqueid))
        return call

    @classmethod
    async def connect(cls, port: int) -> "FakeCall":
        """Connect and say nothing."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def hears(self) -> str:
        """The next command, without its line end; "" at the end of the connection."""
        line = await self.reader.readline()
        if not line:
            await self.close()
        return line.decode().removesuffix("\n")

    def says(self, *lines: str) -> None:
        """Write lines."""
        self.writer.write("".join(f"{line}\n" for line in lines).encode())

    async def answers(self, command: str, *lines: str) -> None:
        """Expect exactly this command, then write these lines."""
        heard = await self.hears()
        assert heard == command, heard
        self.says(*lines)

    async def rest(self) -> bytes:
        """All that comes until the server closes, by whatever way."""
        try:
            return await self.reader.read()
        except ConnectionResetError:
            return b""
        finally:
            await self.close()

    async def close(self) -> None:
        """Close this end."""
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


def joining(leg: str) -> str:
    """The command by which a session says that the caller is about to talk to an agent's leg."""
    return f'EXEC MSet "{",".join(about_to_talk(leg))}"'


@asynccontextmanager
async def serving(
    handler: Handler, limits: AgiLimits | None = None
) -> AsyncIterator[tuple[AgiServer, int]]:
    """A running server and its port; afterwards no session may be left."""
    server = AgiServer(handler, limits=limits)
    port = await server.start("127.0.0.1", 0)
    try:
        yield server, port
    finally:
        await server.stop(0)
        assert server.sessions == 0


@asynccontextmanager
async def conversation(
    handler: Handler, *args: str, uniqueid: str = UNIQUEID
) -> AsyncIterator[FakeCall]:
    """One call to a server that runs `handler`; what the handler raises fails the test."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def observed(session: AgiSession) -> None:
        try:
            await handler(session)
        except Exception as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    async with serving(observed) as (_, port):
        call = await FakeCall.dial(port, "inbound", *args, uniqueid=uniqueid)
        try:
            yield call
            await done
        finally:
            await call.close()


class MemoryTransport(asyncio.Transport):
    """A transport without a socket: what was written is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written += data

    def get_write_buffer_size(self) -> int:
        """Nothing ever waits."""
        return 0

    def close(self) -> None:
        """Remember it."""
        self.closed = True

    def abort(self) -> None:
        """Remember it."""
        self.closed = True


def plug_in(server: AgiServer) -> tuple[AgiWire, MemoryTransport]:
    """A connection to `server` without a socket: feed it with `wire.data_received`."""
    wire, transport = AgiWire(server, server.limits), MemoryTransport()
    wire.connection_made(transport)
    return wire, transport
