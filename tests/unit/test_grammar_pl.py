"""How Polish says numbers, money, dates and times."""

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
        ("1", "jeden"),
        ("2", "dwa"),
        ("5", "pięć"),
        ("9", "dziewięć"),
        ("10", "dziesięć"),
        ("11", "jedenaście"),
        ("12", "dwanaście"),
        ("14", "czternaście"),
        ("15", "piętnaście"),
        ("16", "szesnaście"),
        ("19", "dziewiętnaście"),
        ("20", "dwadzieścia"),
        ("21", "dwadzieścia jeden"),
        ("32", "trzydzieści dwa"),
        ("40", "czterdzieści"),
        ("55", "pięćdziesiąt pięć"),
        ("99", "dziewięćdziesiąt dziewięć"),
        ("100", "sto"),
        ("101", "sto jeden"),
        ("111", "sto jedenaście"),
        ("200", "dwieście"),
        ("345", "trzysta czterdzieści pięć"),
        ("400", "czterysta"),
        ("999", "dziewięćset dziewięćdziesiąt dziewięć"),
        ("1000", "tysiąc"),
        ("1001", "tysiąc jeden"),
        ("1100", "tysiąc sto"),
        ("2000", "dwa tysiące"),
        ("2026", "dwa tysiące dwadzieścia sześć"),
        ("4000", "cztery tysiące"),
        ("5000", "pięć tysięcy"),
        ("12000", "dwanaście tysięcy"),
        ("21000", "dwadzieścia jeden tysięcy"),
        ("22000", "dwadzieścia dwa tysiące"),
        ("25000", "dwadzieścia pięć tysięcy"),
        ("112000", "sto dwanaście tysięcy"),
        ("122000", "sto dwadzieścia dwa tysiące"),
        ("1000000", "milion"),
        ("1001000", "milion tysiąc"),
        ("2000000", "dwa miliony"),
        ("5000000", "pięć milionów"),
        ("21000000", "dwadzieścia jeden milionów"),
        ("22000000", "dwadzieścia dwa miliony"),
        ("25000000", "dwadzieścia pięć milionów"),
        ("3000000000", "trzy miliardy"),
        ("13000000000", "trzynaście miliardów"),
        ("-7", "minus siedem"),
        ("-1000", "minus tysiąc"),
        ("0.5", "zero przecinek pięć"),
        ("3.14", "trzy przecinek czternaście"),
        ("10.05", "dziesięć przecinek zero pięć"),
        ("1.2345", "jeden przecinek dwa trzy cztery pięć"),
    ],
)
def test_numbers(value: str, text: str) -> None:
    """Three forms of thousand and million; twelve to fourteen take the third."""
    assert " ".join(grammar.number(Decimal(value), "pl")) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "pierwszy"),
        (2, "drugi"),
        (3, "trzeci"),
        (4, "czwarty"),
        (5, "piąty"),
        (6, "szósty"),
        (7, "siódmy"),
        (8, "ósmy"),
        (9, "dziewiąty"),
        (10, "dziesiąty"),
        (11, "jedenasty"),
        (12, "dwunasty"),
        (13, "trzynasty"),
        (14, "czternasty"),
        (15, "piętnasty"),
        (16, "szesnasty"),
        (17, "siedemnasty"),
        (18, "osiemnasty"),
        (19, "dziewiętnasty"),
        (20, "dwudziesty"),
        (21, "dwudziesty pierwszy"),
        (22, "dwudziesty drugi"),
        (23, "dwudziesty trzeci"),
        (24, "dwudziesty czwarty"),
        (25, "dwudziesty piąty"),
        (26, "dwudziesty szósty"),
        (27, "dwudziesty siódmy"),
        (28, "dwudziesty ósmy"),
        (29, "dwudziesty dziewiąty"),
        (30, "trzydziesty"),
        (31, "trzydziesty pierwszy"),
        (40, "czterdziesty"),
        (50, "pięćdziesiąty"),
        (99, "dziewięćdziesiąty dziewiąty"),
        (100, "setny"),
        (101, "sto pierwszy"),
        (120, "sto dwudziesty"),
        (200, "dwusetny"),
        (300, "trzechsetny"),
        (500, "pięćsetny"),
        (1000, "tysięczny"),
        (1100, "tysiąc setny"),
        (2000, "dwutysięczny"),
        (2345, "dwa tysiące trzysta czterdziesty piąty"),
        (5001, "pięć tysięcy pierwszy"),
    ],
)
def test_ordinals(value: int, text: str) -> None:
    """Tens and units become ordinals, what is before them only when nothing follows."""
    assert " ".join(grammar.ordinal(value, "pl")) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("0", "PLN", "zero złotych"),
        ("1", "PLN", "jeden złoty"),
        ("2", "PLN", "dwa złote"),
        ("5", "PLN", "pięć złotych"),
        ("12", "PLN", "dwanaście złotych"),
        ("21", "PLN", "dwadzieścia jeden złotych"),
        ("22", "PLN", "dwadzieścia dwa złote"),
        ("0.01", "PLN", "jeden grosz"),
        ("0.22", "PLN", "dwadzieścia dwa grosze"),
        ("1000.05", "PLN", "tysiąc złotych pięć groszy"),
        ("-4.14", "PLN", "minus cztery złote czternaście groszy"),
        ("1", "EUR", "jedno euro"),
        ("2", "EUR", "dwa euro"),
        ("5.03", "EUR", "pięć euro trzy centy"),
        ("1", "CZK", "jedna korona czeska"),
        ("2", "CZK", "dwie korony czeskie"),
        ("12", "CZK", "dwanaście koron czeskich"),
        ("31", "CZK", "trzydzieści jeden koron czeskich"),
        ("2002", "CZK", "dwa tysiące dwie korony czeskie"),
        ("2000000", "SEK", "dwa miliony koron szwedzkich"),
        ("0.01", "SEK", "jedno öre"),
        ("3", "NOK", "trzy korony norweskie"),
        ("8", "DKK", "osiem koron duńskich"),
        ("2.02", "USD", "dwa dolary dwa centy"),
        ("5", "USD", "pięć dolarów"),
        ("7.01", "GBP", "siedem funtów jeden pens"),
        ("24", "CHF", "dwadzieścia cztery franki szwajcarskie"),
        ("1500", "HUF", "tysiąc pięćset forintów"),
        ("3", "JPY", "trzy jeny"),
        ("2", "XAU", "dwa X A U"),
    ],
)
def test_money(value: str, currency: str, text: str) -> None:
    """Three forms after the number, and one and two in the gender of what is counted."""
    assert " ".join(grammar.money(Decimal(value), currency, "pl")) == text


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("2000-01-01", "pierwszy stycznia dwutysięcznego roku"),
        ("2001-02-02", "drugi lutego dwa tysiące pierwszego roku"),
        ("2002-03-03", "trzeci marca dwa tysiące drugiego roku"),
        ("2003-04-04", "czwarty kwietnia dwa tysiące trzeciego roku"),
        ("1984-05-20", "dwudziesty maja tysiąc dziewięćset osiemdziesiątego czwartego roku"),
        ("1900-06-21", "dwudziesty pierwszy czerwca tysiąc dziewięćsetnego roku"),
        ("1410-07-15", "piętnasty lipca tysiąc czterysta dziesiątego roku"),
        ("2026-08-30", "trzydziesty sierpnia dwa tysiące dwudziestego szóstego roku"),
        ("1939-09-01", "pierwszy września tysiąc dziewięćset trzydziestego dziewiątego roku"),
        ("2011-10-31", "trzydziesty pierwszy października dwa tysiące jedenastego roku"),
        ("2026-11-22", "dwudziesty drugi listopada dwa tysiące dwudziestego szóstego roku"),
        ("2100-12-06", "szósty grudnia dwa tysiące setnego roku"),
    ],
)
def test_dates(day: str, text: str) -> None:
    """The day in the nominative, month and year in the genitive."""
    assert " ".join(grammar.date(datetime.date.fromisoformat(day), "pl")) == text


