"""`trunkline simulate`: what is typed, what is shown, and the test that is left."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from config.document import DocumentError, Located, Problem, load_document
from engine.errors import SettingsInvalid
from engine.rehearsing.screen import Screen
from engine.rehearsing.simulating import Chosen, simulate
from engine.rehearsing.simulation import Simulation
from engine.rehearsing.terminal import ENTER, pieces
from engine.rehearsing.testing import Wanted, run_tests
from engine.settings import PROJECT, Settings, from_environment
from ivr.rehearsal.call import RehearsedCall
from ivr.rehearsal.checking import check_given
from ivr.rehearsal.given import Given
from ivr.rehearsal.script import TestFile
from ivr.rehearsal.writing import Recorded, scalar
from tests.unit.rehearsals import library, rehearsed

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


def by_hand(flow: str) -> tuple[Simulation, RehearsedCall]:
    """A call that asks for its world, as `trunkline simulate` plays it."""
    here = library(flow)
    world = Given()
    program, facts = here.program("sample", {}), world.facts("UTC")
    call = RehearsedCall(program, facts, world, by_hand=True)

    def check(given: Given, located: Located) -> list[Problem]:
        return check_given(given, located, here, "sample")

    return Simulation(call, Recorded("it", "sample"), check), call


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
    assert [line.keys for line in file.tests[0].call[:4]] == [None, ("3",), ("2",), ("1234",)]


def test_a_file_of_another_flow_is_left_as_it_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's tests are spoilt by a wrong file name."""
    other = settings.dialplans / "other.test.yaml"
    text = "flow: other\ntests:\n  - {name: a, call: [{at: main}]}\n"
    other.write_text(text)
    with pytest.raises(SettingsInvalid, match="a file of tests of support"):
        simulate(settings, Chosen("support", record=other))
    assert other.read_text() == text


@pytest.mark.parametrize(
    ("place", "allowed"),
    [
        ("away/x.test.yaml", "a file in a directory that exists"),
        (".", "a file, this is a directory"),
    ],
)
def test_what_cannot_be_recorded_is_told_before_the_call(
    settings: Settings, capsys: pytest.CaptureFixture[str], place: str, allowed: str
) -> None:
    """Not after all of it was played: and nothing is left behind."""
    path = settings.dialplans / place
    before = sorted(settings.dialplans.rglob("*"))
    with pytest.raises(SettingsInvalid, match=f"--record='.*': use {allowed}"):
        simulate(settings, Chosen("support", record=path))
    assert capsys.readouterr().out == ""
    assert sorted(settings.dialplans.rglob("*")) == before


def test_a_file_that_cannot_be_written_is_told(
    settings: Settings,
) -> None:
    """What only the system finds out, such as a name that is too long, is a sentence too."""
    with pytest.raises(SettingsInvalid, match=r"can be written \(File name too long"):
        simulate(settings, Chosen("support", record=settings.dialplans / f"{'x' * 300}.test.yaml"))


def test_secrets_in_a_recorded_test_are_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the screen and in the file: it goes into a repository with the flows."""
    (settings.dialplans / "secret.yaml").write_text(
        f"flow: secret\nabout: A PIN\nowner: t@example.test\n{FLOW}"
    )
    path = settings.dialplans / "secret.test.yaml"
    typed(monkeypatch, "1234", "4711", ":hangup")
    assert simulate(settings, Chosen("secret", record=path)) == 0
    told = capsys.readouterr().err
    assert f"what was keyed for pin, which is sensitive, stands in {path}\n" in told
    assert "    # keyed in clear: pin\n" in path.read_text()


def test_what_a_caller_cannot_do_now_is_said() -> None:
    """In a sentence, and the call stays where it is."""
    hand, call = simulation()
    assert hand.line("x") == "'x' is no key of a telephone (:help)"
    assert hand.line(":agent") == "the caller waits for no agent"
    assert hand.line(":http 200") == "no request waits for a reply"
    assert hand.line(":time soon") == "say how long: :time +10m"
    assert hand.line(":agnet") == (
        "no command 'agnet', did you mean \"agent\"? (allowed: agent, hangup, time, speak, http, "
        "python, lookup, transfer, callback, pay, fail, given, …)"
    )
    assert call.step == "pin"


def test_keys_one_by_one_are_one_answer() -> None:
    """As they are typed in a terminal; each answer is a line of the test."""
    hand, call = simulation()
    for key in "12344711":
        assert hand.line(key) is None
    assert hand.recorded.lines == [
        {"hears": '"PIN please."', "at": "pin"},
        {"keys": '"1234"', "hears": '"Number please."', "at": "account"},
        {"keys": '"4711"', "at": "line", "queue": "support"},
    ]
    assert "pin" not in hand.recorded.text(call).split("var:")[1].split("}")[0]


def test_a_queue_that_never_ends_says_what_can_be_done() -> None:
    """Enter would wait for the queue's time; here there is none, and nobody to answer."""
    hand, _ = simulation(FLOW.replace(", on_timeout: {after: 1h, go: bye}", ""))
    hand.line("1234")
    hand.line("4711")
    assert hand.waits_for == "an agent (:agent), however long it takes"
    assert hand.line("") == "this does not end by itself: :agent, :hangup or :time +10m"
    hand.line(":agent")
    assert hand.waits_for == "the conversation's end (Enter, :agent leaves)"
    assert hand.line("") is None
    assert hand.over


