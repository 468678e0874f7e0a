"""Callbacks at a time that the caller asks for: what the flow says, hears back, and promises."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from config.callbacks import Callbacks
from config.hours import Hours
from config.opening import openings
from ivr.commands import CallBack, CancelCallback, Play
from ivr.steps.base import Known
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit

BUDAPEST = "Europe/Budapest"
HOURS = openings({"calls": Hours.model_validate({"open": {"weekdays": "08:00-20:00"}})}, BUDAPEST)
KNOWN = Known(callbacks=Callbacks(hours="calls"), hours=HOURS, zone=BUDAPEST)
OUTSIDE = """
  outside: {say: "Only on {callback.date} at {callback.time}.", next: bye}
"""
FLOW = """
languages: [en]
start: promise
steps:
  promise:
    callback: BODY
    next: promised
    EXITS
    on_error: sorry
  promised: {say: "On {callback.date} at {callback.time}.", next: bye, on_error: soon}
  soon: {say: Soon., next: bye}
  sorry: {say: That cannot be done., next: bye}
  bye: {hangup: normal}
"""
MONDAY = "2026-11-23 10:00"


def ms(text: str, fold: int = 0) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BUDAPEST), fold=fold)
    return round(moment.timestamp()) * 1000


def shown(at_ms: int | None) -> str | None:
    if at_ms is None:
        return None
    return f"{datetime.fromtimestamp(at_ms / 1000, ZoneInfo(BUDAPEST)):%m-%d %H:%M}"


def asks(
    body: str, at_ms: int | None = None, exits: str = "", known: Known = KNOWN
) -> Conversation:
    """A call, by default on Monday at ten, that asks for a callback like this."""
    text = FLOW.replace("BODY", f"{{queue: support, {body}}}")
    text = text.replace("    EXITS\n", f"    {exits}\n" if exits else "")
    text += OUTSIDE if exits else ""
    return Conversation(program(text, known), now_ms=at_ms or ms(MONDAY), zone=BUDAPEST)


def times(talk: Conversation) -> tuple[str | None, str | None]:
    """When the outside is asked to have the customer called, and until when."""
    command = talk.command
    assert isinstance(command, CallBack)
    return shown(command.at_ms), shown(command.until_ms)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("at: '15:30'", ("11-23 15:30", None)),
        ("at: '09:30'", ("11-24 09:30", None)),  # past: tomorrow
        ("at: '09:30', day: 2026-11-25", ("11-25 09:30", None)),
        ("at: '12:00', until: '13:30'", ("11-23 12:00", "11-23 13:30")),
        ("after: 2h", ("11-23 12:00", None)),
        ("after: 3600s", ("11-23 11:00", None)),
        ("after: 90m", ("11-23 11:30", None)),
        ("after: 60 * 3", ("11-23 13:00", None)),  # an expression in minutes
        ("after: 24h", ("11-24 10:00", None)),
    ],
)
def test_a_time_that_is_asked_for(body: str, wanted: tuple[str, str | None]) -> None:
    """By the clock, a day, a window or from now on."""
    assert times(asks(body)) == wanted


@pytest.mark.parametrize("body", ["at: '09:30', day: 2026-11-23", "after: 0 - 5"])
def test_a_time_that_is_past_cannot_be_promised(body: str) -> None:
    """The step leaves by on_error."""
    assert asks(body).hears == "That cannot be done."


def test_the_promised_time_is_said_back() -> None:
    """On the clock of the site."""
    talk = asks("at: '15:30'")
    talk.done("promised")
    assert isinstance(talk.command, Play)
    assert talk.hears == "On the twenty-third of November twenty twenty-six at three thirty p.m."


def test_a_call_as_soon_as_possible_has_no_time() -> None:
    """The flow can tell the one from the other."""
    talk = asks("priority: 1")
    assert times(talk) == (None, None)
    talk.done("promised")
    assert (talk.value("callback.date"), talk.value("callback.time")) == (None, None)


def test_at_night_the_call_is_promised_for_the_morning() -> None:
    """A call that cannot be made now is told, and dated."""
    talk = asks("priority: 1", ms("2026-11-27 21:00"))
    assert times(talk) == ("11-30 08:00", None)
    talk.done("promised")
    assert str(talk.value("callback.date")) == "2026-11-30"


@pytest.mark.parametrize("body", ["at: '21:00'", "after: 12h"])
def test_a_time_outside_the_hours_can_be_refused(body: str) -> None:
    """The caller hears when somebody could call, and may choose again."""
    talk = asks(body, exits="outside: outside")
    assert talk.hears == "Only on the twenty-fourth of November twenty twenty-six at eight a.m."
    assert times(asks(body)) == ("11-24 08:00", None)


def test_a_window_that_the_hours_do_not_reach_is_outside() -> None:
    """Nobody is promised a call when they have said not to be there."""
    assert asks("at: '06:00', until: '07:00'").hears == "That cannot be done."
    talk = asks("at: '06:00', until: '09:00'")
    assert times(talk) == ("11-24 08:00", "11-24 09:00")


@pytest.mark.parametrize(
    ("now", "fold", "at", "wanted", "of_fold"),
    [
        ("2026-03-28 22:00", 0, "02:30", "2026-03-29 03:30", 0),  # the hour that is missing
        ("2026-03-29 01:59", 0, "03:00", "2026-03-29 03:00", 0),
        ("2026-10-24 22:00", 0, "02:30", "2026-10-25 02:30", 0),  # of two the first
        ("2026-10-25 02:45", 0, "02:30", "2026-10-25 02:30", 1),  # to come again
        ("2026-10-25 02:15", 1, "02:30", "2026-10-25 02:30", 1),
        ("2026-10-25 02:45", 1, "02:30", "2026-10-26 02:30", 0),
    ],
)
def test_on_the_days_when_the_clock_is_changed(
    now: str, fold: int, at: str, wanted: str, of_fold: int
) -> None:
    """The next moment at which the clock shows what was asked for."""
    at_any_hour = Known(callbacks=Callbacks(), zone=BUDAPEST)
    command = asks(f"at: '{at}'", ms(now, fold), known=at_any_hour).command
    assert isinstance(command, CallBack)
    assert command.at_ms == ms(wanted, of_fold)


def test_who_is_called_first_and_who_it_is_are_handed_on() -> None:
    """The customer's number may be another each time."""
    command = asks("first: customer, customer: '{call.called}'").command
    assert isinstance(command, CallBack)
    assert (command.first, command.customer) == ("customer", "3612345678")


@pytest.mark.parametrize(("outcome", "heard"), [("cancelled", "Gone."), ("none", "None.")])
def test_a_promise_is_called_off_by_the_flow(outcome: str, heard: str) -> None:
    """Of the caller's own number, or of the customer."""
    flow = """
languages: [en]
start: off
steps:
  off: {callback: {cancel: yes, customer: "4711"}, next: gone, none: nothing, on_error: bye}
  gone: {say: Gone., next: bye}
  nothing: {say: None., next: bye}
  bye: {hangup: normal}
"""
    talk = Conversation(program(flow))
    assert talk.command == CancelCallback("36301234567", "4711")
    talk.done(outcome)
    assert talk.hears == heard
