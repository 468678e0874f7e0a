"""A real call beside the played one: whatever differs is found."""

from __future__ import annotations

from typing import Any

import pytest

from engine.calls.rehearsals import Rehearsals
from engine.rehearsing.livecall import unlike
from ivr.interpreter import start
from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.given import Given
from ivr.steps.base import Known
from tests.unit.conversation import program
from tests.unit.rehearsals import rehearsed

pytestmark = pytest.mark.unit

CALLER = "+36201234567"
FLOW = """
languages: [en]
start: note
vars: {count: {type: number, start: "0"}}
steps:
  note: {set: {count: count + 1, call.topic: bill}, next: bye}
  bye: {hangup: normal}
"""


def real() -> dict[str, Any]:
    """What an engine tells of the same call."""
    rehearsals = Rehearsals(Known(zone="UTC"), lambda: 0)
    assert rehearsals.prepare(CALLER, {"given": Given().model_dump(mode="json")}) is None
    rehearsal = rehearsals.of(CALLER)
    assert rehearsal is not None
    flow, facts = rehearsal.begin(program(FLOW))
    rehearsal.tell(flow, start(flow, facts))
    return {**rehearsal.as_json(), "turns": [dict(turn) for turn in rehearsal.as_json()["turns"]]}


@pytest.fixture
def call() -> RehearsedCall:
    return rehearsed(FLOW)


def test_the_same_call_is_like_itself(call: RehearsedCall) -> None:
    assert unlike(call, real()) is None


@pytest.mark.parametrize(
    ("name", "other", "got"),
    [
        ("language", "hu", "hu"),
        ("variables", {"count": "2"}, "{'count': '2'}"),
        ("variables", {}, "{}"),
        ("facts", {"call.topic": "fault"}, "{'call.topic': 'fault'}"),
    ],
)
def test_what_differs_after_a_turn_is_told(
    call: RehearsedCall, name: str, other: object, got: str
) -> None:
    """Beside what was expected."""
    told = real()
    told["turns"][-1][name] = other
    found = unlike(call, told)
    assert found is not None
    assert found.expected.startswith(name)
    assert found.got == f"in the real call {got}"


@pytest.mark.parametrize(
    "change", [{"path": ["bye", "note"]}, {"ended": "failure"}, {"turns": [], "path": []}]
)
def test_another_way_another_end_or_none_at_all_is_told(
    call: RehearsedCall, change: dict[str, Any]
) -> None:
    """The steps in their order, the cause, and a call that did not come so far."""
    assert unlike(call, {**real(), **change}) is not None