def test_a_key_that_nothing_takes_changes_nothing() -> None:
    """The caller waits in the queue as before; no time has passed."""
    hand, call = simulation()
    hand.line("1234")
    hand.line("4711")
    before_ms = call.now_ms
    assert hand.line("1") == "nothing takes that key now"
    assert (call.step, call.now_ms, call.ended) == ("line", before_ms, None)
    assert hand.line(":agent") is None


def test_what_is_typed_ahead_is_taken_apart() -> None:
    """Keys one by one, a command to the end of its line; the last may still be typed on."""
    assert pieces("12\r:given\n:http 200 {a: 1}\n#:he") == [
        *"12\r",
        ":given\n",
        ":http 200 {a: 1}\n",
        "#",
        ":he",
    ]


WORLD = """
languages: [en]
start: who
vars:
  due: {type: money, currency: EUR}
steps:
  who: {lookup: caller, known: known, unknown: stranger, on_error: bye}
  known: {say: {en: "Hello {caller.name}."}, next: bill}
  stranger: {say: {en: Hello.}, next: bill}
  bill:
    http: {get: "https://bills.example/{call.caller}", read: {due: $.due}}
    on_error: busy
    next: pay
  pay: {pay: {amount: due, reference: Bill}, paid: expert, declined: busy, on_error: busy}
  busy: {say: {en: Sorry.}, next: expert}
  expert: {transfer: {to: "+3615550199"}, next: bye, busy: later, on_error: later}
  later: {callback: {queue: support}, next: bye, on_error: sorry}
  sorry: {say: {en: Too bad.}, next: bye}
  bye: {hangup: normal}
"""

WORLD_FILE = """
time: 2026-11-23T09:12
lookup: {name: Anna, language: "pl"}
http: {"GET https://bills.example/*": [{status: 503}, {json: {due: 12.50, note: "12"}}]}
payment: declined
transfer: busy
hours: {support: closed}
"""


