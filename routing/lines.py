"""The lines of the matcher: contacts that ask for the same, and free agents of the same kind.

Every line knows the lines of the other side that suit it, by links that are found once, when a
line is seen for the first time.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from config.requirement import ANYONE, Requirement, both, spell
from routing.board import Among, Board
from routing.decision import Candidate, candidate
from routing.line import Line
from routing.order import Place, earlier
from routing.preference import Head
from routing.requirement import all_of, fit, suits, wanted_in
from routing.rules import QueueRules, RoutingRules
from routing.skills import Skills
from routing.strategy import AgentKey, FreeAgent, Order, Pair, Strategy
from routing.targets import Need


class Wish(NamedTuple):
    """What contacts have in common who stand in one line."""

    queue: str
    skills: Skills
    requires: Requirement = ANYONE
    is_urgent: bool = True
    """Whether it may have the agents that the queue keeps in reserve."""
    node: str = ""
    """Whose switch has the caller; empty: this node's."""
    was_called: bool = False
    """By a campaign, which keeps agents for it."""

    def needs(self, rules: QueueRules) -> Requirement:
        """All that an agent must meet, what the queue asks for too."""
        return both(both(all_of(self.skills), self.requires), rules.requires)

    def leaves(self, rules: QueueRules) -> int:
        """How many of the free agents who suit it are to be left."""
        return 0 if self.is_urgent or rules.reserve is None else rules.reserve.agents


Nodes = frozenset[str] | None
"""Whose switches can ring a phone, this node's among them as empty; None: there is but one."""


class Kind(NamedTuple):
    """What agents have in common who stand in one line."""

    skills: Skills
    cost: int
    nodes: Nodes = None

    is_kept: bool = False
    """For those whom campaigns call."""

    def is_for(self, *, was_called: bool) -> bool:
        """Whether these agents are for such contacts at all."""
        return was_called or not self.is_kept

    def can_be_rung_by(self, node: str) -> bool:
        """Whether the phones of these agents are within reach for a contact of that node."""
        return self.nodes is None or node in self.nodes


class Seen(NamedTuple):
    """The first of the free agents of one kind, and how many they are."""

    agent: FreeAgent
    pair: Pair
    free: int

    def as_candidate(self, now_ms: int, strategy: Strategy) -> Candidate:
        """What is told of it."""
        return candidate(self.agent, self.pair, self.free - 1, now_ms, strategy)


class Link:
    """A wish and a kind of agents who suit it."""

    __slots__ = ("free", "head_start_ms", "pair", "waiting")

    def __init__(self, waiting: "WaitingLine", free: "FreeLine") -> None:
        self.waiting = waiting
        self.free = free
        self.pair = Pair(fit(free.kind.skills, waiting.needs), free.kind.cost)
        self.head_start_ms = 0


