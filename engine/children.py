"""Programs that the supervisor starts and keeps up.

A child dies with the supervisor (`setpriv --pdeathsig`), so a killed terminal leaves nothing
behind; a child that dies is started again after a growing pause.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
STEADY_AFTER_S = 30.0
"""A child that ran so long died of something new: the pause starts afresh."""


@dataclass(frozen=True)
class ChildSpec:
    """How to start one program, and how to ask it to end."""

    name: str
    argv: Sequence[str]
    log: Path
    environ: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 10.0


class Process(Protocol):
    """What a child needs of `asyncio.subprocess.Process`."""

    pid: int

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> int: ...

    def send_signal(self, signal: int) -> None: ...

    def kill(self) -> None: ...


def wiping(environ: Mapping[str, str]) -> dict[str, str]:
    """For a process that overwrites the memory that it frees, at once (glibc's manual, Memory
    Allocation Tunables; what is in its cache of freed memory it does not, so that this is only for
    the smallest)."""
    ours = "glibc.malloc.perturb=90:glibc.malloc.tcache_max=64"
    before = environ.get("GLIBC_TUNABLES")
    return {**environ, "GLIBC_TUNABLES": f"{before}:{ours}" if before else ours}


async def spawn(spec: ChildSpec) -> Process:
    """Start the program, its output at the end of its log. Raises OSError."""
    descriptor = os.open(spec.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return await asyncio.create_subprocess_exec(
            "setpriv",
            "--pdeathsig",
            spec.stop_signal.name.removeprefix("SIG"),
            *spec.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            env=dict(spec.environ),
            # Ctrl-C is for the supervisor; it stops its children in order.
            start_new_session=True,
        )
    finally:
        os.close(descriptor)


class Child:
    """One running program and the task that restarts it. `on_exit` hears of each unasked end."""

    def __init__(
        self,
        spec: ChildSpec,
        on_exit: Callable[[int], Awaitable[None]],
        spawn: Callable[[ChildSpec], Awaitable[Process]] = spawn,
    ) -> None:
        self.spec = spec
        self.restarts = 0
        self._on_exit = on_exit
        self._spawn = spawn
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process now, or None between two."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start it and keep it up until `stop`."""
        self._process = await self._spawn(self.spec)
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.spec.name}")

    async def stop(self) -> None:
        """Ask it to end, insist after `stop_within_s`, and wait for it."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(self.spec.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), self.spec.stop_within_s)
        except TimeoutError:
            log.warning("child_killed", child=self.spec.name, after_s=self.spec.stop_within_s)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _keep(self) -> None:
        pause = FIRST_PAUSE_S
        while self._process is not None:
            began = asyncio.get_running_loop().time()
            code = await self._process.wait()
            if asyncio.get_running_loop().time() - began > STEADY_AFTER_S:
                pause = FIRST_PAUSE_S
            log.error("child_ended", child=self.spec.name, code=code, restart_in_s=pause)
            await self._on_exit(code)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)
            self.restarts += 1
            self._process = await self._spawn(self.spec)
