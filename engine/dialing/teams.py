"""The agents of several campaigns: who is in whose team, and whose line is open."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from engine.dialing.calls import Leaving, Pausing
from engine.dialing.parts import Parts
from engine.dialing.run import CampaignRun
from routing.agent import Available


class Teams:
    """``serves``: the queues of each agent; ``runs``: the campaigns of this engine, by name."""

    def __init__(self, parts: Parts, runs: Mapping[str, CampaignRun]) -> None:
        self.serves: Mapping[str, Collection[str]] = {}
        self._parts, self._runs = parts, runs
        self._opening: set[str] = set()

    def wants_line(self, agent: str) -> bool:
        """Whether an agent's line should be open: a campaign that runs is theirs."""
        return any(agent in run.crew.team for run in self._runs.values())

    def open_lines(self) -> None:
        """Those who serve a campaign are rung once; then their line waits between contacts."""
        lines, state_of = self._parts.lines, self._parts.agents.agent_state
        for agent in {each for run in self._runs.values() if run.placing for each in run.crew.team}:
            is_free = isinstance(state_of(agent), Available)
            if is_free and not lines.has(agent) and agent not in self._opening:
                self._opening.add(agent)
                self._parts.tasks.create_task(self._open(agent), name=f"line of {agent}")

    async def _open(self, agent: str) -> None:
        try:
            await self._parts.lines.open(agent)
        finally:
            self._opening.discard(agent)

    def leaves(self, agent: str, wish: Leaving, go: Callable[[], object]) -> bool:
        """Whether an agent may go at once; else ``go`` is called as soon as nobody in the air needs
        them."""
        crews = [run.crew for run in self._runs.values() if agent in run.crew.team]
        return all(crew.leaves(agent, wish, go) for crew in crews)

    def stays(self, agent: str) -> None:
        """An agent does not want to go any more."""
        for run in self._runs.values():
            run.crew.stays(agent)

    def pausing(self, agent: str) -> Pausing | None:
        """What an agent waits to do, and for how many calls."""
        waits = (run.crew.pausing(agent) for run in self._runs.values())
        return next((each for each in waits if each is not None), None)

    def part(self) -> None:
        """Each agent is in one team: a call has one agent kept for it, and an agent one call. A
        campaign that places no more keeps its team, and their lines, while somebody may answer."""
        running = {name: run for name, run in self._runs.items() if run.placing}
        for run in self._runs.values():
            stays = run.placing or run.outcomes.may_be_answered
            run.crew.team = frozenset(a for a in run.crew.team if stays and self._may_serve(a, run))
        teams = {agent for run in self._runs.values() for agent in run.crew.team}
        for agent in self.serves:
            able = [run for run in running.values() if self._may_serve(agent, run)]
            if agent not in teams and able:
                smallest = min(able, key=lambda run: len(run.crew.team))
                smallest.crew.team |= {agent}
        self._even_out(list(running.values()))

    def _even_out(self, runs: Sequence[CampaignRun]) -> None:
        """One free agent at a time goes from a bigger team to one that has two fewer."""
        for taker in runs:
            for giver in runs:
                if len(giver.crew.team) - len(taker.crew.team) < 2:
                    continue
                agent = next((a for a in sorted(giver.crew.team) if self._may_move(a, taker)), None)
                if agent is not None and giver.crew.may_leave(agent):
                    giver.crew.team -= {agent}
                    taker.crew.team |= {agent}
                    giver.crew.refresh(self._parts.clock())
                    return

    def _may_move(self, agent: str, to: CampaignRun) -> bool:
        state = self._parts.agents.agent_state(agent)
        return isinstance(state, Available) and self._may_serve(agent, to)

    def _may_serve(self, agent: str, run: CampaignRun) -> bool:
        queue = run.campaign.queue
        return queue is not None and queue in self.serves.get(agent, ())
