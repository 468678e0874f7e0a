"""Whose phones the switch of each node can ring, and whom the nodes keep for campaigns' calls.

Pure, a room of the floor: what is told of it, and what that changes for the agents.
"""

from collections.abc import Iterable

from routing import agent as agents
from routing.ledger import ALONE, Ledger
from routing.news import KeptNews, ReachNews, Survey
from routing.offers import Offers
from routing.presence import Presence


class Switches:
    """See the module."""

    def __init__(self, ledger: Ledger, offers: Offers, presence: Presence) -> None:
        self._ledger = ledger
        self._offers = offers
        self._presence = presence

    # of this node

    def reached_here(self, agent_id: str, is_reached: bool, now_ms: int) -> bool:
        """This node's own switch can ring a phone, or cannot; whether that is new."""
        changed = self._ledger.reach.note(self._ledger.node, agent_id, is_reached)
        if changed and self._ledger.seen != ALONE:
            self._reach_changed([agent_id], now_ms)
        return changed

    def kept_here(self, agents: frozenset[str], now_ms: int) -> None:
        """Those whom this node keeps for campaigns' calls, and no others of its own."""
        self._ledger.kept.replace(self._ledger.node, agents)
        self._keep(now_ms)

    # of the others

    def alone(self, now_ms: int) -> None:
        """No other node is left."""
        self._ledger.reach.alone()
        self._ledger.kept.alone()
        self._reach_changed(self._ledger.site, now_ms)
        self._keep(now_ms)

    def lives(self, node: str, now_ms: int) -> None:
        """A node is heard of, for the first time or again."""
        self._away(node, False, now_ms)

    def went(self, node: str, is_first: bool, now_ms: int) -> None:
        """A node is dead. The first of the living says for all that nobody can ring an agent."""
        lost = self._away(node, True, now_ms)
        for name in sorted(lost if is_first else ()):
            self._out_of_reach(name, now_ms)

    def hear(self, node: str, news: ReachNews | KeptNews, now_ms: int) -> None:
        """What a node tells of an agent."""
        match news:
            case ReachNews(agent=""):
                self._reach_changed(self._ledger.reach.replace(node, ()), now_ms)
            case ReachNews(agent=agent, is_reached=is_reached):
                if self._ledger.reach.note(node, agent, is_reached):
                    self._reach_changed([agent], now_ms)
            case KeptNews(agent=""):
                self._ledger.kept.replace(node, ())
                self._keep(now_ms)
            case KeptNews(agent=agent, is_kept=is_kept):
                if self._ledger.kept.note(node, agent, is_kept):
                    self._keep(now_ms)

    def survey(self, found: Survey, now_ms: int) -> None:
        """All that the others tell of agents, in place of what was heard."""
        for node, kept in found.kept.items():
            self._ledger.kept.replace(node, kept)
        self._ledger.pool.keep(self._ledger.kept.agents())
        for node, phones in found.reach.items():
            self._reach_changed(self._ledger.reach.replace(node, phones), now_ms)
        for name in self._ledger.agents:
            self._ledger.reach_changed(name)

    # what follows

    def _away(self, node: str, is_away: bool, now_ms: int) -> frozenset[str]:
        reached = self._ledger.reach.away(node, is_away)
        self._reach_changed(reached, now_ms)
        self._ledger.kept.away(node, is_away)
        self._keep(now_ms)
        return reached

    def _out_of_reach(self, agent_id: str, now_ms: int) -> None:
        record = self._ledger.agents.get(agent_id)
        if record is None or not self._ledger.reach.nowhere(agent_id):
            return
        if isinstance(record.state, agents.Available | agents.Paused | agents.NotResponding):
            self._presence.change(agent_id, record.state.unreachable(now_ms), now_ms)

    def _reach_changed(self, names: Iterable[str], now_ms: int) -> None:
        for name in sorted(names):
            if name in self._ledger.agents:
                self._ledger.reach_changed(name)
                self._offers.offer_agent(name, now_ms)
                self._offers.stop_preferring(name, now_ms)

    def _keep(self, now_ms: int) -> None:
        """Whom any node keeps is for those whom campaigns call, and for nobody else."""
        freed = self._ledger.pool.keep(self._ledger.kept.agents())
        for name in sorted(freed, key=self._ledger.longest_idle):
            self._offers.offer_agent(name, now_ms)
