"""What came of tests that were played, and what no test went."""

from __future__ import annotations

from dataclasses import dataclass

from config.problem import Problem
from engine.rehearsing.sources import TestSource
from ivr.rehearsal.playing import Failure, Played


@dataclass(frozen=True)
class Result:
    """A test that was played, and where it is written."""

    source: TestSource
    number: int
    played: Played
    seconds: float
    skipped: str | None = None
    """Why it was not made as a call, where calls were wanted."""
    first: Failure | None = None
    """How it failed as a call at first; the second try counts."""

    @property
    def place(self) -> Problem:
        """Where it failed, or where it begins; the message is its name."""
        failure = self.played.failure
        path = ("tests", self.number, *(failure.path if failure else ()))
        return self.source.located.problem(path, self.played.name)


@dataclass(frozen=True)
class FlowCoverage:
    """What no test goes of one flow, each as ``file:line step.exit``."""

    flow: str
    percent: float
    steps: tuple[str, ...]
    ways: tuple[str, ...]
