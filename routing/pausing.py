"""How long agents may pause, how much of a day, and how many of them at once, by reason.

Pure, a room of the floor. What an agent has had of each reason today is kept with the agent's
record, so that it outlives the engine; the day is that of the site's zone.
"""

from collections.abc import Mapping
from dataclasses import replace

from routing import agent as agents
from routing.agent import AgentState, Paused
from routing.errors import PauseFull, PauseUsedUp
from routing.ledger import Ledger
from routing.pauses import UNLIMITED, PauseRule, day_start_ms


class Pauses:
    """See the module. `rules` by reason; one that is not named has no limits."""

    def __init__(self, ledger: Ledger, rules: Mapping[str, PauseRule], zone: str) -> None:
        self._ledger = ledger
        self.configure(rules, zone)

    def configure(self, rules: Mapping[str, PauseRule], zone: str) -> None:
        """The site says something else now."""
        self._rules = rules
        self._zone = zone

    def allow(self, agent_id: str, reason: str, now_ms: int) -> None:
        """Whether an agent who asks for it may have it: PauseFull, PauseUsedUp. Who has it, or
        was promised it for afterwards, has a place."""
        if self._is_on(agent_id, reason):
            return
        rule = self._rules.get(reason, UNLIMITED)
        places = rule.places(self._logged_in())
        if places is not None and self._number_on(reason) >= places:
            raise PauseFull(reason, places)
        spent_ms = self._spent_ms(agent_id, reason, now_ms)
        if rule.returns and rule.per_day_ms is not None and spent_ms >= rule.per_day_ms:
            raise PauseUsedUp(reason, spent_ms)

    def due_ms(self, agent_id: str, pause: Paused, now_ms: int) -> int | None:
        """When the agent has had enough of this pause (epoch, ms); None: never. One that a
        supervisor holds has no limit but the supervisor's word."""
        rule = self._rules.get(pause.reason, UNLIMITED)
        ends = []
        if rule.longest_ms is not None:
            ends.append(pause.since_ms + rule.longest_ms - pause.spent_ms)
        if rule.per_day_ms is not None:
            today_ms = max(pause.since_ms, day_start_ms(now_ms, self._zone))
            spent_ms = self._spent_ms(agent_id, pause.reason, now_ms)
            ends.append(today_ms + rule.per_day_ms - spent_ms)
        return max(pause.since_ms, min(ends)) if ends and not pause.held else None

    def returns(self, reason: str) -> bool:
        """Whether who has had enough is available again."""
        return self._rules.get(reason, UNLIMITED).returns

    def note(self, agent_id: str, after: AgentState, now_ms: int) -> None:
        """The agent is about to be in another state: a pause that ends counts for its day."""
        record = self._ledger.agents[agent_id]
        pause = record.state
        if not isinstance(pause, Paused) or after.since_ms == pause.since_ms:
            return
        if self._rules.get(pause.reason, UNLIMITED).per_day_ms is None:
            return
        day_ms = day_start_ms(now_ms, self._zone)
        spent = record.spent.plus(pause.reason, now_ms - max(pause.since_ms, day_ms), day_ms)
        self._ledger.note_agent(record._replace(spent=spent))

    def again(self, agent_id: str, now_ms: int) -> Paused | None:
        """The pause of an agent for whom it was too long, and by the rules of now is not."""
        match self._ledger.agents[agent_id].state:
            case Paused(over=True) as pause:
                due_ms = self.due_ms(agent_id, pause, now_ms)
                return replace(pause, over=False) if due_ms is None or due_ms > now_ms else None
            case _:
                return None

    def _spent_ms(self, agent_id: str, reason: str, now_ms: int) -> int:
        spent = self._ledger.agents[agent_id].spent
        return spent.of(reason, day_start_ms(now_ms, self._zone))

    def _number_on(self, reason: str) -> int:
        return sum(self._is_on(name, reason) for name in self._ledger.agents)

    def _is_on(self, agent_id: str, reason: str) -> bool:
        match self._ledger.agents[agent_id].state:
            case Paused(reason=why):
                return why == reason
            case (
                agents.Reserved(then=then)
                | agents.Ringing(then=then)
                | agents.Talking(then=then)
                | agents.WrapUp(then=then)
            ):
                return then.pause == reason and not then.logout
            case _:
                return False

    def _logged_in(self) -> int:
        staff = self._ledger.agents.values()
        return sum(not isinstance(record.state, agents.Offline) for record in staff)