def test_a_date_with_its_weekday() -> None:
    """The day of the week comes first."""
    said = grammar.date(datetime.date(2026, 11, 22), "pl", weekday=True)
    assert said[:3] == ("niedziela,", "dwudziesty drugi", "listopada")
    assert said[3:] == ("dwa tysiące dwudziestego szóstego roku",)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("00:00", "północ"),
        ("00:30", "zero trzydzieści"),
        ("01:00", "pierwsza"),
        ("02:02", "druga zero dwie"),
        ("03:15", "trzecia piętnaście"),
        ("12:00", "dwunasta"),
        ("14:05", "czternasta zero pięć"),
        ("20:20", "dwudziesta dwadzieścia"),
        ("21:01", "dwudziesta pierwsza zero jeden"),
        ("22:22", "dwudziesta druga dwadzieścia dwie"),
        ("23:59", "dwudziesta trzecia pięćdziesiąt dziewięć"),
    ],
)
def test_times(at: str, text: str) -> None:
    """The hour is a feminine ordinal, the minutes a number, all in one piece."""
    assert grammar.time(datetime.time.fromisoformat(at), "pl") == (text,)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "zero minut"),
        (1, "jedna minuta"),
        (2, "dwie minuty"),
        (5, "pięć minut"),
        (12, "dwanaście minut"),
        (21, "dwadzieścia jeden minut"),
        (22, "dwadzieścia dwie minuty"),
    ],
)
def test_minutes(value: int, text: str) -> None:
    """Feminine; what says "about" leaves the nominative."""
    assert " ".join(grammar.minutes(value, "pl")) == text
    assert " ".join(grammar.minutes(value, "pl", about=True)) == f"w przybliżeniu {text}"
