"""How Estonian says numbers, money, dates and times."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from ivr import grammar

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0", "null"),
        ("1", "üks"),
        ("2", "kaks"),
        ("4", "neli"),
        ("7", "seitse"),
        ("10", "kümme"),
        ("11", "üksteist"),
        ("12", "kaksteist"),
        ("14", "neliteist"),
        ("19", "üheksateist"),
        ("20", "kakskümmend"),
        ("21", "kakskümmend üks"),
        ("34", "kolmkümmend neli"),
        ("50", "viiskümmend"),
        ("68", "kuuskümmend kaheksa"),
        ("99", "üheksakümmend üheksa"),
        ("100", "sada"),
        ("101", "sada üks"),
        ("110", "sada kümme"),
        ("111", "sada üksteist"),
        ("200", "kakssada"),
        ("234", "kakssada kolmkümmend neli"),
        ("500", "viissada"),
        ("999", "üheksasada üheksakümmend üheksa"),
        ("1000", "tuhat"),
        ("1001", "tuhat üks"),
        ("1100", "tuhat sada"),
        ("1991", "tuhat üheksasada üheksakümmend üks"),
        ("2000", "kaks tuhat"),
        ("2026", "kaks tuhat kakskümmend kuus"),
        ("5000", "viis tuhat"),
        ("15000", "viisteist tuhat"),
        ("21000", "kakskümmend üks tuhat"),
        ("100000", "sada tuhat"),
        ("360000", "kolmsada kuuskümmend tuhat"),
        ("1000000", "miljon"),
        ("1001000", "miljon tuhat"),
        ("2000000", "kaks miljonit"),
        ("5000000", "viis miljonit"),
        ("21000000", "kakskümmend üks miljonit"),
        ("22000000", "kakskümmend kaks miljonit"),
        ("25000000", "kakskümmend viis miljonit"),
        ("1000000000", "miljard"),
        ("3000000000", "kolm miljardit"),
        ("1234567", "miljon kakssada kolmkümmend neli tuhat viissada kuuskümmend seitse"),
        ("-3", "miinus kolm"),
        ("-1000", "miinus tuhat"),
        ("0.5", "null koma viis"),
        ("3.14", "kolm koma neliteist"),
        ("10.05", "kümme koma null viis"),
        ("1.2345", "üks koma kaks kolm neli viis"),
    ],
)
def test_numbers(value: str, text: str) -> None:
    """Together with -teist, -kümmend and -sada, apart from all else; million in the partitive."""
    assert " ".join(grammar.number(Decimal(value), "et")) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "esimene"),
        (2, "teine"),
        (3, "kolmas"),
        (4, "neljas"),
        (5, "viies"),
        (6, "kuues"),
        (7, "seitsmes"),
        (8, "kaheksas"),
        (9, "üheksas"),
        (10, "kümnes"),
        (11, "üheteistkümnes"),
        (12, "kaheteistkümnes"),
        (13, "kolmeteistkümnes"),
        (14, "neljateistkümnes"),
        (15, "viieteistkümnes"),
        (16, "kuueteistkümnes"),
        (17, "seitsmeteistkümnes"),
        (18, "kaheksateistkümnes"),
        (19, "üheksateistkümnes"),
        (20, "kahekümnes"),
        (21, "kahekümne esimene"),
        (22, "kahekümne teine"),
        (23, "kahekümne kolmas"),
        (24, "kahekümne neljas"),
        (25, "kahekümne viies"),
        (26, "kahekümne kuues"),
        (27, "kahekümne seitsmes"),
        (28, "kahekümne kaheksas"),
        (29, "kahekümne üheksas"),
        (30, "kolmekümnes"),
        (31, "kolmekümne esimene"),
        (40, "neljakümnes"),
        (100, "sajas"),
        (101, "saja esimene"),
        (107, "saja seitsmes"),
        (112, "saja kaheteistkümnes"),
        (150, "saja viiekümnes"),
        (200, "kahesajas"),
        (261, "kahesaja kuuekümne esimene"),
        (654, "kuuesaja viiekümne neljas"),
        (1000, "tuhandes"),
        (2000, "kahe tuhandes"),
        (5555, "viie tuhande viiesaja viiekümne viies"),
    ],
)
def test_ordinals(value: int, text: str) -> None:
    """The genitive of the cardinal, whose last word is the ordinal, in as many words."""
    assert " ".join(grammar.ordinal(value, "et")) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("0", "EUR", "null eurot"),
        ("1", "EUR", "üks euro"),
        ("2", "EUR", "kaks eurot"),
        ("21", "EUR", "kakskümmend üks eurot"),
        ("1.01", "EUR", "üks euro ja üks sent"),
        ("5.20", "EUR", "viis eurot ja kakskümmend senti"),
        ("0.05", "EUR", "viis senti"),
        ("-12.50", "EUR", "miinus kaksteist eurot ja viiskümmend senti"),
        ("1000", "EUR", "tuhat eurot"),
        ("2000000", "EUR", "kaks miljonit eurot"),
        ("3.02", "USD", "kolm dollarit ja kaks senti"),
        ("1", "GBP", "üks nael"),
        ("2.02", "GBP", "kaks naela ja kaks penni"),
        ("4", "PLN", "neli zlotti"),
        ("2", "CZK", "kaks Tšehhi krooni"),
        ("1.50", "SEK", "üks Rootsi kroon ja viiskümmend ööri"),
        ("6", "NOK", "kuus Norra krooni"),
        ("6", "DKK", "kuus Taani krooni"),
        ("9", "CHF", "üheksa Šveitsi franki"),
        ("100", "HUF", "sada forintit"),
        ("100", "JPY", "sada jeeni"),
        ("2", "XAU", "kaks X A U"),
    ],
)
def test_money(value: str, currency: str, text: str) -> None:
    """The nominative after a bare one, the partitive singular after every other number."""
    assert " ".join(grammar.money(Decimal(value), currency, "et")) == text


@pytest.mark.parametrize(
    ("day", "text"),
    [
        ("2000-01-01", "esimene jaanuar kahe tuhandes aasta"),
        ("1918-02-24", "kahekümne neljas veebruar tuhande üheksasaja kaheksateistkümnes aasta"),
        ("2001-03-02", "teine märts kahe tuhande esimene aasta"),
        ("2005-04-03", "kolmas aprill kahe tuhande viies aasta"),
        ("1984-05-20", "kahekümnes mai tuhande üheksasaja kaheksakümne neljas aasta"),
        ("1900-06-23", "kahekümne kolmas juuni tuhande üheksasajas aasta"),
        ("2010-07-04", "neljas juuli kahe tuhande kümnes aasta"),
        ("1991-08-20", "kahekümnes august tuhande üheksasaja üheksakümne esimene aasta"),
        ("2013-09-05", "viies september kahe tuhande kolmeteistkümnes aasta"),
        ("2134-10-31", "kolmekümne esimene oktoober kahe tuhande saja kolmekümne neljas aasta"),
        ("2026-11-22", "kahekümne teine november kahe tuhande kahekümne kuues aasta"),
        ("2100-12-06", "kuues detsember kahe tuhande sajas aasta"),
    ],
)
def test_dates(day: str, text: str) -> None:
    """Day and year are ordinals."""
    assert " ".join(grammar.date(datetime.date.fromisoformat(day), "et")) == text


def test_a_date_with_its_weekday() -> None:
    """The day of the week comes first."""
    said = grammar.date(datetime.date(2026, 11, 22), "et", weekday=True)
    assert said[:3] == ("pühapäev,", "kahekümne teine", "november")
    assert said[3:] == ("kahe tuhande kahekümne kuues aasta",)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        ("00:00", "kesköö"),
        ("00:05", "null null viis"),
        ("00:30", "null kolmkümmend"),
        ("01:00", "üks null null"),
        ("09:15", "üheksa viisteist"),
        ("12:00", "kaksteist null null"),
        ("14:05", "neliteist null viis"),
        ("14:30", "neliteist kolmkümmend"),
        ("20:20", "kakskümmend kakskümmend"),
        ("23:59", "kakskümmend kolm viiskümmend üheksa"),
    ],
)
def test_times(at: str, text: str) -> None:
    """Hours of the whole day and minutes of two digits, in one piece."""
    assert grammar.time(datetime.time.fromisoformat(at), "et") == (text,)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "null minutit"), (1, "üks minut"), (5, "viis minutit"), (21, "kakskümmend üks minutit")],
)
def test_minutes(value: int, text: str) -> None:
    """The partitive after all but a bare one; "umbes" changes no case."""
    assert " ".join(grammar.minutes(value, "et")) == text
    assert " ".join(grammar.minutes(value, "et", about=True)) == f"umbes {text}"
