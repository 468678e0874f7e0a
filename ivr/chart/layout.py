"""Boxes in ranks from the top down, and orthogonal lines between them that never touch a box."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from ivr.chart.channels import Pins, tracks
from ivr.chart.columns import columns
from ivr.chart.order import Order
from ivr.chart.parts import Cell, Lane, Layout, Line, Link, Net, Point, Rect, Size
from ivr.chart.ports import entries, exits, room
from ivr.chart.ranks import nets, rank

TRACK, ABOVE, BELOW, LEAST = 9.0, 18.0, 8.0, 34.0
"""From track to track; from the last to the boxes (an arrow's room); from the labels to the first;
the least height of a channel."""


def lay_out(boxes: Mapping[str, Size], links: Sequence[Link]) -> Layout:
    """Where everything lies; the first box is the start, each link joins two boxes."""
    ranks = rank(tuple(boxes), links)
    every = tuple(nets(ranks, links))
    order = Order(ranks, every)
    order.improve()
    widths = _widths(boxes, links)
    ports = exits(order, every, widths)
    middles = columns(order.rows, every, widths, ports)
    return _Drawing(boxes, widths, order, every, ports, middles).layout(links)


def _widths(boxes: Mapping[str, Size], links: Sequence[Link]) -> dict[str, float]:
    leaving: dict[str, list[Link]] = {name: [] for name in boxes}
    for link in links:
        leaving[link.source].append(link)
    return {name: max(size.width, room(leaving[name])) for name, size in boxes.items()}


class _Drawing:
    """The last step: heights, and lines from pin to pin."""

    def __init__(
        self,
        boxes: Mapping[str, Size],
        widths: Mapping[str, float],
        order: Order,
        every: Sequence[Net],
        ports: Mapping[Link, float],
        middles: Mapping[Cell, float],
    ) -> None:
        self._boxes, self._widths, self._order = boxes, widths, order
        self._ports, self._middles = ports, middles
        self._entries = entries(every, middles, ports, widths)
        self._channels = _by_channel(every, len(order.rows))
        self._tracks = {
            net: track
            for ours in self._channels
            for net, track in zip(ours, tracks([self._pins(net) for net in ours]), strict=True)
        }
        self._label_heights = _label_heights(order, ports, len(order.rows))
        self._tops = self._rank_tops()

    def layout(self, links: Sequence[Link]) -> Layout:
        rects = {name: self._rect(name) for name in self._boxes}
        labels = {link: self._label(link, rects[link.source]) for link in links}
        lines = tuple(line for ours in self._channels for net in ours for line in self._lines(net))
        last = len(self._order.rows) - 1
        bottom = self._channel_top(last) + self._channel_height(last)
        ends = (point.x for line in lines for point in line.points)
        right = max((*ends, *(rect.right for rect in rects.values())))
        return Layout(rects, labels, lines, Size(right, bottom))

    def _rect(self, name: str) -> Rect:
        width = self._widths[name]
        top = self._tops[self._order.rank_of(name)]
        return Rect(self._middles[name] - width / 2, top, width, self._boxes[name].height)

    def _label(self, link: Link, box: Rect) -> Rect:
        middle = self._middles[link.source] + self._ports[link]
        return Rect(middle - link.label.width / 2, box.bottom, *link.label)

    def _lines(self, net: Net) -> Iterator[Line]:
        level = self._level(net)
        x_end, y_end = self._x_of_sink(net), self._tops[self._order.rank_of(net.sink)]
        for feed in net.feeds:
            x = self._x(feed.cell, feed.links)
            start = Point(x, self._start(feed.cell))
            points = _bent(start, level, Point(x_end, y_end))
            yield Line(points, feed.links, net.bus.faint, not isinstance(net.sink, Lane))

    def _start(self, cell: Cell) -> float:
        top = self._tops[self._order.rank_of(cell)]
        return top if isinstance(cell, Lane) else top + self._boxes[cell].height

    def _level(self, net: Net) -> float:
        return self._channel_top(net.channel) + BELOW + self._tracks[net] * TRACK

    def _x(self, cell: Cell, links: Sequence[Link]) -> float:
        return self._middles[cell] + (0.0 if isinstance(cell, Lane) else self._ports[links[0]])

    def _x_of_sink(self, net: Net) -> float:
        return self._entries[net] if net in self._entries else self._middles[net.sink]

    def _pins(self, net: Net) -> Pins:
        tops: list[float] = []
        bottoms: list[float] = []
        for feed in net.feeds:
            above = self._order.rank_of(feed.cell) <= net.channel
            (tops if above else bottoms).append(self._x(feed.cell, feed.links))
        above = self._order.rank_of(net.sink) <= net.channel
        (tops if above else bottoms).append(self._x_of_sink(net))
        return Pins(tuple(tops), tuple(bottoms))

    def _rank_tops(self) -> list[float]:
        heights = [
            max((self._boxes[c].height for c in row if not isinstance(c, Lane)), default=0.0)
            for row in self._order.rows
        ]
        self._heights = heights
        first = self._channel_height(-1)
        steps = (
            height + self._label_heights[at] + self._channel_height(at)
            for at, height in enumerate(heights)
        )
        return [*accumulate(steps, initial=first)]

    def _channel_top(self, channel: int) -> float:
        if channel < 0:
            return 0.0
        return self._tops[channel] + self._heights[channel] + self._label_heights[channel]

    def _channel_height(self, channel: int) -> float:
        ours = self._channels[channel + 1]
        if not ours:
            return 0.0
        used = max(self._tracks[net] for net in ours)
        return max(LEAST, BELOW + used * TRACK + ABOVE)


def _by_channel(every: Sequence[Net], ranks: int) -> list[list[Net]]:
    """The nets of the channel above all ranks first."""
    channels: list[list[Net]] = [[] for _ in range(ranks + 1)]
    for net in every:
        channels[net.channel + 1].append(net)
    return channels


def _label_heights(order: Order, ports: Mapping[Link, float], ranks: int) -> list[float]:
    heights = [0.0] * ranks
    for link in ports:
        at = order.rank_of(link.source)
        heights[at] = max(heights[at], link.label.height)
    return heights


def _bent(start: Point, level: float, end: Point) -> tuple[Point, ...]:
    if abs(start.x - end.x) <= 0.5:
        return (start, end)
    return (start, Point(start.x, level), Point(end.x, level), end)
