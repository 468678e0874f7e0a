"""The demonstration's flow, as its callers hear it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.demo import ACCOUNT, KEYS
from ivr.commands import Ask, CallBack, Play, Relaxed
from ivr.loader import load_flows
from ivr.state import Asking, Confirming
from tests.unit.conversation import Conversation

pytestmark = pytest.mark.unit

SUPPORT = load_flows(Path(__file__).parents[2] / "dialplans")["support"]


def _stranger() -> Conversation:
    """A call from a number that is no customer's."""
    call = Conversation(SUPPORT)
    call.done("unknown", **{"caller.known": False})
    return call


@pytest.mark.parametrize(
    ("key", "language", "goodbye"),
    [
        ("1", "en", "Goodbye."),
        ("2", "hu", "Viszonthallásra."),
        ("3", "pl", "Do usłyszenia."),
        ("4", "et", "Head aega."),
    ],
)
def test_a_fault_reaches_a_technician_in_the_callers_language(
    key: str, language: str, goodbye: str
) -> None:
    """Language, menu, account number, confirmation, queue, conversation, survey, goodbye."""
    call = _stranger()
    for keys in (key, "2", "12345678", "1"):
        call.keys(keys)
    assert call.waits_in.queue == "faults"
    assert call.waits_in.skills == {"technical": 3, language: 1}
    call.leaves_queue("conversation_ended")
    call.silence()
    assert call.hears.endswith(goodbye)
    call.listens()
    assert call.ended == "normal"


def test_the_demonstration_is_asked_what_it_keys() -> None:
    """Its steps come in this order whatever the time of day: nobody runs it in office hours."""
    call = _stranger()
    for step, keys in KEYS:
        assert isinstance(call.state.at, Asking | Confirming)
        assert call.state.at.step == step
        call.keys(keys)
    assert call.value("account") == ACCOUNT
    assert call.waits_in.skills == {"support": 2, "en": 1}


def test_a_bill_asks_for_less_the_longer_it_waits() -> None:
    """First who knows bills well, then who knows them, then who speaks the language."""
    call = _stranger()
    for keys in ("2", "1", "87654321", "1"):
        call.keys(keys)
    assert call.waits_in.relax == (
        Relaxed(120_000, {"support": 1, "hu": 1}),
        Relaxed(300_000, {"hu": 1}),
    )


def test_who_keys_nothing_reaches_an_agent() -> None:
    """Silence from the first moment on, in the default language."""
    call = _stranger()
    while isinstance(call.command, Ask):
        call.silence()
    assert call.hears == "One moment, please. We are connecting you to an agent."
    call.listens()
    assert call.waits_in.skills == {"en": 1}


def test_who_mistypes_the_number_reaches_an_agent() -> None:
    """Three numbers too short."""
    call = _stranger()
    for keys in ("3", "1", "12", "34", "56"):
        call.keys(keys)
    assert isinstance(call.command, Play)
    call.listens()
    assert call.waits_in.skills == {"pl": 1}


def test_who_waits_too_long_for_a_technician_gets_any_agent() -> None:
    """And is told when there is none either."""
    call = _stranger()
    for keys in ("4", "2", "12345678", "1"):
        call.keys(keys)
    call.leaves_queue("timeout")
    call.listens()
    assert call.waits_in.queue == "support"
    call.leaves_queue("timeout")
    assert call.hears.startswith("Kahjuks")
    call.listens()
    assert call.ended == "normal"


def test_a_full_line_promises_to_call_back() -> None:
    """Nobody is sent away because many wait."""
    call = _stranger()
    for keys in ("1", "1", "12345678", "1"):
        call.keys(keys)
    assert isinstance(call.leaves_queue("full"), CallBack)
    call.done("promised")
    assert call.hears.startswith("We will call you back")


def test_a_site_without_the_queue_loses_nobody() -> None:
    """A queue that does not exist ends in an apology, never in a circle."""
    call = _stranger()
    call.keys("1")
    call.keys("0")
    call.listens()
    call.leaves_queue("no_such_queue")
    assert call.hears.startswith("We are sorry")
