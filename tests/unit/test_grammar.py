"""What holds for numbers, money, dates and times in every language."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import grammar
from ivr.announce import LANGUAGES
from ivr.errors import LanguageError

pytestmark = pytest.mark.unit

HUGE = 10**15
languages = st.sampled_from(LANGUAGES)
currencies = st.sampled_from(
    ["CHF", "CZK", "DKK", "EUR", "GBP", "HUF", "JPY", "NOK", "PLN", "SEK", "USD"]
)
amounts = st.decimals(-HUGE, HUGE, places=2)
GENDERS = ("PLN", "CZK", "EUR")
"""A masculine, a feminine and a neuter currency, where a language tells them apart."""


@cache
def vocabulary(language: str) -> frozenset[str]:
    """All that numbers are made of: each group in each place, alone and behind others."""
    values = [group * 1000**power for group in range(1000) for power in range(4)]
    values += [place + group for group in range(1000) for place in (1000, 10**6)]
    said = {piece for value in values for piece in grammar.number(value, language)}
    return frozenset(said | set(grammar.number(Decimal("-0.5"), language)))


@cache
def money_vocabulary(language: str) -> frozenset[str]:
    """The numbers' vocabulary, what a currency's gender changes of it, and the currencies."""
    values = [*map(Decimal, range(2000)), *(Decimal(10**6 + group) for group in range(1000))]
    values += [whole + Decimal(minor) / 100 for whole in (0, 3) for minor in range(100)]
    said = (grammar.money(value, code, language) for value in values for code in GENDERS)
    return vocabulary(language) | {piece for pieces in said for piece in pieces}


def test_the_languages_are_those_of_the_announcements() -> None:
    """Whoever hears their place in the queue hears their balance too."""
    assert set(grammar.GRAMMARS) == set(LANGUAGES)


@given(st.integers(-HUGE, HUGE), languages)
def test_every_number_is_said_in_words(value: int, language: str) -> None:
    """No digit and no empty piece is left to the synthesiser."""
    said = grammar.number(value, language)
    assert said
    assert all(piece and not any(sign.isdigit() for sign in piece) for piece in said)


@given(st.decimals(-HUGE, HUGE, allow_nan=False), languages)
def test_what_numbers_are_made_of_is_bounded(value: Decimal, language: str) -> None:
    """A few thousand files say every number."""
    assert set(grammar.number(value, language)) <= vocabulary(language)


@given(amounts, st.sampled_from(GENDERS), languages)
def test_what_amounts_are_made_of_is_bounded(value: Decimal, code: str, language: str) -> None:
    """The hundredths and the currencies add little to what says the numbers."""
    assert set(grammar.money(value, code, language)) <= money_vocabulary(language)
    assert len(money_vocabulary(language)) <= len(vocabulary(language)) + 250


@pytest.mark.parametrize(
    ("language", "most"), [("en", 1110), ("hu", 5000), ("pl", 1020), ("et", 1010)]
)
def test_how_large_the_vocabulary_is(language: str, most: int) -> None:
    """Hungarian writes groups and their thousands as one word, so it has the most."""
    assert 1000 <= len(vocabulary(language)) <= most


@pytest.mark.parametrize("language", LANGUAGES)
def test_different_numbers_sound_different(language: str) -> None:
    """Every number to 30 000, and a sample of those to a million."""
    numbers = {*range(30_000), *random.Random(3).sample(range(10**6), 20_000)}
    assert len({" ".join(grammar.number(value, language)) for value in numbers}) == len(numbers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_different_ordinals_sound_different(language: str) -> None:
    """All that are said as ordinals, none of them like a cardinal."""
    ordinals = {" ".join(grammar.ordinal(value, language)) for value in range(1, 10_000)}
    cardinals = {" ".join(grammar.number(value, language)) for value in range(1, 10_000)}
    assert len(ordinals) == 9999
    assert not ordinals & cardinals


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_time_and_day_sounds_different(language: str) -> None:
    """1440 minutes of a day, the days of four years, and each year that a date can have."""
    times = {grammar.time(datetime.time(*divmod(at, 60)), language) for at in range(1440)}
    first = datetime.date(2024, 1, 1).toordinal()
    days = [datetime.date.fromordinal(first + day) for day in range(1461)]
    years = [datetime.date(year, 5, 1) for year in range(1, 10_000)]
    assert len(times) == 1440
    assert len({" ".join(grammar.date(day, language)) for day in days}) == 1461
    assert len({" ".join(grammar.date(day, language)) for day in years}) == 9999


@given(amounts, currencies, languages)
def test_every_amount_ends_with_its_currency(value: Decimal, currency: str, language: str) -> None:
    """What is counted is said last, and a minus only before what is not nothing."""
    said = grammar.money(value, currency, language)
    known = grammar.GRAMMARS[language].CURRENCIES[currency]
    names = {form for noun in (known.major, known.minor or known.major) for form in noun[:3]}
    assert said[-1] in names - {""}
    zero = grammar.money(Decimal(0), currency, language)
    assert (said[0] == grammar.GRAMMARS[language].MINUS) == (value < 0 and said != zero)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_knows_the_same_currencies(language: str) -> None:
    """A flow in four languages names an amount in all of them or in none."""
    known = grammar.GRAMMARS[language].CURRENCIES
    assert known.keys() == grammar.GRAMMARS["en"].CURRENCIES.keys()
    assert {code for code, each in known.items() if each.minor is None} == {"HUF", "JPY"}


def test_a_currency_without_a_word_is_spelt() -> None:
    """Letter by letter, in capitals, behind the number as it stands."""
    assert grammar.money(Decimal("0.125"), "btc", "en")[-3:] == ("B", "T", "C")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.004", "zero euros"),
        ("-0.004", "zero euros"),
        ("0.005", "one cent"),
        ("0.999", "one euro"),
    ],
)
def test_amounts_are_rounded_half_up_to_what_is_paid(value: str, text: str) -> None:
    """A half cent counts; what rounds to nothing has no sign."""
    assert " ".join(grammar.money(Decimal(value), "EUR", "en")) == text


def test_forints_have_no_hundredths() -> None:
    """A fillér is not paid any more: the amount is rounded to forints."""
    assert grammar.money(Decimal("99.50"), "HUF", "hu") == ("száz", "forint")


def test_long_fractions_are_cut_at_six_digits() -> None:
    """A division does not read its caller twenty-eight digits."""
    assert grammar.number(Decimal(2) / 3, "en")[2:] == ("six", "six", "six", "six", "six", "seven")
    assert grammar.number(Decimal("-0.0000001"), "et") == ("null",)


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_a_million_million_on_numbers_are_read_as_digits(language: str) -> None:
    """Nobody takes in such a number as a number; the currency follows as after many."""
    assert grammar.number(10**12 + 7, language) == grammar.digits("1000000000007", language)
    assert len(grammar.number(10**12 - 1, language)) < 10
    dearest = grammar.money(Decimal(10**12), "EUR", language)
    assert dearest[:-1] == grammar.digits("1000000000000", language)
    assert dearest[-1:] == grammar.money(Decimal(5), "EUR", language)[-1:]
    assert len(grammar.number(Decimal("1e40"), language)) == 41


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_finite_cannot_be_said(value: str) -> None:
    """The caller of the grammar must not have let it come so far."""
    with pytest.raises(ValueError, match="finite"):
        grammar.number(Decimal(value), "en")


@pytest.mark.parametrize("value", [0, -1, 10_000])
def test_other_ordinals_are_said_as_cardinals(value: int) -> None:
    """A wrong number in a flow must not end a call."""
    assert grammar.ordinal(value, "pl") == grammar.number(value, "pl")


def test_digits_are_one_piece_each() -> None:
    """Ten files say every account; what stands between digits is not said."""
    assert grammar.digits("01 2-3", "en") == ("zero", "one", "two", "three")
    assert grammar.digits("+*#", "hu") == ("plusz", "csillag", "kettőskereszt")
    assert grammar.digits("987", "et") == ("üheksa", "kaheksa", "seitse")
    assert grammar.digits("²٣", "pl") == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_time_that_has_run_over_is_still_said(language: str) -> None:
    """Negative minutes come out of a subtraction; they are said, not refused."""
    assert grammar.minutes(-5, language)[1:] == grammar.minutes(5, language)


NOON = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)
SAY: list[Callable[[], grammar.Pieces]] = [
    lambda: grammar.number(1, "fr"),
    lambda: grammar.ordinal(1, "fr"),
    lambda: grammar.digits("1", "fr"),
    lambda: grammar.money(Decimal(1), "EUR", "fr"),
    lambda: grammar.date(NOON.date(), "fr"),
    lambda: grammar.time(NOON.time(), "fr"),
    lambda: grammar.minutes(1, "fr"),
]


@pytest.mark.parametrize("say", SAY)
def test_a_language_without_grammar_is_an_error(say: Callable[[], grammar.Pieces]) -> None:
    """Whatever is to be said."""
    with pytest.raises(LanguageError, match="'fr'"):
        say()
