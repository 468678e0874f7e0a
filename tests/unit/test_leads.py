"""Leads: what follows each call, which number is next, who is called first, who holds whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from routing.outbound.leads import besttime
from routing.outbound.leads.following import Ended, end, next_call, recycled, to_dial
from routing.outbound.leads.hopper import Hopper
from routing.outbound.leads.lead import (
    Dialing,
    Done,
    Held,
    Lead,
    NotPossible,
    Number,
    Ready,
    dial,
    hold,
    put_back,
)
from routing.outbound.leads.leases import LEASE_MS, MARGIN_MS, Lease
from routing.outbound.leads.order import ORDERS, key
from routing.outbound.leads.place import Place
from routing.outbound.leads.plan import (
    CallAgain,
    CallBack,
    Finish,
    NeverAgain,
    Plan,
    Result,
    Retry,
    TryNextNumber,
)

pytestmark = pytest.mark.unit

MIN, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BUDAPEST = Place("HU", ("Europe/Budapest",))
T0 = round(datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Europe/Budapest")).timestamp() * 1000)
"""A Monday."""
PLAN = Plan(
    retries={
        Result.BUSY: Retry(15 * MIN, growth=2, tries=3),
        Result.NO_ANSWER: Retry(4 * HOUR, tries=2, next_number=True),
        Result.LOST: Retry(72 * HOUR),
    },
    dispositions={
        "sold": Finish(),
        "later": CallAgain(DAY),
        "agreed": CallBack(),
        "wrong": TryNextNumber(),
        "never": NeverAgain(),
    },
    tries=5,
)
MOBILE = Number(0, "+36301234567", "mobile", BUDAPEST)
HOME = Number(1, "+3612345678", "home", BUDAPEST)


def _lead(*numbers: Number) -> Lead:
    return Lead(1, numbers or (MOBILE, HOME), Ready(T0))


def _call(lead: Lead, now_ms: int, result: Result, plan: Plan = PLAN, **said: Any) -> Lead:
    """It is held, dialled at the number that is next, and ends so."""
    number = to_dial(lead, plan, now_ms)
    assert number is not None
    lead = hold(lead, Lease("a", now_ms + LEASE_MS))
    lead = dial(lead, number.position, "attempt", now_ms)
    return end(lead, plan, Ended(result, now_ms, **said))


def test_pauses_grow_until_a_number_is_given_up() -> None:
    """15 minutes, 30; after the third time the next number's turn comes at once."""
    lead = _call(_lead(), T0, Result.BUSY)
    assert lead.state == Ready(T0 + 15 * MIN, 0)
    lead = _call(lead, T0 + HOUR, Result.BUSY)
    assert lead.state == Ready(T0 + HOUR + 30 * MIN, 0)
    lead = _call(lead, T0 + 2 * HOUR, Result.BUSY)
    assert lead.state == Ready(T0 + 2 * HOUR, 1)
    assert lead.number(0).closed == Result.BUSY


def test_other_numbers_are_called_meanwhile_where_the_campaign_says_so() -> None:
    """Then the first again, when its own pause is over."""
    lead = _call(_lead(), T0, Result.NO_ANSWER)
    assert lead.state == Ready(T0, 1)
    lead = _call(lead, T0 + MIN, Result.NO_ANSWER)
    assert lead.state == Ready(T0 + 4 * HOUR, 0)


def test_a_number_that_does_not_exist_is_never_called_again() -> None:
    """Whatever the campaign says of other results; with the last one the lead is given up."""
    plan = replace(PLAN, retries={Result.INVALID: Retry(HOUR)})
    lead = _call(_lead(), T0, Result.INVALID, plan)
    assert lead.state == Ready(T0, 1)
    lead = _call(lead, T0, Result.INVALID, plan)
    assert lead.state == Done("given_up")


def test_a_result_that_is_not_called_again_closes_the_number() -> None:
    lead = _call(_lead(MOBILE), T0, Result.FAX)
    assert (lead.state, lead.number(0).closed) == (Done("given_up"), Result.FAX)


def test_a_call_that_was_lost_with_its_engine_counts_as_no_answer() -> None:
    """Somebody may have been called: not at once again, and it is one of the tries."""
    lead = _call(_lead(MOBILE), T0, Result.UNKNOWN)
    assert lead.state == Ready(T0 + 4 * HOUR, 0)
    assert lead.tries == 1


def test_the_lead_has_its_tries_over_all_numbers() -> None:
    plan = replace(PLAN, tries=2)
    lead = _call(_call(_lead(), T0, Result.BUSY, plan), T0 + HOUR, Result.BUSY, plan)
    assert lead.state == Done("given_up")


