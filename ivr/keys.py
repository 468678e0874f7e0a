"""What a caller's keys mean: single keys, longer ones, patterns of them, agents' extensions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Field

from config.suggest import shown
from ivr.values import checker, keyed

SIGNS = "0123456789*#"
LONGEST = 16
"""Keys that a pattern may ask for at most."""

_ATOM = re.compile(r"([0-9*#]|\\d|\.|\[[^\]]*\])(\?|\{\d{1,2}(?:,\d{1,2})?\})?")
_CLASS = re.compile(r"[0-9*#](?:-[0-9])?")


class _Place(NamedTuple):
    """One key of a pattern: what it may be, and whether it may be left out."""

    signs: frozenset[str]
    optional: bool


class Pattern:
    """``2[0-9]{2}``: which keys, one after the other, make an option.

    A key is a digit, ``*``, ``#``, ``\\d`` or ``.`` (any digit) or a class such as ``[2-57]``;
    behind it ``?`` (it may be left out), ``{2}`` or ``{2,4}`` (so many). ValueError for others.
    """

    def __init__(self, source: str) -> None:
        self._places = tuple(_places(source))
        if not self._places or all(place.optional for place in self._places):
            raise ValueError("asks for no key")
        if len(self._places) > LONGEST:
            raise ValueError(f"asks for more than {LONGEST} keys")

    def after(self, keys: str) -> frozenset[int]:
        """The places where the next key could be, once ``keys`` were keyed; the last place and
        one more: nothing is missing. Empty: the pattern is none of these keys."""
        where = self._skipping(frozenset({0}))
        for key in keys:
            where = self.step(where, key)
        return where

    def step(self, where: frozenset[int], key: str) -> frozenset[int]:
        """The same one key later."""
        places = self._places
        fitting = (at + 1 for at in where if at < len(places) and key in places[at].signs)
        return self._skipping(frozenset(fitting))

    def is_complete(self, where: Collection[int]) -> bool:
        """Whether nothing is missing."""
        return len(self._places) in where

    def is_open(self, where: Collection[int]) -> bool:
        """Whether another key could follow."""
        return any(at < len(self._places) for at in where)

    def covers(self, other: Pattern) -> bool:
        """Whether whatever is keyed for ``other`` is this one too."""
        begin = self.after(""), other.after("")
        seen, open_pairs = {begin}, [begin]
        while open_pairs:
            mine, others = open_pairs.pop()
            if other.is_complete(others) and not self.is_complete(mine):
                return False
            for key in SIGNS:
                pair = self.step(mine, key), other.step(others, key)
                if pair[1] and pair not in seen:
                    seen.add(pair)
                    open_pairs.append(pair)
        return True

    def _skipping(self, where: frozenset[int]) -> frozenset[int]:
        reached = set(where)
        for at, place in enumerate(self._places):
            if at in reached and place.optional:
                reached.add(at + 1)
        return frozenset(reached)


def _places(source: str) -> Iterator[_Place]:
    at = 0
    while at < len(source):
        atom = _ATOM.match(source, at)
        if atom is None:
            raise ValueError(f"cannot be read from {source[at:]} on")
        at = atom.end()
        yield from _repeated(_signs(atom[1]), atom[2])


def _repeated(signs: frozenset[str], count: str | None) -> Iterator[_Place]:
    if count in (None, "?"):
        yield _Place(signs, count == "?")
        return
    fewest, _, most = str(count).strip("{}").partition(",")
    low, high = int(fewest), int(most or fewest)
    if high < max(low, 1) or high > LONGEST:
        raise ValueError(f"asks for {count} keys, write at most {LONGEST}, the lower number first")
    yield from [_Place(signs, False)] * low
    yield from [_Place(signs, True)] * (high - low)


def _signs(atom: str) -> frozenset[str]:
    if atom in ("\\d", "."):
        return frozenset("0123456789")
    if not atom.startswith("["):
        return frozenset(atom)
    inside = atom[1:-1]
    parts = _CLASS.findall(inside)
    if not parts or "".join(parts) != inside:
        raise ValueError(f"{atom} is no class of keys, write one like [2-5] or [137]")
    signs: set[str] = set()
    for part in parts:
        first, _, last = part.partition("-")
        run = [sign for sign in "0123456789" if first <= sign <= last] if last else [first]
        if not run:
            raise ValueError(f"{part} is no range of keys, the lower one comes first")
        signs.update(run)
    return frozenset(signs)


def pattern_of(option: str) -> Pattern | None:
    """The pattern of an option written ``/…/``; None for one written as plain keys."""
    if len(option) > 2 and option[0] == option[-1] == "/":
        return Pattern(option[1:-1])
    return None


class Found(NamedTuple):
    """What keys mean so far: the option that they are, if any, and whether more could follow."""

    option: str | None
    is_open: bool


EXTENSION = "extension"
"""What `Choices` finds where an agent's extension was keyed."""


class Choices:
    """The options of a menu by what is keyed for them.

    An option that is written as plain keys comes before a pattern, a pattern before those
    after it, and all of them before an extension.
    """

    __slots__ = ("_begun", "_extensions", "_found", "_patterns", "_plain")

    def __init__(self, options: Sequence[str], extensions: Collection[str] = ()) -> None:
        patterns = {option: pattern_of(option) for option in options}
        self._plain = {keyed(each): each for each, found in patterns.items() if found is None}
        self._patterns: Mapping[str, Pattern] = {
            each: found for each, found in patterns.items() if found is not None
        }
        self._extensions = frozenset(extensions)
        known = (*self._plain, *self._extensions)
        self._begun = {keys[:size] for keys in known for size in range(1, len(keys))}
        # What is keyed most, once it was; never all that callers could key, which has no bounds.
        self._found: dict[str, Found] = {}

    def find(self, keys: str) -> Found:
        """What ``keys`` mean."""
        found = self._found.get(keys)
        if found is None:
            found = self._find(keys)
            if len(keys) == 1 or keys in self._plain:
                self._found[keys] = found
        return found

    def _find(self, keys: str) -> Found:
        option = self._plain.get(keys)
        is_open = keys in self._begun
        for name, pattern in self._patterns.items():
            where = pattern.after(keys)
            is_open = is_open or pattern.is_open(where)
            if option is None and pattern.is_complete(where):
                option = name
        if option is None and keys in self._extensions:
            option = EXTENSION
        return Found(option, is_open)


_WRITTEN = r"[0-9]{1,8}|star|hash"
_plain = checker(
    _WRITTEN, "cannot be keyed, write 1 to 8 digits, star, hash or a pattern like /2[0-9]/"
)


def _option_key(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("/"):
        return _plain(value)
    try:
        found = pattern_of(value)
    except ValueError as error:
        raise ValueError(f"{shown(value)} is no pattern of keys: {error}") from None
    if found is None:
        raise ValueError(f"{shown(value)} is no pattern of keys, write one like /2[0-9]/")
    return value


OptionKey = Annotated[
    str,
    BeforeValidator(
        _option_key, json_schema_input_type=Annotated[str, Field(pattern=f"^(?:{_WRITTEN}|/.+/)$")]
    ),
]
"""What a caller keys for a menu option: digits, ``star``, ``hash``, or a pattern."""
