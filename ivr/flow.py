"""A flow as its author writes it: a header and flat, named steps."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.document import DocumentModel
from ivr.steps import AnyStep
from ivr.steps.base import Exits
from ivr.values import StepName, VariableName
from ivr.variables import Variable

LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]


class Flow(DocumentModel):
    """One call flow. The first of ``languages`` is the default; ``exits`` serve every step."""

    flow: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    version: str | None = None
    about: str
    owner: str
    languages: Annotated[tuple[LanguageCode, ...], Field(min_length=1)]
    start: StepName
    vars: dict[VariableName, Variable] = Field(default_factory=dict)
    exits: Exits = Exits()
    steps: Annotated[dict[StepName, AnyStep], Field(min_length=1)]
