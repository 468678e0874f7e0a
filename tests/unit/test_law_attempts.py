"""How often a number is called in the callee's days, and the locks after some calls."""

from __future__ import annotations

import pytest

from routing.outbound.rules.ask import Known, PastCall, Told
from routing.outbound.rules.law import AttemptsRule, LockRule
from tests.unit.calling import (
    ALASKA,
    BUDAPEST,
    DAY,
    HOUR,
    HU,
    LOS_ANGELES,
    MINUTE,
    NEW_YORK,
    SECOND,
    US,
    Statute,
    a_call,
    at,
    called,
    clock,
    is_permitted,
    only,
    refused,
    why,
)

pytestmark = pytest.mark.unit

ONCE_A_DAY = only(attempts=AttemptsRule(day=1))
HOURS_72, HOURS_24 = 72 * HOUR, 24 * HOUR


def past(*times: int) -> Known:
    return Known(past=tuple(called(each) for each in times))


class TestAttempts:
    @pytest.mark.parametrize(
        ("number", "zone"), [(HU, BUDAPEST), (US, NEW_YORK), (LOS_ANGELES, "America/Los_Angeles")]
    )
    def test_a_day_is_the_callees(self, number: str, zone: str) -> None:
        """A minute before midnight there and a minute after are two days, wherever we are."""
        known = past(at("2026-11-22 23:59", zone))
        refusal = refused(ONCE_A_DAY, a_call(number), at("2026-11-22 23:59:59", zone), known)
        assert refusal.again_ms == at("2026-11-23 00:00", zone)
        assert is_permitted(ONCE_A_DAY, a_call(number), at("2026-11-23 00:00", zone), known)

    def test_a_day_of_a_number_of_two_zones_is_over_in_both(self) -> None:
        """Alaska's: midnight of the Aleutians."""
        known = past(at("2026-11-22 22:30", "America/Adak"))
        refusal = refused(
            ONCE_A_DAY, a_call(ALASKA), at("2026-11-23 00:00", "America/Anchorage"), known
        )
        assert refusal.again_ms == at("2026-11-23 00:00", "America/Adak")

    def test_the_days_of_a_lead_that_tells_its_zone_beside_the_numbers(self) -> None:
        """A number of New York in Los Angeles: called at ten in the evening there, when it is the
        next day in New York, it is left alone until that is over in New York too."""
        zone = "America/Los_Angeles"
        call, known = a_call(US, told=Told(zone)), past(at("2026-11-22 22:00", zone))
        for now in (at("2026-11-22 23:00", zone), at("2026-11-23 12:00", zone)):
            refusal = refused(ONCE_A_DAY, call, now, known)
            assert refusal.again_ms == at("2026-11-24 00:00", NEW_YORK)

    @pytest.mark.parametrize(
        ("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-22", 24)]
    )
    def test_a_day_in_which_the_clock_changes(self, day: str, hours: int) -> None:
        """It has 23 hours, or 25: one call in it, however long it is."""
        begins = at(f"{day} 00:00")
        known = past(begins)
        assert not is_permitted(ONCE_A_DAY, a_call(HU), begins + hours * HOUR - 1, known)
        assert (
            refused(ONCE_A_DAY, a_call(HU), begins + HOUR, known).again_ms == begins + hours * HOUR
        )
        assert is_permitted(ONCE_A_DAY, a_call(HU), begins + hours * HOUR, known)

    def test_where_the_clock_is_put_forward_at_midnight_the_day_begins_an_hour_later(self) -> None:
        """Egypt, 24 April 2026: after 23:59 comes 01:00."""
        call = a_call("+201001234567")
        known = past(at("2026-04-23 20:00", "Africa/Cairo"))
        again_ms = refused(ONCE_A_DAY, call, at("2026-04-23 23:00", "Africa/Cairo"), known).again_ms
        assert clock(again_ms, "Africa/Cairo") == "2026-04-24 01:00:00"
        assert again_ms == at("2026-04-23 23:59", "Africa/Cairo") + MINUTE

    def test_the_leap_day_is_a_day(self) -> None:
        """Called on 28 February 2028, the 29th is another; in 2027 the next is March."""
        known = past(at("2028-02-28 10:00"), at("2027-02-28 10:00"))
        evening = refused(ONCE_A_DAY, a_call(HU), at("2028-02-28 18:00"), known)
        assert clock(evening.again_ms) == "2028-02-29 00:00:00"
        common = refused(
            ONCE_A_DAY, a_call(HU), at("2027-02-28 18:00"), past(at("2027-02-28 10:00"))
        )
        assert clock(common.again_ms) == "2027-03-01 00:00:00"

    def test_a_week_is_a_day_and_the_six_before_it(self) -> None:
        """Over the leap day too: of three calls the first leaves the week after seven days."""
        law = only(attempts=AttemptsRule(week=3))
        known = past(at("2028-02-26 23:00"), at("2028-02-28 09:00"), at("2028-03-01 09:00"))
        refusal = refused(law, a_call(HU), at("2028-03-03 12:00"), known)
        assert refusal.reasons[0].because == "called 3 times in 7 days, 3 are allowed"
        assert clock(refusal.again_ms) == "2028-03-04 00:00:00"
        assert is_permitted(law, a_call(HU), at("2028-03-04 00:00"), known)

    def test_day_and_week_together(self) -> None:
        """The later of the two decides."""
        law = only(attempts=AttemptsRule(day=1, week=2))
        known = past(at("2026-11-20 10:00"), at("2026-11-22 10:00"))
        assert clock(refused(law, a_call(HU), at("2026-11-22 12:00"), known).again_ms) == (
            "2026-11-27 00:00:00"
        )

    def test_ever_is_for_ever(self) -> None:
        """No time makes it good."""
        law = only(attempts=AttemptsRule(ever=2))
        known = past(at("2020-02-29 10:00"), at("2024-02-29 10:00"))
        assert refused(law, a_call(HU), at("2028-02-29 10:00"), known).again_ms is None
        assert is_permitted(law, a_call(HU), at("2028-02-29 10:00"), past(at("2024-02-29 10:00")))

    def test_whose_calls_count(self) -> None:
        """The whole site's, or the campaign's."""
        known = Known(past=(called(at("2026-11-22 10:00"), "surveys"),))
        now = at("2026-11-22 12:00")
        assert not is_permitted(ONCE_A_DAY, a_call(HU), now, known)
        own = only(attempts=AttemptsRule(day=1, site=False))
        assert is_permitted(own, a_call(HU), now, known)


