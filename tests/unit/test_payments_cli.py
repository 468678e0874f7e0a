"""`trunkline payments`: what an operator does with the ledger while no engine runs."""

import asyncio
import csv
import io
import json
import re
from collections.abc import Awaitable, Iterator
from pathlib import Path
from threading import Thread
from typing import TypeVar

import pytest

from config.payments import Payments, StripeAccount
from engine.clock import now_ms
from engine.paying.opening import rules_of
from history.migrations import upgrade_to_head
from payments.capture import Brand, Field
from payments.cashier import Cashier
from payments.gateways import Operation
from payments.gateways.stripe import StripeGateway
from payments.ledger import Ledger, NewPayment
from payments.money import Amount
from payments.sandbox.faults import Fault, Mishap
from payments.sandbox.server import Sandbox
from payments.stripe_api import StripeApi
from payments.tokens.stripe import StripeTokeniser
from payments.wire import HttpsWire
from tests.fakes.payment_house import Held, card
from tests.fakes.sandbox_server import KEY, sandbox_server
from tests.unit.command import Command

pytestmark = pytest.mark.unit

T = TypeVar("T")
SITE = Path(__file__).parents[2] / "config/site.yaml"
SECTION = re.compile(r"^payments:\n(?:  .*\n)+", re.MULTILINE)
"""How the sample site charges cards."""
NEW = NewPayment("call-1/pay", Amount(12_50, "EUR"), "=Invoice 7", "call-1", "anna")


class Shop:
    """A sandbox in a thread of its own, a site that names it, and payments in its ledger."""

    def __init__(self, directory: Path, command: Command) -> None:
        self.sandbox = Sandbox(KEY)
        self.url = ""
        self.site = directory / "site.yaml"
        self.database = f"sqlite:///{directory / 'trunkline.sqlite3'}"
        self._command = command
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = sandbox_server(self.sandbox)
        self.url = self.on_loop(self._server.__aenter__())
        payments = f'payments: {{stripe: {{key: "secret:stripe_key", url: "{self.url}"}}}}\n'
        self.site.write_text(SECTION.sub(payments, SITE.read_text()))

    def close(self) -> None:
        self.on_loop(self._server.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def on_loop(self, work: Awaitable[T]) -> T:
        async def run() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(20)

    def run(self, *words: str, key: str = KEY) -> tuple[int, str, str]:
        done = self._command(
            "payments",
            *words,
            TRUNKLINE_SITE=str(self.site),
            TRUNKLINE_DATABASE_URL=self.database,
            TRUNKLINE_SECRET_STRIPE_KEY=key,
        )
        return done.returncode, done.stdout, done.stderr

    def paid(self, number: str = "4242424242424242", *, authorise: bool = False) -> str:
        """The id of a payment that was made, or tried."""
        return self.on_loop(self._pay(number, authorise))

    async def _pay(self, number: str, authorise: bool) -> str:
        await upgrade_to_head(self.database)
        wire = HttpsWire(self.url, 5)
        api = StripeApi(wire, KEY)
        ledger = Ledger(self.database, "northwind", "n1")

        async def at_once(seconds: float) -> None:
            return None

        cashier = Cashier(ledger, StripeGateway(api), "stripe", now_ms, at_once)
        payment = await cashier.open(NEW, "anna")
        with Held(card(number, "1240"), StripeTokeniser(api)) as keyed:
            await cashier.pay(payment.id, keyed, "anna", authorise=authorise)
        await ledger.close()
        wire.close()
        return payment.id

    async def begins(self) -> str:
        """The id of a payment that a call asks for at this moment."""
        await upgrade_to_head(self.database)
        ledger = Ledger(self.database, "northwind", "n1")
        payment = await ledger.open(NEW, "stripe", "anna", now_ms())
        await ledger.begin(payment.id, Operation.CHARGE, None, "stripe", "anna", now_ms())
        await ledger.close()
        return payment.id


@pytest.fixture
def shop(tmp_path: Path, trunkline: Command) -> Iterator[Shop]:
    """One for each test."""
    shop = Shop(tmp_path, trunkline)
    yield shop
    shop.close()


def test_payments_are_listed_and_shown_with_all_that_was_done(shop: Shop) -> None:
    """As a table and as JSON; neither has the token, nor more of the card than its last four."""
    payment = shop.paid()
    code, listed, _ = shop.run("list")
    assert code == 0
    for cell in (payment, "12.50 EUR", "visa …4242", "anna", "paid"):
        assert cell in listed
    told = json.loads(shop.run("show", payment, "--json")[1])
    assert (told["standing"], told["captured"], told["last4"]) == ("paid", 1250, "4242")
    (attempt,) = told["attempts"]
    assert (attempt["operation"], attempt["state"]) == ("charge", "approved")
    assert [each["what"] for each in told["audit"]] == ["opened", "charge", "charge approved"]
    assert "pm_" not in json.dumps(told)
    assert "charge approved" in shop.run("show", payment)[1]


def test_money_is_given_back_by_name(shop: Shop) -> None:
    """Who did it is in the audit; more than there is is refused with a sentence."""
    payment = shop.paid()
    assert shop.run("refund", payment, "--amount", "2.50", "--by", "dora")[0] == 0
    code, _, why = shop.run("refund", payment, "--amount", "10.01", "--by", "dora")
    assert (code, "10.00 EUR of it can be refunded" in why) == (2, True)
    code, _, why = shop.run("refund", payment, "--amount", "ten")
    assert (code, "an amount of EUR such as 12.50" in why) == (2, True)
    told = json.loads(shop.run("show", payment, "--json")[1])
    assert (told["standing"], told["refunded"]) == ("partly_refunded", 250)
    assert any(each["by"] == "dora" and each["what"] == "refund" for each in told["audit"])


def test_what_is_held_is_taken_or_let_go(shop: Shop) -> None:
    """A part of it, once; or none of it."""
    held = shop.paid(authorise=True)
    assert shop.run("capture", held, "--amount", "10", "--by", "dora")[0] == 0
    told = json.loads(shop.run("show", held, "--json")[1])
    assert (told["standing"], told["captured"]) == ("paid", 10_00)
    code, _, why = shop.run("void", held)
    assert (code, "only what was authorised can be voided" in why) == (2, True)


def test_what_is_unknown_is_shown_and_resolved(shop: Shop) -> None:
    """Never as declined; asked again it is what the provider says."""
    shop.sandbox.faults.order([Fault(Mishap.CUT_AFTER, "/v1/payment_intents", times=4)])
    payment = shop.paid()
    assert "unknown" in shop.run("list", "--state", "unsettled")[1]
    code, _, why = shop.run("refund", payment)
    assert (code, "is not known yet" in why) == (2, True)
    code, told, _ = shop.run("resolve", "--by", "dora", "--json")
    assert code == 0
    assert json.loads(told) == [{"payment": payment, "outcome": "done", "state": "paid"}]
    *_, last = json.loads(shop.run("show", payment, "--json")[1])["audit"]
    assert last["by"] == "dora"
    assert "nothing is unsettled" in shop.run("resolve")[1]


def test_a_person_decides_what_nobody_can_find_out(shop: Shop) -> None:
    """By --as, and only about one payment."""
    shop.sandbox.faults.order([Fault(Mishap.CUT_BEFORE, "/v1/payment_intents", times=99)])
    payment = shop.paid()
    assert shop.run("resolve", "--as", "done")[0] == 2
    assert shop.run("resolve", "")[0] == 2
    code, told, _ = shop.run("resolve", payment, "--as", "not-done", "--by", "dora")
    assert (code, "not done (decided)" in told) == (1, True)
    assert json.loads(shop.run("show", payment, "--json")[1])["standing"] == "open"


def test_what_a_call_may_be_asking_for_is_left_to_it(shop: Shop) -> None:
    """Settled from here, its caller would be told that nothing was charged."""
    payment = shop.on_loop(shop.begins())
    assert "nothing is unsettled" in shop.run("resolve")[1]
    code, _, why = shop.run("resolve", payment, "--as", "not-done")
    assert (code, "a call may be asking for it now: try again in 2 minutes" in why) == (2, True)
    assert json.loads(shop.run("show", payment, "--json")[1])["standing"] == "under_way"


def test_the_export_has_what_moved_money(shop: Shop) -> None:
    """Charges and refunds with their signs; a reference that is a formula does not run."""
    payment = shop.paid()
    shop.run("refund", payment, "--amount", "2.50")
    rows = list(csv.DictReader(io.StringIO(shop.run("export", "--from", "today")[1])))
    assert [(row["operation"], row["amount"]) for row in rows] == [
        ("charge", "12.50"),
        ("refund", "-2.50"),
    ]
    assert rows[0]["reference"] == "'=Invoice 7"
    told = json.loads(shop.run("export", "--from", "today", "--json")[1])
    assert [row["payment"] for row in told] == [payment, payment]
    assert shop.run("export", "--from", "2020-01-01", "--to", "2020-01-02", "--json")[1] == "[]\n"
    code, _, why = shop.run("export", "--from", "2020-01-02", "--to", "2020-01-01")
    assert (code, "--to ends before --from begins" in why) == (2, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("show", "pay_none"), 'there is no payment "pay_none"'),
        (("refund", "pay_none"), 'there is no payment "pay_none"'),
        (("list", "--state", "payed"), 'did you mean "paid"'),
    ],
)
def test_what_is_asked_wrong_is_told(shop: Shop, words: tuple[str, ...], why: str) -> None:
    """A sentence, and exit code 2."""
    code, _, told = shop.run(*words)
    assert code == 2
    assert why in told


