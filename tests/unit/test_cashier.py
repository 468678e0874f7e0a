"""Paying, holding, giving back, finding out: what is told, what the ledger has, what moved."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from history.migrations import upgrade_to_head
from payments.capture import Field
from payments.cashier import KEY_LIFETIME_MS, Cashier, Done, NotMade, Refused, Unknown
from payments.errors import (
    KeyUsedOtherwise,
    NoSuchPayment,
    NotPossible,
    Unsettled,
)
from payments.gateways import (
    Advice,
    Answer,
    Asked,
    Operation,
    Reason,
)
from payments.gateways.stripe import StripeGateway
from payments.gateways.webhooks import Notice
from payments.ledger import AttemptState, NewPayment, Payment, PaymentFilter, State
from payments.money import Amount
from payments.sandbox import Call
from payments.sandbox.cards import PENDING
from payments.wire import WireReply, WireRequest
from payments.wire.bodies import wipe
from tests.fakes.payment_house import MortalLedger, PaymentHouse, reply_of

pytestmark = pytest.mark.unit

NEW = NewPayment("call-1/pay", Amount(12_50, "EUR"), "Invoice 7", "call-1", "anna")
BAD = "4000000000009995"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PaymentHouse]:
    """A ledger, a cashier, a provider."""
    url = f"sqlite:///{tmp_path / 'payments.sqlite3'}"
    await upgrade_to_head(url)
    house = PaymentHouse(MortalLedger(url, "northwind", "n1"))
    yield house
    await house.ledger.close()


async def opened(house: PaymentHouse, key: str = NEW.request_key) -> Payment:
    return await house.cashier.open(replace(NEW, request_key=key), "anna")


def answering(reply: WireReply) -> Callable[[WireRequest], Awaitable[WireReply]]:
    """A provider that says nothing else."""

    async def send(request: WireRequest) -> WireReply:
        wipe(request.body)
        return reply

    return send


def taken(house: PaymentHouse) -> int:
    return sum(house.provider.charged.values())


async def test_a_card_is_charged_once(house: PaymentHouse) -> None:
    """The ledger has the intent before, brand and last four after, and who asked for it."""
    payment = await opened(house)
    assert payment.state is State.OPEN
    outcome = await house.cashier.pay(payment.id, house.held(), "anna")
    assert isinstance(outcome, Done)
    assert (outcome.payment.state, outcome.payment.captured) == (State.PAID, 12_50)
    assert (outcome.payment.brand, outcome.payment.last4) == ("visa", "4242")
    assert outcome.payment == await house.ledger.payment(payment.id)
    assert taken(house) == 12_50
    with pytest.raises(NotPossible, match="is paid, and is not charged again"):
        await house.cashier.pay(payment.id, house.held(), "anna")
    audit = await house.ledger.audit(payment.id)
    assert [(each.by, each.what) for each in audit] == [
        ("anna", "opened"),
        ("anna", "charge"),
        ("engine", "charge approved"),
    ]


async def test_the_same_request_key_is_the_same_payment(house: PaymentHouse) -> None:
    """An agent's second click, or a step that is run again, opens nothing new."""
    first, second = await opened(house), await opened(house)
    assert first == second
    other = NewPayment(NEW.request_key, Amount(99, "EUR"), "Invoice 7")
    with pytest.raises(KeyUsedOtherwise):
        await house.cashier.open(other, "anna")


async def test_a_decline_is_told_and_another_card_is_charged(house: PaymentHouse) -> None:
    """On the same intent of the provider, so that only one of them can succeed."""
    payment = await opened(house)
    refused = await house.cashier.pay(payment.id, house.held(BAD), "anna")
    assert isinstance(refused, Refused)
    assert (refused.decline.code, refused.decline.reason) == ("insufficient_funds", Reason.FUNDS)
    assert refused.decline.anew == {Field.NUMBER}
    assert refused.payment.state is State.DECLINED
    assert isinstance(await house.cashier.pay(payment.id, house.held(), "anna"), Done)
    assert len(house.provider.intents) == 1
    assert taken(house) == 12_50


