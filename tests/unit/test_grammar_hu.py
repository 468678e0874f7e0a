"""How Hungarian says numbers, money, dates and times."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from ivr import grammar

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "nulla"),
        ("1", "egy"),
        ("2", "kettő"),
        ("3", "három"),
        ("7", "hét"),
        ("10", "tíz"),
        ("11", "tizenegy"),
        ("12", "tizenkettő"),
        ("14", "tizennégy"),
        ("19", "tizenkilenc"),
        ("20", "húsz"),
        ("21", "huszonegy"),
        ("22", "huszonkettő"),
        ("30", "harminc"),
        ("32", "harminckettő"),
        ("45", "negyvenöt"),
        ("58", "ötvennyolc"),
        ("99", "kilencvenkilenc"),
        ("100", "száz"),
        ("101", "százegy"),
        ("111", "száztizenegy"),
        ("200", "kétszáz"),
        ("202", "kétszázkettő"),
        ("345", "háromszáznegyvenöt"),
        ("999", "kilencszázkilencvenkilenc"),
        ("1000", "ezer"),
        ("1001", "ezeregy"),
        ("1002", "ezerkettő"),
        ("1100", "ezerszáz"),
        ("1999", "ezerkilencszázkilencvenkilenc"),
        ("2000", "kétezer"),
        ("2001", "kétezer egy"),
        ("2026", "kétezer huszonhat"),
        ("12000", "tizenkétezer"),
        ("21000", "huszonegyezer"),
        ("22222", "huszonkétezer kétszázhuszonkettő"),
        ("100000", "százezer"),
        ("1000000", "egymillió"),
        ("1001001", "egymillió ezer egy"),
        ("2000000", "kétmillió"),
        ("5000000", "ötmillió"),
        ("22000000", "huszonkétmillió"),
        ("25000000", "huszonötmillió"),
        ("2000000000", "kétmilliárd"),
        ("1234567", "egymillió kétszázharmincnégyezer ötszázhatvanhét"),
        ("-2", "mínusz kettő"),
        ("-100", "mínusz száz"),
        ("0.5", "nulla vessző öt"),
        ("2.2", "kettő vessző kettő"),
        ("3.14", "három vessző tizennégy"),
        ("10.05", "tíz vessző nulla öt"),
        ("1.2345", "egy vessző kettő három négy öt"),
    ],
)
def test_numbers(value: str, text: str) -> None:
    """One word to 1999, then a word for each group; "két" before ezer, "kettő" at the end."""
    assert " ".join(grammar.number(Decimal(value), "hu")) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "első"),
        (2, "második"),
        (3, "harmadik"),
        (4, "negyedik"),
        (5, "ötödik"),
        (6, "hatodik"),
        (7, "hetedik"),
        (8, "nyolcadik"),
        (9, "kilencedik"),
        (10, "tizedik"),
        (11, "tizenegyedik"),
        (12, "tizenkettedik"),
        (13, "tizenharmadik"),
        (14, "tizennegyedik"),
        (15, "tizenötödik"),
        (16, "tizenhatodik"),
        (17, "tizenhetedik"),
        (18, "tizennyolcadik"),
        (19, "tizenkilencedik"),
        (20, "huszadik"),
        (21, "huszonegyedik"),
        (22, "huszonkettedik"),
        (23, "huszonharmadik"),
        (24, "huszonnegyedik"),
        (25, "huszonötödik"),
        (26, "huszonhatodik"),
        (27, "huszonhetedik"),
        (28, "huszonnyolcadik"),
        (29, "huszonkilencedik"),
        (30, "harmincadik"),
        (31, "harmincegyedik"),
        (40, "negyvenedik"),
        (50, "ötvenedik"),
        (60, "hatvanadik"),
        (70, "hetvenedik"),
        (80, "nyolcvanadik"),
        (90, "kilencvenedik"),
        (100, "századik"),
        (101, "százegyedik"),
        (202, "kétszázkettedik"),
        (300, "háromszázadik"),
        (1000, "ezredik"),
        (1848, "ezernyolcszáznegyvennyolcadik"),
        (2000, "kétezredik"),
        (2001, "kétezer egyedik"),
    ],
)
def test_ordinals(value: int, text: str) -> None:
    """First and second have words of their own only when nothing is before them."""
    assert " ".join(grammar.ordinal(value, "hu")) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("0", "HUF", "nulla forint"),
        ("1", "HUF", "egy forint"),
        ("2", "HUF", "két forint"),
        ("1002", "HUF", "ezerkét forint"),
        ("12500", "HUF", "tizenkétezer ötszáz forint"),
        ("22.5", "HUF", "huszonhárom forint"),
        ("2000002", "HUF", "kétmillió két forint"),
        ("-5000", "HUF", "mínusz ötezer forint"),
        ("2", "EUR", "két euró"),
        ("12.22", "EUR", "tizenkét euró huszonkét cent"),
        ("0.02", "EUR", "két cent"),
        ("5.20", "USD", "öt dollár húsz cent"),
        ("3.01", "GBP", "három font egy penni"),
        ("42", "PLN", "negyvenkét zloti"),
        ("7.10", "CZK", "hét cseh korona tíz fillér"),
        ("2", "SEK", "két svéd korona"),
        ("2", "NOK", "két norvég korona"),
        ("2", "DKK", "két dán korona"),
        ("1.50", "CHF", "egy svájci frank ötven rappen"),
        ("300", "JPY", "háromszáz jen"),
        ("2", "XAU", "kettő X A U"),
    ],
)
def test_money(value: str, currency: str, text: str) -> None:
    """The singular after every number, and "két" before it."""
    assert " ".join(grammar.money(Decimal(value), currency, "hu")) == text


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("2000-01-01", "kétezer január elseje"),
        ("2001-02-02", "kétezer-egy február másodika"),
        ("1848-03-15", "ezernyolcszáznegyvennyolc március tizenötödike"),
        ("2026-04-03", "kétezer-huszonhat április harmadika"),
        ("1999-05-04", "ezerkilencszázkilencvenkilenc május negyedike"),
        ("2026-06-05", "kétezer-huszonhat június ötödike"),
        ("2026-07-06", "kétezer-huszonhat július hatodika"),
        ("2026-08-20", "kétezer-huszonhat augusztus huszadika"),
        ("2026-09-07", "kétezer-huszonhat szeptember hetedike"),
        ("1956-10-23", "ezerkilencszázötvenhat október huszonharmadika"),
        ("2026-11-22", "kétezer-huszonhat november huszonkettedike"),
        ("2026-12-31", "kétezer-huszonhat december harmincegyedike"),
        ("2026-12-30", "kétezer-huszonhat december harmincadika"),
        ("2026-12-28", "kétezer-huszonhat december huszonnyolcadika"),
        ("2026-12-10", "kétezer-huszonhat december tizedike"),
        ("2026-12-09", "kétezer-huszonhat december kilencedike"),
    ],
)
def test_dates(day: str, text: str) -> None:
    """Year, month, and the day with a possessive ending in the vowels of its ordinal."""
    assert " ".join(grammar.date(datetime.date.fromisoformat(day), "hu")) == text


def test_a_date_with_its_weekday() -> None:
    """The day of the week comes last."""
    said = grammar.date(datetime.date(2026, 11, 22), "hu", weekday=True)
    assert said == ("kétezer-huszonhat", "november", "huszonkettedike,", "vasárnap")


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("00:00", "nulla óra"),
        ("00:05", "nulla óra öt perc"),
        ("02:00", "két óra"),
        ("09:30", "kilenc óra harminc perc"),
        ("12:02", "tizenkét óra két perc"),
        ("14:05", "tizennégy óra öt perc"),
        ("22:22", "huszonkét óra huszonkét perc"),
        ("23:59", "huszonhárom óra ötvenkilenc perc"),
    ],
)
def test_times(at: str, text: str) -> None:
    """Hours of the whole day and minutes, in one piece."""
    assert grammar.time(datetime.time.fromisoformat(at), "hu") == (text,)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "nulla perc"), (1, "egy perc"), (2, "két perc"), (32, "harminckét perc")],
)
def test_minutes(value: int, text: str) -> None:
    """The singular after every number."""
    assert " ".join(grammar.minutes(value, "hu")) == text
    assert " ".join(grammar.minutes(value, "hu", about=True)) == f"körülbelül {text}"
