"""Callers who pay by card in real calls, until every card was paid with."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.command import Unmeasured
from bench.residue_cards import Keyed
from bench.site import BenchSite
from engine.client import Client
from phones.errors import PhoneError
from phones.loadcall import LoadCall
from phones.rtpload import Load, LoadCaller

AT_ONCE, RATE = 20, 2.5
HOPELESS = 100
"""So many calls in a row without a payment are no accident."""
STARTS_S = 30.0
"""So long the capture process may take to start, after the engine."""
TOLD_S = 5.0
"""So long after a call its payment's end may come."""
PAID = "success"
_NO_PAYMENT = "no payment began"


class Callers:
    """Each keys a card that was not paid with so far. Where that fails, because the machine has too
    much to do, the card is keyed again in another call; why is counted in `failures`."""

    def __init__(self, site: BenchSite, cards: Sequence[Keyed], console: Console) -> None:
        self.failures: Counter[str] = Counter()
        self.paid = 0
        self._site = site
        self._cards = cards
        self._console = console
        self._waiting = deque(range(len(cards)))
        self._changed = asyncio.Event()
        self._results: dict[int, asyncio.Future[str]] = {}
        self._in_vain = 0

    async def pay(self, number: str) -> None:
        """All of them. Raises Unmeasured where nobody can pay."""
        await captures_begin(self._site)
        async with Client(self._site.card) as client, LoadCaller.open(self._site.trunk) as caller:
            ready = asyncio.Event()
            listening = asyncio.create_task(self._listen(client, ready))
            await ready.wait()
            try:
                with _Shown(self._console, len(self._cards)) as self._shown:
                    load = Load(number, 10**9, RATE, AT_ONCE, enough=lambda: self._over)
                    await caller.run(self._call, load)
            finally:
                listening.cancel()
        if self.paid < len(self._cards):
            raise Unmeasured(f"nobody can pay any more: {self.why}")

    @property
    def why(self) -> str:
        """Of the calls that failed, the commonest reasons first."""
        return ", ".join(f"{count} times {what}" for what, count in self.failures.most_common())

    @property
    def _over(self) -> bool:
        return self.paid == len(self._cards) or self._in_vain >= HOPELESS

    async def _call(self, call: LoadCall) -> None:
        """One, with the next card."""
        whose = await self._next()
        if whose is None:
            return
        told = self._results[call.number] = asyncio.get_running_loop().create_future()
        failure = ""
        try:
            await _key(call, self._cards[whose])
        except PhoneError as error:
            failure = str(error)
            raise
        finally:
            self._ended(whose, await _within(told), failure)
            del self._results[call.number]

    async def _next(self) -> int | None:
        while not self._waiting and not self._over:
            await self._changed.wait()
        return None if self._over else self._waiting.popleft()

    def _ended(self, whose: int, result: str, failure: str) -> None:
        if result == PAID:
            self.paid += 1
            self._in_vain = 0
        else:
            self._waiting.append(whose)
            self._in_vain += 1
            self.failures[f"{result} ({failure})" if failure else result] += 1
        self._changed.set()
        self._changed = asyncio.Event()
        self._shown.update(self.paid, self.failures.total())

    async def _listen(self, client: Client, ready: asyncio.Event) -> None:
        """How each payment ended; its reference is its caller's number, which ends in the call's
        own."""
        async for event in client.events(ready):
            if event["what"] == "payment_ended":
                told = await client.get(f"/api/payments/{event['payment']}")
                waiting = self._results.get(int(told["reference"][-7:]))
                if waiting is not None and not waiting.done():
                    waiting.set_result(str(event["result"]))


async def _key(call: LoadCall, card: Keyed) -> None:
    """Key all of it into the first prompt, and hear the end."""
    await call.dial()
    await call.hear(20)
    await call.press(f"{card.number}#{card.expiry}{card.code}")
    await call.bye(30)


async def _within(told: asyncio.Future[str]) -> str:
    try:
        return await asyncio.wait_for(told, TOLD_S)
    except TimeoutError:
        return _NO_PAYMENT


async def captures_begin(site: BenchSite) -> None:
    """The engine is up before its capture process is."""
    for _ in range(int(10 * STARTS_S)):
        if "capture_process_up" in site.layout.engine_log.read_text("utf-8"):
            return
        await asyncio.sleep(0.1)
    raise Unmeasured("the capture process does not start")


class _Shown:
    """How far it is: a bar on a terminal, else a line for each tenth."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._began_s = time.monotonic()
        self._tenth = 0
        columns = (
            *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
            *(TimeRemainingColumn(), TextColumn("{task.fields[failed]} calls failed")),
        )
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("paid", total=total, failed=0)

    def __enter__(self) -> _Shown:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, paid: int, failed: int) -> None:
        self._bar.update(self._task, completed=paid, failed=failed)
        if self._bar.disable and paid * 10 // self._total > self._tenth:
            self._tenth = paid * 10 // self._total
            left_s = (time.monotonic() - self._began_s) * (self._total - paid) / paid
            self._console.print(
                f"{paid} of {self._total} paid, {failed} calls failed, about {left_s:.0f} s left"
            )
