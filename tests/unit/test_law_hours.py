"""Calling hours at the callee's place: zones, changes of the clock, leap days, holidays."""

from __future__ import annotations

import pytest

from routing.outbound.rules.ask import Told
from routing.outbound.rules.law import Rules
from tests.unit.calling import (
    ALASKA,
    BUDAPEST,
    HU,
    LOS_ANGELES,
    NEW_YORK,
    TOLL_FREE,
    UK,
    US,
    Statute,
    a_call,
    at,
    clock,
    daily,
    decide,
    is_permitted,
    only,
    refused,
)

pytestmark = pytest.mark.unit

FEDERAL = only(hours=daily("08:00-21:00"))
MINSK_TO_KAMCHATKA = "+79161234567"


@pytest.mark.parametrize(
    ("time", "permits"),
    [
        ("07:59:59.999", False),
        ("08:00:00", True),
        ("20:59:59.999", True),
        ("21:00:00", False),
        ("00:00:00", False),
    ],
)
def test_the_hours_are_to_the_millisecond(time: str, permits: bool) -> None:
    """From eight, before nine: 16 CFR 310.4(c)."""
    now = at(f"2026-11-23 {time}", NEW_YORK)
    assert is_permitted(FEDERAL, a_call(US), now) is permits


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        (US, NEW_YORK),
        (LOS_ANGELES, "America/Los_Angeles"),
        (HU, BUDAPEST),
        (UK, "Europe/London"),
        ("+3725123456", "Europe/Tallinn"),
        ("+48601234567", "Europe/Warsaw"),
    ],
)
def test_the_clock_is_the_callees(number: str, zone: str) -> None:
    """By the country of the number, and in it by the area."""
    assert is_permitted(FEDERAL, a_call(number), at("2026-11-23 08:00", zone))
    assert not is_permitted(FEDERAL, a_call(number), at("2026-11-23 07:59", zone))
    assert not is_permitted(FEDERAL, a_call(number), at("2026-11-23 21:00", zone))


def test_a_number_of_two_zones_is_called_while_both_permit_it() -> None:
    """Alaska's may be on the Aleutians, an hour behind: from 09:00 to 21:00 of Anchorage."""
    law, call = FEDERAL, a_call(ALASKA)
    zone = "America/Anchorage"
    hours = [
        each for each in range(24) if is_permitted(law, call, at(f"2026-11-23 {each:02}:00", zone))
    ]
    assert hours == [*range(9, 21)]
    refusal = refused(law, call, at("2026-11-23 08:30", zone))
    adak = "outside the calling hours in America/Adak, Pacific/Honolulu"
    assert refusal.reasons[0].because == adak
    assert clock(refusal.again_ms, zone) == "2026-11-23 09:00:00"


def test_a_number_that_may_be_anywhere_is_called_when_everywhere_permits_it() -> None:
    """A toll-free number of America: its zones reach from Newfoundland to Guam, where it is eight
    when it is half past six in the evening there. Told where it is, it has one zone."""
    noon = at("2026-11-23 12:00", NEW_YORK)
    again_ms = refused(FEDERAL, a_call(TOLL_FREE), noon).again_ms
    assert again_ms == at("2026-11-24 08:00", "Pacific/Guam")
    assert again_ms == at("2026-11-23 18:30", "America/St_Johns")
    assert is_permitted(FEDERAL, a_call(TOLL_FREE, told=Told(NEW_YORK)), noon)
    assert not is_permitted(FEDERAL, a_call(TOLL_FREE, told=Told("Pacific/Guam")), noon)


def test_a_zone_that_is_none_of_the_numbers_comes_beside_them() -> None:
    """Who has moved to California with a number of New York: neither is woken."""
    call = a_call(US, told=Told("America/Los_Angeles"))
    assert not is_permitted(FEDERAL, call, at("2026-11-23 08:00", NEW_YORK))
    assert is_permitted(FEDERAL, call, at("2026-11-23 08:00", "America/Los_Angeles"))
    assert not is_permitted(FEDERAL, call, at("2026-11-23 18:00", "America/Los_Angeles"))