def test_a_world_from_a_file_is_played_and_recorded(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As `given` in a test, with what the command line says over it; recorded, it is true."""
    (settings.dialplans / "world.yaml").write_text(f"flow: world\nabout: x\nowner: x{WORLD}")
    given = settings.dialplans.parent / "given.yml"
    given.write_text(WORLD_FILE)
    tests = settings.dialplans / "world.test.yaml"
    typed(monkeypatch, ":callback refused")
    chosen = Chosen("world", caller="+48221234567", given=given, record=tests)
    assert simulate(settings, chosen) == 0
    told = capsys.readouterr()
    assert "09:12:00  who  lookup" in told.out
    assert told.err == f"recorded in {tests}\n"
    assert run_tests(settings, Wanted(("world",))) == 0
    (test,) = load_document(tests, TestFile).tests
    assert test.given.lookup == {"name": "Anna", "language": "pl"}
    assert [each.status for each in test.given.http["GET https://bills.example/*"]] == [503, 200]
    assert test.given.http["GET https://bills.example/*"][1].json_ == {"due": 12.5, "note": "12"}
    assert (test.given.caller, test.given.hours) == ("+48221234567", {"support": "closed"})


@pytest.mark.parametrize(
    ("given", "called", "number"),
    [
        ("{}", None, "+3615550101"),  # its own in the site
        ("{called: '+3615550104'}", None, "+3615550104"),
        ("{called: '+3615550104'}", "+3615550105", "+3615550105"),
    ],
)
def test_a_flow_is_called_at_its_own_number(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: str,
    called: str | None,
    number: str,
) -> None:
    """Unless somebody says another; a flow that tells its numbers apart is played as it is."""
    steps = "start: bye\nsteps: {bye: {hangup: normal}}\n"
    header = "flow: reception\nabout: x\nowner: x\nlanguages: [en]\n"
    (settings.dialplans / "reception.yaml").write_text(header + steps)
    world = settings.dialplans / "world"
    world.write_text(given)
    typed(monkeypatch)
    tests = settings.dialplans / "reception.test.yaml"
    assert simulate(settings, Chosen("reception", called=called, given=world, record=tests)) == 0
    assert f"calls {number}, en" in capsys.readouterr().out
    assert load_document(tests, TestFile).tests[0].given.called == number


def test_a_world_that_does_not_fit_is_told_where(settings: Settings, tmp_path: Path) -> None:
    """With the line and the column in the file."""
    given = tmp_path / "given"
    given.write_text("lookup: {nam: Anna}\nfails: [nowhere]\n")
    with pytest.raises(DocumentError) as refused:
        simulate(settings, Chosen("support", given=given))
    first, second = map(str, refused.value.problems)
    assert first.startswith(f"{given}:1:10: lookup.nam: nothing is known of a caller's")
    assert second.startswith(f"{given}:2:9: fails[0]: unknown step")


def test_what_a_test_cannot_tell_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A world that changed halfway is not that of the test, which is told at once."""
    flow = """
languages: [en]
start: first
steps:
  first: {transfer: {to: "+3615550199"}, next: bye, busy: second, on_error: bye}
  second: {transfer: {to: "+3615550199"}, next: bye, on_error: bye}
  bye: {menu: {prompt: Bye., options: {1: end}}, on_timeout: end, on_invalid: end}
  end: {hangup: normal}
"""
    (settings.dialplans / "twice.yaml").write_text(f"flow: twice\nabout: x\nowner: x{flow}")
    typed(monkeypatch, ":transfer busy", ":given fails [first]", "1")
    tests = settings.dialplans / "twice.test.yaml"
    assert simulate(settings, Chosen("twice", record=tests)) == 0
    assert "but played again the call goes another way: expected" in capsys.readouterr().err


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


def test_enter_behind_an_answer_is_no_silence() -> None:
    """At a terminal people end a number with it; the next question's time is not over by that."""
    hand, call = simulation()
    for key in "1234":
        hand.line(key)
    assert hand.line(ENTER) == "that answer was over: Enter again is silence"
    assert (call.step, call.heard[-1].text) == ("account", "Number please.")
    assert hand.line(ENTER) is None
    assert [line.get("silence") for line in hand.recorded.lines] == [None, None, "timeout"]


def test_enter_within_an_answer_ends_it() -> None:
    """A number may have fewer digits than are allowed."""
    hand, call = simulation(
        FLOW.replace("length: 4, s", "s").replace("pin, p", "pin, min: 2, max: 4, p")
    )
    for key in "12":
        hand.line(key)
    before_ms = call.now_ms
    assert hand.line(ENTER) is None
    assert call.now_ms > before_ms


def test_the_call_begins_with_what_is_played(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The flow, when, and who calls; a test of a name is left."""
    path = settings.dialplans / "support.test.yaml"
    typed(monkeypatch, ":hangup")
    chosen = Chosen("support", "2026-11-23T09:12", "+48221234567", record=path, name="She leaves")
    assert simulate(settings, chosen) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(
        "support: Monday 2026-11-23 09:12 Europe/Budapest, +48221234567 calls"
    )
    assert [test.name for test in load_document(path, TestFile).tests] == ["She leaves"]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (
            Chosen("support", caller="abc"),
            '--caller: "abc" is no caller, write a number like +36201234567',
        ),
        (Chosen("support", language="de"), '--language: unknown language "de", allowed: en, hu'),
    ],
)
def test_a_caller_that_cannot_be_is_refused(
    settings: Settings, chosen: Chosen, message: str
) -> None:
    """As in a test's given, by the option: a command line has no lines and columns."""
    with pytest.raises(DocumentError) as refused:
        simulate(settings, chosen)
    assert str(refused.value).startswith(message)


def test_a_queue_tells_what_it_asks_of_an_agent() -> None:
    """And when it comes to ask for less."""
    relaxing = "{queue: support, skills: {en: 3}, priority: 7, after: {1m: {en: 1}}, "
    _, call = simulation(FLOW.replace("{queue: support, ", relaxing))
    call.keys("1234")
    call.keys("4711")
    out = io.StringIO()
    screen = Screen(call, Console(file=out, width=200))
    screen.show("an agent")
    call.pass_time(70_000)
    screen.show("an agent")
    told = [" ".join(line.split()) for line in out.getvalue().splitlines()]
    assert "support asks for en 3; priority 7; after 1m en 1" in told
    assert told[-2] == "support asks for en 1; priority 7"
    assert told[-1].endswith("… waits for an agent")
    assert told[-1].startswith("10:01:1")
