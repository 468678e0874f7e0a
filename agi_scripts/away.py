"""Process AGI for when the engine is away; Asterisk's dialplan runs it through a launcher.

`AGI(LAUNCHER,apology,SPOOL,PROMPT,LANGUAGE)` journals the call, answers, plays PROMPT-LANGUAGE
(the channel's TRK_LANGUAGE, else the LANGUAGE given) and sets TRK_AWAY=ok; the dialplan then dials
the fallback number. `AGI(LAUNCHER,ended,SPOOL)` in the `h` extension journals the end of a call.
`AGI(LAUNCHER,keyless)` returns once the caller presses no more keys.

Exit code 0: done, or the caller has left and the journal has it. Anything else: the dialplan goes
on alone. It should look at TRK_AWAY, not at AGISTATUS, which is FAILURE as soon as one command
failed on a live channel, as for a language without a prompt (run_agi in res/res_agi.c).
Standard output is the AGI connection; nothing else is ever written to it.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import BinaryIO

if __name__ == "__main__":  # python -I puts neither the script's directory nor ours on the path
    room = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  pathlib costs 5 ms
    sys.path.insert(0, os.path.dirname(room))  # noqa: PTH120  as above

from asterisk.agi import AGIAppError, AGIHangup

from agi_scripts.classic import ClassicAgi
from agi_scripts.journal import APOLOGY, ENDED, JournalEntry, write_entry

Work = Callable[[ClassicAgi], None]

USAGE = 2
KEYLESS_MS = 2_000
"""Who presses nothing for so long has noticed that nobody takes a card any more."""
MOST_KEYS = 40
"""As many as a card has, and some more; then whoever goes on is heard."""


def main(argv: list[str], stdin: BinaryIO | None = None, stdout: BinaryIO | None = None) -> int:
    """Run one mode; return the exit code."""
    match argv:
        case ["apology", spool, prompt, language]:
            return _guarded(lambda agi: apologise(agi, spool, prompt, language), stdin, stdout)
        case ["ended", spool]:
            return _guarded(lambda agi: journal(agi, spool, ENDED), stdin, stdout)
        case ["keyless"]:
            return _guarded(wait_for_last_key, stdin, stdout)
        case _:
            return USAGE


def apologise(agi: ClassicAgi, spool: str, prompt: str, default_language: str) -> None:
    """Journal first, so that a caller who leaves in the middle is in it."""
    journal(agi, spool, APOLOGY)
    language = agi.get_variable("TRK_LANGUAGE")
    agi.answer()
    play(agi, prompt, [language, default_language])
    agi.set_variable("TRK_AWAY", "ok")


def play(agi: ClassicAgi, prompt: str, languages: list[str]) -> None:
    """Play the prompt in the first language that has it; raises AGIAppError if none has."""
    for language in filter(str.isalpha, languages):
        if is_played(agi, f"{prompt}-{language}"):
            return
    raise AGIAppError("there is no apology to play")


def is_played(agi: ClassicAgi, name: str) -> bool:
    """Play one file; False if it is missing, AGIHangup if the caller left."""
    try:
        agi.stream_file(name)
    except AGIHangup:
        raise
    except AGIAppError:
        agi.channel_status()  # -1 means either; only a dead channel refuses this
        return False
    return True


def journal(agi: ClassicAgi, spool: str, what: str) -> None:
    """Write one event of this call into the spool."""
    cause = agi.get_variable("HANGUPCAUSE") if what == ENDED else ""
    entry = JournalEntry(
        contact=agi.get_variable("TRK_CONTACT"),
        uniqueid=agi.env.get("agi_uniqueid", ""),
        channel=agi.env.get("agi_channel", ""),
        stage=agi.get_variable("TRK_STAGE"),
        at_ms=time.time_ns() // 1_000_000,
        what=what,
        hangup_cause=int(cause) if cause.isdecimal() else None,
        caller=_known(agi.env.get("agi_callerid", "")),
        called=_known(agi.env.get("agi_dnid", "")),
    )
    write_entry(spool, entry)


def wait_for_last_key(agi: ClassicAgi) -> None:
    """Take the caller's keys, of which nobody is told, until none comes for `KEYLESS_MS`.

    Asterisk has nothing else for it: its `Read` writes the key to the log and into a variable, and
    `WaitForSilence` hears no events (RFC 4733).
    """
    for _ in range(MOST_KEYS):
        if not agi.wait_for_digit(KEYLESS_MS):
            return


def _known(number: str) -> str:
    """A number; Asterisk writes "unknown" for one that it does not have."""
    return "" if number == "unknown" else number


def _guarded(work: Work, stdin: BinaryIO | None, stdout: BinaryIO | None) -> int:
    """Whatever happens, the dialplan gets an exit code, soon and without noise."""
    try:
        work(ClassicAgi(stdin or sys.stdin.buffer, stdout or sys.stdout.buffer))
    except AGIHangup:
        return 0
    except Exception as error:  # the script's own border: the dialplan has its plain apology
        sys.stderr.write(f"away: {type(error).__name__}\n")
        return 1
    return 0


if __name__ == "__main__":
    # Skip the interpreter's own end: it would flush into a pipe that may be closed.
    os._exit(main(sys.argv[1:]))
