"""An Asterisk manager in memory, that behaves or misbehaves as a test tells it.

Its connections are pairs of objects in one event loop, so that nothing depends on sockets, and
what is written arrives in the next turn of the loop, in segments of the size the test wants.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bridge.ami.client import AmiClient, AmiSettings
from bridge.ami.message import AmiMessage
from bridge.ami.wire import AmiWire

SECRET = "let me in"
SETTINGS = AmiSettings("asterisk.test", 5038, "trunkline", SECRET)
GREETING = "Asterisk Call Manager/11.0.0\r\n"


@dataclass(frozen=True)
class Request:
    """An action as it came over the wire: its lines, and its headers by name."""

    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the action."""
        return self["Action"]

    @property
    def id(self) -> str:
        """Its ActionID."""
        return self["ActionID"]

    def all(self, name: str) -> list[str]:
        """Every value of one header."""
        pairs = (line.split(": ", 1) for line in self.lines)
        return [value for key, value in pairs if key == name]

    def __getitem__(self, name: str) -> str:
        return self.all(name)[0]


class Session(asyncio.Transport):
    """One connection, seen from Asterisk's side; it is the client's transport as well."""

    def __init__(self, wire: AmiWire, segment: int | None) -> None:
        super().__init__()
        self.wire = wire
        self.segment = segment
        self.ended = asyncio.Event()
        self.deaf = False
        self.answers_pings = True
        self.pings = 0
        self.takes_filters = True
        self.filters: list[Request] = []
        self.requests: asyncio.Queue[Request] = asyncio.Queue()
        self._received = b""

    # What the client does with its transport.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take what the client writes; pings and filters are answered, all else is queued."""
        self._received += bytes(data)
        *whole, self._received = self._received.split(b"\r\n\r\n")
        for action in whole:
            self._take(Request(tuple(action.decode().split("\r\n"))))

    def abort(self) -> None:
        """The client drops the connection."""
        self._end()

    def close(self) -> None:
        """The client closes the connection."""
        self._end()

    def is_closing(self) -> bool:
        """Tell whether the connection is over."""
        return self.ended.is_set()

    # What the test tells Asterisk to do.

    async def read(self) -> Request:
        """Wait for the next action that is no ping and no filter."""
        async with asyncio.timeout(3600):
            return await self.requests.get()

    def send(self, text: str | bytes) -> None:
        """Write raw bytes, in segments if this session was told to."""
        data = text.encode() if isinstance(text, str) else text
        size = self.segment or max(1, len(data))
        for start in range(0, len(data), size):
            self._later(self.wire.data_received, data[start : start + size])

    def answer(self, request: Request, *headers: str, response: str = "Success") -> None:
        """Answer an action."""
        self.send(_message(f"Response: {response}", f"ActionID: {request.id}", *headers))

    def refuse(self, request: Request, message: str) -> None:
        """Answer an action with an error."""
        self.answer(request, f"Message: {message}", response="Error")

    def event(self, name: str, *headers: str) -> None:
        """Raise an event."""
        self.send(_message(f"Event: {name}", *headers))

    def answer_list(self, request: Request, event: str, *items: tuple[str, ...]) -> None:
        """Answer an action with a list of events of one name."""
        self.answer(request, "EventList: start", "Message: will follow")
        for item in items:
            self.event(event, f"ActionID: {request.id}", *item)
        self.event(f"{event}Complete", f"ActionID: {request.id}", "EventList: Complete")

    def cut(self, error: Exception | None = None) -> None:
        """Lose the connection: by a close of Asterisk, or with an error of the network."""
        self._later(self._lose, error)

    def _lose(self, error: Exception | None) -> None:
        self.ended.set()
        self.wire.connection_lost(error)

    def _end(self) -> None:
        if not self.ended.is_set():
            self.ended.set()
            self._later(self.wire.connection_lost, None)

    def _take(self, request: Request) -> None:
        match request.name:
            case "Ping":
                self.pings += 1
                if self.answers_pings:
                    self.answer(request, "Ping: Pong")
            case "Filter":
                self.filters.append(request)
                self.answer(request, response="Success" if self.takes_filters else "Error")
            case _:
                self.requests.put_nowait(request)

    def _later(self, call: Callable[..., None], *args: object) -> None:
        asyncio.get_running_loop().call_soon(call, *args)


@dataclass
class FakeAmi:
    """Asterisk as a client finds it: `connect` is what AmiClient calls to reach it."""

    segment: int | None = None
    reachable: bool = True
    greeting: str = GREETING
    booted: bool = True
    attempts: list[float] = field(default_factory=list)
    sessions: "asyncio.Queue[Session]" = field(default_factory=asyncio.Queue)

    async def connect(self, settings: AmiSettings, factory: Callable[[], AmiWire]) -> None:
        """Accept a connection and greet, or refuse it."""
        self.attempts.append(asyncio.get_running_loop().time())
        if not self.reachable:
            raise ConnectionRefusedError("nobody listens")
        session = Session(factory(), self.segment)
        session.wire.connection_made(session)
        session.send(self.greeting)
        self.sessions.put_nowait(session)

    async def accept(self) -> Session:
        """Wait for the next connection."""
        async with asyncio.timeout(3600):
            return await self.sessions.get()

    async def log_in(self) -> Session:
        """Wait for the next connection and let it log in as Asterisk does."""
        session = await self.accept()
        login = await session.read()
        if login["Secret"] != SECRET:
            session.refuse(login, "Authentication failed")
            session.cut()
            return session
        session.answer(login, "Message: Authentication accepted")
        if self.booted:
            session.event("FullyBooted", "Status: Fully Booted")
        return session


@dataclass
class Listener:
    """What the user of a client gets told, in order."""

    told: list[str] = field(default_factory=list)
    events: list[AmiMessage] = field(default_factory=list)

    def on_event(self, message: AmiMessage) -> None:
        """Note an event; FullyBooted is noise here."""
        if message.event != "FullyBooted":
            self.told.append(message.event)
            self.events.append(message)

    async def on_up(self) -> None:
        """Note that the link is up."""
        self.told.append("up")

    def on_down(self, reason: str) -> None:
        """Note that the link is down, and why."""
        self.told.append(f"down: {reason}")


@asynccontextmanager
async def linked(
    asterisk: FakeAmi, listener: Listener, settings: AmiSettings = SETTINGS
) -> AsyncIterator[tuple[AmiClient, Session]]:
    """A client with its first login done; jitter is at its ceiling, so delays are exact."""
    client = AmiClient(
        settings,
        on_event=listener.on_event,
        on_up=listener.on_up,
        on_down=listener.on_down,
        connect=asterisk.connect,
        random=lambda: 1.0,
    )
    starting = asyncio.create_task(client.start())
    try:
        session = await asterisk.log_in()
        await starting
        yield client, session
    finally:
        await client.stop()
        await asyncio.gather(starting, return_exceptions=True)


def _message(*lines: str) -> str:
    return "".join(f"{line}\r\n" for line in lines) + "\r\n"
