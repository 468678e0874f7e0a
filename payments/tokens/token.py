"""Tokens: values of a type of their own, which no card's number is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NewType, Protocol

from payments.capture.brands import SHORTEST, Brand, brand_of, number_lengths
from payments.capture.card import Card
from payments.capture.checks import has_check_digit
from payments.capture.digits import LONGEST, Digits
from payments.errors import LooksLikeACard

Key = NewType("Key", str)
"""By which a provider knows a request that it is asked again."""

# Alone between other signs: among letters, twelve digits in a row are a provider's random name.
_RUN = re.compile(rf"(?<![0-9A-Za-z])(?:\d[ -]?){{{SHORTEST - 1},{LONGEST - 1}}}\d(?![0-9A-Za-z])")
_DIGIT = re.compile(r"\d")


def holds_a_number(text: str) -> bool:
    """Whether a text that somebody has written could have a card's number in it, of a brand that
    there is: of all other long numbers one in ten has the right check digit."""
    return any(len(each) in number_lengths(brand) for each, brand in _numbers_in(text) if brand)


def _numbers_in(text: str) -> Iterator[tuple[Digits, Brand | None]]:
    """What has as many digits in a row as a card's number, with the right check digit."""
    for run in _RUN.finditer(text):
        with Digits() as digits:
            for digit in _DIGIT.findall(run[0]):
                digits.append(int(digit))
            if has_check_digit(digits):
                yield digits, brand_of(digits)


@dataclass(frozen=True, slots=True)
class Token:
    """What a provider gave in place of a card. Raises LooksLikeACard of a text that has as many
    digits in a row as a card's number, with the right check digit."""

    value: str

    def __post_init__(self) -> None:
        for _ in _numbers_in(self.value):
            raise LooksLikeACard


@dataclass(frozen=True, slots=True)
class CardToken:
    """A token and what may be shown of its card."""

    token: Token
    brand: str
    last4: str


class HeldCard(Protocol):
    """A card that somebody holds, perhaps in another process: of it there is a token to be had."""

    async def tokenise(self, key: Key) -> CardToken:
        """A token of it; again with the same key until there is one.

        Raises CardRefused, NotDone (NoCard: to ask again is of no use), NoAnswer, LooksLikeACard.
        """


class Tokeniser(Protocol):
    """Card in, token out: the only way by which a card leaves the house."""

    async def tokenise(self, card: Card, key: Key) -> CardToken:
        """A token of the card. No money moves, so that it may be asked again with the same key.

        Raises CardRefused, NotDone, NoAnswer.
        """
