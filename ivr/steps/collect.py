"""``collect``: the caller keys a value, and says whether it was understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from config.document import DocumentModel
from config.problem import Path
from ivr.run import Node
from ivr.steps.asking import Tries, TriesField
from ivr.steps.base import AsksCaller, Build, Context, Finding, Heard
from ivr.steps.collect_findings import collect_findings
from ivr.steps.collecting import CollectNode
from ivr.steps.read_back import READ_BACK
from ivr.values import Duration, Key, VariableName
from ivr.variables import Kind, Variable
from ivr.wording import Asked, Said, Wording

Count = Annotated[int, Field(ge=1, le=64)]
Layout = Literal["DDMM", "MMYY", "DDMMYYYY", "YYYYMMDD"]
TIME_KEYS = 4


class Confirm(DocumentModel):
    """How the value is read back: a prompt with the variable in it, and the keys for yes and no."""

    prompt: Asked | None = Field(default=None, description="default: Trunkline's own words")
    yes: Key = Field(default="1", description="the key that says it is right")
    no: Key = Field(default="2", description="the key to enter it again")


def _confirm(value: Any) -> Any:
    match value:
        case "true" | "yes" | True:
            return {}
        case "false" | "no" | False:
            return None
        case _:
            return value


class CollectBody(DocumentModel):
    """What is asked, how much is keyed, and what of it is accepted.

    Digits, numbers and money are as many digits as ``length`` (default: the variable's) or
    ``min`` and ``max`` say. A date is keyed as ``keyed`` says, a time of day as four digits.
    """

    into: VariableName = Field(description="the variable; its type says how the keys are read")
    prompt: Asked = Field(description="the question, in full")
    again: Asked | None = Field(default=None, description="the question, when asked again")
    silent: Asked | None = Field(default=None, description="before that, after a silence")
    wrong: Asked | None = Field(default=None, description="before that, when it was not accepted")
    length: Count | None = Field(default=None, description="so many digits")
    min: Count | None = Field(default=None, description="digits at least")
    max: Count | None = Field(default=None, description="digits at most")
    decimal: Literal["star", "none"] = Field(
        default="none", description="star: 12*50 is 12.50, for numbers and money"
    )
    keyed: Layout = Field(
        default="DDMMYYYY",
        description="how a date is keyed; DDMM is the next such day, MMYY that month's last day",
    )
    end: Literal["hash", "star", "none"] = Field(default="hash", description="ends the input early")
    optional: bool = Field(
        default=False, description="the end key alone leaves the variable unset and goes on"
    )
    check: str | None = Field(
        default=None, description="an expression over the variable that must hold"
    )
    checksum: Literal["luhn", "mod97"] | None = Field(
        default=None, description="the digits' own check digits: of cards (luhn), ISO 7064 (mod97)"
    )
    timeout: Duration = Field(default=6_000, description="from the prompt's end to the first key")
    inter_digit: Duration = Field(default=3_000, description="from one key to the next")
    tries: TriesField = Field(default=Tries(), description="how often it is asked")
    barge_in: bool = Field(default=True, description="keys cut the prompts short")
    confirm: Annotated[
        Confirm | None, BeforeValidator(_confirm, json_schema_input_type=bool | Confirm)
    ] = Field(default=None, description="read it back and ask whether it is right")

    def bounds(self, variable: Variable | None) -> tuple[int, int]:
        """Fewest and most digits."""
        kind = variable.type if variable is not None else "digits"
        if kind == "date":
            return len(self.keyed), len(self.keyed)
        if kind == "time":
            return TIME_KEYS, TIME_KEYS
        length = self.length
        if length is None and self.min is None and self.max is None and variable is not None:
            length = variable.length
        if length is not None:
            return length, length
        return self.min or 1, self.max or 64

    def read_back(self, variable: Variable | None) -> Wording:
        """What is said to confirm."""
        if self.confirm is not None and self.confirm.prompt is not None:
            return self.confirm.prompt
        by_digit = variable is None or variable.type in ("digits", "number")
        form = ":digits" if by_digit and self.decimal == "none" else ""
        hole = f"{{{self.into}{form}}}"
        return Wording({each: text.replace("{}", hole) for each, text in READ_BACK.items()})


class Collect(AsksCaller):
    """``ask: {collect: {into: account, prompt: Your number please.}, next: on, on_timeout: bye}``

    Silences and wrong input are counted apart: see ``tries``. A caller who says no to what was
    read back has given wrong input.
    """

    kind: ClassVar[str] = "collect"
    collect: CollectBody = Field(description="what is asked, and how much is keyed")

    def heard(self) -> Iterator[Heard]:
        for field in ("prompt", "again", "silent", "wrong"):
            wording = getattr(self.collect, field)
            if wording is not None:
                yield Heard(("collect", field), wording)
        confirm = self.collect.confirm
        if confirm is not None and confirm.prompt is not None:
            own = frozenset({self.collect.into})
            yield Heard(("collect", "confirm", "prompt"), confirm.prompt, own)

    def spoken(self) -> Iterator[Said]:
        yield from super().spoken()
        if self.collect.confirm is not None and self.collect.confirm.prompt is None:
            yield self.collect.read_back(None)

    def expressions(
        self, variables: Mapping[str, Variable]
    ) -> Iterator[tuple[Path, str, Kind | None]]:
        if self.collect.check is not None:
            yield ("collect", "check"), self.collect.check, "bool"

    def assigns(self) -> Iterator[str]:
        yield self.collect.into

    def uses(self) -> Iterator[str]:
        if self.collect.check is not None:
            yield self.collect.check

    def summary(self, language: str) -> str:
        return f"{self.collect.into}: {super().summary(language)}"

    def confides(self, variables: Mapping[str, Variable]) -> str | None:
        variable = variables.get(self.collect.into)
        return self.collect.into if variable is not None and variable.sensitive else None

    def findings(self, context: Context) -> Iterator[Finding]:
        yield from collect_findings(self.collect, context)

    def node(self, build: Build) -> Node:
        return CollectNode(build, self.collect)
