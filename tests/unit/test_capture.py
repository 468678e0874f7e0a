"""Keying a card, as conversations: keys and silence in, prompts and progress out."""

from dataclasses import replace

import pytest

from payments.capture import (
    Accepted,
    Actor,
    Asked,
    Brand,
    Cleared,
    Completed,
    Ended,
    Field,
    FieldError,
    Keyed,
    PromptKind,
    Recognised,
    Rejected,
    Result,
    Rules,
)
from payments.capture.states import Complete, Keying, Paying, Waiting
from tests.unit.capturing import AMEX, MASTERCARD, VISA, Caller

pytestmark = pytest.mark.unit

POSTAL = Rules(
    fields=(Field.NUMBER, Field.EXPIRY, Field.CODE, Field.POSTAL),
    optional=frozenset({Field.POSTAL}),
)
AGENT = Rules(automatic=False, first_key_ms=None)


def test_a_card_is_keyed_field_after_field() -> None:
    """The agent sees dots, the brand, each field done with the last four, and that it is whole."""
    caller = Caller()
    caller.keys(MASTERCARD + "1230" + "123")
    dots = [each for each in caller.events() if isinstance(each, Keyed)]
    assert [each.count for each in dots] == [*range(1, 17), *range(1, 5), *range(1, 4)]
    assert [each for each in caller.events() if not isinstance(each, Keyed)] == [
        Asked(Field.NUMBER, 1),
        Recognised(Brand.MASTERCARD),
        Accepted(Field.NUMBER, Brand.MASTERCARD, "4444"),
        Asked(Field.EXPIRY, 1),
        Accepted(Field.EXPIRY),
        Asked(Field.CODE, 1),
        Accepted(Field.CODE),
        Completed(Brand.MASTERCARD, "4444"),
    ]
    kinds = [each.kind for each in caller.prompts()]
    assert kinds == [PromptKind.ASK, PromptKind.ASK, PromptKind.ASK, PromptKind.WAIT]


def test_the_card_is_lent_and_its_code_is_gone_afterwards() -> None:
    """Whoever tokenises reads the digits; the code is wiped by the end of the context, the rest
    when the capture ends."""
    caller = Caller()
    caller.keys(AMEX + "1127" + "1234")
    card = caller.capture.take(caller.now_ms)
    assert card is not None
    with card:
        assert bytes(card.number.view()) == AMEX.encode()
        assert (card.expires.year, card.expires.month) == (2027, 11)
        assert card.code is not None
        assert bytes(card.code.view()) == b"1234"
        assert (card.brand, card.last4) == (Brand.AMEX, "0005")
    assert not card.code
    assert isinstance(caller.capture.state, Paying)
    caller.take(caller.capture.paid())
    assert caller.capture.result is Result.SUCCESS
    assert not card.number
    assert not card.expiry


def test_pound_ends_a_number_that_could_be_longer() -> None:
    """Visa has 16 digits mostly and 19 sometimes: `#` says which, a pause does too."""
    by_pound, by_pause, longer = Caller(), Caller(), Caller()
    by_pound.keys(VISA)
    assert isinstance(by_pound.capture.state, Keying)
    assert Accepted(Field.NUMBER, Brand.VISA, "4242") in by_pound.keys("#")
    by_pause.keys(VISA)
    assert by_pause.waits(1_999) == []
    assert Accepted(Field.NUMBER, Brand.VISA, "4242") in by_pause.waits(1)
    assert Accepted(Field.NUMBER, Brand.VISA, "0006") in longer.keys("4000000000000000006")


def test_who_keys_the_date_without_a_pause_is_understood() -> None:
    """A Visa of 16 digits could become one of 19; the caller does not wait for us to be sure."""
    caller = Caller()
    came = caller.keys(VISA + "1230")
    assert Accepted(Field.NUMBER, Brand.VISA, "4242") in came
    assert Accepted(Field.EXPIRY) in came
    assert isinstance(caller.capture.state, Keying)
    assert caller.capture.state.field is Field.CODE