async def test_a_wrong_code_is_keyed_again(house: PaymentHouse) -> None:
    """By the same card; the advice is to confirm its details."""
    payment = await opened(house)
    refused = await house.cashier.pay(payment.id, house.held("4000000000000127"), "anna")
    assert isinstance(refused, Refused)
    assert refused.decline.anew == {Field.CODE}
    assert refused.decline.advice is Advice.NEW_DETAILS


async def test_a_lost_reply_is_found_out_in_the_call(house: PaymentHouse) -> None:
    """Asked again with the same key, the provider tells what it told before."""
    payment = await opened(house)
    mishaps = iter([None, None, None, "cut"])  # the token, then the charge, after it was done
    house.line.mishap = lambda: next(mishaps, None)
    assert isinstance(await house.cashier.pay(payment.id, house.held(), "anna"), Done)
    assert house.line.sent.count("POST /v1/payment_intents") == 2
    assert taken(house) == 12_50


async def test_what_is_not_known_is_shown_so_and_blocks_the_rest(house: PaymentHouse) -> None:
    """Never declined, never charged again; found out when the provider is there again."""
    payment = await opened(house)
    mishaps = iter([None, None, None, *["cut"] * 20])
    house.line.mishap = lambda: next(mishaps, None)
    outcome = await house.cashier.pay(payment.id, house.held(), "anna")
    assert isinstance(outcome, Unknown)
    shown = await house.ledger.payment(payment.id)
    assert shown.state is State.UNSETTLED
    with pytest.raises(Unsettled, match="not known yet"):
        await house.cashier.pay(payment.id, house.held(), "anna")
    house.line.mishap = lambda: None
    (found,) = await house.cashier.recover(house.clock() + 1)
    assert isinstance(found, Done)
    assert taken(house) == 12_50


async def test_an_error_that_the_provider_keeps_is_seen_through(house: PaymentHouse) -> None:
    """A status of 500 is what the key gives from then on; looking at the intent tells the truth."""
    payment = await opened(house)
    mishaps = iter([None, None, None, "error"])
    house.line.mishap = lambda: next(mishaps, None)
    outcome = await house.cashier.pay(payment.id, house.held(), "anna")
    assert isinstance(outcome, Unknown)
    (found,) = await house.cashier.recover(house.clock() + 1)
    assert isinstance(found, Done)


async def test_a_provider_that_was_never_reached_charged_nothing(house: PaymentHouse) -> None:
    """It is told so, and the caller may pay again at once."""
    payment = await opened(house)
    mishaps = iter([None, None, *["unreachable"] * 4])
    house.line.mishap = lambda: next(mishaps, None)
    outcome = await house.cashier.pay(payment.id, house.held(), "anna")
    assert isinstance(outcome, NotMade)
    assert outcome.reason == "unreachable"
    house.line.mishap = lambda: None
    assert isinstance(await house.cashier.pay(payment.id, house.held(), "anna"), Done)


async def test_being_turned_away_later_does_not_undo_a_doubt(house: PaymentHouse) -> None:
    """Cut once, then unreachable: nobody knows."""
    payment = await opened(house)
    mishaps = iter([None, None, None, "cut", *["unreachable"] * 6])
    house.line.mishap = lambda: next(mishaps, None)
    assert isinstance(await house.cashier.pay(payment.id, house.held(), "anna"), Unknown)


async def test_a_forgotten_key_is_not_asked_with_again(house: PaymentHouse) -> None:
    """A day later the provider would do it once more: we only look, and a person decides."""
    payment = await opened(house)
    mishaps = iter([None, None, *["cut"] * 20])  # it never arrived
    house.line.mishap = lambda: next(mishaps, None)
    await house.cashier.pay(payment.id, house.held(), "anna")
    house.line.mishap = lambda: None
    house.clock.now_ms += KEY_LIFETIME_MS
    (found,) = await house.cashier.recover(house.clock() + 1)
    assert isinstance(found, Unknown)
    assert taken(house) == 0
    (attempt,) = await house.ledger.unsettled(house.clock())
    decided = await house.cashier.decide(attempt, AttemptState.NOT_DONE, "dora")
    assert isinstance(decided, NotMade)
    assert (await house.ledger.audit(payment.id))[-1].by == "dora"
    assert isinstance(await house.cashier.pay(payment.id, house.held(), "anna"), Done)


