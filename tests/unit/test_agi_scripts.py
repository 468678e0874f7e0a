"""The scripts for when the engine is away, against a fake of Asterisk's pipes."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from asterisk.agi import AGIAppError, AGIHangup, AGIInvalidCommand, AGIResultHangup, AGIUsageError

from agi_scripts.away import main
from agi_scripts.classic import ClassicAgi
from agi_scripts.journal import JournalEntry, acknowledge, read_spool, write_entry
from agi_scripts.launcher import launcher_text
from bridge.errors import UnsafeValue
from tests.fakes.process_agi import FakeProcessAsterisk

pytestmark = pytest.mark.unit

DEAD = "511 Command Not Permitted on a dead channel or intercept routine"
VARIABLES = {
    "GET VARIABLE TRK_CONTACT": "200 result=1 (c-1)",
    "GET VARIABLE TRK_STAGE": "200 result=1 (queue)",
    "GET VARIABLE TRK_LANGUAGE": "200 result=1 (hu)",
    "GET VARIABLE HANGUPCAUSE": "200 result=1 (16)",
    "SET VARIABLE": "200 result=1",
}
ENTRY = JournalEntry("c-1", "1700000000.1", "PJSIP/trunk-1", "queue", 1_700_000_000_000, "apology")


@pytest.fixture(autouse=True)
def _keep_signal() -> Iterator[None]:
    """pyst2 takes SIGHUP for itself."""
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


def run(asterisk: FakeProcessAsterisk, *argv: str) -> int:
    pipes = cast(BinaryIO, asterisk)
    return main(list(argv), pipes, pipes)


def classic(replies: dict[str, str]) -> tuple[ClassicAgi, FakeProcessAsterisk]:
    asterisk = FakeProcessAsterisk(replies)
    pipes = cast(BinaryIO, asterisk)
    return ClassicAgi(pipes, pipes), asterisk


def apologise(asterisk: FakeProcessAsterisk, spool: Path) -> int:
    return run(asterisk, "apology", str(spool), "/prompts/sorry", "en")


def test_the_apology_is_journalled_then_played(tmp_path: Path) -> None:
    """The caller hears it in the language chosen; the dialplan learns that it went well."""
    asterisk = FakeProcessAsterisk(VARIABLES)
    assert apologise(asterisk, tmp_path) == 0
    assert asterisk.commands[-3:] == [
        "ANSWER",
        'STREAM FILE /prompts/sorry-hu "" 0',
        "SET VARIABLE TRK_AWAY ok",
    ]
    (spooled,) = read_spool(str(tmp_path)).entries
    assert (spooled.entry.contact, spooled.entry.stage) == ("c-1", "queue")
    assert (spooled.entry.what, spooled.entry.hangup_cause) == ("apology", None)
    assert (spooled.entry.channel, spooled.entry.uniqueid) == (
        "PJSIP/trunk-00000001",
        "1700000000.1",
    )
    assert spooled.entry.caller == "+36301234567"
    assert "36301234567" not in repr(spooled.entry)
    assert Path(spooled.path).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "language", ["200 result=0", "200 result=1 (../../etc)", "200 result=1 (xx)"]
)
def test_a_language_without_a_prompt_gives_the_default(tmp_path: Path, language: str) -> None:
    """No language, one that is none, and one without a file."""
    replies = {
        **VARIABLES,
        "GET VARIABLE TRK_LANGUAGE": language,
        "STREAM FILE /prompts/sorry-xx": "200 result=-1 endpos=0",
        "CHANNEL STATUS": "200 result=6",
    }
    asterisk = FakeProcessAsterisk(replies)
    assert apologise(asterisk, tmp_path) == 0
    assert 'STREAM FILE /prompts/sorry-en "" 0' in asterisk.commands
    assert not any(".." in command for command in asterisk.commands)


def test_without_any_prompt_the_dialplan_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, one word on stderr, TRK_AWAY left unset: the plain dialplan apologises."""
    replies = {
        **VARIABLES,
        "STREAM FILE": "200 result=-1 endpos=0",
        "CHANNEL STATUS": "200 result=6",
    }
    asterisk = FakeProcessAsterisk(replies)
    assert apologise(asterisk, tmp_path) == 1
    assert "SET VARIABLE TRK_AWAY ok" not in asterisk.commands
    assert capsys.readouterr() == ("", "away: AGIAppError\n")


