"""An agent takes a card payment over the API, from the first key to the money."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from desk.card_payments import FIELDS
from payments.ledger import NewPayment, State
from payments.money import Amount
from tests.fakes.paying import CONTACT, Desk, Json, desk
from tests.fakes.payment_house import Killed

pytestmark = pytest.mark.unit

VISA, NO_FUNDS, WRONG_CODE = "4242424242424242", "4000000000009995", "4000000000000127"
KEYED = "1230123"
"""December 2030, and a code of three digits."""


@pytest.fixture
async def anna(tmp_path: Path) -> AsyncIterator[Desk]:
    """In conversation with a caller."""
    async with desk(tmp_path) as at_desk:
        yield at_desk


async def keyed(anna: Desk, number: str = VISA) -> Json:
    """A whole card, after its start."""
    anna.caller.keys(f"{number}#{KEYED}")
    return await anna.sees("complete")


async def ended(anna: Desk) -> Json:
    """The end that every test comes to, with nothing left open."""
    state = await anna.sees("ended")
    await anna.paying.house.tasks.rest()
    assert anna.caller.closed == 1
    assert anna.paying.takings.of(CONTACT) is None
    return state


def told(state: Json, name: str) -> Json:
    """One field of those that are shown."""
    (found,) = [each for each in state["fields"] if each["field"] == name]
    return dict(found)


async def test_a_payment_from_the_first_key_to_the_money(anna: Desk) -> None:
    """The intent is in the ledger before anything is asked; the agent sees dots, brand and last
    four, and asks for the money; the ledger tells who began and ended it."""
    status, state = await anna.starts()
    assert status == 201
    assert (state["amount"], state["currency"], state["operation"]) == ("12.50", "EUR", "charge")
    payment = await anna.paying.ledger.payment(state["payment"])
    assert (payment.state, payment.agent, payment.contact_id) == (State.OPEN, "anna", CONTACT)
    anna.caller.keys("42424")
    state = await anna.sees("capturing", asked="card-number", dots=5)
    assert state["brand"] == "visa"
    anna.caller.keys(f"{VISA[5:]}#{KEYED}")
    state = await anna.sees("complete")
    assert (state["brand"], state["last4"]) == ("visa", "4242")
    assert {each["step"] for each in state["fields"]} == {"done"}
    assert anna.paying.taken == 0
    assert (await anna.leads("complete"))[0] == 200
    assert (await ended(anna))["result"] == "success"
    assert anna.paying.taken == 12_50
    audit = [(each.by, each.what) for each in await anna.paying.ledger.audit(anna.payment)]
    assert audit == [
        ("agent:anna", "opened"),
        ("agent:anna", "capture started"),
        ("agent:anna", "charge"),
        ("engine", "charge approved"),
        ("engine", "capture ended"),
    ]


async def test_no_prompt_is_played_unless_it_is_wanted(anna: Desk) -> None:
    """The agent tells the caller what to key."""
    await anna.starts()
    await keyed(anna)
    assert anna.caller.said == []
    await anna.leads("cancel")
    await ended(anna)
    await anna.starts(key="43", prompts=True)
    await keyed(anna)
    assert anna.caller.said[0].startswith("Please enter your card number")
    await anna.leads("cancel")
    await ended(anna)


async def test_a_decline_is_told_in_words_and_retried_with_another_card(anna: Desk) -> None:
    """The whole card is keyed anew, the money asked for once more, on the same payment."""
    await anna.starts()
    await keyed(anna, NO_FUNDS)
    await anna.leads("complete")
    state = await anna.sees("declined")
    assert state["decline"] == {
        "reason": "funds",
        "say": "The card does not have enough funds for this. Would you like to pay with another "
        "card?",
        "again": ["card-number", "expiration-date", "security-code"],
    }
    assert (state["tries"], state["tries_left"]) == (1, 2)
    assert (await anna.leads("retry"))[0] == 200
    state = await anna.sees("capturing", asked="card-number")
    assert (state["last4"], told(state, "security-code")["step"]) == (None, "empty")
    await keyed(anna)
    await anna.leads("complete")
    assert (await ended(anna))["result"] == "success"
    assert anna.paying.taken == 12_50
    assert len(anna.paying.money.provider.intents) == 1


async def test_the_code_alone_is_keyed_again_where_it_was_wrong(anna: Desk) -> None:
    """Number and date stay; or the caller takes another card."""
    await anna.starts()
    await keyed(anna, WRONG_CODE)
    await anna.leads("complete")
    assert (await anna.sees("declined"))["decline"]["again"] == ["security-code"]
    await anna.leads("retry")
    assert (await anna.sees("capturing", asked="security-code"))["last4"] == "0127"
    anna.caller.keys("123")
    await anna.sees("complete")
    await anna.leads("complete")
    await anna.sees("declined")
    await anna.leads("retry", another_card=True)
    await anna.sees("capturing", asked="card-number")
    await keyed(anna)
    await anna.leads("complete")
    assert (await ended(anna))["result"] == "success"


async def test_after_enough_declines_it_is_over(anna: Desk) -> None:
    """As often as the site says."""
    await anna.starts()
    for _ in range(3):
        await keyed(anna, NO_FUNDS)
        await anna.leads("complete")
        if (await anna.sees("declined", "ended"))["phase"] == "declined":
            await anna.leads("retry")
            await anna.sees("capturing", asked="card-number")
    assert (await ended(anna))["result"] == "declined"
    assert anna.paying.taken == 0


async def test_lost_and_stolen_cards_are_told_like_any_other(anna: Desk) -> None:
    """Neither the state nor an event says why."""
    for key, number in (("1", "4000000000009987"), ("2", "4000000000009979")):
        await anna.starts(key=key)
        await keyed(anna, number)
        await anna.leads("complete")
        state = await anna.sees("declined")
        assert state["decline"]["reason"] == "generic"
        assert not any(word in str(state) for word in ("lost", "stolen"))
        await anna.leads("cancel")
        assert (await ended(anna))["result"] == "declined"


async def test_what_is_not_known_is_never_told_as_declined(anna: Desk) -> None:
    """And nothing more is taken in this call until it is known."""
    await anna.starts()
    await keyed(anna)
    mishaps = iter([None, None, *["cut"] * 20])  # the token, then nothing but silence
    anna.paying.money.line.mishap = lambda: next(mishaps, None)
    await anna.leads("complete")
    assert (await ended(anna))["result"] == "outcome-unknown"
    status, refused = await anna.starts(key="43")
    assert (status, refused["error"]["code"]) == (409, "unsettled")


async def test_a_provider_that_is_away_charged_nothing(anna: Desk) -> None:
    """Told as what it is, with a word for whoever looks after it."""
    await anna.starts()
    await keyed(anna)
    mishaps = iter([None, None, *["unreachable"] * 20])
    anna.paying.money.line.mishap = lambda: next(mishaps, None)
    await anna.leads("complete")
    state = await ended(anna)
    assert (state["result"], state["problem"]) == ("payment-connector-error", "unreachable")


@pytest.mark.parametrize(
    ("steps", "result"), [(0, "payment-connector-error"), (2, "outcome-unknown")]
)
async def test_a_ledger_that_goes_away_leaves_nothing_told_wrong(
    anna: Desk, steps: int, result: str
) -> None:
    """Before there is a token nothing can be charged. Afterwards what was to be written may be
    there, and would be asked for later: it is unknown."""
    await anna.starts()
    await keyed(anna)
    fates = iter([*[None] * steps, "away"])
    anna.paying.ledger.fate = lambda: next(fates, None)
    await anna.leads("complete")
    assert (await ended(anna))["result"] == result
    assert anna.paying.taken == 0


async def test_a_start_is_begun_once(anna: Desk) -> None:
    """The same key gives the same payment, now and after its end; for something else it is
    refused."""
    _, first = await anna.starts()
    _, again = await anna.starts()
    assert first["payment"] == again["payment"]
    assert len(anna.paying.captures.opened) == 1
    status, refused = await anna.starts(amount="13.00")
    assert (status, refused["error"]["code"]) == (409, "key-used-otherwise")
    await anna.leads("cancel")
    await ended(anna)
    status, state = await anna.starts()
    assert (status, state["result"]) == (201, "cancelled-by-agent")
    assert len(anna.paying.captures.opened) == 1


async def test_there_is_one_at_a_time(anna: Desk) -> None:
    """session-in-progress, as the field calls it."""
    await anna.starts()
    status, refused = await anna.starts(key="43")
    assert (status, refused["error"]["code"]) == (409, "session-in-progress")
    await anna.leads("cancel")
    await ended(anna)


async def test_only_the_callers_agent_or_a_supervisor_may(anna: Desk) -> None:
    """Neither another agent, nor anybody where nobody talks; a supervisor is in the audit."""
    assert await refusal(anna, agent="bence") == (403, "not_yours")
    await anna.starts(agent=None, supervisor="maria")
    assert (await anna.leads("cancel", agent="bence"))[0] == 403
    assert (await anna.leads("cancel", supervisor="maria"))[0] == 200
    await ended(anna)
    audit = await anna.paying.ledger.audit(anna.payment)
    who = {each.what: each.by for each in audit}
    assert who["capture started"] == who["capture ended"] == "supervisor:maria"
    path = "contacts/c2/payments"
    status, told = await anna.asks("POST", path, {"key": "1", **START_OF_NOBODY})
    assert (status, told["error"]["code"]) == (409, "not_in_conversation")


START_OF_NOBODY: Json = {
    "agent": "anna",
    "amount": "1.00",
    "currency": "EUR",
    "reference": "x",
}


async def refusal(anna: Desk, **changed: Any) -> tuple[int, str]:
    status, refused = await anna.starts(**changed)
    return status, refused["error"]["code"]


async def test_where_no_card_can_be_captured_nothing_is_begun(anna: Desk) -> None:
    """The agent is told why, and tries again with the same key."""
    anna.paying.captures.away = "unsafe"
    assert await refusal(anna) == (503, "captures_away")
    anna.paying.captures.away = None
    assert (await anna.starts())[0] == 201
    await anna.leads("cancel")
    await ended(anna)
    payments = anna.paying.payments
    anna.paying.payments = None
    assert await refusal(anna, key="43") == (409, "no_payments")
    anna.paying.payments = payments
    anna.paying.ledger.fate = lambda: "away"
    assert await refusal(anna, key="44") == (503, "ledger_away")
    anna.paying.ledger.fate = lambda: None


async def test_fields_in_the_agents_order(anna: Desk) -> None:
    """Nothing is asked for until the agent asks; a field can be reset, and one of another payment
    is refused."""
    fields = ["expiration-date", "card-number"]
    await anna.starts(fields=fields, in_order=False)
    anna.caller.keys("1230")  # nobody has asked
    await anna.leads("ask", field="card-number")
    anna.caller.keys(VISA + "#")
    status, refused = await anna.leads("ask", field="security-code")
    assert (status, refused["error"]["code"]) == (409, "not_now")
    await anna.leads("ask", field="expiration-date")
    anna.caller.keys("12")
    await anna.leads("reset", field="expiration-date")
    anna.caller.keys("1230")
    assert [each["field"] for each in (await anna.sees("complete"))["fields"]] == fields
    await anna.leads("cancel")
    await ended(anna)


async def test_errors_and_attempts_are_seen(anna: Desk) -> None:
    """By their names, each with the attempts that are left; at last it ends."""
    await anna.starts()
    anna.caller.keys("4242424242424241#")
    anna.caller.keys("6011111111111117#")
    anna.caller.keys("12#")
    assert (await ended(anna))["result"] == "too-many-failed-attempts"
    rejected = [each async for each in anna.watches(0) if each["what"] == "rejected"]
    assert [(each["error"], each["attempts_left"]) for each in rejected] == [
        ("invalid-card-number", 2),
        ("invalid-card-type", 1),
        ("invalid-card-number", 0),
    ]


async def test_a_caller_ends_it_by_star_or_by_hanging_up(anna: Desk) -> None:
    """The audit says so."""
    for key, end, result in (
        ("1", "*", "caller-interrupted-with-star"),
        ("2", "", "caller-hung-up"),
    ):
        await anna.starts(key=key)
        anna.caller.keys(end) if end else anna.caller.hangs_up()
        assert (await ended(anna))["result"] == result
        assert (await anna.paying.ledger.audit(anna.payment))[-1].by == "caller"


async def test_who_hangs_up_while_the_money_is_asked_for_has_paid(anna: Desk) -> None:
    """The provider's word counts, also where the capture's process is lost at that moment."""
    await anna.starts()
    await keyed(anna)
    mishaps = iter([lambda: None, lambda: None, anna.caller.is_lost])  # before it is charged
    anna.paying.money.line.mishap = lambda: next(mishaps, lambda: None)()
    await anna.leads("complete")
    state = await ended(anna)
    assert (state["result"], anna.paying.taken) == ("success", 12_50)


async def test_a_decline_that_nobody_acts_on_ends(anna: Desk) -> None:
    """The agent is not left masked for ever."""
    await anna.starts()
    await keyed(anna, NO_FUNDS)
    await anna.leads("complete")
    await anna.sees("declined")
    anna.paying.naps[0].set_result(None)
    assert (await ended(anna))["result"] == "declined"


async def test_a_stream_that_broke_off_goes_on_where_it_was(anna: Desk) -> None:
    """First how it stands, then each change with its number; Last-Event-ID gives the rest."""
    await anna.starts()
    anna.caller.keys("424242")
    await anna.sees("capturing", asked="card-number", dots=6)
    await anna.leads("cancel")
    await ended(anna)
    whole = [each async for each in anna.watches(0)]
    assert [each["what"] for each in whole] == [
        *("begun", "asked", "keyed", "brand", *["keyed"] * 5, "ended"),
    ]
    rest = [each async for each in anna.watches(whole[-2]["id"])]
    assert rest == whole[-1:]
    (now,) = [each async for each in anna.watches()]
    assert (now["what"], now["phase"]) == ("state", "ended")


async def test_an_amount_is_only_held_where_it_is_wanted(anna: Desk) -> None:
    """To be captured later by its id."""
    await anna.starts(operation="authorise")
    await keyed(anna)
    await anna.leads("complete")
    assert (await ended(anna))["result"] == "success"
    assert anna.paying.taken == 0
    assert (await anna.paying.ledger.payment(anna.payment)).state is State.AUTHORISED


async def test_what_is_told_anywhere_has_no_more_than_the_last_four(anna: Desk) -> None:
    """State, events, story, audit, metrics."""
    await anna.starts()
    await keyed(anna)
    await anna.leads("complete")
    state = await ended(anna)
    events = [each async for each in anna.watches(0)]
    story = anna.paying.house.chronicle.story(CONTACT)
    assert story is not None
    timeline = [(each.what, dict(each.fields)) for each in story.timeline][-2:]
    assert timeline == [
        ("payment", {"payment": anna.payment, "amount": "12.50 EUR", "by": "agent:anna"}),
        (
            "payment_ended",
            {"payment": anna.payment, "result": "success", "brand": "visa", "last4": "4242"},
        ),
    ]
    metrics = anna.paying.house.services.metrics.text().decode()
    assert 'trunkline_payment_captures_total{result="success",way="agent"} 1.0' in metrics
    assert 'trunkline_payment_charges_total{operation="charge",outcome="done"} 1.0' in metrics
    audit = await anna.paying.ledger.audit(anna.payment)
    everything = f"{state} {events} {timeline} {audit} {metrics}"
    assert VISA not in everything
    assert "1230" not in everything


async def test_a_payment_that_nobody_remembers_is_as_the_ledger_has_it(anna: Desk) -> None:
    """After a restart of the engine; what there never was is 404."""
    await anna.starts()
    await keyed(anna)
    await anna.leads("complete")
    await ended(anna)
    anna.paying.takings.forget()
    state = (await anna.asks("GET", f"payments/{anna.payment}"))[1]
    assert (state["phase"], state["result"], state["last4"]) == ("ended", "success", "4242")
    assert (await anna.asks("GET", f"contacts/{CONTACT}/payments"))[1] == [state]
    status, refused = await anna.leads("retry")
    assert (status, refused["error"]["code"]) == (409, "not_now")
    assert (await anna.asks("GET", f"payments/pay_{'0' * 32}"))[0] == 404


async def test_what_ended_without_money_is_over_after_a_restart_too(anna: Desk) -> None:
    """By its own word; where an engine died in the middle of it, by none. Its stream ends."""
    await anna.starts()
    await anna.leads("cancel")
    await ended(anna)
    anna.paying.takings.forget()
    state = (await anna.asks("GET", f"payments/{anna.payment}"))[1]
    assert (state["phase"], state["result"]) == ("ended", "cancelled-by-agent")
    assert len([each async for each in anna.watches()]) == 1
    about = Amount(12_50, "EUR"), "Invoice 7", CONTACT, "anna"
    left = await anna.paying.money.cashier.open(NewPayment(f"{CONTACT}/43", *about), "agent:anna")
    shown = (await anna.asks("GET", f"contacts/{CONTACT}/payments"))[1]
    results = {each["payment"]: (each["phase"], each["result"]) for each in shown}
    assert results[left.id] == ("ended", "internal-error")
    assert results[anna.payment] == ("ended", "cancelled-by-agent")


async def test_an_engine_that_was_killed_between_token_and_charge(anna: Desk) -> None:
    """The next one does not know, says so, begins nothing else in this call, and then asks with the
    same key: paid once, as the agent is told."""
    money = anna.paying.money
    about = Amount(12_50, "EUR"), "Invoice 7", CONTACT, "anna"
    payment = await money.cashier.open(NewPayment(f"{CONTACT}/42", *about), "agent:anna")
    fates = iter([None, None, "kill"])  # the token came
    money.line.mishap = lambda: next(fates, None)
    with pytest.raises(Killed), money.held() as held:
        await money.cashier.pay(payment.id, held, "agent:anna")
    anna.payment = payment.id
    for _ in range(2):
        state = (await anna.asks("GET", f"payments/{payment.id}"))[1]
        assert (state["phase"], state["result"]) == ("ended", "outcome-unknown")
        status, again = await anna.starts()
        assert (status, again["payment"], again["result"]) == (201, payment.id, "outcome-unknown")
    status, refused = await anna.starts(key="43")
    assert (status, refused["error"]["code"]) == (409, "unsettled")
    assert (anna.paying.captures.opened, anna.paying.taken) == ([], 0)
    anna.payment = payment.id
    await money.engine().recover(money.clock() + 1)
    shown = (await anna.asks("GET", f"payments/{payment.id}"))[1]
    assert (shown["phase"], shown["result"]) == ("ended", "success")
    assert shown in (await anna.asks("GET", f"contacts/{CONTACT}/payments"))[1]
    assert (await anna.starts())[1]["result"] == "success"
    assert anna.paying.taken == 12_50


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"amount": 12.5}, 'amount: a text such as "12.50", above zero, is needed'),
        ({"amount": "-1"}, 'amount: a text such as "12.50", above zero, is needed'),
        ({"amount": "12.505"}, "no amount of EUR that can be paid"),
        ({"currency": "eur"}, "currency: three letters such as EUR are needed"),
        ({"currency": "EUX"}, '"EUX" is no currency of ISO 4217, did you mean "EUR"?'),
        ({"key": ""}, "key: a text of one line is needed"),
        ({"reference": "a\nb"}, "reference: a text of one line is needed"),
        ({"reference": "4242 4242 4242 4242"}, "reference: a card's number is written nowhere"),
        ({"agent": None}, "agent or supervisor: one of them says who asks"),
        ({"supervisor": "maria"}, "agent or supervisor: one of them says who asks"),
        ({"operation": "pay"}, "operation: one of charge, authorise is needed"),
        ({"language": "fr"}, "language: one of en, hu, pl, et is needed"),
        ({"in_order": "yes"}, "in_order: true or false is needed"),
        (
            {"fields": ["card-number"]},
            "fields: each once, of " + ", ".join(FIELDS) + "; a card has at least card-number and "
            "expiration-date",
        ),
    ],
)
async def test_what_cannot_be_read_is_not_begun(anna: Desk, changed: Json, message: str) -> None:
    """400, and what is needed."""
    status, refused = await anna.starts(**changed)
    assert (status, refused["error"]["message"]) == (400, message)
    assert anna.paying.captures.opened == []


async def test_the_audit_comes_first(anna: Desk) -> None:
    """What cannot be written down is not done."""
    await anna.starts()
    await keyed(anna)
    anna.paying.ledger.fate = lambda: "away"
    status, refused = await anna.leads("reset", field="security-code")
    anna.paying.ledger.fate = lambda: None
    assert (status, refused["error"]["code"]) == (503, "ledger_away")
    assert (await anna.sees("complete"))["last4"] == "4242"
    await anna.leads("cancel")
    await ended(anna)
