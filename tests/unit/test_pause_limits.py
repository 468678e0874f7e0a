"""How long, how often, and how many at once: what the site allows of a pause."""

import pytest

from history.events import EventKind
from routing.agent import Available, Offline, Paused, Talking
from routing.errors import PauseFull, PauseUsedUp
from routing.pauses import PauseRule, Spent, day_start_ms
from routing.rules import QueueRules, RoutingRules
from routing.snapshot import take_snapshot
from tests.fakes.routing import an_agent
from tests.fakes.shift import Shift

pytestmark = pytest.mark.unit

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
STAFF = [an_agent(name) for name in ("ann", "bob", "cyd", "dan", "eve")]
NOON = 12 * HOUR


def rules(**lunch: object) -> RoutingRules:
    """With these limits of lunch."""
    pauses = {"lunch": PauseRule(**lunch)}  # type: ignore[arg-type]  # as the test writes it
    return RoutingRules({"sales": QueueRules(wrap_up_ms=0)}, pauses=pauses)


def a_shift(**lunch: object) -> Shift:
    """Five agents at noon, in UTC."""
    return Shift(*STAFF, now=NOON, rules=rules(**lunch))


def over(shift: Shift) -> list[tuple[str | None, str | None, int]]:
    """Which pauses were told to be too long: whose, what became of it, when (ms after noon)."""
    told = [row for row in shift.rows if row.kind is EventKind.PAUSE_OVER]
    return [(row.agent, row.detail, row.at_ms - NOON) for row in told]


# how many at once


def test_the_one_too_many_is_refused() -> None:
    """And has the place of the first who is back."""
    shift = a_shift(at_once=2)
    for name in ("ann", "bob"):
        shift.ask(name, "pause", "lunch")
    with pytest.raises(PauseFull):
        shift.ask("cyd", "pause", "lunch")
    assert isinstance(shift.state("cyd"), Available)
    shift.ask("cyd", "pause", "training")
    shift.ask("ann", "resume")
    shift.ask("cyd", "pause", "lunch")


def test_who_will_pause_after_the_contact_has_a_place() -> None:
    """Else more than allowed would be on it in the end."""
    shift = a_shift(at_once=1)
    shift.call("c1")
    shift.ring_ends("ann")
    shift.ask("ann", "pause", "lunch")
    assert isinstance(shift.state("ann"), Talking)
    with pytest.raises(PauseFull):
        shift.ask("bob", "pause", "lunch")
    shift.ask("ann", "pause", "lunch")
    shift.ask("ann", "logout")
    shift.ask("bob", "pause", "lunch")


@pytest.mark.parametrize(("percent", "allowed"), [(20, 1), (40, 2), (59, 2), (1, 1), (100, 5)])
def test_a_share_of_those_logged_in(percent: int, allowed: int) -> None:
    """Rounded down, but never nobody."""
    shift = a_shift(at_once_percent=percent)
    for number, agent in enumerate(STAFF):
        if number >= allowed:
            with pytest.raises(PauseFull):
                shift.ask(agent.id, "pause", "lunch")
        else:
            shift.ask(agent.id, "pause", "lunch")


@pytest.mark.parametrize(("percent", "staff", "places"), [(29, 100, 29), (57, 100, 57), (7, 99, 6)])
def test_a_share_is_exact(percent: int, staff: int, places: int) -> None:
    """No fraction of binary numbers takes a place away: 0.29 times 100 is less than 29."""
    assert PauseRule(at_once_percent=percent).places(staff) == places


def test_who_is_logged_out_does_not_count() -> None:
    """40 % of three is one."""
    shift = a_shift(at_once_percent=40)
    for name in ("dan", "eve"):
        shift.ask(name, "logout")
    shift.ask("ann", "pause", "lunch")
    with pytest.raises(PauseFull):
        shift.ask("bob", "pause", "lunch")


def test_a_supervisor_may_pause_one_more() -> None:
    """The limit is the agents'."""
    shift = a_shift(at_once=1)
    shift.ask("ann", "pause", "lunch")
    shift.order("bob", "pause", reason="lunch")
    assert isinstance(shift.state("bob"), Paused)


