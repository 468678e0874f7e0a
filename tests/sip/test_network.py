"""The made-up telephone network through a real Asterisk: each number meets its fate."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from ivr.prompts.g711 import encode_alaw
from phones.errors import SippFailed
from phones.fates import BUSY, CONGESTED, REJECTED, UNAVAILABLE, UNKNOWN, Called, Fate
from phones.network import Sounds, network
from phones.sipp import Listening, listening
from phones.tones import RATE_HZ, Samples, decode_alaw, sine, tone_share
from tests.asterisk.asterisk_fixture import started
from tests.ports import sound_ports
from tests.sip.plain_pbx import PlainPbx

pytestmark = [pytest.mark.sip, pytest.mark.asyncio(loop_scope="module")]

HELLO_HZ, OTHER_HELLO_HZ, FAX_HZ, INTERCEPT_HZ = 500, 600, 2100, 950
ANNOUNCED_HZ, GREETING_HZ, OURS_HZ = 700, 400, 1004
NORMAL, UNALLOCATED, USER_BUSY, NO_ANSWER, REJECTION, CONGESTION = 16, 1, 17, 19, 21, 34
"""Causes of Q.850."""
SAID_MS, GREETING_S = 800, 1.8
GIVEN_UP_S, LATE_S, QUIET = 3, 0.6, 10
SUBSCRIBER, OTHER = 10, 11
CALLS = {
    "person": Called(Fate.PERSON, 1, 1),
    "other person": Called(Fate.PERSON, 0, 1),
    "prompt": Called(Fate.PROMPT_PERSON, 0, 1),
    "nobody": Called(Fate.NOBODY, 0),
    "given up": Called(Fate.NOBODY, 2),
    "machine": Called(Fate.MACHINE, 1, 1),
    "fax": Called(Fate.FAX, 0, 1),
    "intercept": Called(Fate.INTERCEPT, 0, 1),
    "silent": Called(Fate.SILENT, 0, 1),
    "busy": Called(Fate.REFUSED, 1, BUSY),
    "unknown": Called(Fate.REFUSED, 0, UNKNOWN),
    "rejected": Called(Fate.REFUSED, 0, REJECTED),
    "congested": Called(Fate.REFUSED, 0, CONGESTED),
    "unavailable": Called(Fate.REFUSED, 0, UNAVAILABLE),
    "announced": Called(Fate.ANNOUNCED, 2),
}
NUMBERS = {
    name: called.number("+3630", OTHER if name.startswith("other") else SUBSCRIBER)
    for name, called in CALLS.items()
} | {"nobody's number": "+36301000000"}
DIALPLAN = """
[out]
exten => _+X.,1,Set(CALLED=${{EXTEN}})
 same => n,Set(DIALED=${{STRFTIME(,,%s%3q)}})
 same => n,Dial(PJSIP/${{EXTEN}}@trunk,{patience},U(up))
 same => n,Hangup()
exten => h,1,Set(FILE({directory}/${{CALLED}}.told)=${{DIALSTATUS}} ${{HANGUPCAUSE}} \
${{RINGTIME_MS}}x ${{PROGRESSTIME_MS}}x ${{DIALED}}x ${{UP}}x ${{STRFTIME(,,%s%3q)}}x)
[up]
exten => s,1,Set(MASTER_CHANNEL(UP)=${{STRFTIME(,,%s%3q)}})
 same => n,Return()
[listen]
exten => _+X.,1,Answer()
 same => n,Record({directory}/${{EXTEN}}.sln,0,20,kq)
exten => {machine},1,Answer()
 same => n,Milliwatt()
"""


@dataclass(frozen=True)
class Told:
    """What Asterisk says of a call: after how many seconds it rang, had early media and was
    answered (None: it never was) and was over. `heard`: int16 from the call's beginning."""

    status: str
    cause: int
    rang_s: float | None
    progressed_s: float | None
    answered_s: float | None
    ended_s: float
    heard: Samples

    def hears(self, hz: int, from_s: float = 0.0) -> bool:
        """Whether this tone and nothing else was heard for 200 ms, at any time from `from_s` on."""
        later = self.heard[int(from_s * RATE_HZ) :]
        spans = (later[at : at + 1600] for at in range(0, len(later) - 1600, 800))
        return any(tone_share(span, hz) > 0.9 for span in spans)


