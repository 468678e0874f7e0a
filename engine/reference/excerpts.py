"""Examples of a site's parts, for the reference: those of the sample site, and a few more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.settings import PROJECT

SAMPLE = PROJECT / "config" / "site.yaml"
MORE = Path(__file__).with_name("more_site.yaml")
_PART = re.compile(
    r"^((?:#.*\n)*)(\w+):.*\n((?:[ \t].*\n|#.*\n(?=[ \t])|\n(?=[ \t]))*)", re.MULTILINE
)
"""Comments directly above a field, the field, and all that is indented below it."""


def excerpts() -> Mapping[str, str]:
    """The lines that fill each field, with the comments above it; the sample's where it has any."""
    found: dict[str, str] = {}
    for part in (*_parts(SAMPLE), *_parts(MORE)):
        found.setdefault(part[2], part[0].rstrip())
    return found


def _parts(path: Path) -> Iterator[re.Match[str]]:
    return _PART.finditer(path.read_text("utf-8"))
