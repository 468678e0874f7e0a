"""The work of every agent, told by the changes of their states."""

from collections import Counter

from routing import agent as agents
from routing.agent import AgentState
from routing.work import NEVER_BUSY, Occupancy, Work

_BUSY = frozenset({agents.Talking, agents.WrapUp})
_AT_FIRST = Occupancy()
_NOTHING: Counter[str] = Counter()


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
        was_busy, is_busy = type(before) in _BUSY, type(after) in _BUSY
        if was_busy != is_busy:
            past = self._occupancy.get(agent, _AT_FIRST)
            now = past.after_work(now_ms) if was_busy else past.after_rest(now_ms)
            self._occupancy[agent] = now

    def work(self, agent: str) -> Work:
        """What an agent who is free now has done."""
        occupancy = self._occupancy.get(agent)
        mark = NEVER_BUSY if occupancy is None else occupancy.mark
        served = self._served.get(agent, _NOTHING)
        return Work(served.total(), mark, tuple(sorted(served.items())))
