"""A flow as its author writes it: a header and flat, named steps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from config.document import DocumentModel
from config.hours import Hours
from config.values import Name
from ivr.steps import AnyStep
from ivr.steps.base import Exits
from ivr.terms import Names
from ivr.values import FlowName, LanguageCode, StepName, VariableName
from ivr.variables import Variable
from ivr.wording import Spoken

PARTS = ("vars", "words", "exits", "steps")
"""What a fragment may hold: names that it adds to those of the flow that includes it."""


def _some(languages: tuple[str, ...]) -> tuple[str, ...]:
    # Not a minimum length: pydantic counts only valid ones, and would complain twice.
    if not languages:
        raise ValueError("is empty, name at least one language")
    return languages


def _from_file(_: object) -> None:
    # What reads a file merges the fragments and takes this key away: here nothing has.
    raise ValueError("fragments can be included only by a flow in a file")


Include = Annotated[
    None, BeforeValidator(_from_file, json_schema_input_type=Annotated[list[str], Field()])
]


class Flow(DocumentModel):
    """One call flow. The first of ``languages`` is the default; ``exits`` serve every step.

    ``include`` names fragments, files relative to this one, whose vars, words, exits and steps
    are added. ``words`` is a place for wordings with an anchor, ``goodbye: &goodbye {en: …}``, to
    be said as ``say: *goodbye``; nothing is said of those that no step uses.
    """

    flow: FlowName = Field(description="its name, by which numbers and other flows call it")
    version: str | None = Field(
        default=None, description="for its authors; publishing counts versions by itself"
    )
    about: str = Field(description="what it is for, in a sentence")
    owner: str = Field(description="who is asked about it")
    languages: Annotated[tuple[LanguageCode, ...], AfterValidator(_some)] = Field(
        description="every prompt is said in each of them; the first is the default"
    )
    start: StepName = Field(description="the step at which a call begins")
    include: Include = Field(
        default=None, description="files of fragments, relative to this file, that are added"
    )
    vars: dict[VariableName, Variable] = Field(
        default_factory=dict, description="the values that a call carries, by name"
    )
    params: dict[VariableName, Variable] = Field(
        default_factory=dict, description="variables that a flow which calls this one gives"
    )
    results: tuple[VariableName, ...] = Field(
        default=(), description="variables that a flow which called this one gets back"
    )
    words: dict[VariableName, Spoken] = Field(
        default_factory=dict, description="a place for wordings with an anchor"
    )
    hours: dict[Name, Hours] = Field(
        default_factory=dict, description="opening hours of its own; they win over the site's"
    )
    exits: Exits = Field(
        default=Exits(), description="where steps go that have no exit of their own"
    )
    steps: Annotated[dict[StepName, AnyStep], Field(min_length=1)] = Field(
        description="every step, by its name; their order means nothing"
    )

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """Everything that this flow's steps can set: its own variables and its parameters."""
        return {**self.params, **self.vars}

    @cached_property
    def unset(self) -> frozenset[str]:
        """Its variables that have no value at the start, and that no step sets."""
        left = {name for name, variable in self.vars.items() if variable.start is None}
        for step in self.steps.values() if left else ():
            left.difference_update(step.assigns())
        return frozenset(left)

    @cached_property
    def names(self) -> Names:
        """Everything that its expressions may name."""
        return Names(self.variables, self.languages)
