"""Which tests are made as real calls, and what the rest are told to be."""

from __future__ import annotations

import pytest

from engine.rehearsing.live import reason_to_skip
from tests.unit.rehearsals import played

pytestmark = pytest.mark.unit

FLOW = """
languages: [en]
start: main
steps:
  main:
    menu: {prompt: One or two., options: {1: line, 2: pay}, timeout: 100s, tries: 3}
    on_timeout: bye
    on_invalid: bye
  line: {queue: support, answered: bye, on_timeout: {after: 20m, go: bye}, on_error: bye}
  pay:
    pay: {amount: "1", currency: EUR, reference: a}
    paid: bye
    declined: bye
    cancelled: bye
    on_error: bye
  bye: {hangup: normal}
"""


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ('[{keys: "1"}, {silence: 30m, ends: normal}]', None),
        ("[{silence: 50s}]", None),
        ("[{silence: 290s}]", "it takes 290 s, of 180 s at most"),
        (
            '[{keys: "2", ends: normal}]',
            "it takes a card payment, for which nobody keys a card in a test",
        ),
    ],
)
def test_what_cannot_be_made_says_why(lines: str, reason: str | None) -> None:
    """Time in a queue costs nothing, silence at a question does."""
    result = played(FLOW, f"call: {lines}")
    assert (result.failure, reason_to_skip(result)) == (None, reason)
