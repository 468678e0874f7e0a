"""From MixMonitor's raw file to the row: policy, names, finaliser, recovery."""

import asyncio
import errno
import fcntl
import hashlib
import os
import stat
import struct
import wave
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from history.outcome import RecordingState
from history.rows import RecordingRow
from recordings.errors import StillRecording, UnsafeName
from recordings.finalise import Conversation, wav_header
from recordings.naming import RecordingName, name_of, raw_path
from recordings.policy import RecordingPolicy
from recordings.raw import is_open_for_writing
from recordings.recorder import Recorder, RecorderSettings

pytestmark = pytest.mark.unit

T0 = 1_800_000_000_000  # 2027-01-15T08:00:00Z
NAME = RecordingName("node1-1800000000.17", 1)
TALK = Conversation(NAME, "anna", T0, T0 + 1_500)
PAIRS = struct.pack("<8h", 1, -1, 2, -2, 3, -3, 32767, -32768)


def test_a_queue_overrides_the_sites_default() -> None:
    """Silence on a queue, or no queue at all, means the default."""
    policy = RecordingPolicy(by_default=True, queues={"private": False})
    assert policy.records("billing")
    assert policy.records(None)
    assert not policy.records("private")
    assert RecordingPolicy(False, {"billing": True}).records("billing")
    assert not RecordingPolicy(False).records("sales")


def test_a_name_leads_to_its_path_and_back() -> None:
    """The day is UTC's; a contact id may hold dashes of its own."""
    path = raw_path(Path("/r"), NAME, T0)
    assert path == Path("/r/2027/01/15/node1-1800000000.17-1.raw")
    assert name_of(path) == NAME
    assert raw_path(Path("/r"), NAME, T0 + 16 * 3_600_000).parent == Path("/r/2027/01/16")
    assert name_of(Path("/r/2027/01/15/notes.raw")) is None


@pytest.mark.parametrize("contact_id", ["", "../etc", "a/b", ".hidden", "a,b", "a)b", "a b", "a\n"])
def test_an_id_that_a_path_or_dialplan_would_read_is_refused(contact_id: str) -> None:
    """Nothing can point outside the directory or add an option to MixMonitor."""
    with pytest.raises(UnsafeName):
        RecordingName(contact_id, 1)


def test_the_header_is_what_the_standard_library_reads() -> None:
    """Two channels, 16 bits, 8 kHz, and sizes that match."""
    assert len(wav_header(0)) == 44
    assert struct.unpack_from("<I", wav_header(16), 4) == (36 + 16,)
    assert struct.unpack_from("<I", wav_header(16), 40) == (16,)


def begun(directory: Path, content: bytes) -> Path:
    """A recording in progress, as Asterisk leaves it when it closes the file."""
    path = Recorder(directory).begin(NAME, T0)
    path.write_bytes(content)
    return path


async def test_a_raw_file_becomes_a_private_stereo_wav(tmp_path: Path) -> None:
    """Left is the first of each pair; the row says what is in the file, byte for byte."""
    raw = begun(tmp_path / "recordings", PAIRS)
    row = await Recorder(tmp_path / "recordings").finish(TALK)
    wav = raw.with_suffix(".wav")
    assert row == RecordingRow(
        id="node1-1800000000.17-1",
        contact_id="node1-1800000000.17",
        agent="anna",
        path="2027/01/15/node1-1800000000.17-1.wav",
        started_ms=T0,
        ended_ms=T0 + 1_500,
        duration_ms=0,
        channels=2,
        sample_rate=8_000,
        bytes=44 + 16,
        sha256=hashlib.sha256(wav.read_bytes()).hexdigest(),
        state=RecordingState.COMPLETE,
    )
    with wave.open(str(wav)) as file:
        assert file.getparams()[:4] == (2, 2, 8_000, 4)
        assert file.readframes(4) == PAIRS
    assert not raw.exists()
    assert stat.S_IMODE(wav.stat().st_mode) == 0o600
    for directory in wav.parents[:4]:
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


async def test_a_long_file_is_copied_whole(tmp_path: Path) -> None:
    """Larger than one chunk of the copy: 20 s, 640,000 bytes."""
    begun(tmp_path, os.urandom(640_000))
    row = await Recorder(tmp_path).finish(TALK)
    assert (row.duration_ms, row.bytes) == (20_000, 640_044)
    assert row.path is not None
    assert row.sha256 == hashlib.sha256((tmp_path / row.path).read_bytes()).hexdigest()


async def test_a_torn_pair_is_cut_off_and_said_so(tmp_path: Path) -> None:
    """The machine died in mid-sample: the channels must not change sides."""
    raw = begun(tmp_path, PAIRS + b"\x01\x02\x03")
    row = await Recorder(tmp_path).finish(TALK)
    assert (row.state, row.bytes) == (RecordingState.PARTIAL, 44 + 16)
    assert raw.with_suffix(".wav").read_bytes()[44:] == PAIRS


@pytest.mark.parametrize("content", [b"", b"\x01\x02\x03"])
async def test_a_recording_without_audio_is_empty(tmp_path: Path, content: bytes) -> None:
    """The legs were never bridged: no WAV, and nothing is left lying about."""
    raw = begun(tmp_path, content)
    row = await Recorder(tmp_path).finish(TALK)
    assert (row.state, row.path, row.sha256, row.bytes) == (RecordingState.EMPTY, None, None, 0)
    assert list(raw.parent.iterdir()) == []


