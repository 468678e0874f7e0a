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
    REFUSED = "refused"
    """Why a card was declined that may be tried again: not told, or one of the next."""

    NO_FUNDS = "no_funds"
    OVER_LIMIT = "over_limit"
    EXPIRED = "expired"
    BAD_KIND = "bad_kind"
    NO_CONFIRMATION = "no_confirmation"
    BANK_AWAY = "bank_away"
    OTHER_CARD = "other_card"
    """How to try again, after why."""

    ONCE_MORE = "once_more"


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
        CardNotice.REFUSED: "Your card was declined.",
        CardNotice.NO_FUNDS: "The card does not have enough funds for this.",
        CardNotice.OVER_LIMIT: "The card's limit does not allow this payment.",
        CardNotice.EXPIRED: "The card has expired.",
        CardNotice.BAD_KIND: "This card cannot be used for this payment.",
        CardNotice.NO_CONFIRMATION: "The bank asks for a confirmation that is not possible by "
        "telephone.",
        CardNotice.BANK_AWAY: "The bank could not be reached.",
        CardNotice.OTHER_CARD: "Nothing was charged. You can pay with another card now, or press "
        "star to stop.",
        CardNotice.ONCE_MORE: "Nothing was charged. You can try once more now, or press star to "
        "stop.",
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
        CardNotice.REFUSED: "A kártyát elutasították.",
        CardNotice.NO_FUNDS: "A kártyán ehhez nincs elegendő fedezet.",
        CardNotice.OVER_LIMIT: "A kártya limitje nem engedi ezt a fizetést.",
        CardNotice.EXPIRED: "A kártya lejárt.",
        CardNotice.BAD_KIND: "Ezzel a kártyával itt nem lehet fizetni.",
        CardNotice.NO_CONFIRMATION: "A bank olyan megerősítést kér, ami telefonon nem lehetséges.",
        CardNotice.BANK_AWAY: "A bank nem volt elérhető.",
        CardNotice.OTHER_CARD: "Nem terheltünk meg semmit. Most másik kártyával fizethet, vagy a "
        "csillaggal megszakíthatja.",
        CardNotice.ONCE_MORE: "Nem terheltünk meg semmit. Most még egyszer megpróbálhatja, vagy a "
        "csillaggal megszakíthatja.",
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
        CardNotice.REFUSED: "Karta została odrzucona.",
        CardNotice.NO_FUNDS: "Na karcie brakuje na to środków.",
        CardNotice.OVER_LIMIT: "Limit karty nie pozwala na tę płatność.",
        CardNotice.EXPIRED: "Karta straciła ważność.",
        CardNotice.BAD_KIND: "Tą kartą nie można tu zapłacić.",
        CardNotice.NO_CONFIRMATION: "Bank wymaga potwierdzenia, którego nie można złożyć przez "
        "telefon.",
        CardNotice.BANK_AWAY: "Nie udało się połączyć z bankiem.",
        CardNotice.OTHER_CARD: "Nie pobrano żadnej kwoty. Można teraz zapłacić inną kartą albo "
        "przerwać gwiazdką.",
        CardNotice.ONCE_MORE: "Nie pobrano żadnej kwoty. Można teraz spróbować jeszcze raz albo "
        "przerwać gwiazdką.",
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
        CardNotice.REFUSED: "Kaart lükati tagasi.",
        CardNotice.NO_FUNDS: "Kaardil ei ole selleks piisavalt raha.",
        CardNotice.OVER_LIMIT: "Kaardi limiit ei luba seda makset.",
        CardNotice.EXPIRED: "Kaart on aegunud.",
        CardNotice.BAD_KIND: "Selle kaardiga ei saa siin maksta.",
        CardNotice.NO_CONFIRMATION: "Pank nõuab kinnitust, mida telefoni teel anda ei saa.",
        CardNotice.BANK_AWAY: "Pangaga ei saadud ühendust.",
        CardNotice.OTHER_CARD: "Raha ei võetud. Võite nüüd maksta teise kaardiga või tärniga "
        "katkestada.",
        CardNotice.ONCE_MORE: "Raha ei võetud. Võite nüüd veel kord proovida või tärniga "
        "katkestada.",
    },
}


def card_text(language: str, what: CardNotice) -> str:
    """One of the sentences, in one of the languages of `ivr.announce`."""
    return _TEXTS[language][what]


def card_texts(language: str) -> Iterator[str]:
    """All of a language."""
    yield from _TEXTS[language].values()
