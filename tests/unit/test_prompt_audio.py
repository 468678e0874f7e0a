"""The audio pipeline: what a telephone line can carry, at one loudness."""

from __future__ import annotations

import io
import wave

import numpy as np
import numpy.typing as npt
import pytest

from ivr.prompts.audio import (
    PEAK_LIMIT,
    RATE,
    TARGET_RMS,
    fade,
    level,
    read_wave,
    resample,
    silence,
    to_prompt,
    trim,
)

pytestmark = pytest.mark.unit

Signal = npt.NDArray[np.float64]


def tone(hertz: float, rate: int, seconds: float = 1.0) -> Signal:
    wave: Signal = 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)
    return wave


def decibels(signal: Signal) -> float:
    """Level of a tone against the one that went in."""
    middle = signal[signal.size // 8 : -signal.size // 8]
    return float(20 * np.log10(np.sqrt(np.mean(middle**2)) / (0.5 / np.sqrt(2)) + 1e-12))


def wav(samples: npt.NDArray[np.int16], *, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(22_050)
        out.writeframes(samples.tobytes())
    return file.getvalue()


@pytest.mark.parametrize("rate", [11_025, 16_000, 22_050, 44_100, 48_000])
def test_resampling_keeps_speech_and_lets_nothing_alias(rate: int) -> None:
    """Flat to 3.4 kHz within 0.1 dB; what would fold back is 70 dB down."""
    for hertz in (50, 1_000, 3_400):
        assert abs(decibels(resample(tone(hertz, rate), rate))) < 0.1
    for hertz in (4_000, 4_600, 5_400):
        assert decibels(resample(tone(hertz, rate), rate)) < -70


@pytest.mark.parametrize("size", [1, 2, 159, 160, 161, 22_050])
def test_resampling_keeps_the_length(size: int) -> None:
    """Rounded up to a whole sample, from the shortest signal on."""
    assert resample(np.ones(size), 22_050).size == -(-size * RATE // 22_050)


def test_resampling_keeps_the_phase() -> None:
    """No delay: a tone is where it was, sample by sample."""
    got = resample(tone(700, 22_050), 22_050)[400:-400]
    assert np.abs(got - tone(700, RATE)[400:-400]).max() < 1e-3


def test_every_prompt_has_the_same_loudness() -> None:
    """-19 dBFS over what is spoken, however soft it came, pauses not counted."""
    for gain in (0.01, 0.9):
        spoken = level(np.concatenate([gain * tone(440, RATE), np.zeros(RATE)]))
        assert np.sqrt(np.mean(spoken[:RATE] ** 2)) == pytest.approx(TARGET_RMS, rel=0.01)


def test_no_sample_is_cut_off() -> None:
    """A signal with high peaks becomes softer instead."""
    clicks = np.zeros(RATE)
    clicks[::400] = 1.0
    assert np.abs(level(clicks)).max() <= PEAK_LIMIT + 1e-9


def test_silence_around_speech_goes() -> None:
    """20 ms stay before and 100 ms after it, to be joined with the next segment."""
    quiet = np.zeros(RATE)
    kept = trim(np.concatenate([quiet, tone(440, RATE), quiet]))
    assert kept.size == RATE + RATE * 120 // 1_000


def test_a_prompt_begins_and_ends_without_a_click() -> None:
    """The first and last 5 ms rise and fall; the middle is untouched."""
    faded = fade(np.ones(RATE))
    assert faded[0] == 0
    assert faded[-1] == 0
    assert (faded[40:-40] == 1).all()


@pytest.mark.parametrize("signal", [np.zeros(0), np.zeros(22_050), np.full(22_050, 0.3)])
def test_nothing_said_is_silence(signal: Signal) -> None:
    """An empty recording, digital silence and a constant offset."""
    assert not to_prompt(signal, 22_050).any()


def test_silence_has_the_length_asked_for() -> None:
    """8 samples a millisecond."""
    assert silence(100).size == 800


def test_a_stream_with_an_endless_header_is_read() -> None:
    """espeak-ng cannot know the length when it writes the header to a pipe."""
    data = bytearray(wav(np.arange(100, dtype=np.int16)))
    data[4:8] = data[40:44] = b"\xff\xff\xff\x7f"
    signal, rate = read_wave(bytes(data))
    assert (rate, signal.size) == (22_050, 100)


def test_channels_are_mixed() -> None:
    """A stereo recording becomes the mean of both sides."""
    signal, _ = read_wave(wav(np.array([100, 300, -100, -300], np.int16), channels=2))
    assert (signal * 32768).tolist() == [200, -200]


@pytest.mark.parametrize(
    "data", [b"", b"RIFF", b"no wave at all", wav(np.zeros(4, np.int16), width=1)]
)
def test_what_is_no_wave_is_refused(data: bytes) -> None:
    """A typed refusal, never a click of noise on the line."""
    with pytest.raises(ValueError, match=r"WAV|16-bit"):
        read_wave(data)
