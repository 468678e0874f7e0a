"""Opening hours as a caller meets them: open or closed, why, and until when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.clock_times import DAY_MINUTES, WEEK, DayHours, Span
from config.countries import public_holidays
from config.document import load_text
from config.hours import Hours
from config.opening import Closed, Open, Opening, openings

pytestmark = pytest.mark.unit

BUDAPEST = "Europe/Budapest"
SUPPORT = """
open: {mon-thu: "08:00-18:00", fri: "08:00-12:00 13:00-16:00", sat: closed}
holidays: [HU, EE]
lists: {company: [2026-12-28, 12-31]}
special: {2026-12-24: "08:00-12:00", 2026-12-26: closed, 11-02: "10:00-11:00"}
"""
NIGHT = 'open: {daily: "22:00-06:00"}'
MINUTE_MS = 60_000


def opening(text: str, zone: str = BUDAPEST) -> Opening:
    return Opening(load_text(text, "hours.yaml", Hours), zone)


def ms(written: str, zone: str = BUDAPEST) -> int:
    """The Unix time of a local one; ``fold=1`` behind it is the second of two."""
    text, _, fold = written.partition(" fold=")
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=int(fold or 0))
    return round(local.timestamp()) * 1000


@pytest.mark.parametrize(
    ("at", "is_open", "why", "changes"),
    [
        ("2026-11-23 07:59:59", False, "week", "2026-11-23 08:00"),
        ("2026-11-23 08:00", True, "week", "2026-11-23 18:00"),
        ("2026-11-23 18:00", False, "week", "2026-11-24 08:00"),
        ("2026-11-27 12:30", False, "week", "2026-11-27 13:00"),
        ("2026-11-27 16:00", False, "week", "2026-11-30 08:00"),
        ("2026-11-28 10:00", False, "week", "2026-11-30 08:00"),
        ("2026-10-23 10:00", False, "holiday: National Day", "2026-10-26 08:00"),
        ("2026-06-23 10:00", False, "holiday: Victory Day", "2026-06-25 08:00"),
        ("2026-12-28 10:00", False, "holiday: company", "2026-12-29 08:00"),
        ("2026-12-31 10:00", False, "holiday: company", "2027-01-04 08:00"),
        ("2026-12-24 10:00", True, "special", "2026-12-24 12:00"),
        ("2026-12-24 12:00", False, "special", "2026-12-29 08:00"),
        ("2026-12-25 10:00", False, "holiday: Christmas Day", "2026-12-29 08:00"),
        ("2026-12-26 10:00", False, "special", "2026-12-29 08:00"),
        ("2026-11-02 10:30", True, "special", "2026-11-02 11:00"),
        ("2027-11-02 08:30", False, "special", "2027-11-02 10:00"),
    ],
)
def test_a_support_line(at: str, is_open: bool, why: str, changes: str) -> None:
    """A special day wins over a holiday, a holiday over the week; a span ends before its end."""
    now = opening(SUPPORT).at(ms(at))
    assert (isinstance(now, Open), str(now.reason)) == (is_open, why)
    assert now.next_change_ms == ms(changes)


@pytest.mark.parametrize(
    ("at", "is_open", "changes"),
    [
        ("2026-11-23 21:59", False, "2026-11-23 22:00"),
        ("2026-11-23 22:00", True, "2026-11-24 06:00"),
        ("2026-11-24 05:59", True, "2026-11-24 06:00"),
        # The night has an hour less, and an hour more.
        ("2026-03-28 23:00", True, "2026-03-29 06:00"),
        ("2026-10-24 23:00", True, "2026-10-25 06:00"),
    ],
)
def test_a_night_line(at: str, is_open: bool, changes: str) -> None:
    """A span goes over midnight, over the end of the week, and over a change of the clocks."""
    now = opening(NIGHT).at(ms(at))
    assert (isinstance(now, Open), now.next_change_ms) == (is_open, ms(changes))


def test_a_closed_day_leaves_the_end_of_the_night_before() -> None:
    """A span belongs to the day it begins on; the duty of Christmas Eve ends in the morning."""
    night = opening(NIGHT + "\nspecial: {12-25: closed}")
    now = night.at(ms("2026-12-25 03:00"))
    assert isinstance(now, Open)
    assert str(now.reason) == "week"
    evening = night.at(ms("2026-12-25 23:00"))
    assert isinstance(evening, Closed)
    assert str(evening.reason) == "special"
    assert evening.next_change_ms == ms("2026-12-26 22:00")


def test_spans_that_meet_are_one() -> None:
    """Nobody hears that the house closes at midnight and opens at midnight."""
    now = opening('open: {mon: "08:00-24:00", tue: "00:00-12:00"}').at(ms("2026-11-23 09:00"))
    assert now.next_change_ms == ms("2026-11-24 12:00")


def test_an_hour_that_is_left_out() -> None:
    """From 02:30 on a morning without a 02:30 is from 03:00 on."""
    shop = opening('open: {sun: "02:30-10:00"}')
    assert shop.at(ms("2026-03-29 01:59")).next_change_ms == ms("2026-03-29 03:00")
    assert isinstance(shop.at(ms("2026-03-29 03:00")), Open)


def test_an_hour_that_comes_twice() -> None:
    """The clock on the wall decides, both times that it shows 02:15."""
    shop = opening('open: {sun: "01:00-02:30"}')
    assert isinstance(shop.at(ms("2026-10-25 02:15")), Open)
    between = shop.at(ms("2026-10-25 02:45"))
    assert isinstance(between, Closed)
    assert between.next_change_ms == ms("2026-10-25 02:00 fold=1")
    again = shop.at(ms("2026-10-25 02:15 fold=1"))
    assert isinstance(again, Open)
    assert again.next_change_ms == ms("2026-10-25 02:30 fold=1")


def test_hours_of_another_zone() -> None:
    """A colleague's desk overseas keeps its own clock; without one the site's counts."""
    hours = load_text('open: {daily: "09:00-17:00"}', "a", Hours)
    overseas = hours.model_copy(update={"zone": "America/New_York"})
    desks = openings({"here": hours, "there": overseas}, BUDAPEST)
    morning = ms("2026-11-23 10:00")
    assert isinstance(desks["here"].at(morning), Open)
    assert desks["there"].at(morning).next_change_ms == ms("2026-11-23 15:00")


def test_when_it_opens_again() -> None:
    """A flow may say so: on the clock of the hours, and only while they are closed."""
    support = opening(SUPPORT)
    opens = support.opens_at(ms("2026-12-24 15:00"))
    assert opens is not None
    assert opens.isoformat() == "2026-12-29T08:00:00+01:00"
    assert support.opens_at(ms("2026-12-24 10:00")) is None


@pytest.mark.parametrize(
    ("text", "answer"),
    [('open: {daily: "00:00-24:00"}', Open), ("open: {daily: closed}", Closed)],
)
def test_always_and_never(text: str, answer: type[Open | Closed]) -> None:
    """Nothing changes within a year, and nothing is said of when."""
    now = opening(text).at(ms("2026-11-23 10:00"))
    assert isinstance(now, answer)
    assert now.next_change_ms is None
    assert opening(text).opens_at(ms("2026-11-23 10:00")) is None


def test_part_of_a_country() -> None:
    """Bavaria rests on Epiphany, the rest of Germany works."""
    assert date(2027, 1, 6) in public_holidays("DE-BY", 2027)
    assert date(2027, 1, 6) not in public_holidays("DE", 2027)


def test_no_holidays_outside_the_years_that_are_known() -> None:
    """The week counts then, and nothing fails."""
    assert public_holidays("HU", 2150) == {}


# What follows is the slow reference: every minute looked up on the wall's clock alone.


def reference(week: dict[int, DayHours], special: dict[str, DayHours], local: datetime) -> bool:
    """Whether a span of the day, or one of the day before, holds the time on the wall."""
    minute = local.hour * 60 + local.minute
    eve = local.date() - timedelta(days=1)
    spans = [(span, minute) for span in _of(week, special, local.date())]
    spans += [(span, minute + DAY_MINUTES) for span in _of(week, special, eve)]
    return any(span.opens <= at < span.closes for span, at in spans)


def _of(week: dict[int, DayHours], special: dict[str, DayHours], day: date) -> tuple[Span, ...]:
    return special.get(f"{day:%m-%d}", week.get(day.weekday(), DayHours())).spans


def next_changes(states: list[bool]) -> list[int | None]:
    """For each state the index of the next that differs; None where there is none."""
    found: list[int | None] = [None] * len(states)
    for index in range(len(states) - 2, -1, -1):
        differs = states[index] != states[index + 1]
        found[index] = index + 1 if differs else found[index + 1]
    return found


@st.composite
def day_hours(draw: st.DrawFn) -> DayHours:
    """None to three spans, the last perhaps over midnight."""
    quarters = st.integers(0, 95).map(lambda quarter: quarter * 15)
    edges = draw(st.lists(quarters, max_size=5, unique=True).map(sorted))
    if len(edges) % 2:
        edges.append(draw(st.integers(DAY_MINUTES, DAY_MINUTES + max(edges[0] - 1, 0))))
    return DayHours(tuple(map(Span, edges[::2], edges[1::2])))


WEEKS = st.dictionaries(st.integers(0, 6), day_hours())
SPECIALS = st.dictionaries(st.sampled_from(["03-29", "10-25", "04-05", "12-31"]), day_hours())
PLACES = [
    ("Europe/Budapest", "2026-03-27"),
    ("Europe/Budapest", "2026-10-23"),
    ("Europe/Budapest", "2026-12-30"),
    # At midnight; of half an hour; a day that is left out altogether.
    ("Africa/Cairo", "2026-04-22"),
    ("Africa/Cairo", "2026-10-28"),
    ("Australia/Lord_Howe", "2026-04-03"),
    ("Australia/Lord_Howe", "2026-10-02"),
    ("Pacific/Apia", "2011-12-28"),
]
"""Zones, and first of the three days around a change of their clocks."""


@settings(max_examples=20, deadline=None)
@given(WEEKS, SPECIALS, st.sampled_from(PLACES))
@example({5: DayHours.parse("00:00-24:00")}, {}, ("Pacific/Apia", "2011-12-28"))
def test_every_minute_agrees_with_the_clock_on_the_wall(
    week: dict[int, DayHours], special: dict[str, DayHours], place: tuple[str, str]
) -> None:
    """Three days minute by minute around a change of the clocks; what changes next is told."""
    zone, start = place
    days = {WEEK[number]: str(day) for number, day in week.items()}
    hours = Hours.model_validate(
        {"open": days, "special": {day: str(text) for day, text in special.items()}}
    )
    fast = Opening(hours, zone)
    first = round(datetime.fromisoformat(start).replace(tzinfo=UTC).timestamp() * 1000)
    moments = [first + minute * MINUTE_MS for minute in range(3 * DAY_MINUTES)]
    wall = [datetime.fromtimestamp(at / 1000, fast.zone) for at in moments]
    expected = [reference(week, special, local) for local in wall]
    answers = [fast.at(at) for at in moments]
    assert [isinstance(answer, Open) for answer in answers] == expected
    for answer, change in zip(answers, next_changes(expected), strict=True):
        if change is not None:
            assert answer.next_change_ms == moments[change]
        else:
            assert answer.next_change_ms is None or answer.next_change_ms > moments[-1]
