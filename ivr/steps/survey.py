"""``survey``: what the caller thinks, in numbers and in their own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.suggest import shown
from ivr.run import Node
from ivr.steps.asking import Times
from ivr.steps.base import Build, Context, Continues, Finding, Heard, unknown
from ivr.steps.survey_words import COMMENT, CSAT, NPS
from ivr.steps.surveying import SurveyNode
from ivr.values import Duration, VariableName, within
from ivr.wording import Asked, Said, Spoken, Wording

_SCALE = re.compile(r"(\d{1,2})-(\d{1,2})")


class Scale(NamedTuple):
    """The lowest and the highest score."""

    low: int
    high: int


def _scale(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = _SCALE.fullmatch(value)
    if found is None or int(found[1]) >= int(found[2]):
        raise ValueError(f"{shown(value)} is no scale, write the lowest and highest score: 1-5")
    return Scale(int(found[1]), int(found[2]))


class Question(DocumentModel):
    """One question and the scores that answer it, each keyed as its number."""

    scale: Annotated[Scale, BeforeValidator(_scale, json_schema_input_type=str)] = Field(
        description="the lowest and the highest score, such as 1-5 or 0-10"
    )
    prompt: Asked = Field(description="the question")
    into: VariableName | None = Field(default=None, description="a number variable for the score")


class Usual(DocumentModel):
    """One of the usual questions, some of it in another way; what is left out is as usual."""

    scale: str | None = Field(
        default=None, description="the lowest and the highest score, such as 1-5 or 0-10"
    )
    prompt: Asked | None = Field(default=None, description="the question, in words of your own")
    into: VariableName | None = Field(default=None, description="a number variable for the score")


class Comment(DocumentModel):
    """What is said before the tone, and how long the caller may speak."""

    prompt: Spoken = Field(
        default=Wording(dict(COMMENT)), description="before the tone; default: Trunkline's words"
    )
    max: Annotated[Duration, within(1_000, 600_000, "1s to 10m")] = Field(
        default=60_000, description="how long the caller may speak"
    )
    silence: Duration = Field(default=3_000, description="a silence that ends it")


def _usual(scale: str, words: Mapping[str, str]) -> BeforeValidator:
    """``true`` for one of the usual questions, or what of it is to be another way."""

    def fill(value: Any) -> Any:
        if isinstance(value, Question):
            return value
        if isinstance(value, Mapping):
            return {"scale": scale, "prompt": dict(words), **value}
        return {"scale": scale, "prompt": dict(words)} if _is_on(value) else None

    return BeforeValidator(fill, json_schema_input_type=bool | Usual)


def _comment(value: Any) -> Any:
    return value if isinstance(value, Mapping | Comment) else ({} if _is_on(value) else None)


def _is_on(value: Any) -> bool:
    if str(value).lower() in ("true", "yes", "on"):
        return True
    if value is None or str(value).lower() in ("false", "no", "off"):
        return False
    raise ValueError(f"{shown(value)} is neither yes nor no, nor a mapping")


class SurveyBody(DocumentModel):
    """The questions: ``csat``, ``nps``, then those of ``questions`` in order, then ``comment``.

    ``csat: yes`` and ``nps: yes`` are asked in Trunkline's own words.
    """

    name: VariableName | None = Field(
        default=None, description="under which answers are kept; default: the step's name"
    )
    csat: Annotated[Question | None, _usual("1-5", CSAT)] = Field(
        default=None, description="satisfaction with the call, 1 to 5"
    )
    nps: Annotated[Question | None, _usual("0-10", NPS)] = Field(
        default=None, description="would they recommend us, 0 to 10"
    )
    questions: dict[VariableName, Question] = Field(
        default_factory=dict, description="questions by the name under which scores are kept"
    )
    comment: Annotated[
        Comment | None, BeforeValidator(_comment, json_schema_input_type=bool | Comment)
    ] = Field(default=None, description="an open comment, recorded")
    timeout: Duration = Field(default=5_000, description="from the prompt's end to the first key")
    inter_digit: Duration = Field(default=2_000, description="from 1 to the 0 of a 10")
    tries: Times = Field(default=2, description="silences and wrong keys after which it is skipped")
    barge_in: bool = Field(default=True, description="keys cut the prompts short")

    @property
    def usual(self) -> dict[str, Question]:
        """Those of the usual questions that are asked."""
        both = {"csat": self.csat, "nps": self.nps}
        return {name: question for name, question in both.items() if question is not None}

    @property
    def asked(self) -> dict[str, Question]:
        """Every question in its order."""
        return {**self.usual, **self.questions}


class Survey(Continues):
    """``after_call: {survey: {csat: yes, nps: yes, comment: yes}, next: bye}``

    A question that is not answered is skipped, and the survey goes on. The answers are kept at
    the end, also when the caller hangs up halfway; asked again in one call, the last count.
    """

    kind: ClassVar[str] = "survey"
    needs_caller: ClassVar[bool] = True
    survey: SurveyBody = Field(description="what is asked")

    def heard(self) -> Iterator[Heard]:
        body = self.survey
        for name, question in body.questions.items():
            yield Heard(("survey", "questions", name, "prompt"), question.prompt)
        for name, usual, words in (("csat", body.csat, CSAT), ("nps", body.nps, NPS)):
            if usual is not None and usual.prompt.root != words:
                yield Heard(("survey", name, "prompt"), usual.prompt)
        if body.comment is not None and body.comment.prompt.root != COMMENT:
            yield Heard(("survey", "comment", "prompt"), body.comment.prompt)

    def spoken(self) -> Iterator[Said]:
        yield from (question.prompt for question in self.survey.asked.values())
        if self.survey.comment is not None:
            yield self.survey.comment.prompt

    def assigns(self) -> Iterator[str]:
        yield from (each.into for each in self.survey.asked.values() if each.into is not None)

    def findings(self, context: Context) -> Iterator[Finding]:
        body = self.survey
        if not body.asked and body.comment is None:
            yield Finding(("survey",), "asks nothing: give it csat, nps, questions or a comment")
        for name, question in body.usual.items():
            yield from _into_findings(("survey", name, "into"), question.into, context)
        for name, question in body.questions.items():
            path = ("survey", "questions", name)
            if name in body.usual:
                yield Finding(path, f"{name} is asked already", key=True)
            yield from _into_findings((*path, "into"), question.into, context)

    def node(self, build: Build) -> Node:
        return SurveyNode(build, self.survey)


def _into_findings(path: tuple[str, ...], into: str | None, context: Context) -> Iterator[Finding]:
    if into is None:
        return
    variable = context.variables.get(into)
    if variable is None:
        yield from unknown("variable", into, path, context.variables)
    elif variable.type != "number":
        yield Finding(path, f"{into} is {variable.type}, a score needs a number")
    elif variable.sensitive:
        yield Finding(path, f"{into} is sensitive, and scores are kept for all to see")
