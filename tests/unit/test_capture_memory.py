"""Of a caller's tones nothing is left in the capture process's memory once the capture is over."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pytest

from bench.residue_search import CHUNK, regions
from bridge.audiosocket.wire import audio_frame
from engine.capturing import keeper
from engine.capturing.messages import Closed, Message, Open, Start, Told, Up, line_of, read_news
from listening.audio import Samples
from payments.capture import Keyed, Rules
from payments.detection.tones import STEP
from payments.masking.spectrum import analyse, power
from tests.unit.lines import frames, noise, press, silence

pytestmark = pytest.mark.unit

Words: TypeAlias = npt.NDArray[np.uint64]

WITHIN_S = 30.0
KEYS = "4242"

WORKS = """
import pathlib, sys, uvloop
from engine.capturing.worker import work
uvloop.run(work(pathlib.Path(sys.argv[1]), memory_locked=False))
"""
"""The capture process, but readable: what hardens it keeps its memory from this test, too."""


def keyed(keys: str, seed: int) -> list[Samples]:
    """A caller who keys, on a line whose noise is its own."""
    parts = [part for key in keys for part in (silence(90), press(key, 90))]
    sound = np.concatenate(parts)
    return frames(sound + noise(len(sound) / 8, -50, seed))


def traces(line: list[Samples]) -> Words:
    """The line's samples and what they are on their way to be masked, as words of a process's
    memory may hold them: two numbers, or four, none of them the zeros that are everywhere."""
    whole = np.concatenate(line)
    pairs = np.stack([np.concatenate(pair) for pair in pairwise(line)])
    exact, spectra = whole.astype(np.float32), analyse(pairs.astype(np.float32))
    packed = np.stack([exact[:-STEP], exact[STEP:]], axis=1)  # as BLAS has looks to multiply them
    words = [
        _words(whole.tobytes(), 2),
        _words(exact.tobytes(), 4),
        _words(power(spectra).tobytes(), 4),
        _words(packed.tobytes(), 8),
        _words(spectra.tobytes(), 8),
    ]
    found: Words = np.unique(np.concatenate(words))
    whole_words: Words = found[(found >> 32 != 0) & (found & 0xFFFFFFFF != 0)]
    return whole_words


def _words(data: bytes, every: int) -> Words:
    """Those that begin at each of its numbers, of so many bytes."""
    shifted = (data[at:] for at in range(0, 8, every))
    return np.concatenate([np.frombuffer(each, "<u8", len(each) // 8) for each in shifted])


def left(pid: int, wanted: Words) -> int:
    """How many words of the process's memory are among those."""
    found = 0
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for region in regions(pid):
            for at in range(region.begin, region.end, CHUNK):
                with suppress(OSError):  # a guard page
                    data = os.pread(memory.fileno(), min(CHUNK, region.end - at), at)
                    words = np.frombuffer(data, "<u8")
                    found += _among(words[words != 0], wanted)
    return found


def _among(words: Words, wanted: Words) -> int:
    places = wanted.searchsorted(words)
    return int(np.count_nonzero(wanted.take(places, mode="clip") == words))


@dataclass
class Process:
    """A capture process, and what it tells."""

    pid: int
    port: int
    news: asyncio.StreamReader
    orders: asyncio.StreamWriter

    def send(self, order: Message) -> None:
        self.orders.write(line_of(order))

    async def tells(self, wanted: Message | type[Message]) -> Message:
        """The next that is this, or of this kind."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                told = read_news(await self.news.readline())
                if told == wanted or (isinstance(wanted, type) and isinstance(told, wanted)):
                    return told

    async def hears(self, name: str, line: list[Samples]) -> asyncio.StreamWriter:
        """A caller keys, until each key was told of."""
        leg = uuid4()
        self.send(Open(name, str(leg), None, Rules(), "en", 2026, 11, False))
        self.send(Start(name))
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"\x01\x00\x10" + leg.bytes)
        for frame in line:
            writer.write(audio_frame(frame.astype("<i2").tobytes()))
        told = 0
        while told < len(KEYS):
            message = await self.tells(Told)
            assert isinstance(message, Told)
            told += isinstance(message.output, Keyed)
        return writer


@asynccontextmanager
async def working(address: Path, environ: Mapping[str, str]) -> AsyncIterator[Process]:
    """One that is up."""
    engine: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await engine.put((reader, writer))

    async with await asyncio.start_unix_server(connected, address):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKS, str(address), env=dict(environ)
        )
        news, orders = await asyncio.wait_for(engine.get(), WITHIN_S)
        up = read_news(await news.readline())
        assert isinstance(up, Up)
        yield Process(child.pid, up.port, news, orders)
        orders.close()
        await child.wait()


async def left_after(directory: Path, environ: Mapping[str, str]) -> int:
    """The caller leaves with a key still down."""
    line = keyed(KEYS, 1)
    async with working(directory / "captures.sock", environ) as process:
        leg = await process.hears("c1", line)
        leg.close()
        await process.tells(Closed("c1"))
        return left(process.pid, traces(line))


PACKS = {"OPENBLAS_CORETYPE": "Nehalem"}
"""Of an older machine the kernels, which copy what they multiply to memory of their own."""


async def test_no_sample_of_a_tone_outlives_its_capture(tmp_path: Path) -> None:
    """In any form in which the masker has it; where nobody sees to it, 31 to 275 do (ten runs)."""
    environ = {**os.environ, **PACKS}
    assert await left_after(tmp_path, environ) > 10
    assert await left_after(tmp_path, keeper.environment(environ)) == 0


FORGETS = """
import os, sys
from payments.relay import Relay
relay = Relay(0)
relay.heard_caller(os.read(0, 8000), 0)
relay.forget()
print("forgotten", flush=True)
sys.stdin.readline()
"""


def left_unheard(environ: Mapping[str, str]) -> int:
    """A call ends while audio waits to be heard."""
    line = keyed(KEYS, 1)[:25]
    argv, pipe = [sys.executable, "-c", FORGETS], subprocess.PIPE
    with subprocess.Popen(argv, env=dict(environ), stdin=pipe, stdout=pipe, bufsize=0) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(np.concatenate(line).astype("<i2").tobytes())
        assert child.stdout.readline() == b"forgotten\n"
        found = left(child.pid, traces(line))
        child.communicate(b"\n")
    return found


def test_nothing_is_left_of_what_nobody_has_heard() -> None:
    """Nor where Python itself would keep it."""
    environ = keeper.environment(os.environ)
    assert left_unheard({**environ, "PYTHONMALLOC": "pymalloc"}) > 50
    assert left_unheard(environ) == 0
