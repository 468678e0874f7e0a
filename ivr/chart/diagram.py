"""What is drawn of a flow: its boxes and the ways between them, with their words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from config.problem import Path
from ivr.chart.traffic import Traffic
from ivr.flow import Flow
from ivr.menu_ways import ways as ways_of
from ivr.steps.base import Edge, Step

START = ""
"""The name of the box where calls come in; no step can be called so."""
_WHEN_WRONG = frozenset({"on_timeout", "on_invalid", "on_error", "on_hangup"})
_NEXT = "next"


@dataclass(frozen=True, slots=True)
class Box:
    """A step. ``whole`` is told when it is pointed at; ``end``: no usual way leads on from it.

    ``callers``, ``talked`` (to an agent) and ``hung_up`` are None where no traffic is shown.
    """

    name: str
    kind: str
    summary: str
    whole: str
    end: bool = False
    callers: int | None = None
    talked: int | None = None
    hung_up: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """All exits of one step that lead to the same step. ``faint``: only when something goes wrong.

    ``share`` is the part, from 0 to 1, of those at the source who went this way.
    """

    source: str
    target: str
    exits: tuple[str, ...]
    faint: bool
    callers: int | None = None
    share: float | None = None

    @property
    def label(self) -> str:
        """The exits' names; nothing for the one usual way on."""
        return "" if self.exits == (_NEXT,) else ", ".join(self.exits)


@dataclass(frozen=True, slots=True)
class Diagram:
    """A flow, ready to be laid out. The first box is where calls come in."""

    flow: str
    version: str | None
    about: str
    owner: str
    boxes: tuple[Box, ...]
    ways: tuple[Way, ...]
    calls: int | None = None


def diagram(flow: Flow, language: str, traffic: Traffic | None = None) -> Diagram:
    """The flow in the words of ``language``; with ``traffic``, how many callers went where."""
    every = ways_of(flow).items()
    steps = (way for name, edges in every for way in _ways(flow.steps[name], name, edges))
    ways = (_first(flow, traffic), *steps)
    counted = tuple(_counted(way, traffic) for way in ways)
    goes_on = {way.source for way in ways if not way.faint}
    boxes = [_box(name, step, language, name not in goes_on) for name, step in flow.steps.items()]
    missing = dict.fromkeys(way.target for way in ways if way.target not in flow.steps)
    return Diagram(
        flow.flow,
        flow.version,
        flow.about,
        flow.owner,
        (
            Box(START, "start", "", "calls come in"),
            *(_visited(box, traffic) for box in boxes),
            *(Box(name, "missing", "there is no such step", name, end=True) for name in missing),
        ),
        counted,
        traffic.calls if traffic is not None else None,
    )


def _first(flow: Flow, traffic: Traffic | None) -> Way:
    return Way(START, flow.start, (_NEXT,), faint=False)


def _ways(step: Step, name: str, edges: Iterable[Edge]) -> Iterator[Way]:
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.target, []).append(edge)
    for target, exits in found.items():
        labels = dict.fromkeys(_label(step, edge) for edge in exits)
        yield Way(name, target, tuple(labels), all(_goes_wrong(edge.path) for edge in exits))


def _label(step: Step, edge: Edge) -> str:
    return step.exit_label(_within(edge.path)) or _NEXT


def _within(path: Path) -> Path:
    """The way from the step's top, or from the top of the exits that it inherits."""
    return path[2:] if path[0] == "steps" else path[1:]


def _goes_wrong(path: Path) -> bool:
    return any(part in _WHEN_WRONG for part in _within(path))


def _box(name: str, step: Step, language: str, end: bool) -> Box:
    summary = " ".join(step.summary(language).split())
    return Box(name, step.kind, summary, "\n".join(_whole(name, step)), end)


def _whole(name: str, step: Step) -> Sequence[str]:
    said = [
        f"{language}: {' '.join(text.split())}"
        for heard in step.heard()
        for language, text in heard.wording.texts.items()
    ]
    return [f"{name} ({step.kind})", *(said or [step.summary("")])]


def _counted(way: Way, traffic: Traffic | None) -> Way:
    if traffic is None:
        return way
    if way.source == START:
        callers, share = traffic.began[way.target], None
    else:
        callers, share = (
            traffic.moved[way.source, way.target],
            traffic.share(way.source, way.target),
        )
    return replace(way, callers=callers, share=share)


def _visited(box: Box, traffic: Traffic | None) -> Box:
    if traffic is None:
        return box
    return replace(
        box,
        callers=traffic.arrived[box.name],
        talked=traffic.talked[box.name],
        hung_up=traffic.hung_up[box.name],
    )
