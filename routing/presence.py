"""What agents, and their phones, ask for: to get contacts, to pause, to leave.

Pure, a room of the floor. What is asked for in mid-conversation takes effect afterwards;
who becomes free is offered whoever is due.
"""

from routing import agent as agents
from routing.agent import Agent, AgentState
from routing.errors import IllegalTransition, UnknownAgent
from routing.ledger import Ledger
from routing.matcher import Assignment
from routing.offers import Offers


class Presence:
    """See the module. Every verb raises UnknownAgent for one whom the site does not name, and
    IllegalTransition where the agent's state does not know it."""

    def __init__(self, ledger: Ledger, offers: Offers) -> None:
        self._ledger = ledger
        self._offers = offers

    def retire(self, agent_id: str, now_ms: int) -> None:
        """The site no longer names the agent, who leaves after what is in hand."""
        if agent_id not in self._ledger.leaving:
            self._ledger.leaving.add(agent_id)
            self._offers.change_agent(
                agent_id, self._ledger.agents[agent_id].state.logout(now_ms), now_ms
            )

    def employ(self, agent: Agent, now_ms: int) -> bool:
        """True if the site says something new of the agent; one who was leaving stays."""
        stays = agent.id in self._ledger.leaving
        changed = self._ledger.employ(agent)
        if stays:
            state = self._ledger.agents[agent.id].state
            back = agents.Offline(now_ms, state.idle_since_ms)
            self._offers.change_agent(
                agent.id, back if isinstance(state, agents.Offline) else state.login(now_ms), now_ms
            )
        return changed

    def _staff(self, agent_id: str) -> AgentState:
        """The state of an agent of the site; one who is leaving is UnknownAgent too."""
        if agent_id in self._ledger.leaving:
            raise UnknownAgent(agent_id)
        return self._ledger.agent_state(agent_id)

    def login(self, agent_id: str, now_ms: int) -> None:
        """The agent wants contacts."""
        after = self._staff(agent_id).login(now_ms)
        self._ledger.count_missed(agent_id, 0)
        self._offers.change_agent(agent_id, after, now_ms)

    def logout(self, agent_id: str, now_ms: int) -> None:
        """The agent is done, after what is in hand."""
        self._offers.change_agent(agent_id, self._staff(agent_id).logout(now_ms), now_ms)

    def pause(self, agent_id: str, reason: str, now_ms: int) -> None:
        """No more contacts for now, after what is in hand."""
        self._offers.change_agent(agent_id, self._staff(agent_id).pause(reason, now_ms), now_ms)

    def resume(self, agent_id: str, now_ms: int) -> None:
        """Back from a pause, or from not responding."""
        self._offers.change_agent(agent_id, self._staff(agent_id).resume(now_ms), now_ms)

    def end_wrap_up(self, agent_id: str, now_ms: int) -> None:
        """The agent is done with the paperwork."""
        state = self._staff(agent_id)
        if not isinstance(state, agents.WrapUp):
            raise IllegalTransition(type(state).__name__, "end_wrap_up")
        self._offers.change_agent(agent_id, state.wake(now_ms), now_ms)

    def wake(self, agent_id: str, now_ms: int) -> None:
        """The time of a wrap-up or back-off is up; anything else is left alone."""
        state = self._ledger.agent_state(agent_id)
        if isinstance(state, agents.WrapUp | agents.BackOff) and state.until_ms <= now_ms:
            self._offers.change_agent(agent_id, state.wake(now_ms), now_ms)

    def reachable(self, agent_id: str, now_ms: int, *, registered: bool) -> None:
        """The phone can be rung; `registered`: newly registered, which is a log-in."""
        state = self._staff(agent_id)
        if registered:
            self._ledger.count_missed(agent_id, 0)
        match state:
            case agents.Offline() if registered:
                after = state.register(now_ms)
            case agents.NotResponding() if registered:
                after = state.login(now_ms)
            case _:
                after = state.reachable(now_ms)
        self._offers.change_agent(agent_id, after, now_ms)

    def unreachable(self, agent_id: str, now_ms: int) -> None:
        """The phone cannot be rung: a promised contact goes back to its place at once."""
        state = self._staff(agent_id)
        self._offers.change_agent(agent_id, state.unreachable(now_ms), now_ms)
        if isinstance(state, agents.Reserved):
            self._offers.release(agent_id, now_ms)
            self._offers.give_back(state.contact, agent_id, now_ms)
        elif isinstance(state, agents.Ringing) and self._ledger.rings(state.contact, agent_id):
            record = self._ledger.contacts[state.contact]
            self._ledger.stops.append(Assignment(record.contact, self._ledger.site[agent_id]))
            self._offers.give_back(state.contact, agent_id, now_ms)
