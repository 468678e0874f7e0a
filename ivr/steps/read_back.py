"""The words with which ``confirm: true`` reads digits back; ``{}`` stands for the digits."""

from collections.abc import Mapping

READ_BACK: Mapping[str, str] = {
    "en": "You entered {}. If that is correct, press one. To enter it again, press two.",
    "hu": "Az Ön által megadott szám: {}. Ha helyes, nyomja meg az egyest. "
    "Ha újra meg szeretné adni, nyomja meg a kettest.",
    "pl": "Wprowadzony numer to: {}. Jeśli jest poprawny, proszę nacisnąć jeden. "
    "Aby wprowadzić go ponownie, proszę nacisnąć dwa.",
    "et": "Teie sisestatud number on {}. Kui see on õige, vajutage üks. "
    "Uuesti sisestamiseks vajutage kaks.",
}
