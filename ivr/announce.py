"""Trunkline's own sentences, in English, Hungarian, Polish and Estonian.

Whole sentences, never glued from words: Hungarian's article and Polish's cases depend on what
follows. Polish and Hungarian avoid forms that would guess the listener's gender or age.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from ivr.errors import LanguageError

LANGUAGES = ("en", "hu", "pl", "et")
LAST_PLACE = 20
"""The last place that is told exactly."""


class Notice(StrEnum):
    """What is told to callers and agents as it stands."""

    APOLOGY = "apology"
    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
    PAUSED = "paused"
    PAUSED_LUNCH = "paused_lunch"
    PAUSED_BREAK = "paused_break"
    PAUSED_TRAINING = "paused_training"
    RESUMED = "resumed"
    WRAP_UP_ENDED = "wrap_up_ended"
    AVAILABLE_AFTERWARDS = "available_afterwards"
    PAUSED_AFTERWARDS = "paused_afterwards"
    LOGGED_OUT_AFTERWARDS = "logged_out_afterwards"
    NOT_POSSIBLE = "not_possible"


_NOTICES: Mapping[str, Mapping[Notice, str]] = {
    "en": {
        Notice.APOLOGY: "We are sorry, our system has a fault. "
        "Please stay on the line, we are connecting you.",
        Notice.LOGGED_IN: "You are logged in.",
        Notice.LOGGED_OUT: "You are logged out.",
        Notice.PAUSED: "You are paused.",
        Notice.PAUSED_LUNCH: "You are paused for lunch.",
        Notice.PAUSED_BREAK: "You are paused for a break.",
        Notice.PAUSED_TRAINING: "You are paused for training.",
        Notice.RESUMED: "You are available again.",
        Notice.WRAP_UP_ENDED: "Wrap-up has ended. You are available again.",
        Notice.AVAILABLE_AFTERWARDS: "After this contact you will be available.",
        Notice.PAUSED_AFTERWARDS: "After this contact you will be paused.",
        Notice.LOGGED_OUT_AFTERWARDS: "After this contact you will be logged out.",
        Notice.NOT_POSSIBLE: "This is not possible now.",
    },
    "hu": {
        Notice.APOLOGY: "Elnézést kérünk, rendszerünkben hiba történt. "
        "Kérjük, tartsa a vonalat, azonnal kapcsoljuk.",
        Notice.LOGGED_IN: "Sikeresen bejelentkezett.",
        Notice.LOGGED_OUT: "Sikeresen kijelentkezett.",
        Notice.PAUSED: "A szünet megkezdődött.",
        Notice.PAUSED_LUNCH: "Az ebédszünet megkezdődött.",
        Notice.PAUSED_BREAK: "A pihenőidő megkezdődött.",
        Notice.PAUSED_TRAINING: "A képzés idejére szünetel a hívásfogadás.",
        Notice.RESUMED: "Ismét fogad hívásokat.",
        Notice.WRAP_UP_ENDED: "Az utómunka lezárult. Ismét fogad hívásokat.",
        Notice.AVAILABLE_AFTERWARDS: "A hívás lezárása után ismét fogad hívásokat.",
        Notice.PAUSED_AFTERWARDS: "A szünet a hívás lezárása után kezdődik.",
        Notice.LOGGED_OUT_AFTERWARDS: "A kijelentkezés a hívás lezárása után történik meg.",
        Notice.NOT_POSSIBLE: "Ez most nem lehetséges.",
    },
    "pl": {
        Notice.APOLOGY: "Przepraszamy, wystąpiła awaria naszego systemu. "
        "Prosimy pozostać na linii, trwa łączenie.",
        Notice.LOGGED_IN: "Zalogowano.",
        Notice.LOGGED_OUT: "Wylogowano.",
        Notice.PAUSED: "Rozpoczęto przerwę.",
        Notice.PAUSED_LUNCH: "Rozpoczęto przerwę obiadową.",
        Notice.PAUSED_BREAK: "Rozpoczęto przerwę na odpoczynek.",
        Notice.PAUSED_TRAINING: "Rozpoczęto przerwę na szkolenie.",
        Notice.RESUMED: "Wznowiono przyjmowanie połączeń.",
        Notice.WRAP_UP_ENDED: "Zakończono czynności po rozmowie. Wznowiono przyjmowanie połączeń.",
        Notice.AVAILABLE_AFTERWARDS: "Przyjmowanie połączeń zostanie wznowione "
        "po zakończeniu obsługi tego połączenia.",
        Notice.PAUSED_AFTERWARDS: "Przerwa rozpocznie się po zakończeniu obsługi tego połączenia.",
        Notice.LOGGED_OUT_AFTERWARDS: "Wylogowanie nastąpi po zakończeniu obsługi tego połączenia.",
        Notice.NOT_POSSIBLE: "Nie jest to teraz możliwe.",
    },
    "et": {
        Notice.APOLOGY: "Vabandame, meie süsteemis tekkis rike. "
        "Palun püsige liinil, me ühendame teid.",
        Notice.LOGGED_IN: "Olete sisse logitud.",
        Notice.LOGGED_OUT: "Olete välja logitud.",
        Notice.PAUSED: "Paus on alanud.",
        Notice.PAUSED_LUNCH: "Lõunapaus on alanud.",
        Notice.PAUSED_BREAK: "Puhkepaus on alanud.",
        Notice.PAUSED_TRAINING: "Koolituse ajal kõnesid ei suunata.",
        Notice.RESUMED: "Võtate taas kõnesid vastu.",
        Notice.WRAP_UP_ENDED: "Järeltöö on lõppenud. Võtate taas kõnesid vastu.",
        Notice.AVAILABLE_AFTERWARDS: "Pärast selle kõne lõpetamist võtate taas kõnesid vastu.",
        Notice.PAUSED_AFTERWARDS: "Paus algab pärast selle kõne lõpetamist.",
        Notice.LOGGED_OUT_AFTERWARDS: "Teid logitakse välja pärast selle kõne lõpetamist.",
        Notice.NOT_POSSIBLE: "See ei ole praegu võimalik.",
    },
}

_NEXT: Mapping[str, str] = {
    "en": "You are next.",
    "hu": "Ön következik.",
    "pl": "Państwa połączenie zostanie odebrane jako następne.",
    "et": "Teie olete järgmine.",
}
_PLACE: Mapping[str, str] = {
    "en": "You are {} in the queue.",
    "hu": "Ön {} a sorban.",
    "pl": "Są Państwo na {} miejscu w kolejce.",
    "et": "Olete järjekorras {}.",
}
_FAR: Mapping[str, str] = {
    "en": "There are more than twenty callers in the queue.",
    "hu": "Jelenleg több mint húszan várakoznak a sorban.",
    "pl": "W kolejce oczekuje ponad dwadzieścia osób.",
    "et": "Järjekorras on üle kahekümne inimese.",
}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# From the second to the twentieth, in the case that the sentence needs.
_ORDINALS: Mapping[str, tuple[str, ...]] = {
    "en": _words(
        "second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
        "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
    ),
    "hu": tuple(
        f"{'az' if word.startswith('ö') else 'a'} {word}"
        for word in _words(
            "második harmadik negyedik ötödik hatodik hetedik nyolcadik kilencedik tizedik "
            "tizenegyedik tizenkettedik tizenharmadik tizennegyedik tizenötödik tizenhatodik "
            "tizenhetedik tizennyolcadik tizenkilencedik huszadik"
        )
    ),
    "pl": _words(
        "drugim trzecim czwartym piątym szóstym siódmym ósmym dziewiątym dziesiątym jedenastym "
        "dwunastym trzynastym czternastym piętnastym szesnastym siedemnastym osiemnastym "
        "dziewiętnastym dwudziestym"
    ),
    "et": _words(
        "teine kolmas neljas viies kuues seitsmes kaheksas üheksas kümnes üheteistkümnes "
        "kaheteistkümnes kolmeteistkümnes neljateistkümnes viieteistkümnes kuueteistkümnes "
        "seitsmeteistkümnes kaheksateistkümnes üheksateistkümnes kahekümnes"
    ),
}
_PAUSES: Mapping[str, Notice] = {
    "lunch": Notice.PAUSED_LUNCH,
    "break": Notice.PAUSED_BREAK,
    "training": Notice.PAUSED_TRAINING,
}


def place_in_queue(language: str, place: int) -> str:
    """What a caller at ``place`` (1 is the head of the line) is told. Raises LanguageError."""
    _known(language)
    if place <= 1:
        return _NEXT[language]
    if place > LAST_PLACE:
        return _FAR[language]
    return _PLACE[language].format(_ORDINALS[language][place - 2])


def notice(language: str, what: Notice) -> str:
    """One of Trunkline's fixed sentences. Raises LanguageError."""
    return _NOTICES[_known(language)][what]


def paused(language: str, reason: str) -> str:
    """The confirmation of a pause; a reason of the site's own is not named."""
    return notice(language, _PAUSES.get(reason, Notice.PAUSED))


def apology(language: str) -> str:
    """What a caller hears from the plain dialplan when the engine is away."""
    return notice(language, Notice.APOLOGY)


def every_text(language: str) -> Iterator[str]:
    """All sentences of a language, to render them before they are needed."""
    yield from _NOTICES[_known(language)].values()
    yield from (place_in_queue(language, place) for place in range(1, LAST_PLACE + 2))


def _known(language: str) -> str:
    if language not in LANGUAGES:
        raise LanguageError(language)
    return language
