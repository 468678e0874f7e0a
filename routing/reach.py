"""Which agents' phones the switch of each node can ring."""

from collections.abc import Iterable

from routing.told import Told

HERE = ""
"""This node's name where agents are matched."""


class Reach(Told):
    """Agents by node. With no other node in sight it says nothing: one switch rings everybody."""

    def __init__(self, node: str) -> None:
        super().__init__(node)
        self._known: set[str] = set()

    def note(self, node: str, agent: str, is_so: bool) -> bool:
        """Whether it can ring the agent; returns whether that is new."""
        self._known.add(agent)
        return super().note(node, agent, is_so)

    def replace(self, node: str, agents: Iterable[str]) -> set[str]:
        """All that a node can ring; returns of whom that is new."""
        changed = super().replace(node, agents)
        self._known |= self.by(node)
        return changed

    def nodes(self, agent: str) -> frozenset[str] | None:
        """Who can ring the agent, this node as `HERE`; None where it makes no difference: there is
        no other node, or none has ever told of this agent's phone."""
        if self.is_alone or agent not in self._known:
            return None
        return frozenset(
            HERE if node == self._node else node
            for node, phones in self._living()
            if agent in phones
        )

    def can_ring(self, node: str, agent: str) -> bool:
        """Whether a contact of that node can be given to this agent."""
        nodes = self.nodes(agent)
        return nodes is None or (HERE if node == self._node else node) in nodes

    def elsewhere(self, agent: str) -> bool:
        """Whether another node that lives can ring the agent."""
        return any(agent in phones for node, phones in self._living() if node != self._node)

    def nowhere(self, agent: str) -> bool:
        """Whether no node that lives can ring an agent whom one of several could."""
        return self.nodes(agent) == frozenset()