class WaitingLine:
    """The contacts of one wish, in the order of all."""

    __slots__ = (
        *("_among", "_pairs", "asks", "board", "leaves", "line", "links", "need", "needs", "node"),
        *("queue", "strategy", "wanted", "was_called"),
    )

    def __init__(self, wish: Wish, rules: QueueRules, need: Need, board: Board) -> None:
        self.queue = wish.queue
        self.node = wish.node
        self.was_called = wish.was_called
        self.need = need
        self.needs = wish.needs(rules)
        self.asks = spell(self.needs)
        self.wanted: frozenset[str | None] = wanted_in(self.needs) or frozenset({None})
        self.leaves = wish.leaves(rules)
        self.line: Line[Place] = Line()
        self.links: list[Link] = []
        self.strategy = rules.strategy
        self.board = board
        self._among: Among | None = None
        self._pairs: dict[int, Pair] = {}

    def suited_by(self, link: Link) -> None:
        """A kind of agents suits these contacts."""
        link.head_start_ms = self.strategy.head_start_ms(link.pair)
        self.links.append(link)
        self._pairs[link.free.number] = link.pair
        self._among = None

    @property
    def among(self) -> Among:
        """All who suit, as the board knows them."""
        if self._among is None:
            lines = np.array([link.free.number for link in self.links], dtype=np.int64)
            added = self.strategy.added([link.pair for link in self.links])
            more = [None if part is None else np.array(part, dtype=np.int64) for part in added]
            self._among = Among(lines, tuple(more))
        return self._among

    def follow(self, wish: Wish, rules: QueueRules, board: Board) -> None:
        """The queue's strategy and reserve are others from now on."""
        self.leaves = wish.leaves(rules)
        self.strategy, self.board, self._among = rules.strategy, board, None
        for link in self.links:
            link.head_start_ms = self.strategy.head_start_ms(link.pair)

    def head_start_ms(self, has: Skills, cost: int) -> int:
        """What these contacts gain in the eyes of an agent who suits them."""
        return self.strategy.head_start_ms(Pair(fit(has, self.needs), cost))

    @property
    def is_open(self) -> bool:
        """Whether more agents are free than are to be left in reserve."""
        left = self.leaves
        if not left:
            return True
        for link in self.links:
            left -= len(link.free.agents)
            if left < 0:
                return True
        return False

    @property
    def is_nobodys(self) -> bool:
        """Whether nobody is free who suits these contacts."""
        return not self.board.first(self.among)

    def best_agents(self, most: int) -> list[Seen]:
        """The best free agents, of each kind the first, the best kinds first."""
        order, key = self.board.order, self.strategy.key
        links = [self.links[at] for at in self.board.best(self.among, most)]
        found = [
            Seen(link.free.first_by(order), link.pair, len(link.free.agents)) for link in links
        ]
        found.sort(key=lambda seen: key(order.of(seen.agent), seen.pair))
        return found[:most]

    def only(self, free: FreeAgent, line: "FreeLine") -> Seen:
        """An agent who belongs into this line and is in none, where nobody else is free."""
        return Seen(free, self._pairs[line.number], 1)


class FreeLine:
    """The free agents of one kind, in the order of each board."""

    __slots__ = ("_boards", "_lines", "agents", "kind", "links", "number")

    def __init__(self, kind: Kind, number: int, boards: Mapping[Order, Board]) -> None:
        self.kind = kind
        self.number = number
        self.agents: dict[str, FreeAgent] = {}
        self.links: list[Link] = []
        self._boards = boards
        self._lines: dict[Order, Line[AgentKey]] = {}

    def head(self, order: Order) -> AgentKey:
        """The key of the first in this order; IndexError when nobody is free."""
        return self._lines[order].head

    def first_by(self, order: Order) -> FreeAgent:
        """The agent whose key that is."""
        return self.agents[str(self.head(order)[-1])]

    @property
    def has_callers(self) -> bool:
        """Whether a caller waits whom these agents suit."""
        waiting = (link.waiting for link in self.links)
        return any(each.line and not each.was_called for each in waiting)

    def forget_orders(self) -> None:
        """The strategies have changed."""
        self._lines.clear()

    def stand(self, board: Board) -> None:
        """In the order of this board too, from now on."""
        line = self._lines[board.order] = Line()
        for agent in self.agents.values():
            line.add(board.order.of(agent))
        board.put(self.number, line.first)

    def add(self, agent: FreeAgent) -> None:
        """The agent is free."""
        self.agents[agent.id] = agent
        for order, board in self._boards.items():
            line, key = self._lines[order], order.of(agent)
            line.add(key)
            if line.first == key:
                board.put(self.number, key)

    def remove(self, agent_id: str) -> None:
        """The agent is not free any more."""
        agent = self.agents.pop(agent_id)
        for order, board in self._boards.items():
            line, key = self._lines[order], order.of(agent)
            was_first = line.first == key
            line.remove(key)
            if was_first:
                board.put(self.number, line.first)

    def first(self, occupancy: float) -> Place | None:
        """The place of the first contact in line that these agents suit and may take; as `heads`,
        for the agents without a preference, who are most."""
        best: Place | None = None
        for link in self.links:
            waiting = link.waiting
            head = waiting.line.first
            if head is None or (waiting.leaves and not waiting.is_open):
                continue
            need = waiting.need
            gained_ms = need.seen_ms(occupancy) if need.is_of_agent else need.ms
            gained_ms += link.head_start_ms
            if gained_ms:
                head = earlier(head, gained_ms)
            if best is None or head < best:
                best = head
        return best

    def heads(self, occupancy: float) -> Iterator[Head]:
        """The first of each line that these agents suit and may take, as one of them sees them who
        was so busy lately."""
        for link in self.links:
            waiting = link.waiting
            if waiting.line and waiting.is_open:
                gained_ms = link.head_start_ms + waiting.need.seen_ms(occupancy)
                yield Head(waiting.queue, earlier(waiting.line.head, gained_ms))


