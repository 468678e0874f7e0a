"""Captures in this process, keyed by the test: the real `Capture`, without a line or audio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence

from engine.paying.captures import CapturesAway, Order
from engine.paying.wording import sentences
from engine.performing.line import Line
from engine.transfers.refusals import NotInTalk
from payments.capture import POUND, STAR, Capture, Card, Ended, Field, Output, Prompt, Result
from payments.capture.checks import Month
from payments.capture.states import Keying
from payments.errors import NO_CARD, NoCard
from payments.tokens import CardToken, Key, Tokeniser

TODAY = Month(2026, 11)
KEYS = {"*": STAR, "#": POUND}
EVERY_MS = 200


class News:
    """Something has changed."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, so: Callable[[], bool]) -> None:
        """So it is, at last."""
        async with asyncio.timeout(5):
            while not so():
                await self._changed.wait()


class HeldCapture:
    """One capture, and its caller; every prompt is heard at once."""

    def __init__(
        self, order: Order, tokeniser: Tokeniser, clock: Callable[[], int], news: News
    ) -> None:
        self.order = order
        self._news = news
        self.said: list[str] = []
        self.closed = 0
        self.id = "capture-1"
        self.left = asyncio.Event()
        self._capture = Capture(order.rules, order.language, TODAY)
        self._tokeniser = tokeniser
        self._clock = clock
        self._ahead_ms = 0
        self._card: Card | None = None
        self._told: asyncio.Queue[Output] = asyncio.Queue()

    # the caller

    def keys(self, keys: str) -> None:
        """Key them one after another."""
        for key in keys:
            self._ahead_ms += EVERY_MS
            code = KEYS[key] if key in KEYS else int(key)
            self._take(self._capture.key(code, self._now))

    def waits(self, ms: int) -> None:
        """Be silent for so long."""
        self._ahead_ms += ms
        self._take(self._capture.tick(self._now))

    def hangs_up(self) -> None:
        """The caller is gone."""
        self.left.set()
        self._take(self._capture.hung_up(self._now))

    def is_lost(self) -> None:
        """The process of the capture has died."""
        self._capture.close()
        self._told.put_nowait(Ended(Result.INTERNAL_ERROR))

    @property
    def asking(self) -> bool:
        """Whether a key would be taken now."""
        return isinstance(self._capture.state, Keying)

    # the port

    async def start(self) -> None:
        self._take(self._capture.start(self._now))

    async def outputs(self) -> AsyncIterator[Output]:
        ended = False
        while not ended:
            output = await self._told.get()
            ended = isinstance(output, Ended)
            yield output

    async def ask(self, field: Field) -> None:
        self._take(self._capture.ask(field, self._now))

    async def reset(self, field: Field) -> None:
        self._take(self._capture.reset(field, self._now))

    async def cancel(self) -> None:
        self._take(self._capture.cancel(self._now))

    async def tokenise(self, key: Key) -> CardToken:
        card = self._card = self._card or self._capture.take(self._now)
        if card is None:
            raise NoCard(NO_CARD)
        token = await self._tokeniser.tokenise(card, key)
        self._drop_card()
        return token

    async def paid(self) -> None:
        self._take(self._capture.paid())

    async def declined(self, anew: Collection[Field]) -> None:
        self._drop_card()
        self._take(self._capture.declined(anew, self._now))

    async def failed(self, result: Result) -> None:
        self._drop_card()
        self._take(self._capture.failed(result))

    async def say(self, said: Sequence[str]) -> None:
        self.said += said
        self._news.tell()

    async def close(self) -> None:
        self.closed += 1
        self._capture.close()

    @property
    def _now(self) -> int:
        return self._clock() + self._ahead_ms

    def _drop_card(self) -> None:
        card, self._card = self._card, None
        if card is not None and card.code is not None:
            card.code.wipe()

    def _take(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            if isinstance(output, Prompt) and self.order.prompts:
                self.said += sentences(output)
                self._take(self._capture.prompt_ended(self._now))
            self._told.put_nowait(output)
        self._news.tell()


class FakeCaptures:
    """Opens them; `away` is why not, `talking` the calls with an agent in them."""

    def __init__(self, tokeniser: Tokeniser, clock: Callable[[], int]) -> None:
        self.opened: list[HeldCapture] = []
        self.away: str | None = None
        self.talking: set[str] = set()
        self.news = News()
        self._tokeniser = tokeniser
        self._clock = clock

    @property
    def last(self) -> HeldCapture:
        """The one that was opened last."""
        return self.opened[-1]

    async def beside(self, contact: str, order: Order) -> HeldCapture:
        if contact not in self.talking:
            raise NotInTalk
        return self._open(order)

    async def alone(self, line: Line, order: Order) -> HeldCapture:
        return self._open(order)

    def _open(self, order: Order) -> HeldCapture:
        if self.away is not None:
            raise CapturesAway(self.away)
        capture = HeldCapture(order, self._tokeniser, self._clock, self.news)
        self.opened.append(capture)
        self.news.tell()
        return capture
