"""Say what was probably meant: nearest allowed name to a mistyped one."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

_LISTED = 12
_SHOWN = 60
_NEAR, _ALIKE = 3, 0.6
_HINT = re.compile(", (?:did you mean |allowed: |none is defined)")


def shown(value: object) -> str:
    """A document's value as a message quotes it: text in quotes, shortened; else its kind."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    printable = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return f'"{printable}"'


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """``did you mean "x"? (allowed: x, y)``; only what is allowed when nothing is near."""
    names = list(allowed)
    if not names:
        return "none is defined"
    more = ", …" if len(names) > _LISTED else ""
    listed = f"allowed: {', '.join(names[:_LISTED])}{more}"
    near = nearest(word, names)
    return listed if near is None else f'did you mean "{near}"? ({listed})'


def without_hint(message: str) -> str:
    """The message without what `did_you_mean` added, which depends on what is around it."""
    return _HINT.split(message, maxsplit=1)[0]


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The name most like ``word`` regardless of case, or None when nothing is alike."""
    folded, wanted = {name.casefold(): name for name in names}, word.casefold()
    found = get_close_matches(wanted, folded, n=_NEAR, cutoff=_ALIKE)
    return next((folded[name] for name in found if _is_alike(wanted, name)), None)


def _is_alike(word: str, name: str) -> bool:
    """Of dotted names what they begin with alike says nothing: the rest must be alike."""
    mine, theirs = word.split("."), name.split(".")
    while len(mine) > 1 and len(theirs) > 1 and mine[0] == theirs[0]:
        del mine[0], theirs[0]
    return bool(get_close_matches(".".join(mine), [".".join(theirs)], cutoff=_ALIKE))