def test_a_long_number_whose_beginning_could_be_one_is_a_long_number() -> None:
    """By a pause, by `#`, or because what follows is no date."""
    longer = VISA + "006"
    by_pause, by_pound, by_next = Caller(), Caller(), Caller()
    by_pause.keys(longer)
    assert Accepted(Field.NUMBER, Brand.VISA, "2006") in by_pause.waits(2_000)
    assert Accepted(Field.NUMBER, Brand.VISA, "2006") in by_pound.keys(longer + "#")
    came = by_next.keys(longer + "1230")
    assert Accepted(Field.NUMBER, Brand.VISA, "2006") in came
    assert Accepted(Field.EXPIRY) in came


def test_an_agent_who_asks_for_the_next_field_ends_a_number_that_may_be_whole() -> None:
    """The agent sees 16 dots and says so, before a pause was long enough."""
    caller = Caller(AGENT)
    caller.take(caller.capture.ask(Field.NUMBER, caller.now_ms))
    caller.keys(VISA)
    came = caller.take(caller.capture.ask(Field.EXPIRY, caller.now_ms))
    assert Accepted(Field.NUMBER, Brand.VISA, "4242") in came
    assert Asked(Field.EXPIRY, 1) in came


def test_a_pause_after_the_third_four_digits_ends_nothing() -> None:
    """Of one Maestro in ten the first 12 could be a number; a number of 12 digits waits longer."""
    maestro = Rules(brands=frozenset({Brand.MAESTRO}))
    caller = Caller(maestro)
    caller.keys("675964900004")
    assert caller.waits(3_000) == []
    assert Accepted(Field.NUMBER, Brand.MAESTRO, "1008") in caller.keys("1008#")
    shorter = Caller(maestro)
    shorter.keys("675964900004")
    assert shorter.waits(4_999) == []
    assert Accepted(Field.NUMBER, Brand.MAESTRO, "0004") in shorter.waits(1)


def test_the_pound_after_a_field_that_ended_by_itself_is_its_own() -> None:
    """Who presses `#` as asked does not skip the next field with it; a later one does."""
    caller = Caller(POSTAL)
    caller.keys(MASTERCARD + "#1230#123#")
    assert caller.seen[-2] == Asked(Field.POSTAL, 1)
    caller.waits(1_500)
    assert Accepted(Field.POSTAL, left_out=True) in caller.keys("#")
    card = caller.capture.take(caller.now_ms)
    assert card is not None
    assert card.postal is None


def test_star_clears_what_was_keyed_and_with_nothing_keyed_gives_up() -> None:
    """Clearing costs no attempt."""
    caller = Caller()
    came = caller.keys("4242*")
    assert Cleared(Field.NUMBER, Actor.CALLER) in came
    assert caller.events()[-1] == Asked(Field.NUMBER, 1)
    assert Ended(Result.STAR) in caller.keys("*")
    assert caller.capture.result is Result.STAR


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ("5555555555554445", FieldError.INVALID_NUMBER),
        ("42424#", FieldError.INVALID_NUMBER),
        ("6011111111111117#", FieldError.INVALID_TYPE),
        ("9999999999999995#", FieldError.INVALID_TYPE),
        (MASTERCARD + "1326", FieldError.INVALID_DATE),
        (MASTERCARD + "1026", FieldError.INVALID_DATE),
        (MASTERCARD + "0026", FieldError.INVALID_DATE),
        (MASTERCARD + "1246", FieldError.INVALID_DATE),
        (MASTERCARD + "112#", FieldError.INVALID_DATE),
        (MASTERCARD + "1126" + "12#", FieldError.INVALID_CODE),
        (MASTERCARD + "1126" + "123" + "12#", FieldError.INVALID_POSTAL),
    ],
)
def test_a_wrong_field_is_asked_for_again_by_its_error(keys: str, error: FieldError) -> None:
    """The error is told to both, and the next attempt is counted."""
    caller = Caller(POSTAL)
    came = caller.keys(keys)
    rejected = next(each for each in came if isinstance(each, Rejected))
    assert (rejected.error, rejected.left) == (error, 2)
    prompt = caller.prompts()[-1]
    assert (prompt.kind, prompt.error, prompt.attempt) == (PromptKind.ASK, error, 2)


def test_this_month_is_still_good() -> None:
    """A card is good to the end of the month on it."""
    caller = Caller()
    assert Accepted(Field.EXPIRY) in caller.keys(MASTERCARD + "1126")


