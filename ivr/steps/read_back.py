"""The words with which ``confirm: true`` reads back what was keyed; ``{}`` stands for it."""

from collections.abc import Mapping

READ_BACK: Mapping[str, str] = {
    "en": "You entered {}. If that is correct, press one. To enter it again, press two.",
    "hu": "Ön ezt adta meg: {}. Ha helyes, nyomja meg az egyest. "
    "Ha újra meg szeretné adni, nyomja meg a kettest.",
    "pl": "Wprowadzono: {}. Jeśli wszystko się zgadza, proszę nacisnąć jeden. "
    "Aby wprowadzić ponownie, proszę nacisnąć dwa.",
    "et": "Te sisestasite: {}. Kui see on õige, vajutage üks. Uuesti sisestamiseks vajutage kaks.",
}
"""They fit a number, an amount, a day and a time of day."""
