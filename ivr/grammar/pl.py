"""Polish: three forms after numbers, a gender for one and two, years in the genitive."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from functools import cache

from ivr.grammar.base import (
    Currency,
    Gender,
    Noun,
    Pieces,
    fraction_as_number,
    groups,
    spaced,
    words,
)

# "Około" would ask for the genitive of the number and of its noun.
ABOUT = "w przybliżeniu"
AND = ""
MINUS = "minus"
POINT = "przecinek"

_BELOW_20 = words(
    "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście "
    "trzynaście czternaście piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście"
)
_TENS = words(
    "- - dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt "
    "osiemdziesiąt dziewięćdziesiąt"
)
_HUNDREDS = words(
    "- sto dwieście trzysta czterysta pięćset sześćset siedemset osiemset dziewięćset"
)
_ORDINALS_BELOW_20 = words(
    "- pierwszy drugi trzeci czwarty piąty szósty siódmy ósmy dziewiąty dziesiąty jedenasty "
    "dwunasty trzynasty czternasty piętnasty szesnasty siedemnasty osiemnasty dziewiętnasty"
)
_ORDINAL_TENS = words(
    "- - dwudziesty trzydziesty czterdziesty pięćdziesiąty sześćdziesiąty siedemdziesiąty "
    "osiemdziesiąty dziewięćdziesiąty"
)
_ORDINAL_HUNDREDS = words(
    "- setny dwusetny trzechsetny czterechsetny pięćsetny sześćsetny siedemsetny osiemsetny "
    "dziewięćsetny"
)
_ORDINAL_THOUSANDS = words(
    "- tysięczny dwutysięczny trzytysięczny czterotysięczny pięciotysięczny sześciotysięczny "
    "siedmiotysięczny ośmiotysięczny dziewięciotysięczny"
)
_WEEKDAYS = words("poniedziałek wtorek środa czwartek piątek sobota niedziela")
_MONTHS_GENITIVE = words(
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
    "listopada grudnia"
)
_SCALES: Mapping[int, Noun] = {
    1: Noun("tysiąc", "tysięcy", "tysiące"),
    2: Noun("milion", "milionów", "miliony"),
    3: Noun("miliard", "miliardów", "miliardy"),
}
_ONE: Mapping[Gender, str] = {
    Gender.MASCULINE: "jeden",
    Gender.FEMININE: "jedna",
    Gender.NEUTER: "jedno",
}

SIGNS: Mapping[str, str] = {
    **{str(digit): _BELOW_20[digit] for digit in range(10)},
    "+": "plus",
    "*": "gwiazdka",
    "#": "krzyżyk",
}
MINUTE = Noun("minuta", "minut", "minuty", Gender.FEMININE)
_CENT = Noun("cent", "centów", "centy")
_ORE = Noun("öre", "öre", "öre", Gender.NEUTER)
CURRENCIES: Mapping[str, Currency] = {
    "CHF": Currency(
        Noun("frank szwajcarski", "franków szwajcarskich", "franki szwajcarskie"),
        Noun("centym", "centymów", "centymy"),
    ),
    "CZK": Currency(
        Noun("korona czeska", "koron czeskich", "korony czeskie", Gender.FEMININE),
        Noun("halerz", "halerzy", "halerze"),
    ),
    "DKK": Currency(
        Noun("korona duńska", "koron duńskich", "korony duńskie", Gender.FEMININE), _ORE
    ),
    "EUR": Currency(Noun("euro", "euro", "euro", Gender.NEUTER), _CENT),
    "GBP": Currency(Noun("funt", "funtów", "funty"), Noun("pens", "pensów", "pensy")),
    "HUF": Currency(Noun("forint", "forintów", "forinty"), None),
    "JPY": Currency(Noun("jen", "jenów", "jeny"), None),
    "NOK": Currency(
        Noun("korona norweska", "koron norweskich", "korony norweskie", Gender.FEMININE), _ORE
    ),
    "PLN": Currency(Noun("złoty", "złotych", "złote"), Noun("grosz", "groszy", "grosze")),
    "SEK": Currency(
        Noun("korona szwedzka", "koron szwedzkich", "korony szwedzkie", Gender.FEMININE), _ORE
    ),
    "USD": Currency(Noun("dolar", "dolarów", "dolary"), _CENT),
}


def cardinal(value: int) -> Pieces:
    return _cardinal(value, Gender.MASCULINE)


def ordinal(value: int) -> Pieces:
    return _ordinal(value, _nominative)


def fraction(digits: str) -> Pieces:
    return fraction_as_number(digits, SIGNS, cardinal)


def counted(value: int, noun: Noun) -> Pieces:
    return (*_cardinal(value, noun.gender), _form(value, noun))


def date(day: datetime.date, *, weekday: bool) -> Pieces:
    """``niedziela,`` ``dwudziesty drugi`` ``listopada`` ``dwa tysiące … szóstego roku``."""
    year = " ".join(_ordinal(day.year, _genitive))
    said = (*ordinal(day.day), _MONTHS_GENITIVE[day.month - 1], f"{year} roku")
    return (f"{_WEEKDAYS[day.weekday()]},", *said) if weekday else said


def time(at: datetime.time) -> Pieces:
    """One piece: ``czternasta zero pięć``; the hour is an ordinal, of the feminine ``godzina``."""
    if at.minute == 0:
        return (_ordinal_group(at.hour, _feminine) if at.hour else "północ",)
    hour = _ordinal_group(at.hour, _feminine) if at.hour else _BELOW_20[0]
    minute = _group(at.minute, Gender.FEMININE)
    return (f"{hour} {f'zero {minute}' if at.minute < 10 else minute}",)


def _cardinal(value: int, gender: Gender) -> Pieces:
    if value == 0:
        return (_BELOW_20[0],)
    if value == 1:
        return (_ONE[gender],)
    said: list[str] = []
    for group, power in groups(value):
        if power == 0:
            said.append(_group(group, gender))
        elif group == 1:
            said.append(_SCALES[power].one)
        else:
            said += (_group(group, Gender.MASCULINE), _form(group, _SCALES[power]))
    return tuple(said)


def _form(value: int, noun: Noun) -> str:
    if value == 1:
        return noun.one
    is_few = value % 10 in (2, 3, 4) and value % 100 not in (12, 13, 14)
    return noun.few if is_few else noun.many


@cache
def _group(value: int, gender: Gender) -> str:
    """1 to 999. Only two keeps its gender behind tens: ``dwadzieścia dwie``, but ``jeden``."""
    hundreds, rest = divmod(value, 100)
    tens, unit = divmod(rest, 10) if rest >= 20 else (0, rest)
    last = "dwie" if unit == 2 and gender is Gender.FEMININE else _BELOW_20[unit]
    return spaced(_HUNDREDS[hundreds], _TENS[tens], last if unit else "")


def _ordinal(value: int, inflect: Callable[[str], str]) -> Pieces:
    """1 to 9999. Tens and units are inflected, what is before them only if nothing follows."""
    thousands, rest = divmod(value, 1000)
    if not rest:
        return (inflect(_ORDINAL_THOUSANDS[thousands]),)
    before = _cardinal(thousands * 1000, Gender.MASCULINE) if thousands else ()
    return (*before, _ordinal_group(rest, inflect))


def _ordinal_group(value: int, inflect: Callable[[str], str]) -> str:
    hundreds, rest = divmod(value, 100)
    if not rest:
        return inflect(_ORDINAL_HUNDREDS[hundreds])
    tens, unit = divmod(rest, 10) if rest >= 20 else (0, rest)
    return spaced(
        _HUNDREDS[hundreds], inflect(_ORDINAL_TENS[tens]), inflect(_ORDINALS_BELOW_20[unit])
    )


def _nominative(masculine: str) -> str:
    return masculine


def _genitive(masculine: str) -> str:
    """``piąty``: ``piątego``; ``drugi``: ``drugiego``."""
    if masculine.endswith("i"):
        return f"{masculine}ego"
    return f"{masculine[:-1]}ego" if masculine else ""


def _feminine(masculine: str) -> str:
    """``piąty``: ``piąta``; ``trzeci``: ``trzecia``, but the i of ``drugi`` only softens g."""
    if masculine == "trzeci":
        return "trzecia"
    return f"{masculine[:-1]}a" if masculine else ""
