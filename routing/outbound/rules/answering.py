"""Ringing, answering, and what hears who finds no agent.

FTC: the phone rings for at least 15 seconds or four rings; a call is abandoned where no agent is
there within two seconds of the end of the greeting; then a message tells the seller's name and
number (16 CFR 310.4(b)(1)(iv) and (b)(4)); FCC: and the purpose, with a key by which to be called
no more (47 CFR 64.1200(a)(7)(i)). Ofcom counts the two seconds from the beginning of speech.
"""

from __future__ import annotations

from typing import NamedTuple

from routing.outbound.rules.ask import Ask, Said
from routing.outbound.rules.evidence import Fact
from routing.outbound.rules.law import AnswerRule, MessageRule, RingRule


def ring(rule: RingRule, ask: Ask) -> Said:
    """The phone is to ring for as long as it must."""
    wanted_ms, least_ms = ask.call.ring_timeout_ms, rule.least_ms
    saw: dict[str, Fact] = {"rings for": _seconds(wanted_ms), "at least": _seconds(least_ms)}
    if wanted_ms < least_ms:
        return Said(False, "it would be given up before it has rung for its time", saw)
    return Said(True, "it rings for its time", saw)


def answer(rule: AnswerRule, ask: Ask) -> Said:
    """Who answers is to talk to somebody, or to hear something, in time."""
    planned_ms = ask.call.answers_in_ms
    saw: dict[str, Fact] = {
        "there in": _seconds(planned_ms),
        "allowed": _seconds(rule.within_ms),
        "from the": f"{'end of the greeting' if rule.counted_from == 'greeting' else 'answer'}",
    }
    if planned_ms > rule.within_ms:
        return Said(False, "who answers would wait too long", saw)
    return Said(True, "who answers is met in time", saw)


def message(rule: MessageRule, ask: Ask) -> Said:
    """The message is there, with all that it must tell, wherever one may be needed."""
    told = ask.call.message
    saw: dict[str, Fact] = {
        "tells": list(told),
        "must tell": list(rule.parts),
        "agent kept": ask.call.agent_kept,
    }
    lacking = [part for part in rule.parts if part not in told]
    if not ask.call.may_be_abandoned:
        return Said(True, "somebody, or the flow, is there for whoever answers", saw)
    if lacking:
        return Said(False, f"the message does not tell: {', '.join(lacking)}", saw)
    return Said(True, "who finds no agent hears the message", saw)


class Answered(NamedTuple):
    """What has been heard of an answered call; None: not yet. Unix epoch, ms."""

    at_ms: int
    speech_ms: int | None = None
    greeting_ended_ms: int | None = None


def met_by_ms(rule: AnswerRule, answered: Answered) -> int:
    """By when an agent must be there, or the message begin.

    It counts from the answer until more is heard, so what is heard later only puts it off.
    """
    begun_ms = answered.speech_ms
    if rule.counted_from == "greeting":
        begun_ms = answered.greeting_ended_ms
    return max(answered.at_ms, begun_ms or 0) + rule.within_ms


def _seconds(ms: int) -> str:
    return f"{ms / 1000:g} s"
