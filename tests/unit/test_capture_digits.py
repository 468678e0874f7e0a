"""Digits of a card lie in one place, are shown nowhere and do not stay."""

import copy
import pickle

import pytest

from payments.capture import Brand, Digits
from payments.capture.brands import brand_of, code_lengths, number_lengths
from payments.capture.checks import has_check_digit

pytestmark = pytest.mark.unit


def digits(text: str) -> Digits:
    held = Digits()
    for sign in text:
        held.append(int(sign))
    return held


def test_nothing_that_prints_shows_them() -> None:
    """repr, str, format, an f-string of a collection, a traceback's own text."""
    held = digits("4242424242424242")
    shown = f"{held} {held!r} {[held]}"
    assert shown == "<digits> <digits> [<digits>]"
    assert "42" not in shown


def test_they_cannot_be_copied_or_pickled() -> None:
    """A copy would not be wiped."""
    for leak in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="neither copied nor pickled"):
            leak(digits("123"))
    with pytest.raises(TypeError):
        bytes(digits("123"))  # type: ignore[call-overload]  # it is what must fail
    with pytest.raises(TypeError):
        list(digits("123"))  # type: ignore[call-overload]  # it is what must fail


def test_they_are_wiped_on_every_way_out() -> None:
    """The bytes themselves become zeros: on leaving, on an error, when nobody has them."""
    held = digits("4242")
    view = held.view()
    with pytest.raises(ValueError, match="no digit"), held:
        held.append(10)
    assert view == bytes(4)
    assert len(held) == 0
    forgotten = digits("4242")
    view = forgotten.view()
    del forgotten
    assert view == bytes(4)


def test_they_never_grow() -> None:
    """Growing would leave the old bytes behind somewhere; the error tells no digit."""
    held = Digits(2)
    held.append(7)
    held.append(7)
    with pytest.raises(ValueError, match="no room") as caught:
        held.append(7)
    assert "7" not in str(caught.value)
    with pytest.raises(ValueError, match="no digit"):
        Digits().append(10)


def test_no_more_than_four_are_shown_and_of_few_none() -> None:
    """Four digits of a security code or an expiry date would be all of it."""
    assert digits("378282246310005").last4() == "0005"
    with pytest.raises(ValueError, match="too few"):
        digits("12345678901").last4()


def test_entries_are_compared_as_a_whole() -> None:
    """The second entry of a field."""
    assert digits("4242").equals(digits("4242"))
    assert not digits("4242").equals(digits("4243"))
    assert not digits("4242").equals(digits("424"))


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4242424242424242", Brand.VISA),
        ("4000000000000000006", Brand.VISA),
        ("5555555555554444", Brand.MASTERCARD),
        ("2223003122003222", Brand.MASTERCARD),
        ("2720990000000007", Brand.MASTERCARD),
        ("378282246310005", Brand.AMEX),
        ("341111111111111", Brand.AMEX),
        ("6011111111111117", Brand.DISCOVER),
        ("6500000000000002", Brand.DISCOVER),
        ("3056930009020004", Brand.DINERS),
        ("36227206271667", Brand.DINERS),
        ("3566002020360505", Brand.JCB),
        ("6200000000000005", Brand.UNIONPAY),
        ("6205500000000000004", Brand.UNIONPAY),
        ("6759649826438453", Brand.MAESTRO),
        ("2200000000000004", Brand.MIR),
        ("2204999999999999990", Brand.MIR),
    ],
)
def test_brands_are_known_by_their_ranges(number: str, brand: Brand) -> None:
    """Published test numbers and the ends of ranges; each has its check digit and a length that
    its brand has."""
    held = digits(number)
    assert brand_of(held) is brand
    assert has_check_digit(held)
    assert len(number) in number_lengths(brand)


@pytest.mark.parametrize(
    "prefix", ["", "2", "222", "2220", "2721", "35", "3527", "3590", "9", "60"]
)
def test_what_tells_no_brand_has_none(prefix: str) -> None:
    """Too few digits, or just beside a range."""
    assert brand_of(digits(prefix)) is None


def test_a_number_of_no_brand_may_have_any_length() -> None:
    """It is refused for its kind, not for its length; its code has three or four digits."""
    assert (number_lengths(None)[0], number_lengths(None)[-1]) == (12, 19)
    assert code_lengths(None) == (3, 4)
    assert code_lengths(Brand.AMEX) == (4,)
    assert code_lengths(Brand.VISA) == (3,)


def test_one_wrong_digit_and_most_swaps_are_found() -> None:
    """What the check digit is for."""
    right = "4242424242424242"
    for place in range(16):
        for digit in "0123456789":
            wrong = right[:place] + digit + right[place + 1 :]
            assert has_check_digit(digits(wrong)) is (wrong == right)
