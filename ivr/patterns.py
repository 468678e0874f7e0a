"""Which regular expressions may be held against what a web service sends."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_MATCHED = 256
"""Signs of a text that a pattern is held against; what is longer does not fit."""

_FEW = 4
_TOKEN = re.compile(
    r"""\\.                                        # escaped
    | \[\^?\]?(?:\\.|[^\]\\])*\]                   # a class of signs
    | (?P<open>\((?:\?(?:[:=!>]|<[=!]|P<\w+>))?)
    | (?P<close>\))
    | (?P<choice>\|)
    | (?P<repeat>[*+?]|\{(?P<least>\d*)(?P<comma>,)?(?P<most>\d*)\})[?+]?
    | .""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(slots=True)
class _Group:
    """``varies``: it can match one text in several ways."""

    varies: bool = False


def is_slow(pattern: str) -> bool:
    """Whether a text can keep it busy for ever: ``(a+)+`` tries every way to part the text.

    True where what repeats itself, or chooses, is repeated as often as the text likes. Without
    that, the time grows with the length only as the number of repeats says (J. Friedl, "Mastering
    Regular Expressions", on super-linear matching), and the length is bounded.
    """
    groups = [_Group()]
    last = _Group()
    for token in _TOKEN.finditer(pattern):
        match token.lastgroup:
            case "open":
                groups.append(_Group())
            case "close":
                last = groups.pop() if len(groups) > 1 else _Group()
                groups[-1].varies |= last.varies
                continue
            case "choice":
                groups[-1].varies = True
            case None:
                pass
            case _:
                if last.varies and _is_often(token):
                    return True
                groups[-1].varies |= token["least"] is None or token["comma"] is not None
        last = _Group()
    return False


def _is_often(repeat: re.Match[str]) -> bool:
    if repeat["least"] is None:
        return repeat["repeat"][0] != "?"
    if repeat["comma"] and not repeat["most"]:
        return True
    return int(repeat["most"] or repeat["least"] or 0) > _FEW
