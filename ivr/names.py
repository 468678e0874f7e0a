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
}
"""Always there. ``time`` is the site's; ``time.weekday`` is mon, tue, wed, thu, fri, sat or sun."""

LEARNED: Mapping[str, Variable] = {
    "call.topic": _TEXT,
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
    "queue.agent": _TEXT,
    "queue.waited": _NUMBER,
    "reply.status": _NUMBER,
    "transfer.outcome": _TEXT,
    "payment.reference": _TEXT,
    "payment.brand": _TEXT,
    "payment.last4": _DIGITS,
}
"""Not set until a step learns them: lookup, hours, queue, http, transfer, pay, menu and set."""

SETTABLE = frozenset({"call.topic"})
"""Of these, what a ``set`` step may give a value: ``call.topic`` goes into the history."""

NAMES: Mapping[str, Variable] = {**CALL_NAMES, **LEARNED}
"""Every name that no flow need declare."""


def _between(low: int, high: int) -> NameType:
    return NameType(ValueType.NUMBER, low=Decimal(low), high=Decimal(high), always_set=True)


PROMISES: Mapping[str, NameType] = {
    "call.caller": NameType(ValueType.DIGITS),
    "call.called": NameType(ValueType.DIGITS, always_set=True),
    "call.id": NameType(ValueType.TEXT, always_set=True),
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
    "reply.status": NameType(ValueType.NUMBER, low=Decimal(100), high=Decimal(599)),
}
"""What is known of these values before any call."""
