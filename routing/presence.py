"""What agents, and their phones, ask for: to get contacts, to pause, to leave.

Pure, a room of the floor. What is asked for in mid-conversation takes effect afterwards;
who becomes free is offered whoever is due.
"""

from routing import agent as agents
from routing.agenda import Agenda
from routing.agent import Agent, AgentState
from routing.errors import IllegalTransition, UnknownAgent, WrapUpAtMost
from routing.events import PauseOver
from routing.ledger import Ledger
from routing.matcher import Assignment
from routing.offers import Offers
from routing.pausing import Pauses
from routing.rota import Rota
from routing.rules import RoutingRules
from routing.shifts import Duty


class Presence:
    """See the module. Every verb raises UnknownAgent for one whom the site does not name,
    IllegalTransition where the agent's state does not know it, and NotAllowed where something is
    against it. `agenda` gets the times at which shifts begin and end."""

    def __init__(
        self,
        ledger: Ledger,
        offers: Offers,
        agenda: Agenda,
        rules: RoutingRules,
    ) -> None:
        self._ledger = ledger
        self._offers = offers
        self._rules = rules
        self._pauses = Pauses(ledger, rules.pauses, rules.zone)
        self._rota = Rota(ledger, rules.shifts)
        self._agenda = agenda
        self._shifts_ms: int | None = None
        self._phones: set[str] = set()

    # the site

    def configure(self, rules: RoutingRules, now_ms: int) -> None:
        """The site's rules are others now: what was too long a pause may not be any more."""
        self._rules = rules
        self._pauses.configure(rules.pauses, rules.zone)
        self._rota.configure(rules.shifts)
        for name in self._ledger.agents:
            again = self._pauses.again(name, now_ms)
            if again is not None:
                self.change(name, again, now_ms)

    def retire(self, agent_id: str, now_ms: int) -> None:
        """The site no longer names the agent, who leaves after what is in hand."""
        if agent_id not in self._ledger.leaving:
            self._ledger.leaving.add(agent_id)
            self.change(agent_id, self._ledger.agents[agent_id].state.logout(now_ms), now_ms)

    def employ(self, agent: Agent, now_ms: int) -> bool:
        """True if the site says something new of the agent; one who was leaving stays."""
        stays = agent.id in self._ledger.leaving
        changed = self._ledger.employ(agent)
        if stays:
            state = self._ledger.agents[agent.id].state
            back = agents.Offline(now_ms, state.idle_since_ms)
            self.change(
                agent.id,
                back if isinstance(state, agents.Offline) else agents.freed(state).login(now_ms),
                now_ms,
            )
        return changed

    # agents

    def staff(self, agent_id: str) -> AgentState:
        """The state of an agent of the site; one who is leaving is UnknownAgent too."""
        if agent_id in self._ledger.leaving:
            raise UnknownAgent(agent_id)
        return self._ledger.agent_state(agent_id)

    def login(self, agent_id: str, now_ms: int) -> None:
        """The agent wants contacts."""
        after = self.staff(agent_id).login(now_ms)
        self._rota.allow_login(agent_id, now_ms)
        self._ledger.count_missed(agent_id, 0)
        self.change(agent_id, after, now_ms)

    def logout(self, agent_id: str, now_ms: int) -> None:
        """The agent is done, after what is in hand."""
        self.change(agent_id, self.staff(agent_id).logout(now_ms), now_ms)

    def pause(self, agent_id: str, reason: str, now_ms: int) -> None:
        """No more contacts for now, after what is in hand."""
        after = self.staff(agent_id).pause(reason, now_ms)
        self._pauses.allow(agent_id, reason, now_ms)
        self.change(agent_id, after, now_ms)

    def resume(self, agent_id: str, now_ms: int) -> None:
        """Back from a pause, or from not responding."""
        self.change(agent_id, self.staff(agent_id).resume(now_ms), now_ms)

    def end_wrap_up(self, agent_id: str, now_ms: int) -> None:
        """The agent is done with the paperwork."""
        self.change(agent_id, self._wrap_up(agent_id, "end_wrap_up").wake(now_ms), now_ms)

    def extend_wrap_up(self, agent_id: str, now_ms: int) -> None:
        """The agent needs longer for the paperwork; WrapUpAtMost where the queue allows no more."""
        state = self._wrap_up(agent_id, "extend_wrap_up")
        rules = self._rules.queue(state.queue)
        after = state.extend(rules.extend_ms, rules.most_ms)
        if after.until_ms <= state.until_ms:
            raise WrapUpAtMost(state.until_ms)
        self.change(agent_id, after, now_ms)

    def _wrap_up(self, agent_id: str, verb: str) -> agents.WrapUp:
        state = self.staff(agent_id)
        if not isinstance(state, agents.WrapUp):
            raise IllegalTransition(type(state).__name__, verb)
        return state

    # time

    def due_ms(self, agent_id: str, now_ms: int) -> int | None:
        """When `wake` is to be called (epoch, ms); None: the agent's state has no end."""
        record = self._ledger.agents.get(agent_id)
        match record.state if record is not None else None:
            case agents.WrapUp(until_ms=until_ms) | agents.BackOff(until_ms=until_ms):
                return until_ms
            case agents.Paused(over=False) as pause if self._is_ours(agent_id):
                return self._pauses.due_ms(agent_id, pause, now_ms)
            case _:
                return None

    def pause_due_ms(self, agent_id: str, now_ms: int) -> int | None:
        """When the agent has had, or had, enough of the pause; None: no pause, or no limit."""
        match self._ledger.agent_state(agent_id):
            case agents.Paused() as pause:
                return self._pauses.due_ms(agent_id, pause, now_ms)
            case _:
                return None

    def wake(self, agent_id: str, now_ms: int) -> None:
        """The time of a wrap-up, back-off or pause is up; anything else is left alone."""
        due_ms = self.due_ms(agent_id, now_ms)
        if due_ms is None or due_ms > now_ms:
            return
        match self._ledger.agent_state(agent_id):
            case agents.WrapUp() as state:
                self._awake(agent_id, state.wake(now_ms), now_ms)
            case agents.BackOff() as state:
                self._awake(agent_id, state.wake(now_ms), now_ms)
            case agents.Paused() as state:
                self._had_enough(agent_id, state, now_ms)

    def _awake(self, agent_id: str, after: AgentState, now_ms: int) -> None:
        if isinstance(after, agents.Available) and self._ledger.reach.nowhere(agent_id):
            after = after.unreachable(now_ms)
        self.change(agent_id, after, now_ms)

    def _had_enough(self, agent_id: str, pause: agents.Paused, now_ms: int) -> None:
        """A supervisor's pause is told, and goes on."""
        returns = self._pauses.returns(pause.reason) and not pause.by
        self._ledger.events.append(PauseOver(now_ms, agent_id, pause.reason, returns))
        self.change(agent_id, pause.resume(now_ms) if returns else pause.had_enough(), now_ms)

    # shifts

    def keep_shifts(self, now_ms: int) -> None:
        """Shifts may have begun or ended; the agenda has the next time."""
        for name in self._rota.agents():
            self._turn(name, now_ms)
        self._shifts_ms = self._rota.next_ms(now_ms)
        if self._shifts_ms is not None:
            self._agenda.note(self._shifts_ms, "")

    def tick(self, now_ms: int) -> None:
        """The time of something on the agenda has come, maybe that of a shift."""
        if self._shifts_ms is not None and self._shifts_ms <= now_ms:
            self.keep_shifts(now_ms)

    def duty(self, agent_id: str, now_ms: int) -> Duty | None:
        """How the agent's shifts stand; None for one who has none."""
        return self._rota.duty(agent_id, now_ms)

    def _turn(self, agent_id: str, now_ms: int) -> None:
        # The engine with the phone sees to it: two would write over each other.
        after = self._rota.turn(agent_id, now_ms, phone=agent_id in self._phones)
        if after is not None:
            self.change(agent_id, after, now_ms)

    # phones

    def has_phone(self, agent_id: str) -> bool:
        """Whether the agent's phone can be rung, as far as the switches have said."""
        return agent_id in self._phones or self._ledger.reach.elsewhere(agent_id)

    def no_phone_here(self, agent_id: str) -> None:
        """This node's switch cannot ring the phone, though another's can."""
        self._phones.discard(agent_id)

    def reachable(self, agent_id: str, now_ms: int, *, registered: bool) -> None:
        """The phone can be rung; `registered`: newly registered, which is a log-in unless the
        agent's shifts are against it."""
        self.staff(agent_id)
        self._phones.add(agent_id)
        self._turn(agent_id, now_ms)
        if registered:
            self._ledger.count_missed(agent_id, 0)
        state = self.staff(agent_id)
        match state:
            case agents.Offline() if self._rota.keeps_out(agent_id, state, now_ms):
                after = state if state.by_code else state.logout(now_ms)
            case agents.Offline() if registered:
                after = state.register(now_ms)
            case agents.NotResponding() if registered:
                after = state.login(now_ms)
            case _:
                after = state.reachable(now_ms)
        self.change(agent_id, after, now_ms)

    def unreachable(self, agent_id: str, now_ms: int) -> None:
        """The phone cannot be rung: a promised contact goes back to its place at once."""
        state = self.staff(agent_id)
        self._phones.discard(agent_id)
        self.change(agent_id, state.unreachable(now_ms), now_ms)
        self.take_away(agent_id, state, now_ms)

    def take_away(self, agent_id: str, before: AgentState, now_ms: int) -> None:
        """What is promised to an agent who, since `before`, is to have no contact, goes back to its
        place; a ring for it is stopped, and the agent free when it has."""
        if isinstance(before, agents.Reserved):
            self._offers.release(agent_id, now_ms)
            self._offers.give_back(before.contact, agent_id, now_ms)
        elif isinstance(before, agents.Ringing) and self._ledger.rings(before.contact, agent_id):
            record = self._ledger.contacts[before.contact]
            self._ledger.stops.append(Assignment(record.contact, self._ledger.site[agent_id]))
            self._offers.give_back(before.contact, agent_id, now_ms)

    # every change

    def change(self, agent_id: str, after: AgentState, now_ms: int) -> None:
        """The agent is in this state from now on."""
        self._pauses.note(agent_id, after, now_ms)
        self._rota.note(agent_id, after, now_ms)
        self._offers.change_agent(agent_id, after, now_ms)

    def _is_ours(self, agent_id: str) -> bool:
        return self._ledger.agents[agent_id].node == self._ledger.node
