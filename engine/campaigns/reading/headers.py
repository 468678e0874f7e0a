"""What a column is about, by its header in English, Hungarian, Polish, Estonian or German."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from config.suggest import did_you_mean, shown

PHONE = "phone"
KINDS = ("mobile", "home", "work", "other")
"""Of numbers; other: the file does not say."""
LEFT_OUT = "-"
PART = "part"
SINGLE = ("id", "name", "language", "zone", PART, "priority", "best_time", "call_at")
"""What a lead has one of, beside its numbers and its own fields."""
FIELD = "field."
"""Before the name of a lead's own field that is one of ours too."""
TARGETS = (PHONE, *(f"{PHONE}.{kind}" for kind in KINDS), *SINGLE, LEFT_OUT)

_WORDS: Mapping[str, str] = {
    "id": "id|external id|customer id|client id|customer number|client number|account|reference|"
    "ref|azonosito|ugyfelazonosito|ugyfel azonosito|ugyfelszam|identyfikator|id klienta|"
    "numer klienta|nr klienta|kliendi id|kliendinumber|tunnus|"
    "ugyfel kod|ugyfelkod|partnerkod|kod klienta|kundennummer|kundennr|kunden nr|kunden id",
    "name": "name|full name|customer|customer name|nev|teljes nev|ugyfel|ugyfel neve|nazwa|"
    "imie i nazwisko|nazwisko i imie|klient|nimi|taisnimi|klient nimi|kliendi nimi|"
    "ugyfelnev|ugyfel nev|nazwa klienta|nazwisko i imie klienta|kunde|kundenname|"
    "vollstandiger name|ees ja perekonnanimi",
    PHONE: "phone|phone number|telephone|telephone number|tel|tel no|number|msisdn|contact number|"
    "telefon|telefonszam|szam|hivoszam|numer|numer telefonu|nr telefonu|nr tel|"
    "telefoninumber|telefoni number|"
    "telefon szam|tel szam|elsodleges telefonszam|telefon kontaktowy|telefon klienta|numer tel|"
    "telefoninr|telefoni nr|kontakttelefon|telefonnummer|rufnummer|telefonnr|telefon nr",
    "phone.mobile": "mobile|mobile phone|mobile number|cell|cell phone|cellphone|mobil|"
    "mobiltelefon|mobilszam|komorka|komorkowy|telefon komorkowy|numer komorkowy|mobiil|"
    "mobiiltelefon|mobiilinumber|"
    "mobil telefon|mobiltelefonszam|mobil szam|mobil telefonszam|tel komorkowy|tel kom|"
    "numer kom|nr kom|nr komorkowy|nr komorki|numer komorki|numer telefonu komorkowego|"
    "nr telefonu komorkowego|mobiilinr|mobiiltelefoni number|handy|handynummer|mobilnummer|"
    "mobilfunk|mobilfunknummer|mobilrufnummer",
    "phone.home": "home|home phone|home number|landline|otthoni|otthoni telefon|otthoni szam|"
    "vezetekes|vezetekes telefon|domowy|telefon domowy|stacjonarny|telefon stacjonarny|"
    "kodune|kodutelefon|kodune telefon|lauatelefon|"
    "otthoni telefonszam|vezetekes telefonszam|vezetekes szam|tel domowy|tel stacjonarny|"
    "numer domowy|numer stacjonarny|festnetz|festnetznummer|telefon privat|privatnummer",
    "phone.work": "work|work phone|work number|office|office phone|business phone|munkahelyi|"
    "munkahelyi telefon|irodai|irodai telefon|sluzbowy|telefon sluzbowy|praca|telefon do pracy|"
    "tootelefon|too telefon|"
    "munkahelyi telefonszam|munkahelyi szam|irodai telefonszam|tel sluzbowy|numer sluzbowy|"
    "too number|buro|telefon buro|geschaftlich|telefon geschaftlich|dienstlich|"
    "telefon dienstlich",
    "phone.other": "other phone|egyeb telefon|inny telefon|muu telefon",
    "language": "language|lang|nyelv|jezyk|keel",
    "zone": "zone|time zone|timezone|idozona|strefa czasowa|ajavoond|zeitzone",
    # Of a country, as laws have it: a county of the US is within one.
    PART: "part|part of the country|state|region|province|federal state|bundesland|kanton|"
    "tartomany|megye|wojewodztwo|maakond",
    "priority": "priority|prioritas|fontossag|priorytet|prioriteet",
    "best_time": "best time|best time to call|time to call|preferred time|legjobb ido|"
    "when to call|hivhato|mikor hivhato|hivasi ido|hivas ideje|najlepsza pora|pora kontaktu|"
    "pora rozmowy|godziny kontaktu|godziny rozmowy|kiedy dzwonic|parim aeg|sobiv aeg|"
    "helistamise aeg|helistamisaeg|millal helistada|"
    "legalkalmasabb ido|hivhatosag|preferowana pora|preferowane godziny|preferowany czas|"
    "najlepszy czas|sobiv kellaaeg|parim kellaaeg|eelistatud aeg|erreichbarkeit|"
    "beste zeit|beste anrufzeit|anrufzeit",
    "call_at": "call at|call back at|callback|call back|appointment|visszahivas|"
    "visszahivas ideje|oddzwonic|termin rozmowy|tagasihelistamine|tagasihelistamise aeg|"
    "visszahivas idopontja|visszahivasi idopont|visszahivas datuma|data oddzwonienia|"
    "termin oddzwonienia|data i godzina oddzwonienia|termin kontaktu|tagasihelistamise kuupaev|"
    "ruckruf am|ruckruftermin|wiedervorlage",
    "first_name": "first name|firstname|given name|keresztnev|utonev|imie|eesnimi|"
    "kereszt nev|uto nev|imie klienta|vorname|rufname",
    "last_name": "last name|lastname|surname|family name|vezeteknev|csaladnev|nazwisko|"
    "perekonnanimi|perenimi|"
    "vezetek nev|csalad nev|nazwisko klienta|nachname|familienname|zuname",
    LEFT_OUT: "refused row|why refused",
}
_NAME = "[a-z][a-z0-9_]{0,39}"
_NO_MARKS = str.maketrans({"ł": "l", "Ł": "l", "ß": "ss", "ø": "o", "đ": "d"})


