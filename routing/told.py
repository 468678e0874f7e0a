"""A fact of agents, as each node tells it of those at its own switch."""

from collections.abc import Iterable, Iterator


class Told:
    """Agents by node; what nodes that do not live have told counts for nothing."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._agents: dict[str, set[str]] = {node: set()}
        self._away: set[str] = set()

    def note(self, node: str, agent: str, is_so: bool) -> bool:
        """What that node told; whether it is new."""
        agents = self._agents.setdefault(node, set())
        if (agent in agents) == is_so:
            return False
        if is_so:
            agents.add(agent)
        else:
            agents.remove(agent)
        return True

    def replace(self, node: str, agents: Iterable[str]) -> set[str]:
        """All of whom a node tells it; returns of whom that is new."""
        before, self._agents[node] = self._agents.get(node, set()), set(agents)
        return before ^ self._agents[node]

    def by(self, node: str) -> frozenset[str]:
        """Of whom this node has told it."""
        return frozenset(self._agents.get(node, ()))

    def away(self, node: str, is_away: bool) -> frozenset[str]:
        """A node does not live, or is back; returns of whom it has told it."""
        if is_away:
            self._away.add(node)
        else:
            self._away.discard(node)
        return self.by(node)

    def alone(self) -> None:
        """No other node is left."""
        self._agents = {self._node: self._agents[self._node]}
        self._away.clear()

    @property
    def is_alone(self) -> bool:
        """Whether no other node has told of anybody."""
        return len(self._agents) == 1

    def agents(self) -> frozenset[str]:
        """Of whom any node tells it."""
        return frozenset[str]().union(*(agents for _, agents in self._living()))

    def _living(self) -> Iterator[tuple[str, set[str]]]:
        return ((node, told) for node, told in self._agents.items() if node not in self._away)
