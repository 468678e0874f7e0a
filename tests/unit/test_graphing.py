"""Heat on a flow's graph, from calls as the history has them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.calls.story import Story
from engine.errors import SettingsInvalid
from engine.graphing import duration_ms, graph, told
from engine.settings import PROJECT, Settings, from_environment
from history.database import HistoryDatabase
from history.migrations import upgrade_to_head
from history.outcome import EndedBy, Outcome
from ivr.chart.traffic import TALKED, Told, Traffic
from tests.fakes.history_rows import contact
from tests.unit.conversation import program

pytestmark = pytest.mark.unit

LONG_AGO = 1_000_000_000_000
NEVER_OVER = 9_000_000_000_000


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """A site whose history has one call that was answered, one given up and one of long ago."""
    found = replace(from_environment({}), dialplans=PROJECT / "dialplans")
    found = replace(found, database_url=f"sqlite:///{tmp_path}/history.db")
    await upgrade_to_head(found.sql_url)
    database = HistoryDatabase(found.sql_url)
    now, served = _story("served"), _served()
    await database.write(
        [
            served.close(NEVER_OVER, Outcome.ANSWERED, EndedBy.CALLER),
            _step(now, "welcome", "caller hung up").close(
                NEVER_OVER, Outcome.HUNG_UP_IN_FLOW, EndedBy.CALLER
            ),
            contact("old", flow="support", started_ms=LONG_AGO, timeline=now.timeline),
        ]
    )
    await database.close()
    return found


def _story(contact_id: str) -> Story:
    story = Story(contact_id, "s", "n", "c", NEVER_OVER - 1, "leg", flow="support")
    return _step(story, "welcome", "menu")


def _served() -> Story:
    """Talks with an agent and hangs up; the flow notices late and goes on to say goodbye."""
    story = _step(replace(_story("c2"), id="c2"), "welcome", "option 1")
    story = _step(_step(story, "last_time?", "else"), "main", "menu")
    story = _step(story, "agent", "queue support")
    story = story.answered(NEVER_OVER, "anna", "channel", "leg2")
    story = story.conversation_ended(NEVER_OVER, EndedBy.CALLER)
    story = _step(story, "agent", "conversation ended")
    return _step(_step(story, "goodbye", "say"), "goodbye", "caller hung up")


def _step(story: Story, step: str, did: str) -> Story:
    return story.tell(NEVER_OVER, "step", step=step, did=did)


async def test_callers_are_counted_from_the_history(settings: Settings) -> None:
    """Those of the time that was asked for, where they went, spoke and hung up."""
    drawn = json.loads(await graph(settings, "support", "", "1d", heat=True, as_json=True))
    boxes = {box["name"]: box for box in drawn["boxes"]}
    assert drawn["calls"] == 2
    assert (boxes["welcome"]["callers"], boxes["welcome"]["hung_up"]) == (2, 1)
    assert (boxes["agent"]["callers"], boxes["agent"]["talked"]) == (1, 1)
    ways = {(way["source"], way["target"]): way for way in drawn["ways"]}
    assert ways["welcome", "last_time?"]["callers"] == 1
    assert ways["welcome", "last_time?"]["share"] == 0.5


async def test_who_ends_a_conversation_has_not_hung_up_on_the_flow(settings: Settings) -> None:
    """Whatever the flow still did before it noticed."""
    drawn = json.loads(await graph(settings, "support", "", "1d", heat=True, as_json=True))
    boxes = {box["name"]: box for box in drawn["boxes"]}
    assert (boxes["goodbye"]["callers"], boxes["goodbye"]["hung_up"]) == (0, 0)
    assert boxes["agent"]["hung_up"] == 0


def test_when_the_agent_ends_a_conversation_the_caller_goes_on() -> None:
    """The flow's steps after it count."""
    timeline = [
        {"what": "step", "step": "agent", "did": "queue support"},
        {"what": "ringing", "agent": "anna"},
        {"what": "conversation_ended", "by": "agent"},
        {"what": "step", "step": "goodbye", "did": "say"},
    ]
    assert [*told(timeline, "support", began=True)] == [
        Told("agent", "queue support"),
        TALKED,
        Told("goodbye", "say"),
    ]


@pytest.mark.parametrize(
    ("since", "ms"), [("30m", 1_800_000), ("12h", 43_200_000), ("7d", 604_800_000)]
)
def test_a_time_back_is_short_to_write(since: str, ms: int) -> None:
    """A number and its unit."""
    assert duration_ms(since) == ms


@pytest.mark.parametrize("since", ["", "7", "0d", "-1d", "1y", "99999d"])
def test_a_time_back_that_is_none_is_refused(since: str) -> None:
    """With what is allowed."""
    with pytest.raises(SettingsInvalid, match="7d"):
        duration_ms(since)


SHARED = program("""
languages: [en]
start: ask
vars: {account: {type: digits, length: 2}}
exits: {on_timeout: bye, on_invalid: bye, on_error: bye}
steps:
  ask: {collect: {into: account, prompt: Your number?}, next: found}
  found: {return: {}}
  bye: {hangup: normal}
""")


def test_callers_of_a_flow_that_others_call_are_counted() -> None:
    """Each visit begins anew; who talks afterwards does so in the flow that called."""
    visit = [
        ("sample/ask", "collect"),
        ("sample/ask", "collected account"),
        ("sample/found", "return"),
    ]
    steps = [("who", "call sample"), *visit, ("who", "returned"), ("menu", "menu")]
    steps += [("again", "call sample"), *visit, ("deeper/line", "queue support")]
    timeline = [{"what": "step", "step": step, "did": did} for step, did in steps]
    timeline += [
        {"what": "conversation_ended", "by": "agent"},
        {"what": "step", "step": "sample/ask", "did": "collect"},
        {"what": "step", "step": "sample/ask", "did": "caller hung up"},
    ]
    traffic = Traffic(SHARED)
    traffic.add(told(timeline, "sample", began=False))
    traffic.add(told([{"what": "step", "step": "ask", "did": "menu"}], "sample", began=False))
    assert traffic.calls == 1
    assert traffic.began == {"ask": 3}
    assert traffic.moved == {("ask", "found"): 2}
    assert (traffic.hung_up, traffic.talked) == ({"ask": 1}, {})


def test_what_a_called_flow_does_is_no_step_of_its_caller() -> None:
    """Though it may have steps of the same name."""
    steps = [("ask", "collect"), ("deeper/found", "return"), ("found", "return")]
    timeline = [{"what": "step", "step": step, "did": did} for step, did in steps]
    traffic = Traffic(SHARED)
    traffic.add(told(timeline, "sample", began=True))
    assert traffic.moved == {("ask", "found"): 1}
    assert traffic.arrived["found"] == 1
