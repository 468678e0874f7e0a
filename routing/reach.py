"""Which agents' phones the switch of each node can ring."""

from collections.abc import Iterable

HERE = ""
"""This node's name where agents are matched."""


class Reach:
    """Agents by node. With no other node in sight it says nothing: one switch rings everybody."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._phones: dict[str, set[str]] = {node: set()}
        self._away: set[str] = set()
        self._known: set[str] = set()

    def note(self, node: str, agent: str, is_reached: bool) -> bool:
        """What that node told; whether it is new."""
        phones = self._phones.setdefault(node, set())
        self._known.add(agent)
        if (agent in phones) == is_reached:
            return False
        if is_reached:
            phones.add(agent)
        else:
            phones.remove(agent)
        return True

    def replace(self, node: str, agents: Iterable[str]) -> set[str]:
        """All that a node can ring; returns of whom that is new."""
        before, self._phones[node] = self._phones.get(node, set()), set(agents)
        self._known |= self._phones[node]
        return before ^ self._phones[node]

    def by(self, node: str) -> frozenset[str]:
        """The agents whom this node can ring."""
        return frozenset(self._phones.get(node, ()))

    def away(self, node: str, is_away: bool) -> frozenset[str]:
        """A node does not live, or is back; returns the agents whom it can ring, or could."""
        if is_away:
            self._away.add(node)
        else:
            self._away.discard(node)
        return self.by(node)

    def alone(self) -> None:
        """No other node is left."""
        self._phones = {self._node: self._phones[self._node]}
        self._away.clear()

    def nodes(self, agent: str) -> frozenset[str] | None:
        """Who can ring the agent, this node as `HERE`; None where it makes no difference: there is
        no other node, or none has ever told of this agent's phone."""
        if len(self._phones) == 1 or agent not in self._known:
            return None
        return frozenset(
            HERE if node == self._node else node
            for node, phones in self._phones.items()
            if agent in phones and node not in self._away
        )

    def can_ring(self, node: str, agent: str) -> bool:
        """Whether a contact of that node can be given to this agent."""
        nodes = self.nodes(agent)
        return nodes is None or (HERE if node == self._node else node) in nodes

    def elsewhere(self, agent: str) -> bool:
        """Whether another node that lives can ring the agent."""
        return any(
            agent in phones
            for node, phones in self._phones.items()
            if node != self._node and node not in self._away
        )

    def nowhere(self, agent: str) -> bool:
        """Whether no node that lives can ring an agent whom one of several could."""
        return self.nodes(agent) == frozenset()
