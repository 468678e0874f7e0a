"""What a campaign does after each call: pauses by result, and what follows a disposition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Result(StrEnum):
    """What came of a call."""

    ANSWERED = "answered"
    MACHINE = "machine"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    INVALID = "invalid"
    """There is no such number."""

    FAX = "fax"
    INTERCEPT = "intercept"
    """The network's own announcement, such as that of a number that was changed."""

    LOST = "lost"
    """A person answered, and no agent was there in time."""

    UNKNOWN = "unknown"
    """The engine was lost meanwhile: the phone may have rung, and somebody may have answered."""


MAY_BE_LOST = (Result.LOST, Result.UNKNOWN)
"""Of a call that was lost with its engine nobody knows whether a person had answered: it counts as
lost."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Called again ``after_ms``, each further time ``growth`` times as late, until a number has
    ended so ``tries`` times; with ``next_number`` the lead's other numbers are called meanwhile."""

    after_ms: int
    growth: float = 1.0
    tries: int = 3
    next_number: bool = False

    def pause_ms(self, times: int) -> int:
        """After a number has ended so for the ``times``-th time."""
        return round(self.after_ms * self.growth ** (times - 1))


@dataclass(frozen=True, slots=True)
class Finish:
    """The lead is finished."""


@dataclass(frozen=True, slots=True)
class CallAgain:
    """The same number, after so long."""

    after_ms: int


@dataclass(frozen=True, slots=True)
class CallBack:
    """At the time that was agreed."""


@dataclass(frozen=True, slots=True)
class TryNextNumber:
    """This number was wrong."""


@dataclass(frozen=True, slots=True)
class NeverAgain:
    """The number goes to the site's own do-not-call list."""


Follow = Finish | CallAgain | CallBack | TryNextNumber | NeverAgain


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign's rules. ``default``: the disposition of a call in which somebody talked and of
    which nobody said what came of it; None: the lead is done. ``tries``: calls to a lead in all.
    ``kinds``: which of its numbers are called, and in which order; none: all, in the lead's own.

    A result without a retry is not called again. What became of a call that was lost with its
    engine counts as no answer, or as a failure where that is not called again.
    """

    retries: Mapping[Result, Retry] = field(default_factory=dict)
    dispositions: Mapping[str, Follow] = field(default_factory=dict)
    default: str | None = None
    tries: int = 8
    kinds: tuple[str, ...] = ()

    def retry(self, result: Result) -> Retry | None:
        """When a number is called again that ended so."""
        if result is Result.UNKNOWN:
            no_answer = self.retries.get(Result.NO_ANSWER)
            return no_answer or self.retries.get(Result.FAILED)
        return self.retries.get(result)
