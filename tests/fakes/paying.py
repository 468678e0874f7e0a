"""A house whose calls can be paid in: all but lines and audio is real, and the HTTP API with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

from aiohttp.test_utils import TestClient, TestServer

from config.payments import Payments, Sandbox
from config.secrets import Secrets
from desk.app import build
from desk.card_payments import add_routes
from desk.views import Unavailable, Views
from engine.paying.keeper import Counter
from engine.paying.taking import Books
from engine.paying.takings import Takings
from engine.paying.views import PaymentViews
from engine.transfers.party import Party
from history.migrations import upgrade_to_head
from payments.tokens.stripe import StripeTokeniser
from tests.fakes.captures import FakeCaptures, HeldCapture
from tests.fakes.house import House
from tests.fakes.payment_house import MortalLedger, PaymentHouse
from tests.fakes.stories import a_talk

CONTACT, TOKEN = "c1", "secret"
Json = dict[str, Any]
ANNA: Json = {"agent": "anna"}
START: Json = {
    **ANNA,
    "key": "42",
    "amount": "12.50",
    "currency": "EUR",
    "reference": "Invoice 7",
}


class PayingHouse:
    """One ledger, one provider, one clock; `payments` None: the site takes none."""

    def __init__(self, ledger: MortalLedger, house: House) -> None:
        self.house = house
        self.ledger = ledger
        self.money = PaymentHouse(ledger)
        self.captures = FakeCaptures(StripeTokeniser(self.money.api), self.money.clock)
        self.payments: Payments | None = Payments(sandbox=Sandbox())
        self.naps: list[asyncio.Future[None]] = []
        services = house.services
        told = services.chronicle, services.metrics, self.money.clock
        books = Books(ledger, *told, sleep=self._nap)
        self.takings = Takings(self.captures, books, self.counter, house.tasks)
        services.takings = self.takings

    @contextmanager
    def counter(self) -> Iterator[Counter]:
        """As `PaymentKeeper.counter`."""
        if self.payments is None:
            raise Unavailable("this site takes no payments")
        yield Counter(self.money.cashier, self.payments, Secrets("", "", {}))

    @property
    def taken(self) -> int:
        """What the provider took, of all."""
        return sum(self.money.provider.charged.values())

    @property
    def caller(self) -> HeldCapture:
        """Whoever keys a card now."""
        return self.captures.last

    async def _nap(self, seconds: float) -> None:
        self.naps.append(asyncio.get_running_loop().create_future())
        await self.naps[-1]


@asynccontextmanager
async def paying_house(directory: Path, house: House | None = None) -> AsyncIterator[PayingHouse]:
    """Its tasks are done when it ends."""
    url = f"sqlite:///{directory / 'payments.sqlite3'}"
    await upgrade_to_head(url)
    ledger = MortalLedger(url, "northwind", "n1")
    house = house or House()
    try:
        yield PayingHouse(ledger, house)
        async with asyncio.timeout(5):
            await house.tasks.rest()
    finally:
        await ledger.close()


class Desk:
    """Anna's desk, in conversation with a caller."""

    def __init__(self, paying: PayingHouse, client: TestClient[Any, Any]) -> None:
        self.paying = paying
        self._client = client
        self.payment = ""

    @property
    def caller(self) -> HeldCapture:
        """Whoever keys a card now."""
        return self.paying.caller

    async def asks(self, method: str, path: str, sent: Json | None = None) -> tuple[int, Any]:
        """Status and JSON."""
        async with self._client.request(method, f"/api/{path}", json=sent) as answer:
            return answer.status, await answer.json()

    async def starts(self, **changed: Any) -> tuple[int, Json]:
        """A payment of 12.50; what is None is left out."""
        sent = {name: value for name, value in {**START, **changed}.items() if value is not None}
        status, told = await self.asks("POST", f"contacts/{CONTACT}/payments", sent)
        self.payment = told.get("payment", self.payment)
        if status == 201:
            await self.sees("capturing", "complete", "ended")
        return status, told

    async def leads(self, verb: str, **sent: Any) -> tuple[int, Json]:
        """One of the verbs, by Anna unless somebody is named."""
        who = {} if "supervisor" in sent or "agent" in sent else ANNA
        return await self.asks("POST", f"payments/{self.payment}/{verb}", {**who, **sent})

    async def sees(self, *phases: str, asked: str | None = None, dots: int = 0) -> Json:
        """How it stands once it has come so far: this field asked for, so many dots in it."""
        async with asyncio.timeout(5):
            async for _ in self.watches():
                status, state = await self.asks("GET", f"payments/{self.payment}")
                assert status == 200
                shown = {each["field"]: each["dots"] for each in state["fields"]}
                there = asked is None or (state["asked"] == asked and shown[asked] == dots)
                if state["phase"] in phases and there:
                    return cast(Json, state)
        raise AssertionError(f"it has never been {phases}: {state}")

    async def watches(self, since: int | None = None) -> AsyncIterator[Json]:
        """The events, each with its number as `id`."""
        headers = {} if since is None else {"Last-Event-ID": str(since)}
        path = f"/api/payments/{self.payment}/events"
        number = 0
        async with self._client.get(path, headers=headers) as answer:
            assert answer.status == 200
            async for line in answer.content:
                name, _, value = line.decode().strip().partition(": ")
                if name == "id":
                    number = int(value)
                elif name == "data":
                    yield {"id": number, **json.loads(value)}


@asynccontextmanager
async def desk(directory: Path) -> AsyncIterator[Desk]:
    """An answered call of Anna's, and the API."""
    async with paying_house(directory) as paying:
        services = paying.house.services
        services.chronicle.begin(a_talk(CONTACT))
        paying.captures.talking.add(CONTACT)
        app = build(cast(Views, None), TOKEN)
        add_routes(app, PaymentViews(lambda: services, paying.ledger))
        headers = {"Authorization": f"Bearer {TOKEN}"}
        party = Party(services, CONTACT, "anna", f"leg-{CONTACT}")
        async with (
            services.parties.open(party),
            TestClient(TestServer(app), headers=headers) as client,
        ):
            yield Desk(paying, client)