@pytest.mark.parametrize(
    ("disposition", "state"),
    [
        (None, Done("answered")),
        ("sold", Done("disposition", "sold")),
        ("later", Ready(T0 + DAY, 0)),
        ("wrong", Ready(T0, 1)),
        ("never", Done("do_not_call", "never")),
        ("agreed", Ready(T0 + 2 * HOUR, 0, True, "anna")),
    ],
)
def test_what_follows_a_conversation(disposition: str | None, state: object) -> None:
    said = {"disposition": disposition, "call_back_ms": T0 + 2 * HOUR, "agent": "anna"}
    assert _call(_lead(), T0, Result.ANSWERED, PLAN, **said).state == state


def test_a_disposition_must_be_the_campaigns_and_a_time_agreed() -> None:
    with pytest.raises(ValueError, match="no disposition perhaps"):
        _call(_lead(), T0, Result.ANSWERED, disposition="perhaps")
    with pytest.raises(ValueError, match="agreed needs the time"):
        _call(_lead(), T0, Result.ANSWERED, disposition="agreed")


def test_a_number_is_called_at_its_best_time() -> None:
    """On the clock of the phone; meanwhile another of the lead's numbers."""
    evening = besttime.parse("mon-fri 18:00-20:00")
    lead = _lead(replace(MOBILE, best=evening), HOME)
    assert next_call(lead.numbers, PLAN, T0) == Ready(T0, 1)
    assert next_call(lead.numbers[:1], PLAN, T0) == Ready(T0 + 9 * HOUR, 0)
    assert to_dial(_lead(replace(MOBILE, best=evening)), PLAN, T0) is None


def test_an_agreed_time_goes_before_a_best_one() -> None:
    lead = _lead(replace(MOBILE, best=besttime.parse("18-20")))
    assert to_dial(replace(lead, state=Ready(T0, 0, promised=True)), PLAN, T0) == lead.number(0)


def test_the_campaign_says_which_numbers_and_in_which_order() -> None:
    assert next_call((MOBILE, HOME), replace(PLAN, kinds=("home", "mobile")), T0) == Ready(T0, 1)
    assert next_call((MOBILE, HOME), replace(PLAN, kinds=("work",)), T0) is None


@pytest.mark.parametrize(
    ("text", "written"),
    [
        *(("18h-20h", "18:00-20:00"), ("18h30 - 20h", "18:30-20:00"), ("18-20h", "18:00-20:00")),
        *(("6pm-8pm", "18:00-20:00"), ("6:30 PM \N{EN DASH} 8 p.m.", "18:30-20:00")),
        *(("6-8pm", "18:00-20:00"), ("10-2pm", "10:00-14:00"), ("10am to 12pm", "10:00-12:00")),
        *(("12am-1am", "00:00-01:00"), ("9am-5", None), ("11-12am", None)),
        ("hétfő-péntek 18-20", "mon,tue,wed,thu,fri 18:00-20:00"),
        ("Hétfő, Szerdán: 18-20 óra", "mon,wed 18:00-20:00"),
        ("hétvégén 9-12; munkanap 18-20", "sat,sun 09:00-12:00; mon,tue,wed,thu,fri 18:00-20:00"),
        ("pon.-pt. godz. 18.00-20.00", "mon,tue,wed,thu,fri 18:00-20:00"),
        ("w dni robocze 18-20", "mon,tue,wed,thu,fri 18:00-20:00"),
        ("środa - piątek 18-20", "wed,thu,fri 18:00-20:00"),
        ("esmaspäev-reede kell 18-20", "mon,tue,wed,thu,fri 18:00-20:00"),
        ("laupäeviti 9-12", "sat 09:00-12:00"),
        *(("Monday 18-20", "mon 18:00-20:00"), ("codziennie 18-20", "18:00-20:00")),
        *(("k 18-20", None), ("hétfőtől péntekig 18-20", None), ("od pon do pt 18-20", None)),
        *(
            ("20-18", None),
            ("13pm-14pm", None),
            ("18:60-20", None),
            ("18-25", None),
            ("evening", None),
        ),
    ],
)
def test_a_best_time_is_read_as_people_write_it(text: str, written: str | None) -> None:
    """In four languages; what may mean two things is none."""
    if written is None:
        with pytest.raises(ValueError, match="is no best time"):
            besttime.parse(text)
    else:
        assert besttime.written(besttime.parse(text)) == written


