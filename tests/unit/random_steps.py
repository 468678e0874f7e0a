"""Random steps of flows, each right wherever it stands: a strategy for each kind.

A new kind of step is added in one place: a line in ``STEPS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

Drawn = st.SearchStrategy[Any]


class Ways(NamedTuple):
    """Where a step of a random flow may lead, and which flows it may call.

    What a silent caller can go leads ``onward`` only, so that nobody goes round in silence.
    """

    onward: Drawn
    anywhere: Drawn
    flows: tuple[str, ...]


# What a condition asks for has a value to begin with: else it could never be true in a flow in
# which no step happens to set it. A step can leave any of them without a value.
VARIABLES: Mapping[str, Any] = {
    "account": {"type": "digits", "start": "12"},
    "code": {"type": "digits", "length": 4},
    "pin": {"type": "digits", "sensitive": True, "start": "12"},
    "again": {"type": "text", "sensitive": True},
    "amount": {"type": "number", "start": "2"},
    "tries": {"type": "number", "start": "0"},
    "paid": {"type": "money", "currency": "EUR", "start": "1.50"},
    "day": {"type": "date", "start": "2026-05-01"},
    "at": {"type": "time", "start": "10:30"},
    "known": {"type": "bool", "start": "no"},
    "note": {"type": "text", "start": "x"},
}
PARAMS: Mapping[str, Any] = {
    "topic": {"type": "text"},
    "limit": {"type": "number", "start": "5"},
    "secret": {"type": "digits", "sensitive": True},
}
RESULTS = ("note", "amount", "known", "pin")
TAKEN = {"note": "note", "amount": "amount", "paid": "amount", "known": "known", "pin": "pin"}

LANGUAGES = st.sampled_from(["en", "hu"])
TRIES = st.one_of(st.integers(1, 3), st.just({"timeout": 1, "invalid": 3}))
OPTION_KEYS = st.sampled_from(["1", "2", "34", "356", "star", "hash", "/2[0-9]{2}/", "/[37]5?/"])
CONDITIONS = (
    "paid < 2.50 and known",
    "known",
    "amount > 3",
    "note == 'x'",
    "account == '12' or pin == '12'",
    "day > time.date",
    "at < 12:30",
    "call.language == 'hu'",
    "time.hour < 9",
    "call.caller == call.called",
    "tries + 1 > amount",
)
ASSIGNED: Mapping[str, tuple[str, ...]] = {
    "account": ("12", "{note}", "{account}3"),
    "again": ("{pin} {note}",),
    "amount": ("amount + 1", "7.5", "tries * 1000000000000", "tries / 3"),
    "tries": ("tries + 1", "tries - 1"),
    "paid": ("paid * 2", "0.10"),
    "day": ("time.date", "2028-02-29"),
    "at": ("time.clock", "09:30"),
    "known": ("yes", "not known", "amount > 1"),
    "note": ("{account} {amount}", "{day}{at}{known}{paid}", "{call.caller}"),
    "call.topic": ("{note}", "Bill"),
}
HOLES = (
    *("account", "account:digits", "note", "note:digits", "amount", "amount:ordinal", "known"),
    *("amount + 1:number", "paid", "paid:number", "day", "at", "time.clock", "time.date"),
    *("call.caller", "call.language", "queue.waited:number", "hours.opens_time"),
)

some = st.fixed_dictionaries


def _worded(holes: Sequence[str]) -> Drawn:
    """A wording in one or more languages, with one of the holes or none."""
    words = st.sampled_from(["Hello.", "?", "Öt 5, az."])
    text = st.one_of(words, st.sampled_from(holes).map("{{{}}}".format))
    return st.one_of(text, some({"en": text, "hu": text}), some({"any": text, "en": text}))


SAID = _worded(HOLES)
WRITTEN = _worded([hole for hole in HOLES if ":" not in hole])
"""Read, not heard: a form is how something is spoken."""
PAUSE = some({"pause": st.sampled_from(["1ms", "500ms", "60s"])})


def _say(ways: Ways) -> Drawn:
    whole = st.one_of(SAID, st.lists(st.one_of(SAID, PAUSE), min_size=1, max_size=3))
    return some({"say": whole, "barge_in": st.booleans(), "next": ways.onward})


def _menu(ways: Ways) -> Drawn:
    places = st.sampled_from(["repeat", "back", "top"])
    option = st.one_of(ways.anywhere, places, some({"language": LANGUAGES}))
    body = some(
        {"prompt": SAID, "options": st.dictionaries(OPTION_KEYS, option, min_size=1)},
        optional={
            **dict.fromkeys(("greeting", "again", "silent", "wrong"), SAID),
            "extensions": ways.anywhere,
            "tries": TRIES,
            "barge_in": st.booleans(),
            "each_language": st.booleans(),
        },
    )
    asks = {"next": ways.onward, "on_timeout": ways.onward}
    return some({"menu": body, **asks, "on_invalid": st.one_of(ways.anywhere, places)})


_COLLECTED: tuple[dict[str, Any], ...] = (
    {"into": "account", "min": 1, "max": 5},
    {"into": "account", "length": 2, "checksum": "luhn", "confirm": True},
    {"into": "account", "max": 40, "checksum": "mod97", "end": "none"},
    {"into": "code", "confirm": {"prompt": "{code}?", "yes": "star", "no": "hash"}, "end": "star"},
    {"into": "code", "optional": True, "check": "code != '1000' and pin != '1'"},
    {"into": "pin", "max": 7},
    {"into": "pin", "check": "pin == account"},
    {"into": "amount", "decimal": "star", "confirm": True, "check": "amount > 1"},
    {"into": "amount", "optional": True},
    {"into": "tries", "max": 2},
    {"into": "paid", "decimal": "star", "confirm": True},
    {"into": "day", "keyed": "DDMM", "confirm": True, "check": "day > time.date"},
    {"into": "day", "keyed": "MMYY"},
    {"into": "day", "confirm": True},
    {"into": "day", "keyed": "YYYYMMDD", "confirm": True},
    {"into": "at", "confirm": True, "check": "at < 23:00"},
)


def _collect(ways: Ways) -> Drawn:
    words = some(
        {"prompt": SAID},
        optional={**dict.fromkeys(("again", "silent", "wrong"), SAID), "tries": TRIES},
    )
    body = st.tuples(st.sampled_from(_COLLECTED), words).map(lambda two: two[0] | two[1])
    asks = {"next": ways.onward, "on_timeout": ways.onward, "on_invalid": ways.anywhere}
    return some({"collect": body, **asks})


def _set(ways: Ways) -> Drawn:
    values = {name: st.sampled_from(sources) for name, sources in ASSIGNED.items()}
    body = some({}, optional=values).filter(bool)
    return some({"set": body, "next": ways.onward, "on_error": ways.onward})


def _branch(ways: Ways) -> Drawn:
    # In one order: what a condition before it covers can never be true, and is refused.
    drawn = st.lists(st.sampled_from(CONDITIONS), max_size=3, unique=True)
    conditions = drawn.map(lambda each: sorted(each, key=CONDITIONS.index))
    cases = conditions.flatmap(
        lambda drawn: st.tuples(*(some({"if": st.just(each), "go": ways.onward}) for each in drawn))
    )
    return st.tuples(cases, ways.onward).map(lambda two: {"branch": [*two[0], {"else": two[1]}]})


def _hours(ways: Ways) -> Drawn:
    names = st.sampled_from(["support", "shop"])
    return st.one_of(
        some({"hours": names, "open": ways.onward, "closed": ways.onward}),
        some(
            {"hours": st.just("shop"), "open": ways.onward, "closed": ways.onward},
            optional={"holiday": ways.onward, "special": ways.onward},
        ),
    )


def _language(ways: Ways) -> Drawn:
    return some({"language": st.one_of(LANGUAGES, st.just("{note}")), "next": ways.onward})


def _queue(ways: Ways) -> Drawn:
    limit = some({"after": st.just("10m"), "go": ways.anywhere})
    keys = st.dictionaries(st.sampled_from(["1", "star"]), ways.anywhere, min_size=1)
    waiting = some(
        {"offer": some({"prompt": SAID, "keys": keys}), "say_wait": st.booleans()},
        optional={"say": st.lists(SAID, max_size=2)},
    )
    relaxed = st.just({"30s": {"billing": 1}, "2m": "any"})
    full = some({"max_waiting": st.just(3), "on_full": ways.onward})
    asked = some(
        {"queue": st.just("support"), "skills": st.just({"{call.language}": 1, "billing": 3})},
        optional={
            "priority": st.sampled_from(["7", "amount", "tries * 1000"]),
            "after": relaxed,
            "while_waiting": waiting,
            "on_timeout": limit,
            "no_agents": ways.onward,
        },
    )
    after = {"answered": ways.onward, "on_error": ways.anywhere}
    both = st.tuples(asked, st.one_of(st.just({}), full), some(after))
    return both.map(lambda three: three[0] | three[1] | three[2])


def _callback(ways: Ways) -> Drawn:
    body = some(
        {},
        optional={
            "queue": st.just("support"),
            "number": st.sampled_from(["{account}", "+36 1 234 5678", "{note}"]),
            "at": st.sampled_from(["at", "09:30"]),
            "keep_place": st.booleans(),
            "skills": st.just({"{call.language}": 2}),
            "priority": st.sampled_from(["50", "amount"]),
        },
    )
    return some({"callback": body, "next": ways.onward}, optional={"already": ways.onward})


def _survey(ways: Ways) -> Drawn:
    score = some({"scale": st.just("0-10"), "prompt": SAID, "into": st.just("amount")})
    body = some(
        {"csat": st.just("yes")},
        optional={
            "nps": st.booleans(),
            "comment": st.booleans(),
            "questions": some({"solved": score}),
            "tries": st.integers(1, 2),
        },
    )
    return some({"survey": body, "next": ways.onward})


def _dtmf(ways: Ways) -> Drawn:
    sent = st.one_of(st.sampled_from(["12w#", "{account}"]), st.just({"send": "1", "tone": "60ms"}))
    return some({"dtmf": sent, "next": ways.onward})


def _http(ways: Ways) -> Drawn:
    read = st.sampled_from([{"amount": "$.n"}, {"note": "$.a[0].b?", "day": "$.d"}])
    body = some(
        {"post": st.just("https://crm.example.test/{account}")},
        optional={
            "read": read,
            "body": st.just({"note": "{note}", "n": "{amount}"}),
            "query": st.just({"language": "{call.language}"}),
            "retries": st.integers(0, 2),
            "meanwhile": SAID,
        },
    )
    statuses = st.dictionaries(st.sampled_from(["404", "5xx"]), ways.onward)
    return some({"http": body, "next": ways.onward}, optional={"on_status": statuses})


def _lookup(ways: Ways) -> Drawn:
    who = st.sampled_from(["caller", {"number": "{account}"}])
    branches = {"known": ways.onward, "unknown": ways.onward}
    return some({"lookup": who, "next": ways.onward}, optional=branches)


def _transfer(ways: Ways) -> Drawn:
    to = st.sampled_from(
        [{"to": "+3615550199"}, {"to": "{account}"}, {"agent": "{note}"}, {"extension": "207"}]
    )
    beside = some({}, optional={"announce": SAID, "timeout": st.just("20s")})
    body = st.tuples(to, beside).map(lambda two: two[0] | two[1])
    ways_out = {"busy": ways.anywhere, "no_answer": ways.anywhere}
    asks = some(
        {"mode": st.just("attended")},
        optional={
            "whisper": SAID,
            "accept": st.sampled_from(["1", "star", "none"]),
            "max": st.just("1h"),
        },
    )
    joins = st.one_of(body, st.tuples(body, asks).map(lambda two: two[0] | two[1]))
    back = some(
        {"transfer": joins, "next": ways.onward, "on_error": ways.anywhere}, optional=ways_out
    )
    blind = some(
        {
            "transfer": body.map(lambda body: {**body, "mode": "blind"}),
            "on_error": ways.anywhere,
        },
        optional=ways_out,
    )
    return st.one_of(back, blind)


def _voicemail(ways: Ways) -> Drawn:
    body = some(
        {"mailbox": st.just("support")},
        optional={"prompt": SAID, "max": st.just("30s"), "review": st.booleans()},
    )
    exits = {"next": ways.onward, "on_error": ways.anywhere}
    return some({"voicemail": body, **exits}, optional={"nothing": ways.onward})


def _sms(ways: Ways) -> Drawn:
    body = some(
        {"text": WRITTEN},
        optional={
            "to": st.sampled_from(["+36201234567", "{account}", "{note}"]),
            "from": st.just("Example"),
        },
    )
    return some({"sms": body, "next": ways.onward, "on_error": ways.anywhere})


def _pay(ways: Ways) -> Drawn:
    body = st.sampled_from(
        [
            {"amount": "paid", "reference": "Bill {account}"},
            {"amount": "amount + 1", "currency": "HUF", "reference": "{note}"},
        ]
    )
    exits = {"paid": ways.onward, **dict.fromkeys(("declined", "on_error"), ways.anywhere)}
    return some({"pay": body, **exits}, optional={"cancelled": ways.anywhere})


def _record(ways: Ways) -> Drawn:
    # Never on: then no secret could be asked for in any step after it.
    body = some({"on": st.just("no"), "reason": st.sampled_from(["card details", "consent"])})
    return some({"record": body, "next": ways.onward})


def _python(ways: Ways) -> Drawn:
    body = some(
        {"call": st.just("rate")},
        optional={
            "give": st.just({"account": "{account}", "text": "No. {amount}"}),
            "take": st.sampled_from([{"amount": "n"}, {"note": "b", "day": "d"}]),
        },
    )
    return some({"python": body, "next": ways.onward})


def _goto(ways: Ways) -> Drawn:
    return some({"goto": ways.onward})


def _call(ways: Ways) -> Drawn:
    needed = {"topic": ("{note}", "Bill"), "secret": ("{pin}", "123", "{account}")}
    given = {name: st.sampled_from(sources) for name, sources in needed.items()}
    taken = {name: st.just(result) for name, result in TAKEN.items()}
    body = some(
        {
            "flow": st.sampled_from(ways.flows),
            "give": some(given, optional={"limit": st.sampled_from(["amount", "tries + 1", "3"])}),
            "take": some({}, optional=taken),
        }
    )
    return some({"call": body, "next": ways.onward})


def _return(ways: Ways) -> Drawn:
    values = {name: st.sampled_from(ASSIGNED[name]) for name in RESULTS if name in ASSIGNED}
    return some({"return": some({}, optional=values)})


def _hangup(ways: Ways) -> Drawn:
    return some({"hangup": st.sampled_from(["normal", "busy", "congestion", "rejected"])})


STEPS: Mapping[str, Callable[[Ways], Drawn]] = {
    "say": _say,
    "menu": _menu,
    "collect": _collect,
    "set": _set,
    "branch": _branch,
    "hours": _hours,
    "language": _language,
    "queue": _queue,
    "callback": _callback,
    "transfer": _transfer,
    "voicemail": _voicemail,
    "pay": _pay,
    "sms": _sms,
    "record": _record,
    "survey": _survey,
    "dtmf": _dtmf,
    "http": _http,
    "lookup": _lookup,
    "python": _python,
    "goto": _goto,
    "call": _call,
    "return": _return,
    "hangup": _hangup,
}
"""For each kind of step, how one is drawn that is right wherever it stands."""

HAVE_ON_ERROR = frozenset(
    {
        "say",
        "menu",
        "collect",
        "language",
        "queue",
        "callback",
        "record",
        "survey",
        "dtmf",
        "http",
        "lookup",
        "python",
        "call",
    }
)
"""Kinds whose errors may lead anywhere: a call whose steps keep failing is given up."""
