"""Where in a flow's document its exits and its prompts are written, told by the step's models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from config.problem import Path
from ivr.exits import edges
from ivr.flow import Flow
from ivr.tree_edits import Plain

_GO = "go"
"""A target may be written as ``x`` or, with more beside it, as ``{go: x}``."""


@dataclass(frozen=True, slots=True)
class Places:
    """Paths from the flow's top. A document that is no flow (yet) has none."""

    exits: frozenset[Path] = frozenset()
    prompts: frozenset[Path] = frozenset()

    def is_exit(self, path: Path) -> bool:
        """Whether a step's name is written at ``path``."""
        return path in self.exits or (path[-1:] == (_GO,) and path[:-1] in self.exits)

    def is_prompt(self, path: Path) -> bool:
        """Whether something that is said is written at ``path``."""
        return any(path[: len(prompt)] == prompt for prompt in self.prompts)


def places(document: Plain) -> Places:
    """The places of a document as loaded."""
    try:
        flow = Flow.model_validate(document)
    except ValidationError:
        return Places()
    steps = flow.steps.items()
    ways = {edge.path for name, step in steps for edge in edges(flow, name, step)}
    whole = {("exits", field) for field in type(flow.exits).model_fields}
    said = {("steps", name, *heard.path) for name, step in steps for heard in step.heard()}
    return Places(frozenset(ways | whole | {("start",)}), frozenset(said))


def rerouted(value: Plain, where: Places, names: Mapping[str, str], path: Path = ()) -> Plain:
    """The value at ``path`` with the targets of its exits called by other names."""
    if isinstance(value, dict):
        return {k: rerouted(item, where, names, (*path, k)) for k, item in value.items()}
    if isinstance(value, list):
        return [rerouted(item, where, names, (*path, i)) for i, item in enumerate(value)]
    return names.get(value, value) if isinstance(value, str) and where.is_exit(path) else value