async def test_an_amount_is_held_and_taken_in_part(house: PaymentHouse) -> None:
    """Authorise, capture; then it is paid by what was taken."""
    payment = await opened(house)
    held = await house.cashier.pay(payment.id, house.held(), "anna", authorise=True)
    assert isinstance(held, Done)
    assert held.payment.state is State.AUTHORISED
    assert taken(house) == 0
    with pytest.raises(NotPossible, match="only what was authorised"):
        await house.cashier.capture(payment.id, "anna", 99_99)
    done = await house.cashier.capture(payment.id, "anna", 10_00)
    assert (done.payment.state, done.payment.captured) == (State.PAID, 10_00)
    assert taken(house) == 10_00


async def test_what_was_held_is_let_go(house: PaymentHouse) -> None:
    """Voided: nothing can be taken any more."""
    payment = await opened(house)
    await house.cashier.pay(payment.id, house.held(), "anna", authorise=True)
    done = await house.cashier.void(payment.id, "anna")
    assert done.payment.state is State.VOIDED
    with pytest.raises(NotPossible):
        await house.cashier.capture(payment.id, "anna")


async def test_money_is_given_back_no_more_than_there_is(house: PaymentHouse) -> None:
    """In parts, the rest at last; a lost reply does not give it twice."""
    payment = await opened(house)
    await house.cashier.pay(payment.id, house.held(), "anna")
    mishaps = iter([None, "cut"])
    house.line.mishap = lambda: next(mishaps, None)
    first = await house.cashier.refund(payment.id, "dora", 2_50)
    assert (first.payment.state, first.payment.refunded) == (State.PARTLY_REFUNDED, 2_50)
    with pytest.raises(NotPossible, match=r"10.00 EUR of it can be refunded"):
        await house.cashier.refund(payment.id, "dora", 10_01)
    rest = await house.cashier.refund(payment.id, "dora")
    assert rest.payment.state is State.REFUNDED
    assert taken(house) == 0


async def test_a_refund_that_nobody_answered_is_looked_for(house: PaymentHouse) -> None:
    """By the attempt's key in its metadata."""
    payment = await opened(house)
    await house.cashier.pay(payment.id, house.held(), "anna")
    mishaps = iter([None, "error"])
    house.line.mishap = lambda: next(mishaps, None)
    assert isinstance(await house.cashier.refund(payment.id, "dora"), Unknown)
    (found,) = await house.cashier.recover(house.clock() + 1)
    assert isinstance(found, Done)
    assert found.payment.state is State.REFUNDED
    assert len(house.provider.refunds) == 1


