"""Options of a menu that stand in each other's way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ivr.keys import Choices, pattern_of
from ivr.values import keyed

Told = tuple[str, str, bool]
"""An option, what is to be said of it, and whether that is only a warning."""


def option_findings(options: Sequence[str], extensions: Collection[str]) -> Iterator[Told]:
    """Those that can never act, and those that must wait whether a longer one is meant."""
    yield from _covered(options)
    choices = Choices(options, extensions)
    for option in options:
        keys = keyed(option)
        if pattern_of(option) is None and choices.find(keys).is_open:
            longer = _longer(keys, option, options, extensions)
            yield option, f"waits for inter_digit: {longer} begins like it", True
        if keys in extensions:
            yield option, f"is an agent's extension too, which cannot be dialled here: {keys}", True


def _longer(keys: str, option: str, options: Sequence[str], extensions: Collection[str]) -> str:
    """What begins like these keys, for people."""
    for other in options:
        if other != option and Choices([other]).find(keys).is_open:
            return f"option {other}"
    return f"extension {min(each for each in extensions if each.startswith(keys))}"


def _covered(options: Sequence[str]) -> Iterator[Told]:
    """Patterns of which everything is an earlier pattern too."""
    patterns = [(each, found) for each in options if (found := pattern_of(each)) is not None]
    for index, (name, pattern) in enumerate(patterns):
        for other, earlier in patterns[:index]:
            if earlier.covers(pattern):
                yield name, f"cannot be reached: option {other} acts before it", False
                break
