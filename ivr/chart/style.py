"""The look of a graph in a light and in a dark surrounding.

Plain classes, no variables: not every viewer of SVG knows those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ivr.chart.kinds import look, mixed


class Theme(NamedTuple):
    """Colours that do not depend on a step's kind; ``tint`` is a box's part of its hue."""

    ground: str
    ink: str
    soft: str
    line: str
    faint: str
    alarm: str
    tint: float


LIGHT = Theme("#ffffff", "#1b1f24", "#57606a", "#3f4750", "#a3abb5", "#b3261e", 0.13)
DARK = Theme("#12161b", "#e8ebef", "#a3adb8", "#c3cad3", "#66707c", "#ff8a80", 0.2)

_ALWAYS = (
    "text{font-family:'DejaVu Sans',Verdana,'Segoe UI',Roboto,Arial,sans-serif}"
    ".h{font-size:20px;font-weight:700}.n{font-size:13px;font-weight:700}"
    ".s,.k,.l,.a{font-size:11px}.c{font-size:10px}.m{text-anchor:middle}.e{text-anchor:end}"
    ".w,.v{fill:none;stroke-width:1.6;stroke-linejoin:round}"
    ".v{stroke-width:1}.u{stroke-dasharray:1 4}"
    ".b{stroke-width:1.4}.x{stroke-dasharray:4 3}.a{font-weight:700}"
    "g.p:hover .w,g.p:hover .v{stroke:#0072b2;stroke-width:3}"
)


def css(kinds: Iterable[str]) -> str:
    """The style sheet for boxes of these kinds."""
    named = sorted(set(kinds))
    dark = "".join(_rules(DARK, named))
    return f"{_ALWAYS}{''.join(_rules(LIGHT, named))}@media (prefers-color-scheme:dark){{{dark}}}"


def class_of(kind: str) -> str:
    """The class of a kind's boxes."""
    return f"k-{kind}"


def _rules(theme: Theme, kinds: Iterable[str]) -> Iterator[str]:
    yield f".g{{fill:{theme.ground}}}text{{fill:{theme.ink}}}.k,.s,.c,.l{{fill:{theme.soft}}}"
    yield f".w{{stroke:{theme.line}}}.v{{stroke:{theme.faint}}}.a{{fill:{theme.alarm}}}"
    yield f".t{{fill:{theme.line}}}.y{{fill:{theme.faint}}}"
    for kind in kinds:
        hue, name = look(kind).hue, class_of(kind)
        body = mixed(hue, theme.ground, theme.tint)
        edge = mixed(hue, theme.ink, 0.8)
        yield f".{name} .b{{fill:{body};stroke:{edge}}}.{name} .i{{fill:{edge}}}"
