"""What callers are told while they key a card, in English, Hungarian, Polish and Estonian.

Whole sentences, as in `ivr.announce`, of which they are part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum


class CardNotice(StrEnum):
    """What is said to who pays by card."""

    NUMBER = "number"
    EXPIRY = "expiry"
    CODE_3 = "code_3"
    CODE_4 = "code_4"
    CODE = "code"
    """Of a brand that is not known yet."""

    POSTAL = "postal"
    AGAIN = "again"
    LAST_FOUR = "last_four"
    """The digits follow."""

    AGREE = "agree"
    WAIT = "wait"
    NOTHING_KEYED = "nothing_keyed"
    BAD_NUMBER = "bad_number"
    BAD_TYPE = "bad_type"
    BAD_EXPIRY = "bad_expiry"
    BAD_CODE = "bad_code"
    BAD_POSTAL = "bad_postal"
    NOT_THE_SAME = "not_the_same"
    PAID = "paid"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    TOO_MANY = "too_many"
    TOO_LATE = "too_late"
    NOT_CHARGED = "not_charged"
    UNKNOWN = "unknown"


_TEXTS: Mapping[str, Mapping[CardNotice, str]] = {
    "en": {
        CardNotice.NUMBER: "Please enter your card number, then press the pound key.",
        CardNotice.EXPIRY: "Please enter the expiry date, two digits for the month and two for "
        "the year.",
        CardNotice.CODE_3: "Please enter the three-digit security code on the back of the card.",
        CardNotice.CODE_4: "Please enter the four-digit security code on the front of the card.",
        CardNotice.CODE: "Please enter the security code of the card, then press the pound key.",
        CardNotice.POSTAL: "Please enter the digits of your postal code, then press the pound key.",
        CardNotice.AGAIN: "Please enter it once more.",
        CardNotice.LAST_FOUR: "These are the last four digits of your card number.",
        CardNotice.AGREE: "If they are right, press one. If they are not, press two.",
        CardNotice.WAIT: "Thank you. One moment, please.",
        CardNotice.NOTHING_KEYED: "We did not receive all the digits.",
        CardNotice.BAD_NUMBER: "This card number is not right.",
        CardNotice.BAD_TYPE: "We do not accept this kind of card.",
        CardNotice.BAD_EXPIRY: "This expiry date is not right, or the card has expired.",
        CardNotice.BAD_CODE: "This security code is not right.",
        CardNotice.BAD_POSTAL: "This postal code is not right.",
        CardNotice.NOT_THE_SAME: "The two entries were not the same.",
        CardNotice.PAID: "Your payment has been made.",
        CardNotice.DECLINED: "Your card was declined. Nothing was charged.",
        CardNotice.CANCELLED: "The payment was cancelled. Nothing was charged.",
        CardNotice.TOO_MANY: "The card could not be read. Nothing was charged.",
        CardNotice.TOO_LATE: "The time for the payment is over. Nothing was charged.",
        CardNotice.NOT_CHARGED: "Payments are not possible now. Nothing was charged.",
        CardNotice.UNKNOWN: "We do not know yet whether your payment was made. Please do not pay "
        "again, we will find out.",
    },
    "hu": {
        CardNotice.NUMBER: "Kérjük, adja meg a kártyaszámot, majd nyomja meg a kettős keresztet.",
        CardNotice.EXPIRY: "Kérjük, adja meg a lejárati dátumot: két számjegy a hónap, két "
        "számjegy az év.",
        CardNotice.CODE_3: "Kérjük, adja meg a kártya hátoldalán lévő háromjegyű biztonsági kódot.",
        CardNotice.CODE_4: "Kérjük, adja meg a kártya előlapján lévő négyjegyű biztonsági kódot.",
        CardNotice.CODE: "Kérjük, adja meg a kártya biztonsági kódját, majd nyomja meg a kettős "
        "keresztet.",
        CardNotice.POSTAL: "Kérjük, adja meg az irányítószám számjegyeit, majd nyomja meg a kettős "
        "keresztet.",
        CardNotice.AGAIN: "Kérjük, adja meg még egyszer.",
        CardNotice.LAST_FOUR: "Ez a kártyaszám utolsó négy számjegye.",
        CardNotice.AGREE: "Ha helyes, nyomja meg az egyest. Ha nem, nyomja meg a kettest.",
        CardNotice.WAIT: "Köszönjük. Kis türelmet kérünk.",
        CardNotice.NOTHING_KEYED: "Nem érkezett meg minden számjegy.",
        CardNotice.BAD_NUMBER: "Ez a kártyaszám nem helyes.",
        CardNotice.BAD_TYPE: "Ilyen típusú kártyát nem fogadunk el.",
        CardNotice.BAD_EXPIRY: "Ez a lejárati dátum nem helyes, vagy a kártya lejárt.",
        CardNotice.BAD_CODE: "Ez a biztonsági kód nem helyes.",
        CardNotice.BAD_POSTAL: "Ez az irányítószám nem helyes.",
        CardNotice.NOT_THE_SAME: "A két megadott szám nem egyezett.",
        CardNotice.PAID: "A fizetés megtörtént.",
        CardNotice.DECLINED: "A kártyát elutasították. Nem terheltünk meg semmit.",
        CardNotice.CANCELLED: "A fizetés megszakadt. Nem terheltünk meg semmit.",
        CardNotice.TOO_MANY: "A kártyaadatokat nem sikerült beolvasni. Nem terheltünk meg semmit.",
        CardNotice.TOO_LATE: "A fizetésre szánt idő letelt. Nem terheltünk meg semmit.",
        CardNotice.NOT_CHARGED: "A fizetés most nem lehetséges. Nem terheltünk meg semmit.",
        CardNotice.UNKNOWN: "Még nem tudjuk, hogy a fizetés megtörtént-e. Kérjük, ne fizessen "
        "újra, utánajárunk.",
    },
    "pl": {
        CardNotice.NUMBER: "Proszę wprowadzić numer karty, a następnie nacisnąć krzyżyk.",
        CardNotice.EXPIRY: "Proszę wprowadzić datę ważności: dwie cyfry miesiąca i dwie cyfry "
        "roku.",
        CardNotice.CODE_3: "Proszę wprowadzić trzycyfrowy kod zabezpieczający z tyłu karty.",
        CardNotice.CODE_4: "Proszę wprowadzić czterocyfrowy kod zabezpieczający z przodu karty.",
        CardNotice.CODE: "Proszę wprowadzić kod zabezpieczający karty, a następnie nacisnąć "
        "krzyżyk.",
        CardNotice.POSTAL: "Proszę wprowadzić cyfry kodu pocztowego, a następnie nacisnąć krzyżyk.",
        CardNotice.AGAIN: "Proszę wprowadzić jeszcze raz.",
        CardNotice.LAST_FOUR: "Oto ostatnie cztery cyfry numeru karty.",
        CardNotice.AGREE: "Jeśli są poprawne, proszę nacisnąć jeden. Jeśli nie, proszę nacisnąć "
        "dwa.",
        CardNotice.WAIT: "Dziękujemy. Prosimy o chwilę cierpliwości.",
        CardNotice.NOTHING_KEYED: "Nie otrzymaliśmy wszystkich cyfr.",
        CardNotice.BAD_NUMBER: "Ten numer karty jest niepoprawny.",
        CardNotice.BAD_TYPE: "Nie przyjmujemy kart tego rodzaju.",
        CardNotice.BAD_EXPIRY: "Ta data ważności jest niepoprawna lub karta straciła ważność.",
        CardNotice.BAD_CODE: "Ten kod zabezpieczający jest niepoprawny.",
        CardNotice.BAD_POSTAL: "Ten kod pocztowy jest niepoprawny.",
        CardNotice.NOT_THE_SAME: "Wprowadzone dane nie są takie same.",
        CardNotice.PAID: "Płatność została przyjęta.",
        CardNotice.DECLINED: "Karta została odrzucona. Nie pobrano żadnej kwoty.",
        CardNotice.CANCELLED: "Płatność została anulowana. Nie pobrano żadnej kwoty.",
        CardNotice.TOO_MANY: "Nie udało się odczytać danych karty. Nie pobrano żadnej kwoty.",
        CardNotice.TOO_LATE: "Czas na płatność minął. Nie pobrano żadnej kwoty.",
        CardNotice.NOT_CHARGED: "Płatność nie jest teraz możliwa. Nie pobrano żadnej kwoty.",
        CardNotice.UNKNOWN: "Nie wiemy jeszcze, czy płatność została przyjęta. Prosimy nie płacić "
        "ponownie, wyjaśnimy to.",
    },
    "et": {
        CardNotice.NUMBER: "Palun sisestage kaardi number ja vajutage trellide klahvi.",
        CardNotice.EXPIRY: "Palun sisestage kehtivusaeg: kaks numbrit kuu ja kaks numbrit aasta "
        "jaoks.",
        CardNotice.CODE_3: "Palun sisestage kolmekohaline turvakood kaardi tagaküljelt.",
        CardNotice.CODE_4: "Palun sisestage neljakohaline turvakood kaardi esiküljelt.",
        CardNotice.CODE: "Palun sisestage kaardi turvakood ja vajutage trellide klahvi.",
        CardNotice.POSTAL: "Palun sisestage sihtnumber ja vajutage trellide klahvi.",
        CardNotice.AGAIN: "Palun sisestage see veel kord.",
        CardNotice.LAST_FOUR: "Need on teie kaardi numbri neli viimast numbrit.",
        CardNotice.AGREE: "Kui need on õiged, vajutage üks. Kui ei ole, vajutage kaks.",
        CardNotice.WAIT: "Täname. Palun oodake hetk.",
        CardNotice.NOTHING_KEYED: "Kõik numbrid ei jõudnud meieni.",
        CardNotice.BAD_NUMBER: "See kaardi number ei ole õige.",
        CardNotice.BAD_TYPE: "Seda liiki kaarte me vastu ei võta.",
        CardNotice.BAD_EXPIRY: "See kehtivusaeg ei ole õige või kaart on aegunud.",
        CardNotice.BAD_CODE: "See turvakood ei ole õige.",
        CardNotice.BAD_POSTAL: "See sihtnumber ei ole õige.",
        CardNotice.NOT_THE_SAME: "Kaks sisestust ei olnud ühesugused.",
        CardNotice.PAID: "Makse on tehtud.",
        CardNotice.DECLINED: "Kaart lükati tagasi. Raha ei võetud.",
        CardNotice.CANCELLED: "Makse katkestati. Raha ei võetud.",
        CardNotice.TOO_MANY: "Kaardi andmeid ei õnnestunud lugeda. Raha ei võetud.",
        CardNotice.TOO_LATE: "Makse aeg on läbi. Raha ei võetud.",
        CardNotice.NOT_CHARGED: "Maksmine ei ole praegu võimalik. Raha ei võetud.",
        CardNotice.UNKNOWN: "Me ei tea veel, kas makse tehti. Palun ärge makske uuesti, me "
        "selgitame selle välja.",
    },
}


def card_text(language: str, what: CardNotice) -> str:
    """One of the sentences, in one of the languages of `ivr.announce`."""
    return _TEXTS[language][what]


def card_texts(language: str) -> Iterator[str]:
    """All of a language."""
    yield from _TEXTS[language].values()
