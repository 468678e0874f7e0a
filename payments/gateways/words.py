"""What an agent may say of a decline, in English, Hungarian, Polish and Estonian."""

from __future__ import annotations

from collections.abc import Mapping

from payments.gateways.declines import Decline, Reason

LANGUAGES = ("en", "hu", "pl", "et")

_SAID: Mapping[str, Mapping[Reason, str]] = {
    "en": {
        Reason.GENERIC: "The card was declined. Would you like to pay with another card?",
        Reason.FUNDS: "The card does not have enough funds for this. Would you like to pay with "
        "another card?",
        Reason.LIMIT: "The card's limit does not allow this payment. Would you like to pay with "
        "another card?",
        Reason.EXPIRED: "The card has expired. Would you like to pay with another card?",
        Reason.DATE: "The expiry date is not right. Please key it once more.",
        Reason.NUMBER: "The card number is not right. Please key it once more.",
        Reason.CODE: "The security code is not right. Please key it once more.",
        Reason.POSTAL: "The postal code does not belong to this card. Please key it once more.",
        Reason.KIND: "This card cannot be used for this payment. Would you like to pay with "
        "another card?",
        Reason.AUTHENTICATION: "The bank asks for a confirmation that is not possible by "
        "telephone. Would you like to pay with another card?",
        Reason.LATER: "The bank could not be reached. Shall we try once more? Please key the "
        "security code again.",
    },
    "hu": {
        Reason.GENERIC: "A kártyát elutasították. Szeretne másik kártyával fizetni?",
        Reason.FUNDS: "A kártyán nincs elegendő fedezet. Szeretne másik kártyával fizetni?",
        Reason.LIMIT: "A kártya limitje nem engedi ezt a fizetést. Szeretne másik kártyával "
        "fizetni?",
        Reason.EXPIRED: "A kártya lejárt. Szeretne másik kártyával fizetni?",
        Reason.DATE: "A lejárati dátum nem helyes. Kérem, adja meg újra.",
        Reason.NUMBER: "A kártyaszám nem helyes. Kérem, adja meg újra.",
        Reason.CODE: "A biztonsági kód nem helyes. Kérem, adja meg újra.",
        Reason.POSTAL: "Az irányítószám nem ehhez a kártyához tartozik. Kérem, adja meg újra.",
        Reason.KIND: "Ezzel a kártyával itt nem lehet fizetni. Szeretne másik kártyával fizetni?",
        Reason.AUTHENTICATION: "A bank olyan megerősítést kér, ami telefonon nem lehetséges. "
        "Szeretne másik kártyával fizetni?",
        Reason.LATER: "A bank nem volt elérhető. Megpróbáljuk még egyszer? Kérem, adja meg újra a "
        "biztonsági kódot.",
    },
    "pl": {
        Reason.GENERIC: "Karta została odrzucona. Czy chcą Państwo zapłacić inną kartą?",
        Reason.FUNDS: "Na karcie brakuje środków. Czy chcą Państwo zapłacić inną kartą?",
        Reason.LIMIT: "Limit karty nie pozwala na tę płatność. Czy chcą Państwo zapłacić inną "
        "kartą?",
        Reason.EXPIRED: "Karta straciła ważność. Czy chcą Państwo zapłacić inną kartą?",
        Reason.DATE: "Data ważności jest niepoprawna. Proszę wprowadzić ją jeszcze raz.",
        Reason.NUMBER: "Numer karty jest niepoprawny. Proszę wprowadzić go jeszcze raz.",
        Reason.CODE: "Kod zabezpieczający jest niepoprawny. Proszę wprowadzić go jeszcze raz.",
        Reason.POSTAL: "Kod pocztowy nie pasuje do tej karty. Proszę wprowadzić go jeszcze raz.",
        Reason.KIND: "Tą kartą nie można tu zapłacić. Czy chcą Państwo zapłacić inną kartą?",
        Reason.AUTHENTICATION: "Bank wymaga potwierdzenia, którego nie można złożyć przez "
        "telefon. Czy chcą Państwo zapłacić inną kartą?",
        Reason.LATER: "Nie udało się połączyć z bankiem. Czy spróbujemy jeszcze raz? Proszę "
        "ponownie wprowadzić kod zabezpieczający.",
    },
    "et": {
        Reason.GENERIC: "Kaart lükati tagasi. Kas soovite maksta teise kaardiga?",
        Reason.FUNDS: "Kaardil ei ole piisavalt raha. Kas soovite maksta teise kaardiga?",
        Reason.LIMIT: "Kaardi limiit ei luba seda makset. Kas soovite maksta teise kaardiga?",
        Reason.EXPIRED: "Kaart on aegunud. Kas soovite maksta teise kaardiga?",
        Reason.DATE: "Kehtivusaeg ei ole õige. Palun sisestage see uuesti.",
        Reason.NUMBER: "Kaardi number ei ole õige. Palun sisestage see uuesti.",
        Reason.CODE: "Turvakood ei ole õige. Palun sisestage see uuesti.",
        Reason.POSTAL: "Sihtnumber ei kuulu selle kaardi juurde. Palun sisestage see uuesti.",
        Reason.KIND: "Selle kaardiga ei saa siin maksta. Kas soovite maksta teise kaardiga?",
        Reason.AUTHENTICATION: "Pank nõuab kinnitust, mida telefoni teel anda ei saa. Kas soovite "
        "maksta teise kaardiga?",
        Reason.LATER: "Pangaga ei saadud ühendust. Kas proovime uuesti? Palun sisestage turvakood "
        "uuesti.",
    },
}


def agent_words(decline: Decline, language: str) -> str:
    """What the agent may say; English where the language is none of ours."""
    return _SAID.get(language, _SAID["en"])[decline.reason]