async def test_a_recording_that_never_was_is_missing(tmp_path: Path) -> None:
    """No file is an outcome, not an error."""
    row = await Recorder(tmp_path).finish(TALK)
    assert (row.state, row.path, row.duration_ms) == (RecordingState.MISSING, None, 0)


async def test_finishing_twice_says_the_same(tmp_path: Path) -> None:
    """The process died after the WAV and before the row; what was half copied is done anew."""
    raw = begun(tmp_path, PAIRS)
    raw.with_suffix(".part").write_bytes(b"half a copy")
    first = await Recorder(tmp_path).finish(TALK)
    assert await Recorder(tmp_path).finish(TALK) == first
    raw.write_bytes(PAIRS)
    assert await Recorder(tmp_path).finish(TALK) == first
    assert [path.suffix for path in raw.parent.iterdir()] == [".wav"]


async def test_no_recording_takes_anothers_place(tmp_path: Path) -> None:
    """A name is given out once, before and after it is finished."""
    begun(tmp_path, PAIRS)
    with pytest.raises(FileExistsError):
        Recorder(tmp_path).begin(NAME, T0)
    await Recorder(tmp_path).finish(TALK)
    with pytest.raises(FileExistsError):
        Recorder(tmp_path).begin(NAME, T0)


async def test_finishing_waits_until_asterisk_has_closed_the_file(tmp_path: Path) -> None:
    """Whatever is written up to the close is in the WAV."""
    raw = begun(tmp_path, b"")
    looks: list[float] = []
    asterisk = raw.open("wb", buffering=0)

    async def sleep(seconds: float) -> None:
        looks.append(seconds)
        asterisk.write(PAIRS)
        if len(looks) == 3:
            asterisk.close()

    row = await Recorder(tmp_path, sleep=sleep).finish(TALK)
    assert (row.bytes, looks) == (44 + 3 * 16, [0.05] * 3)


async def test_a_file_that_is_never_closed_is_kept(tmp_path: Path) -> None:
    """The wait has an end, with a typed error, and the raw file stays for later."""
    raw = begun(tmp_path, PAIRS)
    settings = RecorderSettings(close_timeout_s=1.0, look_every_s=0.5)
    with raw.open("ab"):
        assert is_open_for_writing(raw)
        with pytest.raises(StillRecording):
            await Recorder(tmp_path, settings, lambda _: asyncio.sleep(0)).finish(TALK)
    assert not is_open_for_writing(raw)
    assert raw.read_bytes() == PAIRS


def test_without_leases_a_quiet_file_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network file system may refuse leases: then a file that changed lately counts as open."""

    def no_leases(*_: object) -> int:
        raise OSError(errno.EINVAL, "this file system knows no leases")

    monkeypatch.setattr(fcntl, "fcntl", no_leases)
    raw = begun(tmp_path, PAIRS)
    assert is_open_for_writing(raw)
    os.utime(raw, (0, 0))
    assert not is_open_for_writing(raw)


async def test_recovery_goes_on_after_a_file_that_cannot_be_finished(tmp_path: Path) -> None:
    """One bad file costs only itself, is named in the log and stays for the next start."""
    recorder = Recorder(tmp_path)
    bad, good = (recorder.begin(RecordingName(contact_id, 1), T0) for contact_id in ("a", "b"))
    for path in (bad, good):
        path.write_bytes(PAIRS)
    bad.with_suffix(".part").mkdir()
    with capture_logs() as logs:
        rows = await recorder.recover(set())
    assert [row.contact_id for row in rows] == ["b"]
    assert [line["event"] for line in logs] == ["recording_not_recovered", "recording_finished"]
    assert bad.exists()


async def test_recovery_finishes_what_nobody_owns(tmp_path: Path) -> None:
    """Live ids, files still being written and strangers stay; times come from the file."""
    recorder = Recorder(tmp_path)
    names = [RecordingName(contact_id, 1) for contact_id in ("lost", "live", "talking")]
    lost, live, talking = (recorder.begin(name, T0) for name in names)
    stranger = lost.with_name("stranger.raw")
    for path in (lost, live, stranger):
        path.write_bytes(PAIRS * 2_000)
    os.utime(lost, ns=(0, (T0 + 86_400_000) * 1_000_000))
    with talking.open("wb"):
        (row,) = await recorder.recover({"live-1"})
    assert (row.contact_id, row.agent, row.duration_ms) == ("lost", None, 1_000)
    assert (row.started_ms, row.ended_ms) == (T0 + 86_399_000, T0 + 86_400_000)
    assert row.path == "2027/01/15/lost-1.wav"
    assert sorted(path.name for path in lost.parent.iterdir()) == [
        *("live-1.raw", "lost-1.wav", "stranger.raw", "talking-1.raw"),
    ]


async def test_recovery_of_a_directory_that_never_was_finds_nothing(tmp_path: Path) -> None:
    """The first start of a site."""
    assert await Recorder(tmp_path / "recordings").recover(set()) == []
