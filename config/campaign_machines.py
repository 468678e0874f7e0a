"""Calls of a campaign that machines answer, and who else does."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.document import DocumentModel
from config.duration import Duration
from config.values import Language, Line

Percent = Annotated[float, Field(ge=0, le=100)]


class Callees(DocumentModel):
    """``{hello: 60, named: 30, firm: 10}``: how the people who answer do so, percent of each."""

    hello: Percent = Field(description="a word, and once more if nobody answers")
    named: Percent = Field(description="a sentence with a name, or a question")
    firm: Percent = Field(description="a firm's greeting, up to four seconds and more")

    @model_validator(mode="after")
    def _all(self) -> Self:
        told = self.hello + self.named + self.firm
        if abs(told - 100) > 0.01:
            raise ValueError(f"hello, named and firm are {told:g} percent together, not 100")
        return self


AMD_TAKES = 45.1
"""Percent of people whom Asterisk's AMD took for machines (docs/answering-machines.md)."""


class Machines(DocumentModel):
    """What becomes of calls that a machine answers."""

    detect: Literal["none", "own", "amd"] = Field(
        default="none",
        description="none: whoever answers is a person's call. own: Trunkline listens to how the "
        "call is answered, and tells faxes and the network's tones, too. amd: Asterisk does, and "
        "takes many people for machines. Each wrong verdict is a person who was hung up on, and "
        "counts as abandoned (abandon_rate.false_machines)",
    )
    people_taken: Annotated[float, Field(ge=0.5, le=20)] = Field(
        default=1.0,
        description="with own: percent of people who may be taken for machines, at most; with less "
        "of them fewer machines are found (docs/answering-machines.md)",
    )
    callees: Literal["mixed", "consumers", "firms"] | Callees = Field(
        default="mixed",
        description="with own: who answers, for firms' greetings are as long as machines': "
        "consumers (2 percent of people answer for a firm), firms (60), mixed (20), or the "
        "campaign's own shares as counted, {hello: 60, named: 30, firm: 10}",
    )
    within: Duration = Field(
        default=Duration(1_800),
        description="by when after the answer the verdict is there, with own after the first word "
        "or the greeting, as the calling rules count; who is not known to be a machine by then is "
        "taken for a person",
    )
    message: dict[Language, Line] = Field(
        default={}, description="what is left after the beep; without it nothing is"
    )

    @property
    def expected_to_take(self) -> float:
        """Percent of people who are taken for machines, where nobody has measured it."""
        return {"none": 0.0, "own": self.people_taken, "amd": AMD_TAKES}[self.detect]

    @model_validator(mode="after")
    def _of_own(self) -> Self:
        if "callees" in self.model_fields_set and self.detect != "own":
            raise ValueError(f"callees has no effect with detect: {self.detect}, only with own")
        return self
