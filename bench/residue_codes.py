"""Security codes in what is searched. Three digits are found everywhere by chance, so each place is
asked whether it has more of the codes that were keyed than of as many that never were.

Which codes were keyed was drawn by lot. So without a leak either half is as likely to be found, and
`chance` tells how likely it is that the keyed ones are so far ahead by luck alone: below `LEAK` it
is no luck. Nothing is left out by what it looks like.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

LEAK = 0.001
_AROUND = 24
"""Bytes of context that are kept."""
_EXAMPLES = 3

_NAMED = re.compile(
    rb"(?:[cC][vVsS][cCvV]2?|[cC][oO][dD][eE])(?:%5D)?[^0-9A-Za-z]{1,6}(?P<code>[0-9]{3,4})(?![0-9])"
)
"""A code beside what such codes are called (`code=`, `cvc":"`), in whatever text or structure."""
_ALONE = {
    "code, ASCII": (48, 1, None),
    "code, UTF-16": (48, 2, 0),
    "code, spaced": (48, 2, 32),
    "code, bytes": (0, 1, None),
}
"""Digits with none beside them: what stands for zero, how far they are apart, what is between."""
_LENGTHS = (3, 4)
NAMED = "code by name"


Counts = npt.NDArray[np.int64]


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
        self._named: dict[str, set[str]] = {}
        self._alone: dict[tuple[str, str, int], Counts] = {}
        self.examples: dict[str, list[Around]] = {}
        """Of keyed codes by their names, a few for each place."""

    def look(self, place: str, data: bytes, end: int) -> None:
        """In some data, for what begins before `end`."""
        if not data.strip(b"\0"):  # most of a process's memory
            return
        for match in _NAMED.finditer(data):
            if match.start() < end:
                self._take_named(place, data, match)
        signs = np.frombuffer(data, np.uint8)
        for how, (zero, apart, between) in _ALONE.items():
            for length in _LENGTHS:
                found = codes_alone(signs, length, zero, apart, between, end)
                counts = np.bincount(found, minlength=10**length)
                where = place, how, length
                self._alone[where] = self._alone.get(where, 0) + counts

    def verdicts(self) -> Iterator[Verdict]:
        """By the name, each different code counts once; else how often each was found, as ranks."""
        for place, seen in sorted(self._named.items()):
            keyed, control = len(seen & self._keyed), len(seen & self._control)
            if keyed or control:
                yield Verdict(place, NAMED, keyed, control, by_luck(keyed, control))
        for place, how in sorted({where[:2] for where in self._alone}):
            groups = [self._halves(place, how, length) for length in _LENGTHS]
            keyed = sum(int(half.sum()) for half, _ in groups)
            control = sum(int(half.sum()) for _, half in groups)
            if keyed or control:
                yield Verdict(place, how, keyed, control, by_rank(groups))

    def _take_named(self, place: str, data: bytes, match: re.Match[bytes]) -> None:
        code = match["code"].decode()
        self._named.setdefault(place, set()).add(code)
        kept = self.examples.setdefault(place, [])
        if code in self._keyed and len(kept) < _EXAMPLES:
            around = data[max(0, match.start() - _AROUND) : match.end() + _AROUND]
            kept.append(Around(code, place, around))

    def _halves(self, place: str, how: str, length: int) -> tuple[Counts, Counts]:
        """How often each code of this length was found. (There are ten times as many of four
        digits.)"""
        counts = self._alone[place, how, length]
        keyed, control = (
            counts[[int(code) for code in half if len(code) == length]]
            for half in (self._keyed, self._control)
        )
        return keyed, control


def codes_alone(
    signs: npt.NDArray[np.uint8], length: int, zero: int, apart: int, between: int | None, end: int
) -> Counts:
    """Numbers of so many digits, and no more, that begin before `end`."""
    digits = np.zeros(len(signs) + 16, np.uint8)
    digits[8:-8] = signs - np.uint8(zero)
    digits[:8] = digits[-8:] = 255
    linked = (digits < 10)[:-apart] & (digits < 10)[apart:]
    if between is not None:
        linked &= digits[1:-1] == np.uint8((between - zero) % 256)
    begins = ~linked[8 - apart : -8 - apart] & linked[8:-8]
    reach = len(linked) - 8 - (length - 1) * apart
    begins = begins[: reach - 8]
    for step in range(1, length):
        at = 8 + step * apart
        here = linked[at : at + len(begins)]
        begins = begins & (here if step < length - 1 else ~here)
    places = np.flatnonzero(begins[:end])
    values = [digits[8 + step * apart :][places].astype(np.int64) for step in range(length)]
    return np.array(sum(v * 10 ** (length - 1 - n) for n, v in enumerate(values)), np.int64)


def by_luck(keyed: int, control: int) -> float:
    """How likely it is that of so many codes as many as `keyed` are of the one half: the tail of a
    binomial distribution."""
    both = keyed + control
    return sum(math.comb(both, k) for k in range(keyed, both + 1)) / float(2**both)


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
