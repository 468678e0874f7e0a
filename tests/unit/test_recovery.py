"""What became of calls while no engine was there: a verdict for each, a row for each stranger."""

from dataclasses import replace

import pytest

from agi_scripts.journal import JournalEntry
from bridge.events import LiveChannel
from engine.calls.recovery import GoesOn, Over, Promised, judge, stranded, strangers, talks
from history.outcome import EndedBy, Outcome
from routing.callbacks import Promise
from routing.floor import LiveTalk
from tests.fakes.stories import a_story, a_talk

pytestmark = pytest.mark.unit

NOW = 60_000


def entry(contact: str, at_ms: int, what: str, stage: str = "queue") -> JournalEntry:
    """A line of the away script."""
    return JournalEntry(contact, contact, f"PJSIP/carrier-{contact}", stage, at_ms, what)


def channel(uniqueid: str, stage: str | None, agent: str | None = None) -> LiveChannel:
    """A channel of contact c1 that is up in Asterisk."""
    return LiveChannel(
        f"PJSIP/x-{uniqueid}", uniqueid, "c1", "x", True, None, "c1", agent, stage, 5
    )


def test_a_conversation_that_outlived_the_engine_goes_on() -> None:
    """Its caller's channel is up, and it was in conversation."""
    (verdict,) = judge([a_talk()], [], [channel("c1", "talking")], NOW)
    assert isinstance(verdict, GoesOn)
    assert verdict.story.in_conversation
    assert verdict.story.timeline[-1].what == "engine_back"


def test_a_conversation_that_ended_meanwhile_was_answered() -> None:
    """By whom is unknown; when, the journal knows."""
    (verdict,) = judge([a_talk()], [entry("c1", 50_000, "ended")], [], NOW)
    assert isinstance(verdict, Over)
    assert (verdict.outcome, verdict.by, verdict.at_ms) == (
        *(Outcome.ANSWERED, EndedBy.UNKNOWN, 50_000),
    )
    assert verdict.story.talks == ((4_000, 50_000),)


def test_a_caller_in_the_flow_or_the_queue_was_lost() -> None:
    """Even while the channel is still up: it is with the fallback."""
    (verdict,) = judge([a_story()], [entry("c1", 50_000, "apology")], [channel("c1", "flow")], NOW)
    assert isinstance(verdict, Over)
    assert (verdict.outcome, verdict.by, verdict.at_ms) == (
        *(Outcome.ENGINE_LOST, EndedBy.UNKNOWN, 50_000),
    )


PROMISE = Promise("+36301234567", "support", (("support", 2),), 2_000, 3_000)


def test_a_promised_callback_is_kept_by_the_next_engine() -> None:
    """Also when the caller was still there, and heard the apology."""
    story = a_story().promised(3_000, PROMISE)
    (verdict,) = judge([story], [entry("c1", 50_000, "apology")], [], NOW)
    assert isinstance(verdict, Promised)
    assert verdict.story.promise == PROMISE
    assert [told.what for told in verdict.story.timeline][-2:] == ["apology", "engine_back"]


@pytest.mark.parametrize(("up", "on_line", "rings"), [(True, True, False), (False, False, True)])
def test_a_customer_whose_call_the_engine_lost(up: bool, on_line: bool, rings: bool) -> None:
    """Who is up is with the fallback, and is left alone for now; a phone that rings for nobody is
    to stop."""
    story = a_story().promised(3_000, PROMISE).left_alone()
    story = story.calling_back(5_000, PROMISE.tried(), "c1-back")
    left = replace(channel("c1-back", "flow"), up=up)
    (verdict,) = judge([story], [], [left], NOW)
    assert isinstance(verdict, Promised)
    assert (verdict.on_line, verdict.rings) == (on_line, rings)


def test_a_customer_who_was_called_back_and_talks_goes_on() -> None:
    """Their channel is not the contact's first one; nothing is promised any more."""
    story = a_story().promised(3_000, PROMISE).rung(4_000, "anna", "leg-1")
    story = story.calling_back(5_000, PROMISE.tried(), "leg-1-back")
    up = [channel("leg-1-back", "talking"), channel("leg-1", None, "anna")]
    (verdict,) = judge([story], [], up, NOW)
    assert isinstance(verdict, GoesOn)
    assert (verdict.story.promise, verdict.story.in_conversation) == (None, True)
    assert talks(up) == [LiveTalk("c1", "anna", "leg-1")]


def test_a_called_back_customer_who_talked_and_left_was_answered() -> None:
    """The journal knows of the conversation: nobody is called again."""
    story = a_story().promised(3_000, PROMISE).rung(4_000, "anna", "leg-1")
    (verdict,) = judge([story], [entry("c1", 50_000, "ended", "talking")], [], NOW)
    assert isinstance(verdict, Over)
    assert verdict.outcome is Outcome.ANSWERED


def test_the_journal_is_told_in_the_order_of_its_times() -> None:
    """Whatever the order of its files; the last entry is the end."""
    journal = [entry("c1", 55_000, "ended"), entry("c1", 50_000, "apology")]
    (verdict,) = judge([a_story()], journal, [], NOW)
    assert isinstance(verdict, Over)
    assert [told.what for told in verdict.story.timeline] == ["apology", "ended"]
    assert verdict.at_ms == 55_000


def test_without_a_journal_a_contact_ended_at_the_latest_now() -> None:
    """Asterisk was gone too."""
    (verdict,) = judge([a_story()], [], [], NOW)
    assert isinstance(verdict, Over)
    assert (verdict.at_ms, verdict.story.timeline) == (NOW, ())


