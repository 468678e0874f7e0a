"""Cards that are keyed, and others, as like as can be, that never are."""

from __future__ import annotations

import random
from typing import NamedTuple

PREFIXES = {"4": 16, "51": 16, "2221": 16}
"""Of Visa and Mastercard, with the length of their numbers."""
AMEX = {"34": 15, "37": 15}
"""American Express: its security codes have four digits."""
_CODES = {3: 1_000, 4: 10_000}
_YEARS = range(27, 46)


class Keyed(NamedTuple):
    """A card."""

    number: str
    expiry: str
    code: str


class Drawn(NamedTuple):
    """`cards` are keyed; `control` are as many that are not: of what is short enough to be found by
    chance, as many of the one will be as of the other."""

    cards: list[Keyed]
    control: list[Keyed]


def draw(count: int) -> Drawn:
    """As many of each, half of them with codes of four digits. No code comes twice, as far as there
    are enough: up to 1,000 cards."""
    codes = {length: _shuffled(length, count) for length in _CODES}
    drawn = [_card(codes[4 if number % 2 else 3]) for number in range(2 * count)]
    return Drawn(drawn[:count], drawn[count:])


def _shuffled(length: int, count: int) -> list[str]:
    """For `count` cards: every code once, in any order, before the first comes again."""
    every = [f"{code:0{length}}" for code in range(_CODES[length])]
    return [
        code for _ in range(-(-count // len(every))) for code in random.sample(every, k=len(every))
    ]


def _card(codes: list[str]) -> Keyed:
    """A random one with the right check digit (ISO/IEC 7812-1, annex B)."""
    code = codes.pop()
    lengths = AMEX if len(code) == 4 else PREFIXES
    prefix = random.choice(list(lengths))
    body = prefix + "".join(random.choices("0123456789", k=lengths[prefix] - len(prefix) - 1))
    doubled = [int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(body))]
    check = -sum(value // 10 + value % 10 for value in doubled) % 10
    expiry = f"{random.randint(1, 12):02}{random.choice(_YEARS)}"
    return Keyed(f"{body}{check}", expiry, code)
