"""Variables that a flow declares, and does nothing with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.flow import Flow
from ivr.steps.base import Finding, Step
from ivr.terms import names_in
from ivr.wording import holes

_DECLARED = {"vars", "params", "about", "owner"}


def unused(flow: Flow) -> Iterator[Finding]:
    """Those that no step reads or sets, and that are no result."""
    doubtful = _doubtful(flow)
    for part, declared in (("vars", flow.vars), ("params", flow.params)):
        for name in declared:
            if name in doubtful:
                message = "is never used: no step reads it or sets it"
                yield Finding((part, name), message, key=True, warning=True, own=True)


def _doubtful(flow: Flow) -> set[str]:
    """Each way to find a use costs more than the one before, and has fewer left to look for."""
    left = set(flow.variables)
    if left:
        left -= {name for step in flow.steps.values() for name in step.assigns()}
    if left:
        written = flow.model_dump_json(exclude=_DECLARED)
        left = {name for name in left if not _is_named(name, written)}
    if left:
        left -= {name for step in flow.steps.values() for name in _used(step, flow)}
    return left


def _is_named(name: str, written: str) -> bool:
    """Whether it stands alone, or in a hole: quick, and enough for nearly all."""
    return re.search(rf'"{name}"|\{{[^{{}}"]*\b{name}\b[^{{}}"]*\}}', written) is not None


def _used(step: Step, flow: Flow) -> Iterator[str]:
    """The names in all its expressions."""
    sources = [source for _, source, _ in step.expressions(flow.variables)]
    texts = [text for _, text in step.templates(flow.variables)]
    for heard in (*step.heard(), *step.read()):
        texts += heard.wording.texts.values()
    sources += [hole.source for text in texts for hole in holes(text)]
    for source in (*sources, *step.uses()):
        yield from names_in(source, flow.names)
