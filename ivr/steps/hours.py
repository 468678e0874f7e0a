"""``hours``: where the call goes while something is open, and while it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from config.opening import Closed, Open, Opening
from ivr.run import Node, Outcome, Run
from ivr.steps.base import Build, Context, Edge, Finding, Step, unknown
from ivr.values import StepName
from ivr.variables import Value


class HoursStep(Step):
    """``open?: {hours: support, open: main, closed: after_hours}``

    ``holiday`` and ``special`` are for calls that find it closed because of a holiday or of a
    special day; without them those go to ``closed``. On a special day with hours of its own a
    call within them goes to ``open``. A call that finds it closed learns ``hours.reason`` (week,
    holiday or special) and when it opens again, on the clock of those hours:
    ``hours.opens_date`` and ``hours.opens_time``, not set when that is not within a year.
    """

    kind: ClassVar[str] = "hours"
    at_once: ClassVar[bool] = True
    hours: str = Field(description="the name of opening hours, of this flow or of the site")
    open: StepName = Field(description="the step while it is open")
    closed: StepName = Field(description="the step while it is closed")
    holiday: StepName | None = Field(default=None, description="the step when a holiday closes it")
    special: StepName | None = Field(
        default=None, description="the step when a special day closes it"
    )

    def branches(self) -> Iterator[Edge]:
        for name in ("open", "closed", "holiday", "special"):
            target = getattr(self, name)
            if target is not None:
                yield Edge((name,), target, silent=True)

    def findings(self, context: Context) -> Iterator[Finding]:
        opening = context.hours.get(self.hours)
        if opening is not None:
            yield from self._never(opening, context.known.now_ms)
        elif context.known.hours is not None:
            yield from unknown("hours", self.hours, ("hours",), context.hours)

    def _never(self, opening: Opening, now_ms: int | None) -> Iterator[Finding]:
        """Branches that no call will go."""
        hours = opening.hours
        if self.holiday is not None and not (hours.holidays or hours.lists):
            yield _unused("holiday", f"{self.hours} has no holidays")
        if self.special is not None and not hours.special:
            yield _unused("special", f"{self.hours} has no special days")
        if now_ms is None or (now := opening.at(now_ms)).next_change_ms is not None:
            return
        if isinstance(now, Open):
            yield _unused("closed", f"{self.hours} is always open for a year to come")
        else:
            yield _unused("open", f"{self.hours} is never open for a year to come")

    def node(self, build: Build) -> Node:
        return HoursNode(build, self)


class HoursNode(Node):
    """Looks at the clock of the turn and goes on at once."""

    __slots__ = ("_closed", "_open", "_opening")

    def __init__(self, build: Build, step: HoursStep) -> None:
        super().__init__(build.name, HoursStep.kind, build.targets)
        self._opening = build.hours.get(step.hours)
        self._open = step.open
        self._closed = {
            "week": step.closed,
            "holiday": step.holiday or step.closed,
            "special": step.special or step.closed,
        }

    def enter(self, run: Run) -> Outcome:
        if self._opening is None:
            return self.failed(run, "unknown hours")
        now = self._opening.at(run.now_ms)
        run.note(self.name, told(now))
        if isinstance(now, Open):
            return self._open
        run.learn(_learned(now, self._opening.opens_at(run.now_ms)))
        return self._closed[now.reason.kind]


def _learned(now: Closed, opens: datetime | None) -> dict[str, Value]:
    """Unset where it does not open: what an earlier step learned of other hours is gone."""
    return {
        "hours.reason": now.reason.kind,
        "hours.opens_date": opens.date() if opens is not None else None,
        "hours.opens_time": opens.time() if opens is not None else None,
    }


def told(now: Open | Closed) -> str:
    """The branch as a timeline has it: ``open``, ``closed: holiday Christmas Day``."""
    branch = "open" if isinstance(now, Open) else "closed"
    match now.reason.kind:
        case "week":
            return branch
        case "holiday":
            return f"{branch}: holiday {now.reason.name}"
        case "special":
            return f"{branch}: special day"


def _unused(branch: str, why: str) -> Finding:
    return Finding((branch,), f"no call will go this way: {why}", warning=True)
