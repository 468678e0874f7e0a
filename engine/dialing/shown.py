"""How often each number was shown today, on all nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from routing.outbound.caller_ids import PoolNumber, choose


class Shown:
    """Counted here call by call, and brought up to date from the database: of several nodes each
    learns of the others' calls then."""

    def __init__(self) -> None:
        self._kept: dict[str, int] = {}
        self._since: Counter[str] = Counter()

    def choose(self, pool: Sequence[PoolNumber], callee: str) -> str | None:
        """The number to show, which counts from here on; None: there is none left for today."""
        number = self.next(pool, callee)
        if number is not None:
            self._since[number] += 1
        return number

    def next(self, pool: Sequence[PoolNumber], callee: str) -> str | None:
        """The number that would be shown now."""
        return choose(pool, callee, {each.number: self.times(each.number) for each in pool})

    def times(self, number: str) -> int:
        """How often a number was shown today."""
        return self._kept.get(number, 0) + self._since[number]

    def give_back(self, number: str) -> None:
        """The call was not made."""
        self._since[number] -= 1

    def take_up(self, kept: Mapping[str, int], since_then: Mapping[str, int]) -> None:
        """What the database has; ``since_then`` was counted here before it was asked."""
        self._kept = dict(kept)
        self._since = self._since - Counter(since_then)

    def learn(self, number: str, times: int) -> None:
        """The database has so many, with those that were counted here."""
        self._kept[number] = times - self._since[number]

    def counted_here(self) -> Mapping[str, int]:
        """What was counted since the database was asked last."""
        return dict(self._since)