@pytest.mark.parametrize(
    ("local", "windows", "moment"),
    [
        ("2026-03-28 21:00", "02:30-04:00", "2026-03-29 03:30"),  # the clock has no 02:30
        ("2026-10-24 23:00", "02:30-04:00", "2026-10-25 02:30"),  # the first of two
        ("2028-02-28 20:00", "tue 9-10", "2028-02-29 09:00"),
        ("2026-11-27 20:00", "mon-fri 18-20", "2026-11-30 18:00"),
        ("2026-11-23 18:30", "mon 18-20", "2026-11-23 18:30"),
        ("2026-11-23 20:00", "mon 18-20", "2026-11-30 18:00"),
    ],
)
def test_best_times_on_the_wall(local: str, windows: str, moment: str) -> None:
    """The change of the clock, the leap day, the week's end; the end of a window is outside."""
    zone = ZoneInfo("Europe/Budapest")
    at = datetime.fromisoformat(local).replace(tzinfo=zone)
    wanted = datetime.fromisoformat(moment).replace(tzinfo=zone)
    found = besttime.next_moment(besttime.parse(windows), at)
    assert found.timestamp() == wanted.timestamp()


@given(
    st.lists(
        st.builds(
            besttime.Window,
            st.integers(1, 127),
            st.integers(0, 1438),
            st.just(1439),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_best_times_are_read_as_they_are_written(windows: list[besttime.Window]) -> None:
    assert besttime.parse(besttime.written(windows) or "") == tuple(windows)


def test_leads_that_were_given_up_begin_anew() -> None:
    """With the numbers that ended so; what does not exist, or asked for it, is left alone."""
    lead = _lead(MOBILE, HOME, replace(HOME, position=2, closed="do_not_call"))
    lead = _call(_call(lead, T0, Result.INVALID), T0, Result.FAX)
    again = recycled(lead, PLAN, [Result.FAX], T0 + DAY)
    assert (again.state, again.tries) == (Ready(T0 + DAY, 1), 0)
    assert [number.closed for number in again.numbers] == ["invalid", None, "do_not_call"]
    assert recycled(lead, PLAN, [Result.BUSY], T0).state == Done("given_up")
    with pytest.raises(NotPossible):
        recycled(again, PLAN, [Result.FAX], T0)


def test_a_lease_that_is_nearly_over_dials_nobody() -> None:
    """The lead is with another engine by the time that the phone would ring."""
    lead = hold(_lead(), Lease("a", T0 + LEASE_MS))
    with pytest.raises(NotPossible):
        dial(lead, 0, "attempt", T0 + LEASE_MS - MARGIN_MS)
    hopper = Hopper()
    hopper.put([(key(lead, ()), lead)])
    assert hopper.take(T0 + LEASE_MS - MARGIN_MS) is None


def test_a_lead_that_is_put_back_waits_for_what_kept_it() -> None:
    held = hold(_lead(), Lease("a", T0 + LEASE_MS))
    assert put_back(held).state == Ready(T0)
    assert put_back(held, T0 + HOUR).state == Ready(T0 + HOUR)


def test_who_was_promised_it_is_first_then_the_lists_and_the_leads_priority() -> None:
    promised = replace(_lead(), id=9, state=Ready(T0, 0, promised=True))
    urgent, usual = replace(_lead(), id=8, rank=1), replace(_lead(), id=2)
    order = sorted(
        [
            (key(usual, ()), "usual"),
            (key(urgent, ()), "urgent"),
            (key(promised, ()), "promised"),
            (key(usual, (), list_priority=1), "of the better list"),
        ]
    )
    assert [name for _, name in order] == ["promised", "of the better list", "urgent", "usual"]


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        (("fewest_attempts", "first_imported"), [2, 3, 1]),
        (("longest_ago",), [2, 1, 3]),
        (("last_imported",), [3, 2, 1]),
        (("fewest_attempts", "last_imported"), [3, 2, 1]),
    ],
)
def test_the_campaigns_order(order: tuple[str, ...], ids: list[int]) -> None:
    leads = [
        replace(_lead(), id=1, tries=2, last_ms=5),
        replace(_lead(), id=2),
        replace(_lead(), id=3, last_ms=9),
    ]
    assert [lead.id for lead in sorted(leads, key=lambda lead: key(lead, order))] == ids


def test_a_random_order_is_the_same_each_time_and_none_that_was_imported() -> None:
    leads = [replace(_lead(), id=number) for number in range(1, 101)]
    shuffled = sorted(leads, key=ORDERS["random"])
    assert shuffled != leads
    leads.reverse()
    assert shuffled == sorted(leads, key=ORDERS["random"])


def test_the_hopper_asks_for_more_while_half_of_it_is_left() -> None:
    """So that there is no gap; and never holds more than its size."""
    hopper, lease = Hopper(10), Lease("a", T0 + LEASE_MS)
    leads = [hold(replace(_lead(), id=n), lease) for n in range(10)]
    assert hopper.room == 10
    hopper.put((key(lead, ()), lead) for lead in leads)
    rooms: list[int] = []
    while (lead := hopper.take(T0)) is not None:
        assert lead.id == len(rooms)
        rooms.append(hopper.room)
    assert rooms == [0, 0, 0, 0, 5, 6, 7, 8, 9, 10]


class Center(RuleBasedStateMachine):
    """Two engines on one list, which die, come again, and whose calls end in every way; each step
    is atomic, as the store makes it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = T0
        self.leads = {n: replace(_lead(), id=n) for n in range(4)}
        self.hoppers = {"a": Hopper(3), "b": Hopper(3)}
        self.phones: list[int] = []
        """Leads whose phones ring, or who talk, with how it will be told."""
        self.dialled: dict[int, int] = {}

    @rule(engine=st.sampled_from("ab"))
    def fill(self, engine: str) -> None:
        lease = Lease(engine, self.now + LEASE_MS)
        for lead in list(self.leads.values()):
            is_due = isinstance(lead.state, Ready) and lead.state.due_ms <= self.now
            if is_due and self.hoppers[engine].room:
                self.leads[lead.id] = hold(lead, lease)
                self.hoppers[engine].put([(key(lead, ()), self.leads[lead.id])])

    @rule(engine=st.sampled_from("ab"))
    def place_call(self, engine: str) -> None:
        lead = self.hoppers[engine].take(self.now)
        if lead is None:
            return
        assert lead == self.leads[lead.id], "two engines have it"
        number = to_dial(lead, PLAN, self.now)
        if number is None:
            self.leads[lead.id] = put_back(lead, self.now + HOUR)
            return
        assert lead.id not in self.phones, "called while it is being called"
        self.phones.append(lead.id)
        self.leads[lead.id] = dial(lead, number.position, f"{engine}{self.now}", self.now)
        self.dialled[lead.id] = self.dialled.get(lead.id, 0) + 1

    @rule(result=st.sampled_from(Result), disposition=st.sampled_from([None, *PLAN.dispositions]))
    def call_ends(self, result: Result, disposition: str | None) -> None:
        if not self.phones:
            return
        lead = self.leads[self.phones.pop(0)]
        said = disposition if result is Result.ANSWERED else None
        ended = Ended(result, self.now, said, self.now + DAY)
        self.leads[lead.id] = end(lead, PLAN, ended)

    @rule(engine=st.sampled_from("ab"))
    def engine_dies(self, engine: str) -> None:
        """Its hopper is gone; what it held comes back with its lease, what it dialled ends as
        unknown."""
        self.hoppers[engine] = Hopper(3)
        self.now += LEASE_MS
        for lead in list(self.leads.values()):
            state = lead.state
            if isinstance(state, Held) and not state.lease.holds(self.now):
                self.leads[lead.id] = put_back(lead)
            if isinstance(state, Dialing) and state.attempt.startswith(engine):
                self.phones.remove(lead.id)
                self.leads[lead.id] = end(lead, PLAN, Ended(Result.UNKNOWN, self.now))

    @rule(ms=st.sampled_from([1, MIN, HOUR, 5 * HOUR, 4 * DAY]))
    def time_goes_on(self, ms: int) -> None:
        self.now += ms

    @invariant()
    def never_more_than_its_tries(self) -> None:
        assert all(count <= PLAN.tries for count in self.dialled.values())
        assert all(self.dialled.get(n, 0) == lead.tries for n, lead in self.leads.items())

    @invariant()
    def none_is_forgotten(self) -> None:
        """Each is done for a reason, or will be called: at a time, by a hopper or with its
        lease's end, or when its call ends."""
        for lead in self.leads.values():
            match lead.state:
                case Done(why=why):
                    open_numbers = [each for each in lead.numbers if each.closed is None]
                    given_up = why == "given_up" and lead.tries < PLAN.tries
                    assert not (given_up and open_numbers)
                case Ready(due_ms=due_ms, position=position):
                    assert due_ms <= self.now + 10 * DAY
                    assert lead.number(position).closed is None
                case Held(lease=lease):
                    assert lease.until_ms <= self.now + LEASE_MS
                case Dialing():
                    assert lead.id in self.phones


Center.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestCenter = Center.TestCase
