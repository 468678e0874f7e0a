"""The engine's end: the capture process started, watched and started again, its news handed on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from config.secrets import VARIABLE
from engine.capturing.messages import (
    LONGEST_LINE,
    Configure,
    Message,
    News,
    Ping,
    Pong,
    Up,
    line_of,
    read_news,
)
from engine.children import Child, ChildSpec, wiping

log = structlog.get_logger(__name__)

PING_EVERY_S = 1.0
SILENT_FOR_S = 5.0
"""A process that answers nothing for so long is killed: agents hear nothing meanwhile, and talk
again when it is gone."""
_UCRED = struct.Struct("3i")

Listener = Callable[[News | None], None]
"""Hears the news of one capture; None: the process is lost, and all it held with it."""


class CaptureProcess:
    """One process, and those who hear of its captures. `run` lasts until it is cancelled."""

    def __init__(
        self, address: Path, log_file: Path, on_up: Callable[[], None] = lambda: None
    ) -> None:
        self.memory_locked: bool | None = None
        """Whether none of its memory comes into swap; None: none has been up yet."""
        self._on_up = on_up
        self._port: int | None = None
        self._up = asyncio.Event()
        self._address = address
        self._listeners: dict[str, Listener] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._configured: Configure | None = None
        self._answered_s = 0.0
        self._child = Child(_spec(address, log_file), self._ended)

    @property
    def port(self) -> int | None:
        """Where it waits for legs, on 127.0.0.1; None: it is not there now."""
        return self._port

    async def there(self) -> None:
        """Until it waits for legs."""
        await self._up.wait()

    @property
    def pid(self) -> int | None:
        """The process now."""
        return self._child.pid

    @property
    def restarts(self) -> int:
        """How often it was started again."""
        return self._child.restarts

    async def run(self) -> None:
        """Keep it up."""
        server = await asyncio.start_unix_server(
            self._connected, sock=_private_socket(self._address), limit=LONGEST_LINE
        )
        await self._child.start()
        try:
            await self._watch()
        finally:
            await self._child.stop()
            server.close()
            self._address.unlink(missing_ok=True)

    def listen(self, capture: str, listener: Listener) -> None:
        """From now on `listener` hears of this capture, until it is forgotten."""
        self._listeners[capture] = listener

    def forget(self, capture: str) -> None:
        """Nobody wants to hear of it any more."""
        self._listeners.pop(capture, None)

    def configure(self, message: Configure) -> None:
        """Tell the process who makes tokens, where that is news to it."""
        if message != self._configured and self.send(message):
            self._configured = message

    def send(self, message: Message) -> bool:
        """Tell the process; False if there is none now."""
        if self._writer is None:
            return False
        self._writer.write(line_of(message))
        return True

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if _peer(writer) != self._child.pid:
            log.error("capture_stranger")
            writer.close()
            return
        self._writer = writer
        self._answered_s = asyncio.get_running_loop().time()
        try:
            while line := await reader.readline():
                self._take(read_news(line))
        except ConnectionError:
            log.debug("capture_process_cut")
        finally:
            writer.close()
            self._lost()

    def _take(self, news: News) -> None:
        self._answered_s = asyncio.get_running_loop().time()
        match news:
            case Up(port=port, memory_locked=locked):
                self._port, self.memory_locked = port, locked
                self._up.set()
                self._on_up()
                log.info("capture_process_up", pid=self.pid)
            case Pong():
                pass
            case _:
                listener = self._listeners.get(news.capture)
                if listener is not None:
                    listener(news)

    def _lost(self) -> None:
        self._writer = self._port = self._configured = None
        self._up.clear()
        listeners, self._listeners = self._listeners, {}
        if listeners:
            log.error("captures_lost", captures=len(listeners))
        for listener in listeners.values():
            listener(None)

    async def _ended(self, code: int) -> None:
        log.error("capture_process_ended", code=code)

    async def _watch(self) -> None:
        """A process that hangs is as bad as a dead one, and only a dead one is started again."""
        loop = asyncio.get_running_loop()
        while True:
            asked_s = loop.time()
            await asyncio.sleep(PING_EVERY_S)
            stalled = loop.time() - asked_s > 2 * PING_EVERY_S  # it was this engine that slept
            if self._writer is None or stalled:
                self._answered_s = loop.time()
            elif loop.time() - self._answered_s > SILENT_FOR_S and self.pid is not None:
                log.error("capture_process_silent", pid=self.pid)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
            self.send(Ping())


def _spec(address: Path, log_file: Path) -> ChildSpec:
    words = "-m", "engine.capturing", str(address), str(os.getpid())
    return ChildSpec("captures", (sys.executable, *words), log_file, environment(os.environ))


def environment(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The process's. The secrets that it needs are told to it. What it frees is overwritten, for
    most of it is callers' sound; so Python, too, has its memory from who does that, malloc(3)."""
    told = {name: value for name, value in environ.items() if not name.startswith(VARIABLE)}
    return {**wiping(told), "PYTHONMALLOC": "malloc"}


def _private_socket(address: Path) -> socket.socket:
    """Bound, and for this user alone from its first moment on."""
    address.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        bound.bind(str(address))
    finally:
        os.umask(before)
    return bound


def _peer(writer: asyncio.StreamWriter) -> int:
    """The process id at the other end (socket(7), SO_PEERCRED)."""
    connected = writer.get_extra_info("socket")
    told = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    pid: int = _UCRED.unpack(told)[0]
    return pid
