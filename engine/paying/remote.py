"""A capture from the engine's side: its verbs are orders to the capture process, whose news come
out as outputs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from typing import Protocol

import structlog

from engine.capturing import messages
from engine.capturing.messages import Closed, Joined, News, NoToken, Parted, Tokenised, Told
from engine.paying.captures import CapturesAway, Order
from engine.paying.wording import sentences
from ivr.commands import Segment
from ivr.errors import SpeechError
from payments.capture import Ended, Field, Output, Prompt, Result
from payments.errors import NoCard
from payments.tokens import CardToken, Key

log = structlog.get_logger(__name__)

LEGS_COME_S = 10.0
"""Longer than the capture process waits for them."""
CLOSES_S = 20.0
"""So long a close may take, what is said at the end included; the capture process needs less."""


class Process(Protocol):
    """What a capture needs of `engine.capturing.keeper.CaptureProcess`."""

    def listen(self, capture: str, listener: Callable[[News | None], None]) -> None: ...

    def forget(self, capture: str) -> None: ...

    def send(self, message: messages.Message) -> bool: ...

    def configure(self, message: messages.Configure) -> None: ...

    @property
    def port(self) -> int | None: ...

    async def there(self) -> None: ...


class Speech(Protocol):
    """Where audio lies: a path without extension (`engine.prompts.audio.Audio`)."""

    async def of(self, segment: Segment) -> str: ...


class Hold:
    """Whether the capture process has the legs of one of its relays."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        """It has none of them any more."""
        self.rung_out = False
        """It let go of them by itself, when no key was heard."""

    def listen(self, process: Process, name: str) -> None:
        """Of the relay with this name, to its end."""

        def heard(news: News | None) -> None:
            self.take(news)
            if isinstance(news, Closed):
                process.forget(name)

        process.listen(name, heard)

    def take(self, news: News | None) -> None:
        """What the process tells of it; None: the process is lost."""
        match news:
            case Closed():
                self.rung_out = self.rung_out or not self.over.is_set()
                self.over.set()
            case Parted() | None:
                self.over.set()


class RemoteCapture:
    """See `OpenCapture`. Its close awaits `back`: until the legs are where they came from."""

    def __init__(self, name: str, process: Process, speech: Speech, order: Order) -> None:
        self.back: Callable[[], Awaitable[None]] | None = None
        self.hold = Hold()
        self._name = name
        self._process = process
        self._speech = speech
        self._order = order
        self._outputs: asyncio.Queue[Output] = asyncio.Queue()
        self._ended = False
        self._spoilt = False
        self.left = asyncio.Event()
        """See the port."""
        self._joined = asyncio.Event()
        self._closed = asyncio.Event()
        self._token: asyncio.Future[CardToken] | None = None
        self._speaking: asyncio.Task[None] | None = None

    @property
    def id(self) -> str:
        """See the port."""
        return self._name

    async def legs_in(self) -> None:
        """Until every leg is in the relay. Raises CapturesAway."""
        coming = asyncio.create_task(self._joined.wait())
        closed = asyncio.create_task(self._closed.wait())
        try:
            async with asyncio.timeout(LEGS_COME_S):
                await asyncio.wait((coming, closed), return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            log.error("capture_legs_missing", capture=self._name)
        finally:
            coming.cancel()
            closed.cancel()
        if not self._joined.is_set() or self._closed.is_set():
            raise CapturesAway("audio")

    async def start(self) -> None:
        """See the port."""
        self._send(messages.Start(self._name))

    async def outputs(self) -> AsyncIterator[Output]:
        """See the port."""
        while True:
            output = await self._outputs.get()
            yield output
            if isinstance(output, Ended):
                return

    async def ask(self, field: Field) -> None:
        """See the port."""
        self._send(messages.Ask(self._name, field))

    async def reset(self, field: Field) -> None:
        """See the port."""
        self._send(messages.Reset(self._name, field))

    async def cancel(self) -> None:
        """See the port."""
        self._send(messages.Cancel(self._name))

    async def tokenise(self, key: Key) -> CardToken:
        """See the port."""
        if self._closed.is_set():
            raise NoCard("capture_lost")
        self._token = asyncio.get_running_loop().create_future()
        self._send(messages.Tokenise(self._name, key))
        return await self._token

    async def paid(self) -> None:
        """See the port."""
        self._send(messages.Paid(self._name))

    async def declined(self, anew: Collection[Field]) -> None:
        """See the port."""
        self._send(messages.Declined(self._name, () if self._spoilt else tuple(anew)))

    async def spoil(self) -> None:
        """What is keyed could be heard or seen: it ends now or, where the money is being asked
        for, with that; nothing more is keyed."""
        self._spoilt = True
        self._send(messages.Cancel(self._name, Result.EXPOSED))

    async def failed(self, result: Result) -> None:
        """See the port."""
        self._send(messages.NotPaid(self._name, result))

    async def say(self, sentences: Sequence[str]) -> None:
        """See the port."""
        await self._say(sentences, None)

    async def close(self) -> None:
        """See the port."""
        if not self._closed.is_set():
            if self._speaking is not None:
                await asyncio.wait((self._speaking,))
            self._send(messages.Close(self._name))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), CLOSES_S)
        try:
            if self.back is not None:
                await self.back()
        finally:
            self._process.forget(self._name)

    # the process's news

    def take(self, news: News | None) -> None:
        """What the process tells of this capture; None: it is lost."""
        self.hold.take(news)
        match news:
            case Joined():
                self._joined.set()
            case Told(number=number):
                self._told(news.output, number)
            case Tokenised():
                self._settle(news)
            case NoToken():
                self._settle(news)
            case Parted(leg=leg):
                log.info("capture_leg_left", capture=self._name, leg=leg)
                self.left.set()
            case Closed():
                self._over("closed")
            case None:
                self._over("process_lost")

    def _told(self, output: Output, number: int) -> None:
        self._ended = self._ended or isinstance(output, Ended)
        self._outputs.put_nowait(output)
        if isinstance(output, Prompt) and self._order.prompts:
            if self._speaking is not None:
                self._speaking.cancel()
            said = self._say(sentences(output), number)
            self._speaking = asyncio.create_task(said, name=f"prompt of {self._name}")

    async def _say(self, texts: Sequence[str], prompt: int | None) -> None:
        files = []
        for text in texts:
            try:
                files.append(await self._speech.of(Segment(self._order.language, text)) + ".sln")
            except SpeechError as error:
                log.error("prompt_not_played", capture=self._name, error=str(error))
        self._send(messages.Play(self._name, tuple(files), prompt))

    def _settle(self, news: Tokenised | NoToken) -> None:
        if self._token is None or self._token.done():
            return
        if isinstance(news, NoToken):
            self._token.set_exception(news.raised)
        else:
            self._token.set_result(news.card)

    def _over(self, why: str) -> None:
        if not self._ended:
            log.error("capture_without_end", capture=self._name, reason=why)
            self._ended = True
            self._outputs.put_nowait(Ended(Result.INTERNAL_ERROR))
        if self._token is not None and not self._token.done():
            self._token.set_exception(NoCard("capture_lost"))
        self._closed.set()

    def _send(self, message: messages.Message) -> None:
        if not self._closed.is_set() and not self._process.send(message):
            self._over("no_process")