# how long


def test_a_pause_too_long_is_marked_and_told_once() -> None:
    """The agent stays paused, and its supervisors know."""
    shift = a_shift(longest_ms=30 * MINUTE)
    shift.ask("ann", "pause", "lunch")
    shift.wait(29 * MINUTE)
    assert over(shift) == []
    shift.wait(HOUR)
    assert over(shift) == [("ann", "marked", 30 * MINUTE)]
    state = shift.state("ann")
    assert (state.since_ms, isinstance(state, Paused) and state.over) == (NOON, True)


def test_or_the_agent_is_made_available() -> None:
    """With the idle time from before: the next in line may be the agent's."""
    shift = a_shift(longest_ms=30 * MINUTE, returns=True)
    shift.ask("ann", "pause", "lunch")
    shift.wait(HOUR)
    assert shift.state("ann") == Available(NOON + 30 * MINUTE, NOON)
    assert over(shift) == [("ann", "returned", 30 * MINUTE)]


def test_a_supervisor_s_pause_is_told_and_goes_on() -> None:
    """A limit of the agents' own does not end what a supervisor has decided."""
    shift = a_shift(longest_ms=30 * MINUTE, returns=True)
    shift.order("bob", "pause", reason="lunch")
    shift.wait(HOUR)
    state = shift.state("bob")
    assert (state.since_ms, isinstance(state, Paused) and state.over) == (NOON, True)
    assert over(shift) == [("bob", "marked", 30 * MINUTE)]


def test_asking_again_for_the_same_pause_begins_no_new_one() -> None:
    """Complaint elsewhere: dialling the code again sets the clock back."""
    shift = a_shift(longest_ms=30 * MINUTE)
    shift.ask("ann", "pause", "lunch")
    shift.wait(29 * MINUTE)
    shift.ask("ann", "pause", "lunch")
    shift.wait(MINUTE)
    assert over(shift) == [("ann", "marked", 30 * MINUTE)]


def test_nor_does_a_phone_that_was_away() -> None:
    """What the pause had lasted before counts, the time without a phone does not."""
    shift = a_shift(longest_ms=30 * MINUTE)
    shift.ask("ann", "pause", "lunch")
    shift.wait(20 * MINUTE)
    shift.phone("ann", here=False)
    shift.wait(5 * MINUTE)
    shift.phone("ann", registered=False)
    shift.wait(HOUR)
    assert over(shift) == [("ann", "marked", 35 * MINUTE)]


def test_what_a_supervisor_holds_has_no_end() -> None:
    """But one that was only given has."""
    shift = a_shift(longest_ms=30 * MINUTE)
    shift.order("ann", "pause", reason="lunch", hold=True)
    shift.order("bob", "pause", reason="lunch")
    shift.wait(HOUR)
    assert over(shift) == [("bob", "marked", 30 * MINUTE)]


def test_a_pause_has_the_limit_of_the_site_as_it_is_now() -> None:
    """A longer limit takes the mark away, and the pause is told again when that is over."""
    shift = a_shift(longest_ms=30 * MINUTE)
    shift.ask("ann", "pause", "lunch")
    shift.wait(40 * MINUTE)
    shift.configure(*STAFF, rules=rules(longest_ms=60 * MINUTE))
    assert shift.state("ann") == Paused(NOON, NOON, "lunch")
    shift.wait(HOUR)
    assert over(shift) == [("ann", "marked", 30 * MINUTE), ("ann", "marked", 60 * MINUTE)]


# how much of a day


def paused(shift: Shift, name: str, ms: int) -> None:
    """One pause of this length."""
    shift.ask(name, "pause", "lunch")
    shift.wait(ms)
    shift.ask(name, "resume")


def test_pauses_of_a_day_add_up() -> None:
    """The third is over when the hour of all three is."""
    shift = a_shift(per_day_ms=HOUR)
    paused(shift, "ann", 20 * MINUTE)
    paused(shift, "ann", 30 * MINUTE)
    shift.ask("ann", "pause", "lunch")
    shift.wait(HOUR)
    assert over(shift) == [("ann", "marked", 60 * MINUTE)]


