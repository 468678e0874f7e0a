"""The names that a flow can use beside its own variables, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ivr.expression import NameType, ValueType
from ivr.variables import Variable

_TEXT = Variable(type="text")
_DIGITS = Variable(type="digits")
_NUMBER = Variable(type="number")
_DATE = Variable(type="date")
_TIME = Variable(type="time")
_BOOL = Variable(type="bool")

CALL_NAMES: Mapping[str, Variable] = {
    "call.caller": _DIGITS,
    "call.called": _DIGITS,
    "call.language": _TEXT,
    "call.id": _TEXT,
    "time.date": _DATE,
    "time.clock": _TIME,
    "time.weekday": _TEXT,
    "time.hour": _NUMBER,
    "time.minute": _NUMBER,
    "time.day": _NUMBER,
    "time.month": _NUMBER,
    "time.year": _NUMBER,
    "call.direction": _TEXT,
    "call.campaign": _TEXT,
}
"""Always there. ``time`` is the site's; ``time.weekday`` is mon, tue, wed, thu, fri, sat or sun."""

DISPOSITION = "call.disposition"
"""What a flow says came of a campaign's call."""

LEARNED: Mapping[str, Variable] = {
    "call.topic": _TEXT,
    DISPOSITION: _TEXT,
    "call.keys": _TEXT,
    "call.extension": _DIGITS,
    "caller.known": _BOOL,
    "caller.name": _TEXT,
    "caller.language": _TEXT,
    "caller.segment": _TEXT,
    "caller.contacts": _NUMBER,
    "caller.last_topic": _TEXT,
    "caller.last_queue": _TEXT,
    "caller.last_agent": _TEXT,
    "caller.last_outcome": _TEXT,
    "caller.last_date": _DATE,
    "hours.opens_date": _DATE,
    "hours.opens_time": _TIME,
    "hours.reason": _TEXT,
    "callback.date": _DATE,
    "callback.time": _TIME,
    "queue.agent": _TEXT,
    "queue.waited": _NUMBER,
    "queue.expected_wait": _NUMBER,
    "reply.status": _NUMBER,
    "transfer.outcome": _TEXT,
    "payment.result": _TEXT,
    "payment.reference": _TEXT,
    "payment.brand": _TEXT,
    "payment.last4": _DIGITS,
}
"""Not set until a step learns them: lookup, hours, callback, queue, http, transfer, pay, menu
and set."""

ABOUT: Mapping[str, str] = {
    "call.caller": "the digits of the caller's number; not set when it is withheld",
    "call.called": "the number that was called",
    "call.language": "what the caller hears now",
    "call.id": "the contact's id, as in the history",
    "call.direction": "inbound, or outbound in a campaign's call; then `call.caller` is who was "
    "called, and `call.called` the number that they were shown",
    "call.campaign": "the campaign that has called; not set of a call that came in",
    "time.date": "today",
    "time.clock": "the time of day",
    "time.weekday": "mon, tue, wed, thu, fri, sat or sun",
    "time.hour": "0 to 23",
    "time.minute": "0 to 59",
    "time.day": "the day of the month",
    "time.month": "1 to 12",
    "time.year": "of four digits",
    "call.topic": "what the call is about; a set step writes it, the history keeps it",
    DISPOSITION: "what came of a campaign's call, one of its dispositions; a set step writes it, "
    "the last word counts",
    "call.keys": "what was keyed for an option that is a pattern",
    "call.extension": "the agent's extension that was keyed in a menu",
    "caller.known": "whether a lookup found the caller",
    "caller.name": "the caller's name",
    "caller.language": "the caller's own language",
    "caller.segment": "the group of customers that the caller is in",
    "caller.contacts": "how often the caller was in touch before",
    "caller.last_topic": "what the last contact was about",
    "caller.last_queue": "where the caller waited last",
    "caller.last_agent": "who talked with the caller last",
    "caller.last_outcome": "how the last contact ended",
    "caller.last_date": "the day of the last contact",
    "hours.opens_date": "the day on which what is closed opens next",
    "hours.opens_time": "the time at which it opens",
    "hours.reason": "why it is closed: week, holiday or special",
    "callback.date": "the day of the callback that was promised, or could be",
    "callback.time": "its time; both are not set for one that is made as soon as possible",
    "queue.agent": "the agent who answered in a queue",
    "queue.waited": "the seconds waited in the last queue",
    "queue.expected_wait": "the seconds that the wait there would go on, as expected when it ended "
    "without an agent; not set unless that can be told",
    "reply.status": "the status of the last http step's answer, 100 to 599",
    "transfer.outcome": "how the last transfer ended",
    "payment.result": "how the last payment ended",
    "payment.reference": "the payment's id, as `trunkline payments` shows it",
    "payment.brand": "the brand of the card",
    "payment.last4": "the card's last four digits",
}
"""What each of them holds, for the reference."""

SETTABLE = ("call.topic", DISPOSITION)
"""Of these, what a ``set`` step may give a value: ``call.topic`` goes into the history,
``call.disposition`` to the campaign that has called."""

NAMES: Mapping[str, Variable] = {**CALL_NAMES, **LEARNED}
"""Every name that no flow need declare."""


def _between(low: int, high: int) -> NameType:
    return NameType(ValueType.NUMBER, low=Decimal(low), high=Decimal(high), always_set=True)


PROMISES: Mapping[str, NameType] = {
    "call.caller": NameType(ValueType.DIGITS),
    "call.called": NameType(ValueType.DIGITS, always_set=True),
    "call.id": NameType(ValueType.TEXT, always_set=True),
    "call.direction": NameType(
        ValueType.TEXT, allowed=frozenset({"inbound", "outbound"}), always_set=True
    ),
    "time.date": NameType(ValueType.DATE, always_set=True),
    "time.clock": NameType(ValueType.TIME, always_set=True),
    "time.weekday": NameType(
        ValueType.TEXT,
        allowed=frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"}),
        always_set=True,
    ),
    "time.hour": _between(0, 23),
    "time.minute": _between(0, 59),
    "time.day": _between(1, 31),
    "time.month": _between(1, 12),
    "time.year": _between(1970, 9999),
    "hours.reason": NameType(ValueType.TEXT, allowed=frozenset({"week", "holiday", "special"})),
    "caller.contacts": NameType(ValueType.NUMBER, low=Decimal(0)),
    "queue.waited": NameType(ValueType.NUMBER, low=Decimal(0)),
    "queue.expected_wait": NameType(ValueType.NUMBER, low=Decimal(0)),
    "reply.status": NameType(ValueType.NUMBER, low=Decimal(100), high=Decimal(599)),
    "payment.result": NameType(
        ValueType.TEXT,
        allowed=frozenset(
            {
                *("success", "declined", "outcome-unknown"),
                *("caller-interrupted-with-star", "caller-hung-up", "too-many-failed-attempts"),
                *("session-timed-out", "cancelled-by-agent", "payment-connector-error"),
                *("exposed", "given-back", "validation-error", "internal-error"),
            }
        ),
    ),
    "transfer.outcome": NameType(
        ValueType.TEXT, allowed=frozenset({"ended", "busy", "no_answer", "unreachable"})
    ),
}
"""What is known of these values before any call."""
