"""The agents of one campaign: who of them is free for its calls, is kept for them, and may go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from config.campaigns import Campaign
from engine.dialing.calls import Leaving, Pausing
from engine.dialing.outcomes import Outcomes
from engine.dialing.parts import Parts
from routing.agent import AgentState, Available
from routing.crew import stays_at_work
from routing.outbound.pacing import Pacer

DOING = {
    "Ready": "free",
    "Talking": "talking",
    "WrapUp": "wrapping_up",
    "Paused": "not_ready",
    "LoggedIn": "not_ready",
    "LoggedOut": "away",
}
"""In words for people."""


class Crew:
    """``team``: the agents who serve the campaign, as they are parted among campaigns; ``leaving``:
    those who wait to go."""

    def __init__(
        self,
        name: str,
        campaign: Callable[[], Campaign],
        parts: Parts,
        pacer: Pacer,
        outcomes: Outcomes,
    ) -> None:
        self.team: frozenset[str] = frozenset()
        self.leaving: dict[str, tuple[Leaving, Callable[[], object]]] = {}
        self._name, self._campaign, self._parts = name, campaign, parts
        self._pacer, self._outcomes = pacer, outcomes
        self._withheld: frozenset[str] = frozenset()
        self._kept: frozenset[str] = frozenset()

    def refresh(self, now_ms: int) -> None:
        """Tell the pacer what is new of the team, and let go who wants to and may."""
        self._tell_team(now_ms)
        while self._lets_one_go():
            self._tell_team(now_ms)
        self.keep()

    def _tell_team(self, now_ms: int) -> None:
        team = self.with_lines()
        idle = self._parts.lines.idle()
        free = [each for each, state in team.items() if isinstance(state, Available)]
        self._withhold(free)
        withheld = self._withheld | {each for each in free if each not in idle}
        for event in self._outcomes.roster.told(team, withheld, now_ms):
            self._pacer.hear(event)

    def keep(self) -> None:
        """As many free agents as calls are in the air are no caller's; those by name first, then
        who was kept before. Blended ones are: callers come first."""
        free, calls = self._pacer.team.free, self._outcomes.calls.values()
        named = {up.call.agent for up in calls if up.is_joining}
        first = sorted(free, key=lambda each: (each not in named, each not in self._kept, each))
        number = 0 if self._campaign().mode == "blended" else len(self._pacer.lines)
        self._kept = frozenset(first[:number])
        self._parts.agents.keep(self._name, self._kept)

    def let_all_go(self) -> None:
        """It is over: nobody is kept any more, and who waited to leave does."""
        self._kept = frozenset()
        self._parts.agents.keep(self._name, self._kept)
        while self.leaving:
            self.leaving.popitem()[1][1]()

    def doing(self) -> Mapping[str, int]:
        """How many of the team do what, as the pacer knows."""
        found = Counter(DOING[each] for each in self._outcomes.roster.states().values())
        return {each: found[each] for each in dict.fromkeys(DOING.values()) if found[each]}

    def with_lines(self) -> Mapping[str, AgentState]:
        """Those of the team whose lines are open, and what they do."""
        has, state_of = self._parts.lines.has, self._parts.agents.agent_state
        states = {each: state_of(each) for each in sorted(self.team) if has(each)}
        return {agent: state for agent, state in states.items() if state is not None}

    def _withhold(self, free: Sequence[str]) -> None:
        """Leave agents to callers; one who is kept for a call stays with it."""
        keep = self._campaign().keep_free
        kept = [each for each in free if each in self._withheld][:keep]
        others = [each for each in free if each not in kept]
        may_leave = self._pacer.may_leave() + sum(
            each not in self._pacer.team.free for each in others
        )
        more = others[: min(keep - len(kept), may_leave)]
        self._withheld = frozenset((*kept, *more))

    def may_leave(self, agent: str) -> bool:
        """Whether a free agent may pause, log out or take another contact, without more calls being
        exposed than the budget allows."""
        return agent not in self._pacer.team.free or self._pacer.may_leave() > 0

    def leaves(self, agent: str, wish: Leaving, go: Callable[[], object]) -> bool:
        """Whether an agent may go at once; if not, ``go`` is called once they may."""
        if self.may_leave(agent):
            return True
        self.leaving[agent] = wish, go
        return False

    def _lets_one_go(self) -> bool:
        """One at a time: the pacer hears of each before the next is asked about."""
        agent = next((each for each in self.leaving if self.may_leave(each)), None)
        if agent is not None:
            self.leaving.pop(agent)[1]()
        return agent is not None

    def stays(self, agent: str) -> None:
        """An agent does not want to go any more."""
        self.leaving.pop(agent, None)

    def pausing(self, agent: str) -> Pausing | None:
        """What an agent waits to do, and for how many calls."""
        if agent not in self.leaving:
            return None
        return Pausing(self.leaving[agent][0], len(self._pacer.lines))

    def awaited(self) -> frozenset[str]:
        """Of blended agents those for whom callers wait, which come first; of whom nobody of the
        team could take, be it later, nothing is known here."""
        if self._campaign().mode != "blended":
            return frozenset()
        there = [each for each, state in self.with_lines().items() if stays_at_work(state)]
        return self._parts.agents.awaited(there)
