"""The capture process as the engine has it: started, watched, started again, and never orphaned."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from bridge.audiosocket.wire import HANGUP
from engine.capturing import keeper
from engine.capturing.booth import Booth
from engine.capturing.keeper import CaptureProcess
from engine.capturing.messages import (
    Close,
    Closed,
    Joined,
    News,
    NoToken,
    Open,
    Tokenise,
    Up,
    line_of,
    read_news,
)
from engine.capturing.worker import work
from payments.capture import Rules

pytestmark = pytest.mark.unit

WITHIN_S = 20.0


async def until(what: str, look: Callable[[], bool]) -> None:
    """Other processes take their time."""
    try:
        async with asyncio.timeout(WITHIN_S):
            while True:
                if look():
                    return
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {WITHIN_S} s: {what}") from None


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[CaptureProcess]:
    """One that is up."""
    process = CaptureProcess(directory / "captures.sock", directory / "captures.log")
    task = asyncio.create_task(process.run())
    try:
        await until("it is up", lambda: process.port is not None)
        yield process
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Capture:
    """One that was opened, with its caller's leg."""

    def __init__(self, process: CaptureProcess) -> None:
        self.news: list[News | None] = []
        self.process = process
        self.leg = uuid4()
        process.listen("c1", self.news.append)
        process.send(Open("c1", str(self.leg), None, Rules(), "en", 2026, 11, False))

    async def comes(self) -> asyncio.StreamReader:
        """The leg, as Asterisk connects it."""
        assert self.process.port is not None
        reader, self.writer = await asyncio.open_connection("127.0.0.1", self.process.port)
        self.writer.write(b"\x01\x00\x10" + self.leg.bytes)
        await until("it is in", lambda: Joined("c1") in self.news)
        return reader


async def ends(reader: asyncio.StreamReader) -> None:
    """A leg whose other end is gone goes back to the dialplan."""
    with suppress(ConnectionError):
        async with asyncio.timeout(WITHIN_S):
            await reader.read()


def of_process(pid: int, file: str, name: str) -> str:
    """What the kernel says of it."""
    lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    return next(line for line in lines if line.startswith(name)).removeprefix(name).strip()


async def test_a_capture_comes_and_goes(tmp_path: Path) -> None:
    """Its leg has sound from the first moment, and goes back with a word."""
    async with running(tmp_path) as process:
        capture = Capture(process)
        reader = await capture.comes()
        async with asyncio.timeout(WITHIN_S):
            assert await reader.readexactly(3) == b"\x10\x01\x40"
        process.send(Tokenise("c1", "key"))
        no_token = NoToken("c1", "not_done", "no_provider")
        await until("an answer", lambda: no_token in capture.news)
        process.send(Close("c1"))
        await until("it is closed", lambda: Closed("c1") in capture.news)
        capture.writer.close()


async def test_it_leaves_no_image_and_only_its_engine_speaks_to_it(tmp_path: Path) -> None:
    """Its socket is this user's alone, and a stranger on it is turned away."""
    async with running(tmp_path) as process:
        pid = process.pid
        assert pid is not None
        assert of_process(pid, "limits", "Max core file size").split()[:2] == ["0", "0"]
        locked = int(of_process(pid, "status", "VmLck:").split()[0]) > 0
        assert process.memory_locked is locked
        assert (tmp_path / "captures.sock").stat().st_mode & 0o777 == 0o600
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "captures.sock"))
        await ends(reader)
        writer.close()
        assert process.port is not None


async def test_a_process_that_is_killed_loses_its_captures_and_is_started_again(
    tmp_path: Path,
) -> None:
    """The engine hears of each, and the leg is free."""
    async with running(tmp_path) as process:
        before, capture = process.pid, Capture(process)
        reader = await capture.comes()
        assert before is not None
        os.kill(before, signal.SIGKILL)
        await ends(reader)
        await until("it is told", lambda: capture.news[-1] is None)
        assert not process.send(Close("c1")) or process.port is not None
        await until("another", lambda: process.port is not None and process.pid != before)
        again = Capture(process)
        await again.comes()
        again.writer.close()
        capture.writer.close()


async def test_a_process_that_hangs_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Agents hear nothing while it does."""
    monkeypatch.setattr(keeper, "PING_EVERY_S", 0.05)
    monkeypatch.setattr(keeper, "SILENT_FOR_S", 1.0)
    async with running(tmp_path) as process:
        before, capture = process.pid, Capture(process)
        reader = await capture.comes()
        assert before is not None
        os.kill(before, signal.SIGSTOP)
        await ends(reader)
        await until("another", lambda: process.port is not None and process.pid != before)
        capture.writer.close()


async def test_it_does_not_outlive_its_engine(tmp_path: Path) -> None:
    """Killed as nobody can catch it."""
    program = (
        "import asyncio, pathlib, sys; from engine.capturing.keeper import CaptureProcess\n"
        "async def main():\n"
        "    process = CaptureProcess(*map(pathlib.Path, sys.argv[1:]))\n"
        "    task = asyncio.create_task(process.run())\n"
        "    while process.port is None: await asyncio.sleep(0.01)\n"
        "    print('pid', process.pid, flush=True); await task\n"
        "asyncio.run(main())"
    )
    files = str(tmp_path / "captures.sock"), str(tmp_path / "captures.log")
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, *files, stdout=asyncio.subprocess.PIPE
    )
    assert engine.stdout is not None
    async with asyncio.timeout(WITHIN_S):
        while not (line := await engine.stdout.readline()).startswith(b"pid "):
            assert line
    pid = int(line.split()[1])
    assert not _is_gone(pid)
    engine.kill()
    await engine.wait()
    await until("it is gone", lambda: _is_gone(pid))


def _is_gone(pid: int) -> bool:
    """Or a zombie, which this machine's init has not looked at yet."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return of_process(pid, "status", "State:").startswith("Z")
    return True


async def test_a_process_in_which_time_stands_still_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No capture would end in it, though it would still answer: its leg goes back, and the engine
    starts another."""
    pass_time, stands_still = Booth.pass_time, False

    def passes(booth: Booth, now_ms: int) -> None:
        pass_time(booth, now_ms // (0 if stands_still else 1))

    monkeypatch.setattr(Booth, "pass_time", passes)
    engine: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    call = uuid4()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(line_of(Open("c1", str(call), None, Rules(), "en", 2026, 11, False)))
        await engine.put((reader, writer))

    address = tmp_path / "captures.sock"
    async with asyncio.timeout(WITHIN_S), await asyncio.start_unix_server(connected, address):
        working = asyncio.create_task(work(address, memory_locked=False))
        news, orders = await engine.get()
        up = read_news(await news.readline())
        assert isinstance(up, Up)
        assert not up.memory_locked
        leg, writer = await asyncio.open_connection("127.0.0.1", up.port)
        writer.write(b"\x01\x00\x10" + call.bytes)
        assert read_news(await news.readline()) == Joined("c1")
        stands_still = True
        assert (await leg.read()).endswith(HANGUP)
        for each in (writer, orders):
            each.close()
        await working
