"""Worlds for real calls, told over HTTP: what arrives, and that no other engine takes them."""

from __future__ import annotations

import pytest

from config.yaml_tree import Quoted
from engine.rehearsals import Rehearsals
from ivr.commands import Enqueue, Play, Prompt, Request
from ivr.events import Done, StepFailed
from ivr.interpreter import start
from ivr.rehearsal.given import Given
from ivr.state import CallFacts
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


def told(**given: object) -> Rehearsals:
    """An engine that was told this world of the next call."""
    rehearsals = Rehearsals(Known(zone="UTC"), lambda: NOW_MS)
    world = Given.model_validate(given).model_dump(mode="json", by_alias=True)
    assert rehearsals.prepare(CALLER, world) is None
    return rehearsals


async def test_a_world_arrives_as_it_was_written() -> None:
    """A text that looks like a number stays a text on its way through JSON."""
    body = {"account": Quoted("123"), "balance": 4.5}
    rehearsal = told(http={"GET */a": [{"json": body}]}).of(CALLER)
    assert rehearsal is not None
    assert await rehearsal.perform(Request("GET", "http://x/a"), "ask") == Done(
        NOW_MS, "done", {"status": 200, "body": {"account": "123", "balance": 4.5}}
    )


async def test_the_call_goes_by_the_given_clock_hours_and_caller() -> None:
    """The real moment of the call does not matter to its flow."""
    rehearsal = told(time="2026-11-23T12:00:00", caller="+48221234567", hours={"desk": "open"}).of(
        CALLER
    )
    assert rehearsal is not None
    flow, facts = rehearsal.begin(program(FLOW), CallFacts(CALLER, "1", NOW_MS, id="c1"))
    assert (facts.caller, facts.id) == ("+48221234567", "c1")
    assert rehearsal.moved(Done(NOW_MS + 7)).now_ms == facts.now_ms + 7
    turn = start(flow, facts)
    rehearsal.tell(flow, turn)
    seen = rehearsal.as_json()
    assert (seen["path"], seen["ended"]) == (["open?", "talk"], None)
    assert seen["turns"][0]["variables"] == {"note": "hello"}


async def test_only_what_is_given_is_not_done_on_the_channel() -> None:
    """Speaking and listening are real; a queue too, unless an agent is given."""
    alone, staffed = told().of(CALLER), told(agents={}, fails=["talk"]).of(CALLER)
    assert alone is not None
    assert staffed is not None
    queue = Enqueue("support", {}, 0, "en", None)
    play = Play(Prompt(), "en")
    assert (alone.answers(queue, "line"), staffed.answers(queue, "line")) == (False, True)
    assert (staffed.answers(play, "other"), staffed.answers(play, "talk")) == (False, True)
    assert isinstance(await staffed.perform(play, "talk"), StepFailed)


def test_a_world_that_is_none_is_refused() -> None:
    """With what is wrong, and the caller has none."""
    rehearsals = Rehearsals(Known(zone="UTC"), lambda: NOW_MS)
    assert "agents" in (rehearsals.prepare(CALLER, {"agents": "many"}) or "")
    assert rehearsals.of(CALLER) is None
