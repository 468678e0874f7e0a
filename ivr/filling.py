"""What can be wrong in the texts and expressions that a call fills in."""

from __future__ import annotations

from collections.abc import Iterator

from config.problem import Path
from ivr.steps.base import Finding
from ivr.terms import Names, form_fault, names_in, term_faults
from ivr.wording import has_stray_brace, holes, is_fixed

_NOTHING: frozenset[str] = frozenset()


def hole_findings(
    path: Path, text: str, names: Names, own: frozenset[str] = _NOTHING, *, spoken: bool = False
) -> Iterator[Finding]:
    """What is wrong with the holes of a text; ``own`` are filled by the step itself."""
    if is_fixed(text):
        return
    if has_stray_brace(text):
        yield Finding(path, "has a brace without its partner, variables are written {name}")
    for hole in holes(text):
        if hole.source in own and hole.source not in names:
            continue
        for fault in term_faults(hole.source, names, None):
            yield Finding(path, fault)
        misspoken = form_fault(hole, names) if spoken else None
        if misspoken is not None:
            yield Finding(path, misspoken)
        elif not spoken and hole.form is not None:
            message = f"{{{hole.source}:{hole.form}}} is written, not spoken: leave out the form"
            yield Finding(path, message)


def told_findings(path: Path, text: str, names: Names, why: str) -> Iterator[Finding]:
    """Sensitive values in a text that goes where they must not; ``why`` tells where that is."""
    for source in dict.fromkeys(hole.source for hole in holes(text)):
        yield from told_by_term(path, source, names, why)


def told_by_term(path: Path, source: str, names: Names, why: str) -> Iterator[Finding]:
    """The same of an expression."""
    for name in sorted(names_in(source, names)):
        if names[name].sensitive:
            yield Finding(path, f"{name} is sensitive, and {why}")
