"""Trunkline's own words to who is rung for a caller, in four languages."""

from collections.abc import Mapping

from ivr.wording import Wording

WHISPER = Wording(
    {
        "en": "A caller is waiting to be put through to you.",
        "hu": "Egy hívó várja, hogy kapcsoljuk.",
        "pl": "Rozmówca czeka na połączenie.",
        "et": "Helistaja ootab ühendamist.",
    }
)

_ACCEPT: Mapping[str, str] = {
    "en": "To take the call, press {}.",
    "hu": "A hívás fogadásához nyomja meg {}.",
    "pl": "Aby przyjąć rozmowę, proszę nacisnąć {}.",
    "et": "Kõne vastuvõtmiseks vajutage {}.",
}
_KEYS: Mapping[str, str] = {
    "en": "zero one two three four five six seven eight nine star hash",
    "hu": "a_nullát az_egyest a_kettest a_hármast a_négyest az_ötöst a_hatost a_hetest "
    "a_nyolcast a_kilencest a_csillagot a_kettőskeresztet",
    "pl": "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć gwiazdkę krzyżyk",
    "et": "null üks kaks kolm neli viis kuus seitse kaheksa üheksa tärni trelle",
}
"""The keys 0 to 9, star and hash in the case that the sentence needs."""


def accept(key: str) -> Wording:
    """Which key takes the call; ``key`` as flows write it: a digit, star or hash."""
    place = {"star": 10, "hash": 11}.get(key)
    at = int(key) if place is None else place
    return Wording(
        {
            language: _ACCEPT[language].format(words.split()[at].replace("_", " "))
            for language, words in _KEYS.items()
        }
    )
