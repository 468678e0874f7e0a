"""What follows a call to a customer, and the hours in which one may be made: values in and out."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.callbacks import Callbacks
from config.calling_hours import CallingHours, calling_hours
from config.hours import Hours
from config.number_zones import zones_of
from config.opening import Opening, openings
from routing.callbacks import ALWAYS, LONGEST_PAUSE_MS, CallbackRules, Promise

pytestmark = pytest.mark.unit

BUDAPEST, LONDON, NEW_YORK = "Europe/Budapest", "+442079460000", "+12125551234"
MINUTE, HOUR = 60_000, 3_600_000
DAY = Hours.model_validate({"open": {"daily": "09:00-17:00"}})
NEVER = Hours.model_validate({"open": {"daily": "closed"}})


def ms(text: str, zone: str = BUDAPEST) -> int:
    """A moment on a zone's clock."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return round(moment.timestamp()) * 1000


def shown(at_ms: int | None, zone: str = BUDAPEST) -> str | None:
    if at_ms is None:
        return None
    return f"{datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def hours_for(number: str, clock: str = "customer", hours: Hours = DAY) -> CallingHours:
    """Those of a site in Budapest, by the customer's clock."""
    rules = Callbacks.model_validate({"hours": "day", "clock": clock})
    return calling_hours(rules, openings({"day": hours}, BUDAPEST), number, "HU")


def a_promise(**changes: object) -> Promise:
    """To a customer in Hungary, whose caller came at 1,000 and left at 2,000."""
    values: dict[str, object] = {"number": "+36301234567", "queue": "sales", "skills": ()}
    return Promise(**{**values, "arrived_ms": 1_000, "due_ms": 2_000, **changes})  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("tries", "minutes"), [(0, 10), (1, 10), (2, 20), (3, 40), (8, 1_280), (9, 1_440)]
)
def test_pauses_grow_to_a_day_at_most(tries: int, minutes: int) -> None:
    """Twice as long each time."""
    rules = CallbackRules(9, 10 * MINUTE, 2.0)
    assert rules.pause_ms(tries) == minutes * MINUTE
    assert CallbackRules(9, LONGEST_PAUSE_MS, 10.0).pause_ms(9) == LONGEST_PAUSE_MS


def test_a_pause_into_the_night_ends_in_the_morning() -> None:
    """No call is made outside the hours, however it was due."""
    rules, promise = CallbackRules(3, 30 * MINUTE, 1.0), a_promise().tried()
    again = promise.again(rules, ms("2026-11-23 16:45"), "busy", hours_for("+36301234567"))
    assert again is not None
    assert shown(again.due_ms) == "2026-11-24 09:00"
    assert (again.arrived_ms, again.tries) == (1_000, 1)


def test_the_end_of_the_hours_is_no_try() -> None:
    """Nobody was called: it goes on when they begin, without a pause of its own."""
    rules, promise = CallbackRules(1, 30 * MINUTE), a_promise()
    again = promise.again(rules, ms("2026-11-23 17:00"), "closed", hours_for("+36301234567"))
    assert again is not None
    assert (shown(again.due_ms), again.tries) == ("2026-11-24 09:00", 0)


def test_where_nobody_is_ever_called_the_customer_is_given_up() -> None:
    """Instead of a promise that stands for ever."""
    hours = hours_for("+36301234567", hours=NEVER)
    assert a_promise().waits(hours, 5_000) is None
    assert a_promise().again(CallbackRules(), 5_000, "busy", hours) is None


def test_no_call_is_begun_after_the_window() -> None:
    """The customer is not there any more; the first call is made late rather than not at all."""
    rules, promise = CallbackRules(9, 10 * MINUTE, 1.0), a_promise(until_ms=HOUR)
    assert promise.waits(ALWAYS, 2 * HOUR) is promise
    tried = promise.tried()
    assert tried.again(rules, HOUR - 10 * MINUTE, "busy") is not None
    assert tried.again(rules, HOUR - 10 * MINUTE + 1, "busy") is None


