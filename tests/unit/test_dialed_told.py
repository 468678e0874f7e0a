"""What the switch, the journal and a restart tell of leads' calls; the law's two seconds; the words
of campaigns' messages."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from agi_scripts.journal import APOLOGY, ENDED, JournalEntry
from bridge.errors import ActionFailed, BridgeError, LinkDown
from bridge.events import (
    LeadFailure,
    LeadNotReached,
    LeadRinging,
    LeadUp,
    LegEnded,
    LiveChannel,
    SwitchEvent,
)
from config.campaign_machines import Machines
from config.campaigns import Campaign
from config.site import Site, load_site
from engine.calls.recovery import GoesOn, Over, judge, strangers
from engine.dialing import messages
from engine.dialing.detecting import Duty, care_of
from engine.dialing.opening import SwitchCarrier
from engine.dialing.ordering import order_of
from engine.dialing.recovered import Met, met_by
from engine.dialing.telling import TOLD_WITHIN_S, journaled, lead_told, leg_over
from history.outcome import Direction, EndedBy, Outcome
from listening.judge import fitted
from listening.mix import CONSUMERS, FIRMS
from listening.values import Clock, Verdict, Who
from routing.outbound.rules.ask import NOTHING_TOLD, Told
from routing.outbound.rules.law import AnswerRule
from tests.fakes.dialing import SHOWN, FakeDialing, a_call
from tests.fakes.house import PROJECT, House
from tests.fakes.stories import a_story
from tests.fakes.virtual_loop import virtual_time

pytestmark = pytest.mark.unit

GONE = LegEnded("PJSIP/carrier-1", "a-7-lead", "a-7-lead", 16, "text")


@pytest.fixture(scope="module")
def site() -> Site:
    return load_site(PROJECT / "config/site.yaml", {})


def told(*events: SwitchEvent, answered_ms: int | None = None) -> list[tuple[object, ...]]:
    dialing = FakeDialing(a_call(answered_ms=answered_ms))
    for event in events:
        assert isinstance(event, LeadRinging | LeadUp | LeadNotReached)
        lead_told(event, dialing, 20_000)
    return dialing.of("a-7")


@pytest.mark.parametrize(
    ("reason", "result"),
    [
        (LeadFailure.BUSY, "busy"),
        (LeadFailure.NO_ANSWER, "no_answer"),
        (LeadFailure.CANCELLED, "no_answer"),
        (LeadFailure.INVALID, "invalid"),
        (LeadFailure.REJECTED, "failed"),
        (LeadFailure.CONGESTED, "failed"),
        (LeadFailure.FAILED, "failed"),
    ],
)
def test_a_lead_who_was_not_reached_is_over(reason: LeadFailure, result: str) -> None:
    """Its result is one of those that campaigns have retries for; the end is told last."""
    events = LeadRinging("a-7"), LeadNotReached("a-7", reason, 99)
    assert told(*events) == [("ringing",), ("not_reached", result), ("ended", "unknown")]


def test_who_has_answered_is_not_given_up() -> None:
    """A link that was lost in the ring says nothing of a call that goes on."""
    assert told(LeadNotReached("a-7", LeadFailure.FAILED), answered_ms=9_000) == []


def test_another_engines_leads_are_not_ours() -> None:
    assert told(LeadRinging("a-9"), LeadUp("a-9")) == []


@virtual_time
async def test_an_end_that_nobody_tells_is_told_in_the_end() -> None:
    """Of a call whose session never came, or was an engine's that is gone."""
    house, dialing = House(), FakeDialing(a_call())
    house.services.dialing = dialing
    over = asyncio.create_task(leg_over(GONE, house.services, 12_000))
    await asyncio.sleep(TOLD_WITHIN_S / 2)
    assert dialing.told == []
    await over
    assert dialing.of("a-7") == [("ended", "unknown")]


@virtual_time
async def test_an_end_that_a_session_tells_is_left_to_it() -> None:
    house, dialing = House(), FakeDialing(a_call())
    house.services.dialing = dialing
    house.chronicle.begin(a_story("a-7"))
    await leg_over(GONE, house.services, 12_000)
    assert dialing.told == []


# without an engine


