"""How many callers took which way through a flow, counted from the timelines of past calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ivr.program import Program

HUNG_UP = "caller hung up"
"""What the interpreter notes at the step where the caller leaves."""


class Told(NamedTuple):
    """One entry of a timeline: at which step, and what was noted there."""

    step: str
    did: str


TALKED = Told("", "conversation ended")
"""That the caller spoke with an agent, at the step where the call then was."""


LEFT = Told("", "left")
"""That the call is in the flow that called this one."""


@dataclass(slots=True)
class Traffic:
    """Callers at each step, on each way from step to step, those who spoke with an agent, and
    those who hung up before.

    A caller who passes twice counts twice: so what arrives at a step is what leaves it, ends or
    hangs up there. Ways are counted as pairs of steps, since two exits may lead to one step.
    """

    program: Program
    calls: int = 0
    began: Counter[str] = field(default_factory=Counter)
    arrived: Counter[str] = field(default_factory=Counter)
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    talked: Counter[str] = field(default_factory=Counter)
    hung_up: Counter[str] = field(default_factory=Counter)

    def add(self, told: Iterable[Told]) -> None:
        """One call's timeline, in order. Steps that this flow does not have are passed over; a
        call that came to none of its steps is not counted."""
        here: str | None = None
        came = False
        for entry in told:
            if entry == TALKED and here is not None:
                self.talked[here] += 1
            node = self.program.nodes.get(entry.step)
            if node is None:
                # What comes after a return is in the flow that called: the next step is an entry.
                here = None if entry == LEFT or self._returned(here) else here
                continue
            came = True
            if entry.step != here or entry.did == node.kind:
                self._move(here, entry.step)
                here = entry.step
            if entry.did == HUNG_UP:
                self.hung_up[entry.step] += 1

        self.calls += came

    def _returned(self, here: str | None) -> bool:
        return here is not None and self.program.nodes[here].kind == "return"

    def _move(self, source: str | None, target: str) -> None:
        self.arrived[target] += 1
        if source is None:
            self.began[target] += 1
        else:
            self.moved[source, target] += 1

    def share(self, source: str, target: str) -> float:
        """Of the callers at ``source``, the part from 0 to 1 that went on to ``target``."""
        arrived = self.arrived[source]
        return self.moved[source, target] / arrived if arrived else 0.0
