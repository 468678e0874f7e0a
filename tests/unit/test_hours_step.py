"""The step `hours`: a call goes where the clock sends it, and its timeline says why."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from config.document import load_text_located
from config.hours import Hours
from config.opening import openings
from ivr.flow import Flow
from ivr.program import compile_flow
from ivr.steps.base import Known
from tests.unit.conversation import HEADER, Conversation, program

pytestmark = pytest.mark.unit

BUDAPEST = "Europe/Budapest"
SUPPORT = {
    "open": {"mon-thu": "08:00-18:00", "fri": "08:00-16:00"},
    "holidays": ["HU"],
    "special": {"2026-12-24": "08:00-12:00", "2026-12-26": "closed"},
}
SITE = Known(hours=openings({"support": Hours.model_validate(SUPPORT)}, BUDAPEST), zone=BUDAPEST)
FLOW = """
languages: [en]
start: open?
steps:
  open?: {{hours: support, open: main, closed: night{more}}}
  main: {{say: Welcome., next: bye}}
  night: {{say: We are closed., next: bye}}
  bye: {{hangup: normal}}
"""
PLAIN = FLOW.format(more="")
EVERY = (
    FLOW.format(more=", holiday: feast, special: special")
    + """
  feast: {say: Happy holidays., next: bye}
  special: {say: Today only in the morning., next: bye}
"""
)
OWN = """
hours:
  support: {open: {daily: "20:00-22:00"}}
"""


def conversation(flow: str, at: str, known: Known = SITE) -> Conversation:
    """A call at a time in Budapest."""
    moment = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(BUDAPEST))
    return Conversation(program(flow, known), now_ms=round(moment.timestamp()) * 1000)


def call(flow: str, at: str, known: Known = SITE) -> tuple[str, str]:
    """What a caller hears first at a time in Budapest, and what the timeline says of the step."""
    talk = conversation(flow, at, known)
    return talk.hears, talk.timeline[1].partition(" ")[2]


@pytest.mark.parametrize(
    ("at", "heard", "noted"),
    [
        ("2026-11-23 09:00", "Welcome.", "open"),
        ("2026-11-23 19:00", "We are closed.", "closed"),
        ("2026-12-25 09:00", "Happy holidays.", "closed: holiday Christmas Day"),
        ("2026-12-24 09:00", "Welcome.", "open: special day"),
        ("2026-12-24 13:00", "Today only in the morning.", "closed: special day"),
        ("2026-12-26 09:00", "Today only in the morning.", "closed: special day"),
    ],
)
def test_each_branch(at: str, heard: str, noted: str) -> None:
    """Holidays and special days that close the house may have steps of their own."""
    assert call(EVERY, at) == (heard, f"open?: {noted}")


@pytest.mark.parametrize("at", ["2026-11-23 19:00", "2026-12-25 09:00", "2026-12-26 09:00"])
def test_without_branches_of_their_own(at: str) -> None:
    """Closed is closed, whatever the reason."""
    assert call(PLAIN, at)[0] == "We are closed."


def test_a_flows_own_hours_win_over_the_sites() -> None:
    """And they keep the clock of the site."""
    assert call(OWN + PLAIN, "2026-11-23 21:00")[0] == "Welcome."
    assert call(OWN + PLAIN, "2026-11-23 09:00")[0] == "We are closed."


def test_the_moment_is_that_of_the_step_not_of_the_call() -> None:
    """A call that comes at closing time and listens too long finds it closed."""
    flow = program(
        PLAIN.replace("start: open?", "start: hello")
        + """
  hello: {say: Hello., next: open?}
""",
        SITE,
    )
    closing = datetime(2026, 11, 23, 18, tzinfo=ZoneInfo(BUDAPEST))
    talk = Conversation(flow, now_ms=round(closing.timestamp()) * 1000 - 500)
    talk.listens()
    assert talk.hears == "We are closed."


def test_hours_that_nobody_knows_end_like_a_failed_step() -> None:
    """A flow that was never checked leaves no caller standing."""
    flow, _ = load_text_located(HEADER + PLAIN, "test.yaml", Flow)
    talk = Conversation(compile_flow(flow))
    assert talk.ended == "failure"
    assert talk.timeline[1] == "1000 open?: failed: unknown hours"


@pytest.mark.parametrize(
    ("at", "reason", "opens"),
    [
        ("2026-11-23 19:00", "week", "2026-11-24 08:00"),
        ("2026-11-23 07:59", "week", "2026-11-23 08:00"),
        ("2026-12-25 09:00", "holiday", "2026-12-28 08:00"),
        ("2026-12-24 13:00", "special", "2026-12-28 08:00"),
    ],
)
def test_a_closed_house_tells_why_and_when_it_opens(at: str, reason: str, opens: str) -> None:
    """Past the night, the weekend and every holiday between, on the clock of the hours."""
    talk = conversation(PLAIN, at)
    day, clock = talk.value("hours.opens_date"), talk.value("hours.opens_time")
    assert (talk.value("hours.reason"), f"{day} {clock:%H:%M}") == (reason, opens)


def test_an_open_house_tells_nothing_of_opening() -> None:
    """The flow can ask whether it is set."""
    talk = conversation(PLAIN, "2026-11-23 09:00")
    facts = ("hours.reason", "hours.opens_date", "hours.opens_time")
    assert [talk.value(name) for name in facts] == [None, None, None]


def test_what_never_opens_has_no_time_when_it_does() -> None:
    """Within the year that is looked ahead; also where another set of hours told one before."""
    never = Known(
        hours=openings({"support": Hours.model_validate({"open": {}})}, BUDAPEST), zone=BUDAPEST
    )
    two = (
        PLAIN.replace("closed: night", "closed: other?")
        + """
  other?: {hours: own, open: main, closed: night}
hours:
  own: {open: {}}
"""
    )
    for flow, known in ((PLAIN, never), (two, SITE)):
        talk = conversation(flow, "2026-11-23 19:00", known)
        assert talk.hears == "We are closed."
        assert talk.value("hours.reason") == "week"
        assert talk.value("hours.opens_date") is None
        assert talk.value("hours.opens_time") is None