@pytest.mark.parametrize(
    "replies",
    [
        {"STREAM FILE": "200 result=-1 endpos=160", "CHANNEL STATUS": DEAD},
        {"ANSWER": DEAD},
        {"ANSWER": "HANGUP\n" + DEAD},
        {"STREAM FILE": ""},
    ],
)
def test_a_caller_who_leaves_in_the_middle_is_in_the_journal(
    tmp_path: Path, replies: dict[str, str]
) -> None:
    """Hangup during the prompt, before it, and an Asterisk that goes away."""
    assert apologise(FakeProcessAsterisk({**VARIABLES, **replies}), tmp_path) == 0
    (spooled,) = read_spool(str(tmp_path)).entries
    assert spooled.entry.contact == "c-1"


@pytest.mark.parametrize(("cause", "kept"), [("200 result=1 (16)", 16), ("200 result=0", None)])
def test_the_end_of_a_call_is_journalled_with_its_cause(
    tmp_path: Path, cause: str, kept: int | None
) -> None:
    """In the h extension the channel is dead; its variables still answer."""
    asterisk = FakeProcessAsterisk({**VARIABLES, "GET VARIABLE HANGUPCAUSE": cause})
    assert run(asterisk, "ended", str(tmp_path)) == 0
    (spooled,) = read_spool(str(tmp_path)).entries
    assert (spooled.entry.what, spooled.entry.hangup_cause) == ("ended", kept)


def test_a_spool_that_cannot_be_written_fails_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The dialplan's plain apology takes over; nothing goes to standard output."""
    assert apologise(FakeProcessAsterisk(VARIABLES), tmp_path / "missing") == 1
    assert capsys.readouterr() == ("", "away: FileNotFoundError\n")


@pytest.mark.parametrize("argv", [[], ["apology"], ["ended"], ["dance", "x"]])
def test_wrong_arguments_are_told_by_the_exit_code(argv: list[str]) -> None:
    """The script never reads a call that it cannot serve."""
    assert main(argv) == 2


