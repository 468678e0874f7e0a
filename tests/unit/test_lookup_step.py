"""The step lookup as a conversation: whom it asks for, what it learns, where it leads."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ivr.commands import Lookup
from ivr.events import Done
from ivr.state import Values
from ivr.steps.base import Known
from ivr.variables import Variable
from tests.unit.conversation import Conversation, program

pytestmark = pytest.mark.unit

FIELDS = {"tariff": Variable(type="text"), "balance": Variable(type="money", currency="EUR")}
KNOWN = Known(values={}, fields=FIELDS)
FLOW = """
languages: [en]
start: who
vars: {mobile: {type: digits}}
steps:
  who: {lookup: %s}
  vip?: {branch: [{if: "caller.tariff == 'gold' and caller.balance > 5", go: gold}, {else: hello}]}
  gold: {say: "Welcome back {caller.name}.", next: bye}
  hello: {say: "You called {caller.contacts} times.", next: bye}
  new: {say: "Welcome.", next: bye}
  lost: {say: "Sorry.", next: bye}
  bye: {hangup: normal}
"""
FACTS: Values = {
    "caller.known": True,
    "caller.name": "Anna",
    "caller.contacts": Decimal(2),
    "caller.tariff": "gold",
    "caller.balance": Decimal("5.01"),
}


def calling(step: str) -> Conversation:
    return Conversation(program(FLOW % step, KNOWN))


def finds(call: Conversation, outcome: str, facts: Values) -> str:
    """What is heard after the lookup."""
    call.does(Done(call.now_ms, outcome, facts))
    return call.hears


BOTH = "caller, known: vip?, unknown: new, on_error: lost"


def test_a_customer_is_known_by_what_the_site_keeps() -> None:
    """The site's own fields have their types, and hold from here on."""
    call = calling(BOTH)
    assert call.command == Lookup("+36301234567")
    assert finds(call, "known", FACTS) == "Welcome back Anna."
    assert call.timeline[-3].endswith("who: known")
    less = {**FACTS, "caller.balance": Decimal(5)}
    assert finds(calling(BOTH), "known", less) == "You called two times."


def test_a_lookup_that_fails_leaves_nothing_of_the_last() -> None:
    """The number was somebody else's: nobody is greeted by the name from before."""
    again = FLOW.replace("next: bye}\n  hello", "next: again}\n  hello").replace(
        "  new:",
        "  again: {lookup: caller, next: bye, on_error: tell}\n"
        '  tell: {say: "Nobody {caller.name} {caller.contacts}.", next: bye}\n  new:',
    )
    call = Conversation(program(again % BOTH, KNOWN))
    assert finds(call, "known", FACTS) == "Welcome back Anna."
    call.listens()
    call.fails("no answer in time")
    assert call.hears == "Nobody"
    assert [call.value(name) for name in FACTS] == [None] * len(FACTS)


def test_anybody_else_goes_another_way() -> None:
    """What the history tells is learned all the same."""
    call = calling(BOTH)
    assert finds(call, "unknown", {"caller.known": False, "caller.contacts": Decimal(1)}) == (
        "Welcome."
    )
    assert call.state.scope.facts["caller.contacts"] == Decimal(1)


@pytest.mark.parametrize(("outcome", "hears"), [("known", "Welcome back Anna."), ("unknown", "W")])
def test_an_exit_that_is_not_written_is_next(outcome: str, hears: str) -> None:
    """Either of them."""
    call = calling("caller, known: vip?, next: new, on_error: lost")
    assert finds(call, outcome, FACTS).startswith(hears)


def test_another_number_can_be_looked_up() -> None:
    """One that the caller keyed."""
    text = FLOW.replace("start: who", "start: ask").replace(
        "steps:",
        "steps:\n  ask: {collect: {into: mobile, prompt: Number, min: 3, max: 12}, next: who, "
        "on_timeout: bye, on_invalid: bye}",
    )
    flow = text % ('{number: "{mobile}"}, known: vip?, unknown: new, on_error: lost')
    call = Conversation(program(flow, KNOWN))
    assert call.keys("301112222", ended=True) == Lookup("301112222")


def test_a_lookup_that_fails_leads_to_on_error() -> None:
    """The database is away, or too slow."""
    call = calling(BOTH)
    call.fails("the lookup took too long")
    assert call.hears == "Sorry."


def test_the_number_shows_nowhere() -> None:
    """Neither in a repr nor in the timeline."""
    call = calling(BOTH)
    shown = repr(call.command)
    finds(call, "known", FACTS)
    assert "301234567" not in shown + repr(call.state) + " ".join(call.timeline)


def test_a_second_lookup_leaves_nothing_of_the_first() -> None:
    """Nobody is called by another customer's name."""
    text = FLOW.replace("new: {say: Welcome., next: bye}", "new: {say: x, next: bye}").replace(
        'hello: {say: "You',
        'hello: {lookup: {number: "301112222"}, next: told, on_error: lost}\n'
        '  told: {say: "{caller.name}. You',
    )
    call = Conversation(program(text % BOTH, KNOWN))
    call.does(Done(call.now_ms, "known", {**FACTS, "caller.tariff": None}))
    assert call.command == Lookup("301112222")
    assert finds(call, "unknown", {"caller.known": False, "caller.contacts": Decimal(0)}) == (
        "You called zero times."
    )