class Lines:
    """All lines of both sides."""

    def __init__(self, rules: RoutingRules) -> None:
        self._rules = rules
        self._waiting: dict[Wish, WaitingLine] = {}
        self._needs: dict[str, Need] = {}
        self._free: dict[Kind, FreeLine] = {}
        self._boards: dict[Order, Board] = {}
        # Who could be linked: lines of contacts by a skill that whoever suits must have (None:
        # none), lines of agents by each skill that they have.
        self._wanting: dict[str | None, list[WaitingLine]] = {}
        self._having: dict[str, list[FreeLine]] = {}

    def follow(self, rules: RoutingRules) -> None:
        """The queues' rules are these from now on; nobody is in line meanwhile."""
        before, self._rules = self._rules, rules
        for name, need in self._needs.items():
            need.follow(rules.queue(name).targets)
        self._boards.clear()  # those still wanted are made anew
        for free in self._free.values():
            free.forget_orders()
        for wish, waiting in [*self._waiting.items()]:
            queue = rules.queue(wish.queue)
            if queue.requires == before.queue(wish.queue).requires:
                waiting.follow(wish, queue, self._board(queue.strategy))
            else:
                self._forget(wish)

    def _forget(self, wish: Wish) -> None:
        waiting = self._waiting.pop(wish)
        for link in waiting.links:
            link.free.links.remove(link)
        for skill in waiting.wanted:
            self._wanting[skill].remove(waiting)

    def waiting(self, wish: Wish) -> WaitingLine:
        """The line of the contacts that ask for this."""
        found = self._waiting.get(wish)
        if found is None:
            rules = self._rules.queue(wish.queue)
            found = self._waiting[wish] = WaitingLine(
                wish, rules, self.need(wish.queue), self._board(rules.strategy)
            )
            for skill in found.wanted:
                self._wanting.setdefault(skill, []).append(found)
            for free in self._who_may_suit(found):
                _link(found, free)
        return found

    def _board(self, strategy: Strategy) -> Board:
        order = strategy.order
        found = self._boards.get(order)
        if found is None:
            found = self._boards[order] = Board(order)
            for free in self._free.values():
                free.stand(found)
        return found

    def need(self, queue: str) -> Need:
        """How urgent the contacts of a queue are."""
        found = self._needs.get(queue)
        if found is None:
            found = self._needs[queue] = Need(self._rules.queue(queue).targets)
        return found

    def _who_may_suit(self, waiting: WaitingLine) -> Iterable[FreeLine]:
        if None in waiting.wanted:
            return self._free.values()
        lines = (free for skill in waiting.wanted for free in self._having.get(str(skill), ()))
        return {id(free): free for free in lines}.values()

    def free(self, kind: Kind) -> FreeLine:
        """The line of the free agents of this kind."""
        found = self._free.get(kind)
        if found is None:
            found = self._free[kind] = FreeLine(kind, len(self._free), self._boards)
            for board in self._boards.values():
                found.stand(board)
            skills = [skill for skill, _ in kind.skills]
            for skill in skills:
                self._having.setdefault(skill, []).append(found)
            lines = (line for skill in (None, *skills) for line in self._wanting.get(skill, ()))
            for waiting in {id(line): line for line in lines}.values():
                _link(waiting, found)
        return found


def _link(waiting: WaitingLine, free: FreeLine) -> None:
    may = free.kind.can_be_rung_by(waiting.node) and free.kind.is_for(was_called=waiting.was_called)
    if may and suits(free.kind.skills, waiting.needs):
        link = Link(waiting, free)
        waiting.suited_by(link)
        free.links.append(link)
