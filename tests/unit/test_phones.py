"""The pure parts of the phones: tones, G.711, the ear, SIPp's files."""

from __future__ import annotations

import wave
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phones import protocol, scenario
from phones.ear import Ear, HeardFrame, ToneHeard
from phones.errors import BadRecording
from phones.moments import Moment
from phones.sipp import SippRun, arguments, read_statistics
from phones.softphone import Mouth
from phones.tones import (
    SILENCE_DBFS,
    Samples,
    decode_alaw,
    decode_ulaw,
    goertzel_power,
    level_dbfs,
    read_wav,
    sine,
    steady_tone,
    tone_share,
)

pytestmark = pytest.mark.unit


@given(hz=st.integers(200, 3600), dbfs=st.floats(-40, -4))
def test_a_tone_has_its_level_and_nothing_else(hz: int, dbfs: float) -> None:
    """What `sine` makes, `level_dbfs` and `tone_share` find again."""
    tone = sine(hz, 100, dbfs)
    assert level_dbfs(tone) == pytest.approx(dbfs, abs=0.3)
    assert tone_share(tone, hz) > 0.95
    assert tone_share(tone, hz + 100 if hz < 2000 else hz - 100) < 0.1


def test_goertzel_gives_half_the_squared_peak() -> None:
    """The power of a sine of peak 1000 is 500,000, whatever stands beside it."""
    n = np.arange(800)
    both = 1000 * np.sin(2 * np.pi * 440 * n / 8000) + 2000 * np.sin(2 * np.pi * 620 * n / 8000)
    assert goertzel_power(both.astype(np.int16), 440) == pytest.approx(500_000, rel=0.01)


def test_silence_is_silent() -> None:
    """No samples and zeros are the same silence, and hold no tone."""
    nothing = np.zeros(0, np.int16)
    assert level_dbfs(nothing) == level_dbfs(np.zeros(160, np.int16)) == SILENCE_DBFS
    assert tone_share(np.zeros(160, np.int16), 440) == 0


def test_g711_decodes_as_the_standard_says() -> None:
    """Corner codes of ITU-T G.711, in the 16-bit scale."""
    assert decode_alaw(bytes([0xD5, 0x55, 0xAA, 0x2A])).tolist() == [8, -8, 32256, -32256]
    assert decode_ulaw(bytes([0xFF, 0x7F, 0x80, 0x00])).tolist() == [0, 0, 32124, -32124]


@pytest.mark.parametrize(("channels", "width", "rate"), [(2, 2, 8000), (1, 1, 8000), (1, 2, 16000)])
def test_other_recordings_are_refused(tmp_path: Path, channels: int, width: int, rate: int) -> None:
    """Only mono, 16 bits, 8 kHz can be said into a call; the error says what was found."""
    path = tmp_path / "other.wav"
    with wave.open(str(path), "wb") as recording:
        recording.setparams((channels, width, rate, 0, "NONE", "not compressed"))
        recording.writeframes(bytes(320))
    with pytest.raises(BadRecording, match=str(rate)):
        read_wav(path)


def test_a_missing_recording_is_refused(tmp_path: Path) -> None:
    """A file that is not there is the same kind of error."""
    with pytest.raises(BadRecording):
        read_wav(tmp_path / "none.wav")


class Listener:
    """Feeds an ear and notes what it reports."""

    def __init__(self) -> None:
        self.first: list[HeardFrame] = []
        self.tones: list[ToneHeard] = []
        self.ear = Ear(self.first.append)
        self._ms = 0

    def hear(self, samples: Samples) -> None:
        """20 ms at a time, as from the network."""
        for start in range(0, len(samples), 160):
            self._ms += 20
            self.ear.hear(samples[start : start + 160], at_ms(self._ms))


def at_ms(ms: int) -> Moment:
    return Moment(ms * 1_000_000, ms * 1_000_000)


def test_an_ear_tells_when_a_tone_began() -> None:
    """After 200 ms of silence, a tone is told once, with the time of its first frame."""
    listener = Listener()
    listener.ear.watch(440, listener.tones.append)
    listener.hear(np.zeros(1600, np.int16))
    listener.hear(sine(440, 400))
    (tone,) = listener.tones
    assert tone.at == at_ms(220)
    assert [frame.at for frame in listener.first] == [at_ms(220)]


def test_an_ear_is_deaf_to_other_tones() -> None:
    """Another frequency, and the right one below -50 dBFS, are not the tone."""
    listener = Listener()
    listener.ear.watch(440, listener.tones.append)
    listener.hear(sine(620, 200))
    listener.hear(sine(440, 200, -55))
    assert listener.tones == []


