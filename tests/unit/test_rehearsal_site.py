"""Played calls keep to what the site and the engine would do, as real calls have shown it."""

from __future__ import annotations

import pytest

from config.transfers import Transfers
from ivr.steps.base import Known, KnownService
from tests.unit.rehearsals import played

pytestmark = pytest.mark.unit

ASKS = """
languages: [en]
start: ask
vars: {due: {type: number}}
steps:
  ask:
    http: {get: /bill, service: crm, read: {due: $.due}}
    next: bye
    on_error: sorry
  sorry: {say: Sorry., next: bye, on_error: bye}
  bye: {hangup: normal}
"""
SENDS = """
languages: [en]
start: where
vars: {number: {type: text, start: "NUMBER"}}
steps:
  where: {transfer: {to: "{number}"}, next: bye, on_error: sorry}
  sorry: {say: Sorry., next: bye, on_error: bye}
  bye: {hangup: normal}
"""
RECORDS = """
languages: [en]
start: message
steps:
  message: {voicemail: {mailbox: support, prompt: Speak., silence: 2s}, next: bye, on_error: bye}
  bye: {hangup: normal}
"""


@pytest.mark.parametrize(("limit_ms", "sorry"), [(2_000, True), (4_000, False), (None, False)])
def test_a_service_is_waited_for_as_long_as_the_site_says(
    limit_ms: int | None, sorry: bool
) -> None:
    """Where the step itself says nothing."""
    known = Known(services={"crm": KnownService(timeout_ms=limit_ms)})
    test = "given: {http: {GET /bill: {json: {due: 5}, delay: 3s}}}\ncall: [{ends: normal}]"
    result = played(ASKS, test, known)
    assert (result.failure, "sorry" in result.path) == (None, sorry)


def test_json_is_read_from_a_reply_whatever_it_is_said_to_be() -> None:
    """A service that sends JSON as text is understood."""
    test = """
given: {http: {GET /bill: {text: '{"due": 12.5}'}}}
call: [{var: {due: "12.5"}, ends: normal}]
"""
    assert played(ASKS, test).failure is None


@pytest.mark.parametrize(
    ("number", "goes"),
    [("+3615550199", True), ("+36 (1) 555-0199", True), ("+443300000000", False)],
)
def test_nobody_is_transferred_where_the_site_lets_nobody(number: str, goes: bool) -> None:
    """The number may come from a variable, which the check cannot know."""
    known = Known(transfers=Transfers(allow=["+36155501*"]))
    result = played(SENDS.replace("NUMBER", number), "call: [{ends: normal}]", known)
    assert (result.failure, "sorry" in result.path) == (None, not goes)


@pytest.mark.parametrize(
    ("speaks", "hears"), [("500ms", "Nothing was recorded"), ("5s", "To hear")]
)
def test_a_cough_is_no_message(speaks: str, hears: str) -> None:
    """Less than a second counts as nothing."""
    test = f"call: [{{speaks: {speaks}}}, {{keys: '#', hears: {hears}}}]"
    assert played(RECORDS, test).failure is None
