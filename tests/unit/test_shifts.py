"""Shifts: who is logged in and out by them, also over midnight and changes of the clock; who is
late."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from config.document import load_text
from config.opening import Opening
from config.shifts import Shift as WrittenShift
from engine.shifts import HoursCalendar
from history.events import EventKind
from routing.agent import Available, Offline, Paused, Talking
from routing.errors import OffShift
from routing.rules import QueueRules, RoutingRules
from routing.shifts import Outside, ShiftTime
from routing.shifts import Shift as AgentShift
from routing.snapshot import AgentView, take_snapshot
from tests.fakes.routing import an_agent
from tests.fakes.shift import Shift

pytestmark = pytest.mark.unit

BUDAPEST = "Europe/Budapest"
MINUTE, HOUR = 60_000, 3_600_000
EARLY = 'open: {mon-fri: "06:00-14:00"}\nholidays: [HU]'
LATE = 'open: {mon-fri: "14:00-22:00"}'
NIGHT = 'open: {daily: "22:00-06:00"}'
ANN = an_agent("ann")


def ms(written: str, fold: int = 0) -> int:
    """A time in Budapest."""
    local = datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(BUDAPEST), fold=fold)
    return round(local.timestamp()) * 1000


def calendar(text: str) -> HoursCalendar:
    """When a shift of the site is on."""
    return HoursCalendar(Opening(load_text(text, "site.yaml", WrittenShift), BUDAPEST))


def rules(*shifts: str, outside: Outside = Outside.LOGOUT, logs_in: bool = False) -> RoutingRules:
    """Ann has these shifts."""
    own = tuple(
        AgentShift(f"s{number}", calendar(text), outside, logs_in)
        for number, text in enumerate(shifts, 1)
    )
    return RoutingRules({"sales": QueueRules(wrap_up_ms=MINUTE)}, shifts={"ann": own})


class Day(Shift):
    """Ann on the floor of a site, as its engine starts."""

    def __init__(self, start: str, site: RoutingRules, *, at_work: bool = True) -> None:
        super().__init__(now=ms(start), rules=site)
        self.configure(ANN, rules=site)
        if at_work:
            self.phone("ann")

    def until(self, written: str) -> None:
        """Time goes by until then."""
        self.wait(ms(written) - self.now)

    @property
    def ann(self) -> AgentView:
        """As her supervisor sees her."""
        (view,) = take_snapshot(self.floor, self.now).agents
        return view


# when a shift is on


@pytest.mark.parametrize(
    ("shift", "at", "expected"),
    [
        (EARLY, "2026-11-23 06:00", (True, "2026-11-23 06:00", "2026-11-23 14:00")),
        (EARLY, "2026-11-23 14:00", (False, "2026-11-23 14:00", "2026-11-24 06:00")),
        (EARLY, "2026-11-22 12:00", (False, "2026-11-20 14:00", "2026-11-23 06:00")),
        # 23 October is a holiday in Hungary, a Friday in 2026.
        (EARLY, "2026-10-23 10:00", (False, "2026-10-22 14:00", "2026-10-26 06:00")),
        (NIGHT, "2026-11-23 23:59", (True, "2026-11-23 22:00", "2026-11-24 06:00")),
        (NIGHT, "2026-11-24 00:00", (True, "2026-11-23 22:00", "2026-11-24 06:00")),
        (NIGHT, "2026-03-29 03:30", (True, "2026-03-28 22:00", "2026-03-29 06:00")),
        (NIGHT, "2026-10-25 02:30", (True, "2026-10-24 22:00", "2026-10-25 06:00")),
    ],
)
def test_since_and_until_when(shift: str, at: str, expected: tuple[bool, str, str]) -> None:
    """Over midnight, weekends, holidays and changes of the clock."""
    on, since, until = expected
    assert calendar(shift).at(ms(at)) == ShiftTime(on, ms(since), ms(until))


@pytest.mark.parametrize(
    ("evening", "hours"),
    [("2026-03-28 22:00", 7), ("2026-10-24 22:00", 9), ("2026-11-23 22:00", 8)],
)
def test_a_night_of_the_change_is_an_hour_shorter_or_longer(evening: str, hours: int) -> None:
    """The clock on the wall decides."""
    time = calendar(NIGHT).at(ms(evening))
    assert time.until_ms is not None
    assert time.until_ms - ms(evening) == hours * HOUR


def test_one_that_is_never_on_or_always() -> None:
    """Nothing changes within a year."""
    assert calendar("open: {}").at(ms("2026-11-23 06:00")) == ShiftTime(False, None, None)
    always = calendar('open: {daily: "00:00-24:00"}')
    assert always.at(ms("2026-11-23 06:00")) == ShiftTime(True, None, None)


# its end


def test_at_the_end_the_agent_is_logged_out() -> None:
    """And stays so while the phone is there; the event log knows that it was the shift."""
    day = Day("2026-11-23 13:00", rules(EARLY))
    day.until("2026-11-23 15:00")
    state = day.state("ann")
    assert state == Offline(ms("2026-11-23 14:00"), ms("2026-11-23 13:00"), True, by="shift:s1")
    assert (day.rows[-1].kind, day.rows[-1].by) == (EventKind.STATE, "shift:s1")
    day.phone("ann", registered=False)
    assert day.state("ann") == state


def test_a_contact_in_hand_is_finished_before() -> None:
    """With its wrap-up."""
    day = Day("2026-11-23 13:59", rules(EARLY))
    day.call("c1")
    day.ring_ends("ann")
    day.until("2026-11-23 14:10")
    assert isinstance(day.state("ann"), Talking)
    assert (day.ann.adherence or ("",))[0] == "overtime"
    day.agent_hangs_up("ann")
    day.until("2026-11-23 14:30")
    state = day.state("ann")
    assert isinstance(state, Offline)
    assert (state.since_ms, state.by) == (ms("2026-11-23 14:11"), "shift:s1")


def test_the_next_shift_of_the_agent_goes_on_from_there() -> None:
    """From early to late there is no end between."""
    day = Day("2026-11-23 13:00", rules(EARLY, LATE))
    day.until("2026-11-23 15:00")
    assert isinstance(day.state("ann"), Available)
    assert day.ann.shift == "s2"
    day.until("2026-11-23 22:00")
    assert isinstance(day.state("ann"), Offline)


def test_where_it_is_only_looked_at_nothing_happens() -> None:
    """`outside: allow`."""
    day = Day("2026-11-23 13:00", rules(EARLY, outside=Outside.ALLOW))
    day.until("2026-11-23 15:00")
    assert isinstance(day.state("ann"), Available)
    assert day.ann.adherence == ("overtime", HOUR)


def test_an_end_while_the_engine_was_away_is_not_missed() -> None:
    """The record knows in which shift the agent was seen."""
    day = Day("2026-11-23 13:00", rules(EARLY))
    record = day.floor.ledger.agents["ann"]
    assert record.shift == "s1"
    later = Day("2026-11-23 18:00", rules(EARLY), at_work=False)
    later.floor.ledger.take_agent(record, later.now)
    later.floor.presence.keep_shifts(later.now)
    assert isinstance(later.state("ann"), Offline)


def test_a_shift_that_the_site_makes_shorter_is_over() -> None:
    """At once, when the file is saved."""
    day = Day("2026-11-23 13:00", rules(EARLY))
    day.configure(ANN, rules=rules('open: {mon-fri: "06:00-12:00"}'))
    assert isinstance(day.state("ann"), Offline)


def test_who_is_paused_is_logged_out_too() -> None:
    """But what a supervisor holds stands afterwards."""
    day = Day("2026-11-23 13:00", rules(EARLY))
    day.order("ann", "pause", reason="training", hold=True)
    day.until("2026-11-24 06:30")
    day.ask("ann", "login")
    state = day.state("ann")
    assert isinstance(state, Paused)
    assert (state.reason, state.by) == ("training", "maria")


# outside of it


def test_a_phone_that_registers_outside_logs_nobody_in() -> None:
    """By code the agent may work on, until the end of the next shift."""
    day = Day("2026-11-23 05:00", rules(EARLY))
    assert isinstance(day.state("ann"), Offline)
    day.ask("ann", "login")
    assert isinstance(day.state("ann"), Available)
    day.until("2026-11-23 05:20")
    assert day.ann.adherence == ("early", 20 * MINUTE)
    day.until("2026-11-23 13:59")
    assert day.ann.adherence == ("present", 0)
    day.until("2026-11-23 14:00")
    assert isinstance(day.state("ann"), Offline)


def test_by_code_neither_where_the_site_refuses_it() -> None:
    """Only a supervisor can, and then the agent stays until the end of the next shift."""
    day = Day("2026-11-23 05:00", rules(EARLY, outside=Outside.REFUSE))
    with pytest.raises(OffShift):
        day.ask("ann", "login")
    assert isinstance(day.state("ann"), Offline)
    day.order("ann", "login")
    day.until("2026-11-23 13:00")
    assert isinstance(day.state("ann"), Available)
    day.until("2026-11-23 14:00")
    assert isinstance(day.state("ann"), Offline)


def test_overtime_by_code_lasts_as_long_as_the_agent_wants() -> None:
    """Who logged in again after the end is not logged out for it."""
    day = Day("2026-11-23 13:00", rules(EARLY))
    day.until("2026-11-23 14:30")
    day.ask("ann", "login")
    day.until("2026-11-23 23:00")
    assert isinstance(day.state("ann"), Available)


@pytest.mark.parametrize("registered", [True, False])
def test_a_phone_that_is_away_for_a_while_does_not_end_the_overtime(registered: bool) -> None:
    """But who had gone before the end is not brought back by a phone that comes after it."""
    day = Day("2026-11-23 13:00", rules(EARLY))
    day.until("2026-11-23 14:30")
    day.ask("ann", "login")
    day.phone("ann", here=False)
    day.wait(MINUTE)
    day.phone("ann", registered=registered)
    assert isinstance(day.state("ann"), Available)
    gone = Day("2026-11-23 13:00", rules(EARLY))
    gone.phone("ann", here=False)
    gone.until("2026-11-23 15:00")
    gone.phone("ann", registered=registered)
    state = gone.state("ann")
    assert isinstance(state, Offline)
    assert (state.by_code, state.by) == (True, "shift:s1")


@pytest.mark.parametrize("registered", [True, False])
def test_who_unplugs_in_overtime_is_not_at_work_before_the_next_shift(registered: bool) -> None:
    """The phone of the evening before comes at half past five: in the shift it logs in."""
    day = Day("2026-11-23 13:00", rules(EARLY))
    day.until("2026-11-23 14:30")
    day.ask("ann", "login")
    day.phone("ann", here=False)
    day.until("2026-11-24 05:30")
    day.phone("ann", registered=registered)
    assert isinstance(day.state("ann"), Offline)
    day.until("2026-11-24 06:05")
    assert isinstance(day.state("ann"), Offline)
    day.phone("ann", registered=True)
    assert isinstance(day.state("ann"), Available)


# its start


def test_a_registered_phone_is_logged_in_at_the_start() -> None:
    """Where the site says so; one whose phone is not there is not."""
    for phone in (True, False):
        day = Day("2026-11-23 05:00", rules(EARLY, logs_in=True), at_work=phone)
        day.until("2026-11-23 06:01")
        assert isinstance(day.state("ann"), Available) == phone


def test_else_the_agent_logs_in() -> None:
    """The phone alone does nothing at the start, but one that registers in the shift logs in."""
    day = Day("2026-11-23 05:00", rules(EARLY))
    day.until("2026-11-23 06:30")
    assert isinstance(day.state("ann"), Offline)
    assert day.ann.adherence == ("late", 30 * MINUTE)
    day.phone("ann", here=False)
    day.phone("ann")
    assert isinstance(day.state("ann"), Available)


def test_who_is_held_out_is_not_logged_in() -> None:
    """The supervisor's word stands before the shift's."""
    day = Day("2026-11-23 05:00", rules(EARLY, logs_in=True))
    day.order("ann", "logout", hold=True)
    day.until("2026-11-23 06:30")
    assert isinstance(day.state("ann"), Offline)


def test_the_next_mornings_start_is_one_too() -> None:
    """Logged out at the end, with the phone left on: in again with the next shift."""
    day = Day("2026-11-23 13:00", rules(EARLY, logs_in=True))
    day.until("2026-11-24 05:59")
    assert isinstance(day.state("ann"), Offline)
    day.until("2026-11-24 06:00")
    assert isinstance(day.state("ann"), Available)


def test_over_the_night_of_the_change() -> None:
    """In at ten in the evening, out at six in the morning, after nine hours."""
    day = Day("2026-10-24 21:00", rules(NIGHT, logs_in=True))
    day.until("2026-10-25 05:59")
    assert isinstance(day.state("ann"), Available)
    assert day.now - ms("2026-10-24 22:00") == 9 * HOUR - MINUTE
    day.until("2026-10-25 06:00")
    assert isinstance(day.state("ann"), Offline)


# how agents keep to it


def test_who_left_before_the_end() -> None:
    """Since when; and who is off is off."""
    day = Day("2026-11-23 07:00", rules(EARLY))
    day.until("2026-11-23 12:00")
    day.ask("ann", "logout")
    day.until("2026-11-23 12:45")
    assert day.ann.adherence == ("left", 45 * MINUTE)
    day.until("2026-11-23 14:00")
    assert day.ann.adherence == ("off", 0)


def test_who_has_no_shift_comes_and_goes() -> None:
    """And nothing is said of it."""
    day = Day("2026-11-23 03:00", RoutingRules())
    assert isinstance(day.state("ann"), Available)
    assert (day.ann.shift, day.ann.adherence) == ("", None)


def test_an_agent_of_another_engine_is_that_engines() -> None:
    """Two engines that both log out would write over each other."""
    day = Day("2026-11-23 13:00", rules(EARLY))
    theirs = day.floor.ledger.agents["ann"]._replace(node="n2", version=2)
    day.floor.take_theirs(theirs, day.now)
    day.until("2026-11-23 15:00")
    assert isinstance(day.state("ann"), Available)
