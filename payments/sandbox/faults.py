"""What goes wrong on the sandbox's way, as tests and demonstrations order it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Mishap(StrEnum):
    """What happens to a request. Where it is done all the same, that is said."""

    CUT_BEFORE = "cut_before"
    """The connection ends, nothing was done."""

    CUT_AFTER = "cut_after"
    """Done; the reply is lost."""

    CUT_WITHIN = "cut_within"
    """Done; half of the reply comes."""

    ERROR_BEFORE = "error_before"
    """Status 500, nothing was done."""

    ERROR_AFTER = "error_after"
    """Done; status 500, which is what the key gives from then on."""

    TOO_MANY = "too_many"
    """Status 429, nothing was done."""

    DELAY = "delay"
    """Done, after `ms`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A mishap of the next requests whose path begins so: after `skip` of them, `times` of them."""

    mishap: Mishap
    path: str = "/v1/"
    skip: int = 0
    times: int = 1
    ms: int = 0


class Faults:
    """Ordered faults; each request has one at most."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults = list(faults)

    def order(self, faults: Iterable[Fault]) -> None:
        """These too."""
        self._faults += faults

    def clear(self) -> None:
        """All is well again."""
        self._faults.clear()

    def meet(self, path: str) -> Fault | None:
        """What happens to a request that comes now."""
        for place, fault in enumerate(self._faults):
            if not path.startswith(fault.path):
                continue
            if fault.skip:
                self._faults[place] = replace(fault, skip=fault.skip - 1)
                continue
            self._faults[place] = replace(fault, times=fault.times - 1)
            if fault.times <= 1:
                del self._faults[place]
            return fault
        return None
