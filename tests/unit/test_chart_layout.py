"""Where a flow's graph puts things: nothing lies on anything else, and every link is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.chart.columns import spread
from ivr.chart.layout import lay_out
from ivr.chart.parts import Layout, Line, Link, Point, Rect, Size
from ivr.chart.ranks import rank

pytestmark = pytest.mark.unit

NAMES = [f"s{number}" for number in range(14)]
SIZES = st.builds(Size, st.integers(60, 260).map(float), st.integers(20, 80).map(float))
LABELS = st.builds(Size, st.integers(0, 120).map(float), st.sampled_from([0.0, 18.0, 32.0]))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, Size], list[Link]]:
    """Any boxes and any links between them, circles and loops as well."""
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    boxes = {name: draw(SIZES) for name in names}
    pairs = draw(st.sets(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=30))
    links = [Link(*pair, draw(st.booleans()), draw(LABELS)) for pair in sorted(pairs)]
    return boxes, links


@settings(deadline=None)
@given(graphs())
def test_nothing_lies_on_a_box_or_on_a_label(graph: tuple[dict[str, Size], list[Link]]) -> None:
    """Boxes and labels overlap nothing; a line crosses no box, and no label but those it serves."""
    layout = lay_out(*graph)
    things = [*layout.boxes.items(), *layout.labels.items()]
    for (one, rect), (other, another) in combinations(things, 2):
        assert not _overlap(rect, another), (one, other)
    for line in layout.lines:
        for part in _parts(line):
            assert not any(_overlap(part, box) for box in layout.boxes.values())
            for link, label in layout.labels.items():
                assert link in line.links or not _overlap(part, label), link


@settings(deadline=None)
@given(graphs())
def test_everything_is_within_the_picture(graph: tuple[dict[str, Size], list[Link]]) -> None:
    """But for half a line; and each box is as large as was asked for."""
    layout = lay_out(*graph)
    assert layout.boxes.keys() == graph[0].keys()
    for name, box in layout.boxes.items():
        assert box.width >= graph[0][name].width
        assert box.height == graph[0][name].height
    rects = [*layout.boxes.values(), *layout.labels.values()]
    rects += [part for line in layout.lines for part in _parts(line)]
    for rect in rects:
        assert rect.x >= -1
        assert rect.y >= 0
        assert rect.right <= layout.size.width + 1
        assert rect.bottom <= layout.size.height


@settings(deadline=None)
@given(graphs())
def test_every_link_is_drawn_from_box_to_box(graph: tuple[dict[str, Size], list[Link]]) -> None:
    """From below its source, at its label, to the top of its target, without a gap."""
    layout = lay_out(*graph)
    for link in graph[1]:
        way = _way(link, layout)
        source, target = layout.boxes[link.source], layout.boxes[link.target]
        start, end = way[0].points[0], way[-1].points[-1]
        label = layout.labels[link]
        assert start.y == source.bottom
        assert start.x == pytest.approx(label.x + label.width / 2)
        assert source.x < start.x < source.right
        assert end.y == target.y
        assert target.x < end.x < target.right
        assert way[-1].arrives
        for line, following in pairwise(way):
            assert line.points[-1] == following.points[0]


@settings(deadline=None)
@given(graphs())
def test_a_box_stands_below_what_leads_to_it(graph: tuple[dict[str, Size], list[Link]]) -> None:
    """Except by the links that close a circle: without those, all lead down."""
    boxes, links = graph
    ranks = rank(tuple(boxes), links)
    onward = [link for link in links if ranks[link.source] < ranks[link.target]]
    back = [link for link in links if link not in onward]
    for link in back:
        assert _leads(link.target, link.source, onward), link


def test_the_start_is_on_top_and_a_chain_leads_straight_down() -> None:
    """However long it is."""
    boxes = {f"s{number}": Size(100, 40) for number in range(1_500)}
    links = [Link(one, other) for one, other in pairwise(boxes)]
    layout = lay_out(boxes, links)
    assert layout.boxes["s0"].y == 0
    assert all(len(line.points) == 2 for line in layout.lines)
    assert {box.x for box in layout.boxes.values()} == {0.0}


def test_options_stand_in_the_order_they_were_written_in() -> None:
    """The first key's step on the left."""
    boxes = {name: Size(100, 40) for name in ("menu", "c", "a", "b")}
    links = [Link("menu", name, label=Size(10, 18)) for name in ("c", "a", "b")]
    layout = lay_out(boxes, links)
    assert sorted(("a", "b", "c"), key=lambda name: layout.boxes[name].x) == ["c", "a", "b"]


def test_links_to_one_target_share_their_way() -> None:
    """Ten steps whose errors lead to one agent are one line past the others, not ten."""
    boxes = {f"s{number}": Size(100, 40) for number in range(11)}
    links = [Link(one, other) for one, other in pairwise(boxes)]
    links += [Link(f"s{number}", "s10", faint=True) for number in range(9)]
    layout = lay_out(boxes, links)
    arriving = {line.points[-1] for line in layout.lines if line.faint and line.arrives}
    assert len(arriving) == 1
    assert layout.size.width < 200


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0.1, 9), st.floats(0, 50)), min_size=1))
def test_spread_keeps_the_distances_and_moves_nothing_without_need(
    wanted: Sequence[tuple[float, float, float]],
) -> None:
    """Places that are far enough apart stay; others are moved, as little as can be in all."""
    places, weights, gaps = zip(*wanted, strict=True)
    found = spread(places, weights, gaps[1:])
    for (left, right), gap in zip(pairwise(found), gaps[1:], strict=True):
        assert right - left >= gap - 1e-6
    if all(
        right - left >= gap for (left, right), gap in zip(pairwise(places), gaps[1:], strict=True)
    ):
        assert found == pytest.approx(places, abs=1e-6)
    # The pull of all weights is in balance: nothing is gained by moving everything.
    pull = sum(w * (f - p) for f, p, w in zip(found, places, weights, strict=True))
    assert pull == pytest.approx(0, abs=1e-3)


def _overlap(one: Rect, other: Rect) -> bool:
    near = 0.01
    return (
        one.x < other.right - near
        and other.x < one.right - near
        and one.y < other.bottom - near
        and other.y < one.bottom - near
    )


def _parts(line: Line) -> Iterator[Rect]:
    """Each straight part, as wide as it is drawn."""
    for start, end in pairwise(line.points):
        assert start.x == end.x or start.y == end.y or abs(start.x - end.x) <= 0.5
        low, top = min(start.x, end.x), min(start.y, end.y)
        yield Rect(low - 0.5, top, abs(start.x - end.x) + 1, abs(start.y - end.y))


def _way(link: Link, layout: Layout) -> list[Line]:
    """The lines that carry the link, in the order they are gone along."""
    carrying = {line.points[0]: line for line in layout.lines if link in line.links}
    ends = {line.points[-1] for line in carrying.values()}
    start = next(point for point in carrying if point not in ends)
    return [*_from(start, carrying)]


def _from(start: Point, carrying: Mapping[Point, Line]) -> Iterator[Line]:
    while start in carrying:
        yield carrying[start]
        start = carrying[start].points[-1]


def _leads(start: str, end: str, links: Sequence[Link]) -> bool:
    found, fresh = {start}, {start}
    while fresh:
        fresh = {link.target for link in links if link.source in fresh} - found
        found |= fresh
    return end in found
