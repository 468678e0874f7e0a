"""Agents' shifts: who is to be logged in or out when one begins or ends.

Pure, a room of the floor. In which shift an agent was seen last is kept with the agent's record: so
an end that came while the engine was away, or was written into the site later, is not missed, and
an agent who logged in outside of the shifts is not logged out again for having done so.
"""

from collections.abc import Iterator, Mapping

from routing.agent import LOGOUT, AgentState, Offline, is_held, marked
from routing.errors import OffShift
from routing.ledger import Ledger
from routing.shifts import BY_SHIFT, Duty, Outside, Shift, duty_at

OVERTIME_WAITS_MS = 600_000
"""So long a phone may be away in overtime for its agent to be back at work with it."""


class Rota:
    """See the module. `shifts` by agent; who is not named has none, and is free to come and go."""

    def __init__(self, ledger: Ledger, shifts: Mapping[str, tuple[Shift, ...]]) -> None:
        self._ledger = ledger
        self.configure(shifts)

    def configure(self, shifts: Mapping[str, tuple[Shift, ...]]) -> None:
        """The site says something else now."""
        self._shifts = shifts

    def agents(self) -> Iterator[str]:
        """Those who have shifts and are here."""
        return (name for name in self._shifts if name in self._ledger.agents)

    def duty(self, agent_id: str, now_ms: int) -> Duty | None:
        """How the agent's shifts stand; None for one who has none."""
        return duty_at(self._shifts.get(agent_id, ()), now_ms)

    def next_ms(self, now_ms: int) -> int | None:
        """When some shift begins or ends next; None: not within a year."""
        different = {shift.name: shift for shifts in self._shifts.values() for shift in shifts}
        changes = (shift.calendar.at(now_ms).until_ms for shift in different.values())
        return min((at_ms for at_ms in changes if at_ms is not None), default=None)

    def allow_login(self, agent_id: str, now_ms: int) -> None:
        """Whether the agent may log in by code: OffShift."""
        duty = self.duty(agent_id, now_ms)
        if duty is not None and not duty.shift and duty.outside >= Outside.REFUSE:
            raise OffShift(agent_id)

    def keeps_out(self, agent_id: str, offline: Offline, now_ms: int) -> bool:
        """Whether a phone that comes does not log its agent in. One that was only away for a while
        in overtime brings its agent back; who unplugged it then has gone home."""
        duty = self.duty(agent_id, now_ms)
        if duty is None or duty.shift or duty.outside < Outside.LOGOUT:
            return False
        was_at_work = not offline.by_code and bool(offline.idle_since_ms)
        return not was_at_work or now_ms - offline.since_ms > OVERTIME_WAITS_MS

    def turn(self, agent_id: str, now_ms: int, *, phone: bool) -> AgentState | None:
        """A shift has begun or ended since the agent was seen last: what the agent's state is for
        that; None where it stays. Of an agent who is neither logged in nor has a `phone` here
        nothing is noted: another engine may know better."""
        duty, record = self.duty(agent_id, now_ms), self._ledger.agents[agent_id]
        state, was = record.state, record.shift
        elsewhere = record.node != self._ledger.node and not isinstance(state, Offline)
        if duty is None or duty.shift == was or elsewhere:
            return None
        if isinstance(state, Offline) and not phone:
            return None
        self._ledger.note_agent(record._replace(shift=duty.shift))
        if not duty.shift:
            return _ended(state, was, duty, now_ms)
        return _began(state, now_ms) if not was and duty.logs_in and phone else None

    def note(self, agent_id: str, after: AgentState, now_ms: int) -> None:
        """The agent is about to be in another state: a log-in is kept for the agent's adherence."""
        record = self._ledger.agents[agent_id]
        if not isinstance(record.state, Offline) or isinstance(after, Offline):
            return
        duty = self.duty(agent_id, now_ms)
        if duty is not None:
            self._ledger.note_agent(record._replace(shift=duty.shift, login_ms=now_ms))


def _ended(state: AgentState, shift: str, duty: Duty, now_ms: int) -> AgentState | None:
    if duty.outside < Outside.LOGOUT or (isinstance(state, Offline) and state.by_code):
        return None
    after = state.logout(now_ms)
    return after if is_held(after) else marked(after, f"{BY_SHIFT}{shift}")


def _began(state: AgentState, now_ms: int) -> AgentState | None:
    if not isinstance(state, Offline) or state.held == LOGOUT:
        return None
    return state.register(now_ms)