def test_each_story_has_one_verdict_in_its_place() -> None:
    """Entries of others are none of its business."""
    stories = [a_talk("c1"), a_story("c2"), a_story("c3")]
    verdicts = judge(stories, [entry("c2", 50_000, "ended")], [channel("c1", "talking")], NOW)
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


def test_a_stranger_without_an_apology_hung_up_too_soon() -> None:
    """Cancelled before Asterisk had asked the engine: nobody was turned away."""
    (over,) = strangers([entry("new", 51_000, "ended")], set(), "northwind", "n1")
    assert (over.outcome, over.by) == (Outcome.HUNG_UP_IN_FLOW, EndedBy.CALLER)


def test_asterisk_knows_of_a_conversation_that_the_live_record_does_not() -> None:
    """The engine died within milliseconds of the answer, before it was written."""
    story = a_story().rung(40_000, "anna", "leg-1")
    channels = [channel("c1", "talking"), channel("leg-1", None, agent="anna")]
    (verdict,) = judge([story], [], channels, NOW)
    assert isinstance(verdict, GoesOn)
    assert (verdict.story.agent, verdict.story.talks) == ("anna", ((40_000, None),))
    assert verdict.story.in_conversation


def test_the_journal_too_knows_of_such_a_conversation() -> None:
    """It ended before the engine was back."""
    story = a_story().rung(40_000, "anna", "leg-1")
    (verdict,) = judge([story], [entry("c1", 50_000, "ended", "talking")], [], NOW)
    assert isinstance(verdict, Over)
    assert (verdict.outcome, verdict.story.agent) == (Outcome.ANSWERED, "anna")


@pytest.mark.parametrize(
    ("lead", "stage", "after_ms", "outcome"),
    [
        (False, "flow", 300, Outcome.ENGINE_LOST),
        (False, "flow", 30_000, Outcome.ANSWERED),
        (True, "lost", 300, Outcome.LOST),
        (True, "no_more", 30_000, Outcome.LOST),
        (True, "talking", 300, Outcome.ANSWERED),
        (True, "flow", 300, Outcome.ANSWERED),
    ],
)
def test_who_was_about_to_be_joined_has_not_talked(
    lead: bool, stage: str, after_ms: int, outcome: Outcome
) -> None:
    """The story tells of the answer before the two are joined: who heard the apology at once, or a
    lead whose message was said, met nobody. Whoever had talked is soon in the flow again."""
    story = replace(a_talk(), campaign="renewals", flow=None) if lead else a_talk()
    (verdict,) = judge([story], [entry("c1", 4_000 + after_ms, "ended", stage)], [], NOW)
    assert isinstance(verdict, Over)
    assert verdict.outcome is outcome
    assert verdict.story.talked is (outcome is Outcome.ANSWERED)
    assert verdict.story.agent == ("anna" if outcome is Outcome.ANSWERED else None)


def test_a_lead_who_hears_the_message_now_has_not_talked() -> None:
    """The journal will say so when they have hung up."""
    story = replace(a_talk(), campaign="renewals", flow=None)
    (verdict,) = judge([story], [], [channel("c1", "lost")], NOW)
    assert isinstance(verdict, Over)
    assert (verdict.outcome, verdict.story.talked) == (Outcome.LOST, False)


def test_a_lead_whom_the_flow_has_met_is_not_lost() -> None:
    """As its call is written: lost is who met nobody."""
    story = replace(a_story(), campaign="renewals", flow="poll")
    for met, outcome in ((story, Outcome.ENGINE_LOST), (replace(story, flow=None), Outcome.LOST)):
        (verdict,) = judge([met], [entry("c1", 4_000, "ended", "flow")], [], NOW)
        assert isinstance(verdict, Over)
        assert (verdict.outcome, verdict.story.talked) == (outcome, False)


def test_the_leg_of_a_conversation_that_the_live_record_does_not_know_is_told_of() -> None:
    """Its end is the agent's."""
    channels = [channel("c1", "talking"), channel("leg-1", None, agent="anna")]
    (verdict,) = judge([a_story()], [], channels, NOW)
    leg = verdict.story.leg_of("leg-1")
    assert leg is not None
    assert (leg.agent, leg.answered_ms, leg.ended_ms) == ("anna", NOW, None)


def test_whoever_is_left_alone_is_let_go() -> None:
    """Who was consulted, unless with the caller by now; the agent of a contact that is over."""
    caller = channel("c1", "talking")
    here, there = replace(caller, bridge_id="b1"), replace(caller, bridge_id=None)
    guest = replace(channel("g", None), contact="c1+1", bridge_id="b1")
    alone = replace(guest, uniqueid="h", bridge_id="b2")
    agent = replace(channel("a", None, "anna"), bridge_id="b1")
    assert stranded([here, guest, alone, agent], going_on=["c1"]) == ["h"]
    assert stranded([there, guest, agent], going_on=["c1"]) == ["g"]
    assert stranded([guest, agent], going_on=[]) == ["g", "a"]


def test_an_agent_who_talks_is_not_let_go_though_nothing_is_known_of_the_contact() -> None:
    """Its live record is lost; they talk, with a caller or with whom they were handed on to."""
    agent = channel("a", None, "anna")
    for stage in ("talking", "transfer"):
        assert stranded([channel("c1", stage), agent], going_on=[]) == []
    assert stranded([channel("c1", "flow"), agent], going_on=[]) == ["a"]


def test_an_open_line_is_let_go_as_the_leg_that_it_is_lent_as() -> None:
    """And not while it waits, whatever the engine had begun to write on it."""
    lent = replace(channel("c1-leg", None, "anna"), line="l1")
    assert stranded([lent], going_on=[]) == ["c1-leg"]
    assert stranded([replace(lent, uniqueid="l1")], going_on=[]) == []
    assert stranded([replace(lent, uniqueid="l1", contact=None)], going_on=[]) == []