def test_three_wrong_entries_end_it() -> None:
    """Attempts are those of one field."""
    caller = Caller()
    caller.keys("5555555555554445" * 2 + MASTERCARD + "1326" * 2)
    assert caller.capture.result is None
    caller.keys("1326")
    assert caller.capture.result is Result.TOO_MANY_FAILED_ATTEMPTS


def test_silence_is_an_error_of_its_own() -> None:
    """No key, or too few of them; the first key has more time than the next."""
    caller = Caller()
    assert caller.waits(9_999) == []
    assert Rejected(Field.NUMBER, FieldError.INPUT_TIMEOUT, 2) in caller.waits(1)
    caller.keys("4242")
    assert caller.waits(4_999) == []
    assert Rejected(Field.NUMBER, FieldError.INPUT_TIMEOUT, 1) in caller.waits(1)
    caller.waits(10_000)
    assert caller.capture.result is Result.TOO_MANY_FAILED_ATTEMPTS


def test_the_whole_has_a_limit() -> None:
    """Also when every key comes in time."""
    caller = Caller(Rules(session_ms=20_000))
    for _ in range(20):
        caller.keys("4*", every_ms=700)
    assert caller.capture.result is Result.TIMED_OUT


def test_a_field_may_be_keyed_twice() -> None:
    """The second entry must be the same; else both are asked for again."""
    caller = Caller(Rules(twice=frozenset({Field.NUMBER})))
    assert Asked(Field.NUMBER, 1, again=True) in caller.keys(MASTERCARD)
    came = caller.keys("2223003122003222")
    assert Rejected(Field.NUMBER, FieldError.NOT_MATCHING, 2) in came
    caller.keys(MASTERCARD)
    assert Accepted(Field.NUMBER, Brand.MASTERCARD, "4444") in caller.keys(MASTERCARD)


def test_the_last_four_are_read_back() -> None:
    """1 or silence agrees, 2 asks for the number again."""
    caller = Caller(Rules(read_back=True))
    caller.keys(MASTERCARD)
    assert caller.prompts()[-1].last4 == "4444"
    came = caller.keys("2")
    assert came[:2] == [Cleared(Field.NUMBER, Actor.CALLER), Asked(Field.NUMBER, 1)]
    caller.keys(MASTERCARD)
    assert Asked(Field.EXPIRY, 1) in caller.waits(5_000)
    other = Caller(Rules(read_back=True))
    other.keys(MASTERCARD)
    assert Asked(Field.EXPIRY, 1) in other.keys("1")


def test_the_agent_asks_for_fields_in_any_order() -> None:
    """One at a time; a code that came before its number is held to the brand then."""
    caller = Caller(AGENT)
    assert isinstance(caller.capture.state, Waiting)
    caller.take(caller.capture.ask(Field.CODE, caller.now_ms))
    caller.keys("123#")
    caller.take(caller.capture.ask(Field.EXPIRY, caller.now_ms))
    caller.keys("1230")
    caller.take(caller.capture.ask(Field.NUMBER, caller.now_ms))
    assert Cleared(Field.CODE, Actor.SYSTEM) in caller.keys(AMEX)
    caller.take(caller.capture.ask(Field.CODE, caller.now_ms))
    assert caller.prompts()[-1].code_digits == 4
    caller.keys("1234")
    assert isinstance(caller.capture.state, Complete)


def test_the_agent_resets_and_cancels() -> None:
    """The field being keyed begins anew; one that was done is asked for again in its turn."""
    caller = Caller()
    caller.keys(MASTERCARD + "12")
    came = caller.take(caller.capture.reset(Field.EXPIRY, caller.now_ms))
    assert came[:2] == (Cleared(Field.EXPIRY, Actor.AGENT), Asked(Field.EXPIRY, 1))
    caller.take(caller.capture.reset(Field.NUMBER, caller.now_ms))
    assert Asked(Field.NUMBER, 1) in caller.keys("1230")
    caller.take(caller.capture.cancel(caller.now_ms))
    assert caller.capture.result is Result.CANCELLED
    assert caller.keys(MASTERCARD) == []


