"""Nodes that come, go, fall silent and come back never use more of a trunk's lines and calls per
second than there are."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.outbound.sharing import GONE_MS, HOLDS_MS, SAID_MS, Peers, Said
from routing.outbound.trunks import ALL, Limit, Trunks

pytestmark = pytest.mark.unit

LINES, PACE = 12, 6.0
WHOLE = {(ALL, "line"): Limit(LINES, PACE)}


class Node:
    """One engine with as much to call as there are lines; its steady clock is its own."""

    def __init__(self, name: str, ahead_ms: int) -> None:
        self.name, self.peers, self.trunks = name, Peers(name), Trunks()
        self.ahead_ms, self.calls, self.said_ms = ahead_ms, 0, 0
        self.up: list[str] = []

    def look(self, board: dict[str, Said], at_ms: int) -> None:
        """As the engine does, on what is published."""
        now_ms = at_ms + self.ahead_ms
        if not self.peers.is_due(now_ms):
            return
        self.said_ms = at_ms
        if self.peers.is_new:
            self.peers.hear(board.values(), now_ms)
        claims = self.trunks.claims(self.peers.parts(WHOLE), now_ms)
        board[self.name] = Said(self.name, at_ms, self.peers.knows, claims)
        self.peers.told(claims, now_ms)
        self.peers.hear(board.values(), now_ms)
        for each in self.peers.gone():
            board.pop(each.node, None)
        limits = {"line": self.peers.granted(WHOLE)[ALL, "line"]}
        shares = {"sales": {"line": Limit()}}
        less = self.peers.why_less()
        self.trunks.set_limits(limits, shares, now_ms, self.peers.until_ms, less)

    def place(self, at_ms: int) -> int:
        """As many calls as may be begun."""
        begun = 0
        while begun < 99 and self.trunks.take(
            "sales", "line", f"{self.name} {self.calls}", at_ms + self.ahead_ms
        ):
            self.up.append(f"{self.name} {self.calls}")
            self.calls += 1
            begun += 1
        return begun

    def why(self, at_ms: int) -> str:
        """Why it has no line; empty: it has."""
        return self.trunks.why_none("sales", at_ms + self.ahead_ms)

    def hang_up(self) -> None:
        self.trunks.release(self.up.pop(0))


def settled(nodes: list[Node], board: dict[str, Said], at_ms: int, seconds: int = 60) -> int:
    for _ in range(seconds):
        at_ms += 1_000
        for node in nodes:
            node.look(board, at_ms)
    return at_ms


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_nodes_never_use_more_than_there_is(chance: Random) -> None:
    """Each looks when it looks, stands still for as long as it likes, and calls all it can. A node
    of which nothing is heard for half a minute has no call up any more."""
    board: dict[str, Said] = {}
    nodes = [Node(name, chance.randrange(10**7)) for name in "abc"]
    begun: list[tuple[int, int]] = []
    at_ms, stands = 0, dict.fromkeys("abc", 0)
    for _ in range(400):
        at_ms += chance.randrange(1_500)
        for each in nodes:
            while each.up and at_ms - each.said_ms >= GONE_MS:
                each.hang_up()
        node = chance.choice(nodes)
        if at_ms < stands[node.name]:
            continue
        if node.up and chance.random() < 0.5:
            node.hang_up()
        if chance.random() < 0.7:
            node.look(board, at_ms)
        if calls := node.place(at_ms):
            begun.append((at_ms, calls))
        if chance.random() < 0.03:
            stands[node.name] = at_ms + chance.choice([5_000, 25_000, 90_000])
        assert sum(len(each.up) for each in nodes) <= LINES
        assert sum(n for then, n in begun if then > at_ms - 1_000) <= PACE


def test_who_joins_waits_until_the_others_have_let_go() -> None:
    """Of twelve lines all are up: the second node has one with each that ends, until it has six."""
    board: dict[str, Said] = {}
    one, two = Node("a", 0), Node("b", 5)
    for second in range(4):
        one.look(board, 1_000 * second)
        one.place(1_000 * second)
    assert len(one.up) == 12
    at_ms = settled([one, two], board, 4_000)
    assert (one.place(at_ms), two.place(at_ms)) == (0, 0)
    for _ in range(4):
        one.hang_up()
    at_ms = settled([one, two], board, at_ms)
    assert (one.place(at_ms), two.place(at_ms)) == (0, 3)
    at_ms = settled([one, two], board, at_ms)
    assert two.place(at_ms) == 1
    for _ in range(2):
        one.hang_up()
    at_ms = settled([one, two], board, at_ms)
    assert (one.place(at_ms), two.place(at_ms)) == (0, 2)


def test_what_a_silent_node_had_is_for_the_others_after_a_time() -> None:
    """A last word that was said long before this node began counts as any other, for the clocks of
    two machines need not agree."""
    board = {"old": Said("old", 1, frozenset(["a", "old"]), {(ALL, "line"): Limit(9, 2.0)})}
    node = Node("a", 0)
    at_ms = settled([node], board, 0, seconds=GONE_MS // 1_000 - 1)
    assert node.trunks.free("sales", at_ms) == 3
    at_ms = settled([node], board, at_ms, seconds=SAID_MS // 500)
    assert node.trunks.free("sales", at_ms) == 6
    assert board.keys() == {"a"}
    node.look(board, at_ms + SAID_MS)
    assert list(node.peers.gone()) == []


def test_who_has_not_been_heard_calls_nobody() -> None:
    """Its process stood still: others may have taken its lines by the time it goes on."""
    node, board = Node("a", 0), dict[str, Said]()
    node.look(board, 0)
    assert node.trunks.free("sales", HOLDS_MS) == 6
    assert node.trunks.free("sales", HOLDS_MS + 1) == 0


def test_a_node_says_why_it_has_no_line() -> None:
    """Others keep lines, do not know it, or have not heard it; or all lines are in use."""
    board: dict[str, Said] = {}
    one, two = Node("a", 0), Node("b", 5)
    for second in range(4):
        one.look(board, 1_000 * second)
        one.place(1_000 * second)
    assert one.why(3_000) == "all that this node has are in use"
    two.look(board, 4_000)
    assert two.why(4_000) == "a does not know this node yet (one of an older version never does)"
    at_ms = settled([one, two], board, 4_000)
    assert two.why(at_ms) == "a has not let go of them yet"
    one.hang_up()
    at_ms = settled([one, two], board, at_ms)
    assert two.why(at_ms) == ""
    assert one.why(at_ms + HOLDS_MS + 1) == "the other nodes have not heard from this one lately"


def test_a_node_says_that_calls_are_begun_as_fast_as_they_may_be() -> None:
    node, board = Node("a", 0), dict[str, Said]()
    assert node.why(0) == "the other nodes are being told that this one dials"
    node.look(board, 0)
    assert node.place(0) == 6
    assert node.why(0) == "as many calls were begun in this second as may be"
    third = Node("c", 0)
    third.trunks.set_limits({"line": Limit(0)}, {"sales": {"line": Limit()}})
    assert third.why(0) == "there are fewer lines than nodes"