async def test_a_refund_that_is_declined_is_told_so(
    house: PaymentHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 402, as of a card: the money stays where it is, and no row is left in the way."""
    payment = await opened(house)
    await house.cashier.pay(payment.id, house.held(), "anna")
    refusal = reply_of(402, {"error": {"type": "card_error", "code": "refund_disputed_payment"}})
    monkeypatch.setattr(house.line, "send", answering(refusal))
    outcome = await house.cashier.refund(payment.id, "dora")
    assert isinstance(outcome, Refused)
    assert outcome.payment.state is State.PAID
    assert outcome.decline.code == "refund_disputed_payment"


@pytest.mark.parametrize("kind", ["invalid_request_error", None])
async def test_a_402_of_another_kind_is_no_decline(
    house: PaymentHouse, monkeypatch: pytest.MonkeyPatch, kind: str | None
) -> None:
    """An account that may not send cards is no fault of the caller's."""
    payment = await opened(house)
    refusal = reply_of(402, {"error": {"type": kind, "code": "not_allowed_to_do_this"}})
    monkeypatch.setattr(house.line, "send", answering(refusal))
    outcome = await house.cashier.pay(payment.id, house.held(), "anna")
    assert isinstance(outcome, NotMade)
    assert outcome.payment.state is State.OPEN


async def test_one_answer_that_nobody_foresaw_keeps_no_other_open(
    house: PaymentHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each row is found out by itself; the one that cannot be stays as it is."""
    mishaps = iter([None, None, *["cut"] * 4] * 2)
    house.line.mishap = lambda: next(mishaps, None)
    odd, plain = await opened(house), await opened(house, "call-2/pay")
    for each in (odd, plain):
        assert isinstance(await house.cashier.pay(each.id, house.held(), "anna"), Unknown)
    look = StripeGateway.look

    async def looks(gateway: StripeGateway, asked: Asked) -> Answer | None:
        if asked.order.payment == odd.id:
            raise AttributeError("nobody thought of this")
        return await look(gateway, asked)

    monkeypatch.setattr(StripeGateway, "look", looks)
    (found,) = await house.cashier.recover(house.clock() + 1)
    assert found.payment.id == plain.id
    assert (await house.ledger.payment(odd.id)).state is State.UNSETTLED


async def test_a_payment_that_the_provider_has_not_decided_is_told_by_a_notice(
    house: PaymentHouse,
) -> None:
    """Unknown until then; the notice only makes us look, so its text cannot lie."""
    payment = await opened(house)
    assert isinstance(await house.cashier.pay(payment.id, house.held(PENDING), "anna"), Unknown)
    notice = Notice("evt_1", "payment_intent.succeeded", None, payment.id, None)
    await house.cashier.take_notice(notice)
    assert (await house.ledger.payment(payment.id)).state is State.UNSETTLED
    house.provider.finish_pending(house.clock())
    await house.cashier.take_notice(notice)
    assert (await house.ledger.payment(payment.id)).state is State.PAID


async def test_a_refund_made_elsewhere_comes_into_the_ledger(house: PaymentHouse) -> None:
    """Money was given back on the provider's own pages; a notice that is repeated counts once."""
    payment = await opened(house)
    done = await house.cashier.pay(payment.id, house.held(), "anna")
    notice = Notice("evt_2", "charge.refunded", done.payment.handle, None, 5_00)
    for _ in range(2):
        await house.cashier.take_notice(notice)
    after = await house.ledger.payment(payment.id)
    assert (after.state, after.refunded) == (State.PARTLY_REFUNDED, 5_00)
    entries = [each.what for each in await house.ledger.audit(payment.id)]
    assert entries.count("refunded elsewhere") == 1


async def test_a_refund_made_elsewhere_is_in_the_settlement(house: PaymentHouse) -> None:
    """What the provider pays out is what the export adds up to."""
    payment = await opened(house)
    done = await house.cashier.pay(payment.id, house.held(), "anna")
    await house.cashier.refund(payment.id, "dora", 1_00)
    await house.cashier.take_notice(
        Notice("evt_2", "charge.refunded", done.payment.handle, None, 5_00)
    )
    moved = await house.ledger.settled_between(0, house.clock() + 1)
    told = [(each.operation, each.amount, each.by, each.code) for _, each in moved]
    assert told == [
        (Operation.CHARGE, 12_50, "anna", None),
        (Operation.REFUND, 1_00, "dora", None),
        (Operation.REFUND, 4_00, "engine", "elsewhere"),
    ]
    rest = await house.cashier.refund(payment.id, "dora")
    assert rest.payment.refunded == 12_50


async def test_what_was_only_held_and_is_let_go_is_no_refund(house: PaymentHouse) -> None:
    """Though Stripe's charge says that all of it was refunded."""
    payment = await opened(house)
    await house.cashier.pay(payment.id, house.held(), "anna", authorise=True)
    await house.cashier.void(payment.id, "anna")
    await house.cashier.take_notice(Notice("evt_2", "charge.refunded", None, payment.id, 12_50))
    after = await house.ledger.payment(payment.id)
    assert (after.state, after.refunded) == (State.VOIDED, 0)


async def test_a_notice_of_somebody_elses_payment_is_passed_over(house: PaymentHouse) -> None:
    """The account may serve others too."""
    notice = Notice("evt_3", "payment_intent.succeeded", "pi_other", "pay_other", None)
    await house.cashier.take_notice(notice)
    assert await house.ledger.newest() == []


async def test_the_ledger_lists_by_state_and_site(house: PaymentHouse) -> None:
    """Another site's payments are not ours."""
    payment = await opened(house)
    assert [each.id for each in await house.ledger.newest()] == [payment.id]
    assert await house.ledger.newest(PaymentFilter(state=State.PAID)) == []
    house.ledger.move_to("elsewhere")
    assert await house.ledger.newest() == []
    with pytest.raises(NoSuchPayment):
        await house.ledger.payment("pay_none")


async def test_what_was_not_done_is_not_told_so_before_it_is_written(house: PaymentHouse) -> None:
    """Else the next engine would ask again, and charge who was told that nothing was charged."""
    payment = await opened(house)
    mishaps = iter([None, None, *["unreachable"] * 4])
    house.line.mishap = lambda: next(mishaps, None)
    fates = iter([None] * 4 + ["away"])  # begun and armed, then the database is away
    house.ledger.fate = lambda: next(fates, None)
    assert isinstance(await house.cashier.pay(payment.id, house.held(), "anna"), Unknown)


async def test_another_operation_has_an_intent_of_its_own(house: PaymentHouse) -> None:
    """An authorisation was declined, and the money is asked for: confirming the first intent would
    only hold it, and call it paid."""
    payment = await opened(house)
    refused = await house.cashier.pay(payment.id, house.held(BAD), "anna", authorise=True)
    assert isinstance(refused, Refused)
    done = await house.cashier.pay(payment.id, house.held(), "anna")
    assert isinstance(done, Done)
    assert done.payment.state is State.PAID
    assert taken(house) == 12_50
    assert len(house.provider.intents) == 2


async def test_what_another_provider_has_is_not_asked_of_this_one(house: PaymentHouse) -> None:
    """The site names another since: who knows nothing of a payment would answer for another one."""
    payment = await opened(house)
    mishaps = iter([None, None, *["cut"] * 4])
    house.line.mishap = lambda: next(mishaps, None)
    assert isinstance(await house.cashier.pay(payment.id, house.held(), "anna"), Unknown)
    asked = list(house.line.sent)
    other = Cashier(house.ledger, StripeGateway(house.api), "http", house.clock, house.clock.sleep)
    (found,) = await other.recover(house.clock() + 1)
    assert isinstance(found, Unknown)
    assert house.line.sent == asked
    (found,) = await house.cashier.recover(house.clock() + 1)
    assert isinstance(found, Done)
    with pytest.raises(NotPossible, match="opened with stripe, and the site names http now"):
        await other.refund(payment.id, "dora")


async def test_a_person_may_have_been_told_wrong(house: PaymentHouse) -> None:
    """The provider's word that it was done counts, also after somebody has said that it was not."""
    payment = await opened(house)
    assert isinstance(await house.cashier.pay(payment.id, house.held(PENDING), "anna"), Unknown)
    (attempt,) = await house.ledger.attempts(payment.id)
    decided = await house.cashier.decide(attempt, AttemptState.NOT_DONE, "dora")
    assert decided.payment.state is State.OPEN
    house.provider.finish_pending(house.clock())
    notice = Notice("evt_1", "payment_intent.succeeded", None, payment.id, None)
    await house.cashier.take_notice(notice)
    assert (await house.ledger.payment(payment.id)).state is State.PAID


async def test_what_somebody_has_cancelled_at_the_provider_is_not_unknown_for_ever(
    house: PaymentHouse,
) -> None:
    """A declined payment's intent was cancelled on the provider's pages, and another card is tried:
    nothing can be taken by it any more."""
    payment = await opened(house)
    refused = await house.cashier.pay(payment.id, house.held(BAD), "anna")
    path = f"/v1/payment_intents/{refused.payment.handle}/cancel"
    assert house.provider.handle(Call("POST", path, {}), house.clock()).status == 200
    assert isinstance(await house.cashier.pay(payment.id, house.held(), "anna"), Unknown)
    (found,) = await house.cashier.recover(house.clock() + 1)
    assert isinstance(found, Refused)
    assert found.payment.state is State.DECLINED
    assert taken(house) == 0
