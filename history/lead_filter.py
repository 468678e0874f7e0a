"""Which leads a campaign calls, by their fields: as conditions of a query, every value bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Float, and_, case, cast, exists, func, not_, or_

from history.lead_tables import lead_numbers, leads

KEPT = ("name", "language", "zone", "part", "priority", "tries", "external_id")
"""Fields that every lead has; all others are the list's own."""
PART = "part"
"""Of the country; a list may have a field of that name, which goes before it."""


class Condition(NamedTuple):
    """One field, and what it must be; None: not asked."""

    field: str
    one_of: Sequence[str] | None = None
    none_of: Sequence[str] | None = None
    at_least: float | None = None
    at_most: float | None = None
    known: bool | None = None


def clauses(conditions: Sequence[Condition], dialect: str) -> list[ColumnElement[bool]]:
    """Each as a part of a query on `leads`. A field that is no number is neither at least nor at
    most anything; one that a lead lacks is none of any values."""
    return [clause for each in conditions for clause in _of(each, dialect)]


def has_number_of(kinds: Sequence[str]) -> ColumnElement[bool]:
    """With a number of one of these kinds that may still be called."""
    column = lead_numbers.c
    ours = column.lead_id == leads.c.id, column.kind.in_(kinds), column.closed.is_(None)
    return exists().where(and_(*ours))


def _of(condition: Condition, dialect: str) -> list[ColumnElement[bool]]:
    text = _text(condition.field)
    found: list[ColumnElement[bool]] = []
    if condition.one_of is not None:
        found.append(text.in_(condition.one_of))
    if condition.none_of is not None:
        found.append(or_(text.is_(None), text.not_in(condition.none_of)))
    if condition.known is not None:
        found.append(text.is_not(None) if condition.known else text.is_(None))
    if condition.at_least is not None:
        found.append(_number(text, dialect) >= condition.at_least)
    if condition.at_most is not None:
        found.append(_number(text, dialect) <= condition.at_most)
    return found


def _text(field: str) -> ColumnElement[Any]:
    own = func.nullif(leads.c.data[field].as_string(), "")
    if field not in KEPT:
        return own
    kept = func.nullif(cast(leads.c[field], leads.c.name.type), "")
    return func.coalesce(own, kept) if field == PART else kept


def _number(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """``1 200,50`` as 1200.5; null where it is no number, which PostgreSQL would not cast."""
    plain = func.replace(func.replace(text, " ", ""), ",", ".")
    return case((_is_number(plain, dialect), cast(plain, Float)))


def _is_number(plain: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return plain.regexp_match("^-?[0-9]+([.][0-9]+)?$")
    # SQLite has no regular expressions of its own, and casts what is no number to 0.
    no_sign = func.ltrim(plain, "-")
    return and_(
        no_sign.bool_op("GLOB")("[0-9]*"),
        not_(no_sign.bool_op("GLOB")("*[^0-9.]*")),
        not_(no_sign.bool_op("GLOB")("*.*.*")),
        func.length(plain) - func.length(no_sign) <= 1,
    )
