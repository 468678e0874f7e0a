"""A capture's booth with its legs, its engine and its provider in a test's hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import numpy as np

from engine.capturing.booth import SAMPLES_PER_MS, Booth, Who, hear
from engine.capturing.messages import (
    Message,
    Open,
    Order,
    Play,
    Start,
    Told,
    line_of,
    read_news,
    read_order,
)
from listening.audio import Samples
from payments.capture import Card, Output, Prompt, Rules
from payments.errors import PaymentError
from payments.tokens import CardToken, Key, Token

FRAME_MS, TICK_MS = 20, 10
CARD = "4242424242424242"
PLAIN = Rules()


class FakeLeg:
    """Whoever is on it hears this."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.given_back = False

    def send(self, audio: bytes) -> None:
        assert not self.given_back
        self.heard.append(audio)

    def hang_up(self) -> None:
        self.given_back = True


class FakeProvider:
    """Makes tokens, or raises what it was told to; `seen` is what it had of each card."""

    def __init__(self, *errors: PaymentError) -> None:
        self.errors = list(errors)
        self.seen: list[tuple[str, str, Key]] = []
        self.card: Card | None = None

    async def tokenise(self, card: Card, key: Key) -> CardToken:
        self.card = card
        code = bytes(card.code.view()).decode() if card.code is not None else ""
        self.seen.append((bytes(card.number.view()).decode(), code, key))
        await asyncio.sleep(0)
        if self.errors:
            raise self.errors.pop(0)
        return CardToken(Token("pm_1"), card.brand or "unknown", card.last4)


class FakeEngine:
    """Opens a booth, and has everything that is told go over the wire."""

    def __init__(
        self,
        rules: Rules = PLAIN,
        *,
        agent: bool = True,
        prompts: bool = False,
        rings_out: bool = False,
    ):
        self.now_ms = 5_000_000
        self.lines: list[bytes] = []
        self.news: list[Message] = []
        legs = "caller-leg", "agent-leg" if agent else None
        opened = Open("capture-1", *legs, rules, "en", 2026, 11, prompts, rings_out)
        decoded = read_order(line_of(opened))
        assert isinstance(decoded, Open)
        self.booth = Booth(decoded, self._told, self.now_ms)
        self.caller, self.agent = FakeLeg(), FakeLeg()

    def _told(self, message: Message) -> None:
        self.lines.append(line_of(message))
        self.news.append(read_news(self.lines[-1]))

    def begin(self) -> None:
        """Every leg comes, and the first field is asked for."""
        self.legs_come()
        self.orders(Start("capture-1"))

    def legs_come(self) -> None:
        """All of them."""
        assert self.booth.joined(Who.CALLER, self.caller)
        if Who.AGENT in self.booth._wanted:
            assert self.booth.joined(Who.AGENT, self.agent)

    def orders(self, order: Order) -> None:
        """Over the wire, too."""
        self.booth.obey(read_order(line_of(order)), self.now_ms)

    def plays(self, *files: str) -> None:
        """What the newest prompt is, in audio."""
        number = max(
            each.number
            for each in self.news
            if isinstance(each, Told) and isinstance(each.output, Prompt)
        )
        self.orders(Play("capture-1", files, number))

    def events(self, keys: str, every_ms: int = 200) -> None:
        """The caller's phone sends events alone."""
        for key in keys:
            self.passes(every_ms)
            self.booth.keyed(Who.CALLER, ord(key))
            hear([self.booth], self.now_ms)

    def says(self, sound: Iterable[Samples], who: Who = Who.CALLER) -> None:
        """Audio, in frames of 20 ms."""
        for frame in sound:
            self.booth.heard(who, memoryview(frame.tobytes()), self.now_ms)
            hear([self.booth], self.now_ms)
            self.passes(FRAME_MS)

    def passes(self, ms: int) -> None:
        """Time."""
        for _ in range(ms // TICK_MS):
            self.now_ms += TICK_MS
            self.booth.pass_time(self.now_ms)
            hear([self.booth], self.now_ms)

    @property
    def outputs(self) -> list[Output]:
        """What the capture told."""
        return [each.output for each in self.news if isinstance(each, Told)]

    def told(self, kind: type[Message]) -> list[Message]:
        """The news of one kind."""
        return [each for each in self.news if isinstance(each, kind)]


def loudness(leg: FakeLeg) -> list[float]:
    """Of each frame that was heard there."""
    return [
        float(np.sqrt(np.mean(np.frombuffer(each, "<i2").astype(float) ** 2))) for each in leg.heard
    ]


__all__ = ["CARD", "SAMPLES_PER_MS", "FakeEngine", "FakeLeg", "FakeProvider", "loudness"]
