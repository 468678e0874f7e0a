"""The site's shifts for routing: opening hours that agents keep."""

from dataclasses import dataclass

from config.opening import Open, Opening
from config.shifts import Shift as WrittenShift
from config.site import Site
from routing.shifts import Outside, Shift, ShiftTime

_OUTSIDE = {
    "allow": Outside.ALLOW,
    "logout_after_contact": Outside.LOGOUT,
    "refuse": Outside.REFUSE,
}


@dataclass(frozen=True, slots=True)
class HoursCalendar:
    """A shift is on while its hours are open."""

    opening: Opening

    def at(self, now_ms: int) -> ShiftTime:
        """How it stands at `now_ms`."""
        now = self.opening.at(now_ms)
        since_ms = self.opening.since_ms(now_ms)
        return ShiftTime(isinstance(now, Open), since_ms, now.next_change_ms)


def shifts_of(site: Site) -> dict[str, tuple[Shift, ...]]:
    """Of each agent who has any."""
    shifts = {name: _shift(name, written, site.zone) for name, written in site.shifts.items()}
    return {
        name: tuple(shifts[shift] for shift in agent.shifts)
        for name, agent in site.agents.items()
        if agent.shifts
    }


def _shift(name: str, written: WrittenShift, zone: str) -> Shift:
    calendar = HoursCalendar(Opening(written, zone))
    return Shift(name, calendar, _OUTSIDE[written.outside], written.login_at_start)
