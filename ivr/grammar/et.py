"""Estonian: the partitive after numbers, and ordinals whose front parts are in the genitive.

Only ``-teist``, ``-kümmend`` and ``-sada`` are written together with what is before them, and
ordinals as their cardinals are (Eesti Keele Instituut, teatmik.eki.ee: arvsõnade kokku- ja
lahkukirjutamine).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import cache

from ivr.grammar.base import Currency, Noun, Pieces, fraction_as_number, groups, spaced, words

ABOUT = "umbes"
AND = "ja"
MINUS = "miinus"
POINT = "koma"

_UNITS = words("- üks kaks kolm neli viis kuus seitse kaheksa üheksa")
_UNITS_GENITIVE = words("- ühe kahe kolme nelja viie kuue seitsme kaheksa üheksa")
_UNIT_ORDINALS = words("- esimene teine kolmas neljas viies kuues seitsmes kaheksas üheksas")
_WEEKDAYS = words("esmaspäev teisipäev kolmapäev neljapäev reede laupäev pühapäev")
_MONTHS = words(
    "jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember"
)
_SCALES: Mapping[int, Noun] = {
    1: Noun("tuhat", "tuhat"),
    2: Noun("miljon", "miljonit"),
    3: Noun("miljard", "miljardit"),
}

SIGNS: Mapping[str, str] = {
    "0": "null",
    **{str(digit): _UNITS[digit] for digit in range(1, 10)},
    "+": "pluss",
    "*": "tärn",
    "#": "trellid",
}
MINUTE = Noun("minut", "minutit")
_SENT = Noun("sent", "senti")
_ORE = Noun("öör", "ööri")
CURRENCIES: Mapping[str, Currency] = {
    "CHF": Currency(Noun("Šveitsi frank", "Šveitsi franki"), Noun("santiim", "santiimi")),
    "CZK": Currency(Noun("Tšehhi kroon", "Tšehhi krooni"), Noun("heller", "hellerit")),
    "DKK": Currency(Noun("Taani kroon", "Taani krooni"), _ORE),
    "EUR": Currency(Noun("euro", "eurot"), _SENT),
    "GBP": Currency(Noun("nael", "naela"), Noun("penn", "penni")),
    "HUF": Currency(Noun("forint", "forintit"), None),
    "JPY": Currency(Noun("jeen", "jeeni"), None),
    "NOK": Currency(Noun("Norra kroon", "Norra krooni"), _ORE),
    "PLN": Currency(Noun("zlott", "zlotti"), Noun("gross", "grossi")),
    "SEK": Currency(Noun("Rootsi kroon", "Rootsi krooni"), _ORE),
    "USD": Currency(Noun("dollar", "dollarit"), _SENT),
}


def cardinal(value: int) -> Pieces:
    if value == 0:
        return (SIGNS["0"],)
    said: list[str] = []
    for group, power in groups(value):
        if power == 0 or group > 1:
            said.append(_group(group))
        if power:
            said.append(_form(group, _SCALES[power]))
    return tuple(said)


def ordinal(value: int) -> Pieces:
    thousands, rest = divmod(value, 1000)
    front = _thousands_genitive(thousands)
    if not rest:
        return (f"{front}s",)
    return (front, _ordinal_group(rest)) if front else (_ordinal_group(rest),)


def fraction(digits: str) -> Pieces:
    return fraction_as_number(digits, SIGNS, cardinal)


def counted(value: int, noun: Noun) -> Pieces:
    return (*cardinal(value), _form(value, noun))


def date(day: datetime.date, *, weekday: bool) -> Pieces:
    """``pühapäev,`` ``kahekümne teine`` ``november`` ``kahe tuhande … kuues aasta``."""
    year = " ".join(ordinal(day.year))
    said = (*ordinal(day.day), _MONTHS[day.month - 1], f"{year} aasta")
    return (f"{_WEEKDAYS[day.weekday()]},", *said) if weekday else said


def time(at: datetime.time) -> Pieces:
    """One piece: ``neliteist null viis``; the carrier sentence says ``kell`` before it."""
    if at.hour == at.minute == 0:
        return ("kesköö",)
    hour = _group(at.hour) or SIGNS["0"]
    zeros = SIGNS["0"] if at.minute else f"{SIGNS['0']} {SIGNS['0']}"
    minute = _group(at.minute)
    return (spaced(hour, zeros if at.minute < 10 else "", minute),)


def _form(value: int, noun: Noun) -> str:
    """The partitive singular after all but a bare one: ``kakskümmend üks eurot``."""
    return noun.one if value == 1 else noun.many


@cache
def _group(value: int) -> str:
    """0 to 999, zero as nothing."""
    hundreds, rest = divmod(value, 100)
    hundred = f"{_UNITS[hundreds] if hundreds > 1 else ''}sada" if hundreds else ""
    if 10 < rest < 20:
        return spaced(hundred, f"{_UNITS[rest - 10]}teist")
    tens, unit = divmod(rest, 10)
    ten = ("", "kümme")[tens] if tens < 2 else f"{_UNITS[tens]}kümmend"
    return spaced(hundred, ten, _UNITS[unit])


def _ordinal_group(value: int) -> str:
    """1 to 999: the genitive of the cardinal, whose last word becomes an ordinal."""
    hundreds, rest = divmod(value, 100)
    hundred = f"{_UNITS_GENITIVE[hundreds] if hundreds > 1 else ''}saja" if hundreds else ""
    if not rest:
        return f"{hundred}s"
    if 10 < rest < 20:
        return spaced(hundred, f"{_UNITS_GENITIVE[rest - 10]}teistkümnes")
    tens, unit = divmod(rest, 10)
    ten = f"{_UNITS_GENITIVE[tens] if tens > 1 else ''}kümne" if tens else ""
    return spaced(hundred, ten, _UNIT_ORDINALS[unit]) if unit else spaced(hundred, f"{ten}s")


def _thousands_genitive(thousands: int) -> str:
    if not thousands:
        return ""
    return spaced(_UNITS_GENITIVE[thousands] if thousands > 1 else "", "tuhande")
