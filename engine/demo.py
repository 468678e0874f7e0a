"""The demonstration: one real call through the whole site, watched live and measured.

A caller on the trunk and an agent's phone, both real SIP stacks, go through language, menu,
account number, queue and conversation. What is claimed at the end was measured: by the phones'
ears, in the recording, in the history. Where payments go to the sandbox, the agent takes one.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from engine.card import Card
from engine.client import Client
from engine.console import Screen
from engine.demo_payment import DemonstrationPayment, PaymentFailed
from engine.errors import NotRunning
from engine.layout import Layout
from engine.status import described, print_contact
from phones.bank import PhoneBank
from phones.carrier import CarrierPhone
from phones.errors import PhoneError
from phones.phone import Call, Phone
from phones.protocol import AnswerCalls
from recordings.measure import find_tone, read_wav

CALLER = "+36205550142"
CALLER_HZ, AGENT_HZ = 440, 620
ACCOUNT = "27182818"
KEYS = (("welcome", "1"), ("main", "1"), ("ask", ACCOUNT), ("ask", "1"))
"""What the caller keys as the flow of the sample site asks: its step, and the keys."""
TALK_S = 2.0
PATIENCE_S = 40.0
AFTER_KEYS_S = 0.3
Event = dict[str, Any]
T = TypeVar("T")


class DemonstrationFailed(Exception):
    """One part did not do what it should; `log` is where it says more."""

    def __init__(self, part: str, why: str, log: Path) -> None:
        super().__init__(f"{part}: {why}; its log is {log}")


@dataclass
class Proof:
    """One thing the demonstration proved, and the figure it rests on."""

    what: str
    figure: str


class Demonstration:
    """Plays the call on a running instance. `play` returns whether everything was proved."""

    def __init__(self, card: Card, screen: Screen, layout: Layout) -> None:
        self._card = card
        self._screen = screen
        self._layout = layout
        self._proofs: list[Proof] = []
        self._contact = ""
        self._seen: list[Event] = []
        self._news = asyncio.Event()
        self._asked: asyncio.Queue[str] = asyncio.Queue()

    async def play(self) -> bool:
        """Call, talk, hang up, and check what is left; a failure says which part and where."""
        self._screen.say("\nDemonstration call")
        try:
            async with (
                asyncio.timeout(PATIENCE_S * 3),
                Client(self._card) as client,
                self._watching(client),
                self._phones() as (caller, agent),
            ):
                await self._converse(client, caller, agent)
                await self._check_what_is_left(client)
        except (DemonstrationFailed, PhoneError, NotRunning, TimeoutError) as error:
            self._screen.fail(f"The demonstration failed. {str(error) or 'it took too long'}")
            self._screen.fail(f"Logs: {self._layout.logs}")
            return False
        rows: list[tuple[Any, ...]] = [(proof.what, proof.figure) for proof in self._proofs]
        self._screen.table("Proved", ("what", "measured"), rows)
        return True

    @contextlib.asynccontextmanager
    async def _phones(self) -> AsyncIterator[tuple[Phone, Phone]]:
        account = self._card["agents"][0]
        log = self._layout.logs / "demo-phones.log"
        trunk = self._card["trunks"][0]
        async with (
            PhoneBank.open(log=log) as bank,
            CarrierPhone.open(trunk["port"], address=trunk["host"], log=log) as carrier,
        ):
            agent = await bank.phone(
                account["user"],
                account["password"],
                account["domain"],
                account["port"],
                incoming=AnswerCalls(after_ms=400),
            )
            await self._part("agent's phone", agent.register(), log)
            await self._part("agent", self._available(account["user"]), self._layout.engine_log)
            yield await carrier.caller(CALLER), agent
            await agent.unregister()

    async def _available(self, agent: str) -> None:
        """Wait until the engine has seen the phone; wrap-up of an earlier demonstration counts."""
        async with asyncio.timeout(PATIENCE_S), Client(self._card) as client:
            while True:
                agents = (await client.get("/api/status"))["agents"]
                if next(a["state"] for a in agents if a["id"] == agent) == "available":
                    return
                await asyncio.sleep(0.05)

    async def _converse(self, client: Client, caller: Phone, agent: Phone) -> None:
        number = self._card["numbers"][0]
        call = await caller.dial(f"sip:{number}@{self._card['sip']['trunk']}")
        await self._part("Asterisk", call.answered(), self._layout.logs / "asterisk")
        began = call.times.answered
        heard = await self._part("prompt", call.first_audio(), self._layout.engine_log)
        if began is not None:
            self._prove("first prompt heard", f"{heard.ms_since(began):.0f} ms after the answer")
        await self._key(call)
        taken = await self._part("routing", agent.incoming(PATIENCE_S), self._layout.engine_log)
        await taken.answered()
        await self._both_ways(call, taken)
        await asyncio.sleep(TALK_S)
        if self._card["sandbox"]:
            await self._pay(client, call, taken)
        await call.hang_up()
        await taken.ended()

    async def _key(self, call: Call) -> None:
        """Answer each question once, as soon as it is asked."""
        log = self._layout.engine_log
        for step, keys in KEYS:
            asked = await self._part("flow", asyncio.wait_for(self._asked.get(), PATIENCE_S), log)
            if asked != step:
                raise DemonstrationFailed("flow", f"it asks {asked} instead of {step}", log)
            await asyncio.sleep(AFTER_KEYS_S)
            await call.send_digits(keys)
        count = sum(len(keys) for _, keys in KEYS)
        self._prove("digits heard", f"{count} keys, every question understood at once")

    async def _pay(self, client: Client, call: Call, taken: Call) -> None:
        """The agent takes a card; afterwards both hear each other as before."""
        agent = self._card["agents"][0]["user"]
        payment = DemonstrationPayment(
            client, self._card["sandbox"], self._screen, self._contact, agent
        )
        await call.stop_playing()
        try:
            for what, figure in await payment.play(call):
                self._prove(what, figure)
        except PaymentFailed as failed:
            raise DemonstrationFailed("payment", str(failed), self._layout.engine_log) from None
        await self._both_ways(call, taken, " after it")

    async def _both_ways(self, call: Call, taken: Call, when: str = "") -> None:
        await call.play_tone(CALLER_HZ)
        await taken.play_tone(AGENT_HZ)
        log = self._layout.logs / "asterisk"
        at_agent = await self._part("audio to the agent", taken.hear_tone(CALLER_HZ), log)
        at_caller = await self._part("audio to the caller", call.hear_tone(AGENT_HZ), log)
        self._prove(f"agent hears the caller{when}", f"{CALLER_HZ} Hz at {at_agent.dbfs:.1f} dBFS")
        self._prove(f"caller hears the agent{when}", f"{AGENT_HZ} Hz at {at_caller.dbfs:.1f} dBFS")

    async def _check_what_is_left(self, client: Client) -> None:
        ended = await self._event("ended")
        recorded = await self._event("recorded")
        engine_log = self._layout.engine_log
        row = await self._row(client)
        if row["outcome"] != "answered":
            raise DemonstrationFailed("history", f"the outcome is {row['outcome']}", engine_log)
        self._prove("history row", f"{row['outcome']}, {len(row['timeline'])} steps with times")
        matched = self._first("ringing")["at_ms"] - self._first("queued")["at_ms"]
        self._prove("queue to ringing", f"{matched} ms")
        self._check_recording(recorded, row)
        print_contact(self._screen, row)
        if ended["contact"] != row["id"]:
            raise DemonstrationFailed("history", "the row is of another contact", engine_log)

    def _check_recording(self, recorded: Event, row: Event) -> None:
        recording = row["recordings"][0]
        if recording["path"] is None:
            log = self._layout.engine_log
            raise DemonstrationFailed("recording", f"it is {recording['state']}", log)
        path = Path(self._card["recordings"]) / recording["path"]
        audio = read_wav(path)
        for channel, tone_hz in enumerate((AGENT_HZ, CALLER_HZ)):
            heard = find_tone(audio.channel(channel), audio.rate, tone_hz)
            if heard.heard_ms < TALK_S * 500:
                raise DemonstrationFailed("recording", f"{tone_hz} Hz is missing in it", path)
        self._prove(
            "recording",
            f"{recorded['duration_ms'] / 1000:.2f} s, {recording['channels']} channels: "
            f"agent's {AGENT_HZ} Hz and caller's {CALLER_HZ} Hz apart",
        )

    async def _row(self, client: Client) -> Event:
        while True:
            row: Event = await client.get(f"/api/contacts/{self._contact}")
            if "error" not in row and row["recordings"]:
                return row
            await asyncio.sleep(0.05)

    @contextlib.asynccontextmanager
    async def _watching(self, client: Client) -> AsyncIterator[None]:
        ready = asyncio.Event()
        watcher = asyncio.create_task(self._watch(client, ready))
        try:
            await ready.wait()
            yield
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)

    async def _watch(self, client: Client, ready: asyncio.Event) -> None:
        async for event in client.events(ready):
            if event["what"] == "started":
                self._contact = self._contact or event["contact"]
            if event.get("contact") != self._contact:
                continue
            if event["what"] == "asking":
                self._asked.put_nowait(event["step"])
            self._show(event)
            self._seen.append(event)
            self._news.set()

    def _show(self, event: Event) -> None:
        shown = {k: v for k, v in event.items() if k not in ("at_ms", "contact", "what")}
        self._screen.event(event["at_ms"], event["what"], described(shown))

    async def _event(self, what: str) -> Event:
        while True:
            for event in self._seen:
                if event["what"] == what:
                    return event
            self._news.clear()
            await self._news.wait()

    def _first(self, what: str) -> Event:
        return next(event for event in self._seen if event["what"] == what)

    def _prove(self, what: str, figure: str) -> None:
        self._proofs.append(Proof(what, figure))

    async def _part(self, part: str, work: Awaitable[T], log: Path) -> T:
        """Await one part of the call; what goes wrong there is said with its name."""
        try:
            return await work
        except (PhoneError, TimeoutError) as error:
            raise DemonstrationFailed(part, str(error) or "it took too long", log) from error
