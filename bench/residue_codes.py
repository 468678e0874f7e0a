"""Security codes in what is searched. Three digits are found everywhere by chance, so each place is
asked whether it has more of the codes that were keyed than of as many that never were.

Which codes were keyed was drawn by lot. So without a leak either half is as likely to be found, and
`chance` tells how likely it is that the keyed ones are so far ahead by luck alone: below `LEAK` it
is no luck. Nothing is left out by what it looks like.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

LEAK = 0.001
_AROUND = 24
"""Bytes of context that are kept."""
_EXAMPLES = 3
_LONGEST = 8
"""Bytes of a code: four digits in UTF-16."""

_NAMED = re.compile(
    rb"(?:[cC][vVsS][cCvV]2?|[cC][oO][dD][eE])(?:%5D)?[^0-9A-Za-z]{1,6}(?P<code>[0-9]{3,4})(?![0-9])"
)
"""A code beside what such codes are called (`code=`, `cvc":"`), in whatever text or structure."""
_RUNS = {
    "code, ASCII": re.compile(rb"(?P<code>[0-9]{3,})"),
    "code, UTF-16": re.compile(rb"(?P<code>[0-9]\0[0-9]\0[0-9]\0(?:[0-9]\0)*)"),
    "code, spaced": re.compile(rb"(?P<code>[0-9](?: [0-9]){2,})"),
    "code, bytes": re.compile(rb"(?P<code>[\0-\x09]{3,})"),
}
"""Digits with none beside them: the whole run is matched, and must be as long as a code."""
NAMED = "code by name"


class Around(NamedTuple):
    """Where a code stood by its name."""

    code: str
    place: str
    bytes: bytes


class Verdict(NamedTuple):
    """Of one place and one way to be found."""

    place: str
    how: str
    keyed: int
    control: int
    chance: float


class Codes:
    """`keyed` and as many of each length that were not."""

    def __init__(self, keyed: Sequence[str], control: Sequence[str]) -> None:
        self._keyed, self._control = frozenset(keyed), frozenset(control) - frozenset(keyed)
        self._every = self._keyed | self._control
        self._seen: dict[tuple[str, str], Counter[str]] = {}
        self.examples: dict[str, list[Around]] = {}
        """Of keyed codes by their names, a few for each place."""

    def look(self, place: str, data: bytes, end: int) -> None:
        """In some data, for what begins before `end`."""
        if not data.strip(b"\0"):  # most of a process's memory
            return
        for how, pattern in {NAMED: _NAMED, **_RUNS}.items():
            seen = self._seen.setdefault((place, how), Counter())
            for match in pattern.finditer(data):
                if len(match["code"]) > _LONGEST or match.start() >= end:
                    continue
                code = _plain(match["code"])
                if code in self._every:
                    seen[code] += 1
                    if how is NAMED and code in self._keyed:
                        self._keep(place, code, data, match)

    def verdicts(self) -> Iterator[Verdict]:
        """By the name, each different code counts once; else how often each was found, as ranks."""
        for (place, how), seen in sorted(self._seen.items()):
            keyed = sum(seen[code] for code in self._keyed)
            control = sum(seen[code] for code in self._control)
            if how is NAMED:
                keyed, control = len(seen.keys() & self._keyed), len(seen.keys() & self._control)
                chance = by_luck(keyed, control)
            else:
                chance = self._ranked(seen)
            if keyed or control:
                yield Verdict(place, how, keyed, control, chance)

    def _keep(self, place: str, code: str, data: bytes, match: re.Match[bytes]) -> None:
        kept = self.examples.setdefault(place, [])
        if len(kept) < _EXAMPLES:
            around = data[max(0, match.start() - _AROUND) : match.end() + _AROUND]
            kept.append(Around(code, place, around))

    def _ranked(self, seen: Counter[str]) -> float:
        """Of each length by itself: there are ten times as many of four digits."""

        def counts(half: frozenset[str], length: int) -> Counts:
            return np.array([seen[code] for code in half if len(code) == length])

        lengths = {len(code) for code in self._every}
        return by_rank([(counts(self._keyed, n), counts(self._control, n)) for n in lengths])


def by_luck(keyed: int, control: int) -> float:
    """How likely it is that of so many codes as many as `keyed` are of the one half: the tail of a
    binomial distribution."""
    both = keyed + control
    return sum(math.comb(both, k) for k in range(keyed, both + 1)) / float(2**both)


Counts = npt.NDArray[np.int64]


def by_rank(groups: Sequence[tuple[Counts, Counts]]) -> float:
    """How likely it is that a division by lot puts the greater counts so far into the first half:
    Wilcoxon's rank sum with its exact variance under ties, near enough normal."""
    surplus = variance = 0.0
    for keyed, control in groups:
        both = np.concatenate([keyed, control])
        if len(keyed) == 0 or len(control) == 0:
            continue
        ordered = np.sort(both)
        ranks = (ordered.searchsorted(both) + ordered.searchsorted(both, "right")) / 2
        apart = ranks - ranks.mean()
        surplus += float(apart[: len(keyed)].sum())
        pairs = len(keyed) * len(control) / (len(both) * (len(both) - 1))
        variance += float((apart**2).sum()) * pairs
    return 1.0 if variance == 0 else math.erfc(surplus / math.sqrt(2 * variance)) / 2


def _plain(found: bytes) -> str:
    """The code as digits."""
    if found[0] < 10:
        return "".join(map(str, found))
    return found.replace(b"\0", b"").replace(b" ", b"").decode()
