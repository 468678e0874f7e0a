"""`trunkline simulate`: what is typed, what is shown, and the test that is left."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from config.document import load_document
from engine.errors import SettingsInvalid
from engine.rehearsing.simulating import Chosen, simulate
from engine.rehearsing.simulation import Simulation
from engine.rehearsing.testing import Wanted, run_tests
from engine.settings import PROJECT, Settings, from_environment
from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.script import TestFile
from ivr.rehearsal.writing import Recorded, scalar
from tests.unit.rehearsals import rehearsed

pytestmark = pytest.mark.unit

FLOW = """
languages: [en]
start: pin
vars:
  pin: {type: digits, length: 4, sensitive: true}
  account: {type: digits, length: 4}
steps:
  pin: {collect: {into: pin, prompt: PIN please.}, next: account, on_timeout: bye, on_invalid: bye}
  account:
    collect: {into: account, prompt: Number please.}
    next: line
    on_timeout: bye
    on_invalid: bye
  line: {queue: support, answered: bye, on_timeout: {after: 1h, go: bye}, on_error: bye}
  bye: {hangup: normal}
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A site's only flow in a folder of its own."""
    shutil.copytree(PROJECT / "tests/data/one_flow/dialplans", tmp_path, dirs_exist_ok=True)
    return from_environment({"TRUNKLINE_DIALPLANS": str(tmp_path)})


def simulation(flow: str = FLOW) -> tuple[Simulation, RehearsedCall]:
    """A call by hand that has just begun."""
    call = rehearsed(flow)
    return Simulation(call, Recorded("it", "sample")), call


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """What is piped in."""
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_a_call_by_hand_is_shown_and_its_test_passes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Steps, prompts, variables on the virtual clock; recorded twice, both are true and apart."""
    chosen = Chosen(
        "support",
        time="2026-11-23T09:12",
        caller="+48221234567",
        record=settings.dialplans / "support.test.yaml",
    )
    for last in (":agent", ":hangup"):
        typed(
            monkeypatch, "3", "2", "1234", "", "12345678", "1", ":time +2m", last, ":agent leaves"
        )
        assert simulate(settings, chosen) == 0
    told = capsys.readouterr().out
    assert "09:12:00  welcome  menu" in told
    assert "pl Wprowadzono: jeden dwa trzy" in " ".join(told.split())
    assert "account = 12345678" in told
    assert "the call ends: caller_hung_up" in told
    assert run_tests(settings, Wanted(verbose=True)) == 0
    told = capsys.readouterr().out
    assert "✓ recorded at bye" in told
    assert "✓ recorded at faults" in told
    file = load_document(settings.dialplans / "support.test.yaml", TestFile)
    assert [line.keys for line in file.tests[0].call[:3]] == [("3",), ("2",), ("1234",)]


def test_a_file_of_another_flow_is_left_as_it_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's tests are spoilt by a wrong file name."""
    other = settings.dialplans / "other.test.yaml"
    text = "flow: other\ntests:\n  - {name: a, call: [{at: main}]}\n"
    other.write_text(text)
    typed(monkeypatch, ":hangup")
    with pytest.raises(SettingsInvalid, match="a file of tests of support"):
        simulate(settings, Chosen("support", record=other))
    assert other.read_text() == text


def test_what_a_caller_cannot_do_now_is_said() -> None:
    """In a sentence, and the call stays where it is."""
    hand, call = simulation()
    assert hand.line("x") == "'x' is no key of a telephone (:help)"
    assert hand.line(":agent") == "the caller waits for no agent"
    assert hand.line(":http 200") == "no request waits for a reply"
    assert hand.line(":time soon") == "say how long: :time +10m"
    assert hand.line(":agnet") == (
        "no command 'agnet', did you mean \"agent\"? (allowed: agent, hangup, time, speak, http, "
        "python, vars, help, quit)"
    )
    assert call.step == "pin"


def test_keys_one_by_one_are_one_answer() -> None:
    """As they are typed in a terminal; each answer is a line of the test."""
    hand, call = simulation()
    for key in "12344711":
        assert hand.line(key) is None
    assert hand.recorded.lines == [
        {"keys": '"1234"', "at": "account"},
        {"keys": '"4711"', "at": "line", "queue": "support"},
    ]
    assert "pin" not in hand.recorded.text(call).split("var:")[1].split("}")[0]


def test_a_queue_that_never_ends_says_what_can_be_done() -> None:
    """Enter waits for the queue's time; here there is none, and nobody to answer."""
    hand, _ = simulation(FLOW.replace(", on_timeout: {after: 1h, go: bye}", ""))
    hand.line("1234")
    hand.line("4711")
    assert hand.waits_for == "an agent (:agent), or the queue's time (Enter)"
    assert hand.line("") == "this does not end by itself: :agent, :hangup or :time +10m"
    hand.line(":agent")
    assert hand.waits_for == "the conversation's end (Enter, :agent leaves)"
    assert hand.line("") is None
    assert hand.over


@pytest.mark.parametrize(
    ("text", "yaml"),
    [
        ("plain text", "plain text"),
        ("12", '"12"'),
        ("no", '"no"'),
        ("+36", '"+36"'),
        ("a: b", '"a: b"'),
        ("open?", "open?"),
        ("", '""'),
        ("kettő", "kettő"),
    ],
)
def test_a_text_is_quoted_where_it_must_be(text: str, yaml: str) -> None:
    """What YAML would read as something else, and nothing more."""
    assert scalar(text) == yaml
