"""A cashier on a real ledger, with the sandbox's provider at the other end of a wire that fails,
and a process that dies."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import wraps
from random import Random
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

from history.errors import DatabaseAway
from payments.capture import Card, Digits
from payments.cashier import Cashier
from payments.errors import NoAnswer, NotDone
from payments.gateways.stripe import StripeGateway
from payments.ledger import Ledger
from payments.sandbox import Call, Provider
from payments.sandbox.provider import SERVER_ERROR
from payments.stripe_api import StripeApi
from payments.tokens import CardToken, Key, Tokeniser
from payments.tokens.stripe import StripeTokeniser
from payments.wire import WireReply, WireRequest
from payments.wire.bodies import wipe

T = TypeVar("T")
START_MS = 1_795_000_000_000


class Killed(BaseException):
    """The process is no more: no handler of errors runs."""


class Clock:
    """Time that only the test moves."""

    def __init__(self) -> None:
        self.now_ms = START_MS

    def __call__(self) -> int:
        return self.now_ms

    async def sleep(self, seconds: float) -> None:
        self.now_ms += int(seconds * 1000)


class Line:
    """The wire to a provider in the same process. Before and after each request `mishap` says what
    happens: None is nothing."""

    def __init__(self, provider: Provider, clock: Clock) -> None:
        self.provider = provider
        self.clock = clock
        self.mishap: Callable[[], str | None] = lambda: None
        self.sent: list[str] = []

    async def send(self, request: WireRequest) -> WireReply:
        self.clock.now_ms += 100
        parts = urlsplit(request.path)
        fields = dict(parse_qsl((request.body or b"").decode() or parts.query))
        wipe(request.body)
        before = self.mishap()
        if before == "kill":
            raise Killed
        if before == "unreachable":
            raise NotDone("unreachable")
        if before == "error":
            return reply_of(500, SERVER_ERROR)
        if before == "busy":
            return reply_of(429, {"error": {"type": "invalid_request_error", "code": "rate_limit"}})
        if before == "cut":
            raise NoAnswer("cut")
        self.sent.append(f"{request.method} {parts.path}")
        key = request.headers.get("Idempotency-Key")
        reply = self.provider.handle(Call(request.method, parts.path, fields, key), self.clock())
        answer = reply_of(reply.status, reply.body)
        after = self.mishap()
        if after == "kill":
            raise Killed
        if after == "error" and reply.status != 400:
            self.provider.fail_under(key)
            return reply_of(500, SERVER_ERROR)
        if after in ("cut", "unreachable"):
            raise NoAnswer("cut")
        return answer


def reply_of(status: int, body: object) -> WireReply:
    """As it comes over a wire."""
    return WireReply(status, json.dumps(body).encode())


class MortalLedger(Ledger):
    """A ledger whose process dies, or whose database goes away, before or after a transaction."""

    fate: Callable[[], str | None] = staticmethod(lambda: None)

    def move_to(self, site: str) -> None:
        """From now on it is another site's, in the same database."""
        self._site = site

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name.startswith("_") or name in ("close", "fate", "move_to") or not callable(value):
            return value
        return self._mortal(value)

    def _mortal(self, method: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
        @wraps(method)
        async def run(*args: Any, **named: Any) -> T:
            self._meet_fate()
            done = await method(*args, **named)
            self._meet_fate()
            return done

        return run

    def _meet_fate(self) -> None:
        match self.fate():
            case "kill":
                raise Killed
            case "away":
                raise DatabaseAway("OperationalError")


class PaymentHouse:
    """One engine after another on the same ledger, clock and provider."""

    def __init__(self, ledger: MortalLedger) -> None:
        self.clock = Clock()
        self.provider = Provider()
        self.line = Line(self.provider, self.clock)
        self.ledger = ledger
        self.api = StripeApi(self.line, "sk_test_sandbox")
        self.cashier = self.engine()

    def engine(self) -> Cashier:
        """A new process."""
        gateway = StripeGateway(self.api)
        return Cashier(self.ledger, gateway, "stripe", self.clock, self.clock.sleep)

    def held(self, number: str = "4242424242424242") -> Held:
        """A card that a caller has keyed, ready to become a token."""
        return Held(card(number), StripeTokeniser(self.api))


class Held:
    """A card in this process, as a context that wipes its security code."""

    def __init__(self, card: Card, tokeniser: Tokeniser) -> None:
        self._card = card
        self._tokeniser = tokeniser

    async def tokenise(self, key: Key) -> CardToken:
        """See the port."""
        return await self._tokeniser.tokenise(self._card, key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._card.__exit__(kind, error, trace)


def card(number: str = "4242424242424242", expiry: str = "1230", code: str = "123") -> Card:
    """As a caller has keyed it."""
    return Card(digits(number), digits(expiry), digits(code))


def digits(text: str) -> Digits:
    """As they come from the keys."""
    held = Digits()
    for sign in text:
        held.append(int(sign))
    return held


class Fate:
    """Mishaps at random: each with its share of all points in time."""

    def __init__(self, random: Random, shares: dict[str, float]) -> None:
        self._random = random
        self._shares = shares

    def __call__(self) -> str | None:
        at = self._random.random()
        for mishap, share in self._shares.items():
            if at < share:
                return mishap
            at -= share
        return None
