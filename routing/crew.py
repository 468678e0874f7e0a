"""Who is at work, by kind and by what they are busy with; and how long contacts keep them busy.

Kept at every change of an agent's state, so that nobody has to look at ten thousand agents to tell
one caller how long it may take.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from routing import agent as agents
from routing.agent import Agent, AgentState, Then
from routing.estimate import HandlingTimes
from routing.lines import Kind, Nodes

_AT_WORK = frozenset(
    {
        agents.Available,
        agents.Reserved,
        agents.Ringing,
        agents.Talking,
        agents.WrapUp,
        agents.BackOff,
    }
)
_OFFERED = (agents.Reserved, agents.Ringing)
_BUSY = (*_OFFERED, agents.Talking, agents.WrapUp)
_NOTHING = Then()


def is_at_work(state: AgentState) -> bool:
    """Whether an agent in this state takes contacts, now or after the one in hand."""
    return type(state) in _AT_WORK


def stays_at_work(state: AgentState) -> bool:
    """Whether an agent takes contacts, and has asked for nothing else after the one in hand."""
    if isinstance(state, _BUSY):
        return state.then == _NOTHING
    return is_at_work(state)


class _Team:
    """Those of one kind who are at work: how many by queue, and until when who is in wrap-up."""

    __slots__ = ("busy", "wrapping")

    def __init__(self) -> None:
        self.busy: Counter[str] = Counter()
        self.wrapping: dict[str, int] = {}


class _Counted(NamedTuple):
    """How an agent is counted: with which skills and within whose reach, in which team, busy for
    which queue ("": none that is known), in a wrap-up until then."""

    agent: Agent
    nodes: Nodes
    team: _Team
    queue: str
    until_ms: int | None


class Crew:
    """Agents who take contacts now or after the one in hand: not those who are away, paused, or
    about to be. `line_of` is told each kind: contacts find their agents by the lines in which
    these stand when they are free, and some have not been free yet."""

    def __init__(self, line_of: Callable[[Kind], object]) -> None:
        self._line_of = line_of
        self.handling = HandlingTimes()
        """From the promise of a contact to the end of its wrap-up, as it was."""
        self._counted: dict[str, _Counted] = {}
        self._teams: defaultdict[Kind, _Team] = defaultdict(_Team)
        self._begun: dict[str, tuple[int, str]] = {}

    def kinds(self) -> Iterator[tuple[Kind, int]]:
        """Every kind of agents of whom any was ever at work, and how many are now."""
        for kind, team in self._teams.items():
            yield kind, team.busy.total() + len(team.wrapping)

    def busy(self, kind: Kind) -> Mapping[str, int]:
        """How many of a kind are at work, by the queue of what they have in hand; those in wrap-up
        are not among them."""
        team = self._teams.get(kind)
        return {} if team is None else team.busy

    def wrapping(self, kind: Kind) -> list[int]:
        """Until when (epoch, ms) those of a kind who are in wrap-up will be there."""
        team = self._teams.get(kind)
        return [] if team is None else [*team.wrapping.values()]

    def of(self, agent_id: str) -> tuple[str, int | None] | None:
        """What one agent is busy with, and until when a wrap-up lasts; None: not at work."""
        counted = self._counted.get(agent_id)
        return None if counted is None else (counted.queue, counted.until_ms)

    def moved(
        self, agent: Agent, state: AgentState, now_ms: int, nodes: Nodes = None, *, own: bool
    ) -> None:
        """An agent's state is another now. How long it took is learned of this node's `own`."""
        self.follow(agent, state, nodes)
        if own:
            self._time(agent.id, state, now_ms)

    def follow(self, agent: Agent, state: AgentState, nodes: Nodes = None) -> None:
        """The agent is in this state, with these skills; the switches of these `nodes` can ring
        the phone, as of a `Kind`."""
        before = self._counted.get(agent.id)
        after = self._how(agent, state, nodes, before) if stays_at_work(state) else None
        if after is before:
            return
        if before is not None:
            self._forget(agent.id, before)
        if after is not None:
            self._count(agent.id, after)

    def _how(
        self, agent: Agent, state: AgentState, nodes: Nodes, before: _Counted | None
    ) -> _Counted:
        """`before`, if nothing of it is other; skills are long to compare."""
        queue = state.queue if isinstance(state, agents.Talking) else ""
        until_ms = state.until_ms if isinstance(state, agents.WrapUp) else None
        if before is None or before.agent is not agent or before.nodes != nodes:
            return _Counted(agent, nodes, self._team(agent, nodes), queue, until_ms)
        if before.queue == queue and before.until_ms == until_ms:
            return before
        return _Counted(agent, nodes, before.team, queue, until_ms)

    def _team(self, agent: Agent, nodes: Nodes) -> _Team:
        kind = Kind(agent.skills, agent.cost, nodes)
        self._line_of(kind)
        return self._teams[kind]

    def _count(self, agent_id: str, counted: _Counted) -> None:
        self._counted[agent_id] = counted
        if counted.until_ms is not None:
            counted.team.wrapping[agent_id] = counted.until_ms
        else:
            counted.team.busy[counted.queue] += 1

    def _forget(self, agent_id: str, counted: _Counted) -> None:
        del self._counted[agent_id]
        if counted.until_ms is not None:
            del counted.team.wrapping[agent_id]
        else:
            counted.team.busy[counted.queue] -= 1

    def _time(self, agent_id: str, state: AgentState, now_ms: int) -> None:
        if isinstance(state, _OFFERED):
            self._begun.setdefault(agent_id, (now_ms, ""))
        elif isinstance(state, agents.Talking):
            since_ms, _ = self._begun.get(agent_id, (state.since_ms, ""))
            self._begun[agent_id] = since_ms, state.queue
        elif not isinstance(state, agents.WrapUp):
            since_ms, queue = self._begun.pop(agent_id, (now_ms, ""))
            if queue:
                self.handling.add(queue, now_ms - since_ms)