class TestUnderWay:
    """Whoever calls, and whatever rules are off: one phone rings."""

    now = at("2026-11-22 10:01")
    theirs = Known(past=(PastCall("surveys", now - MINUTE, None),))
    own = Known(past=(PastCall("renewals", now - MINUTE, None),))

    @pytest.mark.parametrize("law", [only(), only(attempts=AttemptsRule(day=9, site=False))])
    @pytest.mark.parametrize("known", [theirs, own])
    def test_a_number_that_is_being_called_is_not_called_beside(
        self, law: Statute, known: Known
    ) -> None:
        """It is looked at again some minutes later: what came of that call is known then."""
        refusal = refused(law, a_call(HU), self.now, known)
        assert why(refusal) == ["under_way"]
        assert refusal.reasons[0].because == "a call to the number is under way"
        assert refusal.again_ms == self.now + 2 * MINUTE

    def test_a_call_that_uses_up_the_day_counts_before_it_is_over(self) -> None:
        """Then the lead waits for the next day, as after any call."""
        refusal = refused(ONCE_A_DAY, a_call(HU), self.now, self.theirs)
        assert why(refusal) == ["under_way", "attempts"]
        assert clock(refusal.again_ms) == "2026-11-23 00:00:00"

    def test_no_call_lasts_a_day(self) -> None:
        """Of one whose campaign was taken out of the site nobody writes the end."""
        left = Known(past=(PastCall("gone", self.now - DAY, None),))
        assert is_permitted(only(), a_call(HU), self.now, left)
        assert not is_permitted(only(), a_call(HU), self.now - 1, left)


