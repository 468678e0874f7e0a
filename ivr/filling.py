"""What can be wrong in the texts and expressions that a call fills in."""

from __future__ import annotations

import re
from collections.abc import Iterator

from config.problem import Path
from ivr.steps.base import Finding
from ivr.terms import Names, form_fault, names_in, term_faults
from ivr.wording import Hole, has_stray_brace, holes, is_fixed

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
            yield Finding(path, fault.message, at=_place_of(hole, text) + fault.at)
        misspoken = form_fault(hole, names) if spoken else None
        if misspoken is not None:
            yield Finding(path, misspoken, at=_place_of(hole, text))
        elif not spoken and hole.form is not None:
            message = f"{{{hole.source}:{hole.form}}} is written, not spoken: leave out the form"
            yield Finding(path, message, at=_place_of(hole, text))


def _place_of(hole: Hole, text: str) -> int:
    """Where its expression begins in the text: looked for only when it is wrong."""
    found = re.search(rf"\{{\s*{re.escape(hole.source)}\s*[:}}]", text)
    return found.start() + found[0].index(hole.source) if found and hole.source else 0


def told_findings(path: Path, text: str, names: Names, why: str) -> Iterator[Finding]:
    """Sensitive values in a text that goes where they must not; ``why`` tells where that is."""
    for source in dict.fromkeys(hole.source for hole in holes(text)):
        yield from told_by_term(path, source, names, why)


def told_by_term(path: Path, source: str, names: Names, why: str) -> Iterator[Finding]:
    """The same of an expression."""
    for name in sorted(names_in(source, names)):
        if names[name].sensitive:
            yield Finding(path, f"{name} is sensitive, and {why}")
