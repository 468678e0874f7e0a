"""Never twice: whatever is cut, lost or killed at any point of a charge."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from history.errors import DatabaseAway
from history.migrations import upgrade_to_head
from payments.cashier import KEY_LIFETIME_MS, Cashier, Done, NotMade, Outcome, Refused, Unknown
from payments.errors import NotPossible, Unsettled
from payments.ledger import AttemptState, NewPayment, State
from payments.money import Amount
from tests.fakes.payment_house import Fate, Killed, MortalLedger, PaymentHouse

pytestmark = pytest.mark.unit

AMOUNT = Amount(12_50, "EUR")
BATCHES, RUNS = 10, 100
CARDS = ("4242424242424242", "5555555555554444", "4000000000009995", "4000000000000119")
WIRE = {"kill": 0.06, "cut": 0.12, "unreachable": 0.05, "error": 0.08, "busy": 0.04}
LEDGER = {"kill": 0.04, "away": 0.04}
CALM: dict[str, float] = {}


@pytest.fixture
async def url(tmp_path: Path) -> str:
    """A migrated, empty database: each run is a site of its own in it."""
    url = f"sqlite:///{tmp_path / 'payments.sqlite3'}"
    await upgrade_to_head(url)
    return url


class Run:
    """One payment, through as many processes as it takes."""

    def __init__(self, ledger: MortalLedger, seed: int) -> None:
        self.random = Random(seed)
        self.house = PaymentHouse(ledger)
        self.payment = ""
        self.told: list[Outcome] = []
        self.gave_up = False

    def storm(self, wire: dict[str, float], ledger: dict[str, float]) -> None:
        """From now on this goes wrong."""
        self.house.line.mishap = Fate(self.random, wire)
        self.house.ledger.fate = Fate(self.random, ledger)

    @property
    def taken(self) -> Sequence[int]:
        """What the provider took, each time it did."""
        return [amount for amount in self.house.provider.charged.values() if amount]

    async def live(self) -> None:
        """One process: it looks after what the last one left, and takes the caller's cards."""
        engine = self.house.engine()
        try:
            for outcome in await engine.recover(self.house.clock() + 1):
                self.hear(outcome)
            if not self.gave_up:
                await self.take_cards(engine)
        except (Killed, DatabaseAway):
            return  # nobody was told anything

    async def take_cards(self, engine: Cashier) -> None:
        new = NewPayment("call-1/pay", AMOUNT, "Invoice 7")
        self.payment = (await engine.open(new, "anna")).id
        for _ in range(3):
            with self.house.held(self.random.choice(CARDS)) as keyed:
                try:
                    outcome = await engine.pay(self.payment, keyed, "anna")
                except (Unsettled, NotPossible):
                    return
            self.hear(outcome)
            if isinstance(outcome, Done | Unknown):
                return
            if self.random.random() < 0.4:
                self.gave_up = True  # told that nothing was charged, the caller pays otherwise
                return

    def hear(self, outcome: Outcome) -> None:
        """What is told must be so, at that moment."""
        self.told.append(outcome)
        if isinstance(outcome, Done):
            assert list(self.taken) == [AMOUNT.minor]
        elif isinstance(outcome, Refused | NotMade):
            assert not self.taken

    async def play(self) -> None:
        """Processes in a storm, then a calm one, which finds out everything that can be."""
        self.storm(WIRE, LEDGER)
        for _ in range(self.random.randint(1, 4)):
            await self.live()
            self.house.clock.now_ms += self.random.choice([1_000, 600_000, KEY_LIFETIME_MS])
        self.storm(CALM, CALM)
        for outcome in await self.house.engine().recover(self.house.clock() + 1):
            self.hear(outcome)

    async def verdict(self) -> None:
        """At most one charge; the ledger says what the provider has; what it does not know it
        shows as not known."""
        ledger = self.house.ledger
        assert len(self.taken) <= 1
        if self.gave_up:
            assert not self.taken
        if not self.payment:
            assert not self.taken
            return
        payment = await ledger.payment(self.payment)
        attempts = await ledger.attempts(payment.id)
        if payment.state is State.UNSETTLED:
            assert attempts[-1].state is AttemptState.UNKNOWN
            assert not self.taken  # it is too old to ask, and there is nothing to see
        else:
            assert payment.captured == sum(self.taken)
            assert (payment.state is State.PAID) is bool(self.taken)


@pytest.mark.parametrize("batch", range(BATCHES))
async def test_a_thousand_charges_in_a_storm(url: str, batch: int) -> None:
    """Each of them: at most one charge, and none reported wrong."""
    ledger = MortalLedger(url, "site", "n1")
    try:
        for seed in range(batch * RUNS, (batch + 1) * RUNS):
            ledger.move_to(f"site-{seed}")
            run = Run(ledger, seed)
            try:
                await run.play()
                await run.verdict()
            except AssertionError as wrong:
                raise AssertionError(f"seed {seed}: {run.told}") from wrong
    finally:
        await ledger.close()


POINTS = [
    f"{where} {place}" for where, count in (("wire", 4), ("ledger", 8)) for place in range(count)
]


@pytest.mark.parametrize("point", POINTS)
async def test_a_process_that_is_killed_at_each_point(url: str, point: str) -> None:
    """Every request, before and after it was done; every transaction, before and after its
    commit. The next process finds out; what never left the house was not done."""
    house = PaymentHouse(MortalLedger(url, "site", "n1"))
    try:
        await killed_at(point, house)
    finally:
        await house.ledger.close()


async def killed_at(point: str, house: PaymentHouse) -> None:
    where, place = point.split()
    fates = iter([None] * int(place) + ["kill"])
    if where == "wire":
        house.line.mishap = lambda: next(fates, None)
    else:
        house.ledger.fate = lambda: next(fates, None)
    new = NewPayment("call-1/pay", AMOUNT, "Invoice 7")
    with pytest.raises(Killed):
        await charged(house, house.cashier, new)
    engine = house.engine()
    await engine.recover(house.clock() + 1)
    payment = await engine.open(new, "anna")
    assert payment.captured == sum(house.provider.charged.values())
    assert payment.state in (State.OPEN, State.PAID)
    if payment.state is State.OPEN:
        assert isinstance(await charged(house, engine, new), Done)
    assert list(house.provider.charged.values()) == [AMOUNT.minor]


async def charged(house: PaymentHouse, engine: Cashier, new: NewPayment) -> Outcome:
    """A call from its first word of money to the outcome."""
    payment = await engine.open(new, "anna")
    with house.held() as keyed:
        return await engine.pay(payment.id, keyed, "anna")