@dataclass(frozen=True)
class Line:
    """What came of all the calls, which were made at once."""

    told: dict[str, Told]
    recorded: Samples
    complaints: list[str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def line(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """Everybody's sound is a tone: so one can tell who is heard."""
    directory = tmp_path_factory.mktemp("network")
    dialplan = DIALPLAN.format(
        directory=directory / "pbx", patience=GIVEN_UP_S, machine=NUMBERS["machine"]
    )
    modules = ("app_record", "app_stack", "format_sln", "res_clioriginate")
    pbx = PlainPbx(directory / "pbx", dialplan, modules)
    media = sound_ports(200)
    far = Listening(network(_sounds(directory), media), pbx.carrier_port, media)
    async with started(pbx), listening(far):
        async with asyncio.timeout(40):
            told = await asyncio.gather(*(_call(pbx, number) for number in NUMBERS.values()))
            recorded = await _written(directory / NUMBERS["machine"][1:])
        yield Line(dict(zip(NUMBERS, told, strict=True)), decode_alaw(recorded), pbx.complaints())


def _sounds(directory: Path) -> Sounds:
    def tone(hz: int) -> Path:
        path = directory / f"{hz}.alaw"
        quiet = np.zeros(RATE_HZ, np.int16)
        said = np.concatenate([sine(hz, SAID_MS), quiet]) if hz else quiet
        path.write_bytes(encode_alaw(said).tobytes())
        return path

    return Sounds(
        people=[tone(HELLO_HZ), tone(OTHER_HELLO_HZ)],
        faxes=[tone(FAX_HZ)],
        intercepts=[tone(INTERCEPT_HZ)],
        announcements=[tone(ANNOUNCED_HZ)],
        silence=tone(0),
        greetings=[tone(GREETING_HZ)],
        recordings=directory,
    )


async def _call(pbx: PlainPbx, number: str) -> Told:
    await pbx.cli(f"channel originate Local/{number}@listen/n extension {number}@out")
    told, sound = (pbx.directory / f"{number}.{kind}" for kind in ("told", "sln"))
    status, cause, *times = (await _written(told)).decode().split()
    heard = np.fromfile(sound, np.int16) if sound.exists() else np.zeros(0, np.int16)
    rang, progressed, dialed, up, ended = (int(time[:-1] or 0) / 1000 for time in times)
    return Told(
        *(status, int(cause), rang or None, progressed or None),
        *(up - dialed if up else None, ended - dialed, heard),
    )


async def _written(path: Path) -> bytes:
    """What is in it, once somebody has written it."""
    while True:
        if written := await asyncio.to_thread(_read, path):
            return written
        await asyncio.sleep(0.05)


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


async def test_people_answer_when_the_number_says_and_stay_as_long(line: Line) -> None:
    """After a second of ringing, or without any; five seconds later they hang up."""
    person, prompt = line.told["person"], line.told["prompt"]
    assert (person.status, person.cause) == ("ANSWER", NORMAL)
    assert person.rang_s is not None
    assert person.answered_s == pytest.approx(1, abs=LATE_S)
    assert person.ended_s == pytest.approx(6, abs=2 * LATE_S)
    assert (prompt.status, prompt.rang_s) == ("ANSWER", None)
    assert prompt.answered_s == pytest.approx(0, abs=LATE_S)


async def test_each_callee_is_heard_with_a_voice_of_its_own(line: Line) -> None:
    """Of people the voice of the number's digit, again and again while they stay; of the others
    their signal; of who is silent nothing."""
    assert line.told["person"].hears(HELLO_HZ, from_s=3)
    assert line.told["other person"].hears(OTHER_HELLO_HZ)
    assert line.told["fax"].hears(FAX_HZ)
    assert line.told["intercept"].hears(INTERCEPT_HZ)
    assert line.told["silent"].status == "ANSWER"
    assert len(line.told["silent"].heard) > 4 * RATE_HZ
    assert not line.told["silent"].heard.astype(float).std() > QUIET


async def test_a_machine_greets_and_records_what_is_said_then(line: Line) -> None:
    """What it hears from the end of its greeting until it hangs up; its greeting is not there."""
    machine = line.told["machine"]
    assert (machine.status, machine.cause) == ("ANSWER", NORMAL)
    assert len(line.recorded) == pytest.approx((5 - GREETING_S) * RATE_HZ, rel=0.1)
    spoken = line.recorded[RATE_HZ // 2 :]
    assert tone_share(spoken, OURS_HZ) > 0.95


async def test_nobody_answers_and_the_call_is_cancelled_or_given_up(line: Line) -> None:
    """Rings until the caller cancels; or until the network gives up, with 480."""
    nobody, given_up = line.told["nobody"], line.told["given up"]
    assert (nobody.status, given_up.status) == ("NOANSWER", "NOANSWER")
    assert nobody.rang_s is not None
    assert nobody.ended_s == pytest.approx(GIVEN_UP_S, abs=LATE_S)
    assert given_up.cause == NO_ANSWER
    assert given_up.ended_s == pytest.approx(2, abs=LATE_S)


@pytest.mark.parametrize(
    ("name", "status", "cause", "after_s"),
    [
        ("busy", "BUSY", USER_BUSY, 1),
        ("unknown", "CHANUNAVAIL", UNALLOCATED, 0),
        ("rejected", "CHANUNAVAIL", REJECTION, 0),
        ("congested", "CONGESTION", CONGESTION, 0),
        ("unavailable", "NOANSWER", NO_ANSWER, 0),
        ("nobody's number", "CHANUNAVAIL", UNALLOCATED, 0),
    ],
)
async def test_a_call_is_refused_with_the_cause_that_the_number_tells(
    line: Line, name: str, status: str, cause: int, after_s: float
) -> None:
    """After ringing, where the number tells of any."""
    told = line.told[name]
    assert (told.status, told.cause, told.answered_s) == (status, cause, None)
    assert (told.rang_s is not None) == bool(after_s)
    assert told.ended_s == pytest.approx(after_s, abs=LATE_S)


async def test_an_announcement_is_heard_before_the_answer_that_never_comes(line: Line) -> None:
    """Early media, then busy."""
    told = line.told["announced"]
    assert (told.status, told.cause, told.answered_s) == ("BUSY", USER_BUSY, None)
    assert told.progressed_s is not None
    assert told.hears(ANNOUNCED_HZ)
    assert told.ended_s == pytest.approx(2, abs=LATE_S)


async def test_asterisk_has_nothing_to_complain_of(line: Line) -> None:
    """No message of the network is one that Asterisk does not understand."""
    assert [entry for entry in line.complaints if "pjsip" in entry or "rtp" in entry] == []


async def test_a_port_that_is_taken_is_told() -> None:
    """Not that calls are taken there, which another program takes."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        run = Listening("<scenario/>", other.getsockname()[1], sound_ports(2))
        with pytest.raises(SippFailed, match="is taken"):
            async with listening(run):
                pass
