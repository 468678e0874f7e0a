"""Random well-typed expressions, and calls in which their names have values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache

from hypothesis import strategies as st

from ivr.expression import NameType, Value, ValueType

Texts = st.SearchStrategy[str]
Environment = Mapping[str, Value]

_TYPE = ValueType
NAMES: Mapping[str, NameType] = {
    "n": NameType(_TYPE.NUMBER),
    "m": NameType(_TYPE.NUMBER),
    "balance": NameType(_TYPE.MONEY, currency="EUR"),
    "time.hour": NameType(_TYPE.NUMBER, low=Decimal(0), high=Decimal(23), always_set=True),
    "call.language": NameType(_TYPE.TEXT, allowed=frozenset({"en", "hu"}), always_set=True),
    "topic": NameType(_TYPE.TEXT),
    "account": NameType(_TYPE.DIGITS, length=2),
    "code": NameType(_TYPE.DIGITS),
    "day": NameType(_TYPE.DATE),
    "time.date": NameType(_TYPE.DATE, always_set=True),
    "at": NameType(_TYPE.TIME),
    "paid": NameType(_TYPE.BOOL),
    "known": NameType(_TYPE.BOOL, always_set=True),
}

_NUMBERS = ["0", "1", "2", "-1", "0.5", "23", "24"]
_TEXTS = ['"en"', '"hu"', '"ab"', '"a"', '"12"', '"A"', '""', "'7'"]
_DAYS = ["2026-11-22", "2026-11-23", "2026-12-24"]
_TIMES = ["08:00", "08:01", "18:30"]
_PATTERNS = ['"[0-9]{2}"', '"a.*"', '"(en|hu)?"', '"1+2?"']


def _joined(*parts: str | Texts) -> Texts:
    """Parts in a row; a text is itself."""
    made = (st.just(part) if isinstance(part, str) else part for part in parts)
    return st.tuples(*made).map("".join)


def _choice(kind: Callable[[int], Texts], depth: int) -> Texts:
    return _joined("(if ", conditions(depth), " then ", kind(depth), " else ", kind(depth), ")")


@cache
def numbers(depth: int) -> Texts:
    """Numbers and money; money is never multiplied, so that every mix is well typed."""
    leaves = st.sampled_from([*_NUMBERS, "n", "m", "time.hour", "balance"])
    if depth == 0:
        return leaves
    inner, text = numbers(depth - 1), texts(depth - 1)
    return st.one_of(
        leaves,
        _joined("(", inner, st.sampled_from([" + ", " - "]), inner, ")"),
        _joined("(", inner, st.sampled_from([" * 2", " / 0", " / 3"]), ")"),
        _joined("-", inner),
        _joined(st.sampled_from(["abs(", "round(", "number("]), inner, ")"),
        _joined("round(", inner, ", ", st.sampled_from(["1", "n", "-1"]), ")"),
        _joined(st.sampled_from(["min(", "max("]), inner, ", ", inner, ")"),
        _joined(st.sampled_from(["length(", "number("]), text, ")"),
        _joined(st.sampled_from(["days_since(", "days_until("]), days(depth - 1), ")"),
        _choice(numbers, depth - 1),
    )


@cache
def texts(depth: int) -> Texts:
    leaves = st.sampled_from([*_TEXTS, "topic", "call.language", "account", "code"])
    if depth == 0:
        return leaves
    inner = texts(depth - 1)
    return st.one_of(
        leaves,
        _joined("(", inner, " + ", inner, ")"),
        _joined(st.sampled_from(["lower(", "upper(", "digits(", "text("]), inner, ")"),
        _joined("text(", numbers(depth - 1), ")"),
        _joined(
            st.sampled_from(["first(", "last("]), inner, ", ", st.sampled_from(["1", "m"]), ")"
        ),
        _choice(texts, depth - 1),
    )


@cache
def days(depth: int) -> Texts:
    leaves = st.sampled_from([*_DAYS, "day", "time.date"])
    return leaves if depth == 0 else st.one_of(leaves, _choice(days, depth - 1))


@cache
def times(depth: int) -> Texts:
    return st.sampled_from([*_TIMES, "at"])


def _compared(kind: Callable[[int], Texts], depth: int, *, ordered: bool) -> Texts:
    value = kind(depth)
    signs = [" == ", " != ", " < ", " <= ", " > ", " >= "]
    return st.one_of(
        _joined(value, st.sampled_from(signs if ordered else signs[:2]), value),
        _joined(value, st.sampled_from([" in (", " not in ("]), value, ", ", value, ")"),
        _joined(value, " between ", value, " and ", value) if ordered else st.nothing(),
        _joined(value, st.sampled_from([" is set", " is not set"])),
    )


@cache
def conditions(depth: int) -> Texts:
    """Conditions, each in parentheses or a lone word."""
    text = texts(max(depth - 1, 0))
    tests = st.sampled_from([" starts with ", " ends with ", " contains ", " not contains "])
    below = max(depth - 1, 0)
    plain = st.one_of(
        st.sampled_from(["paid", "known", "true", "false", "paid is not set"]),
        _compared(numbers, below, ordered=True),
        _compared(texts, below, ordered=False),
        _compared(days, below, ordered=True),
        _compared(times, below, ordered=True),
        _joined(text, tests, text),
        _joined(text, st.sampled_from([" matches ", " not matches "]), st.sampled_from(_PATTERNS)),
    )
    if depth == 0:
        return _joined("(", plain, ")")
    inner = conditions(depth - 1)
    joined = st.one_of(
        plain,
        _joined(inner, st.sampled_from([" and ", " or ", " == "]), inner),
        _joined(inner, " and ", inner, " and ", inner),
        _joined("not ", inner),
        _choice(conditions, depth - 1),
    )
    return _joined("(", joined, ")")


@cache
def expressions(depth: int) -> Texts:
    return st.one_of(conditions(depth), numbers(depth), texts(depth), days(depth), times(depth))


def _values(name_type: NameType) -> st.SearchStrategy[Value]:
    """Values that keep the promise of a name's type, near the constants of the expressions."""
    match name_type.type:
        case _TYPE.NUMBER | _TYPE.MONEY:
            low, high = name_type.low, name_type.high
            near = st.sampled_from([Decimal(number) for number in _NUMBERS])
            return near.filter(
                lambda each: (low is None or low <= each) and (high is None or each <= high)
            ) | st.decimals(low, high, allow_nan=False, allow_infinity=False)
        case _TYPE.TEXT:
            if name_type.allowed is not None:
                return st.sampled_from(sorted(name_type.allowed))
            return st.sampled_from([each[1:-1] for each in _TEXTS]) | st.text(max_size=5)
        case _TYPE.DIGITS:
            size = name_type.length
            return st.text("0127", min_size=size or 0, max_size=size or 4)
        case _TYPE.DATE:
            return st.sampled_from([date.fromisoformat(day) for day in _DAYS]) | st.dates()
        case _TYPE.TIME:
            return st.sampled_from([time.fromisoformat(each) for each in _TIMES]) | st.times()
        case _TYPE.BOOL:
            return st.booleans()


def _maybe(name_type: NameType) -> st.SearchStrategy[Value]:
    values = _values(name_type)
    return values if name_type.always_set else st.none() | values


CALLS: st.SearchStrategy[Environment] = st.fixed_dictionaries(
    {name: _maybe(name_type) for name, name_type in NAMES.items()}
)
"""Calls whose names keep their promises."""

_ODD: list[Value] = [
    *(Decimal(odd) for odd in ("NaN", "sNaN", "Infinity", "-0", "1E+999999", "1E-999999")),
    datetime(2026, 11, 22, tzinfo=UTC),
    date.max,
    date.min,
    time(8, tzinfo=UTC),
    "\ud800",
    "a" * 5000,
]
WILD: st.SearchStrategy[Environment] = st.fixed_dictionaries(
    {
        name: st.one_of(
            _maybe(name_type),
            st.sampled_from(_ODD),
            *(_values(other) for other in NAMES.values()),
        )
        for name, name_type in NAMES.items()
    }
)
"""Calls in which a name may have any value of any type, and the oddest of them."""
