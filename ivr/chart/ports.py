"""Where links leave a box below and arrive above, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ivr.chart.columns import spread
from ivr.chart.order import Order
from ivr.chart.parts import Bus, Cell, Feed, Lane, Link, Net

LABEL_GAP, LEAST = 8.0, 16.0
"""Between two labels, and the least room of a way out."""
ENTRY_GAP, CORNER, CLEAR = 14.0, 14.0, 7.0
"""Between two ways in, from a box's corner to the first, and from lines that lead elsewhere."""


def room(links: Iterable[Link]) -> float:
    """How wide a box must be so that the words below it stand side by side."""
    return sum(_slot(link) for link in links)


def exits(order: Order, nets: Sequence[Net], widths: Mapping[str, float]) -> dict[Link, float]:
    """How far right of its box's middle each link leaves: in the order of where it leads."""
    leaving: dict[str, list[tuple[float, Link]]] = {}
    for net in nets:
        for feed in net.feeds:
            if not isinstance(feed.cell, Lane):
                key = _side(order, feed.cell, net.sink)
                leaving.setdefault(feed.cell, []).append((key, feed.links[0]))
    ports: dict[Link, float] = {}
    for name, keyed in leaving.items():
        links = [link for _, link in sorted(keyed, key=lambda pair: pair[0])]
        ports.update(_side_by_side(links, widths[name]))
    return ports


def _side(order: Order, cell: Cell, sink: Cell) -> float:
    if order.rank_of(cell) != order.rank_of(sink):
        return order.place(sink)
    return float("inf") if order.place(sink) > order.place(cell) else float("-inf")


def _side_by_side(links: Sequence[Link], width: float) -> dict[Link, float]:
    slots = [_slot(link) for link in links]
    more = min(40.0, (width - sum(slots)) / (len(links) + 1))
    at = -(sum(slots) + more * (len(links) - 1)) / 2
    ports = {}
    for link, slot in zip(links, slots, strict=True):
        ports[link] = at + slot / 2
        at += slot + more
    return ports


def _slot(link: Link) -> float:
    return max(LEAST, link.label.width + LABEL_GAP)


def entries(
    nets: Sequence[Net],
    middles: Mapping[Cell, float],
    ports: Mapping[Link, float],
    widths: Mapping[str, float],
) -> dict[Net, float]:
    """Where each net that arrives at a box does so: straight below where it comes from, if it can.

    Given and returned from the left edge of the whole.
    """
    arriving: dict[str, list[Net]] = {}
    for net in nets:
        if not isinstance(net.sink, Lane):
            arriving.setdefault(net.sink, []).append(net)
    leaving: dict[int, list[tuple[Bus, float]]] = {}
    for net in nets:
        for feed in net.feeds:
            leaving.setdefault(net.channel, []).append((net.bus, _x(feed, middles, ports)))
    found: dict[Net, float] = {}
    for name, ours in arriving.items():
        low = middles[name] - widths[name] / 2 + CORNER
        high = middles[name] + widths[name] / 2 - CORNER
        wanted = {net: _wanted(net, middles, ports, low, high) for net in ours}
        ours.sort(key=wanted.__getitem__)
        placed = _within([wanted[net] for net in ours], low, high)
        for number, net in enumerate(ours):
            others = [*placed[:number], *placed[number + 1 :]]
            strange = [x for bus, x in leaving.get(net.channel, ()) if bus != net.bus]
            placed[number] = _clear(placed[number], others, strange, low, high)
        found.update(zip(ours, placed, strict=True))
    return found


def _wanted(
    net: Net, middles: Mapping[Cell, float], ports: Mapping[Link, float], low: float, high: float
) -> float:
    """Straight below a source; else at the side that all come from, or in the middle."""
    sources = [_x(feed, middles, ports) for feed in net.feeds]
    middle = (low + high) / 2
    above = [x for x in sources if low <= x <= high]
    if above:
        return min(above, key=lambda x: abs(x - middle))
    if max(sources) < low:
        return low
    return high if min(sources) > high else middle


def _within(wanted: Sequence[float], low: float, high: float) -> list[float]:
    gap = min(ENTRY_GAP, (high - low) / max(1, len(wanted) - 1))
    placed = spread(wanted, [1.0] * len(wanted), [gap] * (len(wanted) - 1))
    # Pushed back from either end, still a gap apart.
    for at in range(len(placed)):
        placed[at] = max(placed[at], low + at * gap)
    for at in range(len(placed)):
        placed[at] = min(placed[at], high - (len(placed) - 1 - at) * gap)
    return placed


def _x(feed: Feed, middles: Mapping[Cell, float], ports: Mapping[Link, float]) -> float:
    return middles[feed.cell] + (0.0 if isinstance(feed.cell, Lane) else ports[feed.links[0]])


def _clear(
    x: float, others: Sequence[float], strange: Sequence[float], low: float, high: float
) -> float:
    """Not right below where another bus leaves, if there is room: the two would look like one."""
    for step in (0, 8, -8, 16, -16, 24, -24):
        near = any(abs(x + step - other) < CLEAR for other in (*others, *strange))
        if low <= x + step <= high and not near:
            return x + step
    return x
