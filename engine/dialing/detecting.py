"""Who has answered, and by when somebody must be there: as the campaign and the law want it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from bridge.agi.session import AgiSession
from config.campaign_machines import Machines
from config.site import Site
from engine.campaigns.callees import mix_of
from engine.campaigns.law import CampaignLaw
from engine.listening.asterisk import AsteriskDetector
from engine.listening.own import Ears, OwnDetector
from listening.listener import Care
from listening.port import AnswerDetector
from listening.values import Clock, Verdict, Who
from routing.outbound.rules.answering import Answered, met_by_ms
from routing.outbound.rules.ask import Told, callee_of
from routing.outbound.rules.law import AnswerRule

NOTICED_MS = 100
"""A word is noticed up to so long after it began."""
PEOPLE = frozenset({Who.PERSON, Who.SILENCE})
"""Nobody has said anything yet: a person may be there."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What the law of everywhere that the callee may be says of an answered call; where it says
    nothing, what it says elsewhere."""

    rules: tuple[AnswerRule, ...] = (AnswerRule(),)

    @classmethod
    def to(cls, site: Site, campaign: str, number: str, told: Told) -> Self:
        """Of a campaign's call to this number of a lead that is there, as it says."""
        law = CampaignLaw(site, campaign)
        places = callee_of(number, told, law).jurisdictions
        rules = (law.rules(place).answer for place in places)
        return cls(tuple(rule for rule in rules if rule is not None) or (AnswerRule(),))

    @property
    def clock(self) -> Clock:
        """From when the time counts; the greeting's end only where that is so everywhere."""
        by_greeting = all(rule.counted_from == "greeting" for rule in self.rules)
        return Clock.GREETING if by_greeting else Clock.SPEECH

    def met_by_ms(self, answered_ms: int, verdict: Verdict | None) -> int:
        """By when (epoch, ms) an agent must be there, or the message begin."""
        heard = Answered(answered_ms, *_after(answered_ms, verdict))
        return min(met_by_ms(rule, heard) for rule in self.rules)


def detector_of(
    machines: Machines, duty: Duty, ears: Ears, session: AgiSession
) -> AnswerDetector | None:
    """Who listens; None where whoever answers is taken for a person."""
    match machines.detect:
        case "none":
            return None
        case "amd":
            return AsteriskDetector(session, machines.within.ms)
        case "own":
            return OwnDetector(ears, session, care_of(machines, duty.clock))


def care_of(machines: Machines, clock: Clock) -> Care:
    """How sure our own detector is to be, and by when: by the clock of the law, and of who says
    nothing from the answer on."""
    care = Care.within(machines.people_taken / 100, clock, mix_of(machines))
    within_ms = machines.within.ms
    return replace(
        care, verdict_ms=min(care.verdict_ms, within_ms - NOTICED_MS), silence_ms=within_ms
    )


def _after(answered_ms: int, verdict: Verdict | None) -> Iterable[int | None]:
    """When speech began, and when the greeting ended."""
    if verdict is None:
        return None, None
    heard = verdict.speech_ms, verdict.greeting_ms
    return (None if ms is None else answered_ms + ms for ms in heard)
