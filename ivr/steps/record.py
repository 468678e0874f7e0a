"""``record``: from here on the call is recorded, or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from config.document import DocumentModel
from config.problem import Path
from ivr.commands import SwitchRecording
from ivr.events import Done, Event
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Doing, Position
from ivr.steps.base import Build, Context, Continues, Finding
from ivr.wording import holes


class RecordBody(DocumentModel):
    """Whether, and why: the reason is kept with the call and its recordings."""

    on: bool = Field(description="yes: record from here on; no: do not, whatever a queue says")
    reason: Annotated[str, Field(min_length=1, max_length=80)] = Field(
        description="why, for who reads the history: quality, consent, card details"
    )


class Record(Continues):
    """``quiet: {record: {on: no, reason: card details}, next: pay}``

    It holds until the next such step, over queues and transfers too: what a queue's ``record``
    says does not count any more. A sensitive value is never collected, nor a payment taken, where
    the call may be recorded: the check refuses such a flow.
    """

    kind: ClassVar[str] = "record"
    needs_caller: ClassVar[bool] = True
    record: RecordBody = Field(description="whether, and why")

    def findings(self, context: Context) -> Iterator[Finding]:
        path: Path = ("record", "reason")
        if any(True for _ in holes(self.record.reason)):
            yield Finding(path, "is the same for every call, write it without {holes}")

    def summary(self, language: str) -> str:
        return f"{'on' if self.record.on else 'off'}: {self.record.reason}"

    def node(self, build: Build) -> Node:
        return RecordNode(build, self.record)


class RecordNode(Node):
    """Goes on as soon as it is done."""

    __slots__ = ("_wait", "_what")

    def __init__(self, build: Build, body: RecordBody) -> None:
        super().__init__(build.name, Record.kind, build.targets)
        self._wait = Wait(Doing(build.name), SwitchRecording(body.on, body.reason))
        self._what = f"recording {'on' if body.on else 'off'}: {body.reason}"

    def enter(self, run: Run) -> Outcome:
        return self._wait

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not Done:
            return self.unexpected(run, event)
        run.note(self.name, self._what)
        return self.targets.next
