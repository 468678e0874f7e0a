"""What supervisors decide about agents: at once, or after the contact in hand.

Pure, a room of the floor. An agent in conversation or in wrap-up is left to it; one who was only
promised a contact, or is rung for it, loses it: it goes back to its place in line.
"""

from dataclasses import replace

from routing import agent as agents
from routing.agent import LOGOUT, PAUSE, AgentState, Offline, Then
from routing.errors import AgentElsewhere, IllegalTransition, PhoneAway
from routing.events import AgentOrdered
from routing.ledger import Ledger
from routing.presence import Presence
from routing.supervisor import Order, Verb

_BUSY = agents.Reserved | agents.Ringing | agents.Talking | agents.WrapUp


class Supervision:
    """See the module."""

    def __init__(self, ledger: Ledger, presence: Presence) -> None:
        self._ledger = ledger
        self._presence = presence

    def obey(self, agent_id: str, order: Order, now_ms: int) -> None:
        """No limit of pauses or shifts, and nothing that is held, is in a supervisor's way.

        Raises UnknownAgent, IllegalTransition (as of the agent's own verbs), AgentElsewhere for
        one who is with a contact of another engine, and PhoneAway for a log-in without a phone.
        """
        before = self._presence.staff(agent_id)
        node = self._ledger.agents[agent_id].node
        if node != self._ledger.node and isinstance(before, _BUSY):
            raise AgentElsewhere(agent_id, node)
        after = self._decided(agent_id, before, order, now_ms)
        self._ledger.events.append(AgentOrdered(now_ms, agent_id, order))
        if order.verb is Verb.LOGIN:
            self._ledger.count_missed(agent_id, 0)
        if order.verb is Verb.END_WRAP_UP:
            self._presence.end_wrap_up(agent_id, now_ms)
            return
        self._presence.change(agent_id, after, now_ms)
        if order.verb in (Verb.LOGOUT, Verb.PAUSE):
            self._presence.take_away(agent_id, before, now_ms)

    def _decided(self, agent_id: str, before: AgentState, order: Order, now_ms: int) -> AgentState:
        if order.verb is Verb.END_WRAP_UP and not isinstance(before, agents.WrapUp):
            raise IllegalTransition(type(before).__name__, order.verb)
        without_phone = isinstance(before, Offline) and not self._presence.has_phone(agent_id)
        if order.verb is Verb.LOGIN and without_phone:
            raise PhoneAway(agent_id)
        return _after(before, order, now_ms)


def _after(before: AgentState, order: Order, now_ms: int) -> AgentState:
    match order.verb:
        case Verb.PAUSE:
            after = _afresh(before).pause(order.reason, now_ms)
            return agents.marked(after, order.by, PAUSE if order.hold else "")
        case Verb.LOGOUT:
            after = _afresh(before).logout(now_ms)
            return agents.marked(after, order.by, LOGOUT if order.hold else "")
        case Verb.LOGIN:
            return _afresh(before).login(now_ms)
        case Verb.RESUME:
            return agents.freed(before).resume(now_ms)
        case _:
            return agents.freed(before)


def _afresh(state: AgentState) -> AgentState:
    """Whatever was to happen after the contact in hand does not, but for a phone that is away."""
    if isinstance(state, _BUSY):
        return replace(state, then=Then(unreachable=state.then.unreachable))
    return agents.freed(state)
