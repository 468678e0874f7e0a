"""The intervals of reports: by the site's clock, also when that is changed."""

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.intervals import Step, borders, day_start, local

pytestmark = pytest.mark.unit

BUDAPEST = ZoneInfo("Europe/Budapest")
HOUR_MS = 3_600_000


def _at(text: str, zone: ZoneInfo = BUDAPEST) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def _clock(found: list[int], zone: ZoneInfo = BUDAPEST) -> list[str]:
    return [local(at_ms, zone).isoformat(timespec="minutes") for at_ms in found]


def test_a_period_that_begins_within_an_interval_begins_with_a_short_one() -> None:
    """And ends with one; those between are by the clock."""
    found = borders(_at("2026-11-20T08:50"), _at("2026-11-20T09:20"), Step.QUARTER, BUDAPEST)
    assert [text[11:16] for text in _clock(found)] == ["08:50", "09:00", "09:15", "09:20"]


def test_days_are_the_zones() -> None:
    """Of 24 hours, and of 23 and 25 when the clocks change."""
    found = borders(_at("2026-10-24"), _at("2026-10-27"), Step.DAY, BUDAPEST)
    assert [(b - a) // HOUR_MS for a, b in pairwise(found)] == [24, 25, 24]
    spring = borders(_at("2026-03-29"), _at("2026-03-30"), Step.DAY, BUDAPEST)
    assert [(b - a) // HOUR_MS for a, b in pairwise(spring)] == [23]


def test_the_hour_that_comes_twice_is_two_intervals() -> None:
    """Told apart by the offset."""
    found = borders(_at("2026-10-25T01:00"), _at("2026-10-25T04:00"), Step.HOUR, BUDAPEST)
    assert _clock(found) == [
        "2026-10-25T01:00+02:00",
        "2026-10-25T02:00+02:00",
        "2026-10-25T02:00+01:00",
        "2026-10-25T03:00+01:00",
        "2026-10-25T04:00+01:00",
    ]


def test_hours_are_by_the_clock_of_zones_off_the_hour() -> None:
    """India is five and a half hours from Greenwich."""
    india = ZoneInfo("Asia/Kolkata")
    since, until = _at("2026-11-20T08:10", india), _at("2026-11-20T10:00", india)
    found = borders(since, until, Step.HOUR, india)
    assert [text[11:16] for text in _clock(found, india)] == ["08:10", "09:00", "10:00"]


def test_a_day_whose_midnight_is_skipped_begins_at_that_moment() -> None:
    """In Beirut the clocks go forward at midnight."""
    beirut = ZoneInfo("Asia/Beirut")
    assert local(day_start(date(2024, 3, 31), beirut), beirut).hour == 1


@given(
    since=st.integers(1_700_000_000, 1_900_000_000),
    minutes=st.integers(1, 4_000),
    step=st.sampled_from(Step),
    zone=st.sampled_from(["Europe/Budapest", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_intervals_cover_the_period_without_gaps(
    since: int, minutes: int, step: Step, zone: str
) -> None:
    """Each later than the one before, from the first moment to the last, none too long."""
    since_ms, until_ms = 1_000 * since, 1_000 * since + 60_000 * minutes
    found = borders(since_ms, until_ms, step, ZoneInfo(zone))
    assert (found[0], found[-1]) == (since_ms, until_ms)
    lengths = [b - a for a, b in pairwise(found)]
    longest = {Step.QUARTER: 0.25, Step.HALF: 0.5, Step.HOUR: 1, Step.DAY: 25}.get(step, 1e9)
    assert all(0 < length <= longest * HOUR_MS for length in lengths)
