"""Who calls, and whom: the number that is shown, and the kind of number that is called.

The caller's number is always shown, and one at which the caller can be reached: 47 CFR
64.1601(e); PECR 2003, reg. 21(A1); Ofcom on persistent misuse.
"""

from __future__ import annotations

import re

from routing.outbound.rules.ask import Ask, Said
from routing.outbound.rules.evidence import Fact
from routing.outbound.rules.law import AllowRule, CallerIdRule, NumbersRule

_E164 = re.compile(r"\+[0-9]{6,15}")


def allow(rule: AllowRule, ask: Ask) -> Said:
    """A number that the campaign may call at all."""
    saw: dict[str, Fact] = {"allowed": rule.text}
    if not ask.call.allowed:
        return Said(False, "the campaign does not allow this number", saw)
    return Said(True, "the campaign allows this number", saw)


def caller_id(rule: CallerIdRule, ask: Ask) -> Said:
    """A number is shown, and somebody answers it."""
    shown, answered = ask.call.caller_id, ask.call.caller_id_answered
    saw: dict[str, Fact] = {"shown": shown, "answered by the site": answered}
    if shown is None or _E164.fullmatch(shown) is None:
        return Said(False, "no number would be shown", saw)
    if rule.answered and not answered:
        return Said(False, "nobody answers the number that would be shown", saw)
    return Said(True, "the caller's number is shown", saw)


def numbers(rule: NumbersRule, ask: Ask) -> Said:
    """No kind of number that is not to be called."""
    kind = ask.callee.place.kind
    saw: dict[str, Fact] = {"kind": kind, "refused": list(rule.refuse)}
    if kind in rule.refuse:
        return Said(False, f"a number of the kind {kind} is not called", saw)
    return Said(True, "a number of a kind that may be called", saw)