def test_with_nothing_left_a_pause_is_refused_where_it_would_not_last() -> None:
    """Where it would only be marked, it is marked from its first moment."""
    shift = a_shift(per_day_ms=HOUR, returns=True)
    paused(shift, "ann", HOUR - 1)
    shift.ask("ann", "pause", "lunch")
    shift.wait(5)
    assert isinstance(shift.state("ann"), Available)
    with pytest.raises(PauseUsedUp):
        shift.ask("ann", "pause", "lunch")
    shift.configure(*STAFF, rules=rules(per_day_ms=HOUR))
    shift.ask("ann", "pause", "lunch")
    shift.wait(1)
    assert over(shift)[-1] == ("ann", "marked", HOUR + 4)


def test_each_day_begins_anew() -> None:
    """Of a pause over midnight only what is after midnight counts for the new day."""
    shift = a_shift(per_day_ms=HOUR)
    paused(shift, "ann", 50 * MINUTE)
    shift.wait(11 * HOUR)
    shift.ask("ann", "pause", "lunch")
    shift.wait(3 * HOUR)
    assert over(shift) == [("ann", "marked", 13 * HOUR)]


@pytest.mark.parametrize("leave", ["logout", "phone", "supervisor"])
def test_a_pause_counts_however_it_ends(leave: str) -> None:
    """By a log-out, a phone that goes, or a supervisor."""
    shift = a_shift(per_day_ms=HOUR, returns=True)
    shift.ask("ann", "pause", "lunch")
    shift.wait(40 * MINUTE)
    match leave:
        case "logout":
            shift.ask("ann", "logout")
        case "phone":
            shift.phone("ann", here=False)
        case _:
            shift.order("ann", "logout")
    assert isinstance(shift.state("ann"), Offline)
    assert shift.floor.ledger.agents["ann"].spent.of("lunch", 0) == 40 * MINUTE


def test_what_was_spent_is_of_its_day() -> None:
    """Yesterday's does not count, nor that of another reason."""
    spent = Spent().plus("lunch", 5, 0).plus("lunch", 6, 0).plus("training", 1, 0)
    assert (spent.of("lunch", 0), spent.of("training", 0), spent.of("other", 0)) == (11, 1, 0)
    assert spent.of("lunch", DAY) == 0
    assert spent.plus("lunch", 3, DAY) == Spent(DAY, (("lunch", 3),))


def test_a_day_is_that_of_the_sites_zone() -> None:
    """Midnight in Budapest, also of the days on which the clock changes; where it skips midnight
    the day begins with its first moment."""
    for day, offset_h in ((1774738800, 1), (1792879200, 2)):  # 2026-03-29, 2026-10-25
        start_ms = day * 1000
        assert (start_ms // HOUR + offset_h) % 24 == 0
        for hours in (0, 3, 22):
            assert day_start_ms(start_ms + hours * HOUR, "Europe/Budapest") == start_ms
    cairo = 1776981600_000  # 2026-04-24 01:00 summer time, an hour after the last of the day before
    assert day_start_ms(cairo + 5 * HOUR, "Africa/Cairo") == cairo


def test_a_supervisor_sees_whose_pause_is_over() -> None:
    """Until when it may last, also when that is gone by; nothing where there is no limit."""
    shift = a_shift(longest_ms=30 * MINUTE)
    shift.ask("ann", "pause", "lunch")
    shift.ask("bob", "pause", "training")
    shift.wait(33 * MINUTE)
    ann, bob, *_ = take_snapshot(shift.floor, shift.now).agents
    assert (ann.reason, ann.until_ms) == ("lunch", NOON + 30 * MINUTE)
    assert (bob.reason, bob.until_ms) == ("training", None)


def test_no_limit_is_no_limit() -> None:
    """Of a reason that the site says nothing of."""
    shift = a_shift()
    for agent in STAFF:
        shift.ask(agent.id, "pause", "lunch")
    shift.wait(DAY)
    assert over(shift) == []
    assert all(record.spent == Spent() for record in shift.floor.ledger.agents.values())