@dataclass(frozen=True)
class Columns:
    """What each column is: ``targets`` has an entry for each, one of `TARGETS` or a field's
    name, if need be behind `FIELD`."""

    headers: tuple[str, ...]
    targets: tuple[str, ...]
    perhaps_part: tuple[int, ...] = ()
    """Fields whose headers are those of a part of the country, which is for their values to say:
    those of the first rows, and where these say nothing that of each row."""

    remarks: Mapping[str, str] = field(default_factory=dict, compare=False)
    """By header, where the values told what the column is, or is not."""

    @property
    def phones(self) -> tuple[int, ...]:
        """Columns with numbers, in their order."""
        return tuple(
            at for at, target in enumerate(self.targets) if target.partition(".")[0] == PHONE
        )


class BadMap(ValueError):
    """A ``--map`` that cannot be; its text is for who wrote it."""


def columns_of(headers: Sequence[str], wished: Mapping[str, str]) -> Columns:
    """What the columns are by their headers, and by the ``--map`` of who imports them, which goes
    before: target → header. Raises BadMap."""
    taken = {_at(headers, header): _target(target) for target, header in wished.items()}
    names: list[str] = []
    perhaps_part: list[int] = []
    for at, header in enumerate(headers):
        target = taken.get(at) or _own(header) or _TARGET_OF.get(_numberless(plain(header)))
        if target in SINGLE and at not in taken and (target in names or target in taken.values()):
            target = None
        if target == PART and at not in taken:
            perhaps_part.append(at)
            target = None
        names.append(target or _once(field_name(header, at), names))
    return Columns(tuple(headers), tuple(names), tuple(perhaps_part))


def _at(headers: Sequence[str], header: str) -> int:
    """By its header, or its number from 1."""
    texts = [plain(each) for each in headers]
    if plain(header) in texts:
        return texts.index(plain(header))
    if header.isdecimal() and 1 <= int(header) <= len(headers):
        return int(header) - 1
    raise BadMap(f"there is no column {shown(header)}, {did_you_mean(header, headers)}")


def _target(target: str) -> str:
    """``phone.mobile2`` is another ``phone.mobile``."""
    without = target.rstrip("0123456789")
    if without in TARGETS:
        return without
    if re.fullmatch(_NAME, target):
        return target
    if own := _own(target):
        return own
    raise BadMap(f"a lead has no {shown(target)}, {did_you_mean(target, TARGETS)}")


def _own(text: str) -> str | None:
    """The lead's own field that is written as one: ``field.segment``, ``field.part``."""
    name = text.removeprefix(FIELD)
    if name == text or not re.fullmatch(_NAME, name):
        return None
    return text if name in TARGETS else name


def _once(name: str, names: Iterable[str]) -> str:
    if name == PART and FIELD + PART not in names:
        return FIELD + PART
    taken, number = {*names, *TARGETS}, 2
    found = name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def field_of(target: str) -> str | None:
    """The name of the lead's own field that a column is; None: it is one of `TARGETS`."""
    return None if target in TARGETS else target.removeprefix(FIELD)


def plain(header: str) -> str:
    """A header without case, accents and signs: ``Telefonszám:`` is ``telefonszam``."""
    flat = unicodedata.normalize("NFKD", header.strip().casefold().translate(_NO_MARKS))
    letters = "".join(sign for sign in flat if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())


def _numberless(header: str) -> str:
    return header.rstrip("0123456789 ") or header


def field_name(header: str, at: int) -> str:
    """The name of a lead's own field: ``Szerződés száma`` is ``szerzodes_szama``."""
    name = plain(header).replace(" ", "_")[:40]
    if not name:
        return f"column_{at + 1}"
    return name if name[0].isalpha() else f"column_{name}"[:40]


_TARGET_OF = {
    **{word: target for target, words in _WORDS.items() for word in words.split("|")},
    **{plain(target): target for target in TARGETS if target != LEFT_OUT},
}
"""By what is left of a header; `phone.mobile` is its own name."""
