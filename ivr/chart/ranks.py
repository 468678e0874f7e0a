"""Which box stands above which: the rank of each box, and the nets between the ranks.

The first and second step of the layered drawing of Sugiyama, Tagawa and Toda (IEEE Transactions
on Systems, Man and Cybernetics 11(2), 1981). Unlike there, the links to one target share their
lanes: in a call flow nearly every step may lead to the same agent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ivr.chart.parts import Bus, Feed, Lane, Link, Net

Ranks = Mapping[str, int]


def rank(names: Sequence[str], links: Sequence[Link]) -> dict[str, int]:
    """The longest way to each box from the first, not counting the links that lead back."""
    onward, order = _without_circles(names, links)
    found = dict.fromkeys(order, 0)
    for name in order:
        for target in onward[name]:
            found[target] = max(found[target], found[name] + 1)
    return found


def _without_circles(
    names: Sequence[str], links: Sequence[Link]
) -> tuple[dict[str, list[str]], list[str]]:
    """The targets of each box without the links that lead back, and the boxes from the top."""
    ways: dict[str, list[str]] = {name: [] for name in names}
    for link in sorted(links, key=lambda link: link.faint):
        ways[link.source].append(link.target)
    onward: dict[str, list[str]] = {name: [] for name in names}
    done: dict[str, None] = {}
    for root in names:
        if root not in done:
            _walk(root, ways, onward, done)
    return onward, [*reversed(done)]


def _walk(
    root: str,
    ways: Mapping[str, Sequence[str]],
    onward: Mapping[str, list[str]],
    done: dict[str, None],
) -> None:
    """Depth first, with a stack of its own: a flow may be of any length."""
    trail = {root: iter(ways[root])}
    while trail:
        name, rest = next(reversed(trail.items()))
        target = next(rest, None)
        if target is None:
            del trail[name]
            done[name] = None
        elif target not in trail:
            onward[name].append(target)
            if target not in done:
                trail[target] = iter(ways[target])


def nets(ranks: Ranks, links: Iterable[Link]) -> Iterator[Net]:
    """Every bus, channel by channel."""
    buses: dict[Bus, list[Link]] = {}
    for link in links:
        back = ranks[link.target] <= ranks[link.source]
        buses.setdefault(Bus(link.target, link.faint, back), []).append(link)
    for bus, taken in buses.items():
        yield from (_back if bus.back else _onward)(bus, taken, ranks)


def _onward(bus: Bus, links: Sequence[Link], ranks: Ranks) -> Iterator[Net]:
    end = ranks[bus.target]
    carried: tuple[Link, ...] = ()
    for channel in range(min(ranks[link.source] for link in links), end):
        feeds, carried = _taken_up(Lane(bus, channel), carried, links, ranks)
        yield Net(channel, bus, feeds, bus.target if channel + 1 == end else Lane(bus, channel + 1))


def _back(bus: Bus, links: Sequence[Link], ranks: Ranks) -> Iterator[Net]:
    """Below the sources to a lane beside them, up to above the target, and down into it."""
    end = ranks[bus.target]
    carried: tuple[Link, ...] = ()
    for channel in range(max(ranks[link.source] for link in links), end - 1, -1):
        feeds, carried = _taken_up(Lane(bus, channel + 1), carried, links, ranks, channel)
        yield Net(channel, bus, feeds, Lane(bus, channel))
    yield Net(end - 1, bus, (Feed(Lane(bus, end), carried),), bus.target)


def _taken_up(
    lane: Lane,
    carried: tuple[Link, ...],
    links: Sequence[Link],
    ranks: Ranks,
    channel: int | None = None,
) -> tuple[tuple[Feed, ...], tuple[Link, ...]]:
    """What the lane brings and what starts at the boxes of this channel; and both together."""
    above = lane.rank if channel is None else channel
    here = [link for link in links if ranks[link.source] == above]
    brought = [Feed(lane, carried)] if carried else []
    feeds = (*brought, *(Feed(link.source, (link,)) for link in here))
    return feeds, (*carried, *here)
