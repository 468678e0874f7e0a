"""How English says numbers, money, dates and times."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from ivr import grammar

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "zero"),
        ("1", "one"),
        ("2", "two"),
        ("9", "nine"),
        ("10", "ten"),
        ("11", "eleven"),
        ("12", "twelve"),
        ("13", "thirteen"),
        ("15", "fifteen"),
        ("18", "eighteen"),
        ("19", "nineteen"),
        ("20", "twenty"),
        ("21", "twenty-one"),
        ("40", "forty"),
        ("58", "fifty-eight"),
        ("99", "ninety-nine"),
        ("100", "one hundred"),
        ("101", "one hundred and one"),
        ("111", "one hundred and eleven"),
        ("200", "two hundred"),
        ("345", "three hundred and forty-five"),
        ("999", "nine hundred and ninety-nine"),
        ("1000", "one thousand"),
        ("1001", "one thousand and one"),
        ("1012", "one thousand and twelve"),
        ("1100", "one thousand one hundred"),
        ("1101", "one thousand one hundred and one"),
        ("2000", "two thousand"),
        ("2026", "two thousand and twenty-six"),
        ("21000", "twenty-one thousand"),
        ("100000", "one hundred thousand"),
        ("1000000", "one million"),
        ("1000001", "one million and one"),
        ("2000000", "two million"),
        ("5000000", "five million"),
        ("22000000", "twenty-two million"),
        ("25017000", "twenty-five million seventeen thousand"),
        ("3000000000", "three billion"),
        (
            "1234567",
            "one million two hundred and thirty-four thousand five hundred and sixty-seven",
        ),
        ("-1", "minus one"),
        ("-300", "minus three hundred"),
        ("0.5", "zero point five"),
        ("-2.5", "minus two point five"),
        ("3.14", "three point one four"),
        ("10.05", "ten point zero five"),
        ("7.00", "seven"),
        ("7.10", "seven point one"),
    ],
)
def test_numbers(value: str, text: str) -> None:
    """ "And" before the last two digits; behind the point digit by digit."""
    assert " ".join(grammar.number(Decimal(value), "en")) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "first"),
        (2, "second"),
        (3, "third"),
        (4, "fourth"),
        (5, "fifth"),
        (6, "sixth"),
        (7, "seventh"),
        (8, "eighth"),
        (9, "ninth"),
        (10, "tenth"),
        (11, "eleventh"),
        (12, "twelfth"),
        (13, "thirteenth"),
        (14, "fourteenth"),
        (15, "fifteenth"),
        (16, "sixteenth"),
        (17, "seventeenth"),
        (18, "eighteenth"),
        (19, "nineteenth"),
        (20, "twentieth"),
        (21, "twenty-first"),
        (22, "twenty-second"),
        (23, "twenty-third"),
        (24, "twenty-fourth"),
        (25, "twenty-fifth"),
        (26, "twenty-sixth"),
        (27, "twenty-seventh"),
        (28, "twenty-eighth"),
        (29, "twenty-ninth"),
        (30, "thirtieth"),
        (31, "thirty-first"),
        (40, "fortieth"),
        (99, "ninety-ninth"),
        (100, "one hundredth"),
        (101, "one hundred and first"),
        (112, "one hundred and twelfth"),
        (120, "one hundred and twentieth"),
        (200, "two hundredth"),
        (1000, "one thousandth"),
        (1003, "one thousand and third"),
        (9999, "nine thousand nine hundred and ninety-ninth"),
    ],
)
def test_ordinals(value: int, text: str) -> None:
    """Only the last word becomes an ordinal."""
    assert " ".join(grammar.ordinal(value, "en")) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("0", "EUR", "zero euros"),
        ("1", "EUR", "one euro"),
        ("2", "EUR", "two euros"),
        ("1.01", "EUR", "one euro and one cent"),
        ("5.20", "EUR", "five euros and twenty cents"),
        ("0.99", "EUR", "ninety-nine cents"),
        ("-12.50", "EUR", "minus twelve euros and fifty cents"),
        ("1001", "USD", "one thousand and one dollars"),
        ("1.00", "USD", "one dollar"),
        ("0.01", "GBP", "one penny"),
        ("3.02", "GBP", "three pounds and two pence"),
        ("12500", "HUF", "twelve thousand five hundred forints"),
        ("1", "HUF", "one forint"),
        ("1", "JPY", "one yen"),
        ("4.01", "PLN", "four zlotys and one grosz"),
        ("4.02", "PLN", "four zlotys and two groszy"),
        ("1", "CZK", "one Czech koruna"),
        ("90", "SEK", "ninety Swedish kronor"),
        ("2", "NOK", "two Norwegian kroner"),
        ("1", "DKK", "one Danish krone"),
        ("8.05", "CHF", "eight Swiss francs and five centimes"),
        ("2.5", "XAU", "two point five X A U"),
    ],
)
def test_money(value: str, currency: str, text: str) -> None:
    """Singular for exactly one; of less than one unit, the hundredths alone."""
    assert " ".join(grammar.money(Decimal(value), currency, "en")) == text


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("2000-01-01", "the first of January two thousand"),
        ("2001-02-02", "the second of February two thousand and one"),
        ("2009-03-03", "the third of March two thousand and nine"),
        ("2010-04-12", "the twelfth of April twenty ten"),
        ("1984-05-20", "the twentieth of May nineteen eighty-four"),
        ("1900-06-21", "the twenty-first of June nineteen hundred"),
        ("1905-07-04", "the fourth of July nineteen oh five"),
        ("2026-08-30", "the thirtieth of August twenty twenty-six"),
        ("1066-09-05", "the fifth of September ten sixty-six"),
        ("1000-10-31", "the thirty-first of October one thousand"),
        ("2026-11-22", "the twenty-second of November twenty twenty-six"),
        ("2100-12-06", "the sixth of December twenty-one hundred"),
    ],
)
def test_dates(day: str, text: str) -> None:
    """Years by hundreds, except the first ten of a thousand."""
    assert " ".join(grammar.date(datetime.date.fromisoformat(day), "en")) == text


def test_a_date_with_its_weekday() -> None:
    """The day of the week comes first."""
    said = grammar.date(datetime.date(2026, 11, 22), "en", weekday=True)
    assert said == ("Sunday", "the twenty-second", "of November", "twenty twenty-six")


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("00:00", "midnight"),
        ("00:05", "twelve oh five a.m."),
        ("01:00", "one a.m."),
        ("09:30", "nine thirty a.m."),
        ("11:59", "eleven fifty-nine a.m."),
        ("12:00", "noon"),
        ("12:01", "twelve oh one p.m."),
        ("14:05", "two oh five p.m."),
        ("17:00", "five p.m."),
        ("23:45", "eleven forty-five p.m."),
    ],
)
def test_times(at: str, text: str) -> None:
    """By a.m. and p.m., in one piece; noon and midnight by name."""
    assert grammar.time(datetime.time.fromisoformat(at), "en") == (text,)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "zero minutes"), (1, "one minute"), (2, "two minutes"), (21, "twenty-one minutes")],
)
def test_minutes(value: int, text: str) -> None:
    """Singular for exactly one."""
    assert " ".join(grammar.minutes(value, "en")) == text
    assert " ".join(grammar.minutes(value, "en", about=True)) == f"about {text}"
