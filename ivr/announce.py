"""Trunkline's own sentences, in English, Hungarian, Polish and Estonian.

Whole sentences, never glued from words: Hungarian's article and Polish's cases depend on what
follows. Polish and Hungarian avoid forms that would guess the listener's gender or age.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from ivr import grammar
from ivr.card_sentences import CardNotice, card_text, card_texts
from ivr.errors import LanguageError

LANGUAGES = ("en", "hu", "pl", "et")
LAST_PLACE = 20
"""The last place that is told exactly."""
WAITS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60)
"""The expected waits that are told, in minutes: nobody could tell finer ones apart."""


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
    ONCE_NOT_NEEDED = "once_not_needed"
    LINE_OPENED = "line_opened"
    LINE_CLOSED = "line_closed"
    NOT_POSSIBLE = "not_possible"
    HELD = "held"
    PAUSE_FULL = "pause_full"
    PAUSE_USED_UP = "pause_used_up"
    WRAP_UP_EXTENDED = "wrap_up_extended"
    WRAP_UP_AT_MOST = "wrap_up_at_most"
    OFF_SHIFT = "off_shift"
    MAY_NOT_RECORD = "may_not_record"
    WHICH_PROMPT = "which_prompt"
    NO_SUCH_PROMPT = "no_such_prompt"
    PRESENT_PROMPT = "present_prompt"
    SPEAK_NOW = "speak_now"
    NOTHING_HEARD = "nothing_heard"
    YOUR_RECORDING = "your_recording"
    KEEP_OR_AGAIN = "keep_or_again"
    RECORDING_KEPT = "recording_kept"
    SYNTHETIC_AGAIN = "synthetic_again"
    NOTHING_CHANGED = "nothing_changed"
    CALLBACK = "callback"
    """To an agent whose phone has rung for somebody who is to be called back."""

    CALLBACK_CONFIRM = "callback_confirm"
    """To a customer who is called back, before an agent is there."""


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
        Notice.ONCE_NOT_NEEDED: "As soon as nobody who is being called needs you.",
        Notice.LINE_OPENED: "Your line is open. Please stay on it.",
        Notice.LINE_CLOSED: "Your line is closed.",
        Notice.NOT_POSSIBLE: "This is not possible now.",
        Notice.HELD: "A supervisor has decided this. Please ask your supervisor.",
        Notice.PAUSE_FULL: "Too many colleagues are on this pause. Please try again later.",
        Notice.PAUSE_USED_UP: "You have used up this pause for today.",
        Notice.WRAP_UP_EXTENDED: "Wrap-up has been extended.",
        Notice.WRAP_UP_AT_MOST: "Wrap-up cannot be extended.",
        Notice.OFF_SHIFT: "Your shift is not on now.",
        Notice.MAY_NOT_RECORD: "This phone may not record prompts.",
        Notice.WHICH_PROMPT: "Please enter the five digits of the prompt's number.",
        Notice.NO_SUCH_PROMPT: "There is no prompt to record with this number.",
        Notice.PRESENT_PROMPT: "This is what callers hear now.",
        Notice.SPEAK_NOW: "Speak after the tone. To end, press the pound key.",
        Notice.NOTHING_HEARD: "Nothing was heard.",
        Notice.YOUR_RECORDING: "This is your recording.",
        Notice.KEEP_OR_AGAIN: "To keep it, press one. To record it again, press two. "
        "To go back to the synthetic voice, press three.",
        Notice.RECORDING_KEPT: "The recording is kept. Callers hear it from now on.",
        Notice.SYNTHETIC_AGAIN: "The synthetic voice speaks again.",
        Notice.NOTHING_CHANGED: "Nothing was changed.",
        Notice.CALLBACK: "This is a callback. The customer is being called.",
        Notice.CALLBACK_CONFIRM: "You asked us to call you back. To talk to us now, press one.",
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
        Notice.ONCE_NOT_NEEDED: "Amint nincs folyamatban olyan hívás, amelyhez önre van szükség.",
        Notice.LINE_OPENED: "A vonal nyitva. Kérjük, tartsa a vonalat.",
        Notice.LINE_CLOSED: "A vonal lezárva.",
        Notice.NOT_POSSIBLE: "Ez most nem lehetséges.",
        Notice.HELD: "Ezt a csoportvezető állította be. Kérjük, forduljon hozzá.",
        Notice.PAUSE_FULL: "Jelenleg túl sokan vannak ezen a szüneten. Kérjük, próbálja később.",
        Notice.PAUSE_USED_UP: "A mai napra ez a szünetidő elfogyott.",
        Notice.WRAP_UP_EXTENDED: "Az utómunka ideje meghosszabbodott.",
        Notice.WRAP_UP_AT_MOST: "Az utómunka ideje nem hosszabbítható meg.",
        Notice.OFF_SHIFT: "Jelenleg nincs műszakban.",
        Notice.MAY_NOT_RECORD: "Erről a telefonról bemondás nem rögzíthető.",
        Notice.WHICH_PROMPT: "Kérjük, adja meg a bemondás ötjegyű számát.",
        Notice.NO_SUCH_PROMPT: "Ezzel a számmal nincs rögzíthető bemondás.",
        Notice.PRESENT_PROMPT: "Jelenleg ezt hallják a hívók.",
        Notice.SPEAK_NOW: "A hangjelzés után beszéljen. "
        "A befejezéshez nyomja meg a kettős keresztet.",
        Notice.NOTHING_HEARD: "Nem hallatszott semmi.",
        Notice.YOUR_RECORDING: "Ez az új felvétel.",
        Notice.KEEP_OR_AGAIN: "A megtartásához nyomja meg az egyest. "
        "Új felvételhez nyomja meg a kettest. "
        "A gépi hang visszaállításához nyomja meg a hármast.",
        Notice.RECORDING_KEPT: "A felvétel elmentve. A hívók mostantól ezt hallják.",
        Notice.SYNTHETIC_AGAIN: "Ismét a gépi hang szól.",
        Notice.NOTHING_CHANGED: "Nem történt változás.",
        Notice.CALLBACK: "Visszahívás. Az ügyfél hívása folyamatban.",
        Notice.CALLBACK_CONFIRM: "Ön visszahívást kért tőlünk. Ha most beszélne velünk, nyomja meg "
        "az egyest.",
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
        Notice.ONCE_NOT_NEEDED: "Gdy tylko nie będą już Państwo potrzebni w tych połączeniach.",
        Notice.LINE_OPENED: "Linia jest otwarta. Prosimy pozostać na linii.",
        Notice.LINE_CLOSED: "Linia została zamknięta.",
        Notice.NOT_POSSIBLE: "Nie jest to teraz możliwe.",
        Notice.HELD: "Ten stan ustawił przełożony. Proszę się z nim skontaktować.",
        Notice.PAUSE_FULL: "Z tej przerwy korzysta teraz zbyt wiele osób. "
        "Proszę spróbować później.",
        Notice.PAUSE_USED_UP: "Dzisiejszy limit tej przerwy został wykorzystany.",
        Notice.WRAP_UP_EXTENDED: "Wydłużono czas czynności po rozmowie.",
        Notice.WRAP_UP_AT_MOST: "Nie można wydłużyć czasu czynności po rozmowie.",
        Notice.OFF_SHIFT: "Nie trwa teraz żadna z przypisanych zmian.",
        Notice.MAY_NOT_RECORD: "Z tego telefonu nie można nagrywać komunikatów.",
        Notice.WHICH_PROMPT: "Proszę wprowadzić pięciocyfrowy numer komunikatu.",
        Notice.NO_SUCH_PROMPT: "Pod tym numerem nie ma komunikatu do nagrania.",
        Notice.PRESENT_PROMPT: "Obecnie dzwoniący słyszą ten komunikat.",
        Notice.SPEAK_NOW: "Proszę mówić po sygnale. Aby zakończyć, proszę nacisnąć krzyżyk.",
        Notice.NOTHING_HEARD: "Nic nie było słychać.",
        Notice.YOUR_RECORDING: "To jest nowe nagranie.",
        Notice.KEEP_OR_AGAIN: "Aby je zachować, proszę nacisnąć jeden. Aby nagrać ponownie, proszę "
        "nacisnąć dwa. Aby przywrócić głos syntetyczny, proszę nacisnąć trzy.",
        Notice.RECORDING_KEPT: "Nagranie zostało zachowane. Od teraz słyszą je dzwoniący.",
        Notice.SYNTHETIC_AGAIN: "Przywrócono głos syntetyczny.",
        Notice.NOTHING_CHANGED: "Niczego nie zmieniono.",
        Notice.CALLBACK: "To jest oddzwonienie. Trwa łączenie z klientem.",
        Notice.CALLBACK_CONFIRM: "Oddzwaniamy na Państwa prośbę. Aby porozmawiać z nami teraz, "
        "proszę nacisnąć jeden.",
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
        Notice.ONCE_NOT_NEEDED: "Niipea kui ükski käimasolev kõne teid ei vaja.",
        Notice.LINE_OPENED: "Teie liin on avatud. Palun püsige liinil.",
        Notice.LINE_CLOSED: "Teie liin on suletud.",
        Notice.NOT_POSSIBLE: "See ei ole praegu võimalik.",
        Notice.HELD: "Selle määras teie juht. Palun pöörduge tema poole.",
        Notice.PAUSE_FULL: "Sellel pausil on praegu liiga palju kolleege. "
        "Palun proovige hiljem uuesti.",
        Notice.PAUSE_USED_UP: "Selle pausi tänane aeg on kasutatud.",
        Notice.WRAP_UP_EXTENDED: "Järeltöö aega pikendati.",
        Notice.WRAP_UP_AT_MOST: "Järeltöö aega ei saa pikendada.",
        Notice.OFF_SHIFT: "Teie vahetus praegu ei kesta.",
        Notice.MAY_NOT_RECORD: "Sellelt telefonilt ei saa teateid salvestada.",
        Notice.WHICH_PROMPT: "Palun sisestage teate viiekohaline number.",
        Notice.NO_SUCH_PROMPT: "Selle numbriga salvestatavat teadet ei ole.",
        Notice.PRESENT_PROMPT: "Praegu kuulevad helistajad seda.",
        Notice.SPEAK_NOW: "Rääkige pärast helisignaali. Lõpetamiseks vajutage trellide klahvi.",
        Notice.NOTHING_HEARD: "Midagi ei olnud kuulda.",
        Notice.YOUR_RECORDING: "See on uus salvestis.",
        Notice.KEEP_OR_AGAIN: "Alles jätmiseks vajutage üks. Uuesti salvestamiseks vajutage kaks. "
        "Sünteeshääle taastamiseks vajutage kolm.",
        Notice.RECORDING_KEPT: "Salvestis on talletatud. Nüüdsest kuulevad helistajad seda.",
        Notice.SYNTHETIC_AGAIN: "Sünteeshääl on taastatud.",
        Notice.NOTHING_CHANGED: "Midagi ei muudetud.",
        Notice.CALLBACK: "See on tagasihelistamine. Kliendile helistatakse.",
        Notice.CALLBACK_CONFIRM: "Helistame teile tagasi, nagu soovisite. Kui soovite kohe meiega "
        "rääkida, vajutage üks.",
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
_WAIT: Mapping[str, str] = {
    "en": "The waiting time is {}.",
    "hu": "A várható várakozási idő {}.",
    "pl": "Czas oczekiwania to {}.",
    "et": "Ooteaeg on {}.",
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


LONGER_BY = 1.5
"""What is expected by now must be so many times what was told before, to be told as longer."""


def minutes_told(wait_ms: int, before: int | None = None) -> int | None:
    """The minutes that a caller is told who may wait so long, the next greater of `WAITS`; None
    beyond the last: nobody is told to wait for more than an hour.

    Who was told so many minutes `before` is not told more: estimates go up and down, and a wait
    that grows is a promise broken. But one that has grown by half is owned up to.
    """
    minutes = next((each for each in WAITS if wait_ms <= each * 60_000), None)
    if before is None or (minutes is not None and minutes <= before):
        return minutes
    return before if wait_ms < LONGER_BY * before * 60_000 else minutes


def expected_wait(language: str, wait_ms: int, before: int | None = None) -> str | None:
    """What a caller is told, in minutes (see `minutes_told`). Raises LanguageError."""
    _known(language)
    minutes = minutes_told(wait_ms, before)
    return _wait(language, minutes) if minutes is not None else None


def _wait(language: str, minutes: int) -> str:
    return _WAIT[language].format(" ".join(grammar.minutes(minutes, language, about=True)))


def notice(language: str, what: Notice) -> str:
    """One of Trunkline's fixed sentences. Raises LanguageError."""
    return _NOTICES[_known(language)][what]


def card_notice(language: str, what: CardNotice) -> str:
    """A sentence for who pays by card. Raises LanguageError."""
    return card_text(_known(language), what)


def paused(language: str, reason: str) -> str:
    """The confirmation of a pause; a reason of the site's own is not named."""
    return notice(language, _PAUSES.get(reason, Notice.PAUSED))


def apology(language: str) -> str:
    """What a caller hears from the plain dialplan when the engine is away."""
    return notice(language, Notice.APOLOGY)


def every_text(language: str) -> Iterator[str]:
    """All sentences of a language, to render them before they are needed."""
    yield from _NOTICES[_known(language)].values()
    yield from card_texts(language)
    yield from (place_in_queue(language, place) for place in range(1, LAST_PLACE + 2))
    yield from (_wait(language, minutes) for minutes in WAITS)


def _known(language: str) -> str:
    if language not in LANGUAGES:
        raise LanguageError(language)
    return language
