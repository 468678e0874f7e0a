"""The capture process: legs of calls on one side, the engine on the other, cards in between."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import structlog

from bridge.audiosocket.server import AudioLeg, AudioSocketServer, LegOwner
from engine.capturing.booth import Booth, Who, hear
from engine.capturing.messages import (
    LONGEST_LINE,
    Configure,
    Message,
    NoToken,
    Open,
    Order,
    Ping,
    Pong,
    Tokenise,
    Up,
    line_of,
    read_order,
)
from engine.paying.tokenising import open_tokeniser
from payments.errors import NO_CARD, NoAnswer, NoCard, NotDone
from payments.tokens import Key, Tokeniser

log = structlog.get_logger(__name__)

TICK_S = 0.01
GATHERED_S = 0.0002
"""For each capture but the first the callers' frames are waited for, so that more of them are heard
at once: to hear one costs 1 ms of a core, to hear twenty 3."""
LONGEST_GATHERED_S = 0.004


def now_ms() -> int:
    """Of a clock that does not go back."""
    return time.monotonic_ns() // 1_000_000


async def work(socket: Path, *, memory_locked: bool) -> None:
    """Until the engine's end of the socket is gone. Raises OSError, MsgspecError: whatever it is,
    every leg goes back to Asterisk."""
    reader, writer = await asyncio.open_unix_connection(str(socket), limit=LONGEST_LINE)
    try:
        async with _Worker(writer).listening(memory_locked) as worker:
            while line := await reader.readline():
                worker.obey(read_order(line))
    finally:
        writer.close()


@dataclass(frozen=True, slots=True)
class _Owner:
    """What a leg tells its booth."""

    worker: _Worker
    booth: Booth
    who: Who

    def heard(self, audio: memoryview) -> None:
        self.booth.heard(self.who, audio, now_ms())
        if self.who is Who.CALLER:
            self.worker.hear_soon()

    def keyed(self, key: int) -> None:
        self.booth.keyed(self.who, key)
        self.worker.hear_soon()

    def gone(self) -> None:
        self.booth.parted(self.who, now_ms())


class _Worker:
    """Its booths, and who makes tokens."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._server = AudioSocketServer(self._take)
        self._booths: dict[str, Booth] = {}
        self._expected: dict[UUID, tuple[Booth, Who]] = {}
        self._tokeniser: Tokeniser | None = None
        self._providers = contextlib.ExitStack()
        self._asking: set[asyncio.Task[None]] = set()
        self._hearing: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def listening(self, memory_locked: bool) -> AsyncIterator[_Worker]:
        """Legs are taken meanwhile; at the end all are given back."""
        port = await self._server.start()
        ticking = asyncio.create_task(self._tick(), name="captures' time")
        ticking.add_done_callback(self._no_time)
        self._tell(Up(port, memory_locked))
        try:
            yield self
        finally:
            ticking.cancel()
            if self._hearing is not None:
                self._hearing.cancel()
            for task in self._asking:
                task.cancel()
            for booth in self._booths.values():
                booth.end(now_ms())
            await self._server.stop()
            self._providers.close()

    def obey(self, order: Order) -> None:
        """One order of the engine. One for a capture that is over is passed by."""
        match order:
            case Ping():
                self._tell(Pong())
            case Configure():
                self._configure(order)
            case Open():
                self._open(order)
            case Tokenise(capture=capture, key=key):
                self._tokenise(capture, Key(key))
            case _:
                booth = self._booths.get(order.capture)
                if booth is not None:
                    booth.obey(order, now_ms())

    def hear_soon(self) -> None:
        """A caller has said something."""
        if self._hearing is None:
            gathered_s = min(LONGEST_GATHERED_S, GATHERED_S * (len(self._booths) - 1))
            self._hearing = asyncio.get_running_loop().call_later(gathered_s, self._hear)

    def _hear(self) -> None:
        self._hearing = None
        hear(self._booths.values(), now_ms())

    def _configure(self, order: Configure) -> None:
        """Requests that are under way end over what they began with."""
        fresh = contextlib.ExitStack()
        self._tokeniser = fresh.enter_context(open_tokeniser(order.payments, order.secrets))
        before, self._providers = self._providers, fresh
        before.close()

    def _open(self, order: Open) -> None:
        booth = self._booths[order.capture] = Booth(order, self._tell, now_ms())
        self._expected[UUID(order.caller)] = booth, Who.CALLER
        if order.agent is not None:
            self._expected[UUID(order.agent)] = booth, Who.AGENT

    def _take(self, call: UUID, leg: AudioLeg) -> LegOwner | None:
        booth, who = self._expected.pop(call, (None, Who.CALLER))
        if booth is None or not booth.joined(who, leg):
            return None
        return _Owner(self, booth, who)

    def _tokenise(self, capture: str, key: Key) -> None:
        booth, tokeniser = self._booths.get(capture), self._tokeniser
        if booth is None:
            self._tell(NoToken.of(capture, NoCard(NO_CARD)))
            return
        if tokeniser is None:
            self._tell(NoToken.of(capture, NotDone("no_provider")))
            return
        task = asyncio.create_task(booth.tokenise(tokeniser, key, now_ms()), name=capture)
        self._asking.add(task)
        task.add_done_callback(self._asked)

    def _asked(self, task: asyncio.Task[None]) -> None:
        """The engine waits for an answer, whatever is wrong here."""
        self._asking.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("token_failed", capture=task.get_name(), error=type(error).__name__)
            self._tell(NoToken.of(task.get_name(), NoAnswer("internal_error")))

    def _no_time(self, ticking: asyncio.Task[None]) -> None:
        """Without it no capture would ever end: the engine is left, so that another process is
        started and every leg goes back."""
        if not ticking.cancelled():
            log.critical("captures_stand_still", error=type(ticking.exception()).__name__)
            self._writer.transport.abort()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            now = now_ms()
            for booth in tuple(self._booths.values()):
                booth.pass_time(now)
                if booth.over:
                    self._forget(booth)
            hear(self._booths.values(), now)

    def _forget(self, booth: Booth) -> None:
        del self._booths[booth.id]
        self._expected = {
            call: expected for call, expected in self._expected.items() if expected[0] is not booth
        }

    def _tell(self, message: Message) -> None:
        self._writer.write(line_of(message))