def test_a_site_without_a_provider_moves_no_money(trunkline: Command, tmp_path: Path) -> None:
    """It says where to read on."""
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    site = tmp_path / "site.yaml"
    site.write_text(SECTION.sub("", SITE.read_text()))
    named = {"TRUNKLINE_DATABASE_URL": url, "TRUNKLINE_SITE": str(site)}
    done = trunkline("payments", "resolve", **named)
    assert done.returncode == 2
    assert "docs/payments.md" in done.stderr


def test_a_secret_that_is_missing_is_named(shop: Shop) -> None:
    """With the variable that gives it."""
    code, _, told = shop.run("resolve", key="")
    assert code == 2
    assert "TRUNKLINE_SECRET_STRIPE_KEY" in told


def test_the_test_cards_are_listed(trunkline: Command) -> None:
    """With what becomes of each."""
    told = trunkline("payments", "sandbox", "--cards").stdout
    assert "4000000000009995" in told
    assert "insufficient_funds" in told


def test_a_sites_rules_are_a_captures() -> None:
    """Names and durations as they are written."""
    account = StripeAccount(key="secret:k")
    site = Payments(
        stripe=account,
        brands=("visa", "amex"),
        fields=("number", "expiry", "code", "postal"),
        postal_optional=True,
        twice=("number",),
        attempts=2,
    )
    rules = rules_of(site)
    assert rules.brands == {Brand.VISA, Brand.AMEX}
    assert (rules.fields, rules.optional) == (tuple(Field), frozenset({Field.POSTAL}))
    assert (rules.twice, rules.attempts, rules.session_ms) == (
        frozenset({Field.NUMBER}),
        2,
        300_000,
    )
