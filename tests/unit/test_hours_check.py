"""Opening hours that are allowed: how they are read, and what is not complained of."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from config.clock_times import DayHours, Span, YearDay, weekdays_of, year_day_of
from config.document import load_text_located, schema
from config.hours import Hours
from config.hours_checks import check_hours
from config.site import load_site_located

pytestmark = pytest.mark.unit


def complaints(text: str, today: date | None = None) -> list[str]:
    """What is told of hours, beyond their form."""
    hours, located = load_text_located(text, "hours.yaml", Hours)
    return [str(problem) for problem in check_hours(hours, (), located, today)]


@pytest.mark.parametrize(
    ("written", "spans"),
    [
        ("closed", []),
        ("08:00-18:00", [(480, 1080)]),
        ("13:00-16:00, 8:00-12:00", [(480, 720), (780, 960)]),
        ("00:00-24:00", [(0, 1440)]),
        ("20:00-00:00", [(1200, 1440)]),
        ("22:00-06:00", [(1320, 1800)]),
    ],
)
def test_spans(written: str, spans: list[tuple[int, int]]) -> None:
    """In minutes of the day that a span begins on, in order, over midnight as well."""
    assert DayHours.parse(written).spans == tuple(Span(*span) for span in spans)


@pytest.mark.parametrize("written", ["closed", "08:00-12:00 13:00-16:00", "22:00-06:00"])
def test_spans_are_shown_as_they_are_written(written: str) -> None:
    """A message quotes hours as their author knows them."""
    assert str(DayHours.parse(written)) == written


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("wed", (2,)),
        ("mon-thu", (0, 1, 2, 3)),
        ("fri-mon", (4, 5, 6, 0)),
        ("daily", (0, 1, 2, 3, 4, 5, 6)),
        ("weekdays", (0, 1, 2, 3, 4)),
        ("weekend", (5, 6)),
    ],
)
def test_days_of_the_week(written: str, days: tuple[int, ...]) -> None:
    """Monday is 0; a range may go over the end of the week."""
    assert weekdays_of(written) == days


def test_days_of_the_year() -> None:
    """Of one year or of every year, and the day that most years lack."""
    assert year_day_of("2026-12-24") == YearDay(2026, 12, 24)
    assert year_day_of("02-29") == YearDay(None, 2, 29)


@pytest.mark.parametrize(
    "text",
    [
        'open: {daily: "22:00-06:00"}',
        'open: {fri: "18:00-02:00", sat: "02:00-12:00"}',
        'open: {mon-fri: "00:00-24:00", sat-sun: "00:00-24:00"}',
        'open: {}\nspecial: {12-24: "08:00-12:00"}',
    ],
)
def test_what_is_allowed(text: str) -> None:
    """Nights that meet the next opening, and hours that only special days have."""
    assert complaints(text, date(2026, 11, 22)) == []


def test_a_special_day_is_over_when_the_next_begins() -> None:
    """Not yet on the day itself, and a day of every year never."""
    text = 'open: {daily: "08:00-16:00"}\nspecial: {2026-12-24: closed, 12-24: closed}'
    assert complaints(text, date(2026, 12, 24)) == []
    told = "hours.yaml:2:11: warning: special.2026-12-24: 2026-12-24 is over"
    assert complaints(text, date(2026, 12, 25)) == [told]


def test_the_site_is_checked_on_the_day_that_is_given(tmp_path: Path) -> None:
    """A site's warnings can be told for any day."""
    site = Path(__file__).parents[1] / "data/site/good/minimal.yaml"
    path = tmp_path / "site.yaml"
    shop = 'hours: {shop: {open: {daily: "08:00-16:00"}, special: {2030-05-02: closed}}}\n'
    path.write_text(site.read_text("utf-8") + shop, "utf-8")
    assert load_site_located(path, {}, date(2030, 5, 2))[2] == ()
    (warning,) = load_site_located(path, {}, date(2030, 5, 3))[2]
    assert str(warning).endswith("warning: hours.shop.special.2030-05-02: 2030-05-02 is over")


@pytest.mark.parametrize("text", ["closed", "8:00-12:00", "08:00-12:00, 13:00-16:00 20:00-02:00"])
def test_editors_accept_what_the_loader_does(text: str) -> None:
    """Their pattern must not underline good hours."""
    days = schema(Hours)["properties"]["open"]["patternProperties"]
    ((key, value),) = days.items()
    assert re.search(key, "fri-mon")
    assert not re.search(key, "friday")
    assert re.search(value["pattern"], text)


def test_a_night_of_more_than_half_a_day_is_doubted() -> None:
    """Turned round, a Friday afternoon becomes a night; who means it writes two spans."""
    doubted, special = complaints(
        'open: {mon-thu: "08:00-15:00", fri: "15:00-08:00", sat: "20:00-08:00"}\n'
        'special: {12-24: "12:30-00:31"}'
    )
    assert doubted == (
        "hours.yaml:1:37: warning: open.fri: 15:00-08:00 is open over night, for 17 hours: is "
        "08:00-15:00 meant? If not, write two spans, 15:00-24:00 and on the next day 00:00-08:00"
    )
    assert special.startswith("hours.yaml:2:18: warning: special.12-24: 12:30-00:31 is open over")
    assert complaints('open: {fri: "15:00-24:00", sat: "00:00-08:00"}') == []