def test_a_number_of_no_known_zone_is_not_called() -> None:
    """Nobody can say what time it is there; a lead may."""
    satellite = "+881612345678"
    refusal = refused(FEDERAL, a_call(satellite), at("2026-11-23 12:00"))
    assert refusal.reasons[0].because == "no time zone is known for this number"
    assert refusal.again_ms is None
    assert is_permitted(FEDERAL, a_call(satellite, told=Told("UTC")), at("2026-11-23 12:00", "UTC"))


@pytest.mark.parametrize(
    ("number", "zone", "night"),
    [
        (HU, BUDAPEST, "2026-03-29"),
        (US, NEW_YORK, "2026-03-08"),
        (UK, "Europe/London", "2026-03-29"),
    ],
)
def test_when_the_clock_is_put_forward_eight_is_an_hour_sooner(
    number: str, zone: str, night: str
) -> None:
    """It is the clock on the callee's wall that counts, on the day of the change too: from
    midnight to eight it takes seven hours."""
    midnight, eight = at(f"{night} 00:00", zone), at(f"{night} 08:00", zone)
    assert eight - midnight == 7 * 3_600_000
    assert refused(FEDERAL, a_call(number), midnight).again_ms == eight
    assert not is_permitted(FEDERAL, a_call(number), eight - 1)
    assert is_permitted(FEDERAL, a_call(number), eight)


@pytest.mark.parametrize(
    ("number", "zone", "night"),
    [(HU, BUDAPEST, "2026-10-25"), (US, NEW_YORK, "2026-11-01")],
)
def test_when_the_clock_is_put_back_eight_is_an_hour_later(
    number: str, zone: str, night: str
) -> None:
    """From midnight to eight it takes nine hours."""
    midnight, eight = at(f"{night} 00:00", zone), at(f"{night} 08:00", zone)
    assert eight - midnight == 9 * 3_600_000
    assert refused(FEDERAL, a_call(number), midnight).again_ms == eight
    assert not is_permitted(FEDERAL, a_call(number), eight - 1)


def test_an_hour_that_comes_twice_permits_twice_and_one_that_is_missing_never() -> None:
    """Hours from two to three at night, as a reader of the clock would take them."""
    nightly = only(hours=daily("02:00-03:00"))
    for fold in (0, 1):
        assert is_permitted(nightly, a_call(HU), at("2026-10-25 02:30", fold=fold))
    spring = at("2026-03-29 00:00")
    quarters = [spring + each * 900_000 for each in range(23 * 4)]
    assert not any(is_permitted(nightly, a_call(HU), moment) for moment in quarters)


def test_between_the_two_changes_america_is_an_hour_nearer() -> None:
    """From 8 to 29 March 2026 New York is five hours behind Budapest, not six: 08:00 there is
    13:00 here."""
    assert not is_permitted(FEDERAL, a_call(US), at("2026-03-07 13:00", BUDAPEST))
    assert is_permitted(FEDERAL, a_call(US), at("2026-03-10 13:00", BUDAPEST))
    assert not is_permitted(FEDERAL, a_call(US), at("2026-03-30 13:00", BUDAPEST))


def test_the_leap_day_is_a_day_of_its_own() -> None:
    """2028 has one, 2027 and 2100 have none: its hours are kept, and those of the day before."""
    law = only(hours=daily("09:00-17:00", special={"02-29": "10:00-12:00"}))
    assert not is_permitted(law, a_call(HU), at("2028-02-29 09:30"))
    assert is_permitted(law, a_call(HU), at("2028-02-29 10:30"))
    assert is_permitted(law, a_call(HU), at("2028-02-28 09:30"))
    assert is_permitted(law, a_call(HU), at("2027-03-01 09:30"))
    evening = refused(law, a_call(HU), at("2028-02-28 18:00"))
    assert clock(evening.again_ms) == "2028-02-29 10:00:00"
    common = refused(law, a_call(HU), at("2027-02-28 18:00"))
    assert clock(common.again_ms) == "2027-03-01 09:00:00"


def test_nobody_is_called_on_a_public_holiday_of_theirs() -> None:
    """Hungary's 20 August, and in 2026 the Friday after it, a day off by decree; Good Friday, which
    moves."""
    law = only(hours=daily("08:00-20:00", holidays=["HU"]))
    refusal = refused(law, a_call(HU), at("2026-08-20 12:00"))
    assert "holiday" in str(refusal.reasons[0].saw["clocks"])
    assert clock(refusal.again_ms) == "2026-08-22 08:00:00"
    assert not is_permitted(law, a_call(HU), at("2026-04-03 12:00"))
    assert is_permitted(law, a_call(HU), at("2025-04-03 12:00"))


