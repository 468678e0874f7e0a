"""What the reference tells of expressions, of what is spoken, and of what the check finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import NamedTuple

from engine.settings import PROJECT
from ivr.announce import LANGUAGES
from ivr.expression import FUNCTIONS, LITERALS, OPERATORS, SAMPLE, Operator
from ivr.expression.unparsing import plain
from ivr.names import ABOUT, NAMES
from ivr.saying import FORMS, sayer
from ivr.variables import Value, Variable, written

BAD_FLOWS = PROJECT / "tests" / "data" / "flows" / "bad"
FINDINGS: tuple[tuple[str, str], ...] = (
    ("a key that is missing", "header_missing"),
    ("a key that there is not", "unknown_key_beside"),
    ("a kind of step that there is not", "unknown_kind"),
    ("a step that does two things", "two_kinds"),
    ("a value that is not allowed", "hangup_unknown_cause"),
    ("a duration that is none", "menu_bad_duration"),
    ("a key written twice", "menu_duplicate_option"),
    ("a step that does not exist", "unknown_step_next"),
    ("a step that nothing leads to", "unreachable_step"),
    ("a caller without a way on", "no_next"),
    ("a caller lost by keying nothing, or what is wrong", "menu_without_timeout"),
    ("a circle without a way out", "silent_circle_of_says"),
    ("a call that never ends", "circle_without_an_end"),
    ("a queue that may be for ever", "queue_for_ever"),
    ("words for nobody", "heard_after_hangup"),
    ("a prompt that is missing in a language", "missing_language"),
    ("a language that the flow does not speak", "foreign_language"),
    ("a brace without its partner", "stray_brace"),
    ("a recording for words that change", "recording_with_variable"),
    ("a name in an expression that nothing has", "unknown_variable"),
    ("a value of another type", "set_wrong_type"),
    ("a branch without an else", "branch_without_else"),
    ("an option that cannot be reached", "menu_shadowed_option"),
    ("digits that do not fit their variable", "collect_length_differs"),
    ("a sensitive value that is said", "sensitive_spoken"),
    ("a sensitive value that is copied", "sensitive_copied"),
    ("a queue that the site does not have", "queue_unknown"),
    ("a skill that the site does not have", "queue_unknown_skill"),
    ("opening hours that do not exist", "hours_unknown"),
    ("opening hours that overlap", "hours_own_overlap"),
    ("what no call can come to, and days gone by", "hours_warnings_beside_an_error"),
)
"""Each kind of finding with the broken flow that shows it."""

_EUROS = Variable(type="money", currency="EUR")
_SPOKEN: tuple[tuple[str, Variable, Value], ...] = (
    ("digits", Variable(type="digits"), "1024"),
    ("text", Variable(type="text"), "Anna"),
    ("number", Variable(type="number"), Decimal("1024.5")),
    ("ordinal", Variable(type="number"), Decimal(21)),
    ("money", _EUROS, Decimal("12.50")),
    ("date", Variable(type="date"), date(2026, 12, 24)),
    ("time", Variable(type="time"), time(18, 30)),
)


class Form(NamedTuple):
    """A form in which a hole is spoken, with what a value is in each language."""

    name: str
    types: str
    value: str
    said: tuple[str, ...]


class Name(NamedTuple):
    """A name that every flow has."""

    name: str
    type: str
    about: str


class Found(NamedTuple):
    """A kind of finding with a message as it is shown."""

    what: str
    message: str


def forms() -> Iterator[Form]:
    """Every form, said in every language by the grammar that calls use."""
    for name, variable, value in _SPOKEN:
        said = tuple(_said(name, variable, value, language) for language in LANGUAGES)
        yield Form(name, ", ".join(sorted(FORMS[name])), shown(value), said)


def shown(value: Value) -> str:
    """A value as an expression writes it; a text without its quotes."""
    if value is None:
        return "not set"
    return value if isinstance(value, str) else plain(value)


def _said(form: str, variable: Variable, value: Value, language: str) -> str:
    say = sayer(form, variable)
    return written(value) if say is None else " ".join(x.text for x in say(value, language))


def names() -> Iterator[Name]:
    """Every name that a flow need not declare."""
    return (Name(name, variable.type, ABOUT[name]) for name, variable in NAMES.items())


def values() -> tuple[Operator, ...]:
    """How values are written in expressions."""
    return LITERALS


def operators() -> tuple[Operator, ...]:
    """Every operator and function, each with an example of what it gives."""
    functions = (
        Operator(f"{each.name}(…)", each.about, each.example, each.gives)
        for each in FUNCTIONS.values()
    )
    return (*OPERATORS, *functions)


def samples() -> Iterator[Name]:
    """The values with which the examples give what they give."""
    return (Name(name, each.type.type.value, shown(each.value)) for name, each in SAMPLE.items())


def findings() -> Iterator[Found]:
    """What the check finds, each with the first message of its broken flow."""
    return (Found(what, _message(name)) for what, name in FINDINGS)


def _message(name: str) -> str:
    text = (BAD_FLOWS / f"{name}.yaml").read_text("utf-8")
    return f"flow.yaml:{text.partition(chr(10))[0].removeprefix('# ')}"
