"""What of a trunk is whose: nodes' parts, which add up to no more than its limit also while nodes
come and go.

Each node publishes its claims before it uses them, and lets go before it publishes less. It uses no
more than its claim, its part, and what the others' claims leave; so of any two, who read last has
seen what the other may use. Nodes are told apart by what they say: one is gone that this node has
not heard anything new of for `GONE_MS` by a clock that only goes forward. No clocks of different
machines are compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from routing.outbound.trunks import TOLD, Key, Limit

SAID_MS = 10_000
"""How often a node says that it dials."""
GONE_MS = 30_000
"""A node of which nothing new was heard for so long does not dial."""
HOLDS_MS = 20_000
"""So long after it has said so a node may dial; before the others take it for gone."""
_NEAR = 1e-6

Claims = Mapping[Key, Limit]


class Said(NamedTuple):
    """What a node says of itself. `beat` is another each time; `knows`: the nodes with which it
    shares; `claims`: what it may use of limits."""

    node: str
    beat: int
    knows: frozenset[str]
    claims: Claims


class Peers:
    """The nodes that dial, as this one has heard. Times are of a steady clock, ms."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._heard: dict[str, tuple[Said, int]] = {}
        self._told: frozenset[str] = frozenset()
        self._told_ms: int | None = None
        self._present = frozenset([node])
        self._lacks = False
        self.published: Claims = {}

    @property
    def nodes(self) -> tuple[str, ...]:
        """With whom this node shares: one who is gone until the others were told so."""
        return tuple(sorted(self._present | self._told))

    @property
    def knows(self) -> frozenset[str]:
        """What it is to say that it knows."""
        return self._present

    @property
    def is_new(self) -> bool:
        """Whether it has not said that it dials; what others say is heard first then."""
        return self._told_ms is None

    @property
    def is_known(self) -> bool:
        """Whether all others share with it."""
        others = (self._heard[name][0] for name in self.nodes if name != self._node)
        return not self.is_new and all(self._node in each.knows for each in others)

    def is_due(self, now_ms: int) -> bool:
        """Whether it is to say something: soon, while others do not know what it knows, or
        have some of its part."""
        is_settled = self.is_known and self._told == self._present and not self._lacks
        return self._told_ms is None or not is_settled or now_ms - self._told_ms >= SAID_MS

    def why_less(self) -> str:
        """Why this node may not use all of its parts, or none of them; empty: it may."""
        if self.is_new:
            return TOLD
        others = {name: self._heard[name][0] for name in self.nodes if name != self._node}
        strangers = [name for name, said in others.items() if self._node not in said.knows]
        if strangers:
            do = "does" if len(strangers) == 1 else "do"
            older = "one of an older version never does"
            return f"{', '.join(strangers)} {do} not know this node yet ({older})"
        has = "has" if len(others) == 1 else "have"
        return f"{', '.join(others)} {has} not let go of them yet" if self._lacks else ""

    @property
    def until_ms(self) -> int:
        """Until then it may dial, should it not say anything more."""
        return -1 if self._told_ms is None or not self.is_known else self._told_ms + HOLDS_MS

    def told(self, claims: Claims, sent_ms: int) -> None:
        """What it `knows` and these claims are published; it was sent then, at the earliest."""
        self._told, self._told_ms, self.published = self._present, sent_ms, claims

    def hear(self, said: Iterable[Said], now_ms: int) -> None:
        """All that nodes say by now."""
        heard = {each.node: each for each in said if each.node != self._node}
        for name, each in heard.items():
            before, since_ms = self._heard.get(name, (None, now_ms))
            is_same = before is not None and before.beat == each.beat
            self._heard[name] = (each, since_ms if is_same else now_ms)
        for name in self._heard.keys() - heard.keys() - set(self.nodes):
            del self._heard[name]
        present = {name for name in heard if now_ms - self._heard[name][1] < GONE_MS}
        self._present = frozenset([self._node, *present])

    def gone(self) -> Collection[Said]:
        """Who has fallen silent, with their last words."""
        return [said for name, (said, _) in self._heard.items() if name not in self.nodes]

    def left(self) -> None:
        """This node does not dial any more."""
        self._told, self._told_ms, self.published = frozenset(), None, {}

    def parts(self, wholes: Claims) -> dict[Key, Limit]:
        """This node's parts of limits."""
        position = self.nodes.index(self._node)
        return {key: whole.part_of(position, len(self.nodes)) for key, whole in wholes.items()}

    def granted(self, wholes: Claims) -> dict[Key, Limit]:
        """What it may use of limits now."""
        others = [self._heard[name][0].claims for name in self.nodes if name != self._node]
        parts = self.parts(wholes)
        found = {
            key: granted(
                wholes[key],
                part.within(self.published.get(key, Limit(0, 0))),
                [claims[key] for claims in others if key in claims],
            )
            for key, part in parts.items()
        }
        self._lacks = found != parts
        return found


def granted(whole: Limit, part: Limit, others: Iterable[Limit]) -> Limit:
    """Of its part, what others' claims leave to a node. Calls per second are left whole, or no call
    is begun at all."""
    claims = list(others)
    lines = part.lines
    if whole.lines is not None and lines is not None:
        lines = max(0, min(lines, whole.lines - sum(each.lines or 0 for each in claims)))
    if whole.calls_per_s is not None and part.calls_per_s is not None:
        claimed = sum(each.calls_per_s or 0 for each in claims)
        if not part.calls_per_s or part.calls_per_s + claimed > whole.calls_per_s * (1 + _NEAR):
            return Limit(0)
    return Limit(lines, part.calls_per_s)
