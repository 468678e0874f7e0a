"""``sms``: the caller, or somebody else, is sent a text message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.problem import Path
from ivr.commands import SendSms
from ivr.events import Done, Event
from ivr.filling import told_findings
from ivr.run import Node, Outcome, Run, Wait
from ivr.state import Doing, Position
from ivr.steps.base import Build, Context, Continues, Finding, Heard
from ivr.steps.callback import callable_number
from ivr.steps.permitted import number_findings
from ivr.variables import Variable
from ivr.wording import Spoken, Wording, holes

LONGEST = 1_000
"""Characters: seven messages in one (153 each in GSM 03.38), or fifteen in other letters."""


class SmsBody(DocumentModel):
    """What is written, to whom."""

    text: Spoken = Field(description="the message, a text per language with {holes}")
    to: str = Field(
        default="{call.caller}",
        description="a number, which the site must permit; spaces and hyphens do not matter",
    )
    sender: str | None = Field(
        default=None, alias="from", description="whom it is from; without it as the site says"
    )


def _body(value: Any) -> Any:
    if isinstance(value, str):
        return {"text": value}
    return value


class Sms(Continues):
    """``link: {sms: "Your form: https://northwind.example/f", next: sent, on_error: sorry}``

    It goes through the gateway that the site names (``sms``), to numbers that the site permits: one
    in the flow is checked with it, one that is known only in the call leaves by ``on_error``, and
    so do withheld numbers. ``next`` means that the gateway has taken the message, not that it was
    read. No log and no history has the number or the text. A call that has not been answered stays
    so: who is busy can be written to and then refused by ``hangup: busy``.
    """

    kind: ClassVar[str] = "sms"
    errors_go_on: ClassVar[bool] = False
    sms: Annotated[SmsBody, BeforeValidator(_body, json_schema_input_type=str | SmsBody)] = Field(
        description="the text alone, or with whom it is for"
    )

    def required(self) -> Iterator[str]:
        yield from super().required()
        yield "on_error"

    def read(self) -> Iterator[Heard]:
        yield Heard(("sms", "text"), self.sms.text)

    def templates(self, variables: Mapping[str, Variable]) -> Iterator[tuple[Path, str]]:
        yield ("sms", "to"), self.sms.to
        if self.sms.sender is not None:
            yield ("sms", "from"), self.sms.sender

    def findings(self, context: Context) -> Iterator[Finding]:
        yield from _number_findings(self.sms.to, context)
        why = "a text message goes over networks that anybody may read"
        for path, text in self._texts():
            yield from told_findings(path, text, context.names, why)
            if len(text) > LONGEST:
                message = f"is {len(text):,} characters long, at most {LONGEST:,} are allowed"
                yield Finding(path, message)

    def summary(self, language: str) -> str:
        texts = self.sms.text.texts
        return self.sms.text.text(language) or next(iter(texts.values()), "")

    def node(self, build: Build) -> Node:
        return SmsNode(build, self.sms)

    def _texts(self) -> Iterator[tuple[Path, str]]:
        for language, text in self.sms.text.texts.items():
            yield ("sms", "text", language), text
        yield ("sms", "to"), self.sms.to
        if self.sms.sender is not None:
            yield ("sms", "from"), self.sms.sender


def _number_findings(number: str, context: Context) -> Iterator[Finding]:
    path, permitted = ("sms", "to"), context.known.sms
    if permitted is not None and not permitted.allow:
        yield Finding(("sms",), "the site sends no text messages: sms.allow names no numbers")
    elif not any(True for _ in holes(number)):
        yield from number_findings(path, number, "text message", permitted)


class SmsNode(Node):
    """Has it sent."""

    __slots__ = ("_at", "_sender", "_texts", "_to")

    def __init__(self, build: Build, body: SmsBody) -> None:
        super().__init__(build.name, Sms.kind, build.targets)
        self._at = Doing(build.name)
        self._to = build.template(body.to)
        self._sender = build.template(body.sender) if body.sender is not None else None
        self._texts = {each: build.template(_in(body.text, each)) for each in build.languages}

    def enter(self, run: Run) -> Outcome:
        number = callable_number(self._to(run))
        if number is None:
            return self.failed(run, "no number to write to")
        text = self._texts[run.scope.language](run).strip()
        if not text or len(text) > LONGEST:
            return self.failed(run, "the text is empty, or too long")
        sender = self._sender(run).strip() if self._sender is not None else None
        return Wait(self._at, SendSms(number, text, sender or None))

    def resume(self, run: Run, at: Position, event: Event) -> Outcome:
        if type(event) is not Done:
            return self.unexpected(run, event)
        run.note(self.name, "sent")
        return self.targets.next


def _in(text: Wording, language: str) -> str:
    return text.text(language) or ""