class TestLocks:
    abandoned = only(abandoned_lock=LockRule(HOURS_72))
    machine = only(machine_lock=LockRule(HOURS_24))

    @pytest.mark.parametrize(
        "evening", ["2026-11-20 19:00", "2026-03-28 19:00", "2026-10-24 19:00", "2028-02-27 19:00"]
    )
    def test_no_call_for_72_hours_after_one_that_was_abandoned(self, evening: str) -> None:
        """From its end, to the millisecond; 72 hours whether or not the clock changes in them, and
        over the leap day."""
        call = called(at(evening), abandoned=True)
        ends = at(evening) + 30 * SECOND
        known = Known(past=(call,))
        refusal = refused(self.abandoned, a_call(HU), ends + HOURS_72 - 1, known)
        assert refusal.again_ms == ends + HOURS_72
        assert is_permitted(self.abandoned, a_call(HU), ends + HOURS_72, known)

    def test_unless_an_agent_is_kept_for_it(self) -> None:
        """Which the refusal tells; a rule may say that not even then."""
        known, now = Known(past=(called(0, abandoned=True),)), HOUR
        refusal = refused(self.abandoned, a_call(HU), now, known)
        assert refusal.agent_helps
        assert is_permitted(self.abandoned, a_call(HU, agent_kept=True), now, known)
        strict = only(abandoned_lock=LockRule(HOURS_72, unless_agent=False))
        assert not refused(strict, a_call(HU), now, known).agent_helps
        assert not is_permitted(strict, a_call(HU, agent_kept=True), now, known)

    def test_of_several_the_last_counts_whichever_campaign_it_was(self) -> None:
        """The caller is the same to who is called."""
        known = Known(past=(called(DAY, "surveys", abandoned=True), called(0, abandoned=True)))
        refusal = refused(self.abandoned, a_call(HU), 2 * DAY, known)
        assert refusal.again_ms == DAY + 30 * SECOND + HOURS_72

    def test_no_call_for_24_hours_after_a_machine(self) -> None:
        """The verdict of one, right or wrong."""
        known = Known(past=(called(0, machine=True), called(HOUR)))
        ends = 30 * SECOND
        assert refused(self.machine, a_call(HU), 5 * HOUR, known).again_ms == ends + HOURS_24
        assert is_permitted(self.machine, a_call(HU), ends + HOURS_24, known)
        assert is_permitted(self.machine, a_call(HU, agent_kept=True), 5 * HOUR, known)

    def test_other_calls_lock_nothing(self) -> None:
        """Nor does the one lock what the other is for."""
        known = Known(past=(called(0), called(0, machine=True)))
        assert is_permitted(self.abandoned, a_call(HU), HOUR, known)

    def test_a_call_to_an_answering_flow_has_no_agent_who_could_help(self) -> None:
        """In an agentless campaign nobody is kept."""
        known = Known(past=(called(0, abandoned=True),))
        assert not refused(self.abandoned, a_call(HU, automated=True), HOUR, known).agent_helps

    def test_several_rules_permit_a_call_when_the_last_of_them_does(self) -> None:
        """A lock until night, and hours in the morning."""
        law = only(abandoned_lock=LockRule(HOURS_72), attempts=AttemptsRule(week=1))
        begun = at("2026-11-20 12:00")
        known = Known(past=(called(begun, abandoned=True),))
        refusal = refused(law, a_call(HU), begun + HOUR, known)
        assert clock(refusal.again_ms) == "2026-11-27 00:00:00"
        assert not refusal.agent_helps
