"""The work of every agent, told by the changes of their states."""

from collections import Counter

from routing import agent as agents
from routing.agent import AgentState
from routing.work import NEVER_BUSY, Occupancy, Work


class Workloads:
    """Every agent's work since this engine has known them."""

    def __init__(self) -> None:
        self._occupancy: dict[str, Occupancy] = {}
        self._served: dict[str, Counter[str]] = {}

    def moved(self, agent: str, before: AgentState, after: AgentState, now_ms: int) -> None:
        """The agent's state has changed."""
        if isinstance(before, agents.Offline) and after.idle_since_ms == now_ms:
            self._served.pop(agent, None)  # a log-in, and not a phone that was away
        if isinstance(after, agents.Talking) and not isinstance(before, agents.Talking):
            self._served.setdefault(agent, Counter())[after.queue] += 1
        if _is_busy(before) != _is_busy(after):
            past = self._occupancy.get(agent, Occupancy())
            now = past.after_work(now_ms) if _is_busy(before) else past.after_rest(now_ms)
            self._occupancy[agent] = now

    def work(self, agent: str) -> Work:
        """What an agent who is free now has done."""
        occupancy = self._occupancy.get(agent)
        mark = NEVER_BUSY if occupancy is None else occupancy.mark
        served = self._served.get(agent, Counter())
        return Work(served.total(), mark, tuple(sorted(served.items())))


def _is_busy(state: AgentState) -> bool:
    return isinstance(state, agents.Talking | agents.WrapUp)
