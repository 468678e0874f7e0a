"""``transfer``: the caller goes on to somebody outside the queues."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from config.document import DocumentModel
from config.problem import Path
from ivr.commands import SILENCE
from ivr.commands import Transfer as TransferCommand
from ivr.events import Done, Event
from ivr.run import Node, Outcome, Run, Wait, ended
from ivr.speech import Speech
from ivr.state import Doing, Position
from ivr.steps.base import Build, Context, Edge, Finding, Heard, Step, unknown
from ivr.steps.permitted import number_findings
from ivr.steps.transfer_words import WHISPER, accept
from ivr.terms import names_in
from ivr.values import Duration, StepName, keyed, matching, within
from ivr.variables import Variable
from ivr.wording import Said, Spoken, holes

if TYPE_CHECKING:
    from ivr.flow import Flow

_TARGETS = ("to", "agent", "extension")
_OF_ATTENDED = ("whisper", "accept")
_NO_KEY = "none"
_KEY_OF_NUMBERS = "1"
"""What takes a call outside the house, so that no mailbox does."""

AcceptKey = Annotated[
    str,
    matching(
        rf"[0-9]|star|hash|{_NO_KEY}",
        "is not one key, write a digit, star or hash, or none: then whoever answers has accepted",
    ),
]


class TransferBody(DocumentModel):
    """Where to: one of ``to``, ``agent`` and ``extension``, each a text with {holes}."""

    to: str | None = Field(
        default=None, description="a number like +3615550199, which the site must permit"
    )
    agent: str | None = Field(
        default=None, description="an agent of the site, who must be available"
    )
    extension: str | None = Field(default=None, description="the extension of an agent")
    mode: Literal["bridge", "attended", "blind"] = Field(
        default="bridge",
        description="bridge: they are joined at the answer, and the flow goes on after the "
        "conversation; attended: the same, but who answers is told of the caller and accepts "
        "first, while the caller hears music; blind: the flow ends with the conversation",
    )
    whisper: Spoken | None = Field(
        default=None,
        description="attended: what who answers hears, and the caller does not; else "
        "Trunkline's own words. Trunkline adds which key takes the call",
    )
    accept: AcceptKey | None = Field(
        default=None,
        description="attended: the key that takes the call, or none; without it 1 for a number, "
        "so that no mailbox takes it, and none for an agent",
    )
    trunk: str | None = Field(
        default=None, description="the trunk for a number; without it the site's for transfers"
    )
    timeout: Duration = Field(default=30_000, description="how long it rings")
    max: Annotated[Duration, within(1_000, 86_400_000, "1s to 24h")] | None = Field(
        default=None, description="how long they talk at most, 1s to 24h; without it no limit"
    )
    announce: Spoken | None = Field(default=None, description="what the caller hears before")

    @property
    def key(self) -> str | None:
        """The key that takes the call, as it is written; None: nobody is asked."""
        if self.mode != "attended":
            return None
        written = self.accept or (_KEY_OF_NUMBERS if self.to is not None else _NO_KEY)
        return None if written == _NO_KEY else written

    @property
    def whispered(self) -> tuple[Said, ...]:
        """What who answers hears before they are joined."""
        if self.mode != "attended":
            return ()
        key = self.key
        return (self.whisper or WHISPER, *([accept(key)] if key is not None else []))


class Transfer(Step):
    """``duty: {transfer: {to: "+3615550199"}, next: thanks, no_answer: message}``

    The caller hears it ringing, or music where the transfer is ``attended``. Where nobody answers
    or accepts, the caller is back in the flow, whatever the mode. To which numbers calls may be
    sent the site says (``transfers``): a number in the flow is checked with it, one that is known
    only in the call leaves by ``on_error``. ``transfer.outcome`` is then ended, busy, no_answer or
    unreachable.
    """

    kind: ClassVar[str] = "transfer"
    needs_caller: ClassVar[bool] = True
    errors_go_on: ClassVar[bool] = False
    transfer: TransferBody = Field(description="where to, and how")
    next: StepName | None = Field(
        default=None, description="they have talked, and the caller is still there"
    )
    busy: StepName | None = Field(default=None, description="busy, or an agent who is not free")
    no_answer: StepName | None = Field(
        default=None, description="it rang, and nobody answered, or accepted"
    )
    on_error: StepName | None = Field(
        default=None, description="not permitted or not reached; busy and no_answer without a step"
    )

    def ends(self, flows: Mapping[str, Flow] | None) -> bool:
        return self.transfer.mode == "blind"

    def required(self) -> Iterator[str]:
        if self.transfer.mode != "blind":
            yield "next"
        yield "on_error"

    def branches(self) -> Iterator[Edge]:
        for name in ("busy", "no_answer"):
            target = getattr(self, name)
            if target is not None:
                yield Edge((name,), target, silent=False)

    def heard(self) -> Iterator[Heard]:
        if self.transfer.announce is not None:
            yield Heard(("transfer", "announce"), self.transfer.announce)
        if self.transfer.whisper is not None:
            yield Heard(("transfer", "whisper"), self.transfer.whisper)

    def spoken(self) -> Iterator[Said]:
        if self.transfer.announce is not None:
            yield self.transfer.announce
        yield from self.transfer.whispered

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        return ((("transfer", name), text) for name, text in self._targets())

    def findings(self, context: Context) -> Iterator[Finding]:
        body, targets = self.transfer, [*self._targets()]
        if len(targets) != 1:
            message = f"goes to one of {', '.join(_TARGETS)}: give one of them"
            yield Finding(("transfer",), message, key=True)
        for name, text in targets:
            yield from _target_findings(name, text, context)
        if body.mode == "blind" and self.next is not None:
            yield Finding(("next",), "a blind transfer ends the flow, nothing comes next")
        if body.mode != "attended":
            for name in _OF_ATTENDED:
                if getattr(body, name) is not None:
                    message = f"is of attended transfers, and the mode is {body.mode}"
                    yield Finding(("transfer", name), message, key=True)
        if body.trunk is not None:
            yield from _trunk_findings(body, body.trunk, context)

    def summary(self, language: str) -> str:
        return next((text for _, text in self._targets()), "")

    def node(self, build: Build) -> Node:
        return TransferNode(build, self)

    def _targets(self) -> Iterator[tuple[str, str]]:
        for name in _TARGETS:
            text = getattr(self.transfer, name)
            if text is not None:
                yield name, text


def _target_findings(name: str, text: str, context: Context) -> Iterator[Finding]:
    path, known = ("transfer", name), context.known
    asked = [*holes(text)]
    for hole in asked:
        for used in sorted(names_in(hole.source, context.names)):
            if context.names[used].sensitive:
                yield Finding(path, f"{used} is sensitive, and who is called is kept in history")
    if asked:
        return
    if name == "to":
        yield from number_findings(path, text, "transfer", known.transfers)
    elif name == "agent":
        yield from unknown(name, text, path, known.agents)
    elif name == "extension":
        yield from unknown(name, text, path, known.extensions)


def _trunk_findings(body: TransferBody, trunk: str, context: Context) -> Iterator[Finding]:
    path = ("transfer", "trunk")
    if body.to is None:
        yield Finding(path, "is for a number: an agent's phone is in the house", key=True)
    else:
        yield from unknown("trunk", trunk, path, context.known.trunks)


class TransferNode(Node):
    """Waits for the end of the conversation, or for why there was none."""

    __slots__ = ("_announce", "_at", "_body", "_exits", "_key", "_target", "_whisper")

    def __init__(self, build: Build, step: Transfer) -> None:
        super().__init__(build.name, Transfer.kind, build.targets)
        body = self._body = step.transfer
        self._at = Doing(build.name)
        self._announce: Speech | None = build.speech(body.announce) if body.announce else None
        self._whisper = build.speech(*body.whispered)
        self._key = keyed(body.key or "")
        self._target: Mapping[str, Callable[[Run], str]] = {
            name: build.template(text)
            for name in _TARGETS
            if (text := getattr(body, name)) is not None
        }
        error = build.targets.on_error
        self._exits: Mapping[str, Outcome] = {
            "ended": ended("normal") if body.mode == "blind" else build.targets.next,
            "busy": build.goes(step.busy, error),
            "no_answer": build.goes(step.no_answer, error),
        }

    def enter(self, run: Run) -> Outcome:
        to = {name: read(run).strip() for name, read in self._target.items()}
        if not all(to.values()):
            return self._left(run, "unreachable")
        body = self._body
        command = TransferCommand(
            mode=body.mode,
            number=to.get("to"),
            agent=to.get("agent"),
            extension=to.get("extension"),
            trunk=body.trunk,
            timeout_ms=body.timeout,
            language=run.scope.language,
            announce=self._announce.prompt(run) if self._announce is not None else SILENCE,
            whisper=self._whisper.prompt(run),
            accept=self._key,
            max_ms=body.max,
        )
        return Wait(self._at, command)

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if isinstance(event, Done):
            return self._left(run, event.outcome)
        return self.unexpected(run, event)

    def stopped(self, run: Run, at: Position, reason: str) -> Outcome:
        run.learn({"transfer.outcome": "unreachable"})
        return self.failed(run, reason)

    def _left(self, run: Run, outcome: str) -> Outcome:
        if outcome not in self._exits:
            return self.stopped(run, self._at, "nobody could be reached")
        run.learn({"transfer.outcome": outcome})
        run.note(self.name, f"transfer: {outcome}")
        return self._exits[outcome]
