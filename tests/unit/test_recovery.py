"""What became of calls while no engine was there: a verdict for each, a row for each stranger."""

import pytest

from agi_scripts.journal import JournalEntry
from engine.recovery import GoesOn, Over, judge, strangers
from history.outcome import EndedBy, Outcome
from tests.fakes.stories import a_story, a_talk

pytestmark = pytest.mark.unit

NOW = 60_000


def entry(contact: str, at_ms: int, what: str) -> JournalEntry:
    """A line of the away script."""
    return JournalEntry(contact, contact, f"PJSIP/carrier-{contact}", "queue", at_ms, what)


def test_a_conversation_that_outlived_the_engine_goes_on() -> None:
    """Its caller's channel is up, and it was in conversation."""
    (verdict,) = judge([a_talk()], [], {"c1"}, NOW)
    assert isinstance(verdict, GoesOn)
    assert verdict.story.in_conversation
    assert verdict.story.timeline[-1].what == "engine_back"


def test_a_conversation_that_ended_meanwhile_was_answered() -> None:
    """By whom is unknown; when, the journal knows."""
    (verdict,) = judge([a_talk()], [entry("c1", 50_000, "ended")], set(), NOW)
    assert isinstance(verdict, Over)
    assert (verdict.outcome, verdict.by, verdict.at_ms) == (
        *(Outcome.ANSWERED, EndedBy.UNKNOWN, 50_000),
    )
    assert verdict.story.talk_ended_ms == 50_000


def test_a_caller_in_the_flow_or_the_queue_was_lost() -> None:
    """Even while the channel is still up: it is with the fallback."""
    (verdict,) = judge([a_story()], [entry("c1", 50_000, "apology")], {"c1"}, NOW)
    assert isinstance(verdict, Over)
    assert (verdict.outcome, verdict.by, verdict.at_ms) == (
        *(Outcome.ENGINE_LOST, EndedBy.UNKNOWN, 50_000),
    )


def test_the_journal_is_told_in_the_order_of_its_times() -> None:
    """Whatever the order of its files; the last entry is the end."""
    journal = [entry("c1", 55_000, "ended"), entry("c1", 50_000, "apology")]
    (verdict,) = judge([a_story()], journal, set(), NOW)
    assert isinstance(verdict, Over)
    assert [told.what for told in verdict.story.timeline] == ["apology", "ended"]
    assert verdict.at_ms == 55_000


def test_without_a_journal_a_contact_ended_at_the_latest_now() -> None:
    """Asterisk was gone too."""
    (verdict,) = judge([a_story()], [], set(), NOW)
    assert isinstance(verdict, Over)
    assert (verdict.at_ms, verdict.story.timeline) == (NOW, ())


def test_each_story_has_one_verdict_in_its_place() -> None:
    """Entries of others are none of its business."""
    stories = [a_talk("c1"), a_story("c2"), a_story("c3")]
    verdicts = judge(stories, [entry("c2", 50_000, "ended")], {"c1"}, NOW)
    assert [verdict.story.id for verdict in verdicts] == ["c1", "c2", "c3"]
    assert [isinstance(verdict, GoesOn) for verdict in verdicts] == [True, False, False]


def test_a_call_that_only_the_journal_knows_has_one_row() -> None:
    """From its first entry on; those that are known, or have no name, have none."""
    journal = [
        entry("new", 51_000, "ended"),
        entry("new", 50_000, "apology"),
        entry("known", 50_000, "apology"),
        entry("", 50_000, "apology"),
    ]
    (over,) = strangers(journal, {"known"}, "northwind", "n1")
    assert (over.story.id, over.story.started_ms, over.story.site) == ("new", 50_000, "northwind")
    assert (over.outcome, over.by) == (Outcome.ENGINE_LOST, EndedBy.UNKNOWN)