def test_the_hours_are_those_of_the_callees_country() -> None:
    """Under one law two countries have their own."""
    law = Statute(Rules(hours=daily("09:00-12:00")), {"US": Rules(hours=daily("08:00-21:00"))})
    assert is_permitted(law, a_call(US), at("2026-11-23 20:00", NEW_YORK))
    assert not is_permitted(law, a_call(HU), at("2026-11-23 20:00"))
    canadian, zone = "+14165551234", "America/Toronto"
    assert not is_permitted(law, a_call(canadian), at("2026-11-23 20:00", zone))


class TestPartsOfACountry:
    """Florida closes an hour before the rest of the country."""

    law = Statute(Rules(hours=daily("08:00-21:00")), {"US-FL": Rules(hours=daily("08:00-20:00"))})
    late = at("2026-11-23 20:30", NEW_YORK)
    miami = "+13055551234"

    def jurisdictions(self, number: str, part: str | None = None) -> list[str]:
        decision = decide(self.law, a_call(number, told=Told(part=part)), self.late)
        told = (each.jurisdiction for each in decision.evidence.findings)
        return [*dict.fromkeys(told)]

    def test_a_number_of_the_part_is_under_its_rules(self) -> None:
        """By its area code, and not under those of the country."""
        assert self.jurisdictions(self.miami) == ["US-FL"]
        assert not is_permitted(self.law, a_call(self.miami), self.late)

    def test_a_number_of_another_part_is_not(self) -> None:
        """New York has no rules of its own here."""
        assert self.jurisdictions(US) == ["US"]
        assert is_permitted(self.law, a_call(US), self.late)

    def test_who_has_moved_is_under_both(self) -> None:
        """A number of New York in Florida, and the other way round."""
        assert self.jurisdictions(US, "US-FL") == ["US-FL", "US"]
        assert self.jurisdictions(self.miami, "US-NY") == ["US-FL", "US-NY"]
        assert not is_permitted(self.law, a_call(US, told=Told(part="US-FL")), self.late)

    def test_a_number_of_no_known_part_is_under_all(self) -> None:
        """A toll-free one may ring in Florida; told where it is, it does not."""
        call = a_call(TOLL_FREE, told=Told(NEW_YORK))
        assert self.jurisdictions(TOLL_FREE) == ["US", "US-FL"]
        assert not is_permitted(self.law, call, self.late)
        assert is_permitted(self.law, a_call(TOLL_FREE, told=Told(NEW_YORK, "US-NY")), self.late)

    def test_a_part_of_another_country_comes_beside(self) -> None:
        """A Hungarian number in Florida: either may be wrong."""
        assert self.jurisdictions(HU, "US-FL") == ["HU", "US-FL"]
        assert self.jurisdictions(US, "US") == ["US"]


def test_hours_of_many_zones_that_never_meet_have_no_next_call() -> None:
    """A Russian mobile phone may be in eleven zones; sixteen hours a day do meet."""
    narrow, wide = only(hours=daily("09:00-17:00")), only(hours=daily("06:00-22:00"))
    now = at("2026-11-23 03:00", "UTC")
    assert refused(narrow, a_call(MINSK_TO_KAMCHATKA), now).again_ms is None
    again_ms = refused(wide, a_call(MINSK_TO_KAMCHATKA), now).again_ms
    assert again_ms is not None
    assert is_permitted(wide, a_call(MINSK_TO_KAMCHATKA), again_ms)
    assert not is_permitted(wide, a_call(MINSK_TO_KAMCHATKA), again_ms - 1)


def test_without_the_rule_any_hour_will_do_and_the_evidence_says_so() -> None:
    """Off is a decision, and somebody's."""
    law = Statute(Rules(set_by={"hours": "calling_rules.HU"}))
    findings = decide(law, a_call(HU), at("2026-11-23 03:00")).evidence.findings
    (off,) = [each for each in findings if each.rule == "hours"]
    assert (off.verdict, off.set_by) == ("off", "calling_rules.HU")
