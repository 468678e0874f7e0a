"""English as it is spoken in Britain: "one hundred and one", "the third of May", "two p.m."."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from functools import cache

from ivr.grammar.base import Currency, Noun, Pieces, groups, spaced, words

ABOUT = "about"
AND = "and"
MINUS = "minus"
POINT = "point"

_BELOW_20 = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
)
_TENS = words("- - twenty thirty forty fifty sixty seventy eighty ninety")
_SCALES = words("- thousand million billion")
_WEEKDAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
_MONTHS = words(
    "January February March April May June July August September October November December"
)
_IRREGULAR_ORDINALS: Mapping[str, str] = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_LAST_WORD = re.compile(r"[a-z]+$")

SIGNS: Mapping[str, str] = {
    **{str(digit): _BELOW_20[digit] for digit in range(10)},
    "+": "plus",
    "*": "star",
    "#": "hash",
}
MINUTE = Noun("minute", "minutes")
_CENT = Noun("cent", "cents")
_ORE = Noun("øre", "øre")
CURRENCIES: Mapping[str, Currency] = {
    "CHF": Currency(Noun("Swiss franc", "Swiss francs"), Noun("centime", "centimes")),
    "CZK": Currency(Noun("Czech koruna", "Czech korunas"), Noun("heller", "hellers")),
    "DKK": Currency(Noun("Danish krone", "Danish kroner"), _ORE),
    "EUR": Currency(Noun("euro", "euros"), _CENT),
    "GBP": Currency(Noun("pound", "pounds"), Noun("penny", "pence")),
    "HUF": Currency(Noun("forint", "forints"), None),
    "JPY": Currency(Noun("yen", "yen"), None),
    "NOK": Currency(Noun("Norwegian krone", "Norwegian kroner"), _ORE),
    "PLN": Currency(Noun("zloty", "zlotys"), Noun("grosz", "groszy")),
    "SEK": Currency(Noun("Swedish krona", "Swedish kronor"), Noun("öre", "öre")),
    "USD": Currency(Noun("dollar", "dollars"), _CENT),
}


def cardinal(value: int) -> Pieces:
    if value == 0:
        return (_BELOW_20[0],)
    said: list[str] = []
    for group, power in groups(value):
        # "two thousand and six", but "two thousand one hundred and six".
        linked = said and power == 0 and group < 100
        said.append(f"and {_group(group)}" if linked else _group(group))
        if power:
            said.append(_SCALES[power])
    return tuple(said)


def ordinal(value: int) -> Pieces:
    *before, last = cardinal(value)
    return (*before, _LAST_WORD.sub(_ordinal_word, last))


def fraction(digits: str) -> Pieces:
    return tuple(SIGNS[digit] for digit in digits)


def counted(value: int, noun: Noun) -> Pieces:
    return (*cardinal(value), noun.one if value == 1 else noun.many)


def date(day: datetime.date, *, weekday: bool) -> Pieces:
    """``Sunday`` ``the twenty-second`` ``of November`` ``twenty twenty-six``."""
    said = (f"the {spaced(*ordinal(day.day))}", f"of {_MONTHS[day.month - 1]}", _year(day.year))
    return (_WEEKDAYS[day.weekday()], *said) if weekday else said


def time(at: datetime.time) -> Pieces:
    """One piece: ``two oh five p.m.``; noon and midnight by name, for 12 a.m. is misheard."""
    if at.minute == 0 and at.hour % 12 == 0:
        return ("noon" if at.hour else "midnight",)
    hour = _group(at.hour % 12 or 12)
    half = "p.m." if at.hour >= 12 else "a.m."
    if at.minute == 0:
        return (f"{hour} {half}",)
    return (f"{hour} {_two_digits(at.minute)} {half}",)


def _year(year: int) -> str:
    """By hundreds, ``nineteen eighty-four``, but for the first ten years of a thousand."""
    if year < 1000 or year % 1000 < 10:
        return spaced(*cardinal(year))
    century, rest = divmod(year, 100)
    return f"{_group(century)} {_two_digits(rest) if rest else 'hundred'}"


def _two_digits(value: int) -> str:
    return f"oh {_group(value)}" if value < 10 else _group(value)


@cache
def _group(value: int) -> str:
    """1 to 999."""
    hundreds, rest = divmod(value, 100)
    if not hundreds:
        return _below_100(rest)
    text = f"{_BELOW_20[hundreds]} hundred"
    return f"{text} and {_below_100(rest)}" if rest else text


def _below_100(value: int) -> str:
    if value < 20:
        return _BELOW_20[value]
    tens, unit = divmod(value, 10)
    return f"{_TENS[tens]}-{_BELOW_20[unit]}" if unit else _TENS[tens]


def _ordinal_word(match: re.Match[str]) -> str:
    word = match[0]
    if word.endswith("y"):
        return f"{word[:-1]}ieth"
    return _IRREGULAR_ORDINALS.get(word, f"{word}th")