def test_keys_are_taken_until_none_comes(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a caller whose card nobody takes any more; which keys they are is told to nobody."""
    asterisk = FakeProcessAsterisk({"WAIT FOR DIGIT": "200 result=52"})
    asterisk.said_first = ["200 result=52", "200 result=50", "200 result=0"]
    assert run(asterisk, "keyless") == 0
    assert asterisk.commands == ["WAIT FOR DIGIT 2000"] * 3
    assert capsys.readouterr() == ("", "")


def test_a_caller_who_never_ceases_to_press_keys_is_heard_at_last() -> None:
    """Nobody stays in silence for good."""
    asterisk = FakeProcessAsterisk({"WAIT FOR DIGIT": "200 result=52"})
    assert run(asterisk, "keyless") == 0
    assert len(asterisk.commands) == 40


def test_words_reach_asterisk_as_they_are() -> None:
    """pyst2 would send quotes and line ends as they come."""
    agi, asterisk = classic({"SET VARIABLE": "200 result=1", "DATABASE GET": "200 result=1 (v)"})
    agi.set_variable("X", 'say "hi" \\')
    agi.set_variable("X", "")
    agi.hangup()
    assert agi.database_get("a b", "k") == "v"
    assert asterisk.commands == [
        r'SET VARIABLE X "say \"hi\" \\"',
        'SET VARIABLE X ""',
        "HANGUP",
        'DATABASE GET "a b" k',
    ]
    with pytest.raises(UnsafeValue):
        agi.set_variable("X", "a\nHANGUP")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("510 Invalid or unknown command", AGIInvalidCommand),
        (DEAD, AGIResultHangup),
        ("520-Wrong.\nUsage: ANSWER\n520 End of proper usage.", AGIUsageError),
        ("520-Wrong.\nUsage: ANSWER", AGIHangup),
        ("HANGUP\n200 result=-1", AGIAppError),
        ("HANGUP", AGIHangup),
        ("", AGIHangup),
    ],
)
def test_each_bad_end_is_an_error_of_its_own(reply: str, error: type[Exception]) -> None:
    """pyst2 would raise ValueError for HANGUP and EOF, and never end on a cut usage text."""
    agi, _ = classic({"ANSWER": reply})
    with pytest.raises(error):
        agi.answer()


def test_digits_are_read_and_never_written_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """pyst2 writes every reply there, and does not understand an empty result."""
    agi, _ = classic({"GET DATA a": "200 result=4711", "GET DATA b": "200 result= (timeout)"})
    assert agi.get_data("a") == "4711"
    assert agi.get_data("b") == ""
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("request_lines", [["agi_channel: x"], [f"agi_{n}: x" for n in range(300)]])
def test_a_request_without_end_is_a_hangup(request_lines: list[str]) -> None:
    """The script does not start a call that it does not know."""
    pipes = cast(BinaryIO, FakeProcessAsterisk({}, request_lines))
    with pytest.raises(AGIHangup):
        ClassicAgi(pipes, pipes)


def test_the_spool_is_read_in_order_and_emptied_by_acknowledging(tmp_path: Path) -> None:
    """An entry stays until the engine has kept it."""
    later = JournalEntry("c-2", "2.1", "PJSIP/x", "talking", ENTRY.at_ms + 5, "ended", 16)
    for entry in (later, ENTRY):
        write_entry(str(tmp_path), entry)
    spool = read_spool(str(tmp_path))
    assert [spooled.entry for spooled in spool.entries] == [ENTRY, later]
    for spooled in spool.entries:
        acknowledge(spooled)
        acknowledge(spooled)
    assert list(tmp_path.iterdir()) == []


GOOD = {
    "contact": "c",
    "uniqueid": "1",
    "channel": "x",
    "stage": "flow",
    "at_ms": 1,
    "what": "ended",
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "\ud800".encode("utf-8", "surrogatepass"),
        json.dumps({"contact": "c"}),
        json.dumps({**GOOD, "more": 1}),
        json.dumps({**GOOD, "at_ms": "1"}),
        json.dumps({**GOOD, "what": "lunch"}),
        json.dumps({**GOOD, "contact": None}),
        json.dumps({**GOOD, "hangup_cause": "16"}),
    ],
)
def test_a_broken_file_is_moved_aside_and_reported_once(tmp_path: Path, text: str | bytes) -> None:
    """It neither stops the others nor comes again."""
    bad = tmp_path / "0-bad.json"
    bad.write_bytes(text if isinstance(text, bytes) else text.encode())
    write_entry(str(tmp_path), ENTRY)
    spool = read_spool(str(tmp_path))
    assert [spooled.entry for spooled in spool.entries] == [ENTRY]
    assert spool.broken == (f"{bad}.broken",)
    assert read_spool(str(tmp_path)).broken == ()


def test_an_absent_spool_and_half_written_files_are_nothing(tmp_path: Path) -> None:
    """The engine may start before any call was missed; a file being written is not there yet."""
    assert read_spool(str(tmp_path / "none")).entries == ()
    (tmp_path / ".0-1-ended.tmp").write_text("{")
    (tmp_path / ".hidden.json").write_text("{")
    spool = read_spool(str(tmp_path))
    assert (spool.entries, spool.broken) == ((), ())


def test_the_launcher_quotes_its_paths() -> None:
    """A path with blanks is one word."""
    text = launcher_text(Path("/opt/my site/bin/python"), Path("/opt/away.py"))
    assert text.splitlines()[1:] == [
        "trap '' HUP",
        "exec '/opt/my site/bin/python' -I /opt/away.py \"$@\"",
    ]
