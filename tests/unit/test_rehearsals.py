"""Worlds for real calls, told over HTTP: what arrives, and that no other engine takes them."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from config.yaml_tree import Quoted
from engine.calls.rehearsals import Rehearsal, Rehearsals
from engine.calls.rehearsed_outside import HEADER
from engine.rehearsing.stand_in import asked_url
from ivr.commands import (
    CallBack,
    Enqueue,
    Play,
    Prompt,
    Relaxed,
    Request,
    RunPython,
    Transfer,
)
from ivr.events import Done, StepFailed
from ivr.interpreter import start
from ivr.rehearsal.given import Given
from ivr.state import CallState
from ivr.steps.base import Known
from tests.unit.conversation import program

pytestmark = pytest.mark.unit

NOW_MS = 5_000
CALLER = "+36201234567"
FLOW = """
languages: [en]
start: open?
vars:
  pin: {type: digits, sensitive: true, start: "1234"}
  note: {type: text, start: hello}
hours: {desk: {open: {mon-fri: "08:00-16:00"}}}
steps:
  open?: {hours: desk, open: talk, closed: bye}
  talk: {say: Hello., next: bye, on_error: bye}
  bye: {hangup: normal}
"""


def told(outside: dict[str, str] | None = None, **given: object) -> Rehearsal:
    """What an engine makes of the next call that was told of this world."""
    rehearsals = Rehearsals(Known(zone="UTC"), lambda: NOW_MS)
    world = Given.model_validate(given).model_dump(mode="json", by_alias=True)
    assert rehearsals.prepare(CALLER, {"given": world, "outside": outside or {}}) is None
    rehearsal = rehearsals.of(CALLER)
    assert rehearsal is not None
    return rehearsal


def at(rehearsal: Rehearsal) -> CallState:
    """The call at its first prompt, as the engine tells it."""
    flow, facts = rehearsal.begin(program(FLOW))
    turn = start(flow, facts)
    rehearsal.tell(flow, turn)
    return turn.state


OPEN: Any = {"time": "2026-11-23T12:00:00", "hours": {"desk": "open"}}


def test_a_world_arrives_as_it_was_written() -> None:
    """A text that looks like a number stays a text on its way through JSON."""
    rehearsal = told(**OPEN, python={"find": {"account": Quoted("123"), "balance": 4.5}})
    event = rehearsal.given_event(RunPython("find", {}, 1_000), at(rehearsal))
    found = {"account": "123", "balance": Decimal("4.5")}
    assert event == Done(NOW_MS, "done", found)


def test_the_call_goes_by_the_given_clock_hours_and_caller() -> None:
    """The real moment of the call does not matter to its flow."""
    rehearsal = told(**OPEN, caller="+48221234567")
    _, facts = rehearsal.begin(program(FLOW))
    assert (facts.caller, facts.id) == ("+48221234567", "rehearsal")
    assert rehearsal.moved(Done(NOW_MS + 7)).now_ms == facts.now_ms + 7
    at(rehearsal)
    seen = rehearsal.as_json()
    assert (seen["path"], seen["ended"]) == (["open?", "talk"], None)
    assert seen["turns"][0]["variables"] == {"note": "hello"}


def test_what_is_given_as_failing_fails_and_all_else_is_done() -> None:
    """Only what cannot be made real for one call alone is as it was given: lookups, functions,
    callbacks and payments."""
    play, queue = Play(Prompt(), "en"), Enqueue("support", {}, 0, "en", None)
    works, fails = told(**OPEN), told(**OPEN, fails=["talk"])
    here = at(works)
    assert [works.given_event(each, here) for each in (play, queue)] == [None, None]
    callback = CallBack("+3611234567", None, {}, None, True, None, "en")
    assert works.given_event(callback, here) == Done(NOW_MS, "promised")
    assert isinstance(fails.given_event(play, at(fails)), StepFailed)


async def test_in_a_queue_time_passes_only_as_it_is_told() -> None:
    """However long a test lets its caller wait, nobody waits for it; the clock has moved."""
    rehearsal = told(**OPEN)
    at(rehearsal)
    waiting = asyncio.create_task(rehearsal.wait(600_000))
    began_ms = rehearsal.moved(Done(NOW_MS)).now_ms
    rehearsal.turn_is_over(0, began_ms + 60_000)
    await asyncio.sleep(0)
    assert not waiting.done()
    rehearsal.turn_is_over(1, began_ms + 600_000)
    await waiting
    assert rehearsal.moved(Done(NOW_MS)).now_ms == began_ms + 600_000


LED = {"agent_skill": "lane3", "no_skill": "nobodys", "web": "http://127.0.0.1:9"}


def test_a_contact_asks_for_the_agent_of_its_own_call() -> None:
    """Also when it asks for less after a while; nobody is logged in where nobody is given."""
    queue = Enqueue("support", {"en": 1}, 0, "en", None, relax=(Relaxed(5, {}),), needs_staff=True)
    led = told(LED).prepared(queue)
    assert isinstance(led, Enqueue)
    assert (led.skills, led.relax) == ({"en": 1, "lane3": 1}, (Relaxed(5, {"lane3": 1}),))
    alone = told(LED, staffed=False).prepared(queue)
    assert isinstance(alone, Enqueue)
    assert alone.skills == {"en": 1, "nobodys": 1}


@pytest.mark.parametrize(("waiting", "limit"), [(0, None), (1, None), (2, 0), (3, 0)])
def test_a_line_is_full_by_the_callers_who_are_given(waiting: int, limit: int | None) -> None:
    """And not by those of the tests that are made at the same time."""
    led = told(LED, waiting=waiting).prepared(Enqueue("q", {}, 0, "en", None, max_waiting=2))
    assert isinstance(led, Enqueue)
    assert led.max_waiting == limit


def test_a_request_goes_to_the_stand_in_and_says_whose_it_is() -> None:
    """A service's address is the site's; a whole one is carried along, and found again."""
    whole = told(LED).prepared(Request("GET", "http://x.test/a?b=1%2F2"))
    assert isinstance(whole, Request)
    assert whole.headers == ((HEADER, CALLER),)
    assert asked_url(whole.url.removeprefix(LED["web"])) == "http://x.test/a?b=1%2F2"
    served = told(LED).prepared(Request("GET", "/a/1", service="crm"))
    assert isinstance(served, Request)
    assert (served.url, asked_url("/service/crm/a/1?b=2")) == ("/a/1", "/a/1?b=2")


def test_a_number_that_is_out_of_reach_is_dialled_where_nobody_knows_it() -> None:
    """And nobody waits longer than some seconds for who does not answer."""
    trunks = {"trunk": "carrier", "no_trunk": "nowhere"}
    command = Transfer("attended", number="+3611234567", timeout_ms=30_000)
    for given, trunk in (("busy", "carrier"), ("unreachable", "nowhere")):
        led = told(trunks, transfer=given).prepared(command)
        assert isinstance(led, Transfer)
        assert (led.trunk, led.timeout_ms) == (trunk, 3_000)


def test_a_world_that_is_none_is_refused() -> None:
    """With what is wrong, and the caller has none."""
    rehearsals = Rehearsals(Known(zone="UTC"), lambda: NOW_MS)
    assert "agents" in (rehearsals.prepare(CALLER, {"given": {"agents": "many"}}) or "")
    assert rehearsals.of(CALLER) is None
    assert not rehearsals.turn_is_over(CALLER, 1, NOW_MS)
