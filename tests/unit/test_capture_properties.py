"""Whatever is keyed, and whatever the agent does meanwhile: a named end, and no digit anywhere."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payments.capture import Accepted, Actor, Brand, Cleared, Ended, Field, Result, Rules
from payments.capture.states import Complete, Over
from tests.unit.capturing import AMEX, MASTERCARD, VISA, Caller

pytestmark = pytest.mark.unit

Deed = Callable[[Caller], object]

_KEYS = st.text("0123456789*#ABCD", min_size=1, max_size=8)
_GOOD = st.sampled_from([VISA, VISA + "#", MASTERCARD, AMEX, "1230", "123", "1234", "12345#", "1"])
_FIELDS = st.sampled_from(list(Field))
_RULES = st.builds(
    Rules,
    fields=st.sampled_from(
        [
            (Field.NUMBER, Field.EXPIRY),
            (Field.NUMBER, Field.EXPIRY, Field.CODE),
            (Field.CODE, Field.NUMBER, Field.EXPIRY, Field.POSTAL),
        ]
    ),
    optional=st.sampled_from([frozenset[Field](), frozenset({Field.POSTAL})]),
    brands=st.sampled_from([frozenset(Brand), frozenset({Brand.VISA})]),
    automatic=st.booleans(),
    twice=st.frozensets(_FIELDS),
    read_back=st.booleans(),
    attempts=st.integers(1, 3),
    payments=st.integers(1, 3),
    first_key_ms=st.sampled_from([None, 3_000]),
)


def keys(text: str) -> Deed:
    return lambda caller: caller.keys(text)


def waits(ms: int) -> Deed:
    return lambda caller: caller.waits(ms)


def asks(field: Field) -> Deed:
    return lambda caller: caller.take(caller.capture.ask(field, caller.now_ms))


def resets(field: Field) -> Deed:
    return lambda caller: caller.take(caller.capture.reset(field, caller.now_ms))


def pays(anew: frozenset[Field] | None) -> Deed:
    def deed(caller: Caller) -> None:
        if card := caller.capture.take(caller.now_ms):
            with card:
                pass
            done = caller.capture
            caller.take(done.paid() if anew is None else done.declined(anew, caller.now_ms))

    return deed


_DEEDS = st.lists(
    st.one_of(
        st.builds(keys, _GOOD),
        st.builds(keys, _GOOD),
        st.builds(keys, _KEYS),
        st.builds(waits, st.integers(0, 12_000)),
        st.builds(asks, _FIELDS),
        st.builds(resets, _FIELDS),
        st.builds(pays, st.none() | st.frozensets(_FIELDS)),
    ),
    max_size=25,
)


@given(_RULES, _DEEDS)
@settings(max_examples=200)
def test_every_capture_ends_in_a_named_result(rules: Rules, deeds: list[Deed]) -> None:
    """Once everybody is silent for long enough, there is one result, told once, at the end."""
    caller = Caller(rules)
    for deed in deeds:
        deed(caller)
    caller.waits(rules.session_ms + 1)
    assert isinstance(caller.capture.state, Over)
    assert [each for each in caller.seen if isinstance(each, Ended)] == [
        Ended(caller.capture.state.result)
    ]
    assert caller.capture.due_ms is None
    assert caller.keys("4242#*") == []


@given(_RULES, _DEEDS)
@settings(max_examples=200)
def test_no_output_shows_more_than_the_last_four(rules: Rules, deeds: list[Deed]) -> None:
    """In no field of any output is there a run of digits longer than four, and a run of four is
    the end of a whole number."""
    caller = Caller(rules)
    for deed in deeds:
        deed(caller)
    shown = set(re.findall(r"\d{3,}", repr(caller.seen) + repr(caller.capture)))
    assert shown <= {each.last4 for each in caller.seen if isinstance(each, Accepted)}


@pytest.mark.parametrize("result", ["star", "cancel", "hangup", "silence", "close", "paid"])
def test_nothing_that_was_keyed_is_in_memory_after_the_end(result: str) -> None:
    """The bytes in which number, date and code lay are zeros."""
    caller = Caller()
    card = _captured(caller)
    ends: dict[str, Callable[[], object]] = {
        "star": lambda: caller.keys("*"),
        "cancel": lambda: caller.capture.cancel(caller.now_ms),
        "hangup": lambda: caller.capture.hung_up(caller.now_ms),
        "silence": lambda: caller.waits(400_000),
        "close": caller.capture.close,
        "paid": lambda: (caller.capture.take(caller.now_ms), caller.capture.paid()),
    }
    ends[result]()
    assert caller.capture.result is not None
    assert all(not any(each) for each in card)


def _captured(caller: Caller) -> list[bytearray]:
    """The bytearrays of a whole card."""
    caller.keys(MASTERCARD + "1230" + "123")
    assert isinstance(caller.capture.state, Complete)
    fields = caller.capture._fields.entries
    return [held._held for held in fields._accepted.values()]


def test_an_error_in_the_middle_wipes_too() -> None:
    """The capture is a context; what breaks in it leaves nothing."""
    caller = Caller()
    held = _captured(caller)
    with pytest.raises(RuntimeError), caller.capture:
        raise RuntimeError
    assert caller.capture.result is Result.INTERNAL_ERROR
    assert all(not any(each) for each in held)


def test_a_key_that_is_none_is_refused_without_telling_it() -> None:
    """The event codes of a telephone are 0 to 15."""
    caller = Caller()
    with pytest.raises(ValueError, match=r"^no key of a telephone$"):
        caller.capture.key(99, caller.now_ms)
    assert Cleared(Field.NUMBER, Actor.CALLER) not in caller.seen
