"""``hangup``: the end of the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ivr.run import Node, Outcome, Run, ended
from ivr.steps.base import Build, Step

if TYPE_CHECKING:
    from ivr.flow import Flow


class Hangup(Step):
    """``bye: {hangup: normal}``

    A call is answered when a step first speaks, asks, queues or transfers. Where a flow hangs up
    before that, the call is refused with the cause: ``busy`` is SIP 486, ``congestion`` 503,
    ``rejected`` 403, and ``normal`` 603. Later the cause (Q.850) goes with the hangup, and the
    caller's network may play its tone.
    """

    kind: ClassVar[str] = "hangup"
    at_once: ClassVar[bool] = True
    hangup: Literal["normal", "busy", "congestion", "rejected"] = Field(
        description="the cause that the caller's network is told"
    )

    def ends(self, flows: Mapping[str, Flow] | None) -> bool:
        return True

    def node(self, build: Build) -> Node:
        return HangupNode(build, self.hangup)


class HangupNode(Node):
    """Ends the flow."""

    __slots__ = ("_end",)

    def __init__(self, build: Build, cause: str) -> None:
        super().__init__(build.name, Hangup.kind, build.targets)
        self._end = ended(cause)

    def enter(self, run: Run) -> Outcome:
        return self._end
