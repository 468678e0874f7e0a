"""A contact's story becomes its history row, whatever the contact came to."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calls.conversation import how_it_ended
from engine.calls.story import Story
from engine.views import place_of
from history.outcome import EndedBy, LegRole, Outcome
from history.rows import LegRow
from tests.fakes.history_rows import ANSWERED
from tests.fakes.stories import CALLER, a_story, a_talk

pytestmark = pytest.mark.unit


def test_a_conversation_from_the_first_moment_to_the_last() -> None:
    """Every time is where it belongs: waiting, talking, the agent's leg."""
    ended = a_talk().conversation_ended(9_000, EndedBy.AGENT).leg_ended("leg-c1", 9_010, 16)
    row = ended.close(10_000, Outcome.ANSWERED, EndedBy.AGENT)
    assert (row.wait_ms, row.talk_ms) == (2_000, 5_000)
    assert (row.queued_ms, row.reserved_ms, row.ringing_ms, row.answered_ms) == (
        *(2_000, 3_000, 3_000, 4_000),
    )
    assert (row.caller, row.queue, dict(row.skills), row.agent) == (
        *(CALLER, "support", {"support": 2}, "anna"),
    )
    assert row.legs == (
        LegRow("PJSIP/anna-1", "leg-c1", LegRole.AGENT, 3_000, "anna", 4_000, 9_010, 16),
    )
    assert [entry.what for entry in row.timeline] == [
        *("queued", "ringing", "answered", "conversation_ended", "ended"),
    ]


def test_a_ring_in_vain_leaves_no_agent_on_the_row() -> None:
    """The leg stays, closed at the latest with the contact; the agent did nothing for it."""
    rung = a_story().queued(2_000, "support", {}).rung(3_000, "anna", "leg-1")
    row = rung.not_answered(4_000, "anna", "NoAnswer").close(
        5_000, Outcome.ABANDONED, EndedBy.CALLER
    )
    assert (row.agent, row.wait_ms, row.talk_ms) == (None, 3_000, None)
    assert [(leg.agent, leg.ended_ms) for leg in row.legs] == [("anna", 5_000)]


def test_waiting_ends_when_the_queue_is_left() -> None:
    """A minute in the flow after a time-out is no minute of waiting."""
    left = a_story().queued(2_000, "support", {}).left_queue(5_000, "timeout")
    assert left.close(60_000, Outcome.FLOW_ENDED, EndedBy.ENGINE).wait_ms == 3_000


def test_only_the_first_report_of_a_conversations_end_counts() -> None:
    """Both sides tell it; who was first ended it."""
    told = a_talk().conversation_ended(9_000, EndedBy.AGENT)
    assert told.conversation_ended(9_001, EndedBy.CALLER) is told


def test_two_waits_and_two_talks_are_added_up() -> None:
    """Neither counts the other: a caller who is queued again has not waited while talking."""
    first = a_talk().conversation_ended(9_000, EndedBy.AGENT)
    second = first.queued(10_000, "billing", {}).rung(12_000, "cili", "leg-2")
    talk = second.answered(13_000, "cili", "PJSIP/cili-1", "leg-2")
    row = talk.close(20_000, Outcome.ANSWERED, EndedBy.CALLER)
    assert (row.wait_ms, row.talk_ms) == (2_000 + 3_000, 5_000 + 7_000)
    assert (row.queued_ms, row.answered_ms) == (2_000, 4_000)


def test_an_agent_who_was_gone_before_the_join_answered_nobody() -> None:
    """The contact has waited on all the time; hanging up now is abandoning the queue."""
    joined = a_talk().conversation_ended(4_010, EndedBy.AGENT).not_joined(4_020, "leg-c1")
    assert (joined.in_queue, joined.talked, joined.agent) == (True, False, None)
    row = joined.close(60_000, Outcome.ABANDONED, EndedBy.CALLER)
    assert (row.wait_ms, row.talk_ms, row.answered_ms) == (58_000, None, None)
    assert [leg.answered_ms for leg in row.legs] == [None]


def test_the_callers_number_is_not_in_what_is_printed() -> None:
    """A story may end up in a log by its repr."""
    assert CALLER not in repr(a_story())


QUEUED = a_story().queued(2_000, "support", {})
ENDED = a_talk().conversation_ended(9_000, EndedBy.AGENT)


@pytest.mark.parametrize(
    ("story", "hung_up", "expected"),
    [
        (a_story(), True, (Outcome.HUNG_UP_IN_FLOW, EndedBy.CALLER)),
        (a_story(), False, (Outcome.FLOW_ENDED, EndedBy.ENGINE)),
        (QUEUED, True, (Outcome.ABANDONED, EndedBy.CALLER)),
        (QUEUED.left_queue(5_000, "timeout"), True, (Outcome.HUNG_UP_IN_FLOW, EndedBy.CALLER)),
        (QUEUED.left_queue(5_000, "timeout"), False, (Outcome.FLOW_ENDED, EndedBy.ENGINE)),
        (ENDED, True, (Outcome.ANSWERED, EndedBy.AGENT)),
        (ENDED, False, (Outcome.ANSWERED, EndedBy.AGENT)),
        (a_talk(), True, (Outcome.ANSWERED, EndedBy.CALLER)),
    ],
)
def test_how_a_contact_ended(
    story: Story, hung_up: bool, expected: tuple[Outcome, EndedBy]
) -> None:
    """What it came to and who ended it, by what its story tells."""
    assert how_it_ended(story, hung_up) == expected


@pytest.mark.parametrize(
    ("story", "place"),
    [
        (a_story(), "flow"),
        (QUEUED, "queue"),
        (QUEUED.left_queue(5_000, "timeout"), "flow"),
        (a_talk(), "conversation"),
        (ENDED, "flow"),
    ],
)
def test_where_a_call_is(story: Story, place: str) -> None:
    """As the status shows it."""
    assert place_of(story) == place


TEXT = st.text(max_size=8)
TIME = st.integers(0, 2**53)
EVENTS = st.one_of(
    st.tuples(st.just("tell"), TIME, TEXT),
    st.tuples(st.just("queued"), TIME, TEXT, st.dictionaries(TEXT, st.integers(1, 5), max_size=3)),
    st.tuples(st.just("left_queue"), TIME, TEXT),
    st.tuples(st.just("chosen"), st.sampled_from(ANSWERED.decisions)),
    st.tuples(st.just("rung"), TIME, TEXT, TEXT),
    st.tuples(st.just("not_answered"), TIME, TEXT, TEXT),
    st.tuples(st.just("answered"), TIME, TEXT, TEXT, TEXT),
    st.tuples(st.just("conversation_ended"), TIME, st.sampled_from(EndedBy)),
    st.tuples(st.just("leg_ended"), TEXT, TIME, st.none() | st.integers(0, 127)),
)


@given(st.lists(EVENTS, max_size=12))
def test_a_restarted_engine_reads_the_story_that_was_told(events: list[tuple[str, object]]) -> None:
    """Whatever happened: through JSON and back it is the same story."""
    story = a_story()
    for verb, *about in events:
        story = getattr(story, verb)(*about)
    assert Story.from_record(json.loads(json.dumps(story.to_record()))) == story