def test_a_field_that_nobody_captures_here_is_a_validation_error() -> None:
    """Named as those who connect payments know it."""
    caller = Caller(AGENT)
    caller.take(caller.capture.ask(Field.POSTAL, caller.now_ms))
    assert caller.capture.result is Result.VALIDATION_ERROR


def test_after_a_decline_the_code_is_keyed_again() -> None:
    """The number stays in memory for as long as the capture; the code never does."""
    caller = Caller()
    caller.keys(MASTERCARD + "1230" + "123")
    card = caller.capture.take(caller.now_ms)
    assert card is not None
    with card:
        pass
    came = caller.take(caller.capture.declined({Field.CODE}, caller.now_ms))
    assert came[:2] == (Cleared(Field.CODE, Actor.SYSTEM), Asked(Field.CODE, 1))
    caller.keys("321")
    second = caller.capture.take(caller.now_ms)
    assert second is not None
    assert bytes(second.number.view()) == MASTERCARD.encode()


@pytest.mark.parametrize("wanted", [Field.CODE, Field.POSTAL])
def test_the_same_card_is_not_asked_of_again_where_nothing_of_it_can_be_keyed_anew(
    wanted: Field,
) -> None:
    """Number and date are captured alone, and the issuer wants something else: another card."""
    caller = Caller(Rules(fields=(Field.NUMBER, Field.EXPIRY)))
    caller.keys(MASTERCARD + "1230")
    assert caller.capture.take(caller.now_ms) is not None
    came = caller.take(caller.capture.declined({wanted}, caller.now_ms))
    assert Asked(Field.NUMBER, 1) in came
    assert isinstance(caller.capture.state, Keying)


def test_another_card_is_keyed_from_the_beginning() -> None:
    """With the number everything is asked for again."""
    caller = Caller()
    caller.keys(MASTERCARD + "1230" + "123")
    assert caller.capture.take(caller.now_ms) is not None
    came = caller.take(caller.capture.declined({Field.NUMBER}, caller.now_ms))
    cleared = [each.field for each in came if isinstance(each, Cleared)]
    assert cleared == [Field.NUMBER, Field.EXPIRY, Field.CODE]


def test_declines_have_an_end() -> None:
    """After as many payments as the rules allow, and at once where no field would help."""
    caller = Caller(Rules(payments=2))
    for _ in range(2):
        assert caller.capture.result is None
        caller.keys(MASTERCARD + "1230" + "123")
        assert caller.capture.take(caller.now_ms) is not None
        caller.take(caller.capture.declined({Field.NUMBER}, caller.now_ms))
    assert caller.capture.result is Result.DECLINED
    stopped = Caller()
    stopped.keys(MASTERCARD + "1230" + "123")
    assert stopped.capture.take(stopped.now_ms) is not None
    stopped.take(stopped.capture.declined((), stopped.now_ms))
    assert stopped.capture.result is Result.DECLINED


def test_a_payment_under_way_outlives_the_caller() -> None:
    """Who hangs up then is charged or not as the gateway says, and not by the hang-up."""
    caller = Caller()
    caller.keys(MASTERCARD + "1230" + "123")
    assert caller.capture.take(caller.now_ms) is not None
    caller.take(caller.capture.hung_up(caller.now_ms))
    assert caller.capture.result is None
    caller.capture.close()
    assert caller.capture.result is Result.UNKNOWN


def test_hanging_up_before_ends_it() -> None:
    """Nothing was charged."""
    caller = Caller()
    caller.keys(MASTERCARD)
    caller.take(caller.capture.hung_up(caller.now_ms))
    assert caller.capture.result is Result.HUNG_UP


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"fields": (Field.NUMBER,)}, "number and an expiry"),
        ({"fields": (Field.NUMBER, Field.EXPIRY, Field.NUMBER)}, "once"),
        ({"optional": frozenset({Field.CODE})}, "left out"),
        ({"brands": frozenset()}, "no brand"),
        ({"attempts": 0}, "at least 1"),
        ({"postal_most": 20}, "1 to 19 digits"),
    ],
)
def test_rules_that_nobody_could_meet_are_refused(wrong: dict[str, object], why: str) -> None:
    """When the site is read, not when a caller is there."""
    with pytest.raises(ValueError, match=why):
        replace(Rules(), **wrong)  # type: ignore[arg-type]  # the values are of many types
