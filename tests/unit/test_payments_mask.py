"""`trunkline payments mask`: a file masked as a live line is."""

import wave
from pathlib import Path

import numpy as np
import pytest

from bench.masking_referees import in_order
from listening.audio import Floats
from payments.detection.receiver import Receiver
from tests.unit.command import Command
from tests.unit.lines import frames, keys_of, press, silence, voice

pytestmark = pytest.mark.unit


def write(path: Path, *parts: Floats, channels: int = 1, rate: int = 8000) -> int:
    """A WAV; returns its samples."""
    data = np.concatenate(frames(*parts))
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(data.tobytes())
    return len(data)


def test_a_file_is_masked_and_its_delay_told(tmp_path: Path, trunkline: Command) -> None:
    """The speech stays, the digits go, and the file is as much longer as it is later."""
    source, target = tmp_path / "in.wav", tmp_path / "out.wav"
    length = write(source, voice(2000), silence(200), press("5", 100), silence(300))
    done = trunkline("payments", "mask", str(source), str(target))
    assert (done.returncode, done.stdout) == (0, "delay: 240 samples\n")
    with wave.open(str(target), "rb") as file:
        audio = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
    assert len(audio) == length + 240
    assert np.abs(audio[8000:16_000]).max() > 2000
    assert keys_of(Receiver().hear, frames(audio.astype(np.float64))) == ""


@pytest.mark.parametrize(
    ("channels", "rate", "why"),
    [
        (2, 8000, "it has 2 of 16 bits at 8000 Hz"),
        (1, 16_000, "it has 1 of 16 bits at 16000 Hz"),
    ],
)
def test_other_audio_is_refused(
    channels: int, rate: int, why: str, tmp_path: Path, trunkline: Command
) -> None:
    """By a sentence that says what is allowed, and what is there."""
    source = tmp_path / "in.wav"
    write(source, voice(200), channels=channels, rate=rate)
    done = trunkline("payments", "mask", str(source), str(tmp_path / "out.wav"))
    assert done.returncode == 2
    assert done.stderr.replace("\n", " ").strip() == (
        f"{source}: it must have 1 channel of 16 bits at 8000 Hz; {why}"
    )


def test_what_is_no_wav_is_refused(tmp_path: Path, trunkline: Command) -> None:
    """A text, and a file that is not there."""
    text, target = tmp_path / "text.wav", str(tmp_path / "out.wav")
    text.write_text("no sound")
    assert "no WAV of PCM" in trunkline("payments", "mask", str(text), target).stderr
    missing = trunkline("payments", "mask", str(tmp_path / "none.wav"), target)
    assert (missing.returncode, "No such file" in missing.stderr) == (2, True)


def test_in_order_counts_the_longest_common_subsequence() -> None:
    """As a listener who hears false digits between the right ones is counted."""
    assert in_order(b"12345", b"1x24y5") == 4
    assert in_order(b"12345", b"") == 0
