"""The away script, started by a real Asterisk as its dialplan would."""

import sys
from pathlib import Path

import pytest

from agi_scripts import away
from agi_scripts.journal import JournalEntry, read_spool
from agi_scripts.launcher import write_launcher
from tests.asterisk.asterisk_fixture import started
from tests.asterisk.local_calls import LocalCalls
from tests.asterisk.waiting import until

pytestmark = pytest.mark.asterisk

DIALPLAN = """
[calls]
exten => call,1,Set(TRK_CONTACT=c-1)
exten => call,n,Set(TRK_STAGE=queue)
exten => call,n,Set(TRK_LANGUAGE=hu)
exten => call,n,AGI({launcher},apology,{spool},{prompt},en)
exten => call,n,Verbose(1,went on with ${{TRK_AWAY}} and ${{AGISTATUS}})
exten => call,n,Hangup(17)
exten => h,1,AGI({launcher},ended,{spool})
exten => h,n,Verbose(1,all ended)

[far]
exten => wait,1,Wait(60)
exten => leave,1,Wait(1.5)
"""


async def place_call(directory: Path, spool: Path, *, far: str, seconds: int) -> str:
    """One call with an apology of that length; return Asterisk's log of it."""
    launcher, prompt = directory / "away", directory / "sorry"
    write_launcher(launcher, Path(sys.executable), Path(away.__file__))
    (directory / "sorry-en.sln").write_bytes(b"\0" * 16_000 * seconds)
    dialplan = DIALPLAN.format(launcher=launcher, spool=spool, prompt=prompt)
    async with started(LocalCalls(directory, dialplan)) as asterisk:
        await asterisk.originate("call", far)
        await until(lambda: "all ended" in asterisk.log(), within_s=20)
        return asterisk.log()


def entries(spool: Path) -> list[JournalEntry]:
    return [spooled.entry for spooled in read_spool(str(spool)).entries]


async def test_the_caller_hears_the_apology_and_the_dialplan_goes_on(tmp_path: Path) -> None:
    """Answered, told in the default language, journalled; then its end with the cause."""
    spool = tmp_path / "spool"
    spool.mkdir()
    log = await place_call(tmp_path, spool, far="wait", seconds=1)
    assert f"Playing '{tmp_path}/sorry-en.slin'" in log
    assert "went on with ok and" in log
    first, last = entries(spool)
    assert (first.contact, first.stage, first.what) == ("c-1", "queue", "apology")
    assert (last.contact, last.what, last.hangup_cause) == ("c-1", "ended", 17)
    assert last.uniqueid == first.uniqueid
    assert last.at_ms > first.at_ms


async def test_a_caller_who_leaves_during_the_apology_is_in_the_journal(tmp_path: Path) -> None:
    """Both events are there, though the hangup came in the middle."""
    spool = tmp_path / "spool"
    spool.mkdir()
    log = await place_call(tmp_path, spool, far="leave", seconds=30)
    assert "went on" not in log
    assert [entry.what for entry in entries(spool)] == ["apology", "ended"]


async def test_when_the_script_fails_the_dialplan_is_told(tmp_path: Path) -> None:
    """Without a spool: AGISTATUS is FAILURE and TRK_AWAY unset, at once."""
    log = await place_call(tmp_path, tmp_path / "missing", far="wait", seconds=1)
    assert "went on with  and FAILURE" in log
