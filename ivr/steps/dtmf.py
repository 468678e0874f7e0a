"""``dtmf``: keys sent to the caller's side, for machines that wait for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.problem import Path
from config.suggest import shown
from ivr.commands import SendDigits
from ivr.events import Done, Event
from ivr.filling import told_findings
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Doing, Position
from ivr.steps.base import Build, Context, Continues, Finding
from ivr.values import Duration, within
from ivr.variables import Variable
from ivr.wording import holes

_SENT = re.compile(r"[0-9*#A-DwW]{1,64}")
_ALLOWED = "write 1 to 64 of 0-9 * # A-D, w for half a second and W for a second of silence"


Sounding = Annotated[Duration, within(40, 2_000, "40ms to 2s")]


class DtmfBody(DocumentModel):
    """What is sent, and how long each key sounds."""

    send: str = Field(description='keys such as "12w34#"; {holes} are filled in')
    tone: Sounding = Field(
        default=100, description="how long each key sounds; ITU-T Q.24 wants 40ms at least"
    )
    gap: Sounding = Field(default=100, description="silence between keys")


def _send(value: Any) -> Any:
    return {"send": value} if isinstance(value, str) else value


class Dtmf(Continues):
    """``door: {dtmf: "12w34#", next: bye}``

    Keys sent to the caller's side as tones: ``w`` is half a second of silence, ``W`` a second.
    """

    kind: ClassVar[str] = "dtmf"
    needs_caller: ClassVar[bool] = True
    dtmf: Annotated[DtmfBody, BeforeValidator(_send, json_schema_input_type=str | DtmfBody)] = (
        Field(description="keys, or how they are sent")
    )

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        yield ("dtmf", "send"), self.dtmf.send

    def findings(self, context: Context) -> Iterator[Finding]:
        send = self.dtmf.send
        if not any(True for _ in holes(send)) and _SENT.fullmatch(send) is None:
            yield Finding(("dtmf", "send"), f"{shown(send)} cannot be sent, {_ALLOWED}")
        why = "keys that are sent can be heard on the line"
        yield from told_findings(("dtmf", "send"), send, context.names, why)

    def node(self, build: Build) -> Node:
        return DtmfNode(build, self.dtmf)


class DtmfNode(Node):
    """Sends, and goes on when the last key was sent."""

    __slots__ = ("_at", "_body", "_send")

    def __init__(self, build: Build, body: DtmfBody) -> None:
        super().__init__(build.name, Dtmf.kind, build.targets)
        self._body = body
        self._send = build.template(body.send)
        self._at = Doing(build.name)

    def enter(self, run: Run) -> Outcome:
        digits = self._send(run)
        if _SENT.fullmatch(digits) is None:
            return self.failed(run, "these keys cannot be sent")
        return Wait(self._at, SendDigits(digits, self._body.tone, self._body.gap))

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is Done:
            return self.targets.next
        return self.unexpected(run, event)
