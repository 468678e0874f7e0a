"""Trunkline's own words for the two usual questions and the comment, in four languages."""

from collections.abc import Mapping

CSAT: Mapping[str, str] = {
    "en": "How satisfied are you with this call? Please press a key from one to five, "
    "where five is very satisfied.",
    "hu": "Mennyire elégedett ezzel a hívással? Kérjük, nyomjon meg egy gombot egytől ötig, "
    "ahol az öt azt jelenti: nagyon elégedett.",
    "pl": "Jak oceniają Państwo tę rozmowę? Proszę nacisnąć klawisz od jednego do pięciu, "
    "gdzie pięć oznacza ocenę bardzo dobrą.",
    "et": "Kui rahul te selle kõnega olete? Palun vajutage klahvi ühest viieni, "
    "kus viis tähendab väga rahul.",
}
NPS: Mapping[str, str] = {
    "en": "How likely are you to recommend us to a friend? Please key a number from zero to ten, "
    "where ten is very likely.",
    "hu": "Mennyire valószínű, hogy ajánlana minket egy ismerősének? Kérjük, adjon meg egy számot "
    "nullától tízig, ahol a tíz azt jelenti: nagyon valószínű.",
    "pl": "Na ile prawdopodobne jest, że polecą nas Państwo znajomym? Proszę wprowadzić liczbę "
    "od zera do dziesięciu, gdzie dziesięć oznacza: bardzo prawdopodobne.",
    "et": "Kui tõenäoliselt soovitaksite meid oma tuttavale? Palun sisestage number nullist "
    "kümneni, kus kümme tähendab väga tõenäoliselt.",
}
COMMENT: Mapping[str, str] = {
    "en": "If you would like to leave a comment, please speak after the tone and press hash "
    "when you have finished.",
    "hu": "Ha megjegyzést szeretne hagyni, kérjük, beszéljen a sípszó után, és a végén nyomja meg "
    "a kettőskeresztet.",
    "pl": "Aby zostawić komentarz, proszę mówić po sygnale, a na koniec nacisnąć krzyżyk.",
    "et": "Kui soovite jätta kommentaari, palun rääkige pärast signaali ja vajutage lõpus trelle.",
}