def entry(stage: str, what: str = ENDED) -> JournalEntry:
    return JournalEntry("a-7", "a-7-lead", "PJSIP/carrier-1", stage, 30_000, what)


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("lost", [("answered",), ("lost",), ("ended", "unknown")]),
        ("dialed", [("answered",), ("lost",), ("ended", "unknown")]),
        ("no_more", [("answered",), ("lost",), ("opted_out",), ("ended", "unknown")]),
        ("talking", []),
        ("flow", []),
    ],
)
async def test_the_journal_tells_of_those_whom_no_engine_met(
    stage: str, expected: list[tuple[object, ...]]
) -> None:
    """Each counts as lost; who pressed the key is never called again."""
    dialing = FakeDialing(a_call(answered_ms=None))
    assert await journaled(entry(stage), dialing)
    assert await journaled(entry(stage, APOLOGY), dialing)
    assert dialing.of("a-7") == expected


async def test_a_lead_whose_agent_was_never_joined_was_lost_all_the_same() -> None:
    """It was written that they talk, a moment before they would have; a flow had talked to them."""
    about_to, with_flow = FakeDialing(a_call(agent="anna")), FakeDialing(a_call())
    for dialing in (about_to, with_flow):
        dialing.calls["a-7"].connected_ms = 10_000
        assert await journaled(entry("lost"), dialing)
    assert about_to.of("a-7") == [("answered",), ("lost",), ("ended", "unknown")]
    assert with_flow.of("a-7") == [("ended", "unknown")]


def test_what_is_known_of_leads_after_a_restart() -> None:
    """Of each that answered: whether an agent or the flow talked to them, or nobody. Contacts of
    nobody's campaign are no leads."""
    lead = replace(a_story("a-1").dialed(4_000, "carrier", None, 9_000), campaign="c", flow=None)
    talked = replace(lead, id="a-2").answered(9_100, "anna", "PJSIP/anna-1", "leg")
    with_flow = replace(lead, id="a-3", flow="promise")
    no_more = replace(lead, id="a-4").tell(9_500, "lost").tell(9_700, "opted_out")
    met = met_by(
        [lead, talked, with_flow, no_more, a_story("c1")], [entry("no_more"), entry("flow")]
    )
    assert met == {
        "a-1": Met(9_000, is_met=False),
        "a-2": Met(9_000, is_met=True, agent="anna"),
        "a-3": Met(9_000, is_met=True),
        "a-4": Met(9_000, is_met=False, opted_out=True),
        "a-7": Met(30_000, is_met=False),
    }


def test_who_answered_without_an_engine_was_called_and_lost() -> None:
    """Its row says so, though nothing else is known of the call."""
    (over,) = strangers([entry("lost")], (), "northwind", "n1")
    row = over.story.close(over.at_ms, over.outcome, over.by)
    assert (row.direction, row.outcome) == (Direction.OUTBOUND, Outcome.LOST)


def channel(stage: str) -> LiveChannel:
    return LiveChannel(
        *("PJSIP/carrier-1", "a-7-lead", "a-7-lead", "carrier", True, None, "a-7", None, stage, 9),
    )


def test_a_restarted_engine_takes_up_who_talks_and_not_who_waited() -> None:
    """By the channel that was made for the lead."""
    story = a_story("a-7")
    story = type(story).from_record(
        {**story.to_record(), "back": "a-7-lead", "campaign": "renewals", "lead": 42, "flow": None}
    )
    (talks,) = judge([story], [], [channel("talking")], 20_000)
    assert isinstance(talks, GoesOn)
    assert (talks.story.campaign, talks.story.lead) == ("renewals", 42)
    (waited,) = judge([story], [entry("lost")], [], 40_000)
    assert isinstance(waited, Over)
    assert (waited.outcome, waited.by) == (Outcome.LOST, EndedBy.UNKNOWN)


# the two seconds


HEARD = Verdict(Who.PERSON, 1_700, 0.0, "", speech_ms=400, greeting_ms=1_100)


@pytest.mark.parametrize(
    ("rules", "verdict", "by_ms"),
    [
        (("speech",), None, 12_000),
        (("speech",), HEARD, 12_400),
        (("greeting",), HEARD, 13_100),
        (("greeting", "speech"), HEARD, 12_400),
        (("greeting",), Verdict(Who.SILENCE, 2_000, 0.0, ""), 12_000),
    ],
)
def test_somebody_is_there_in_time_by_every_law(
    rules: tuple[str, ...], verdict: Verdict | None, by_ms: int
) -> None:
    """Where several may hold, by the strictest; of who was not heard it counts from the answer."""
    duty = Duty(tuple(AnswerRule(2_000, rule) for rule in rules))  # type: ignore[arg-type]  # both are literals
    assert duty.met_by_ms(10_000, verdict) == by_ms
    assert duty.clock is (Clock.GREETING if rules == ("greeting",) else Clock.SPEECH)


