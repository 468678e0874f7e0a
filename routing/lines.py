"""The lines of the matcher: contacts that ask for the same, and free agents of the same kind.

Every line knows the lines of the other side that suit it, by links that are found once, when a
line is seen for the first time.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from config.requirement import ANYONE, Requirement, both, spell
from routing.decision import Candidate, candidate
from routing.heads import Heads
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

    def needs(self, rules: QueueRules) -> Requirement:
        """All that an agent must meet, what the queue asks for too."""
        return both(both(all_of(self.skills), self.requires), rules.requires)

    def leaves(self, rules: QueueRules) -> int:
        """How many of the free agents who suit it are to be left."""
        return 0 if self.is_urgent or rules.reserve is None else rules.reserve.agents


class Kind(NamedTuple):
    """What agents have in common who stand in one line."""

    skills: Skills
    cost: int


class Link:
    """A wish and a kind of agents who suit it."""

    __slots__ = ("changed", "free", "head_start_ms", "pair", "waiting")

    def __init__(self, waiting: "WaitingLine", free: "FreeLine") -> None:
        self.waiting = waiting
        self.free = free
        self.changed = waiting.heads.changed
        self.pair = Pair(fit(free.kind.skills, waiting.needs), free.kind.cost)
        self.head_start_ms = 0

    def key(self) -> AgentKey | None:
        """The place of the first free agent among all who suit the wish; None: nobody is free."""
        waiting, free = self.waiting, self.free
        if not free.agents:
            return None
        head = free.head(waiting.order)
        return head if waiting.is_of_agents_alone else waiting.strategy.key(head, self.pair)


class WaitingLine:
    """The contacts of one wish, in the order of all."""

    __slots__ = (
        *("asks", "heads", "is_of_agents_alone", "leaves", "line", "links", "need", "needs"),
        *("order", "queue", "strategy", "wanted"),
    )

    def __init__(self, wish: Wish, rules: QueueRules, need: Need) -> None:
        self.queue = wish.queue
        self.need = need
        self.needs = wish.needs(rules)
        self.asks = spell(self.needs)
        self.wanted: frozenset[str | None] = wanted_in(self.needs) or frozenset({None})
        self.leaves = wish.leaves(rules)
        self.line: Line[Place] = Line()
        self.links: list[Link] = []
        self.heads: Heads[Link] = Heads()
        self._use(rules.strategy)

    def _use(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.order = strategy.order
        self.is_of_agents_alone = strategy.is_of_agents_alone
        self.heads.all_changed()

    def suited_by(self, link: Link) -> None:
        """A kind of agents suits these contacts."""
        link.head_start_ms = self.strategy.head_start_ms(link.pair)
        self.links.append(link)
        self.heads.add(link)

    def follow(self, wish: Wish, rules: QueueRules) -> None:
        """The queue's strategy and reserve are others from now on."""
        self.leaves = wish.leaves(rules)
        self._use(rules.strategy)
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
        return self.heads.best() is None

    def best_agent(self) -> str | None:
        """The id of the first free agent by the strategy, or None."""
        if not self.is_open:
            return None
        best = self.heads.best()
        return None if best is None else str(best[-1])

    def candidates(self, most: int, now_ms: int) -> tuple[Candidate, ...]:
        """The best free agent of each kind, the best kinds first."""
        return tuple(
            candidate(link.free.first_by(self.order), link.pair, len(link.free.agents) - 1, now_ms)
            for link in self.heads.first(most)
        )

    def only_candidate(self, free: FreeAgent, kind: Kind, now_ms: int) -> Candidate:
        """An agent of this kind who is in no line, where nobody else is free."""
        pair = Pair(fit(kind.skills, self.needs), kind.cost)
        return candidate(free, pair, 0, now_ms)


class FreeLine:
    """The free agents of one kind, in each order that a queue's strategy asks for."""

    __slots__ = ("_orders", "agents", "kind", "links")

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.agents: dict[str, FreeAgent] = {}
        self.links: list[Link] = []
        self._orders: dict[Order, Line[AgentKey]] = {}

    def head(self, order: Order) -> AgentKey:
        """The key of the first in this order; IndexError when nobody is free."""
        line = self._orders.get(order)
        if line is None:
            line = self._orders[order] = Line()
            for agent in self.agents.values():
                line.add(order.of(agent))
        return line.head

    def first_by(self, order: Order) -> FreeAgent:
        """The agent whose key that is."""
        return self.agents[str(self.head(order)[-1])]

    def add(self, agent: FreeAgent) -> None:
        """The agent is free."""
        self.agents[agent.id] = agent
        is_first = not self._orders
        for order, line in self._orders.items():
            key = order.of(agent)
            line.add(key)
            is_first |= line.head == key
        if is_first:
            self._tell()

    def remove(self, agent_id: str) -> None:
        """The agent is not free any more."""
        agent = self.agents.pop(agent_id)
        was_first = not self._orders
        for order, line in self._orders.items():
            key = order.of(agent)
            was_first |= line.head == key
            line.remove(key)
        if was_first:
            self._tell()

    def _tell(self) -> None:
        for link in self.links:
            link.changed[link] = None

    def forget_orders(self) -> None:
        """The strategies have changed: the orders in use are made anew when they are asked for."""
        self._orders.clear()

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
        # Who could be linked: lines of contacts by a skill that whoever suits must have (None:
        # none), lines of agents by each skill that they have.
        self._wanting: dict[str | None, list[WaitingLine]] = {}
        self._having: dict[str, list[FreeLine]] = {}

    def follow(self, rules: RoutingRules) -> None:
        """The queues' rules are these from now on; nobody is in line meanwhile."""
        before, self._rules = self._rules, rules
        for name, need in self._needs.items():
            need.follow(rules.queue(name).targets)
        for free in self._free.values():
            free.forget_orders()
        for wish, waiting in [*self._waiting.items()]:
            queue = rules.queue(wish.queue)
            if queue.requires == before.queue(wish.queue).requires:
                waiting.follow(wish, queue)
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
            found = self._waiting[wish] = WaitingLine(wish, rules, self.need(wish.queue))
            for skill in found.wanted:
                self._wanting.setdefault(skill, []).append(found)
            for free in self._who_may_suit(found):
                _link(found, free)
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
            found = self._free[kind] = FreeLine(kind)
            skills = [skill for skill, _ in kind.skills]
            for skill in skills:
                self._having.setdefault(skill, []).append(found)
            lines = (line for skill in (None, *skills) for line in self._wanting.get(skill, ()))
            for waiting in {id(line): line for line in lines}.values():
                _link(waiting, found)
        return found


def _link(waiting: WaitingLine, free: FreeLine) -> None:
    if suits(free.kind.skills, waiting.needs):
        link = Link(waiting, free)
        waiting.suited_by(link)
        free.links.append(link)