def test_another_time_moves_the_place_with_it() -> None:
    """As far before it as it was; now is now, and never in the future."""
    later = a_promise(until_ms=9_000).at(10_000)
    assert (later.due_ms, later.arrived_ms, later.until_ms) == (10_000, 9_000, None)
    now = later.at(500)
    assert (now.due_ms, now.arrived_ms) == (500, 500)


def test_a_promise_of_the_version_before_is_read() -> None:
    """It has no window, no customer, and its agent is first."""
    record = json.loads(json.dumps(a_promise(tries=2).to_record()))
    for name in ("until_ms", "customer", "customer_first"):
        del record[name]
    assert Promise.from_record(record) == a_promise(tries=2)
    whole = a_promise(until_ms=9_000, customer="4711", customer_first=True)
    assert Promise.from_record(json.loads(json.dumps(whole.to_record()))) == whole


@pytest.mark.parametrize(
    ("number", "at", "clock", "opens"),
    [
        ("+36301234567", "2026-11-23 08:59", "customer", "2026-11-23 09:00"),
        (LONDON, "2026-11-23 09:30", "customer", "2026-11-23 10:00"),  # 08:30 in London
        (LONDON, "2026-11-23 09:30", "site", "2026-11-23 09:30"),
        (NEW_YORK, "2026-11-23 09:30", "customer", "2026-11-23 15:00"),
        ("0036301234567", "2026-11-23 18:00", "customer", "2026-11-24 09:00"),
        ("201", "2026-11-23 09:30", "customer", "2026-11-23 09:30"),  # of no country
        ("0630 123 4567", "2026-11-23 08:59", "customer", "2026-11-23 09:00"),  # of the site's
    ],
)
def test_the_hours_are_on_the_clock_that_the_site_says(
    number: str, at: str, clock: str, opens: str
) -> None:
    """The customer's, by the number's country and area; the site's where that is not known."""
    assert shown(hours_for(number, clock).next_ms(ms(at))) == opens


def test_a_number_of_several_zones_is_called_when_all_are_open() -> None:
    """A Russian mobile phone may be in any of them: the hours of all never meet in eight hours, and
    do in sixteen."""
    assert len(zones_of("+79161234567")) > 5
    assert hours_for("+79161234567").next_ms(ms("2026-11-23 09:00")) is None
    long = Hours.model_validate({"open": {"daily": "06:00-22:00"}})
    opens_ms = hours_for("+79161234567", hours=long).next_ms(ms("2026-11-23 09:30"))
    assert opens_ms is not None
    clocks = [int(shown(opens_ms, zone)[11:13]) for zone in zones_of("+79161234567")]  # type: ignore[index]  # it is a time
    assert all(6 <= hour < 22 for hour in clocks)


def test_hours_end_with_the_first_clock_that_closes() -> None:
    """And hours that are not named never do."""
    both = CallingHours([Opening(DAY, BUDAPEST), Opening(DAY, "Europe/London")])
    assert shown(both.closes_ms(ms("2026-11-23 11:00"))) == "2026-11-23 17:00"
    assert calling_hours(Callbacks(), {}, LONDON, None).closes_ms(0) is None
    assert calling_hours(None, {}, LONDON, None).next_ms(7) == 7


@given(
    minutes=st.integers(0, 400 * 24 * 60),
    number=st.sampled_from(["+36301234567", LONDON, NEW_YORK]),
)
def test_the_next_moment_is_open_and_the_first(minutes: int, number: str) -> None:
    """Over a year with its two changes of the clock: what is answered is within the hours, and
    half an hour before it none was."""
    hours = hours_for(number)
    at_ms = ms("2026-01-01 00:00") + minutes * MINUTE
    found = hours.next_ms(at_ms)
    assert found is not None
    assert found - at_ms <= timedelta(hours=24).total_seconds() * 1000
    assert hours.next_ms(found) == found
    if found > at_ms:
        before = max(at_ms, found - HOUR // 2)
        assert hours.next_ms(before) == found
