"""Trunkline's own words around a message, in four languages."""

from collections.abc import Mapping

PROMPT: Mapping[str, str] = {
    "en": "Please leave your message after the tone. When you have finished, press hash.",
    "hu": "Kérjük, a sípszó után hagyjon üzenetet. Ha befejezte, nyomja meg a kettőskeresztet.",
    "pl": "Proszę zostawić wiadomość po sygnale, a na koniec nacisnąć krzyżyk.",
    "et": "Palun jätke pärast signaali sõnum. Kui olete lõpetanud, vajutage trelle.",
}
NOTHING_SAID: Mapping[str, str] = {
    "en": "Nothing was recorded.",
    "hu": "Nem hallottunk semmit.",
    "pl": "Niczego nie nagrano.",
    "et": "Midagi ei salvestatud.",
}
REVIEW: Mapping[str, str] = {
    "en": "To hear your message, press one. To record it again, press two. "
    "To keep it, press three.",
    "hu": "Az üzenet meghallgatásához nyomja meg az egyest. Ha újra felvenné, nyomja meg a "
    "kettest. A megtartásához nyomja meg a hármast.",
    "pl": "Aby odsłuchać wiadomość, proszę nacisnąć jeden. Aby nagrać ją ponownie, proszę "
    "nacisnąć dwa. Aby ją zachować, proszę nacisnąć trzy.",
    "et": "Sõnumi kuulamiseks vajutage üks. Uuesti salvestamiseks vajutage kaks. "
    "Sõnumi säilitamiseks vajutage kolm.",
}
