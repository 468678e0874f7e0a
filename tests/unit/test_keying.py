"""What callers key, as values."""

from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.keying import DAYS, luhn, mod97, read_amount, read_time
from ivr.variables import Value

pytestmark = pytest.mark.unit

TODAY = date(2027, 3, 15)


@pytest.mark.parametrize(
    ("keys", "amount"),
    [
        ("12", Decimal(12)),
        ("12*50", Decimal("12.50")),
        ("12*5", Decimal("12.5")),
        ("*5", Decimal("0.5")),
        ("007", Decimal(7)),
        ("12*", None),
        ("12*505", None),
        ("1*2*3", None),
        ("*", None),
        ("1#", None),
    ],
)
def test_an_amount_is_keyed_with_a_decimal_star(keys: str, amount: Value) -> None:
    """At most two digits behind it, at least one."""
    assert read_amount(keys) == amount


@pytest.mark.parametrize(
    ("layout", "keys", "day"),
    [
        ("DDMMYYYY", "24121999", date(1999, 12, 24)),
        ("YYYYMMDD", "19991224", date(1999, 12, 24)),
        ("DDMMYYYY", "31022027", None),
        ("DDMMYYYY", "01010000", None),
        ("DDMM", "1503", TODAY),
        ("DDMM", "1403", date(2028, 3, 14)),
        ("DDMM", "2902", date(2028, 2, 29)),
        ("DDMM", "3002", None),
        ("DDMM", "0013", None),
        ("MMYY", "0228", date(2028, 2, 29)),
        ("MMYY", "1327", None),
    ],
)
def test_a_day_is_keyed_as_the_flow_says(layout: str, keys: str, day: Value) -> None:
    """Without a year the next one counts; a month is meant to its last day."""
    assert DAYS[layout](keys, TODAY) == day


def test_the_29th_of_february_is_found_over_a_century_without_it() -> None:
    """2100 is no leap year."""
    assert DAYS["DDMM"]("2902", date(2096, 3, 1)) == date(2104, 2, 29)
    assert DAYS["DDMM"]("3112", date.max) == date.max


@pytest.mark.parametrize(
    ("keys", "at"), [("0930", time(9, 30)), ("0000", time(0)), ("2400", None), ("1060", None)]
)
def test_a_time_of_day_is_four_digits(keys: str, at: Value) -> None:
    """On a clock of 24 hours."""
    assert read_time(keys) == at


@given(
    st.text("0123456789", min_size=1, max_size=18), st.integers(0, 20), st.sampled_from("123456789")
)
def test_check_digits_find_every_wrong_digit(digits: str, place: int, change: str) -> None:
    """Each has one right ending, and any single digit keyed wrong is refused."""
    (last,) = [each for each in "0123456789" if luhn(digits + each)]
    (two,) = [f"{each:02}" for each in range(2, 99) if mod97(f"{digits}{each:02}")]
    for right, check in ((digits + last, luhn), (digits + two, mod97)):
        at = place % len(right)
        wrong = str((int(right[at]) + int(change)) % 10)
        assert not check(right[:at] + wrong + right[at + 1 :])
    assert luhn("4539578763621486")
