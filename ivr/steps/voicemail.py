"""``voicemail``: the caller leaves a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from ivr.run import Node
from ivr.steps.base import Build, Context, Continues, Edge, Finding, Heard, unknown
from ivr.steps.voicemail_words import NOTHING_SAID, PROMPT, REVIEW
from ivr.steps.voicemailing import VoicemailNode
from ivr.values import Duration, StepName, within
from ivr.wording import Spoken, Wording


class VoicemailBody(DocumentModel):
    """Where the message goes, what is said before it, and what ends it."""

    mailbox: str = Field(description="a mailbox of the site")
    prompt: Spoken | None = Field(
        default=None, description="what is said before the tone; else Trunkline's own words"
    )
    max: Annotated[Duration, within(2_000, 600_000, "2s to 10m")] = Field(
        default=120_000, description="the longest message, 2s to 10m"
    )
    silence: Annotated[Duration, within(1_000, 60_000, "1s to 1m")] = Field(
        default=5_000, description="a silence that ends it, 1s to 1m"
    )
    review: bool = Field(
        default=True, description="whether the caller may hear it and record it again"
    )


def _body(value: Any) -> Any:
    return {"mailbox": value} if isinstance(value, str) else value


class Voicemail(Continues):
    """``message: {voicemail: support, next: bye}``

    After the tone the caller speaks, until hash, a silence or the time limit; then one plays the
    message, two records it again and three keeps it. Who hangs up has left it too, if it is
    longer than two seconds. Less than a second is none: then it is asked for once more. Messages
    are kept as long as the site says (``mailboxes``), heard by ``trunkline messages``, and brought
    to people's e-mail or to a web service where the mailbox has ``deliver``.
    """

    kind: ClassVar[str] = "voicemail"
    needs_caller: ClassVar[bool] = True
    errors_go_on: ClassVar[bool] = False
    voicemail: Annotated[
        VoicemailBody, BeforeValidator(_body, json_schema_input_type=str | VoicemailBody)
    ] = Field(description="the mailbox, or what else there is to say")
    nothing: StepName | None = Field(
        default=None, description="the step when nothing was said, twice; else as next"
    )

    def required(self) -> Iterator[str]:
        yield from super().required()
        yield "on_error"

    def branches(self) -> Iterator[Edge]:
        if self.nothing is not None:
            yield Edge(("nothing",), self.nothing, silent=True)

    def heard(self) -> Iterator[Heard]:
        if self.voicemail.prompt is not None:
            yield Heard(("voicemail", "prompt"), self.voicemail.prompt)

    def spoken(self) -> Iterator[Wording]:
        yield self.voicemail.prompt or OWN_PROMPT
        yield OWN_NOTHING
        if self.voicemail.review:
            yield OWN_REVIEW

    def findings(self, context: Context) -> Iterator[Finding]:
        path, mailbox = ("voicemail", "mailbox"), self.voicemail.mailbox
        yield from unknown("mailbox", mailbox, path, context.known.mailboxes)

    def summary(self, language: str) -> str:
        return self.voicemail.mailbox

    def node(self, build: Build) -> Node:
        body = self.voicemail
        return VoicemailNode(
            build,
            mailbox=body.mailbox,
            limits=(body.max, body.silence),
            prompt=build.speech(body.prompt or OWN_PROMPT),
            again=build.speech(OWN_NOTHING, body.prompt or OWN_PROMPT),
            review=build.speech(OWN_REVIEW) if body.review else None,
            nothing=self.nothing,
        )


def _own(words: Mapping[str, str]) -> Wording:
    return Wording(dict(words))


OWN_PROMPT, OWN_NOTHING, OWN_REVIEW = map(_own, (PROMPT, NOTHING_SAID, REVIEW))
