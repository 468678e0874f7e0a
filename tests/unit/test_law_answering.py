"""Ringing, the two seconds, the message, what is shown and to whom, and the abandon rate."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from config.calling_law import layers, settled
from config.calling_rules import least_ring
from routing.outbound.budget import Budget, Reliance, Tally
from routing.outbound.rules.abandoning import Pace, Slowed, budget_of, pace, strictest
from routing.outbound.rules.answering import (
    Answered,
    met_by_ms,
)
from routing.outbound.rules.ask import Known
from routing.outbound.rules.evidence import Permit
from routing.outbound.rules.law import (
    AbandonRule,
    AnswerRule,
    CallerIdRule,
    MessageRule,
    NumbersRule,
    RingRule,
    Rules,
)
from tests.unit.calling import HU, SECOND, SHOWN, a_call, at, decide, is_permitted, only, refused

pytestmark = pytest.mark.unit

NOW = at("2026-11-23 10:00")
THREE_PERCENT = AbandonRule(day=3, month=3)


class TestRinging:
    @pytest.mark.parametrize(("rings_ms", "permits"), [(14_999, False), (15_000, True)])
    def test_a_phone_rings_for_at_least_15_seconds(self, rings_ms: int, permits: bool) -> None:
        """16 CFR 310.4(b)(4)(ii), and Ofcom."""
        law = only(ring=RingRule(15 * SECOND))
        assert is_permitted(law, a_call(HU, ring_timeout_ms=rings_ms), NOW) is permits

    def test_fifteen_seconds_or_four_rings_whichever_is_shorter(self) -> None:
        """With America's six seconds from ring to ring it is the 15 seconds; with three it would be
        the four rings."""
        where = layers({}, {}, "renewals")
        assert least_ring(settled(where, "US")["ring"].values).ms == 15_000
        faster = {**settled(where, "US")["ring"].values}
        faster["every"] = type(faster["every"])(3_000)
        assert least_ring(faster).ms == 12_000


class TestTwoSeconds:
    from_greeting = AnswerRule(2 * SECOND, "greeting")
    from_speech = AnswerRule(2 * SECOND, "speech")

    def test_they_count_from_the_end_of_the_greeting_in_the_us(self) -> None:
        """A person who says their name for two seconds has an agent after four at the latest."""
        greeted = Answered(NOW, NOW + 300, NOW + 2_300)
        assert met_by_ms(self.from_greeting, greeted) == NOW + 4_300

    def test_they_count_from_the_beginning_of_speech_in_the_uk(self) -> None:
        """The same person has one after 2.3 s."""
        greeted = Answered(NOW, NOW + 300, NOW + 2_300)
        assert met_by_ms(self.from_speech, greeted) == NOW + 2_300

    @pytest.mark.parametrize("rule", [from_greeting, from_speech])
    def test_until_anything_is_heard_they_count_from_the_answer(self, rule: AnswerRule) -> None:
        """Who says nothing is met as soon; what is heard later only puts it off."""
        silent = Answered(NOW)
        assert met_by_ms(rule, silent) == NOW + 2_000
        assert met_by_ms(
            rule, silent._replace(speech_ms=NOW + 500, greeting_ended_ms=NOW + 900)
        ) > (met_by_ms(rule, silent))

    def test_a_call_that_would_be_judged_for_too_long_is_not_made(self) -> None:
        """Machine detection of 1.8 s and 0.2 s to connect are two; more is not allowed."""
        law = only(answer=self.from_speech)
        assert is_permitted(law, a_call(HU, answers_in_ms=2_000), NOW)
        assert not is_permitted(law, a_call(HU, answers_in_ms=2_001), NOW)


class TestMessage:
    law = only(message=MessageRule())

    def test_it_tells_who_called_why_and_how_to_be_called_no_more(self) -> None:
        """16 CFR 310.4(b)(4)(iii); 47 CFR 64.1200(a)(7)(i)."""
        assert is_permitted(self.law, a_call(HU), NOW)

    @pytest.mark.parametrize("part", ["seller", "number", "purpose", "key"])
    def test_none_of_its_parts_may_be_missing(self, part: str) -> None:
        """And which one is, is told."""
        told = tuple(each for each in a_call(HU).message if each != part)
        refusal = refused(self.law, a_call(HU, message=told), NOW)
        assert refusal.reasons[0].because == f"the message does not tell: {part}"
        assert refusal.agent_helps

    def test_a_call_that_somebody_meets_needs_none(self) -> None:
        """An agent is kept for it, or the flow itself is what is heard."""
        assert is_permitted(self.law, a_call(HU, message=(), agent_kept=True), NOW)
        assert is_permitted(self.law, a_call(HU, message=(), automated=True), NOW)


class TestNumbers:
    @pytest.mark.parametrize("shown", [None, "", "anonymous", "36155501000", "+361 5550100"])
    def test_the_callers_number_is_always_shown(self, shown: str | None) -> None:
        """A whole one, with its country."""
        law = only(caller_id=CallerIdRule(answered=False))
        assert not is_permitted(law, a_call(HU, caller_id=shown), NOW)
        assert is_permitted(law, a_call(HU, caller_id=SHOWN), NOW)

    def test_and_can_be_called_back(self) -> None:
        """By Ofcom, and by whoever asks for it."""
        call = a_call(HU, caller_id_answered=False)
        assert not is_permitted(only(caller_id=CallerIdRule()), call, NOW)
        assert is_permitted(only(caller_id=CallerIdRule(answered=False)), call, NOW)

    @pytest.mark.parametrize(
        ("number", "permits"),
        [(HU, True), ("+3690123456", False), ("+447700900123", False), ("+18002345678", True)],
    )
    def test_some_kinds_of_number_are_nobody_to_call(self, number: str, permits: bool) -> None:
        """Premium rates, and what the plan has assigned to nobody."""
        law = only(numbers=NumbersRule(("premium_rate", "unknown")))
        assert is_permitted(law, a_call(number), NOW) is permits


class TestAbandonRate:
    law = only(abandon_rate=THREE_PERCENT)

    @pytest.mark.parametrize(
        ("live", "lost", "permits"),
        [(0, 0, False), (32, 0, False), (33, 0, True), (97, 2, True), (97, 3, False)],
    )
    def test_a_call_is_risked_only_if_the_day_can_stand_its_loss(
        self, live: int, lost: int, permits: bool
    ) -> None:
        """Three of a hundred, and never one more: one lost beside 32 answered is 3.03 %."""
        known = Known(today=Tally(live, lost))
        assert is_permitted(self.law, a_call(HU), NOW, known) is permits

    def test_the_calls_in_the_air_are_risked_too(self) -> None:
        """Two that ring may both be lost; those with an agent kept cannot be."""
        assert is_permitted(self.law, a_call(HU), NOW, Known(today=Tally(65), exposed=1)) is True
        assert not is_permitted(self.law, a_call(HU), NOW, Known(today=Tally(65), exposed=2))
        assert is_permitted(self.law, a_call(HU), NOW, Known(today=Tally(65), exposed=1, kept=50))

    def test_the_evidence_says_on_what_it_counts(self) -> None:
        """What holds only by the day's end is not said to hold at once."""
        sure = decide(self.law, a_call(HU), NOW, Known(today=Tally(97)))
        counting = decide(self.law, a_call(HU), NOW, Known(today=Tally(9), relied_on=Reliance(90)))
        told = [each.evidence.findings[-1].because for each in (sure, counting)]
        kept = "the abandon rate keeps its cap, whatever becomes of it"
        assert told == [kept, f"{kept}, by the day's end, if what is counted on comes true"]

    def test_the_evidence_says_how_many_of_those_at_risk_may_be_answered(self) -> None:
        """Of 100 calls at most 45 are, where one in five may be; no call is permitted beyond."""
        allowed = Known(today=Tally(live=45 * 97 // 3), exposed=99, relied_on=Reliance(share=0.2))
        decided = decide(self.law, a_call(HU), NOW, allowed)
        assert isinstance(decided, Permit)
        saw = decided.evidence.findings[-1].saw
        assert "of 100 calls at risk at most 45 are answered" in str(saw["counted on"])
        assert not is_permitted(self.law, a_call(HU), NOW, replace(allowed, exposed=110))
        certain = replace(allowed, relied_on=Reliance())
        assert not is_permitted(self.law, a_call(HU), NOW, certain)

    def test_thirty_days_count_beside_the_day(self) -> None:
        """A good day does not make up for a bad month, nor the other way round."""
        bad_month = Known(today=Tally(97), before=Tally(1_000, 40))
        assert not is_permitted(self.law, a_call(HU), NOW, bad_month)
        assert is_permitted(
            only(abandon_rate=AbandonRule(day=3, month=None)), a_call(HU), NOW, bad_month
        )
        bad_day = Known(today=Tally(10, 1), before=Tally(10_000))
        assert not is_permitted(self.law, a_call(HU), NOW, bad_day)
        assert is_permitted(
            only(abandon_rate=AbandonRule(day=None, month=3)), a_call(HU), NOW, bad_day
        )

    def test_mistakes_of_machine_detection_use_the_budget_up(self) -> None:
        """1 % wrong of 400 machines beside 600 people are 0.7 % of those who answered; of 3,000
        machines 4.8 %, and nothing may be risked."""
        law = only(abandon_rate=AbandonRule(false_machines=1))
        assert is_permitted(law, a_call(HU), NOW, Known(today=Tally(600, 0, 400)))
        assert not is_permitted(law, a_call(HU), NOW, Known(today=Tally(600, 0, 3_000)))

    def test_unmeasured_mistakes_use_the_budget_up_as_the_campaign_expects_them(self) -> None:
        """Of a hundred people one is taken for a machine: 99 who talked stand for 1 who was hung up
        on, and the cap has room for two lost calls in a hundred, not three."""
        rule = AbandonRule(people_taken=1)
        law = only(abandon_rate=rule)
        assert budget_of(rule, Tally(), Tally(live=99)).rates()[0] == Fraction(1, 100)
        assert is_permitted(law, a_call(HU), NOW, Known(today=Tally(970, 19)))
        assert not is_permitted(law, a_call(HU), NOW, Known(today=Tally(970, 20)))

    def test_who_takes_more_people_than_the_cap_risks_nobody_else(self) -> None:
        """One call for each agent; what was measured counts in place of what is expected."""
        today = Known(today=Tally(live=1_000, machines=1_000))
        expected = AbandonRule(people_taken=45.1)
        assert not is_permitted(only(abandon_rate=expected), a_call(HU), NOW, today)
        measured = AbandonRule(people_taken=45.1, false_machines=1)
        assert is_permitted(only(abandon_rate=measured), a_call(HU), NOW, today)

    def test_ofcoms_vector(self) -> None:
        """29 drops, 9 live, 7 machines: 29·(1 - 7/16) of 9 and as many is 64.44 %."""
        rule = AbandonRule(lost_before_verdict=True)
        rate = budget_of(rule, Tally(), Tally(live=9, lost=29, machines=7)).rates()[0]
        assert f"{float(rate):.2%}" == "64.44%"
        refusal = refused(only(abandon_rate=rule), a_call(HU), NOW, Known(today=Tally(9, 29, 7)))
        assert refusal.reasons[0].saw["today"] == "64.44 % of 3 %"

    def test_with_an_agent_kept_any_call_is_permitted(self) -> None:
        """Which the refusal tells; so a campaign goes on, progressive."""
        known = Known(today=Tally(0, 1))
        assert refused(self.law, a_call(HU), NOW, known).agent_helps
        assert is_permitted(self.law, a_call(HU, agent_kept=True), NOW, known)
        assert is_permitted(self.law, a_call(HU, automated=True), NOW, known)


class TestPace:
    """What the law leaves a campaign that would dial further ahead than it has agents."""

    rules = Rules(abandon_rate=THREE_PERCENT, message=MessageRule())

    def pace(self, today: Tally, before: Tally = Tally(10_000), **told: tuple[str, ...]) -> Pace:  # noqa: B008 - a value
        return pace([self.rules], strictest([self.rules], before, today), 0, **told)

    def test_it_dials_ahead_as_far_as_the_budget_reaches(self) -> None:
        """After 97 answered three may be in the air at once."""
        assert self.pace(Tally(97)) == Pace(True, 3)

    def test_it_slows_to_progressive_and_says_why(self) -> None:
        """The day, the month, or both; that it is early, while nobody was lost."""
        assert self.pace(Tally(10, 1)) == Pace(False, 0, (Slowed.DAY,))
        assert self.pace(Tally(97), Tally(1_000, 60)) == Pace(False, 0, (Slowed.MONTH,))
        assert self.pace(Tally(0, 5), Tally(0, 5)).why == (Slowed.DAY, Slowed.MONTH)
        assert self.pace(Tally(10)) == Pace(False, 0, (Slowed.EARLY,))
        assert self.pace(Tally(), Tally()).why == (Slowed.EARLY,)
        assert self.pace(Tally(), Tally(0, 5)).why == (Slowed.EARLY, Slowed.MONTH)

    def test_without_the_message_it_is_progressive(self) -> None:
        """Whatever the budget has left; unless nobody asks for the message."""
        assert self.pace(Tally(97), told=("seller",)) == Pace(False, 0, (Slowed.MESSAGE,))
        free = Rules(abandon_rate=THREE_PERCENT)
        assert pace([free], strictest([free], Tally(10_000), Tally(97)), 0, ()).ahead

    def test_over_several_countries_the_strictest_holds(self) -> None:
        """The lowest of the caps, machines counted as where they weigh most."""
        strict = Rules(abandon_rate=AbandonRule(day=1, month=None, false_machines=2))
        lax = Rules(abandon_rate=AbandonRule(day=None, month=3, lost_before_verdict=True))
        budget = strictest([strict, lax, Rules()], Tally(1), Tally(2))
        assert budget.day == budget_of(strict.abandon_rate, Tally(), Tally()).day
        assert budget.window == budget_of(lax.abandon_rate, Tally(), Tally()).window
        assert budget.counting == budget_of(strict.abandon_rate, Tally(), Tally()).counting
        assert strictest([Rules()], Tally(), Tally()) == Budget(None, None)
