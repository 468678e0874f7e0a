"""The picture of a flow: SVG that a browser shows as it is, with the steps' full words as tips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import sqrt

from ivr.chart.diagram import START, Box, Diagram, Way
from ivr.chart.kinds import look
from ivr.chart.layout import lay_out
from ivr.chart.markup import number, tag, text
from ivr.chart.parts import Layout, Line, Link, Point, Rect, Size
from ivr.chart.style import class_of, css
from ivr.chart.words import cut, width, wrapped

NAME, SMALL, TINY = 13.0, 11.0, 10.0
"""Font sizes."""
LEAST_WIDTH, MOST_WIDTH = 150.0, 250.0
PADDING, HEAD, LINE = 12.0, 26.0, 14.0
SIGN = 14.0
MARGIN = 24.0
LABEL_MOST, ROUND = 165.0, 6.0
THICKEST = 9.0
ARROW = 7.0


def draw(diagram: Diagram) -> str:
    """The SVG document."""
    boxes = {box.name: box for box in diagram.boxes}
    sizes = {box.name: _size(box) for box in diagram.boxes}
    ways = {_link(way): way for way in diagram.ways}
    layout = lay_out(sizes, [*ways])
    head, head_size = _head(diagram, max(layout.size.width, 480.0))
    whole = Size(
        max(layout.size.width, head_size.width) + 2 * MARGIN,
        layout.size.height + head_size.height + 2 * MARGIN,
    )
    shift = (whole.width - layout.size.width) / 2
    body = tag(
        "g",
        *_lines(layout, ways),
        *(_label(way, layout.labels[link]) for link, way in ways.items()),
        *(_box(boxes[name], rect) for name, rect in layout.boxes.items()),
        transform=f"translate({number(shift)},{number(MARGIN + head_size.height)})",
    )
    return _document(diagram, whole, head, body)


def _document(diagram: Diagram, whole: Size, *children: str) -> str:
    return "\n".join(
        (
            tag(
                "svg",
                tag("title", text(_title(diagram))),
                tag("desc", text(diagram.about)),
                tag("style", text(css(box.kind for box in diagram.boxes)).replace("&#x27;", "'")),
                tag("rect", class_="g", width="100%", height="100%"),
                *children,
                xmlns="http://www.w3.org/2000/svg",
                width=whole.width,
                height=whole.height,
                viewBox=f"0 0 {number(whole.width)} {number(whole.height)}",
                role="img",
            ),
            "",
        )
    )


def _title(diagram: Diagram) -> str:
    return diagram.flow if diagram.version is None else f"{diagram.flow}, version {diagram.version}"


def _head(diagram: Diagram, most: float) -> tuple[str, Size]:
    """Title, purpose and legend, from the top left corner."""
    about = wrapped(diagram.about, SMALL, most, 2)
    told = [_written(_title(diagram), 0, 20, "h")]
    told += [_written(line, 0, 40 + at * LINE, "s") for at, line in enumerate(about)]
    y = 40 + len(about) * LINE
    told.append(_written(cut(_facts(diagram), SMALL, most), 0, y, "s"))
    legend, size = _legend(diagram, most)
    told.append(tag("g", *legend, transform=f"translate(0,{number(y + 12)})"))
    wide = max(size.width, width(_title(diagram), 20) * 1.1)
    where = f"translate({number(MARGIN)},{number(MARGIN)})"
    return tag("g", *told, transform=where), Size(wide, y + 12 + size.height + 16)


def _facts(diagram: Diagram) -> str:
    steps = sum(box.kind not in {"start", "missing"} for box in diagram.boxes)
    calls = [] if diagram.calls is None else [f"{diagram.calls:,} calls shown"]
    return " · ".join([f"owner {diagram.owner}", f"{steps} steps", *calls])


def _legend(diagram: Diagram, most: float) -> tuple[list[str], Size]:
    kinds = dict.fromkeys(box.kind for box in diagram.boxes if box.name != START)
    items = [(_swatch(kind), width(kind, SMALL) + SIGN + 24, kind) for kind in kinds]
    items += [
        (_sample(faint=False), width("on", SMALL) + 56, "on"),
        (_sample(faint=True), width("silent, wrong key, error", SMALL) + 56, ""),
    ]
    drawn, x, y, right = [], 0.0, 0.0, 0.0
    for sign, room, kind in items:
        if x and x + room > most:
            x, y = 0.0, y + 22
        where = f"translate({number(x)},{number(y)})"
        drawn.append(tag("g", sign, class_=class_of(kind), transform=where))
        x += room
        right = max(right, x)
    return drawn, Size(right, y + 22)


def _swatch(kind: str) -> str:
    box = tag("rect", class_="b", width=SIGN + 6, height=18.0, rx=4.0)
    return box + _sign(kind, 3, 2) + _written(kind, SIGN + 12, 13, "s")


def _sample(*, faint: bool) -> str:
    words = "silent, wrong key, error" if faint else "on"
    line = tag("path", class_="v" if faint else "w", d="M0 9h28")
    head = tag("path", class_="y" if faint else "t", d="M34 9l-8-4.5v9z")
    return line + head + _written(words, 40, 13, "s")


def _sign(kind: str, x: float, y: float) -> str:
    where = f"translate({number(x)},{number(y)})"
    return tag("path", class_="i", d=look(kind).sign, fill_rule="evenodd", transform=where)


def _size(box: Box) -> Size:
    if box.name == START:
        return Size(70, 26)
    head = width(box.name, NAME) * 1.08 + width(_kind(box), TINY) + SIGN + 3 * PADDING
    lines = _lines_of(box)
    longest = max((width(line, SMALL) for line in lines), default=0.0) + 2 * PADDING
    counted = width(" ".join(_counted(box)), SMALL) * 1.08 + 2 * PADDING
    wide = max(LEAST_WIDTH, min(MOST_WIDTH, longest), head, counted)
    counts = LINE if box.callers is not None else 0.0
    return Size(wide, HEAD + 4 + len(lines) * LINE + counts + (4 if lines or counts else 0))


def _kind(box: Box) -> str:
    return "" if box.kind == box.name else box.kind


def _lines_of(box: Box) -> tuple[str, ...]:
    # A menu's greeting leaves room for the choice.
    most = 3 if box.kind == "menu" else 2
    return wrapped(box.summary, SMALL, MOST_WIDTH - 2 * PADDING, most)


def _box(box: Box, at: Rect) -> str:
    """The box with its words; the tip comes first, as viewers want it."""
    corner = at.height / 2 if box.end or box.name == START else 6.0
    frame = tag(
        "rect",
        class_="b x" if box.kind == "missing" else "b",
        x=at.x,
        y=at.y,
        width=at.width,
        height=at.height,
        rx=min(corner, 17.0),
    )
    parts = (tag("title", text(box.whole)), frame, *_words(box, at))
    return tag("g", *parts, class_=class_of(box.kind), id=f"step-{box.name}")


def _words(box: Box, at: Rect) -> Iterator[str]:
    if box.name == START:
        yield _sign(box.kind, at.x + 10, at.y + 6)
        yield _written("start", at.x + 28, at.y + 17.5, "s")
        return
    yield _sign(box.kind, at.x + PADDING, at.y + 8)
    yield _written(box.name, at.x + PADDING + SIGN + 6, at.y + 19.5, "n")
    yield _written(_kind(box), at.right - PADDING, at.y + 19, "c e")
    y = at.y + HEAD + 11
    for line in _lines_of(box):
        yield _written(line, at.x + PADDING, y, "s")
        y += LINE
    yield from _counts(box, at, y)


def _counts(box: Box, at: Rect, y: float) -> Iterator[str]:
    passed, lost = _counted(box)
    yield _written(passed, at.x + PADDING, y, "s")
    yield _written(lost, at.right - PADDING, y, "a e")


def _counted(box: Box) -> tuple[str, str]:
    """How many came here and spoke with an agent, and how many hung up."""
    if box.callers is None:
        return "", ""
    talked = f" · {box.talked:,} talked" if box.talked else ""
    return f"{box.callers:,} here{talked}", f"{box.hung_up:,} hung up" if box.hung_up else ""


def _written(words: str, x: float, y: float, class_: str) -> str:
    return tag("text", text(words), class_=class_, x=x, y=y) if words else ""


def _link(way: Way) -> Link:
    lines = _label_lines(way)
    wide = max((width(line, SMALL) for line in lines), default=0.0)
    return Link(way.source, way.target, way.faint, Size(wide, len(lines) * LINE + 4 * bool(lines)))


def _label_lines(way: Way) -> tuple[str, ...]:
    label = (cut(way.label, SMALL, LABEL_MOST),) if way.label else ()
    if way.callers is None:
        return label
    share = f" · {way.share:.0%}" if way.share else ""
    return (*label, f"{way.callers:,}{share}")


def _label(way: Way, at: Rect) -> str:
    """On the line, which is hidden behind it."""
    lines = _label_lines(way)
    if not lines:
        return ""
    ground = tag(
        "rect", class_="g", x=at.x - 1, y=at.y + 3, width=at.width + 2, height=at.height - 2
    )
    middle = at.x + at.width / 2
    words = [
        _written(line, middle, at.y + 13 + number_ * LINE, "l m")
        for number_, line in enumerate(lines)
    ]
    return tag("g", tag("title", text(_told(way))), ground, *words)


def _told(way: Way) -> str:
    counted = "" if way.callers is None else f" ({way.callers:,} callers)"
    return f"{way.source or 'start'} → {way.target}: {', '.join(way.exits)}{counted}"


def _lines(layout: Layout, ways: Mapping[Link, Way]) -> Iterator[str]:
    """The faint ones first, so that they lie below the others."""
    most = max((way.callers or 0 for way in ways.values()), default=0)
    for line in sorted(layout.lines, key=lambda line: not line.faint):
        taken = [ways[link] for link in line.links]
        yield tag(
            "g",
            tag("title", text("\n".join(map(_told, taken)))),
            *_stroke(line, taken, most),
            class_="p",
        )


def _stroke(line: Line, taken: Sequence[Way], most: int) -> Iterator[str]:
    drawn, head = ("v", "y") if line.faint else ("w", "t")
    thick = _thickness(taken, most)
    points = line.points
    if line.arrives:
        end = points[-1]
        points = (*points[:-1], Point(end.x, end.y - ARROW + 1))
        yield _tip(end, head, max(4.5, (thick or 0) / 2 + 2.5))
    if thick is None:
        yield tag("path", class_=drawn, d=_path(points))
    else:
        unused = "" if thick else " u"
        style = f"stroke-width:{number(thick or 1.0)}"
        yield tag("path", class_=drawn + unused, d=_path(points), style=style)


def _thickness(taken: Sequence[Way], most: int) -> float | None:
    """By the root of the callers, so that the few still show; None where no traffic is shown."""
    if not most:
        return None
    callers = sum(way.callers or 0 for way in taken)
    return 1.0 + (THICKEST - 1.0) * min(1.0, sqrt(callers / most)) if callers else 0.0


def _tip(at: Point, class_: str, half: float) -> str:
    """An arrow's head that points down to ``at``."""
    shape = f"l{number(-half)} -8h{number(2 * half)}z"
    return tag("path", class_=class_, d=f"M{_at(at)}{shape}")


def _path(points: Sequence[Point]) -> str:
    """Straight parts, the corners between them rounded."""
    made = [f"M{_at(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(ROUND, _length(before, corner) / 2, _length(corner, after) / 2)
        start, end = _towards(corner, before, radius), _towards(corner, after, radius)
        made.append(f"L{_at(start)}Q{_at(corner)} {_at(end)}")
    made.append(f"L{_at(points[-1])}")
    return "".join(made)


def _at(point: Point) -> str:
    return f"{number(point.x)} {number(point.y)}"


def _length(one: Point, other: Point) -> float:
    return abs(one.x - other.x) + abs(one.y - other.y)


def _towards(start: Point, end: Point, distance: float) -> Point:
    whole = _length(start, end) or 1.0
    part = distance / whole
    return Point(start.x + (end.x - start.x) * part, start.y + (end.y - start.y) * part)