def test_the_law_is_that_of_the_callees_place(site: Site) -> None:
    """In the US it counts from the end of the greeting; where the rule is off, the rule's own
    values hold, as nobody is to wait for ever."""
    campaign = site.campaigns["renewals"].model_copy(update={"allow": ["+1*"]})
    american = site.model_copy(update={"campaigns": {"renewals": campaign}})
    assert Duty.to(american, "renewals", "+12125551234", NOTHING_TOLD).clock is Clock.GREETING
    assert Duty.to(site, "renewals", "+36301234567", NOTHING_TOLD).clock is Clock.SPEECH
    in_ohio = Duty.to(site, "renewals", "+36301234567", Told(part="US-OH"))
    assert in_ohio.clock is Clock.SPEECH
    assert len(in_ohio.rules) == 2


# what is said


def test_the_message_tells_all_that_it_must(site: Site) -> None:
    """The number digit by digit, in its groups."""
    campaign = site.campaigns["renewals"]
    said = messages.sorry(site, campaign, "en", SHOWN)
    assert said.language == "en"
    for part in ("Northwind", "your contract, which ends soon", "+3 6, 1, 5 5 5, 0 1 0 0", "9"):
        assert part in said.text


def test_every_message_is_made_before_a_call(site: Site) -> None:
    """In each language, for each number of the pool; what is left on machines too."""
    left = Machines(detect="amd", message={"hu": "Később."})
    campaign = site.campaigns["renewals"].model_copy(update={"machines": left})
    changed = site.model_copy(update={"campaigns": {"renewals": campaign}})
    said = [(each.language, each.text) for each in messages.every(changed)]
    assert len(said) == len(set(said)) == 4 * 2 + 1
    assert ("hu", "Később.") in said


async def test_the_order_carries_what_the_dialplan_needs_alone(site: Site) -> None:
    """Should the engine be lost while it rings: the message, and its key."""
    order = await order_of(site, House().services.audio, a_call(language="xx"))
    variables = dict(order.variables)
    assert order.channel_id == "a-7-lead"
    assert (order.caller_number, order.timeout_ms) == (SHOWN, 25_000)
    assert variables["TRK_STAGE"] == "dialed"
    assert variables["TRK_LANGUAGE"] == "en"
    assert variables["TRK_NO_MORE"] == "9"
    assert "northwind" in variables["TRK_SORRY"]


def test_our_detector_may_be_asked_for() -> None:
    """With as many mistakes as the site bears."""
    written = Machines.model_validate({"detect": "own", "people_taken": "2"})
    assert (written.detect, written.people_taken) == ("own", 2.0)
    assert Campaign.model_fields["machines"].default.people_taken == 1.0


def test_how_sure_our_detector_is_depends_on_who_answers() -> None:
    """People at home are told apart from machines sooner than a firm's greeting is; of each kind no
    more are taken for machines than the campaign allows."""

    def sure(callees: object) -> float:
        told = {"detect": "own", "people_taken": 2, "callees": callees}
        return care_of(Machines.model_validate(told), Clock.GREETING).machine

    judge = fitted(Clock.GREETING)
    assert sure("mixed") == judge.threshold(0.02)
    assert sure("consumers") == judge.threshold(0.02, CONSUMERS) < sure("mixed") < sure("firms")
    assert sure({"hello": 15, "named": 25, "firm": 60}) == sure("firms")
    assert judge.expected(sure("consumers")).found(CONSUMERS) > 0.88
    assert (
        judge.expected(sure("mixed")).at_most(FIRMS)
        > 0.02
        >= judge.expected(sure("firms")).at_most(FIRMS)
    )


@pytest.mark.parametrize(
    ("error", "is_called"),
    [
        (None, True),
        (ActionFailed("Originate", "no such channel"), False),
        (LinkDown("lost while a leg was ordered"), True),
    ],
)
async def test_only_who_is_certainly_not_called_may_be_called_again(
    error: BridgeError | None, is_called: bool
) -> None:
    house = House()
    house.switch.dial_fails = error
    carrier = SwitchCarrier(house.services)
    ready = await carrier.prepare(a_call())
    assert ready is not None
    assert await carrier.dial(ready) is is_called


async def test_nobody_is_called_without_a_message() -> None:
    house = House()
    campaign = house.site.campaigns["renewals"]
    house.audio.broken = {messages.sorry(house.site, campaign, "hu", SHOWN).text}
    assert await SwitchCarrier(house.services).prepare(a_call()) is None