def test_an_ear_hears_only_what_comes_after_the_watch() -> None:
    """A tone that has ended is not heard by one who begins to listen now."""
    listener = Listener()
    listener.hear(sine(440, 200))
    listener.ear.watch(440, listener.tones.append)
    listener.hear(np.zeros(800, np.int16))
    assert listener.tones == []


def test_an_ear_joins_odd_packets() -> None:
    """Frames are whole whatever the sizes in which samples come."""
    listener = Listener()
    tone = steady_tone(440)
    for start in range(0, 8000, 125):
        listener.ear.hear(tone[start : start + 125], at_ms(0))
    assert (
        np.concatenate([frame.samples for frame in listener.ear.frames]).tolist() == tone.tolist()
    )


def test_a_mouth_repeats_without_a_gap() -> None:
    """A repeated recording goes on from its end to its start within a frame."""
    samples = np.arange(200, dtype=np.int16)
    repeating = Mouth(samples, repeat=True)
    said = np.concatenate([repeating.frame() for _ in range(5)])
    assert said.tolist() == list(range(200)) * 4
    once = Mouth(samples, repeat=False)
    assert [len(once.frame()) for _ in range(3)] == [160, 40, 0]


def test_a_password_is_not_shown() -> None:
    """The repr of what is sent to the worker holds no secret."""
    phone = protocol.OpenPhone(
        phone=1,
        user="anna",
        password="hush",
        domain="d",
        port=5060,
        incoming=protocol.LetRing(),
        codecs=("pcma",),
    )
    assert "hush" not in repr(phone)


def test_messages_survive_the_pipe() -> None:
    """A line up is the same event on the other side."""
    event = protocol.CallClosed(call=-3, reason="486 Busy Here", by_us=False, at=at_ms(5))
    assert protocol.upward.validate_json(protocol.line(event)) == event


def test_a_scenario_has_its_steps_in_order() -> None:
    """A document of SIPp: what is sent, waited for and paused, as composed."""
    text = scenario.calling(
        'a "menu" call',
        scenario.invite(),
        scenario.answered(),
        scenario.hang_up_sometimes(0.25),
        scenario.pause(scenario.Exponential(300)),
        scenario.press("12#"),
        scenario.bye(),
    )
    root = ET.fromstring(text)  # noqa: S314 - our own text
    steps = [step for step in root if step.get("optional") is None]
    assert root.get("name") == 'a "menu" call'
    assert [step.tag for step in steps] == (
        ["send", "recv", "send", "nop", "pause", "nop", "label", "send", "recv", "label"]
    )
    assert steps[3].get("chance") == "0.25"
    assert steps[4].attrib == {"distribution": "exponential", "mean": "300"}
    assert "telephone-event/8000" in (steps[0].text or "")
    assert "a=rtpmap:96" in (steps[0].text or "")


def test_a_table_feeds_one_line_a_call() -> None:
    """SIPp's CSV: its mode first, then one line a call; digest credentials are one field."""
    assert scenario.table([("100", "200"), scenario.account("u", "p")]) == (
        "SEQUENTIAL\n100;200\nu;[authentication username=u password=p]\n"
    )


def test_a_run_becomes_a_command_line(tmp_path: Path) -> None:
    """Rate, count, limit, addresses and ports are given as SIPp's own options."""
    run = SippRun(
        "<scenario/>",
        "10.0.0.1:5060",
        5,
        "T\n",
        rate=2.5,
        local_port=7,
        media_port=9,
        echo_rtp=True,
    )
    words = arguments(run, tmp_path)
    pairs = dict(pairwise(words))
    assert words[0] == "10.0.0.1:5060"
    assert (pairs["-m"], pairs["-r"], pairs["-l"]) == ("5", "2.5", "200")
    assert (pairs["-p"], pairs["-mp"], pairs["-i"]) == ("7", "9", "127.0.0.1")
    assert "-rtp_echo" in words
    assert (tmp_path / "table.csv").read_text() == "T\n"


STATISTICS = (
    "StartTime;CallRate(C);SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);"
    "FailedMaxUDPRetrans(C);FailedUnexpectedMessage(C);CallLength(C);\n"
    "x;5.0;1;1;0;0;0;00:00:00:100000;\n"
    "x;19.5;2;18;2;0;2;00:01:01:250000;\n"
)


def test_statistics_are_read_from_the_last_line() -> None:
    """Counts of the whole run, and of the causes only those that occurred."""
    result = read_statistics(STATISTICS)
    assert (result.successful, result.failed) == (18, 2)
    assert result.causes == {"FailedUnexpectedMessage": 2}
    assert result.calls_per_s == 19.5
    assert result.mean_call_s == pytest.approx(61.25)


def test_statistics_without_counts_are_an_error() -> None:
    """A run that ended before its first line of counts has no result."""
    with pytest.raises(ValueError, match="no counts"):
        read_statistics(STATISTICS.splitlines()[0])
