"""Hungarian: solid compounds, ``két`` before what is counted, dates in the possessive.

A number up to 1999 is one word and one piece. From 2000 on orthography puts hyphens between
groups of three digits (``kétezer-huszonhat``; A magyar helyesírás szabályai, 12th ed., 289).
Each group is a piece of its own, so a space stands where the hyphen would; spoken they are the
same. A year is one piece and keeps its hyphen.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache

from ivr.grammar.base import Currency, Noun, Pieces, fraction_as_number, groups, words

ABOUT = "körülbelül"
AND = ""
MINUS = "mínusz"
POINT = "vessző"

_UNITS = words("- egy kettő három négy öt hat hét nyolc kilenc")
_TENS = words("- tíz húsz harminc negyven ötven hatvan hetven nyolcvan kilencven")
_TENS_BEFORE_UNIT = ("", "tizen", "huszon", *_TENS[3:])
_HUNDREDS = words("- száz kétszáz háromszáz négyszáz ötszáz hatszáz hétszáz nyolcszáz kilencszáz")
_SCALES = words("- ezer millió milliárd")
_SOLID_BELOW = 2000
_WEEKDAYS = words("hétfő kedd szerda csütörtök péntek szombat vasárnap")
_MONTHS = words(
    "január február március április május június július augusztus szeptember október november "
    "december"
)
# A compound's last part; first and second have words of their own, but not in compounds.
_ORDINALS: Mapping[str, str] = {
    "egy": "egyedik",
    "kettő": "kettedik",
    "három": "harmadik",
    "négy": "negyedik",
    "öt": "ötödik",
    "hat": "hatodik",
    "hét": "hetedik",
    "nyolc": "nyolcadik",
    "kilenc": "kilencedik",
    "tíz": "tizedik",
    "húsz": "huszadik",
    "harminc": "harmincadik",
    "negyven": "negyvenedik",
    "ötven": "ötvenedik",
    "hatvan": "hatvanadik",
    "hetven": "hetvenedik",
    "nyolcvan": "nyolcvanadik",
    "kilencven": "kilencvenedik",
    "száz": "századik",
    "ezer": "ezredik",
}
_FIRST_ORDINALS: Mapping[int, str] = {1: "első", 2: "második"}

SIGNS: Mapping[str, str] = {
    "0": "nulla",
    **{str(digit): _UNITS[digit] for digit in range(1, 10)},
    "+": "plusz",
    "*": "csillag",
    "#": "kettőskereszt",
}


def _noun(singular: str) -> Noun:
    return Noun(singular, singular)


MINUTE = _noun("perc")
_CENT = _noun("cent")
_ORE = _noun("öre")
# Zloti and penni as they are said: a voice would read "ty" and "ny" as Hungarian letters.
CURRENCIES: Mapping[str, Currency] = {
    "CHF": Currency(_noun("svájci frank"), _noun("rappen")),
    "CZK": Currency(_noun("cseh korona"), _noun("fillér")),
    "DKK": Currency(_noun("dán korona"), _ORE),
    "EUR": Currency(_noun("euró"), _CENT),
    "GBP": Currency(_noun("font"), _noun("penni")),
    "HUF": Currency(_noun("forint"), None),
    "JPY": Currency(_noun("jen"), None),
    "NOK": Currency(_noun("norvég korona"), _ORE),
    "PLN": Currency(_noun("zloti"), _noun("grosz")),
    "SEK": Currency(_noun("svéd korona"), _ORE),
    "USD": Currency(_noun("dollár"), _CENT),
}


def cardinal(value: int) -> Pieces:
    if value == 0:
        return (SIGNS["0"],)
    said = tuple(_scaled(group, power) for group, power in groups(value))
    return ("".join(said),) if value < _SOLID_BELOW else said


def ordinal(value: int) -> Pieces:
    if value in _FIRST_ORDINALS:
        return (_FIRST_ORDINALS[value],)
    *before, last = cardinal(value)
    stem = next(stem for stem in _ORDINALS if last.endswith(stem))
    return (*before, last.removesuffix(stem) + _ORDINALS[stem])


def fraction(digits: str) -> Pieces:
    return fraction_as_number(digits, SIGNS, cardinal)


def counted(value: int, noun: Noun) -> Pieces:
    *before, last = cardinal(value)
    return (*before, _before_noun(last), noun.one)


def date(day: datetime.date, *, weekday: bool) -> Pieces:
    """``kétezer-huszonhat`` ``november`` ``huszonkettedike,`` ``vasárnap``."""
    said = ("-".join(cardinal(day.year)), _MONTHS[day.month - 1])
    if weekday:
        return (*said, f"{_day(day.day)},", _WEEKDAYS[day.weekday()])
    return (*said, _day(day.day))


def time(at: datetime.time) -> Pieces:
    """One piece: ``tizennégy óra öt perc``."""
    said = counted(at.hour, _noun("óra"))
    if at.minute:
        said += counted(at.minute, MINUTE)
    return (" ".join(said),)


def _day(day: int) -> str:
    """A day of the month is its ordinal with a possessive ending: ``november tizedike``."""
    if day == 1:
        return "elseje"
    (text,) = ordinal(day)
    return text + ("e" if text.endswith(("edik", "ödik")) else "a")


def _scaled(group: int, power: int) -> str:
    if power == 0:
        return _group(group)
    if power == 1 and group == 1:
        return _SCALES[1]
    return _before_noun(_group(group)) + _SCALES[power]


def _before_noun(text: str) -> str:
    return f"{text.removesuffix('kettő')}két" if text.endswith("kettő") else text


@cache
def _group(value: int) -> str:
    """1 to 999."""
    hundreds, rest = divmod(value, 100)
    tens, unit = divmod(rest, 10)
    ten = _TENS_BEFORE_UNIT[tens] if unit else _TENS[tens]
    return _HUNDREDS[hundreds] + ten + _UNITS[unit]
