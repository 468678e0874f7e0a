"""A caller pays by card in a flow: what is captured, charged, heard, and what the flow learns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.agi.session import AgiSession
from engine.house import House as EntryPoints
from engine.publishing.flows import Flows
from payments.ledger import State
from tests.fakes.agi_client import FakeCall, conversation
from tests.fakes.paying import PayingHouse, paying_house
from tests.unit.conversation import program

pytestmark = pytest.mark.unit

TEXT = """
languages: [en, hu]
start: language
vars:
  due: {type: money, currency: EUR, start: "12.50"}
steps:
  language: {language: LANGUAGE, next: pay}
  pay:
    pay: {amount: due / PARTS, reference: Invoice 7}
    paid: thanks
    declined: refused
    cancelled: left
    unknown: unknown
    on_error: sorry
  thanks: {say: Thanks., next: NEXT}
  refused: {say: Refused., next: NEXT}
  left: {say: Left., next: NEXT}
  unknown: {say: Unknown., next: NEXT}
  sorry: {say: Sorry., next: NEXT}
  end: {hangup: normal}
"""
ONCE_MORE = """
  again:
    menu: {prompt: Again., options: {1: pay, 2: end}, timeout: 5s}
    on_timeout: end
    on_invalid: end
    on_error: end
"""
AGAIN = "GET DATA again 5000 1"
CONTACT = "1700000000.1"
OK, SET = "200 result=0", "200 result=1"
VISA, NO_FUNDS = "4242424242424242", "4000000000009995"
KEYED = "#1230123"


@pytest.fixture
async def paying(tmp_path: Path) -> AsyncIterator[PayingHouse]:
    """A house whose calls can be paid in."""
    async with paying_house(tmp_path) as house:
        yield house


@asynccontextmanager
async def calling(
    paying: PayingHouse, *, language: str = "en", then: str = "end", parts: int = 1
) -> AsyncIterator[FakeCall]:
    """A call that comes to its step `pay`; afterwards it goes to `then`."""
    text = TEXT.replace("LANGUAGE", language).replace("NEXT", then).replace("PARTS", str(parts))
    services = paying.house.services
    flow = program(text + (ONCE_MORE if then == "again" else ""))
    services.flows = Flows(1, {"support": flow})

    async def handler(session: AgiSession) -> None:
        await EntryPoints(services).take_call(session, "+3615550100")

    async with conversation(handler) as call:
        yield call


async def answered(call: FakeCall) -> None:
    await call.answers('EXEC Answer ",i"', OK)


async def at_key(paying: PayingHouse, nth: int = 1) -> None:
    """Until a card can be keyed."""
    captures = paying.captures
    await captures.news.until(lambda: len(captures.opened) >= nth and captures.last.asking)


async def says(call: FakeCall, *words: str) -> None:
    for word in words:
        await call.answers(f'STREAM FILE {word} ""', "200 result=0 endpos=1")


async def ends(call: FakeCall) -> None:
    await call.answers("SET VARIABLE TRK_STAGE done", SET)
    await call.answers("HANGUP", SET)


async def test_a_caller_pays(paying: PayingHouse) -> None:
    """Prompted for each field; the history tells of the payment, with its last four digits."""
    async with calling(paying) as call:
        await answered(call)
        await at_key(paying)
        paying.caller.keys(VISA + KEYED)
        await says(call, "thanks")
        await ends(call)
    assert paying.taken == 12_50
    assert paying.caller.said == [
        "Please enter your card number, then press the pound key.",
        "Please enter the expiry date, two digits for the month and two for the year.",
        "Please enter the three-digit security code on the back of the card.",
        "Thank you. One moment, please.",
        "Your payment has been made.",
    ]
    (payment,) = await paying.ledger.newest()
    assert (payment.state, payment.contact_id, payment.agent) == (State.PAID, CONTACT, None)
    told = {each.what: each.fields for each in paying.house.writer.row.timeline}
    assert told["payment"] == {"payment": payment.id, "amount": "12.50 EUR", "by": "flow"}
    assert told["payment_ended"]["last4"] == "4242"
    assert VISA not in str(paying.house.writer.row)
    audit = [(each.by, each.what) for each in await paying.ledger.audit(payment.id)]
    assert audit[:2] == [("flow", "opened"), ("flow", "capture started")]


async def test_a_decline_is_told_in_the_callers_language_and_another_card_pays(
    paying: PayingHouse,
) -> None:
    """Why, as far as it may be told, and how to go on."""
    async with calling(paying, language="hu") as call:
        await call.answers("SET VARIABLE TRK_LANGUAGE hu", SET)
        await answered(call)
        await at_key(paying)
        paying.caller.keys(NO_FUNDS + KEYED)
        await at_key(paying)
        paying.caller.keys(VISA + KEYED)
        await says(call, "thanks")
        await ends(call)
    assert paying.taken == 12_50
    said = paying.caller.said
    why = said.index("A kártyán ehhez nincs elegendő fedezet.")
    assert said[why + 1].startswith("Nem terheltünk meg semmit. Most másik kártyával fizethet")
    assert said[why + 2].startswith("Kérjük, adja meg a kártyaszámot")
    told = [each.what for each in paying.house.writer.row.timeline]
    assert told.count("payment_declined") == 1


@pytest.mark.parametrize(
    ("keys", "word", "result"),
    [
        ("*", "left", "caller-interrupted-with-star"),
        ("1#1#1#", "left", "too-many-failed-attempts"),
        ((NO_FUNDS + KEYED) * 3, "refused", "declined"),
    ],
)
async def test_other_ends_go_their_way(
    paying: PayingHouse, keys: str, word: str, result: str
) -> None:
    """By the names of the field."""
    async with calling(paying) as call:
        await answered(call)
        for keyed in keys.split(KEYED):
            if not keyed:
                continue
            await at_key(paying)
            paying.caller.keys(keyed + (KEYED if KEYED in keys else ""))
        await says(call, word)
        await ends(call)
    assert paying.taken == 0
    ended = next(x for x in paying.house.writer.row.timeline if x.what == "payment_ended")
    assert ended.fields["result"] == result


async def test_what_nobody_knows_blocks_the_next_try(paying: PayingHouse) -> None:
    """The flow comes to the step again: the caller is told not to pay again, and keys nothing."""
    async with calling(paying, then="again") as call:
        await answered(call)
        await at_key(paying)
        mishaps = iter([None, None, *["cut"] * 20])
        paying.money.line.mishap = lambda: next(mishaps, None)
        paying.caller.keys(VISA + KEYED)
        await says(call, "unknown")
        await call.answers(AGAIN, "200 result=1")
        told = "we_do_not_know_yet_whether_your_payment_was_made"
        assert (await call.hears()).startswith(f"STREAM FILE {told}")
        call.says("HANGUP", "200 result=-1 endpos=1")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    assert len(paying.captures.opened) == 1
    assert len(await paying.ledger.newest()) == 1


async def test_who_has_paid_does_not_pay_again(paying: PayingHouse) -> None:
    """The same step, amount and reference: it is told that it was paid."""
    async with calling(paying, then="again") as call:
        await answered(call)
        await at_key(paying)
        paying.caller.keys(VISA + KEYED)
        await says(call, "thanks")
        await call.answers(AGAIN, "200 result=1")
        await says(call, "your_payment_has_been_made", "thanks")
        await call.answers(AGAIN, "200 result=2")
        await ends(call)
    assert paying.taken == 12_50
    assert len(paying.captures.opened) == 1


async def test_what_was_given_back_may_be_paid_again(paying: PayingHouse) -> None:
    """In the same call: it is not paid any more. It is a payment of its own, captured anew."""
    async with calling(paying, then="again") as call:
        await answered(call)
        for nth in (1, 2, 3):
            await at_key(paying, nth)
            paying.caller.keys(VISA + KEYED)
            await says(call, "thanks")
            if nth < 3:
                (newest,) = await paying.ledger.newest(limit=1)
                with paying.counter() as counter:
                    await counter.cashier.refund(newest.id, "dora")
            await call.answers(AGAIN, f"200 result={1 if nth < 3 else 2}")
        await ends(call)
    states = [each.state for each in await paying.ledger.newest()]
    assert states == [State.PAID, State.REFUNDED, State.REFUNDED]


async def test_who_gave_up_may_pay_the_next_time(paying: PayingHouse) -> None:
    """On the same payment."""
    async with calling(paying, then="again") as call:
        await answered(call)
        await at_key(paying)
        paying.caller.keys("*")
        await says(call, "left")
        await call.answers(AGAIN, "200 result=1")
        await at_key(paying, 2)
        paying.caller.keys(VISA + KEYED)
        await says(call, "thanks")
        await call.answers(AGAIN, "200 result=2")
        await ends(call)
    (payment,) = await paying.ledger.newest()
    assert payment.state is State.PAID


async def test_a_hangup_while_the_money_is_asked_for_is_heard_to_its_end(
    paying: PayingHouse,
) -> None:
    """The ledger knows the truth; the flow is over."""
    async with calling(paying) as call:
        await answered(call)
        await at_key(paying)
        paying.caller.keys(VISA + KEYED)
        call.says("HANGUP")
        await call.answers("SET VARIABLE TRK_STAGE done", SET)
    (payment,) = await paying.ledger.newest()
    assert (payment.state, paying.taken) == (State.PAID, 12_50)


@pytest.mark.parametrize("why", ["away", "none", "database"])
async def test_where_payments_cannot_be_taken_the_flow_goes_on(
    paying: PayingHouse, why: str
) -> None:
    """No process for cards, no provider, no ledger: nothing is asked of the caller."""
    async with calling(paying) as call:
        match why:
            case "away":
                paying.captures.away = "restarting"
            case "none":
                paying.payments = None
            case "database":
                paying.ledger.fate = lambda: "away"
        await answered(call)
        await says(call, "sorry")
        await ends(call)
        paying.ledger.fate = lambda: None
    assert paying.captures.opened == []


async def test_an_amount_finer_than_money_is_not_asked_for(paying: PayingHouse) -> None:
    """Half a cent leaves by on_error."""
    async with calling(paying, parts=8) as call:
        await answered(call)
        await says(call, "sorry")
        await ends(call)
    assert await paying.ledger.newest() == []
